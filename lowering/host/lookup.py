"""Rules of tables from keys to values: Python dictionaries that live in the session."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np

from lowering.host import resources
from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation

KIND = "HashTable"


class HashTable:
    """A table that is filled once, with keys and values of fixed types."""

    def __init__(self, op: Operation) -> None:
        self.types = op.attrs["key_dtype"], op.attrs["value_dtype"]
        self.items: dict[Any, Any] | None = None
        self.lock = threading.Lock()

    def check_same(self, op: Operation) -> None:
        """Raises InvalidArgumentError when `op` describes a table of other types."""
        self.check_types(op.attrs["key_dtype"], op.attrs["value_dtype"])

    def check_types(self, key_dtype: Any, value_dtype: Any) -> None:
        """Raises InvalidArgumentError when these are not the table's types."""
        if (key_dtype, value_dtype) != self.types:
            raise errors.InvalidArgumentError(
                None, None, f"Conflicting key/value dtypes {key_dtype.name}->{value_dtype.name} with "
                f"{self.types[0].name}-{self.types[1].name}")

    def fill(self, keys: Any, values: Any) -> None:
        """Gives it its pairs."""
        if keys.ndim != 1:
            raise ValueError("Keys must be a vector.")
        if keys.size != values.size:
            raise ValueError(f"Keys and values must have the same size {keys.size} vs {values.size}")
        with self.lock:
            if self.items is not None:
                raise errors.FailedPreconditionError(None, None, "Table already initialized.")
            items: dict[Any, Any] = {}
            for key, value in zip(keys.tolist(), values.tolist(), strict=True):
                if items.setdefault(key, value) != value:
                    raise errors.FailedPreconditionError(
                        None, None, f"HashTable has different value for same key. Key {_text(key)} has "
                        f"{_text(items[key])} and trying to add value {_text(value)}")
            self.items = items

    def size(self) -> int:
        """How many keys it has."""
        return len(self.items or ())

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The values of `keys`, `default` for those that it does not have."""
        items, other = self.filled(), default.item()
        found = np.empty(keys.shape, array_type(self.types[1]))
        found.reshape(-1)[:] = [items.get(key, other) for key in keys.reshape(-1).tolist()]
        return found

    def filled(self) -> dict[Any, Any]:
        """Its pairs; FailedPreconditionError when it has none yet."""
        if self.items is None:
            raise errors.FailedPreconditionError(None, None, "Table not initialized.")
        return self.items


def array_type(kind: Any) -> Any:
    """The type of the arrays that hold values of a table."""
    return object if kind.name == "string" else kind.array_dtype


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


@lowers("HashTable", host=True)
def hash_table(*, op: Any, session: Any) -> Any:
    return resources.handle_of(op, session, KIND, lambda name: HashTable(op))


@lowers("InitializeTable", host=True)
def initialize_table(table_handle: Any, keys: Any, values: Any, *, Tkey: Any, Tval: Any, session: Any) -> None:
    table = resources.find(session, table_handle, KIND)
    table.check_types(Tkey, Tval)
    table.fill(keys, values)


@lowers("InitializeTableFromTextFile", host=True)
def initialize_table_from_text_file(table_handle: Any, filename: Any, *, key_index: int, value_index: int,
                                    vocab_size: int, delimiter: Any, session: Any) -> None:
    table = resources.find(session, table_handle, KIND)
    path = os.fsdecode(np.asarray(filename).item())
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, path) from None
    if not lines[-1]:
        lines.pop()
    if vocab_size > len(lines):
        raise errors.InvalidArgumentError(
            None, None, f"Invalid vocab_size in {path}: expected {vocab_size} but got {len(lines)}")
    if vocab_size >= 0:
        del lines[vocab_size:]
    mark = delimiter.encode() if isinstance(delimiter, str) else delimiter
    table.fill(*(_column(path, lines, index, mark, (key_index, value_index), kind)
                 for index, kind in zip((key_index, value_index), table.types, strict=True)))


_LINE_NUMBER, _WHOLE_LINE = -1, -2


def _column(path: str, lines: list[bytes], index: int, mark: bytes, indices: tuple[int, int], kind: Any) -> np.ndarray:
    """One column of a file's lines, as the table's type."""
    if index == _LINE_NUMBER:
        return np.arange(len(lines), dtype=np.int64)
    found: list[Any] = []
    for number, line in enumerate(lines):
        fields = [line] if index == _WHOLE_LINE else line.split(mark)
        if max(indices) >= len(fields) and index != _WHOLE_LINE:
            raise errors.InvalidArgumentError(
                None, None, f"Invalid number of columns in {path} line {number} ({_text(line)}) : expected {max(indices)} "
                            f"got {len(fields)}")
        field = line if index == _WHOLE_LINE else fields[index]
        try:
            found.append(field if kind.name == "string" else kind.array_dtype(field.decode()))
        except ValueError:
            word = "float" if kind.is_floating else kind.name
            raise errors.InvalidArgumentError(
                None, None, f"Field {_text(field)} in line {number} is not a valid {word}.") from None
    return np.array(found, array_type(kind))


@lowers("LookupTableFind", host=True)
def lookup_table_find(table_handle: Any, keys: Any, default_value: Any, *, Tin: Any, Tout: Any, session: Any) -> Any:
    table = resources.find(session, table_handle, KIND)
    table.check_types(Tin, Tout)
    return table.find(np.asarray(keys), np.asarray(default_value))


@lowers("LookupTableSize", host=True)
def lookup_table_size(table_handle: Any, *, session: Any) -> Any:
    return np.int64(resources.find(session, table_handle, KIND).size())
