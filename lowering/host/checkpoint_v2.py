"""The checkpoints of TensorFlow 0.12: a table of the tensors, `.index`, and their bytes, `.data-00000-of-00001`."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import numpy as np

from lowering.host import messages, slices, tensors
from lowering.host.checkpoint_v1 import VERSION, Item, check_same, check_version
from lowering.host.files import Reading, of_system, sync_folder, written_whole
from lowering.host.slices import Slice
from lowering.host.table import Table, TableWriter, masked, write_checked
from tracer import dtypes, errors


def index_of(prefix: str) -> str:
    """The file of the table."""
    return prefix + ".index"


def data_of(prefix: str, shard: int, count: int) -> str:
    """One file of the data."""
    return f"{prefix}.data-{shard:05d}-of-{count:05d}"


def write(prefix: str, items: list[Item]) -> None:
    """Writes a checkpoint of one shard. The index comes last: until it is there, the checkpoint is not."""
    entries: dict[bytes, Any] = {}
    with contextlib.suppress(OSError):  # shards go to a passing folder; what is wrong shows when the file is opened
        os.mkdir(os.path.dirname(prefix))
    with written_whole(data_of(prefix, 0, 1)) as file:
        offset = 0
        for item in items:
            offset += _write_item(file, item, offset, entries)
    _write_index(prefix, 1, entries)


def _write_item(file: Any, item: Item, offset: int, entries: dict[bytes, Any]) -> int:
    """Writes the data of a tensor or slice, and notes its entry. Returns how many bytes it took."""
    entry = messages.find("BundleEntryProto")(dtype=item.kind.as_datatype_enum, offset=offset)
    entry.shape.SetInParent()
    for size in item.value.shape:
        entry.shape.dim.add(size=size)
    key = item.name
    if any(part != slices.WHOLE for part in item.part):
        key = item.key
        _note_slice(item, entries)
    if key in entries:
        raise errors.InvalidArgumentError(None, None, f"Adding duplicate key: {key.decode(errors='replace')}")
    array = tensors.on_host(item.value)
    if item.kind is dtypes.string:
        buffers, crc = tensors.strings_to_bytes(array)
        for buffer in buffers:
            file.write(buffer)
        entry.size = sum(map(len, buffers))
    else:
        raw = tensors.as_bytes(array)
        crc, entry.size = write_checked(file, raw), len(raw)
    entry.crc32c = masked(crc)
    entries[key] = entry
    return entry.size


def _note_slice(item: Item, entries: dict[bytes, Any]) -> None:
    whole = entries.get(item.name)
    if whole is None:
        whole = entries[item.name] = messages.find("BundleEntryProto")(dtype=item.kind.as_datatype_enum)
        for size in item.shape:
            whole.shape.dim.add(size=size)
    else:
        check_same(item.name, _kind_and_shape(whole), (item.kind, item.shape))
    whole.slices.append(slices.to_proto(item.part))


def _write_index(prefix: str, shards: int, entries: dict[bytes, Any]) -> None:
    header = messages.find("BundleHeaderProto")(num_shards=shards)
    header.version.producer = VERSION
    with written_whole(index_of(prefix)) as file:
        writer = TableWriter(file)
        writer.add(b"", header.SerializeToString())
        for key in sorted(entries):
            writer.add(key, entries[key].SerializeToString())
        writer.finish()


def merge(prefixes: list[str], target: str, delete_old: bool) -> None:
    """Makes one checkpoint of several: their data files become its shards."""
    entries: dict[bytes, Any] = {}
    shards: list[str] = []
    for prefix in prefixes:
        index = _Index(prefix)
        for key, entry in index.entries.items():
            entry.shard_id += len(shards)
            if key in entries and not entry.slices:
                raise errors.InvalidArgumentError(None, None, f"Duplicate tensor {key!r} keyed in {prefix}")
            if key in entries:
                entries[key].slices.extend(entry.slices)
            else:
                entries[key] = entry
        shards += [data_of(prefix, i, index.shards) for i in range(index.shards)]
    folders = {os.path.dirname(path) for path in shards} - {os.path.dirname(target)}
    for i, path in enumerate(shards):
        try:
            os.replace(path, data_of(target, i, len(shards)))
        except OSError as error:
            raise of_system(error, path) from None
    sync_folder(target)
    _write_index(target, len(shards), entries)
    for prefix in prefixes:
        os.unlink(index_of(prefix))
    if delete_old:
        for folder in folders:
            with contextlib.suppress(OSError):  # something else lies there
                os.rmdir(folder)


def _kind_and_shape(entry: Any) -> tuple[dtypes.DType, tuple[int, ...]]:
    return dtypes.as_dtype(entry.dtype), tuple(dim.size for dim in entry.shape.dim)


class _Index:
    """The table of a checkpoint, read whole."""

    def __init__(self, prefix: str) -> None:
        self.path = index_of(prefix)
        try:
            with Table(self.path) as table:
                self._read(table)
        except OSError as error:
            raise of_system(error, self.path) from None

    def _read(self, table: Table) -> None:
        try:
            found = {key: bytes(value) for key, value in table.items()}
            if b"" not in found:
                raise ValueError("there is no header")
            header = messages.parse("BundleHeaderProto", found.pop(b""))
            self.entries = {key: messages.parse("BundleEntryProto", value) for key, value in found.items()}
            for entry in self.entries.values():
                dtypes.as_dtype(entry.dtype)
        except (ValueError, TypeError) as error:
            raise table.damaged(f"a bad table of tensors ({error})", 0) from None
        if header.endianness:
            raise errors.UnimplementedError(
                None, None, f"{self.path}: a checkpoint with big-endian numbers; it must be written anew on a machine "
                            "with little-endian ones")
        check_version(self.path, header.version)
        self.shards = header.num_shards


class Reader:
    """Reads a checkpoint of an index and data files."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        index = _Index(prefix)
        self.paths = [index.path, *(data_of(prefix, i, index.shards) for i in range(index.shards))]
        self._entries = index.entries
        self.tensors = {key: _kind_and_shape(entry) for key, entry in index.entries.items() if key[:1] != b"\0"}
        self._files: dict[int, Reading] = {}

    def close(self) -> None:
        """Closes the files."""
        while self._files:
            self._files.popitem()[1].close()

    def read(self, name: bytes, wanted: Slice) -> np.ndarray | None:
        """A slice of a tensor; None when the files do not hold all of it."""
        kind, shape = self.tensors[name]
        entry = self._entries[name]
        if not entry.slices:
            parts = [((slices.WHOLE,) * len(shape), lambda: self._data(name, name))]
        else:
            stored = [slices.from_proto(message) for message in entry.slices]
            parts = [(part, lambda part=part: self._data(name, slices.key_of(name, part))) for part in stored]
        return slices.assemble(shape, np.dtype(kind.array_dtype), wanted, parts)

    def _data(self, name: bytes, key: bytes) -> np.ndarray:
        entry = self._entries.get(key)
        if entry is None or not 0 <= entry.shard_id < len(self.paths) - 1:
            raise errors.DataLossError(None, None, f"{self.paths[0]}: no entry for a part of tensor {_text(name)!r}")
        path = self.paths[1 + entry.shard_id]
        where = f"at offset {entry.offset}, in tensor {_text(name)!r}"
        if entry.size < 0 or entry.offset < 0:
            raise errors.DataLossError(None, None, f"{path}: bad place of data {where}")
        file = self._open(entry.shard_id, path)
        if entry.offset + entry.size > file.size:
            raise errors.DataLossError(None, None, f"{path}: data that are cut off {where}")
        data = file.read(entry.size, entry.offset)
        try:
            kind, shape = _kind_and_shape(entry)
            array, crc = tensors.from_bytes(data, kind, shape)
        except ValueError as error:
            raise errors.DataLossError(None, None, f"{path}: bad data ({error}) {where}") from None
        if masked(crc) != entry.crc32c:
            raise errors.DataLossError(
                None, None, f"{path}: Checksum does not match: stored {entry.crc32c:08x} vs. calculated on the "
                            f"restored bytes {masked(crc):08x} {where}")
        return array

    def _open(self, shard: int, path: str) -> Reading:
        if shard not in self._files:
            try:
                self._files[shard] = Reading(path)
            except OSError as error:
                raise of_system(error, path) from None
        return self._files[shard]


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
