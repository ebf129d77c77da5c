"""Operations of neural networks that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import indexing, math

_MORPHOLOGY = ("T:type{float32,float64,int32,int64,uint8,int16,int8,uint16,float16}; strides:list(int)>=4; "
               "rates:list(int)>=4; padding:string{'SAME','VALID'}")


@op("Dilation2D", inputs="input:T; filter:T", outputs="output:T", attrs=_MORPHOLOGY)
def dilation2d(input: Tensor, filter: Tensor, strides: Any, rates: Any, padding: Any, name: str | None = None) -> Any:
    """The largest sum of a window of `input` and `filter`, for each place and channel.

    >>> tf.nn.dilation2d([[[[1.], [3.]]]], [[[0.], [1.]]], [1, 1, 1, 1], [1, 1, 1, 1], "VALID").eval()
    array([[[[4.]]]], dtype=float32)

    Args:
        input: images, of shape (batch, height, width, channels).
        filter: of shape (height, width, channels).
        strides: how far one window is from the next, (1, rows, columns, 1).
        rates: how far one element of a window is from the next, (1, rows, columns, 1).
        padding: "SAME" or "VALID"; what is outside of an image counts in no window.
    """
    sizes, taps = shapes.rank(input.sizes, 4), shapes.rank(filter.sizes, 3)
    for given, what in ((strides, "strides"), (rates, "rates")):
        if len(given) != 4:
            raise ValueError(f"{what} must have 4 elements, not {len(given)}")
        if given[0] != 1 or given[3] != 1:
            raise ValueError(f"Current implementation does not yet support {what} in the batch and depth dimensions.")
    spread = [None if n is None else (n - 1) * rate + 1 for n, rate in zip(taps[:2], rates[1:3], strict=True)]
    windows = [shapes.places(size, n, stride, padding)
               for size, n, stride in zip(sizes[1:3], spread, strides[1:3], strict=True)]
    return (sizes[0], *windows, shapes.same(sizes[3], taps[2]))


@op("Dilation2DBackpropInput", inputs="input:T; filter:T; out_backprop:T", outputs="in_backprop:T", attrs=_MORPHOLOGY)
def dilation2d_backprop_input(input: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, rates: Any,
                              padding: Any, name: str | None = None) -> Any:
    """The gradient of `dilation2d` by `input`: that of each result goes to the element that it came from."""
    return input.sizes


@op("Dilation2DBackpropFilter", inputs="input:T; filter:T; out_backprop:T", outputs="filter_backprop:T",
    attrs=_MORPHOLOGY)
def dilation2d_backprop_filter(input: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, rates: Any,
                               padding: Any, name: str | None = None) -> Any:
    """The gradient of `dilation2d` by `filter`: that of each result goes to the element that it came from."""
    return filter.sizes


def erosion2d(value: Any, kernel: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Tensor:
    """The smallest difference of a window of `value` and `kernel`, for each place and channel.

    >>> tf.nn.erosion2d([[[[1.], [3.]]]], [[[0.], [1.]]], [1, 1, 1, 1], [1, 1, 1, 1], "VALID").eval()
    array([[[[1.]]]], dtype=float32)
    """
    with scopes.op_scope([value, kernel], name, "erosion2d") as scope:
        flipped = indexing.reverse(convert_to_tensor(kernel), [True, True, False])
        dilated = dilation2d(math.neg(value), flipped, strides, rates, padding)
        return math.neg(dilated, name=scope)


_RANGE = "min:float=-6.0; max:float=6.0"


@op("FakeQuantWithMinMaxArgs", inputs="inputs:float32", outputs="outputs:float32", attrs=_RANGE)
def fake_quant_with_min_max_args(inputs: Tensor, min: float | None = None, max: float | None = None,
                                 name: str | None = None) -> Any:
    """Real numbers rounded to the 256 steps from `min` to `max`, moved so that zero is one of them.

    >>> tf.fake_quant_with_min_max_args([-9., 0., 0.02, 9.], 0., 2.55).eval()
    array([0.        , 0.        , 0.02      , 2.55      ], dtype=float32)

    Its gradient passes where the numbers are within the range.
    """
    return inputs.sizes


@op("FakeQuantWithMinMaxArgsGradient", inputs="gradients:float32; inputs:float32", outputs="backprops:float32",
    attrs=_RANGE)
def fake_quant_with_min_max_args_gradient(gradients: Tensor, inputs: Tensor, min: float | None = None,
                                          max: float | None = None, name: str | None = None) -> Any:
    """The gradient of `fake_quant_with_min_max_args`."""
    return shapes.merge(gradients.sizes, inputs.sizes)


@op("FakeQuantWithMinMaxVars", inputs="inputs:float32; min:float32; max:float32", outputs="outputs:float32")
def fake_quant_with_min_max_vars(inputs: Tensor, min: Tensor, max: Tensor, name: str | None = None) -> Any:
    """As `fake_quant_with_min_max_args`, where the ends of the range are tensors, and trained with the numbers.

    >>> tf.fake_quant_with_min_max_vars([-9., 0.02, 9.], 0., 2.55).eval()
    array([0.        , 0.02      , 2.55      ], dtype=float32)
    """
    shapes.rank(min.sizes, 0)
    shapes.rank(max.sizes, 0)
    return inputs.sizes


@op("FakeQuantWithMinMaxVarsGradient", inputs="gradients:float32; inputs:float32; min:float32; max:float32",
    outputs="backprops_wrt_input:float32; backprop_wrt_min:float32; backprop_wrt_max:float32")
def fake_quant_with_min_max_vars_gradient(gradients: Tensor, inputs: Tensor, min: Tensor, max: Tensor,
                                          name: str | None = None) -> Any:
    """The gradients of `fake_quant_with_min_max_vars`."""
    return [shapes.merge(gradients.sizes, inputs.sizes), (), ()]


@op("FakeQuantWithMinMaxVarsPerChannel", inputs="inputs:float32; min:float32; max:float32", outputs="outputs:float32")
def fake_quant_with_min_max_vars_per_channel(inputs: Tensor, min: Tensor, max: Tensor, name: str | None = None) -> Any:
    """As `fake_quant_with_min_max_vars`, with a range for each index of the last dimension.

    >>> tf.fake_quant_with_min_max_vars_per_channel([[9., 9.]], [0., -1.], [2.55, 1.]).eval()
    array([[2.55     , 1.0039216]], dtype=float32)
    """
    channels, = shapes.rank(shapes.merge(min.sizes, max.sizes), 1)
    if inputs.sizes:
        return (*inputs.sizes[:-1], shapes.same(inputs.sizes[-1], channels))
    return inputs.sizes


@op("FakeQuantWithMinMaxVarsPerChannelGradient", inputs="gradients:float32; inputs:float32; min:float32; max:float32",
    outputs="backprops_wrt_input:float32; backprop_wrt_min:float32; backprop_wrt_max:float32")
def fake_quant_with_min_max_vars_per_channel_gradient(gradients: Tensor, inputs: Tensor, min: Tensor, max: Tensor,
                                                      name: str | None = None) -> Any:
    """The gradients of `fake_quant_with_min_max_vars_per_channel`."""
    return [shapes.merge(gradients.sizes, inputs.sizes), min.sizes, max.sizes]
