"""Saving and restoring: the rules of the operations, and reading a checkpoint of either format."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from lowering.host import checkpoint_v1, checkpoint_v2, slices
from lowering.host.checkpoint_v1 import Item
from lowering.host.files import matching, text_of
from lowering.registry import Held, lowers
from tracer import dtypes, errors

Reader = checkpoint_v1.Reader | checkpoint_v2.Reader


def open_checkpoint(pattern: str) -> Reader:
    """Opens the checkpoint of that name: an index with data files, or all the files that match the pattern.

    Raises NotFoundError when there is none, DataLossError when it is damaged.
    """
    if os.path.exists(checkpoint_v2.index_of(pattern)):
        return checkpoint_v2.Reader(pattern)
    start = "Unsuccessful TensorSliceReader constructor: Failed to"
    try:
        paths = matching(pattern)
    except errors.OpError as error:
        message = f"{start} get matching files on {pattern}: {error.message}"
        raise errors.InvalidArgumentError(None, None, message) from None
    if not paths:
        raise errors.NotFoundError(None, None, f"{start} find any matching files for {pattern}")
    try:
        return checkpoint_v1.Reader(paths)
    except OSError as error:
        raise errors.NotFoundError(None, None, f"{pattern}: {error}") from None


class _Opened:
    """The checkpoint that a session read last: restoring takes one operation for each variable."""

    def __init__(self) -> None:
        self.key: Any = None
        self.reader: Reader | None = None
        self.users = 0

    def cancel(self) -> None:
        """Lets the files go, when the session closes."""
        if self.reader is not None:
            self.reader.close()
        self.key = self.reader = None


@contextlib.contextmanager
def _opened(session: Any, pattern: str) -> Iterator[Reader]:
    """The checkpoint of that name, read anew when a file of it has changed."""
    opened = session.state.resource("checkpoint", _Opened)
    with session.state.lock:
        reader, key = opened.reader, opened.key
        opened.reader = opened.key = None  # this thread's until it is done
    try:
        if reader is None or key != (pattern, _stamps(reader.paths)):
            if reader is not None:
                reader.close()
            reader = open_checkpoint(pattern)
            key = (pattern, _stamps(reader.paths))
        yield reader
    except BaseException:
        if reader is not None:
            reader.close()
        raise
    with session.state.lock:
        if opened.reader is None and not session.state.closed.is_set():
            opened.reader, opened.key = reader, key
        else:
            reader.close()


def _stamps(paths: list[str]) -> tuple:
    """What changes when one of the files is written anew."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            return ()
        found.append((path, status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)


def restored(reader: Reader, pattern: str, name: bytes, spec: str, kind: dtypes.DType | None) -> np.ndarray:
    """A tensor or slice of a checkpoint, which must be of the type `kind`."""
    if name not in reader.tensors:
        raise errors.NotFoundError(
            None, None, f'Tensor name "{name.decode(errors="replace")}" not found in checkpoint files {pattern}')
    saved_kind, shape = reader.tensors[name]
    if kind is not None and saved_kind is not kind:
        raise errors.InvalidArgumentError(
            None, None, f"Expected to restore a tensor of type {_c_name(kind)}, got a tensor of type "
                        f"{_c_name(saved_kind)} instead: tensor_name = {name.decode(errors='replace')}")
    wanted: slices.Slice = (slices.WHOLE,) * len(shape)
    if spec:
        given, wanted = slices.parse_spec(spec)
        if given != shape:
            raise errors.InvalidArgumentError(
                None, None, f"Shape in shape_and_slice spec does not match the shape in the save file: "
                            f"{slices.described(given)}, save file shape: {slices.described(shape)}")
    found = reader.read(name, wanted)
    if found is None:
        raise errors.NotFoundError(
            None, None, f"{pattern} holds tensor {name.decode(errors='replace')} only in part: slice "
                        f"{slices.text_of(wanted)} is missing")
    return found


def _c_name(kind: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(kind.name, kind.name)


def _items(names: Any, specs: Any, data: list[Any], kinds: list[dtypes.DType]) -> list[Item]:
    names = np.asarray(names, object).reshape(-1).tolist()
    if len(names) != len(data):
        fixed = 2 if specs is None else 3
        raise errors.InvalidArgumentError(
            None, None, f"Expected totally {len(names) + fixed} inputs as input #1 (which is a string tensor of saved "
                        f"names) contains {len(names)} names, but received {len(data) + fixed} inputs")
    specs = [b""] * len(names) if specs is None else np.asarray(specs, object).reshape(-1).tolist()
    if len(specs) != len(names):
        raise errors.InvalidArgumentError(
            None, None, f"Expected {len(names)} elements for the tensor shapes and slices but got {len(specs)}")
    return [Item(name, os.fsdecode(spec), value, kind)
            for name, spec, value, kind in zip(names, specs, data, kinds, strict=True)]


@lowers("Save", host=True)
def save(filename: Any, tensor_names: Any, data: Held, *, T: Any) -> None:
    checkpoint_v1.write(text_of(filename), _items(tensor_names, None, data, T))


@lowers("SaveSlices", host=True)
def save_slices(filename: Any, tensor_names: Any, shapes_and_slices: Any, data: Held, *, T: Any) -> None:
    checkpoint_v1.write(text_of(filename), _items(tensor_names, shapes_and_slices, data, T))


@lowers("SaveV2", host=True)
def save_v2(prefix: Any, tensor_names: Any, shape_and_slices: Any, tensors: Held, *, dtypes: Any) -> None:
    checkpoint_v2.write(text_of(prefix), _items(tensor_names, shape_and_slices, tensors, dtypes))


@lowers("MergeV2Checkpoints", host=True)
def merge_v2_checkpoints(checkpoint_prefixes: Any, destination_prefix: Any, *, delete_old_dirs: bool) -> None:
    prefixes = [os.fsdecode(item) for item in np.asarray(checkpoint_prefixes, object).reshape(-1).tolist()]
    checkpoint_v2.merge(prefixes, text_of(destination_prefix), delete_old_dirs)


@lowers("Restore", host=True)
def restore(file_pattern: Any, tensor_name: Any, *, dt: dtypes.DType, session: Any) -> Any:
    return restore_slice(file_pattern, tensor_name, b"", dt=dt, session=session)


@lowers("RestoreSlice", host=True)
def restore_slice(file_pattern: Any, tensor_name: Any, shape_and_slice: Any, *, dt: dtypes.DType, session: Any) -> Any:
    # `preferred_shard` only says where TensorFlow looks first; here all shards are known once the file is open.
    pattern = text_of(file_pattern)
    with _opened(session, pattern) as reader:
        return restored(reader, pattern, os.fsencode(text_of(tensor_name)), text_of(shape_and_slice), dt)


@lowers("RestoreV2", host=True)
def restore_v2(prefix: Any, tensor_names: Any, shape_and_slices: Any, *, dtypes: Any, session: Any) -> list[Any]:
    pattern = text_of(prefix)
    names = np.asarray(tensor_names, object).reshape(-1).tolist()
    specs = np.asarray(shape_and_slices, object).reshape(-1).tolist()
    with _opened(session, pattern) as reader:
        return [restored(reader, pattern, name, os.fsdecode(spec), kind)
                for name, spec, kind in zip(names, specs, dtypes, strict=True)]
