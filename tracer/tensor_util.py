"""Arrays as protobuf TensorProto messages, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracer import dtypes, protos, values

# TensorFlow 0.8 writes more than one element of these as raw bytes; of all others, one by one.
_RAW = frozenset({dtypes.float32, dtypes.float64, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8,
                  dtypes.qint8, dtypes.quint8, dtypes.qint32})
_FIELDS = {
    dtypes.float32: "float_val", dtypes.float64: "double_val", dtypes.int64: "int64_val", dtypes.bool: "bool_val",
    dtypes.string: "string_val", dtypes.complex64: "scomplex_val", dtypes.complex128: "dcomplex_val",
    dtypes.float16: "half_val", dtypes.bfloat16: "half_val",
    **dict.fromkeys((dtypes.int8, dtypes.int16, dtypes.int32, dtypes.uint8, dtypes.uint16, dtypes.qint8, dtypes.quint8,
                     dtypes.qint16, dtypes.quint16, dtypes.qint32), "int_val"),
}


def make_tensor_proto(values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False) -> Any:
    """`values` (a Python value or NumPy array) as a TensorProto.

    >>> tf.contrib.util.make_tensor_proto(10.0)
    dtype: DT_FLOAT
    tensor_shape {
    }
    float_val: 10

    Raises:
        TypeError: there is no such dtype, or the values do not fit it.
        ValueError: there are more values than `shape` has places.

    With `verify_shape`, from 0.12 on, values of another shape than `shape` are a TypeError.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    array = _array(values, wanted)
    sizes = array.shape if shape is None else tuple(int(size) for size in shape)
    if verify_shape and array.shape != sizes:
        raise TypeError(f"Expected Tensor's shape: {sizes}, got {array.shape}.")
    count = math.prod(sizes)
    if array.size > count:
        raise ValueError(f"Too many elements provided. Needed at most {count}, but received {array.size}")
    return _proto(array, sizes, wanted or dtypes.as_dtype(array.dtype))


def _array(value: Any, wanted: Any) -> np.ndarray:
    return values.array_of(value, wanted)


def proto_of(array: np.ndarray, dtype: Any = None) -> Any:
    """A constant's array as a TensorProto; one that repeats a single element says so in one element."""
    repeats = array.size > 1 and not any(stride for stride, n in zip(array.strides, array.shape, strict=True) if n > 1)
    elements = array[(slice(1),) * array.ndim] if repeats else array
    return _proto(elements, array.shape, dtype or dtypes.as_dtype(array.dtype))


def _proto(elements: np.ndarray, sizes: tuple[int, ...], dtype: dtypes.DType) -> Any:
    message = protos.TensorProto(dtype=dtype.as_datatype_enum)
    message.tensor_shape.SetInParent()
    for size in sizes:
        message.tensor_shape.dim.add(size=size)
    if elements.size > 1 and elements.size == math.prod(sizes) and dtype in _RAW:
        message.tensor_content = elements.astype(elements.dtype.newbyteorder("<"), copy=False).tobytes()
        return message
    flat = elements.reshape(-1)
    if dtype.is_complex:
        flat = np.stack([np.real(flat), np.imag(flat)], axis=-1).reshape(-1)
    elif _FIELDS[dtype] == "half_val":
        flat = flat.view(np.uint16)
    elif flat.dtype.names is not None:  # a quantized type
        flat = flat[flat.dtype.names[0]]
    getattr(message, _FIELDS[dtype]).extend(flat.tolist())
    return message


def MakeNdarray(tensor: Any) -> np.ndarray:
    """A TensorProto as a NumPy array; strings as an array of bytes objects.

    Raises:
        TypeError: there is no such type of elements.
        ValueError: the message holds more or fewer bytes or elements than its shape has places.
    """
    array = array_from(tensor)
    return array if array.flags.writeable else array.copy()


def array_from(tensor: Any) -> np.ndarray:
    """As `MakeNdarray`; an element that fills the whole array is kept once, in a read-only array."""
    sizes = tuple(dim.size for dim in tensor.tensor_shape.dim)
    count = math.prod(sizes)
    if tensor.tensor_shape.unknown_rank or any(size < 0 for size in sizes):
        raise ValueError(f"Cannot parse tensor from proto: its shape is not fully known: {list(sizes)}")
    try:
        dtype = dtypes.as_dtype(tensor.dtype)
        field = _FIELDS[dtype]
    except (KeyError, TypeError):
        raise TypeError(f"Unsupported tensor type: {tensor.dtype}") from None
    kind = np.dtype(dtype.as_numpy_dtype)
    if tensor.tensor_content and dtype is not dtypes.string:
        if len(tensor.tensor_content) != count * kind.itemsize:
            raise ValueError(f"Cannot parse tensor from proto: {len(tensor.tensor_content)} bytes for {count} elements "
                             f"of type {dtype.name}")
        raw = np.frombuffer(tensor.tensor_content, kind.newbyteorder("<"))
        return raw.astype(kind).reshape(sizes)
    elements = _elements(getattr(tensor, field), dtype, kind)
    if elements.size > count:
        raise ValueError(f"Cannot parse tensor from proto: {elements.size} elements for shape {list(sizes)}")
    if elements.size == 0 and count:
        elements = np.full(1, b"", object) if dtype is dtypes.string else np.zeros(1, kind)
    return values._filled(elements, sizes)


def _elements(field: Any, dtype: dtypes.DType, kind: np.dtype) -> np.ndarray:
    if dtype is dtypes.string:
        array = np.empty(len(field), object)
        array[:] = [bytes(item) for item in field]
        return array
    if dtype.is_complex:
        pairs = np.array(field, np.float64)
        return (pairs[::2] + 1j * pairs[1::2]).astype(kind)
    if _FIELDS[dtype] == "half_val":
        return np.array(field, np.uint16).view(kind)
    if kind.names is not None:
        return np.array([(item,) for item in field], kind)
    return np.array(field, np.int64 if dtype.is_integer else None).astype(kind)


def TensorShapeProtoToList(shape: Any) -> list[int]:
    """The sizes in a TensorShapeProto."""
    return [dim.size for dim in shape.dim]


def ShapeEquals(tensor_proto: Any, shape: Any) -> bool:
    """Whether a TensorProto has this shape, given as a TensorShapeProto or a sequence.

    Raises TypeError when it is neither.
    """
    if not isinstance(tensor_proto, protos.TensorProto):
        raise TypeError("tensor_proto is not a tensor_pb2.TensorProto object")
    if isinstance(shape, protos.TensorShapeProto):
        shape = TensorShapeProtoToList(shape)
    elif not isinstance(shape, (list, tuple)):
        raise TypeError("shape is not a list or tuple")
    return TensorShapeProtoToList(tensor_proto.tensor_shape) == list(shape)
