"""A dump as text: one line an operation, an equation or an instruction, with the user's line at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_COLOURS = {"title": "1;35", "name": "1", "type": "36", "comment": "2", "bad": "31"}


def text(report: dict[str, Any], colour: bool = False) -> str:
    """The report as text, coloured for a terminal."""
    lines = [line.rstrip() for line in _all(report)]
    return "\n".join(map(_coloured, lines) if colour else lines)


def _all(report: dict[str, Any]) -> Iterator[str]:
    if report.get("stopped"):
        yield from (_stopped(report["stopped"]), "")
    for run in report["runs"]:
        yield from _run(run)
    for number, graph in enumerate(report["graphs"], 1):
        yield f"graph {number} (nothing ran it)"
        yield from _indented(_operations(graph["operations"]))
        yield ""


def _stopped(stopped: dict[str, Any]) -> str:
    at = f" at {stopped['file']}:{stopped['line']}" if stopped["file"] else ""
    return f"# stopped{at}: {stopped['problem']}"


def _run(run: dict[str, Any]) -> Iterator[str]:
    yield f"run {run['number']} ({'session ' + str(run['session']) if run['session'] else 'not run'})"
    feeds = [f"{feed['name']} {feed['type']}{' taken as ' + feed['as'] if 'as' in feed else ''}" for feed in run["feeds"]]
    for word, names in (("fetches", run["fetches"]), ("runs", run["targets"]), ("feeds", feeds)):
        if names:
            yield f"  {word}  {', '.join(names)}"
    if "failed" in run:
        yield from _failed(run["failed"], "  ")
    yield ""
    if "ir" in run:
        yield "ir"
        yield from _indented(_operations(run["ir"]))
        yield ""
    if "stages" in run:
        yield "stages"
        for number, stage in enumerate(run["stages"], 1):
            yield from _indented(_stage(stage, number, len(run["stages"])))
        yield ""
    for program in run.get("programs", ()):
        yield from _program(program)
    if "source" in run:
        yield "source"
        yield from _indented(run["source"]["text"].splitlines() if "text" in run["source"]
                             else _failed(run["source"]["failed"]))
        yield ""


def _failed(reason: str, indent: str = "") -> Iterator[str]:
    lines = reason.splitlines()
    yield f"{indent}failed  {lines[0]}"
    yield from (f"{indent}        {line}" for line in lines[1:])


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return ("  " + line for line in lines)


def _operations(operations: list[dict[str, Any]]) -> Iterator[str]:
    for op in operations:
        yield f"{call(op)}  # {op['file']}:{op['line']}"
        for number, body in enumerate(op.get("bodies", ())):
            yield f"  body {number}{' of ' + ', '.join(body['takes']) if body['takes'] else ''}"
            yield from ("    " + line for line in _operations(body["operations"]))
            if body["gives"]:
                yield f"    gives {', '.join(body['gives'])}"


def call(op: dict[str, Any]) -> str:
    """An operation as a call: `y = MatMul(x, w, transpose_a=True)  float32[2,3]`."""
    inputs = list(op["inputs"])
    if "groups" in op:  # of what; by what; and what else it needs
        ys, xs = op["groups"]
        parts = (", ".join(part) for part in (inputs[:ys], inputs[ys:ys + xs], inputs[ys + xs:]))
        inputs = ["; ".join(part for part in parts if part)]
    inputs += ["^" + control for control in op["controls"]]
    inputs += [value if op["type"] == "Const" else f"{name}={value}" for name, value in op["attributes"].items()]
    results = "  " + ", ".join(op["outputs"]) if op["outputs"] else ""
    return f"{op['name']} = {op['type']}({', '.join(inputs)}){results}"


def _stage(stage: dict[str, Any], number: int, count: int) -> Iterator[str]:
    yield f"{stage['kind']} {number} of {count}{' (in ' + stage['inside'] + ')' if stage['inside'] else ''}"
    for word in ("takes", "gives"):
        if stage.get(word):
            yield f"  {word}  " + ", ".join(
                f"{t['name']} {t['type']}" + (" (while compiling)" if t.get("fixed") else "") for t in stage[word])
    for word in ("reads", "writes", "draws"):
        if stage.get(word):
            yield f"  {word}  {', '.join(stage[word])}"
    names = stage["operations"]
    yield f"  runs  {', '.join(names) if len(names) < 3 else f'{names[0]} to {names[-1]}, {len(names)} operations'}"
    for word in ("rolled", "padded"):
        yield from (f"  {word}  {line}" for line in stage.get(word, ()))


_MARKS = {"jaxpr": "#", "stablehlo": "//", "hlo": "//"}


def _program(program: dict[str, Any]) -> Iterator[str]:
    fixed = "".join(f", {name} = {value}" for name, value in program.get("fixed", {}).items())
    yield f"program {program['stage']}, compilation {program['compilation']}{fixed}"
    if "takes" in program:
        yield f"  takes  {', '.join(t['name'] + ' ' + t['type'] for t in program['takes']) or 'nothing'}"
        yield f"  gives  {', '.join(program['gives']) or 'nothing'}"
    if "failed" in program:
        yield from _failed(program["failed"], "  ")
    for section, mark in _MARKS.items():
        if section in program:
            yield "  " + section
            yield from ("    " + _line(line, mark) for line in program[section])
    if "cost" in program:
        yield "  cost"
        yield from ("    " + line for line in _costs(program))
    if "seconds" in program:
        yield f"  times  {', '.join(times(program))}"
    yield ""


def _line(line: dict[str, Any], mark: str) -> str:
    if "path" not in line:
        return line["text"]
    at = f"  {line['file']}:{line['line']}" if "file" in line else ""
    return f"{line['text']}  {mark} {line['path']}{at}"


def times(program: dict[str, Any]) -> Iterator[str]:
    """What compiling and calling a program took."""
    yield from (f"{step} {seconds:.3g} s" for step, seconds in program.get("seconds", {}).items())
    calls = program.get("calls")
    if calls:
        yield f"first call {calls['first']:.3g} s"
        if calls["median"] is not None:
            yield f"{calls['count'] - 1} more of {calls['median']:.3g} s"


def _costs(program: dict[str, Any]) -> Iterator[str]:
    yield ", ".join(f"{name} {count:,}" for name, count in program["cost"].items()) or "the compiler says nothing of it"
    if not program["costs"]:
        return
    columns = ("flops", "transcendentals", "bytes", "memory")
    rows: list[tuple[str, ...]] = [("operation", *columns, "share", "")]
    for row in program["costs"]:
        name = row["operation"] + (" (backward)" if row["backward"] else "")
        rows.append((name, *(f"{row[column]:,}" for column in columns), f"{row['share']:.1%}",
                     f"# {row['file']}:{row['line']}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        numbers = "  ".join(word.rjust(width) for word, width in zip(row[1:-1], widths[1:-1], strict=True))
        yield f"{row[0].ljust(widths[0])}  {numbers}  {row[-1]}"


_TITLE = re.compile(r"(run|graph|program) \d+\b.*|ir|stages|source|  (jaxpr|stablehlo|hlo|cost)"
                    r"|  (device|host) \w+ \d+ of \d+.*")
_CALL = re.compile(r"( +)(\S+)( = )(\w+)(\(.*)")
_WORD = re.compile(r"( +)(fetches|runs|feeds|takes|gives|reads|writes|draws|rolled|padded|times|failed)(  .*)")
_COMMENT = re.compile(r"(.*?)(  (?:#|//) .*)")


def _coloured(line: str) -> str:
    if line.startswith("# stopped") or line.startswith("  failed"):
        return _paint(line, "bad")
    if _TITLE.fullmatch(line):
        return _paint(line, "title")
    match = _COMMENT.fullmatch(line)
    body, comment = (match[1], _paint(match[2], "comment")) if match else (line, "")
    if match := _CALL.fullmatch(body):
        body = match[1] + _paint(match[2], "name") + match[3] + _paint(match[4], "type") + match[5]
    elif match := _WORD.fullmatch(body):
        body = match[1] + _paint(match[2], "type") + match[3]
    return body + comment


def _paint(text: str, what: str) -> str:
    return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m"
