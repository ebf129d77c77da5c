"""python -m tracer.dump script.py: runs a program and shows what each of its distinct runs became."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from tracer import commands
from tracer.dump import loading
from tracer.dump.choice import Filter, needed, placeholders, worth_fetching
from tracer.dump.function import asked, formatted
from tracer.dump.operations import Places
from tracer.dump.report import SECTIONS, Entry, Settings, ran, report
from tracer.ir import Graph, Operation, Tensor
from tracer.train.checkpoint_state import write_whole


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m tracer.dump`. Returns the exit code: the script's own."""
    parser = _parser()
    said, options = commands.parsed(parser, arguments)
    try:
        sections = asked(said.section)
    except ValueError as problem:
        parser.error(str(problem))
    output, html = (name and os.path.abspath(name) for name in (said.output, said.html))
    places = Places(os.path.dirname(os.path.abspath(said.script)))
    settings = Settings(sections, Filter(said.scope, said.operation), places, said.size)
    if said.script.endswith(loading.SUFFIXES):
        graph, places.known = loading.load(said.script)
        entries, graphs, ended = _prepared(graph, said), [graph], commands.End(0)
    else:
        entries, graphs, ended = _script(said, options, settings)
    settings.wanted.check(graphs)
    title = os.path.basename(said.script)
    stopped = {"problem": ended.problem, "file": ended.file and places.name_of(ended.file),
               "line": ended.line, "failed": ended.code != 0} if ended.problem else None
    if html:
        settings.sections = asked(sections, "html")
        found = report(entries, graphs, settings, title) | {"stopped": stopped}
        write_whole(html, formatted(found, settings, "html").encode())
        print(f"wrote {html}", file=sys.stderr)
        return ended.code
    if said.format == "dot":
        settings.sections = asked(sections, "dot")
    covered = {entry.graph for entry in entries}
    found = report(entries, [graph for graph in graphs if graph not in covered], settings, title) | {"stopped": stopped}
    shown = formatted(found, settings, said.format, _has_colour(output))
    if output:
        write_whole(output, (shown + "\n").encode())
    else:
        print(shown)
    return ended.code


def _parser() -> argparse.ArgumentParser:
    parser = commands.parser(
        "tracer.dump", "script.py|graph.pb|graph.pbtxt|graph.meta",
        "Runs a program written for TensorFlow 0.8 and shows, for each distinct Session.run, the operations that it needs "
        "and the programs they became; or does so for a graph in a file, without running it.")
    parser.add_argument("--section", "--stage", default="ir,stages", metavar="NAMES",
                        help=f"{', '.join(SECTIONS)}, several with commas between, or all (ir,stages)")
    parser.add_argument("--format", choices=("text", "json", "dot"), default="text", help="dot is Graphviz's")
    parser.add_argument("--html", metavar="FILE", help="write everything as one page that needs no network")
    parser.add_argument("--scope", action="append", default=[], metavar="NAME", help="only what is in this name scope")
    parser.add_argument("--operation", action="append", default=[], metavar="NAME",
                        help="only operations of this type or name; * and ? stand for anything")
    parser.add_argument("--no-run", action="store_true", help="stop the program at its first run, when its graph is made")
    parser.add_argument("--size", type=int, default=32, metavar="N",
                        help="what an unknown size is taken as where nothing has run (32)")
    parser.add_argument("--shape", action="append", default=[], type=_shape, metavar="NAME=SIZES",
                        help="the shape of a tensor, where the graph leaves it open: x=32,784")
    parser.add_argument("--value", action="append", default=[], type=_value, metavar="NAME=VALUE",
                        help="the value of a tensor that shapes the program, where nothing has run: size=[2,3]")
    parser.add_argument("--times", action="store_true", help="also show what compiling and calling programs took")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")
    return parser


def _shape(text: str) -> tuple[str, tuple[int | None, ...]]:
    name, mark, sizes = text.partition("=")
    if not mark:
        raise argparse.ArgumentTypeError("NAME=SIZES is wanted, as in x=32,784")
    return name, tuple(None if size == "?" else int(size) for size in sizes.split(",") if size)


def _value(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    try:
        return name, json.loads(value if mark else "")
    except ValueError:
        raise argparse.ArgumentTypeError("NAME=VALUE is wanted, as in size=[2,3]") from None


def _script(said: argparse.Namespace, options: dict[str, Any],
            settings: Settings) -> tuple[list[Entry], list[Graph], commands.End]:
    """Runs the script. Its runs, its graphs, and how it ended."""
    with contextlib.ExitStack() as stack:
        watcher = stack.enter_context(commands.watching(said.no_run))
        if said.times or said.html:
            from lowering import view

            settings.times = stack.enter_context(view.timed())
        ended = commands.run(said.script, said.args, options)
        entries = ran(watcher.runs, watcher.state_of)
        graphs = watcher.filled_graphs()
        if said.fetch or (not entries and not _broken(ended)):
            if not graphs:
                commands.refuse(f"{said.script} made no graph.")
            largest = max(graphs, key=lambda graph: graph.version)
            graph = watcher.last.graph if watcher.last is not None else largest
            prepared = _prepared(graph, said)
            if watcher.last is not None:
                from lowering import view

                for entry in prepared:
                    entry.state = watcher.state_of(watcher.last)
                    entry.shapes = view.shapes_seen(run.executable for run in watcher.runs)
            entries = _of_fetches(entries, prepared, graph, said)
    return entries, graphs, ended


def _broken(ended: commands.End) -> bool:
    """Whether the script failed, so that what it made may be half of something."""
    return bool(ended.problem) and ended.code != 0


def _prepared(graph: Graph, said: argparse.Namespace) -> list[Entry]:
    """What was asked for of a graph, or is worth showing of it, as a run that nothing has made."""
    for name, sizes in said.shape:
        try:
            _tensor(graph, name).set_shape(sizes)
        except ValueError as error:
            commands.refuse(f"--shape {name}: {error}")
    if said.fetch:
        tensors, targets = commands.fetched(graph, said.fetch)
    else:
        tensors, targets = worth_fetching(graph)
    feeds = placeholders(tensors, targets) if said.feed is None else [_tensor(graph, name) for name in said.feed]
    values = {_tensor(graph, name): value for name, value in said.value}
    return [Entry(graph, tensors, targets, feeds, values=values)] if needed(tensors, targets) else []


def _tensor(graph: Graph, name: str) -> Tensor:
    item, = commands.elements(graph, [name])
    if isinstance(item, Operation) and not item.outputs:
        commands.refuse(f"{name} has no value.")
    return item.outputs[0] if isinstance(item, Operation) else item


def _of_fetches(entries: list[Entry], prepared: list[Entry], graph: Graph, said: argparse.Namespace) -> list[Entry]:
    """The runs that fetch what was asked for; where not all of it was fetched so, it is prepared by itself."""
    asked_for = {item.op if isinstance(item, Tensor) else item for item in commands.elements(graph, said.fetch)}

    def fetched(entry: Entry) -> set[Operation]:
        return {*(t.op for t in entry.fetches), *entry.targets} & asked_for

    if not asked_for or said.feed is not None:
        return prepared
    found = [entry for entry in entries if fetched(entry)]
    return found if set().union(*map(fetched, found)) == asked_for else prepared


def _has_colour(output: str | None) -> bool:
    return not output and sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


if __name__ == "__main__":
    sys.exit(main())
