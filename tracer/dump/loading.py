"""Graphs from files: `.pb`, `.pbtxt` and `.meta`, with the place of each operation in its file."""

from __future__ import annotations

import os
import re
from typing import Any

from tracer.commands import refuse
from tracer.ir import Graph, Operation

SUFFIXES = (".pb", ".pbtxt", ".meta")
_NAME = re.compile(rb'^\s*name:\s*"((?:[^"\\]|\\.)*)"', re.M)


def load(path: str) -> tuple[Graph, dict[Operation, tuple[str, int]]]:
    """The graph in a file, and where in that each operation is: its line in text, its number among the nodes elsewhere.

    Ends the command, naming the file, where it is not there, damaged, or holds no graph.
    """
    from tracer.train import meta_graph

    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
    message = _message(path, data)
    graph = Graph()
    with graph.as_default():
        try:
            if message.DESCRIPTOR.name == "MetaGraphDef":
                meta_graph.import_meta_graph(message)
                message = message.graph_def
            else:
                from tracer.importer import import_graph_def

                import_graph_def(message, name="")
        except Exception as error:  # whatever is wrong with it
            detail = error.args[0] if isinstance(error, KeyError) and error.args else error
            refuse(f"{path}: the graph cannot be read: {detail}")
    places = {}
    lines = _lines(data, message) if path.endswith(".pbtxt") else {}
    for number, node in enumerate(message.node, 1):
        if node.name in graph._by_name:
            places[graph._by_name[node.name]] = (name, lines.get(node.name, number))
    return graph, places


def _message(path: str, data: bytes) -> Any:
    """The GraphDef or MetaGraphDef in a file's bytes."""
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from tracer import protos

    kinds: list[Any] = [protos.GraphDef, protos.MetaGraphDef]
    problem = ""
    for kind in reversed(kinds) if path.endswith(".meta") else kinds:
        for parse in (kind.FromString, lambda text, kind=kind: text_format.Parse(text, kind())):
            try:
                message = parse(data)
            except (DecodeError, UnicodeDecodeError):
                continue
            except text_format.ParseError as error:
                problem = problem or f": {error}"
                continue
            if (message.graph_def if kind is protos.MetaGraphDef else message).node:
                return message
    if not data.strip():
        refuse(f"{path}: the file is empty")
    refuse(f"{path}: the file is damaged, or holds no graph{problem if _is_text(data) else ''}")


def _is_text(data: bytes) -> bool:
    return not set(data[:4096]) & set(range(9))


def _lines(data: bytes, message: Any) -> dict[str, int]:
    """The lines of a text that name its nodes."""
    names = {node.name for node in message.node}
    found: dict[str, int] = {}
    for match in _NAME.finditer(data):
        name = match[1].decode(errors="replace")
        if name in names:
            found.setdefault(name, data.count(b"\n", 0, match.start(1)) + 1)
    return found
