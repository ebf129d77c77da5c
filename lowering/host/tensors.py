"""How a tensor's elements are written to checkpoints: as fields of a protobuf TensorProto, and as plain bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lowering.host.messages import find, read_varint, varint
from lowering.host.table import Stream, crc32c, masked
from tracer import dtypes, errors

_CHUNK = 1 << 16
# The field of TensorProto that holds the elements: as they are in memory, or as integers of variable length.
_RAW = {"float32": 5, "float64": 6, "complex64": 9, "bool": 11, "complex128": 12}
_VARINTS = {"int32": 7, "int16": 7, "int8": 7, "uint8": 7, "qint8": 7, "quint8": 7, "qint32": 7, "int64": 10,
            "float16": 13}
_STRINGS = 8


def on_host(value: Any) -> np.ndarray:
    """A value as a NumPy array: a view where it lies in this process's memory, a passing copy otherwise."""
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    if hasattr(value, "devices") and any(device.platform != "cpu" for device in value.devices()):
        from lowering.programs import devices

        value = devices.copied(value)  # JAX keeps what it once fetched beside the array; the copy goes away with it
    return np.asarray(value)


def plain(array: np.ndarray) -> np.ndarray:
    """The array with quantized elements as the integers they are, in one piece."""
    if array.dtype.names is not None:
        array = array.view(array.dtype[0])
    return np.ascontiguousarray(array)


def type_of(array: Any) -> dtypes.DType:
    """The type of a NumPy or JAX array; objects are strings."""
    return dtypes.string if array.dtype == object else dtypes.as_dtype(array.dtype)


def as_bytes(array: np.ndarray) -> np.ndarray:
    """The memory of an array as a row of bytes."""
    return plain(array).reshape(-1).view(np.uint8)


def to_proto(array: np.ndarray, kind: dtypes.DType) -> Stream:
    """The encoding of a TensorProto that holds the elements, and nothing else."""
    if kind is dtypes.string:
        items = [_bytes_field(_STRINGS, item) for item in array.reshape(-1).tolist()]
        return Stream(sum(map(len, items)), [b"".join(items)])
    flat = plain(array).reshape(-1)
    if kind.name in _RAW:
        size = flat.nbytes
        head = _head(_RAW[kind.name], size)
        return Stream(len(head) + size, [head, flat.view(np.uint8)] if size else [])
    if kind.name not in _VARINTS:
        raise errors.UnimplementedError(None, None, f"Saving data type {kind.name} not yet supported")
    if kind is dtypes.float16:
        flat = flat.view(np.uint16)
    size = sum(int(_lengths(chunk).sum()) for chunk in _chunks(flat))
    head = _head(_VARINTS[kind.name], size)

    def buffers() -> Iterator[Any]:
        yield head
        for chunk in _chunks(flat):
            yield _varints(chunk)

    return Stream(len(head) + size, buffers() if size else [])


def _head(field: int, size: int) -> bytes:
    return varint(field << 3 | 2) + varint(size) if size else b""


def _bytes_field(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def _chunks(flat: np.ndarray) -> Iterator[np.ndarray]:
    """Pieces as unsigned numbers of 64 bits, which is how protobuf sees every integer."""
    for start in range(0, flat.size, _CHUNK):
        piece = flat[start:start + _CHUNK]
        yield piece.astype(np.int64).view(np.uint64)


def _lengths(values: np.ndarray) -> np.ndarray:
    """How many bytes each number takes."""
    lengths = np.ones(values.shape, np.int64)
    largest = int(values.max())
    for k in range(1, 10):
        if largest < 1 << 7 * k:
            break
        lengths += values >= np.uint64(1 << 7 * k)
    return lengths


def _varints(values: np.ndarray) -> np.ndarray:
    lengths = _lengths(values)
    starts = np.cumsum(lengths) - lengths
    out = np.empty(int(lengths.sum()), np.uint8)
    for k in range(int(lengths.max())):
        some = lengths > k
        byte = (values[some] >> np.uint64(7 * k)).astype(np.uint8) & 0x7F
        out[starts[some] + k] = byte | np.where(lengths[some] > k + 1, 0x80, 0).astype(np.uint8)
    return out


def fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """The fields of an encoded message: numbers, and the contents of what has a length."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind in (1, 5):
            end = at + (8 if kind == 1 else 4)
            value, at = data[at:end], end
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            raise ValueError(f"a field of kind {kind}")
        if at > len(data):
            raise ValueError("a field is cut off")
        yield tag >> 3, value


def from_proto(data: memoryview, kind: dtypes.DType, shape: tuple[int, ...]) -> np.ndarray:
    """The tensor whose elements an encoded TensorProto holds. Raises ValueError when it does not fit."""
    count = int(np.prod(shape, dtype=np.int64))
    if kind is dtypes.string:
        strings = np.empty(count, object)
        items = [bytes(value) for field, value in fields(data) if field == _STRINGS]
        if len(items) != count:
            raise ValueError(f"{len(items)} strings where there should be {count}")
        strings[:] = items
        return strings.reshape(shape)
    stored = np.dtype(kind.array_dtype)
    wanted = _RAW.get(kind.name, _VARINTS.get(kind.name))
    packed = [value for field, value in fields(data) if field == wanted]
    if kind.name in _RAW:
        parts = [np.frombuffer(part, stored) for part in packed if len(part)]
    else:
        parts = [_from_varints(np.frombuffer(part, np.uint8), kind, stored) for part in packed if len(part)]
    flat = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, stored), *parts])
    if flat.size != count:
        raise ValueError(f"{flat.size} elements where there should be {count}")
    return flat.reshape(shape)


def _from_varints(data: np.ndarray, kind: dtypes.DType, stored: np.dtype) -> np.ndarray:
    results = []
    start = 0
    while start < data.size:
        stop = min(start + 16 * _CHUNK, data.size)
        while stop < data.size and data[stop - 1] >= 0x80:
            stop += 1
        values = decoded(data[start:stop])
        if kind is dtypes.float16:
            results.append(values.astype(np.uint16).view(np.float16))
        else:
            results.append(values.view(np.int64).astype(stored))
        start = stop
    return np.concatenate(results)


def decoded(data: np.ndarray) -> np.ndarray:
    ends = np.flatnonzero(data < 0x80)
    if not ends.size or ends[-1] != data.size - 1:
        raise ValueError("an integer is cut off")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > 10:
        raise ValueError("an integer is too long")
    values = np.zeros(ends.size, np.uint64)
    for k in range(int(lengths.max())):
        some = lengths > k
        values[some] |= (data[starts[some] + k] & 0x7F).astype(np.uint64) << np.uint64(7 * k)
    return values


def strings_to_bytes(array: np.ndarray) -> tuple[list[bytes], int]:
    """The buffers that a bundle holds for strings, and their checksum.

    They are the lengths, a checksum of those as numbers of 32 bits (64 for long ones), and the bytes.
    """
    items = array.reshape(-1).tolist()
    crc = _length_crc([len(item) for item in items])
    checksum = masked(crc).to_bytes(4, "little")
    crc = crc32c(checksum, crc)
    for item in items:
        crc = crc32c(item, crc)
    return [b"".join(varint(len(item)) for item in items), checksum, b"".join(items)], crc


def _length_crc(lengths: list[int]) -> int:
    return crc32c(b"".join(length.to_bytes(4 if length < 1 << 32 else 8, "little") for length in lengths))


def from_bytes(data: bytes, kind: dtypes.DType, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """The tensor that a bundle's bytes hold, and their checksum. Raises ValueError when they do not fit."""
    count = int(np.prod(shape, dtype=np.int64))
    if kind is not dtypes.string:
        dtype = np.dtype(kind.array_dtype)
        if len(data) != count * dtype.itemsize:
            raise ValueError(f"{len(data)} bytes where there should be {count * dtype.itemsize}")
        return np.frombuffer(data, dtype).reshape(shape), crc32c(data)
    lengths, at = [], 0
    for _ in range(count):
        length, at = read_varint(data, at)
        lengths.append(length)
    crc = _length_crc(lengths)
    checksum = data[at:at + 4]
    if checksum != masked(crc).to_bytes(4, "little"):
        raise ValueError("the lengths of the strings have a wrong checksum")
    at += 4
    if at + sum(lengths) != len(data):
        raise ValueError("the strings are longer or shorter than their lengths say")
    crc = crc32c(data[at:], crc32c(checksum, crc))
    strings = np.empty(count, object)
    for i, length in enumerate(lengths):
        strings[i] = data[at:at + length]
        at += length
    return strings.reshape(shape), crc


def as_message(array: Any) -> bytes:
    """A serialized TensorProto message."""
    array = np.ascontiguousarray(array)
    message = find("TensorProto")(dtype=type_of(array).as_datatype_enum)
    for size in array.shape:
        message.tensor_shape.dim.add(size=size)
    if array.dtype == object:
        message.string_val.extend(array.reshape(-1).tolist())
    else:
        message.tensor_content = plain(array).tobytes()
    return message.SerializeToString()
