"""`tf.NAME`: what TensorFlow 0.9 to 0.12 added for strings. They are split and written on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import script
from tracer.ops.sparse import SparseTensor

__all__ = ["as_string", "string_split", "substr"]


def as_string(input: Any, precision: int = -1, scientific: bool = False, shortest: bool = False, width: int = -1,
              fill: str = "", name: str | None = None) -> Tensor:
    """Numbers and truth values as strings.

    >>> tf.as_string([1, 2]).eval()
    array([b'1', b'2'], dtype=object)

    Args:
        precision: how many digits of a fraction, 6 by default.
        scientific, shortest: as `%e`, or as the shorter of `%e` and `%f`.
        width, fill: how wide it is at least, and by which of " ", "0", "+" and "-" it becomes so.
    """
    if scientific and shortest:
        raise ValueError("Cannot select both scientific and shortest notation")
    if fill not in ("", " ", "0", "+", "-"):
        raise ValueError(f"Fill argument not supported: {fill!r}")
    input = convert_to_tensor(input)
    kind = input.dtype.base_dtype
    digits = f".{precision}" if precision >= 0 else ""
    form = "e" if scientific else "g" if shortest else "f"
    width_text = str(width) if width >= 0 else ""
    pattern = "%" + fill + width_text + (digits + form if kind.is_floating else "d")

    def written(values: np.ndarray) -> np.ndarray:
        texts = np.empty(values.shape, object)
        for place, value in np.ndenumerate(values):
            text = ("true" if value else "false") if kind is dtypes.bool else pattern % value
            texts[place] = text.encode()
        return texts

    result = script.py_func(written, [input], dtypes.string, name=name or "AsString")
    result.set_shape(input.get_shape())
    return result


def string_split(source: Any, delimiter: str = " ", name: str | None = None) -> SparseTensor:
    """The parts of each string of a vector, between any of the characters of `delimiter`: a row for each string.

    >>> tf.string_split(["a b", "c"]).values.eval()
    array([b'a', b'b', b'c'], dtype=object)

    Parts without a character are left out; an empty `delimiter` splits a string into its bytes.
    """
    with scopes.op_scope([source], name, "StringSplit"):
        source = convert_to_tensor(source, dtype=dtypes.string)
        apart = delimiter.encode() if isinstance(delimiter, str) else delimiter

        def split(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rows = [_parts(text, apart) for text in texts]
            places = [(row, at) for row, parts in enumerate(rows) for at in range(len(parts))]
            values = np.array([part for parts in rows for part in parts], object)
            longest = max(map(len, rows), default=0)
            return np.array(places, np.int64).reshape(-1, 2), values, np.array([len(rows), longest], np.int64)

        indices, values, shape = script.py_func(split, [source], [dtypes.int64, dtypes.string, dtypes.int64])
        indices.set_shape([None, 2])
        values.set_shape([None])
        shape.set_shape([2])
        return SparseTensor(indices, values, shape)


def _parts(text: bytes, apart: bytes) -> list[bytes]:
    if not apart:
        return [bytes([byte]) for byte in text]
    for byte in apart[1:]:
        text = text.replace(bytes([byte]), apart[:1])
    return [part for part in text.split(apart[:1]) if part]


def substr(input: Any, pos: Any, len: Any, name: str | None = None) -> Tensor:
    """Of each string the `len` bytes from `pos` on."""
    input = convert_to_tensor(input, dtype=dtypes.string)

    def cut(texts: Any, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
        every = np.broadcast_arrays(np.asarray(texts, object), starts, counts)
        found = np.empty(every[0].shape, object)
        for place, text in np.ndenumerate(every[0]):
            start, count = int(every[1][place]), int(every[2][place])
            if not 0 <= start <= text.__len__():
                raise ValueError(f"pos {start} out of range for string b'{text.decode(errors='replace')}'")
            found[place] = text[start:start + count]
        return found

    result = script.py_func(cut, [input, pos, len], dtypes.string, name=name or "Substr")
    result.set_shape(input.get_shape())
    return result
