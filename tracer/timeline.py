"""`Timeline`: the StepStats of a run as a trace that Chrome's chrome://tracing shows."""

from __future__ import annotations

import collections
import json
import re
from typing import Any, NamedTuple

_LABEL = re.compile(r"\s*\S+\s*=\s*(\S+)\((.*)\)\s*")


class AllocationMaximum(NamedTuple):
    """When the tensors of one allocator took most memory: the microsecond, how many bytes, and which they were."""

    timestamp: int
    num_bytes: int
    tensors: set[str]


class StepStatsAnalysis(NamedTuple):
    """A trace, and the `AllocationMaximum` by allocator."""

    chrome_trace: _ChromeTrace
    allocator_maximums: dict[str, AllocationMaximum]


class _ChromeTrace:
    """Events in Chrome's trace format."""

    def __init__(self) -> None:
        self.named: list[dict[str, Any]] = []  # what names processes stands before everything else
        self.events: list[dict[str, Any]] = []

    def process(self, name: str, pid: int) -> None:
        """Names a process, which is a row of the display."""
        self.named.append({"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}})

    def add(self, ph: str, category: str, name: str, pid: int, tid: int, ts: int, **more: Any) -> None:
        """Adds one event."""
        self.events.append({"ph": ph, "cat": category, "name": name, "pid": pid, "tid": tid, "ts": ts, **more})

    def format_to_string(self, pretty: bool = False) -> str:
        """The trace as JSON; with `pretty`, for people."""
        trace = {"traceEvents": self.named + self.events}
        return json.dumps(trace, indent=4, separators=(",", ": ")) if pretty else json.dumps(trace, separators=(",", ":"))


class _Tensor:
    """What an operation gave, and how long it was needed."""

    def __init__(self, name: str, number: int, start: int, pid: int, allocator: str, size: int) -> None:
        self.name, self.number, self.start, self.pid = name, number, start, pid
        self.allocator, self.size = allocator, size
        self.ends: list[int] = []

    @property
    def end(self) -> int:
        """When it was read for the last time."""
        return max(self.ends, default=self.start)


class Timeline:
    """Draws the StepStats of a run.

    >>> options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), tf.RunMetadata()
    >>> sess.run(train_step, options=options, run_metadata=metadata)
    >>> trace = Timeline(metadata.step_stats).generate_chrome_trace_format()

    Args:
        step_stats: the message.
        graph: the graph that was run; the message says enough by itself.
    """

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        self._step_stats = step_stats
        self._graph = graph

    def generate_chrome_trace_format(self, show_dataflow: bool = True, show_memory: bool = False) -> str:
        """The trace as text, for chrome://tracing.

        Args:
            show_dataflow: with arrows from what makes a tensor to what reads it.
            show_memory: with the tensors and the memory they take.
        """
        return self._draw(show_dataflow, show_memory).chrome_trace.format_to_string(pretty=True)

    def analyze_step_stats(self, show_dataflow: bool = True, show_memory: bool = True) -> StepStatsAnalysis:
        """The trace as an object, and how much memory tensors took at most, by allocator."""
        return self._draw(show_dataflow, show_memory)

    def _draw(self, show_dataflow: bool, show_memory: bool) -> StepStatsAnalysis:
        trace = _ChromeTrace()
        trace.process("Allocators", 0)
        drawing = _Drawing(trace)
        for i, device in enumerate(self._step_stats.dev_stats):
            trace.process(f"{device.device} Compute", 2 * i + 1)
            trace.process(f"{device.device} Tensors", 2 * i + 2)
        drawing.tensors(self._step_stats)
        drawing.operations(self._step_stats, show_dataflow)
        if show_memory:
            drawing.snapshots()
        return StepStatsAnalysis(trace, drawing.memory(show_memory))


class _Drawing:
    """One trace while it is drawn."""

    def __init__(self, trace: _ChromeTrace) -> None:
        self.trace = trace
        self.made: dict[str, _Tensor] = {}
        self.flows = 0
        self.places: dict[str, tuple[int, int]] = {}  # process and lane of each operation that was drawn

    def tensors(self, stats: Any) -> None:
        """Notes what each operation gave, and who read it."""
        for i, device in enumerate(stats.dev_stats):
            for node in device.node_stats:
                size, allocator = 0, ""
                for output in node.output:
                    described = output.tensor_description.allocation_description
                    size, allocator = size + described.requested_bytes, described.allocator_name
                if node.output:
                    self.made[node.node_name] = _Tensor(node.node_name, len(self.made), node.all_start_micros, 2 * i + 2,
                                                        allocator, size)
        for device in stats.dev_stats:
            for node in device.node_stats:
                for name in _parsed(node.timeline_label)[1]:
                    tensor = self.made.get(_producer(name))
                    if tensor is not None:
                        tensor.ends.append(node.all_start_micros + node.all_end_rel_micros)
                own = self.made.get(node.node_name)
                if own is not None:
                    own.ends.append(node.all_start_micros + node.all_end_rel_micros)

    def operations(self, stats: Any, show_dataflow: bool) -> None:
        """Draws each operation on the first lane of its device that is free, and the arrows between them."""
        for i, device in enumerate(stats.dev_stats):
            free: list[int] = []
            for node in device.node_stats:
                start, taken = node.all_start_micros, node.all_end_rel_micros
                lane = next((at for at, end in enumerate(free) if end <= start), len(free))
                free[lane:lane + 1] = [start + taken]
                type, inputs = _parsed(node.timeline_label)
                details = {"name": node.node_name, "op": type, **{f"input{k}": name for k, name in enumerate(inputs)}}
                self.trace.add("X", "Op", type, 2 * i + 1, lane, start, dur=taken, args=details)
                self.places[node.node_name] = (2 * i + 1, lane)
                if show_dataflow:
                    self._arrows(inputs, (2 * i + 1, lane), start)

    def _arrows(self, inputs: list[str], place: tuple[int, int], start: int) -> None:
        for name in inputs:
            source = self.places.get(_producer(name))
            if source is None or source == place or name.startswith("^"):
                continue
            tensor = self.made.get(_producer(name))
            at = start if tensor is None else tensor.end
            self.trace.add("s", "DataFlow", _producer(name), *source, min(at, start), id=self.flows)
            self.trace.add("t", "DataFlow", _producer(name), *place, start, id=self.flows)
            self.flows += 1

    def snapshots(self) -> None:
        """Draws how long each tensor lived."""
        for tensor in self.made.values():
            self.trace.add("N", "Tensor", tensor.name, tensor.pid, 0, tensor.start, id=tensor.number)
            described = {"tensor_description": f"{tensor.size} bytes of {tensor.allocator}"}
            self.trace.add("O", "Tensor", tensor.name, tensor.pid, 0, tensor.start, id=tensor.number,
                           args={"snapshot": described})
            self.trace.add("D", "Tensor", tensor.name, tensor.pid, 0, tensor.end, id=tensor.number)

    def memory(self, show: bool) -> dict[str, AllocationMaximum]:
        """Counts the bytes that the tensors of each allocator take over time."""
        changes: dict[str, list[tuple[int, int, _Tensor]]] = collections.defaultdict(list)
        for tensor in self.made.values():
            if tensor.allocator:
                changes[tensor.allocator] += [(tensor.start, 0, tensor), (tensor.end, 1, tensor)]
        found = {}
        for allocator, moments in sorted(changes.items()):
            size, alive = 0, set[str]()
            most = AllocationMaximum(0, 0, set())
            for at, ends, tensor in sorted(moments, key=lambda moment: moment[:2]):
                size += -tensor.size if ends else tensor.size
                alive ^= {tensor.name}
                if size > most.num_bytes:
                    most = AllocationMaximum(at, size, set(alive))
                if show:
                    self.trace.add("C", "Memory", allocator, 0, 0, at, args={allocator: size})
            found[allocator] = most
        return found


def _parsed(label: str) -> tuple[str, list[str]]:
    """The type and the inputs of an operation by its label, `name = Type(input, input)`."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return "unknown", []
    return match[1], [name.strip() for name in match[2].split(",") if name.strip()]


def _producer(name: str) -> str:
    """The operation that an input is from."""
    return name.removeprefix("^").partition(":")[0]
