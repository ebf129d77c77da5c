"""From what a script passes to a tensor: Python values, NumPy arrays, variables, and types that register themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import dtypes, shapes, values
from tracer.ir import Graph, Operation, Tensor
from tracer.scopes import get_default_graph

Conversion = Callable[..., Any]
_conversions: dict[int, list[tuple[Any, Conversion]]] = {}


def register_tensor_conversion_function(base_type: Any, conversion_func: Conversion, priority: int = 100) -> None:
    """Converts instances of `base_type` with `conversion_func(value, dtype, name, as_ref)`; low priority goes first."""
    if not (isinstance(base_type, type)
            or (isinstance(base_type, tuple) and all(isinstance(kind, type) for kind in base_type))):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    _conversions.setdefault(priority, []).append((base_type, conversion_func))


def constant_in(graph: Graph, value: Any, dtype: dtypes.DType | None, shape: Any, name: str) -> Tensor:
    """A `Const` operation in `graph`."""
    array = values.array_of(value, dtype, shape)
    kind = dtype.base_dtype if dtype is not None else dtypes.as_dtype(array.dtype)
    if kind.is_quantized:
        array = values.plain(array)
    return graph.add("Const", (), {"value": array, "dtype": kind}, ((kind, array.shape),), name).outputs[0]


def convert_to_tensor(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False,
                      preferred_dtype: Any = None) -> Tensor:
    """`value` as a tensor of the default graph; a tensor is returned as it is.

    `preferred_dtype`, from 0.11 on, is the type where none is asked for and the value can have it.

    Raises TypeError when there is no conversion, ValueError when a tensor has another dtype than `dtype`.
    """
    if dtype is None and preferred_dtype is not None:
        try:
            return internal_convert_to_tensor(value, preferred_dtype, name, as_ref)
        except (TypeError, ValueError):
            pass
    return internal_convert_to_tensor(value, dtype, name, as_ref)


def internal_convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False, graph: Graph | None = None,
) -> Tensor:
    """As `convert_to_tensor`, with the graph that a constant goes to."""
    if dtype is not None and type(dtype) is not dtypes.DType:
        dtype = dtypes.as_dtype(dtype)
    if type(value) is Tensor:
        if dtype is not None and value.dtype is not dtype and not dtype.is_compatible_with(value.dtype):
            raise ValueError(f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
                             f"{value.dtype.name}: {str(value)!r}")
        return value
    if type(value) in _PLAIN:
        return constant_in(graph or get_default_graph(), value, dtype, None, name or "Const")
    result = _registered(value, dtype, name, as_ref)
    if result is not None:
        return result
    if dtype is None and isinstance(value, (list, tuple)) and any(isinstance(item, Tensor) for item in value):
        raise TypeError("List of Tensors when single Tensor expected")
    return constant_in(graph or get_default_graph(), value, dtype, None, name or "Const")


def is_tensor(value: Any) -> bool:
    """Whether only a run knows the value: a tensor, a variable, or what else stands for a tensor."""
    return isinstance(value, Tensor) or hasattr(value, "_as_graph_element")


_PLAIN = frozenset({int, float, bool, str, bytes, np.ndarray, np.float32, np.float64, np.int32, np.int64})


def _registered(value: Any, dtype: Any, name: str | None, as_ref: bool) -> Tensor | None:
    prefix = f"{name}: " if name else ""
    for priority in sorted(_conversions):
        for base_type, function in _conversions[priority]:
            if not isinstance(value, base_type):
                continue
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
            if result is NotImplemented:
                continue
            if not isinstance(result, Tensor):
                raise RuntimeError(
                    f"{prefix}Conversion function {function!r} for type {base_type} returned non-Tensor: {result!r}")
            if dtype is not None and not dtype.is_compatible_with(result.dtype):
                raise RuntimeError(
                    f"{prefix}Conversion function {function!r} for type {base_type} returned incompatible dtype: "
                    f"requested = {dtype.name}, actual = {result.dtype.name}")
            return result
    return None


def rank_of(value: Any) -> int | None:
    """The number of dimensions that `value` has as a tensor, or will have: it may be a list with tensors in it."""
    if hasattr(value, "get_shape"):
        return value.get_shape().ndims
    if isinstance(value, (list, tuple)) and value:
        inner = rank_of(value[0])
        return None if inner is None else inner + 1
    return np.ndim(value)


def convert_n_to_tensor(values: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> list[Tensor]:
    """Each of `values` as a tensor, named `name_0`, `name_1` ..."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError("values must be a list.")
    return [internal_convert_to_tensor(value, dtype, None if name is None else f"{name}_{i}", as_ref)
            for i, value in enumerate(values)]


class IndexedSlices:
    """Rows `values` of a tensor at `indices` along its first dimension; `dense_shape` is the whole tensor's."""

    def __init__(self, values: Tensor, indices: Tensor, dense_shape: Tensor | None = None) -> None:
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Tensor:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Tensor:
        """Their positions."""
        return self._indices

    @property
    def dense_shape(self) -> Tensor | None:
        """The shape of the whole tensor as a vector."""
        return self._dense_shape

    @property
    def name(self) -> str:
        """The name of the values."""
        return self._values.name

    @property
    def device(self) -> str:
        """The device of the values."""
        return self._values.device

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._values.dtype

    @property
    def graph(self) -> Graph:
        """The graph of the values."""
        return self._values.graph

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)  # type: ignore[operator]


def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False,
) -> Any:
    """`value` itself when it is `IndexedSlices`, otherwise a tensor."""
    if isinstance(value, IndexedSlices):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype "
                             f"{value.dtype.name}: {str(value)!r}")
        return value
    return internal_convert_to_tensor(value, dtype, name, as_ref)


def convert_n_to_tensor_or_indexed_slices(
    values: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False,
) -> list[Any]:
    """Each of `values` as a tensor or `IndexedSlices`; None stays None."""
    return [None if value is None else
            convert_to_tensor_or_indexed_slices(value, dtype, None if name is None else f"{name}_{i}", as_ref)
            for i, value in enumerate(values)]


def _shape_to_tensor(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype {dtype}")
    array = np.array(value.as_list(), np.int64 if dtype == dtypes.int64 else np.int32)
    return constant_in(get_default_graph(), array, dtype, None, name or "shape_as_tensor")


def _dimension_to_tensor(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a Dimension to dtype {dtype}")
    array = np.array(value.value, np.int64 if dtype == dtypes.int64 else np.int32)
    return constant_in(get_default_graph(), array, dtype, None, name or "shape_as_tensor")


register_tensor_conversion_function(shapes.TensorShape, _shape_to_tensor, 100)
register_tensor_conversion_function(shapes.Dimension, _dimension_to_tensor, 100)
