"""`tensorflow.python.util.protobuf.compare_test_pb2`: the messages that `compare` is tested with."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

_FILE = "tracer/compare_test.proto"
# A field is its label (1 optional, 2 required, 3 repeated), name, number and type; a capital is a type of this file.
_SCALARS = {"double": 1, "float": 2, "int64": 3, "int32": 5, "bool": 8, "string": 9}
_MESSAGES = {
    "Small": ("3 strings 1 string",),
    "Medium": ("3 int32s 1 int32", "3 smalls 2 Small", "3 groupa 3 Medium.GroupA", "3 floats 6 float"),
    "Medium.GroupA": ("3 groupb 4 Medium.GroupA.GroupB",),
    "Medium.GroupA.GroupB": ("2 strings 5 string",),
    "Large": ("1 string_ 1 string", "1 int64_ 2 int64", "1 float_ 3 float", "1 bool_ 4 bool", "1 enum_ 5 Enum",
              "3 int64s 6 int64", "1 medium 7 Medium", "1 small 8 Small", "1 double_ 9 double", "1 with_map 10 WithMap"),
    "Labeled": ("2 required 1 int32", "1 optional 2 int32"),
    "WithMap": ("3 value_message 1 WithMap.ValueMessageEntry", "3 value_string 2 WithMap.ValueStringEntry"),
    "WithMap.ValueMessageEntry": ("1 key 1 int32", "1 value 2 Small"),
    "WithMap.ValueStringEntry": ("1 key 1 string", "1 value 2 string"),
}
_GROUP, _MESSAGE, _ENUM = 10, 11, 14


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=_FILE, package="compare_test", syntax="proto2")
    text_format.Merge("enum_type {name: 'Enum' value {name: 'A' number: 0} value {name: 'B' number: 1} "
                      "value {name: 'C' number: 2}}", file)
    made: dict[str, Any] = {}
    for name, fields in _MESSAGES.items():
        outer, _, inner = name.rpartition(".")
        message = made[name] = (made[outer].nested_type if outer else file.message_type).add(name=inner)
        message.options.map_entry = inner.endswith("Entry")
        for field in fields:
            label, word, number, kind = field.split()
            added: Any = message.field.add(name=word, number=int(number), label=int(label))
            if kind in _SCALARS:
                added.type = _SCALARS[kind]
            else:
                group = kind.rpartition(".")[2].startswith("Group")
                added.type = _ENUM if kind == "Enum" else _GROUP if group else _MESSAGE
                added.type_name = f".compare_test.{kind}"
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.AddSerializedFile(_file().SerializeToString())
DESCRIPTOR = _pool.FindFileByName(_FILE)
for _name, _type in DESCRIPTOR.message_types_by_name.items():
    globals()[_name] = message_factory.GetMessageClass(_type)
A, B, C = range(3)
