"""Placeholders in the place of tensors, and their names."""

from __future__ import annotations

from typing import Any

from tracer.contrib.graph_editor.select import make_list_of_op as make_list_of_op
from tracer.contrib.graph_editor.select import make_list_of_t as make_list_of_t
from tracer.ir import Tensor
from tracer.ops.placeholders import placeholder

_PREFIX = "geph"


def placeholder_name(t: Tensor | None = None, scope: str | None = None) -> str:
    """The name of a placeholder that stands for `t`: in `scope`, or where `t` is.

    >>> tf.contrib.graph_editor.placeholder_name(tf.constant(1.0, name="layer/w"))
    'layer/geph__w_0'
    """
    if scope:
        scope = scope.rstrip("/") + "/"
    if t is None:
        return f"{scope or ''}{_PREFIX}"
    if not isinstance(t, Tensor):
        raise TypeError(f"Expected a tf.Tensor, got: {type(t)}")
    place, _, name = t.op.name.rpartition("/")
    within = (f"{place}/" if place else "") if scope is None else scope
    return f"{within}{_PREFIX}__{name}_{t.value_index}"


def make_placeholder_from_tensor(t: Tensor, scope: str | None = None) -> Tensor:
    """A placeholder of the type and shape of `t`, in the default graph."""
    return placeholder(dtype=t.dtype, shape=t.get_shape(), name=placeholder_name(t, scope))


def make_placeholder_from_dtype_and_shape(dtype: Any, shape: Any = None, scope: str | None = None) -> Tensor:
    """A placeholder of a type and a shape, in the default graph."""
    return placeholder(dtype=dtype, shape=shape, name=placeholder_name(scope=scope))
