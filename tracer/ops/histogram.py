"""Histograms as tensors."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, clip, constants, math, segment


def histogram_fixed_width(values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32,
                          name: str | None = None) -> Tensor:
    """How many of `values` lie in each of `nbins` equal parts of a range; what lies outside counts for the part next to it.

    >>> tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5).eval()
    array([2, 1, 1, 0, 2], dtype=int32)

    Args:
        values: a number tensor of any shape.
        value_range: the two ends, in the type of `values`.
        nbins: an int, or a scalar tensor.
        dtype: that of the result.
    """
    with scopes.op_scope([values, value_range, nbins], name, "histogram_fixed_width") as scope:
        values = array.reshape(convert_to_tensor(values, name="values"), [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtypes.int32, name="nbins")
        count = casting.to_float(nbins)
        above = values - value_range[0]  # type: ignore[index,operator]
        scaled = math.truediv(above, value_range[1] - value_range[0], name="scaled_values")  # type: ignore[index,operator]
        places = math.floor(casting.cast(count, scaled.dtype.base_dtype) * scaled, name="indices")  # type: ignore[operator]
        last = casting.cast(count - 1.0, scaled.dtype.base_dtype)  # type: ignore[operator]
        chosen = casting.cast(clip.clip_by_value(places, 0.0, last), dtypes.int32)
        return segment.unsorted_segment_sum(constants.ones_like(values, dtype=dtype), chosen, nbins, name=scope)
