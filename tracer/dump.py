"""python -m tracer.dump script.py: runs a program and shows what each of its distinct runs became."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from tracer import commands, opdef
from tracer.commands import watching as watching
from tracer.dtypes import DType
from tracer.ir import Operation
from tracer.shapes import TensorShape

STAGES = ("ir", "jaxpr", "stablehlo", "hlo")


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


def text(runs: Sequence[commands.Run], stages: Sequence[str] = ("ir",), folder: str = "") -> str:
    """The runs as text. Files below `folder` are named from there."""
    from lowering import text as lowered

    source = Source(folder)
    lines: list[str] = []
    for number, (_, owner, executable) in enumerate(runs, 1):
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
    parser = commands.parser(
        "tracer.dump", "script.py",
        "Runs a program written for TensorFlow 0.8 and shows, for each distinct Session.run, the operations that it needs "
        "and the programs they became.")
    parser.add_argument("--stage", choices=(*STAGES, "all"), default="ir",
                        help="ir: the operations; jaxpr, stablehlo: the programs; hlo: as XLA has optimized them; all")
    parser.add_argument("--output", metavar="FILE", help="write there instead of to stdout")
    said, options = commands.parsed(parser, arguments)
    folder = os.path.dirname(os.path.abspath(said.script))
    output = said.output and os.path.abspath(said.output)
    with commands.watching() as watcher:
        ended = commands.run(said.script, said.args, options)
    shown = text(watcher.runs, STAGES if said.stage == "all" else (said.stage,), folder)
    if output:
        with open(output, "w", encoding="utf-8") as file:
            file.write(shown + "\n")
    else:
        print(shown)
    return ended.code


if __name__ == "__main__":
    sys.exit(main())
