"""A dump as one page that needs no network: the graph folded by name scope, and everything known of each operation."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator
from typing import Any

from tracer.dump.operations import Places

_HERE = os.path.dirname(os.path.abspath(__file__))
_SCRIPTS = ("model.js", "layout.js", "draw.js", "panel.js", "main.js")
_LINES = 120  # so many lines of one operation's texts are kept


def page(report: dict[str, Any], places: Places) -> str:
    """The page of a report."""
    title = html.escape(report["program"] or "Tracer")
    texts = json.dumps(_data(report, places), separators=(",", ":")).replace("<", "\\u003c")
    licence = _file("dagre.LICENSE").strip()
    scripts = "\n".join(_file(name) for name in _SCRIPTS)
    return (_file("page.html").replace("{{title}}", title).replace("{{style}}", _file("page.css"))
            .replace("{{library}}", f"/* dagre, https://github.com/dagrejs/dagre\n\n{licence}\n*/\n{_file('dagre.min.js')}")
            .replace("{{data}}", texts).replace("{{scripts}}", scripts))


def _file(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        return file.read()


def _data(report: dict[str, Any], places: Places) -> dict[str, Any]:
    """What the page knows. Operations go by their numbers."""
    tables: list[dict[str, int]] = []
    operations: list[dict[str, Any]] = []
    for graph in report["graphs"]:
        flat = list(_flat(graph["operations"], None))
        table = {op["name"]: len(operations) + at for at, (op, _) in enumerate(flat)}
        operations += [_operation(op, table.get(holder or ""), len(tables), table) for op, holder in flat]
        tables.append(table)
    runs, programs = [], []
    for run in report["runs"]:
        table = tables[run["graph"] - 1]
        fed = [table[name] for feed in run["feeds"] if (name := feed["name"].partition(":")[0]) in table]
        own = [table[op["name"]] for op, _ in _flat(run["ir"], None) if op["name"] in table]
        runs.append({**{key: run.get(key) for key in ("number", "session", "fetches", "targets", "failed", "source")},
                     "graph": run["graph"] - 1,
                     "operations": sorted({*fed, *own})})
        programs += [_program(program, run["number"], table) for program in run.get("programs", ())]
    return {"program": report["program"], "stopped": report.get("stopped"), "graphs": len(tables), "operations": operations,
            "runs": runs, "programs": programs, "lines": _source_lines(operations, places)}


def _flat(operations: list[dict[str, Any]], holder: str | None) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The operations, and those in bodies behind what holds them."""
    for op in operations:
        yield op, holder
        for body in op.get("bodies", ()):
            yield from _flat(body["operations"], op["name"])


def _operation(op: dict[str, Any], holder: int | None, graph: int, table: dict[str, int]) -> dict[str, Any]:
    inputs = []
    for tensor in op["inputs"]:
        name, _, index = tensor.partition(":")
        inputs.append([table.get(name, -1), int(index or 0), tensor])
    gives = [table[tensor.partition(":")[0]] for body in op.get("bodies", ()) for tensor in body["gives"]
             if tensor.partition(":")[0] in table]
    return {"name": op["name"], "type": op["type"], "inputs": inputs, "outputs": op["outputs"], "graph": graph,
            "controls": [table[name] for name in op["controls"] if name in table], "attributes": op["attributes"],
            "file": op["file"], "line": op["line"], "holder": holder, "gives": gives}


def _program(program: dict[str, Any], run: int, table: dict[str, int]) -> dict[str, Any]:
    found = {key: program.get(key) for key in
             ("stage", "compilation", "fixed", "takes", "gives", "failed", "cost", "seconds", "calls")}
    found["run"] = run
    found["costs"] = [[table[row["operation"]], int(row["backward"]), row["flops"], row["transcendentals"], row["bytes"],
                       row["memory"], row["share"]] for row in program.get("costs", ()) if row["operation"] in table]
    for section in ("jaxpr", "hlo"):
        found[section] = _by_operation(program.get(section, ()), table)
    return found


def _by_operation(lines: Any, table: dict[str, int]) -> dict[int, Any]:
    """The lines of each operation; of very many, the first, and how many there are."""
    found: dict[int, list[str]] = {}
    for line in lines:
        if line.get("operation") in table:
            found.setdefault(table[line["operation"]], []).append(line["text"])
    return {at: [len(texts), _unindented(texts[:_LINES])] for at, texts in found.items()}


def _unindented(lines: list[str]) -> str:
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[margin:] for line in lines)


def _source_lines(operations: list[dict[str, Any]], places: Places) -> dict[str, dict[int, str]]:
    """The lines of the user's files around those that recorded operations."""
    wanted: dict[str, set[int]] = {}
    for op in operations:
        if op["file"] in places.files:
            wanted.setdefault(op["file"], set()).update(range(op["line"] - 2, op["line"] + 3))
    found = {}
    for name, numbers in wanted.items():
        try:
            with open(places.files[name], encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        found[name] = {number: lines[number - 1] for number in sorted(numbers) if 0 < number <= len(lines)}
    return found
