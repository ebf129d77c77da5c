"""Traced programs evaluated with NumPy, one operation after the other: for tests that look at many, once at each."""

from __future__ import annotations

import types
from typing import Any

import jax
import numpy as np
import pytest

from lowering.programs import inline, plain, program


class Plainly:
    """The module `jax` with `interpreted` for `jit`."""

    def __getattr__(self, name: str) -> Any:
        return interpreted if name == "jit" else getattr(jax, name)


def interpreted(function: Any, **_: Any) -> Any:
    """`function`, traced once and evaluated without compiling it."""
    traced: list[Any] = []

    def call(*arguments: Any) -> Any:
        if not traced:
            traced.append(jax.make_jaxpr(function, return_shape=True)(*arguments))
        (closed, shape), = traced
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(arguments)]
        results = plain.evaluate(closed.jaxpr, closed.consts, leaves)
        return jax.tree.unflatten(jax.tree.structure(shape), [jax.numpy.asarray(result) for result in results])

    call.lower = lambda *_: types.SimpleNamespace(compile=lambda: call)  # type: ignore[attr-defined]
    return call


def use(patch: pytest.MonkeyPatch) -> None:
    """Has programs interpreted while `patch` holds."""
    patch.setattr(program, "jax", Plainly())
    patch.setattr(inline, "possible", lambda: False)  # which takes a compiled function
