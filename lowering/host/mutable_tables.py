"""Rules of tables that keys and values are inserted into: dictionaries, and arrays of buckets."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from lowering.host import resources
from lowering.host.lookup import KIND, array_type
from lowering.host.strings import hash64
from lowering.registry import lowers
from lowering.rules.array import text
from tracer import errors
from tracer.ir import Operation

_MASK = 2**64 - 1


def _wrong(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


class MutableTable:
    """Pairs by key; a key is a number, a string or a tuple of numbers, a value a number, a string or a vector."""

    def __init__(self, op: Operation, key_shape: tuple[int, ...] = ()) -> None:
        self.kind = op.type
        self.types = op.attrs["key_dtype"], op.attrs["value_dtype"]
        shape = op.attrs.get("value_shape")
        self.value_shape: tuple[int, ...] = () if shape is None else tuple(shape.as_list())
        self.key_shape = key_shape
        if len(self.value_shape) > 1:
            raise _wrong(f"Default value must be a vector, got shape {text(self.value_shape)}")
        self.items: dict[Any, Any] = {}
        self.lock = threading.Lock()

    def check_same(self, op: Operation) -> None:
        """Raises InvalidArgumentError when `op` describes a table of other types."""
        self.check_types(op.attrs["key_dtype"], op.attrs["value_dtype"])

    def check_types(self, key_dtype: Any, value_dtype: Any) -> None:
        """Raises InvalidArgumentError when these are not the table's types."""
        if (key_dtype, value_dtype) != self.types:
            raise _wrong(f"Conflicting key/value dtypes {key_dtype.name}->{value_dtype.name} with "
                         f"{self.types[0].name}-{self.types[1].name}")

    def size(self) -> int:
        """How many keys it has."""
        with self.lock:
            return len(self.items)

    def _keys(self, keys: np.ndarray) -> tuple[list[Any], tuple[int, ...]]:
        """The keys, and the shape of what holds them."""
        places = keys.shape[:keys.ndim - len(self.key_shape)]
        if keys.shape[len(places):] != self.key_shape:
            raise _wrong(f"Expected key shape {text(self.key_shape)} got {text(keys.shape)}")
        if self.key_shape:
            return [tuple(key) for key in keys.reshape(-1, *self.key_shape).tolist()], places
        return keys.reshape(-1).tolist(), places

    def find(self, keys: np.ndarray, default: np.ndarray) -> np.ndarray:
        """The values of `keys`, `default` for those that it does not have."""
        if default.shape != self.value_shape:
            raise _wrong(f"Expected shape {text(self.value_shape)} for default value, got {text(default.shape)}")
        wanted, places = self._keys(keys)
        with self.lock:
            return self._array([self.items.get(key, default) for key in wanted], places)

    def _array(self, values: list[Any], places: tuple[int, ...]) -> np.ndarray:
        found = np.empty((len(values), *self.value_shape), array_type(self.types[1]))
        for i, value in enumerate(values):
            found[i] = value if self.value_shape or not isinstance(value, np.ndarray) else value.item()
        return found.reshape(*places, *self.value_shape)

    def insert(self, keys: np.ndarray, values: np.ndarray, anew: bool = False) -> None:
        """Gives keys their values; with `anew` all others go."""
        given, places = self._keys(keys)
        wanted = (*places, *self.value_shape)
        if values.shape != wanted:
            raise _wrong(f"Expected shape {text(wanted)} for value, got {text(values.shape)}")
        rows = values.reshape(-1, *self.value_shape)
        with self.lock:
            if anew:
                self.items = {}
            self.items.update(zip(given, rows.tolist() if not self.value_shape else [row.copy() for row in rows],
                                  strict=True))

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys, and their values."""
        with self.lock:
            keys, values = list(self.items), list(self.items.values())
        found = np.empty((len(keys), *self.key_shape), array_type(self.types[0]))
        for i, key in enumerate(keys):
            found[i] = key
        return found, self._array(values, (len(keys),))

    load = insert


class DenseTable(MutableTable):
    """A table whose export is the array of its buckets, where TensorFlow has each pair."""

    def __init__(self, op: Operation, empty_key: np.ndarray) -> None:
        super().__init__(op, np.shape(empty_key))
        self.buckets = op.attrs["initial_num_buckets"]
        self.load_factor = op.attrs["max_load_factor"]
        if self.buckets < 4 or self.buckets & (self.buckets - 1):
            raise _wrong(f"Number of buckets must be at least 4 and a power of 2, got: {self.buckets}")
        if not 0 < self.load_factor < 1:
            raise _wrong(f"max_load_factor must be between 0 and 1, got: {self.load_factor}")
        self.empty_key = empty_key
        self._empty = super()._keys(empty_key)[0][0]

    def _keys(self, keys: np.ndarray) -> tuple[list[Any], tuple[int, ...]]:
        found, places = super()._keys(keys)
        if self._empty in found:
            raise _wrong("Using the empty_key as a table key is not allowed")
        return found, places

    def insert(self, keys: np.ndarray, values: np.ndarray, anew: bool = False) -> None:
        super().insert(keys, values, anew)
        with self.lock:
            while len(self.items) + 1 > self.buckets * self.load_factor:
                self.buckets *= 2

    def export(self) -> tuple[np.ndarray, np.ndarray]:
        with self.lock:
            rows = [self._empty] * self.buckets
            zero = b"" if self.types[1].name == "string" else 0
            values = np.full((self.buckets, *(self.value_shape or (1,))), zero, array_type(self.types[1]))
            for key, value in self.items.items():
                at, probes = _hash(key) & (self.buckets - 1), 0
                while rows[at] != self._empty:
                    probes += 1
                    at = (at + probes) & (self.buckets - 1)
                rows[at], values[at] = key, value
        keys = np.empty((self.buckets, *(self.key_shape or (1,))), array_type(self.types[0]))
        for at, key in enumerate(rows):
            keys[at] = key
        return keys, values

    def load(self, keys: np.ndarray, values: np.ndarray, anew: bool = True) -> None:
        """Takes over what `export` gave."""
        keys = keys.reshape(len(keys), *self.key_shape)
        full = [row for row, key in enumerate(MutableTable._keys(self, keys)[0]) if key != self._empty]
        self.buckets = max(len(keys), 4)
        self.insert(keys[full], values.reshape(len(values), *self.value_shape)[full], anew)


def _hash(key: Any) -> int:
    if isinstance(key, tuple):
        found = 0
        for part in key:
            found ^= _hash(part) + 0x9E3779B97F4A7800 + (found << 10) + (found >> 4) & _MASK
        return found
    return hash64(key) if isinstance(key, bytes) else int(key) & _MASK


@lowers("MutableHashTable", "MutableHashTableOfTensors", host=True)
def mutable_hash_table(*, op: Any, session: Any) -> Any:
    return resources.handle_of(op, session, KIND, lambda name: MutableTable(op))


@lowers("MutableDenseHashTable", host=True)
def mutable_dense_hash_table(empty_key: Any, *, op: Any, session: Any) -> Any:
    return resources.handle_of(op, session, KIND, lambda name: DenseTable(op, np.asarray(empty_key)))


def _table(session: Any, handle: Any, key_dtype: Any, value_dtype: Any) -> Any:
    table = resources.find(session, handle, KIND)
    table.check_types(key_dtype, value_dtype)
    if not isinstance(table, MutableTable):
        raise errors.UnimplementedError(None, None, "Insert, import and export not supported by InitializableLookupTable "
                                                    "implementations")
    return table


@lowers("LookupTableInsert", host=True)
def lookup_table_insert(table_handle: Any, keys: Any, values: Any, *, Tin: Any, Tout: Any, session: Any) -> None:
    _table(session, table_handle, Tin, Tout).insert(np.asarray(keys), np.asarray(values))


@lowers("LookupTableExport", host=True)
def lookup_table_export(table_handle: Any, *, Tkeys: Any, Tvalues: Any, session: Any) -> Any:
    return _table(session, table_handle, Tkeys, Tvalues).export()


@lowers("LookupTableImport", host=True)
def lookup_table_import(table_handle: Any, keys: Any, values: Any, *, Tin: Any, Tout: Any, session: Any) -> None:
    _table(session, table_handle, Tin, Tout).load(np.asarray(keys), np.asarray(values), anew=True)
