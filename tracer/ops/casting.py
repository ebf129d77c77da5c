"""From one element type to another."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """`x` with elements of type `dtype`; `x` itself when it has that type already.

    >>> tf.cast([1.8, -2.2], tf.int32).eval()
    array([ 1, -2], dtype=int32)

    Args:
        x: a tensor or `SparseTensor`.
        dtype: the new type. Floating numbers are cut towards zero where it is one of whole numbers.
    """
    kind = dtypes.as_dtype(dtype).base_dtype
    with scopes.op_scope([x], name, "Cast") as scope:
        if hasattr(x, "_session_parts"):  # a SparseTensor: its values
            return type(x)(x.indices, cast(x.values, kind, name=scope), x.shape)
        x = convert_to_tensor(x, name="x")
        return x if x.dtype.base_dtype is kind else _cast(x, DstT=kind, name=scope)


@op("Cast")
def _cast(x: Tensor, DstT: Any, name: str | None = None) -> Any:
    return x.sizes


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """`value` with elements of type `dtype`, after those outside of its range are moved to its limits.

    >>> tf.saturate_cast([300., -5.], tf.uint8).eval()
    array([255,   0], dtype=uint8)
    """
    from tracer.ops.math import maximum, minimum

    kind = dtypes.as_dtype(dtype).base_dtype
    with scopes.op_scope([value], name, "saturate_cast") as scope:
        value = convert_to_tensor(value, name="value")
        if value.dtype.min < kind.min:
            value = maximum(value, internal_convert_to_tensor(kind.min, value.dtype.base_dtype, "min"))
        if value.dtype.max > kind.max:
            value = minimum(value, internal_convert_to_tensor(kind.max, value.dtype.base_dtype, "max"))
        return cast(value, kind, name=scope)


def to_float(x: Any, name: str = "ToFloat") -> Any:
    """`x` as float32."""
    return cast(x, dtypes.float32, name=name)


def to_double(x: Any, name: str = "ToDouble") -> Any:
    """`x` as float64."""
    return cast(x, dtypes.float64, name=name)


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """`x` as int32."""
    return cast(x, dtypes.int32, name=name)


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """`x` as int64."""
    return cast(x, dtypes.int64, name=name)


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Any:
    """`x` as bfloat16."""
    return cast(x, dtypes.bfloat16, name=name)
