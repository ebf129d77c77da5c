"""What a run is fed: the tensors that the keys of a `feed_dict` stand for, and their values as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer.convert import IndexedSlices
from tracer.ir import Graph, Tensor
from tracer.younger import nest


class Feed:
    """Converts and checks the values fed for one tensor."""

    __slots__ = ("admitted", "dtype", "static", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.dtype = np.dtype(tensor.dtype.base_dtype.array_dtype)
        self.static: Any = None  # the shape that the tensor had when an array was admitted last, which may be refined
        self.admitted: Any = None  # and that of the array

    def convert(self, value: Any) -> np.ndarray:
        """`value` as the array that the tensor gets; it may be the caller's own."""
        if (type(value) is np.ndarray and value.dtype is self.dtype and value.shape == self.admitted
                and self.tensor._shape is self.static):
            return value
        array = self._admitted(value)
        if self.dtype != object:
            self.static, self.admitted = self.tensor._shape, array.shape
        return array

    def _admitted(self, value: Any) -> np.ndarray:
        """Likewise, anything that can be one. ValueError for a shape that the tensor has not."""
        if type(value) is np.ndarray and value.dtype == self.dtype and self.dtype != object:
            array = value
        else:
            array = self._convert(value)
        sizes = self.tensor.sizes
        if sizes is not None and array.shape != sizes and not _admits(sizes, array.shape):
            raise ValueError(f"Cannot feed value of shape {array.shape} for Tensor {self.tensor.name!r}, which has "
                             f"shape '{self.tensor.get_shape()}'")
        return array

    def _convert(self, value: Any) -> np.ndarray:
        if isinstance(value, Tensor):
            raise TypeError("The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                            "scalars, strings, lists, or numpy ndarrays.")
        if self.dtype == object:
            return _strings(value)
        if type(value) is int and _changes(value, self.dtype):
            raise TypeError(f"Type of feed value {value} is not compatible with Tensor type {self.dtype.type}. Try "
                            "explicitly setting the type of the feed tensor to a larger type (e.g. int64).")
        try:
            return np.array(value, dtype=self.dtype)
        except (TypeError, ValueError):
            objects = np.array(value, object)
            if not any(isinstance(item, np.ndarray) and item.size == 1 for item in objects.flat):
                raise
            # An array of one element was as good as its number.
            items = [item.item() if isinstance(item, np.ndarray) and item.size == 1 else item for item in objects.flat]
            return np.array(items, self.dtype).reshape(objects.shape)


def _admits(sizes: tuple, shape: tuple) -> bool:
    """Whether an array of `shape` is one of a partially known shape."""
    return len(sizes) == len(shape) and all(s is None or s == n for s, n in zip(sizes, shape, strict=True))


def _changes(value: int, dtype: np.dtype) -> bool:
    """Whether a Python int is another number once it has this type."""
    if np.issubdtype(dtype, np.integer):
        return not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max
    return bool(dtype.type(value) != value)


def _strings(value: Any) -> np.ndarray:
    array = np.array(value, dtype=object)
    flat = array.reshape(-1)
    encoded = [item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item for item in flat.tolist()]
    result = np.empty(len(encoded), object)
    result[:] = encoded
    return result.reshape(array.shape)


def is_plain(feed_dict: Any) -> bool:
    """Whether each key stands for one tensor, whatever it is fed."""
    return type(feed_dict) is dict and all(isinstance(key, Tensor | str) for key in feed_dict)


def values(feed_dict: Any) -> list[Any]:
    """The fed values, one for each tensor that is fed."""
    values: list[Any] = []
    for key, value in feed_dict.items():
        if isinstance(key, IndexedSlices) or hasattr(key, "_session_parts"):
            values += [part for part in value if part is not None]
        elif isinstance(key, tuple):
            values += _spread(key, value)
        else:
            values.append(value)
    return values


def tensors_of(key: Any) -> list[Any]:
    """What a key of a `feed_dict` stands for: a tuple for its elements, a sparse tensor or slices for their tensors."""
    if isinstance(key, IndexedSlices):
        return [t for t in (key.values, key.indices, key.dense_shape) if t is not None]
    if hasattr(key, "_session_parts"):
        return key._session_parts()[0]
    return nest.flatten(key) if isinstance(key, tuple) else [key]


def feeds(graph: Graph, feed_dict: Any) -> list[Feed]:
    """The tensors that `feed_dict` feeds, in its order. TypeError or ValueError for a key that no tensor goes by."""
    found = []
    for key in feed_dict or ():
        fed = tensors_of(key)
        for part in fed[:len(feed_dict[key])] if hasattr(key, "_session_parts") else fed:
            try:
                tensor = graph.as_graph_element(part, allow_operation=False)
            except Exception as error:
                raise TypeError(f"Cannot interpret feed_dict key as Tensor: {_plain_message(error)}") from None
            if not graph.is_feedable(tensor):
                raise ValueError(f"Tensor {tensor} may not be fed.")
            found.append(Feed(tensor))
    return found


def _plain_message(error: Exception) -> str:
    return error.args[0] if isinstance(error, KeyError) and error.args else str(error)


def _spread(key: tuple, value: Any) -> list[Any]:
    """The values for the tensors of a tuple, such as the state of a cell: from 0.9 on one may be fed."""
    if isinstance(value, tuple | list) and len(value) == len(key):
        pairs = zip(key, value, strict=True)
        return [one for part, given in pairs for one in (_spread(part, given) if isinstance(part, tuple) else [given])]
    count = len(value) if isinstance(value, tuple | list) else 1
    raise ValueError(f"Could not flatten dictionary. Key had {len(key)} elements, but value had {count} elements. "
                     f"Key: {key}, value: {value}.")
