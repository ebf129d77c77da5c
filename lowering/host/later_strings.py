"""Rules of the operations on strings and files that TensorFlow had from 0.9 on."""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from lowering.host import messages, tensors
from lowering.host.fingerprints import fingerprint64, siphash
from lowering.host.strings import objects
from lowering.registry import lowers
from lowering.rules.array import text
from tracer import dtypes, errors


def _each(strings: Any, function: Callable[[bytes], bytes]) -> np.ndarray:
    array = np.asarray(strings, object)
    return objects([function(item) for item in array.reshape(-1).tolist()], array.shape)


def _buckets(strings: Any, hashed: Callable[[bytes], int], count: int) -> np.ndarray:
    array = np.asarray(strings, object)
    return np.array([hashed(item) % count for item in array.reshape(-1).tolist()], np.int64).reshape(array.shape)


@lowers("StringToHashBucketFast", host=True)
def string_to_hash_bucket_fast(input: Any, *, num_buckets: int) -> np.ndarray:
    return _buckets(input, fingerprint64, num_buckets)


@lowers("StringToHashBucketStrong", host=True)
def string_to_hash_bucket_strong(input: Any, *, num_buckets: int, key: Any) -> np.ndarray:
    if len(key) != 2:
        raise ValueError("Key must have 2 elements")
    low, high = (int(word) & (1 << 64) - 1 for word in key)
    return _buckets(input, lambda item: siphash(item, (low, high)), num_buckets)


@lowers("EncodeBase64", host=True)
def encode_base64(input: Any, *, pad: bool) -> np.ndarray:
    def encoded(item: bytes) -> bytes:
        found = base64.urlsafe_b64encode(item)
        return found if pad else found.rstrip(b"=")

    return _each(input, encoded)


@lowers("DecodeBase64", host=True)
def decode_base64(input: Any) -> np.ndarray:
    def decoded(item: bytes) -> bytes:
        bare = item[:-2].replace(b"=", b"?") + item[-2:].rstrip(b"=")
        if len(bare) % 4 == 1:
            raise errors.InvalidArgumentError(None, None, "Base64 string length cannot be 1 modulo 4.")
        try:
            return base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            raise errors.InvalidArgumentError(None, None, "Invalid character found in base64.") from None

    return _each(input, decoded)


@lowers("WriteFile", host=True)
def write_file(filename: Any, contents: Any) -> None:
    path, data = (np.asarray(part, object).item() for part in (filename, contents))
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


@lowers("ParseTensor", host=True)
def parse_tensor(serialized: Any, *, out_type: dtypes.DType) -> Any:
    data = np.asarray(serialized, object).item()
    message = messages.parse("TensorProto", data)
    kind = dtypes.as_dtype(message.dtype)
    if kind is not out_type:
        raise ValueError(f"Type mismatch between parsed tensor ({kind.name}) and dtype ({out_type.name})")
    sizes = tuple(dim.size for dim in message.tensor_shape.dim)
    if kind is dtypes.string:
        return objects(list(message.string_val), sizes)
    if message.tensor_content:
        return np.frombuffer(message.tensor_content, kind.array_dtype).reshape(sizes)
    try:
        return tensors.from_proto(memoryview(data), kind, sizes)
    except ValueError:  # one element that stands for all
        return np.full(sizes, tensors.from_proto(memoryview(data), kind, (1,))[0])


@lowers("DecodeGif", host=True)
def decode_gif(contents: Any) -> np.ndarray:
    from PIL import Image, ImageSequence, UnidentifiedImageError

    if np.ndim(contents):
        raise ValueError(f"contents must be scalar, got shape {text(np.shape(contents))}")
    data = np.asarray(contents, object).item()
    if data[:3] != b"GIF":
        raise ValueError("Expected image (JPEG, PNG, or GIF), got unknown format starting with "
                         f"'{data[:16].decode(errors='replace')}'")
    try:
        with Image.open(io.BytesIO(data), formats=["GIF"]) as image:
            return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    except (UnidentifiedImageError, OSError, EOFError) as reason:
        raise ValueError(f"Invalid GIF data: {reason}") from reason


@lowers("AsString", host=True)
def as_string(input: Any, *, precision: int, scientific: bool, shortest: bool, width: int, fill: Any) -> np.ndarray:
    fill = fill.decode() if isinstance(fill, bytes) else fill
    if scientific and shortest:
        raise ValueError("Cannot select both scientific and shortest notation")
    if fill not in ("", " ", "0", "+", "-"):
        raise ValueError(f"Fill argument not supported: \"{fill}\"")
    values = np.asarray(input)
    if values.dtype == bool:
        return _each(np.where(values, b"true", b"false").astype(object), bytes)
    if values.dtype.kind == "i" and (scientific or shortest or precision >= 0):
        what = "precision" if precision >= 0 else "scientific and shortest format"
        raise ValueError(f"{what} not supported for datatype {dtypes.as_dtype(values.dtype).name}")
    form = "d" if values.dtype.kind == "i" else "e" if scientific else "g" if shortest else "f"
    pattern = f"%{fill}{width if width >= 0 else ''}{f'.{precision}' if precision >= 0 else ''}{form}"
    if values.dtype.kind == "c":
        return objects([f"({pattern % item.real},{pattern % item.imag})".encode() for item in values.reshape(-1).tolist()],
                       values.shape)
    return objects([(pattern % item).encode() for item in values.reshape(-1).tolist()], values.shape)


@lowers("Substr", host=True)
def substr(input: Any, pos: Any, len: Any) -> np.ndarray:
    strings, starts, counts = np.broadcast_arrays(np.asarray(input, object), pos, len)
    found = []
    for string, start, count in zip(*(part.reshape(-1).tolist() for part in (strings, starts, counts)), strict=True):
        if not 0 <= start <= string.__len__():
            raise ValueError(f"pos {start} out of range for string b'{string.decode(errors='replace')}'")
        found.append(string[start:start + max(count, 0)])
    return objects(found, strings.shape)


@lowers("StringSplit", host=True)
def string_split(input: Any, delimiter: Any) -> tuple[Any, ...]:
    apart = np.asarray(delimiter, object).item()
    rows = [_split(item, apart) for item in np.asarray(input, object).tolist()]
    places = [(row, at) for row, parts in enumerate(rows) for at in range(len(parts))]
    values = objects([part for parts in rows for part in parts])
    longest = max(map(len, rows), default=0)
    return np.array(places, np.int64).reshape(-1, 2), values, np.array([len(rows), longest], np.int64)


def _split(item: bytes, apart: bytes) -> list[bytes]:
    if not apart:
        return [bytes([byte]) for byte in item]
    for byte in apart[1:]:
        item = item.replace(bytes([byte]), apart[:1])
    return [part for part in item.split(apart[:1]) if part]
