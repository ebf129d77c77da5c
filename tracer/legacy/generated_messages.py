"""`*_pb2.py` files as the protocol buffer compilers 2 and 3.0 wrote them, which protobuf no longer runs.

Such a file spelled out every message and field to constructors that are gone, but it also holds the whole description,
serialized. From that the messages are made, as a file generated today does it; what the file has beside them (imports,
stubs of services) stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

HELPER = "message_file"
_MADE = frozenset("descriptor descriptor_pb2 message reflection service service_reflection symbol_database".split())
_FOLDERS = ("tensorflow/core/", "tensorflow/python/")  # of TensorFlow's own files, whose messages are ours


def serialized(tree: ast.Module) -> ast.Assign | None:
    """The statement `DESCRIPTOR = descriptor.FileDescriptor(..., serialized_pb=...)`; None where a file has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and _called(node.value) == "FileDescriptor" and _description(node.value):
            return node
    return None


def made_of_description(tree: ast.Module, statement: ast.Assign, helper: str) -> ast.Module:
    """The file with a call of the helper in the place of that statement, and without what described messages."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and _is_of_descriptors(node)]
    gone = {alias.asname or alias.name for node in imports for alias in node.names}
    gone.update(target.id for target in statement.targets if isinstance(target, ast.Name))
    body: list[ast.stmt] = []
    for node in tree.body:
        if node is statement:
            globals_now = ast.Call(ast.Name("globals", ast.Load()), [], [])
            call = ast.Call(ast.Name(helper, ast.Load()), [ast.Constant(_description(statement.value)), globals_now], [])
            body.append(ast.copy_location(ast.Assign(statement.targets, call), statement))
        elif not _describes(node, gone):
            body.append(node)
    return ast.fix_missing_locations(ast.Module(body, tree.type_ignores))


def message_file(data: bytes, names: dict[str, Any]) -> Any:
    """The descriptor of the file so described; its messages, enumerations and extensions become names of the module."""
    from google.protobuf import descriptor_pb2, descriptor_pool
    from google.protobuf.internal import builder

    description = descriptor_pb2.FileDescriptorProto.FromString(data)
    _lead_to_ours(description)
    file = descriptor_pool.Default().AddSerializedFile(description.SerializeToString())
    builder.BuildMessageAndEnumDescriptors(file, names)
    builder.BuildTopDescriptorsAndMessages(file, names["__name__"], names)
    return file


def _called(node: ast.expr) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _description(call: Any) -> bytes:
    """The argument `serialized_pb`: text of bytes, plain or as an argument of the file's own `_b`."""
    value = next((word.value for word in call.keywords if word.arg == "serialized_pb"), None)
    if isinstance(value, ast.Call) and len(value.args) == 1:
        value = value.args[0]
    text = value.value if isinstance(value, ast.Constant) else b""
    return text.encode("latin-1") if isinstance(text, str) else text if isinstance(text, bytes) else b""


def _is_of_descriptors(node: ast.ImportFrom) -> bool:
    return node.module == "google.protobuf" and any(alias.name in _MADE for alias in node.names)


def _describes(node: ast.stmt, gone: set[str]) -> bool:
    """Whether a statement had a part in describing messages. The names that it binds to descriptors are `gone` as well."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ImportFrom):
        return _is_of_descriptors(node)
    if isinstance(node, ast.Assign) and not all(isinstance(target, ast.Name) for target in node.targets):
        return True
    if not any(isinstance(part, ast.Name) and part.id in gone for part in ast.walk(node)):
        return False
    if isinstance(node, ast.Assign):
        gone.update(target.id for target in node.targets if isinstance(target, ast.Name) and target.id[0] == "_")
    return True


def _lead_to_ours(description: Any) -> None:
    """TensorFlow's own messages, which others' have as fields, are those that the program gets from `tensorflow.core`."""
    from tracer import protodefs

    ours = {*protodefs.SHIPPED, *protodefs.MESSAGES, *protodefs.ENUMS}
    for i, other in enumerate(description.dependency):
        file = other.rpartition("/")[2].removesuffix(".proto")
        if other.startswith(_FOLDERS) and file in ours:
            protodefs.load(file)
            description.dependency[i] = protodefs.file_name(file)
    own = {message.name for message in (*description.message_type, *description.enum_type)}
    for owner, field in _type_names(description):
        package, _, name = getattr(owner, field).lstrip(".").partition(".")
        first = name.partition(".")[0]
        if package == "tensorflow" and (first in protodefs.FILE_OF or first == "error") and first not in own:
            setattr(owner, field, f".{protodefs.PACKAGE}.{name}")


def _type_names(description: Any) -> Iterator[tuple[Any, str]]:
    """Every place in a description that names a type: the message that has it, and its field."""
    waiting = [description]
    while waiting:
        owner = waiting.pop()
        nested = owner.message_type if owner is description else owner.nested_type
        waiting.extend(nested)
        for field in (*owner.extension, *(() if owner is description else owner.field)):
            yield field, "type_name"
    for service in description.service:
        for method in service.method:
            yield from ((method, "input_type"), (method, "output_type"))
