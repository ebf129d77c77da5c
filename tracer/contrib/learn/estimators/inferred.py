"""Columns of numbers for whatever an `Estimator` is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.layers.feature_column_ops import infer_real_valued_columns
from tracer.contrib.learn.feeding import ArrayInput
from tracer.ir import Graph


def infer_real_valued_columns_from_input_fn(input_fn: Callable[[], Any]) -> list[Any]:
    """A column for each feature that an input function gives."""
    with Graph().as_default():
        given = input_fn()
        return infer_real_valued_columns(given[0] if isinstance(given, tuple) else given)


def infer_real_valued_columns_from_input(x: Any) -> list[Any]:
    """A column for each feature of arrays.

    >>> columns = learn.infer_real_valued_columns_from_input(x)
    """
    return infer_real_valued_columns_from_input_fn(ArrayInput(x, None, None, False, 1).input_fn)
