"""The checkpoints of TensorFlow 0.8: one table in one file; an entry describes all tensors, then one for each slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lowering.host import messages, slices, tensors
from lowering.host.files import written_whole
from lowering.host.messages import varint
from lowering.host.slices import Slice
from lowering.host.table import Stream, Table, TableWriter
from tracer import dtypes, errors

VERSION = 1
_LARGEST = 2**31 - 1  # what a protobuf message can hold


class Item:
    """A tensor or slice to save: its name, the shape of the whole, which part of it this is, and the elements."""

    __slots__ = ("kind", "name", "part", "shape", "value")

    def __init__(self, name: bytes, spec: str, value: Any, kind: dtypes.DType | None = None) -> None:
        self.name = name
        self.value = value
        self.kind = kind or tensors.type_of(value)
        self.shape: tuple[int, ...] = tuple(value.shape)
        self.part: Slice = (slices.WHOLE,) * len(self.shape)
        if spec:
            self.shape, self.part = slices.parse_spec(spec)
            if slices.sliced_shape(self.shape, self.part) != tuple(value.shape):
                raise errors.InvalidArgumentError(
                    None, None, "Slice in shape_and_slice specification does not match the shape of the tensor to  "
                    f"save: {spec}, tensor: {slices.described(tuple(value.shape))}")

    @property
    def key(self) -> bytes:
        """The key of the slice."""
        return slices.key_of(self.name, self.part)


def check_same(name: bytes, known: tuple[Any, Any], new: tuple[Any, Any]) -> None:
    """Two slices of one tensor must agree on its type and shape."""
    for what, old, other in (("types", known[0].name, new[0].name),
                             ("shapes", slices.described(known[1]), slices.described(new[1]))):
        if old != other:
            raise errors.InternalError(None, None, f"Mismatching {what}: existing = {old}, trying to add name "
                                                   f"{name.decode(errors='replace')}, {what[:-1]} = {other}")


def check_version(path: str, versions: Any) -> None:
    """Raises InvalidArgumentError when the file is for later readers only."""
    if versions.min_consumer > VERSION:
        raise errors.InvalidArgumentError(
            None, None, f"{path}: Checkpoint min consumer version {versions.min_consumer} above current version "
                        f"{VERSION} for TensorFlow.  Please upgrade TensorFlow.")


def write(path: str, items: list[Item]) -> None:
    """Writes a checkpoint file. It appears under its name when it is whole."""
    described = messages.find("SavedTensorSlices")()
    described.meta.versions.producer = VERSION
    known: dict[bytes, Any] = {}
    for item in items:
        meta = known.get(item.name)
        if meta is None:
            meta = known[item.name] = described.meta.tensor.add(name=item.name, type=item.kind.as_datatype_enum)
            meta.shape.SetInParent()
            for size in item.shape:
                meta.shape.dim.add(size=size)
        else:
            check_same(item.name, _kind_and_shape(meta), (item.kind, item.shape))
        meta.slice.append(slices.to_proto(item.part))
    with written_whole(path) as file:
        writer = TableWriter(file)
        writer.add(b"", described.SerializeToString())
        seen = None
        for item in sorted(items, key=lambda item: item.key):
            if item.key != seen:
                writer.add(item.key, _encoded(item))
            seen = item.key
        writer.finish()


def _kind_and_shape(meta: Any) -> tuple[dtypes.DType, tuple[int, ...]]:
    return dtypes.as_dtype(meta.type), tuple(dim.size for dim in meta.shape.dim)


def _encoded(item: Item) -> Stream:
    """The entry of a slice: `SavedTensorSlices.data` with name, slice and elements."""
    elements = tensors.to_proto(tensors.on_host(item.value), item.kind)
    part = slices.to_proto(item.part).SerializeToString()
    head = b"\x0a" + varint(len(item.name)) + item.name if item.name else b""
    head += b"\x12" + varint(len(part)) + part + b"\x1a" + varint(elements.length)
    size = len(head) + elements.length
    if size > _LARGEST:
        raise errors.InvalidArgumentError(
            None, None, f"Tensor slice is too large to serialize (conservative estimate: {size} bytes)")
    outer = b"\x12" + varint(size) + head

    def buffers() -> Iterator[Any]:
        yield outer
        yield from elements.buffers

    return Stream(len(outer) + elements.length, buffers())


class Reader:
    """Reads a checkpoint from one or more files, the shards."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        self.tensors: dict[bytes, tuple[dtypes.DType, tuple[int, ...]]] = {}
        self._parts: dict[bytes, list[tuple[Slice, Table]]] = {}
        self._tables: list[Table] = []
        try:
            for path in paths:
                self._load(path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the files."""
        for table in self._tables:
            table.close()

    def _load(self, path: str) -> None:
        try:
            table = Table(path)
        except errors.DataLossError as error:
            raise errors.DataLossError(None, None, f"Unable to open table file {error.message}: perhaps your file is "
                                                   "in a different file format and you need to use a different "
                                                   "restore operator?") from None
        self._tables.append(table)
        value = table.get(b"")
        try:
            if value is None:
                raise ValueError("there is no list of tensors")
            meta = messages.parse("SavedTensorSlices", bytes(value)).meta
            if not meta.HasField("versions") and not meta.tensor:
                raise ValueError("there is no list of tensors")
            for saved in meta.tensor:
                self._register(saved, table)
        except (ValueError, TypeError) as error:
            raise table.damaged(f"Failed to find the saved tensor slices at the beginning of the checkpoint file "
                                f"({error})", 0) from None
        check_version(path, meta.versions)

    def _register(self, saved: Any, table: Table) -> None:
        kind_and_shape = _kind_and_shape(saved)
        known = self.tensors.setdefault(saved.name, kind_and_shape)
        check_same(saved.name, known, kind_and_shape)
        for message in saved.slice:
            part = slices.from_proto(message)
            slices.sliced_shape(known[1], part)
            self._parts.setdefault(saved.name, []).append((part, table))

    def read(self, name: bytes, wanted: Slice) -> np.ndarray | None:
        """A slice of a tensor; None when the file does not hold all of it."""
        kind, shape = self.tensors[name]
        parts = [(part, lambda part=part, table=table: self._data(name, part, table))
                 for part, table in self._parts.get(name, ())]
        return slices.assemble(shape, np.dtype(kind.array_dtype), wanted, parts)

    def _data(self, name: bytes, part: Slice, table: Table) -> np.ndarray:
        kind, shape = self.tensors[name]
        key = slices.key_of(name, part)
        try:
            value = table.get(key)
            if value is None:
                raise ValueError("there is no entry")
            message = dict(tensors.fields(dict(tensors.fields(value))[2]))
            return tensors.from_proto(message[3], kind, slices.sliced_shape(shape, part))
        except errors.DataLossError as error:
            raise errors.DataLossError(None, None, f"{error.message}{_of(name)}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise table.damaged(f"bad data ({error})", table.offset_of(key), _of(name)) from None


def _of(name: bytes) -> str:
    return f", in tensor {name.decode(errors='replace')!r}"
