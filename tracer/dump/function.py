"""`tracer.dump`: what `python -m tracer.dump` shows, from Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tracer import fetching, scopes
from tracer import session as sessions
from tracer.ir import Graph, Tensor

FORMATS = ("text", "json", "dot", "html")


def dump(fetches: Any = None, feeds: Mapping[Any, Any] | Sequence[Any] | None = None,
         sections: str | Sequence[str] = ("ir", "stages"), format: str = "text", scope: str | Sequence[str] = (),
         operation: str | Sequence[str] = (), session: Any = None, size: int = 32, path: str | None = None) -> str:
    """What a run of `fetches` is: its operations and stages, the programs they become, their cost, their JAX source.

    >>> print(tracer.dump(loss, {x: images}, "jaxpr,cost"))
    >>> tracer.dump(train_op, [x, y_], format="html", path="report.html")

    Nothing is run. A run that the session has made before is shown for the shapes that it has had; any other, for those of
    the values in `feeds`, or for the declared ones.

    Args:
        fetches: what `Session.run` takes; all distinct runs of the session so far when left out, or what is worth fetching
            of a graph that has none: its losses and its training operation.
        feeds: values by tensor, or tensors (or their names); all placeholders that are needed when left out.
        sections: of "ir", "stages", "jaxpr", "stablehlo", "hlo", "cost", "source"; or "all".
        format: "text", "json", "dot" (Graphviz), or "html", a page that holds everything.
        scope, operation: only the operations in these name scopes, and of these types or names (with `*` and `?`).
        session: holds the variables; the default session when left out, or none.
        size: what an unknown size is taken as where nothing else is known.
        path: a file to write it to, too.

    Returns:
        The text.

    Raises:
        ValueError: there is no such section or format; a fetch is not in the graph.
    """
    from tracer.dump.choice import Filter
    from tracer.dump.operations import Places
    from tracer.dump.report import Settings, ran, report
    from tracer.train.checkpoint_state import write_whole

    session = session if session is not None else scopes.get_default_session()
    wanted = Filter([scope] if isinstance(scope, str) else scope, [operation] if isinstance(operation, str) else operation)
    settings = Settings(asked(sections, format), wanted, Places(os.getcwd()), size)
    if fetches is None and session is not None and session.runs():
        from tracer.commands import Run

        entries = ran([Run(session, 1, executable) for executable in session.runs()], lambda session: session.state)
    else:
        graph = session.graph if session is not None else scopes.get_default_graph()
        entries = [_entry(graph, session, fetches, feeds)]
    graphs = list(dict.fromkeys(entry.graph for entry in entries)) if format == "html" else []
    shown = formatted(report(entries, graphs, settings), settings, format)
    if path is not None:
        write_whole(path, shown.encode())
    return shown


def asked(sections: str | Sequence[str], format: str = "text") -> list[str]:
    """The sections that were asked for, in their order. ValueError for one that there is not."""
    from tracer.dump.report import SECTIONS

    if format not in FORMATS:
        raise ValueError(f"There is no format {format!r}: it is one of {', '.join(FORMATS)}.")
    words = sections.split(",") if isinstance(sections, str) else list(sections)
    unknown = [word for word in words if word not in (*SECTIONS, "all")]
    if unknown:
        raise ValueError(f"There is no section {unknown[0]!r}: they are {', '.join(SECTIONS)} and all.")
    if format == "html":
        return [section for section in SECTIONS if section != "stablehlo"]
    if format == "dot":
        return ["ir"]
    return list(SECTIONS) if "all" in words else [section for section in SECTIONS if section in words]


def _entry(graph: Graph, session: Any, fetches: Any, feeds: Any) -> Any:
    """A run that nothing has made yet, or that the session has prepared."""
    from tracer.dump.choice import placeholders, worth_fetching
    from tracer.dump.report import Entry

    if fetches is None:
        tensors, targets = worth_fetching(graph)
    else:
        holder = session if session is not None else sessions.Session(graph=graph)
        form = fetching.Fetches(holder, fetches)
        tensors, targets = form.tensors, form.targets
    given = placeholders(tensors, targets) if feeds is None else [
        graph.as_graph_element(feed, allow_operation=False) for feed in feeds]
    values = _values(graph, feeds) if isinstance(feeds, Mapping) else {}
    executable = next((run for run in session.runs() if (run.fetches, run.targets, run.feeds) == (tensors, targets, given)),
                      None) if session is not None else None
    return Entry(graph, tensors, targets, given, 1 if executable is not None else 0, executable,
                 session.state if session is not None else None, values,
                 {tensor: np.shape(value) for tensor, value in values.items()})


def _values(graph: Graph, feeds: Mapping[Any, Any]) -> dict[Tensor, Any]:
    return {graph.as_graph_element(feed, allow_operation=False): np.asarray(value) for feed, value in feeds.items()}


def formatted(found: dict[str, Any], settings: Any, format: str, colour: bool = False) -> str:
    """A report in one of the formats."""
    if format == "json":
        import json

        return json.dumps(found, indent=1)
    if format == "dot":
        from tracer.dump.graphviz import dot

        return dot(found)
    if format == "html":
        from tracer.dump.page import page

        return page(found, settings.places)
    from tracer.dump.text import text

    return text(found, colour)
