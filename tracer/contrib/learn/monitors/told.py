"""How a training loop talks to its monitors, those of 0.8 and those from 0.9 on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tracer.ir import Graph, Operation


class Told:
    """The monitors of one training.

    Args:
        monitors: a monitor, some, or None.
        graph: the graph that is trained.
    """

    def __init__(self, monitors: Any, graph: Graph) -> None:
        if monitors is None:
            monitors = []
        self.monitors: list[Any] = list(monitors) if isinstance(monitors, Iterable) else [monitors]
        self.graph = graph
        self.reporting = [monitor for monitor in self.monitors if _reports(monitor)]
        self.hooked = [monitor for monitor in self.monitors if hasattr(monitor, "step_begin")]
        self._wanted: dict[Any, Any] = {}  # what was asked for, and the element of the graph that it is

    def begin(self, estimator: Any, max_steps: int | None) -> None:
        """Before the graph is finalized."""
        for monitor in self.monitors:
            if estimator is not None and hasattr(monitor, "set_estimator"):
                monitor.set_estimator(estimator)
        for monitor in self.hooked:
            monitor.begin(max_steps)

    def fetches(self, step: int) -> list[Any]:
        """What they want to know of this step."""
        self._wanted = {}
        for monitor in self.hooked:
            for request in monitor.step_begin(step) or []:
                self._wanted.setdefault(request, self._element(request))
        return list(dict.fromkeys(self._wanted.values()))

    def _element(self, request: Any) -> Any:
        found = self.graph.as_graph_element(request)
        return found.outputs[0] if isinstance(found, Operation) and found.outputs else found

    def after(self, step: int, values: dict[Any, Any], session: Any) -> bool:
        """Gives the values of a step, by element of the graph; returns whether the training is to end."""
        output: dict[str, Any] = {}
        for request, element in self._wanted.items():
            output[element.name] = values[element]
            if isinstance(request, str):
                output[request] = values[element]
        stops = [bool(monitor.step_end(step, output)) for monitor in self.hooked]
        for monitor in self.hooked:
            if hasattr(monitor, "post_step"):
                monitor.post_step(step, session)
        return any(stops)

    def report(self, global_step: int, number: int, loss: Any, session: Any,
               where: Callable[[], dict] | None, tensor: Any) -> bool:
        """Tells those of 0.8; returns whether the training is to end."""
        stop = False
        for monitor in self.reporting:
            monitor.update(global_step, number, loss, session, where, loss_expression_tensor=tensor)
            monitor.report()
            stop = bool(monitor.monitor_inducing_stop()) or stop
        return stop

    def end(self, session: Any) -> None:
        """After the last step."""
        for monitor in self.hooked:
            monitor.end(session)


def _reports(monitor: Any) -> bool:
    return monitor.reports() if hasattr(monitor, "reports") else hasattr(monitor, "update")
