"""`tf.NAME`: what TensorFlow 0.9 to 0.12 added for strings. They are split and written on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ops import script
from tracer.ops.later_strings import as_string as as_string
from tracer.ops.later_strings import substr as substr
from tracer.ops.sparse import SparseTensor

__all__ = ["as_string", "string_split", "substr"]


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
