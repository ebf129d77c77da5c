"""`tf.nn.convolution` and `tf.nn.pool`: windows over one, two or three dimensions, with holes where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, math, pooling
from tracer.ops import convolution as windows
from tracer.ops.later_maths import batch_to_space_nd, space_to_batch_nd
from tracer.static import constant_value

__all__ = ["convolution", "pool", "required_space_to_batch_paddings", "with_space_to_batch"]


def convolution(input: Any, filter: Any, padding: str, strides: Sequence[int] | None = None,
                dilation_rate: Sequence[int] | None = None, name: str | None = None,
                data_format: str | None = None) -> Tensor:
    """The convolution of `input` with `filter`, over as many dimensions as the filter has besides its two of channels.

    >>> tf.nn.convolution(tf.ones([1, 4, 1]), tf.ones([2, 1, 1]), "VALID").eval().shape
    (1, 3, 1)

    Args:
        input: of shape [batch, sizes..., channels], or [batch, channels, sizes...] where `data_format` begins with "NC".
        filter: of shape [sizes..., channels, outputs].
        padding: "SAME" or "VALID".
        strides: the distance from one window to the next, for each dimension.
        dilation_rate: the distance from one element of a window to the next, for each dimension.

    Raises ValueError where both are more than 1, or the shapes do not fit.
    """
    with scopes.op_scope([input, filter], name, "convolution") as scope:
        input, filter = convert_to_tensor(input, name="input"), convert_to_tensor(filter, name="filter")
        spatial = (_rank(filter, "filter") if filter.sizes is not None else _rank(input, "input")) - 2
        if not 1 <= spatial <= 3:
            raise ValueError(f"Invalid rank: a convolution is over 1, 2 or 3 dimensions, not {spatial}")
        if input.sizes is not None and len(input.sizes) != spatial + 2:
            raise ValueError(f"Shape {input.get_shape()} must have rank {spatial + 2}")
        first = _channels_first(data_format)
        channels = None if input.sizes is None else input.sizes[1 if first else -1]
        taken = None if filter.sizes is None else filter.sizes[-2]
        if channels is not None and taken is not None and channels != taken:
            raise ValueError("number of input channels does not match corresponding dimension of filter, "
                             f"{channels} != {taken}")
        strides, rates = _checked(spatial, strides, dilation_rate)
        sizes = None if filter.sizes is None or None in filter.sizes[:spatial] else filter.sizes[:spatial]
        if first:
            input = _channels_moved(input, last=True)

        def convolved(tensor: Tensor, _: Any, padding: str) -> Tensor:
            return _convolved(tensor, filter, strides, padding, scope if not first else None)

        result = with_space_to_batch(input, rates, padding, convolved, filter_shape=sizes if sizes is not None
                                     else array.slice(array.shape(filter), [0], [spatial]))
        return _channels_moved(result, last=False) if first else result


def _convolved(tensor: Tensor, filter: Tensor, strides: list[int], padding: str, name: str | None) -> Tensor:
    if len(strides) == 1:
        wide, flat = array.expand_dims(tensor, 1), array.expand_dims(filter, 0)
        return array.squeeze(windows.conv2d(wide, flat, [1, 1, *strides, 1], padding), [1])
    convolve = windows.conv2d if len(strides) == 2 else windows.conv3d
    return convolve(tensor, filter, [1, *strides, 1], padding, name=name)


def pool(input: Any, window_shape: Sequence[int], pooling_type: str, padding: str,
         dilation_rate: Sequence[int] | None = None, strides: Sequence[int] | None = None, name: str | None = None,
         data_format: str | None = None) -> Tensor:
    """The greatest ("MAX") or the mean ("AVG") element of each window, over one, two or three dimensions.

    Arguments as for `convolution`; a window with holes cannot be padded ("SAME").
    """
    with scopes.op_scope([input], name, f"{pooling_type.lower()}_pool") as scope:
        input = convert_to_tensor(input, name="input")
        spatial = len(window_shape)
        if not 1 <= spatial <= 3:
            raise ValueError(f"Input must have 1, 2 or 3 dimensions of windows, not {spatial}")
        if input.sizes is not None and len(input.sizes) != spatial + 2:
            raise ValueError(f"Shape {input.get_shape()} must have rank {spatial + 2}")
        if pooling_type not in ("MAX", "AVG"):
            raise ValueError(f"{spatial}-D {pooling_type} pooling is not supported.")
        strides, rates = _checked(spatial, strides, dilation_rate)
        if padding == "SAME" and max(rates) > 1:
            raise ValueError("pooling with SAME padding is not implemented for dilation_rate > 1")
        for at, (window, stride) in enumerate(zip(window_shape, strides, strict=True)):
            if stride > window:
                raise ValueError(f"stride > window_shape not supported due to inconsistency between CPU and GPU "
                                 f"implementations: dimension {at}")
        first = _channels_first(data_format)
        if first:
            input = _channels_moved(input, last=True)

        def pooled(tensor: Tensor, _: Any, padding: str) -> Tensor:
            return _pooled(tensor, list(window_shape), pooling_type, strides, padding, scope if not first else None)

        result = with_space_to_batch(input, rates, padding, pooled, filter_shape=list(window_shape))
        return _channels_moved(result, last=False) if first else result


def _pooled(tensor: Tensor, window: list[int], kind: str, strides: list[int], padding: str, name: str | None) -> Tensor:
    flat = {"MAX": pooling.max_pool, "AVG": pooling.avg_pool}[kind]
    if len(window) == 1:
        wide = array.expand_dims(tensor, 1)
        return array.squeeze(flat(wide, [1, 1, *window, 1], [1, 1, *strides, 1], padding), [1])
    if len(window) == 2:
        return flat(tensor, [1, *window, 1], [1, *strides, 1], padding, name=name)
    deep = {"MAX": pooling.max_pool3d, "AVG": pooling.avg_pool3d}[kind]
    return deep(tensor, [1, *window, 1], [1, *strides, 1], padding, name=name)


def _rank(tensor: Tensor, what: str) -> int:
    if tensor.sizes is None:
        raise ValueError(f"Cannot convolve without knowing the rank of {what}: give it a shape")
    return len(tensor.sizes)


def _channels_first(data_format: str | None) -> bool:
    if data_format is not None and data_format not in ("NWC", "NHWC", "NDHWC", "NCW", "NCHW", "NCDHW"):
        raise ValueError(f"Unknown data_format: {data_format}")
    return data_format is not None and data_format.startswith("NC")


def _channels_moved(tensor: Tensor, last: bool) -> Tensor:
    rank = _rank(tensor, "input")
    order = [0, *range(2, rank), 1] if last else [0, rank - 1, *range(1, rank - 1)]
    return array.transpose(tensor, order)


def _checked(spatial: int, strides: Sequence[int] | None, rates: Sequence[int] | None) -> tuple[list[int], list[int]]:
    found = []
    for name, given in (("strides", strides), ("dilation_rate", rates)):
        values = [1] * spatial if given is None else [int(value) for value in given]
        if len(values) != spatial:
            raise ValueError(f"len({name})={len(values)} but should be {spatial}")
        if min(values) < 1:
            raise ValueError(f"all values of {name} must be positive")
        found.append(values)
    if max(found[0]) > 1 and max(found[1]) > 1:
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    return found[0], found[1]


def with_space_to_batch(input: Any, dilation_rate: Any, padding: str, op: Callable, filter_shape: Any = None,
                        spatial_dims: Sequence[int] | None = None) -> Tensor:
    """`op` with holes: of the tensors that hold each `dilation_rate`-th element, put together again.

    `op` is called with the tensor, the number of dimensions over which it works, and its padding.
    """
    input = convert_to_tensor(input, name="input")
    rates = np.asarray(constant_value(convert_to_tensor(dilation_rate, name="dilation_rate"))
                       if isinstance(dilation_rate, Tensor) else dilation_rate)
    count = rates.size
    if (rates == 1).all():
        return op(input, count, padding)
    dims = sorted(range(1, count + 1) if spatial_dims is None else spatial_dims)
    if len(dims) != count or dims[0] < 1:
        raise ValueError("spatial_dims must be as many positive numbers as dilation_rate has")
    last = dims[-1]
    every = np.ones(last, np.int64)
    every[np.array(dims) - 1] = rates
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"Invalid padding method {padding!r}")
    paddings: Any = np.zeros((last, 2), np.int32)
    if padding == "SAME":
        if filter_shape is None:
            raise ValueError("filter_shape must be specified for SAME padding")
        known = constant_value(filter_shape) if isinstance(filter_shape, Tensor) else np.asarray(filter_shape)
        if known is None:
            if last != count:
                raise ValueError("a window with holes that is padded (\"SAME\") must be of known size")
            total = math.mul(math.sub(filter_shape, 1), rates.astype(np.int32))
            half = math.div(total, 2)
            paddings = array.pack([half, math.sub(total, half)], axis=1)
        else:
            total = (known - 1) * rates
            paddings[np.array(dims) - 1] = np.stack([total // 2, total - total // 2], 1)
    sizes = array.slice(array.shape(input), [1], [last])
    known_sizes = None if input.sizes is None else input.sizes[1:last + 1]
    whole = sizes if known_sizes is None or None in known_sizes else list(known_sizes)
    pads, crops = required_space_to_batch_paddings(whole, every.tolist(), paddings)
    dealt = space_to_batch_nd(input, every.tolist(), pads)
    return batch_to_space_nd(op(dealt, count, "VALID"), every.tolist(), crops)


def required_space_to_batch_paddings(input_shape: Any, block_shape: Any, base_paddings: Any = None,
                                     name: str | None = None) -> tuple[Tensor, Tensor]:
    """What to pad with so that blocks divide the sizes, at least `base_paddings`, and what to crop again afterwards.

    >>> [t.eval().tolist() for t in tf.required_space_to_batch_paddings([7, 8], [3, 2])]
    [[[0, 2], [0, 0]], [[0, 2], [0, 0]]]
    """
    with scopes.op_scope([input_shape, block_shape], name, "required_space_to_batch_paddings"):
        given = convert_to_tensor(input_shape, dtypes.int32, "input_shape")
        blocks = convert_to_tensor(block_shape, dtypes.int32, "block_shape")
        base = array.pack([array.zeros_like(blocks)] * 2, axis=1) if base_paddings is None else base_paddings
        base = convert_to_tensor(base, dtypes.int32, "base_paddings")
        sizes, each = constant_value(given), constant_value(blocks)
        none = None if each is None else np.zeros((each.size, 2), np.int32)
        known = none if base_paddings is None else constant_value(base)
        if sizes is not None and each is not None and known is not None:
            start, end = known.T
            more = -(sizes + start + end) % each
            return (array.constant(np.stack([start, end + more], 1).astype(np.int32), name="paddings"),
                    array.constant(np.stack([np.zeros_like(more), more], 1).astype(np.int32), name="crops"))
        first, last = array.unpack(base, 2, axis=1)
        whole = math.add(math.add(given, first), last)
        missing = math.mod(math.sub(blocks, math.mod(whole, blocks)), blocks)
        return (array.pack([first, math.add(last, missing)], axis=1, name="paddings"),
                array.pack([array.zeros_like(missing), missing], axis=1, name="crops"))
