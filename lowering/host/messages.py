"""The protobuf messages inside of the files that host rules read and write; no installed package ships these."""

from __future__ import annotations

import functools
import re
from typing import Any

# `number name type`; `*` before a type: repeated; `?`: keeps whether it was set. Names of tensors are bytes here: a
# script may call them anything.
_MESSAGES = {
    "VersionDef": "1 producer int32; 2 min_consumer int32; 3 bad_consumers *int32",
    "Dim": "1 size int64; 2 name string",
    "TensorShapeProto": "2 dim *Dim; 3 unknown_rank bool",
    "TensorProto": "1 dtype int32; 2 tensor_shape TensorShapeProto; 4 tensor_content bytes; 8 string_val *bytes",
    "Extent": "1 start int64; 2 length ?int64",
    "TensorSliceProto": "1 extent *Extent",
    # The one-file format of checkpoints
    "SavedSliceMeta": "1 name bytes; 2 shape TensorShapeProto; 3 type int32; 4 slice *TensorSliceProto",
    "SavedTensorSliceMeta": "1 tensor *SavedSliceMeta; 2 versions VersionDef",
    "SavedTensorSlices": "1 meta SavedTensorSliceMeta",
    # The format of an index and data files
    "BundleHeaderProto": "1 num_shards int32; 2 endianness int32; 3 version VersionDef",
    "BundleEntryProto": "1 dtype int32; 2 shape TensorShapeProto; 3 shard_id int32; 4 offset int64; 5 size int64; "
                        "6 crc32c fixed32; 7 slices *TensorSliceProto",
    # Examples
    "BytesList": "1 value *bytes",
    "FloatList": "1 value *float",
    "Int64List": "1 value *int64",
    "Feature": "1 bytes_list BytesList|kind; 2 float_list FloatList|kind; 3 int64_list Int64List|kind",
    "Features": "1 feature {Feature}",
    "FeatureList": "1 feature *Feature",
    "FeatureLists": "1 feature_list {FeatureList}",
    "Example": "1 features Features",
    "SequenceExample": "1 context Features; 2 feature_lists FeatureLists",
    # What a reader remembers
    "ReaderBaseState": "1 work_started int64; 2 work_finished int64; 3 num_records_produced int64; "
                       "4 current_work bytes",
}
_FIELD = re.compile(r"(\d+) (\w+) ([*?]?)(\{?)(\w+)\}?(?:\|(\w+))?")
_SCALARS = {"double": 1, "float": 2, "int64": 3, "int32": 5, "fixed32": 7, "bool": 8, "string": 9, "bytes": 12}
_MESSAGE = 11


def _declare(file: Any, name: str, fields: str) -> None:
    message = file.message_type.add(name=name)
    for text in fields.split("; "):
        match = _FIELD.fullmatch(text)
        assert match is not None, text
        number, field_name, mark, brace, kind, oneof = match.groups()
        field = message.field.add(name=field_name, number=int(number), label=3 if mark == "*" or brace else 1)
        if brace:
            kind = _map_entry(message, field_name, kind)
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            field.type, field.type_name = _MESSAGE, f".tracer.{kind}"
        oneof = f"has_{field_name}" if mark == "?" else oneof
        if oneof is not None:
            if oneof not in [known.name for known in message.oneof_decl]:
                message.oneof_decl.add(name=oneof)
            field.oneof_index = [known.name for known in message.oneof_decl].index(oneof)


def _map_entry(message: Any, field_name: str, kind: str) -> str:
    """The message of one item of a map with string keys; its name is the one that protobuf insists on."""
    name = "".join(word.capitalize() for word in field_name.split("_")) + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=_SCALARS["string"])
    entry.field.add(name="value", number=2, label=1, type=_MESSAGE, type_name=f".tracer.{kind}")
    return f"{message.name}.{name}"


@functools.cache
def find(name: str) -> Any:
    """The class of the message `name`."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"tracer.{name}"))


@functools.cache
def _pool() -> Any:
    """A pool of our own: the real TensorFlow may be loaded in the same process and declare the same messages."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(name="tracer_files.proto", package="tracer", syntax="proto3")
    for name, fields in _MESSAGES.items():
        _declare(file, name, fields)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def parse(name: str, data: bytes) -> Any:
    """The message `name` that `data` holds. Raises ValueError when it holds something else."""
    from google.protobuf.message import DecodeError

    message = find(name)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise ValueError(f"not a {name}: {error}") from None
    return message


def varint(value: int) -> bytes:
    """A non-negative integer as seven bits a byte."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def read_varint(data: Any, at: int) -> tuple[int, int]:
    """The integer at byte `at` and where it ends. Raises ValueError when the data end within it."""
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise ValueError("an integer is cut off or too long")
