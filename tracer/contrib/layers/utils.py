"""What layers have in common: sizes, collections, conditions that may be known."""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.ir import Tensor
from tracer.ops import conditional
from tracer.shapes import TensorShape
from tracer.static import constant_value as _constant_of
from tracer.variables import Variable


def collect_named_outputs(collections: Any, alias: str, outputs: Tensor) -> Tensor:
    """Adds `outputs` to collections, where it is known as `alias`, and returns it."""
    if collections:
        outputs.alias = alias.rstrip("/")  # type: ignore[attr-defined]
        scopes.add_to_collections(collections, outputs)
    return outputs


def get_tensor_alias(tensor: Tensor) -> str:
    """The alias under which a layer's output is known; the name of its operation where it has none."""
    alias = getattr(tensor, "alias", None)
    return tensor.op.name if alias is None else alias


def gather_tensors_alias(tensors: Any) -> list[str]:
    """The alias of each of `tensors`."""
    return [get_tensor_alias(tensor) for tensor in tensors]


def convert_collection_to_dict(collection: Any) -> dict[str, Tensor]:
    """The tensors of a collection by their aliases.

    >>> tf.contrib.layers.conv2d(images, 8, 3, outputs_collections="ends", scope="conv1")
    >>> list(utils.convert_collection_to_dict("ends"))
    ['conv1']
    """
    return collections.OrderedDict((get_tensor_alias(tensor), tensor) for tensor in scopes.get_collection(collection))


def get_variable_collections(variables_collections: Any, name: str) -> Any:
    """The collections of the variable `name`: a dict tells for each name, anything else for all."""
    return variables_collections.get(name) if isinstance(variables_collections, dict) else variables_collections


def constant_value(value_or_tensor_or_var: Any, dtype: Any = None) -> Any:
    """A Python value as it is; of a tensor the value when it is known, otherwise None.

    Raises ValueError when there is nothing, or a tensor's type is another.
    """
    value = value_or_tensor_or_var
    if value is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if isinstance(value, Variable):
        return None
    if not isinstance(value, Tensor):
        return value
    if dtype is not None and value.dtype.base_dtype is not dtype:
        raise ValueError(f"It has the wrong type {value.dtype} instead of {dtype}")
    return _constant_of(value)


def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """What `fn1` or `fn2` returns, by a condition that is known."""
    for function, name in ((fn1, "fn1"), (fn2, "fn2")):
        if not callable(function):
            raise TypeError(f"{name} must be callable.")
    return fn1() if pred else fn2()


def smart_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None) -> Any:
    """As `tf.cond`; where the condition is known, one of the functions alone is called."""
    known = constant_value(pred)
    return conditional.cond(pred, fn1, fn2, name) if known is None else static_cond(bool(known), fn1, fn2)


def _dimension(shape: Any, index: int, min_rank: int) -> int:
    place = "last" if index == -1 else "first"
    dims = TensorShape(shape).dims
    if dims is None:
        raise ValueError("dims of shape must be known but is None")
    if len(dims) < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {len(dims)}")
    size = dims[index].value
    if size is None:
        raise ValueError(f"{place} dimension shape must be known but is None")
    return size


def last_dimension(shape: Any, min_rank: int = 1) -> int:
    """The last size of a shape of at least `min_rank` dimensions; ValueError when it is not known."""
    return _dimension(shape, -1, min_rank)


def first_dimension(shape: Any, min_rank: int = 1) -> int:
    """The first size of a shape of at least `min_rank` dimensions; ValueError when it is not known."""
    return _dimension(shape, 0, min_rank)


def channels(data_format: str, ndims: int) -> int:
    """Which dimension holds the channels, by "NHWC" or "NCHW". Raises ValueError for another format."""
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    return 1 if data_format == "NCHW" else ndims - 1


def channel_dimension(shape: Any, data_format: str, min_rank: int = 1) -> int:
    """The number of channels of a shape, by "NHWC" or "NCHW"; ValueError when it is not known."""
    known = TensorShape(shape)
    last = _dimension(known, -1, min_rank) if data_format == "NHWC" else None
    if last is not None:
        return last
    size = (known.as_list())[channels(data_format, known.ndims or 0)]
    if size is None:
        raise ValueError("channel dimension of shape must be known but is None")
    return size


def whole_number(name: str, value: Any) -> int:
    """`value` as an int. Raises ValueError when it is none."""
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name} should be int or long, got {value}.") from None


def two_element_tuple(int_or_tuple: Any) -> tuple[int, int]:
    """A pair of ints: `3` is (3, 3). Raises ValueError for what is neither an int nor two of them."""
    if isinstance(int_or_tuple, TensorShape):
        int_or_tuple = int_or_tuple.as_list()
    if isinstance(int_or_tuple, (list, tuple)):
        if len(int_or_tuple) != 2:
            raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    try:
        size = int(int_or_tuple)
    except (TypeError, ValueError):
        raise ValueError(
            "Must be an int, a list with 2 elements or a TensorShape of length 2") from None
    return size, size


def n_positive_integers(n: int, value: Any) -> tuple[int, ...]:
    """`n` positive ints: an int counts `n` times. Raises ValueError for anything else."""
    sequence = [value] * n if not isinstance(value, (list, tuple, TensorShape)) else list(value)
    try:
        found = tuple(int(item) for item in sequence)
    except (TypeError, ValueError):
        found = ()
    if len(found) != n or any(item < 1 for item in found):
        raise ValueError(f"Expected sequence of {n} positive integers, but received {value}")
    return found
