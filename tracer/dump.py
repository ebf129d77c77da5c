"""python -m tracer.dump script.py: runs a program and shows what each of its distinct runs became."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tracer import __main__ as command
from tracer import opdef, session
from tracer.dtypes import DType
from tracer.ir import Operation
from tracer.legacy import runner
from tracer.shapes import TensorShape

STAGES = ("ir", "jaxpr", "stablehlo", "hlo")


class Watcher:
    """Keeps the distinct runs of all sessions, in order."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, Any]] = []  # number of the session, and what it runs
        self._sessions: list[Any] = []

    def __call__(self, opened: Any, executable: Any) -> None:
        if opened not in self._sessions:
            self._sessions.append(opened)
        self.runs.append((self._sessions.index(opened) + 1, executable))


@contextlib.contextmanager
def watching() -> Iterator[Watcher]:
    """Keeps the runs that are made inside."""
    watcher = Watcher()
    session.WATCHERS.append(watcher)
    try:
        yield watcher
    finally:
        session.WATCHERS.remove(watcher)


class Source:
    """What is shown of an operation besides its name and inputs. Files below `folder` are named from there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def where(self, op: Operation) -> str:
        """The user's file and line."""
        at = op.where
        inside = os.path.relpath(at.file, self.folder) if self.folder and not at.file.startswith("<") else at.file
        return f"{os.path.basename(at.file) if inside.startswith('..') else inside}:{at.line}"

    def settings(self, op: Operation) -> list[str]:
        """The attributes that do not follow from the inputs, and are not as they are by default."""
        if op.type == "Gradients":
            return []
        definition = opdef.lookup(op.type)
        shown = []
        for name, value in op.attrs.items():
            if name[0] == "_" or name == "regions" or not isinstance(value, _SHOWN):
                continue
            rules = definition.attributes.get(name) if definition is not None else None
            follows = definition is not None and (rules is None or name in definition.inferred)
            default = rules is not None and rules.has_default and rules.default == value
            if not (follows or default):
                shown.append(f"{name}={_value(value)}")
        return shown


_SHOWN = (bool, int, float, str, list, tuple, TensorShape)


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, DType):
        return value.name
    return str(value) if isinstance(value, TensorShape) else repr(value)


def text(runs: Sequence[tuple[int, Any]], stages: Sequence[str] = ("ir",), folder: str = "") -> str:
    """The runs as text. Files below `folder` are named from there."""
    from lowering import text as lowered

    source = Source(folder)
    lines: list[str] = []
    for number, (owner, executable) in enumerate(runs, 1):
        lines.append(f"run {number} (session {owner})")
        names = [tensor.name for tensor in executable.fetches]
        for word, what in (("fetches", names), ("runs", [op.name for op in executable.targets]),
                           ("feeds", [f"{t.name} {lowered.kind_of(t)}" for t in executable.feeds])):
            if what:
                lines.append(f"  {word}  {', '.join(what)}")
        lines.append("")
        lines += lowered.stages_of(executable, number, tuple(stages), source)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m tracer.dump`. Returns the exit code of the script."""
    parser = argparse.ArgumentParser(
        prog="python -m tracer.dump",
        usage="python -m tracer.dump [options] script.py [arguments of the script]",
        description="Runs a program written for TensorFlow 0.8 and shows, for each distinct Session.run, the operations "
                    "that it needs and the programs they became. What the program prints itself goes to stderr.",
    )
    parser.add_argument("script", help="the program; what follows it is left to it")
    parser.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("--stage", choices=(*STAGES, "all"), default="ir",
                        help="ir: the operations; jaxpr, stablehlo: the programs; hlo: as XLA has optimized them; all")
    parser.add_argument("--output", metavar="FILE", help="write there instead of to stdout")
    command.add_programs(parser)
    command.add_environment(parser)
    said = vars(parser.parse_args(arguments))
    command.set_programs(said)
    script, script_arguments = said.pop("script"), said.pop("args")
    stage, output = said.pop("stage"), said.pop("output")
    folder = os.path.dirname(os.path.abspath(script))
    output = output and os.path.abspath(output)
    code: Any = 0
    with watching() as watcher, contextlib.redirect_stdout(sys.stderr):
        try:
            code = runner.run_script(script, script_arguments, **said)
        except runner.ScriptError as problem:
            print(problem, file=sys.stderr)
            return problem.code
        except SystemExit as ended:
            code = ended.code
    shown = text(watcher.runs, STAGES if stage == "all" else (stage,), folder)
    if output:
        with open(output, "w", encoding="utf-8") as file:
            file.write(shown + "\n")
    else:
        print(shown)
    if isinstance(code, str):
        print(code, file=sys.stderr)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    sys.exit(main())
