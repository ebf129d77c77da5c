"""Pooling over windows of random sizes, so that sizes shrink by no whole number: operations of TensorFlow from 0.11 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor

_POOLED = {
    "inputs": "value:T", "outputs": "output:T; row_pooling_sequence:int64; col_pooling_sequence:int64",
    "attrs": "pooling_ratio:list(float)>=4; pseudo_random:bool=False; overlapping:bool=False; deterministic:bool=False; "
             "seed:int=0; seed2:int=0; T:type{float32,float64,int32,int64}",
    "flags": "stateful",
}
_GRAD = "overlapping:bool=False; T:type{float32,float64,int32,int64}"


def _pooled(value: Tensor, pooling_ratio: Any) -> list[Any]:
    sizes = shapes.rank(value.sizes, 4)
    ratios = [np.float32(ratio) for ratio in pooling_ratio]
    if ratios[0] != 1 or ratios[3] != 1:
        raise ValueError("Fractional pooling is not yet supported on the batch nor channel dimension.")
    if min(ratios) < 1:
        raise ValueError(f"pooling_ratio must be at least 1 everywhere, got {list(pooling_ratio)}")
    windows = [None if size is None else int(np.floor(np.float32(size) / ratio))
               for size, ratio in zip(sizes[1:3], ratios[1:3], strict=True)]
    if 0 in windows:
        raise ValueError(f"pooling_ratio {list(pooling_ratio)} leaves nothing of a value of shape {shapes.text(sizes)}")
    ends = [None if count is None else count + 1 for count in windows]
    return [(sizes[0], *windows, sizes[3]), (ends[0],), (ends[1],)]


@op("FractionalMaxPool", **_POOLED)
def fractional_max_pool(value: Tensor, pooling_ratio: Any, pseudo_random: bool | None = None,
                        overlapping: bool | None = None, deterministic: bool | None = None, seed: int | None = None,
                        seed2: int | None = None, name: str | None = None) -> Any:
    """The largest element of each window, where windows are of random sizes: `output`, and where rows and columns start.

    >>> sess.run(tf.nn.fractional_max_pool(tf.reshape(tf.range(3.0), [1, 3, 1, 1]), [1, 1.5, 1, 1]).output).shape
    (1, 2, 1, 1)

    Args:
        value: of shape [batch, height, width, channels].
        pooling_ratio: by what each dimension shrinks, at least 1; 1 for the first and the last.
        pseudo_random: whether one random number shifts all windows, rather than that their sizes are shuffled.
        overlapping: whether a window has the first row and column of the next one as well.
        deterministic: whether all runs of a session have the same windows.
        seed, seed2: fix them.
    """
    return _pooled(value, pooling_ratio)


@op("FractionalAvgPool", **_POOLED)
def fractional_avg_pool(value: Tensor, pooling_ratio: Any, pseudo_random: bool | None = None,
                        overlapping: bool | None = None, deterministic: bool | None = None, seed: int | None = None,
                        seed2: int | None = None, name: str | None = None) -> Any:
    """The mean of each window, as `fractional_max_pool` has them."""
    return _pooled(value, pooling_ratio)


@op("FractionalMaxPoolGrad", attrs=_GRAD, outputs="output:T",
    inputs="orig_input:T; orig_output:T; out_backprop:T; row_pooling_sequence:int64; col_pooling_sequence:int64")
def _fractional_max_pool_grad(orig_input: Tensor, orig_output: Tensor, out_backprop: Tensor, row_pooling_sequence: Tensor,
                              col_pooling_sequence: Tensor, overlapping: bool = False, name: str | None = None) -> Any:
    return shapes.rank(orig_input.sizes, 4)


@op("FractionalAvgPoolGrad", attrs=_GRAD, outputs="output:T",
    inputs="orig_input_tensor_shape:int64; out_backprop:T; row_pooling_sequence:int64; col_pooling_sequence:int64")
def _fractional_avg_pool_grad(orig_input_tensor_shape: Tensor, out_backprop: Tensor, row_pooling_sequence: Tensor,
                              col_pooling_sequence: Tensor, overlapping: bool = False, name: str | None = None) -> Any:
    from tracer.static import constant_sizes

    return shapes.rank(constant_sizes(orig_input_tensor_shape), 4)
