"""All that a dump shows, as plain data: what every format is made of."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracer import bridge
from tracer.dump.choice import Filter, needed
from tracer.dump.operations import Places, described, is_wanted, kind_of
from tracer.ir import Graph, Operation, Tensor

SECTIONS = ("ir", "stages", "jaxpr", "stablehlo", "hlo", "cost", "source")
_OF_PROGRAMS = {"jaxpr", "stablehlo", "hlo", "cost"}


@dataclass
class Entry:
    """A run to show: one that a session made, or one that nothing has run yet (then `session` is 0)."""

    graph: Graph
    fetches: list[Tensor]
    targets: list[Operation]
    feeds: list[Tensor]
    session: int = 0
    executable: Any = None
    state: Any = None  # None where there was no session
    values: Mapping[Tensor, Any] = field(default_factory=dict)
    shapes: Mapping[Tensor, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Settings:
    """What is shown, and how it is named."""

    sections: Sequence[str] = ("ir", "stages")
    wanted: Filter = field(default_factory=Filter)
    places: Places = field(default_factory=Places)
    size: int = 32  # what an unknown size is taken as, where nothing has run
    times: Any = None  # a `lowering.view.Times`, where times are to be shown


def ran(runs: Iterable[Any], state_of: Any) -> list[Entry]:
    """The runs that a watcher has kept."""
    return [Entry(run.session.graph, run.executable.fetches, run.executable.targets, run.executable.feeds, run.number,
                  run.executable, state_of(run.session)) for run in runs]


def report(entries: Sequence[Entry], graphs: Sequence[Graph], settings: Settings, title: str = "") -> dict[str, Any]:
    """The runs, and the graphs of which there is no run to show, as plain data."""
    found: dict[str, Any] = {"program": title, "runs": [
        _run(entry, number, settings) for number, entry in enumerate(entries, 1)]}
    numbers = {graph: number for number, graph in enumerate(graphs, 1)}
    for run, entry in zip(found["runs"], entries, strict=True):
        if entry.graph in numbers:
            run["graph"] = numbers[entry.graph]
    found["graphs"] = [{"operations": operations(graph.get_operations(), settings)} for graph in graphs]
    return found


def operations(ops: Iterable[Operation], settings: Settings, inside: bool = False) -> list[dict[str, Any]]:
    """Those of `ops` that are wanted; those in bodies stand with what holds them, or else among all."""
    wanted = settings.wanted or None
    return [described(op, settings.places, wanted) for op in ops
            if (inside or op.region is None) and is_wanted(op, wanted)]


def _run(entry: Entry, number: int, settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": number, "session": entry.session, "fetches": [t.name for t in entry.fetches],
        "targets": [op.name for op in entry.targets],
        "feeds": [_fed(tensor, entry, settings) for tensor in entry.feeds]}
    sections = settings.sections
    stages: list[Any] = []
    try:
        stages = _stages(entry)
    except Exception as error:  # whatever keeps the run from being planned
        found["failed"] = _reason(error, settings)
    if "ir" in sections:
        found["ir"] = operations(_nodes(entry, stages), settings)
    if "stages" in sections:
        found["stages"] = [_stage(stage, settings) for stage in stages]
    if _OF_PROGRAMS & set(sections):
        found["programs"] = [program for at, stage in enumerate(stages, 1) if stage.program is not None
                             for program in _programs(entry, stage, number, at, settings)]
    if "source" in sections:
        found["source"] = _source(entry, stages, settings)
    return found


def _fed(tensor: Tensor, entry: Entry, settings: Settings) -> dict[str, Any]:
    file, line = settings.places.of(tensor.op)
    found = {"name": tensor.name, "type": kind_of(tensor), "file": file, "line": line}
    if tensor.sizes is None and tensor not in entry.shapes and not entry.session:
        found["as"] = "a scalar"
    return found


def _reason(error: Exception, settings: Settings) -> str:
    op = getattr(error, "op", None)
    at = "{}, {}:{}".format(op.name, *settings.places.of(op)) if isinstance(op, Operation) else ""
    return f"{type(error).__name__}: {str(error).strip()}{f' ({at})' if at else ''}"


def _stages(entry: Entry) -> list[Any]:
    import lowering
    from lowering import view

    if entry.executable is None:
        entry.executable = lowering.Executable(entry.fetches, entry.targets, entry.feeds)
    return list(view.stages(entry.executable))


def _nodes(entry: Entry, stages: list[Any]) -> list[Operation]:
    """The operations of a run in their order."""
    if stages:
        return list(dict.fromkeys(op for stage in stages if not stage.inside for op in stage.nodes))
    return needed(entry.fetches, entry.targets, entry.feeds)


def _stage(stage: Any, settings: Settings) -> dict[str, Any]:
    wanted = settings.wanted or None
    found: dict[str, Any] = {"kind": "host step" if stage.program is None else "device program", "inside": stage.inside,
                             "operations": [op.name for op in stage.nodes if is_wanted(op, wanted)]}
    if stage.program is None:
        return found
    fixed = set(stage.fixed)
    found["takes"] = [{"name": t.name, "type": kind_of(t), "fixed": t in fixed} for t in stage.takes]
    found["gives"] = [{"name": t.name, "type": kind_of(t)} for t in stage.gives]
    for word in ("reads", "writes", "draws"):
        found[word] = [op.name for op in getattr(stage, word)]
    found["rolled"] = list(stage.program.rolled)
    found["padded"] = stage.program.padding.lines() if stage.program.padding is not None else []
    return found


def _programs(entry: Entry, stage: Any, number: int, at: int, settings: Settings) -> Iterator[dict[str, Any]]:
    """Each compilation of a program."""
    from lowering import view

    try:
        variants = _variants(entry, stage, settings)
    except Exception as error:  # whatever is not known of it
        yield {"stage": at, "compilation": 1, "failed": _reason(error, settings)}
        return
    for compilation, (static, outline) in enumerate(variants, 1):
        found = {"stage": at, "compilation": compilation,
                 "fixed": {tensor.name: str(value.tolist()) for tensor, value in static.items()}}
        try:
            found |= _compilation(view.Compilation(stage.program, static, outline, f"run_{number}_program_{at}"), settings)
        except Exception as error:  # whatever keeps it from being compiled
            found["failed"] = _reason(error, settings)
        if settings.times is not None and (calls := settings.times.of(stage.program, static, outline)) is not None:
            found["calls"] = {"count": calls.count, "first": calls.first, "median": calls.median}
        yield found


def _variants(entry: Entry, stage: Any, settings: Settings) -> list[Any]:
    """What a program was compiled for; of one that was never called, what it would be."""
    from lowering import view

    if stage.program.variants:
        return stage.program.variants
    found = [view.assumed(stage.program, entry.state, entry.shapes, entry.values, settings.size)]
    if not entry.session:  # the program is the dump's own
        stage.program.variants.extend(found)
    return found


def _compilation(compilation: Any, settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {"takes": [{"name": name, "type": kind} for name, kind in compilation.takes()],
                             "gives": compilation.gives()}
    known = compilation.owners.operations
    for section in ("jaxpr", "stablehlo", "hlo"):
        if section in settings.sections:
            found[section] = [_line(line, known, settings) for line in getattr(compilation, section)()
                              if not settings.wanted or (line.owner and settings.wanted(known[line.owner.name]))]
    if "cost" in settings.sections:
        found["cost"] = compilation.totals()
        found["costs"] = _costs(compilation, settings)
    if settings.times is not None:
        found["seconds"] = dict(compilation.seconds)
    return found


def _line(line: Any, known: Mapping[str, Operation], settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {"text": line.text}
    if line.path:
        found["path"] = line.path
    if line.owner is not None:
        found["operation"], found["backward"] = line.owner
        found["file"], found["line"] = settings.places.of(known[line.owner.name])
    return found


def _costs(compilation: Any, settings: Settings) -> list[dict[str, Any]]:
    """The operations that cost something, dearest first."""
    known = compilation.owners.operations
    table = compilation.costs()
    flops = sum(cost.flops + cost.transcendentals for cost in table.values()) or 1
    rows = []
    for owner, cost in table.items():
        if owner is None or (settings.wanted and not settings.wanted(known[owner.name])):
            continue
        file, line = settings.places.of(known[owner.name])
        rows.append({"operation": owner.name, "backward": owner.backward, "type": known[owner.name].type,
                     "flops": int(cost.flops), "transcendentals": int(cost.transcendentals), "bytes": int(cost.bytes),
                     "memory": int(cost.memory), "share": round((cost.flops + cost.transcendentals) / flops, 6),
                     "file": file, "line": line})
    return sorted(rows, key=lambda row: (-row["flops"] - row["transcendentals"], -row["bytes"], row["operation"]))


def _source(entry: Entry, stages: list[Any], settings: Settings) -> dict[str, str]:
    """The run as a JAX module, or why it is none."""
    import lowering

    for stage in stages:
        if stage.program is not None:
            with contextlib.suppress(Exception):  # then the emitter says what it misses
                _variants(entry, stage, settings)
    names = [t.name for t in entry.fetches] + [op.name for op in entry.targets]
    feeds = [t for t in entry.feeds if t.op.type != "Const"]
    try:
        with tempfile.TemporaryDirectory() as folder:
            text = bridge.emitted(entry.fetches, entry.targets, feeds, os.path.join(folder, "model_jax.py"), entry.graph,
                                  entry.state or lowering.State(), f"{', '.join(names)} as JAX.",
                                  [entry.executable] if entry.executable is not None else [])
    except Exception as error:  # what cannot be emitted says why
        return {"failed": _reason(error, settings)}
    return {"text": text}
