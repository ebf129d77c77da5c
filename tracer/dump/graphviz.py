"""A dump as a Graphviz digraph: name scopes as clusters, shapes on the edges, the user's lines as tooltips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def dot(report: dict[str, Any]) -> str:
    """The operations of a report as a digraph."""
    operations = {op["name"]: op for op in (*_fed(report), *_operations(report))}
    tree: dict[str, Any] = {}
    for name in operations:
        folder = tree
        for part in name.split("/")[:-1]:
            folder = folder.setdefault(part, {})
        folder.setdefault("", []).append(name)
    lines = ["digraph program {", '  graph [fontname="Helvetica", rankdir=TB];',
             '  node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="#eef2fb"];',
             '  edge [fontname="Helvetica", fontsize=9, color="#5b6472"];',
             *_cluster(tree, "", "  ", operations), *_edges(operations), "}"]
    return "\n".join(lines)


def _fed(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is fed, in the place of what would make it."""
    for feed in (feed for run in report["runs"] for feed in run["feeds"]):
        name, _, index = feed["name"].partition(":")
        yield {**feed, "name": name, "type": "fed", "inputs": (), "controls": (), "outputs": {int(index): feed["type"]}}


def _operations(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    stack = [op for run in report["runs"] for op in run.get("ir", ())]
    stack += [op for graph in report["graphs"] for op in graph["operations"]]
    for op in stack:
        yield op
        for body in op.get("bodies", ()):
            yield from _operations({"runs": [], "graphs": [body]})


def _cluster(tree: dict[str, Any], scope: str, indent: str, operations: dict[str, Any]) -> Iterator[str]:
    for name in tree.get("", ()):
        op = operations[name]
        label, place = f"{name.rpartition('/')[2]}\\n{op['type']}", f"{op['file']}:{op['line']}"
        yield f"{indent}{_quoted(name)} [label={_quoted(label)}, tooltip={_quoted(place)}];"
    for part, inner in tree.items():
        if part:
            path = f"{scope}{part}"
            yield f"{indent}subgraph {_quoted('cluster_' + path)} {{"
            yield f"{indent}  label={_quoted(part)};"
            yield from _cluster(inner, path + "/", indent + "  ", operations)
            yield indent + "}"


def _edges(operations: dict[str, Any]) -> Iterator[str]:
    for op in operations.values():
        for tensor in op["inputs"]:
            source, _, index = tensor.partition(":")
            if source in operations:
                shape = operations[source]["outputs"][int(index or 0)]
                yield f"  {_quoted(source)} -> {_quoted(op['name'])} [label={_quoted(shape)}];"
        for control in op["controls"]:
            if control in operations:
                yield f"  {_quoted(control)} -> {_quoted(op['name'])} [style=dashed];"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
