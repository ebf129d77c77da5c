"""Several runs of a queue runner at once: records are read ahead, worked on together, and put into the queue.

A queue runner repeats one run: it reads a record, makes something of it and puts that into a queue. Where nothing else
happens in it, nobody can tell whether so many runs came one after the other or all together. Counts, sizes and order
are those of single runs; a burst neither waits nor fails: where single runs would, there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from lowering import interpret
from lowering.host import philox, resources
from lowering.host.reading import Row
from lowering.host.strings import objects
from lowering.run import idle
from lowering.run.hosting import Call, HostSession, constant_of
from lowering.run.state import State
from tracer import dtypes, errors
from tracer.ir import Operation, Tensor

MOST = 64
"""So many runs at most: others want to run as well."""
BYTES = 3 << 16
"""The rows of all runs at most: what is larger leaves the cache between one operation and the next."""


class _Work(NamedTuple):
    """One operation on the rows of all runs."""

    function: Callable[..., Any]
    arguments: list[tuple[Tensor | None, Any]]  # a tensor that has rows, or the value that is always the same
    outputs: list[Tensor]


def find(nodes: list[Operation], still: Mapping[Tensor, Any]) -> Burst | None:
    """What takes the place of several runs of host operations; None where these could be told from single ones.

    What is the same in every run is `still`.
    """
    *nodes, last = nodes
    reads = [node for node in nodes if node.type == "ReaderRead"]
    if last.type != "QueueEnqueue" or last.attrs["timeout_ms"] != -1 or len(reads) != 1:
        return None
    handles, draws, works = [], [], []
    known: set[Tensor] = set(reads[0].outputs)
    for node in nodes:
        call = Call(node, frozenset())
        call.constants = [_still(argument, still) if constant is None else constant
                          for argument, constant in zip(call.arguments, call.constants, strict=True)]
        if not node.inputs and "op" in call.rule.extras and call.wants_session:
            handles.append(call)
        elif node.type in idle.DRAWN:
            draw = philox.drawing_rows(node, *call.constants)
            if draw is None:
                return None
            draws.append((node.outputs[0], draw))
            known.update(node.outputs)
        elif node is not reads[0]:
            work = _work(call, known, still)
            if work is None:
                return None
            works.append(work)
            known.update(node.outputs)
    made = {output for call in handles for output in call.node.outputs}
    if not made.issuperset((*reads[0].inputs, last.inputs[0])) or not known.issuperset(last.inputs[1:]):
        return None
    return Burst(handles, draws, reads[0], works, last)


def _still(argument: Any, still: Mapping[Tensor, Any]) -> Any:
    if not isinstance(argument, list):
        return still.get(argument)
    values = [still.get(one, constant_of(one, frozenset())) for one in argument]
    return None if any(value is None for value in values) else values


def _work(call: Call, known: set[Tensor], still: Mapping[Tensor, Any]) -> _Work | None:
    """An operation of what is `known` by rows and of constants."""
    given, constants = call.arguments, call.constants
    if call.node.type == "Pack" and call.constants[0] is None:
        given = call.arguments[0]
        constants = call.constants = [still.get(one, constant_of(one, frozenset())) for one in given]
    arguments: list[tuple[Tensor | None, Any]] = [
        (None, constant) if constant is not None else (argument, None)
        for argument, constant in zip(given, constants, strict=True)]
    rows = [tensor for tensor, _ in arguments if tensor is not None]
    if not rows or any(isinstance(tensor, list) or tensor not in known for tensor in rows):
        return None
    function = _function(call, single=rows == [call.arguments[0]])
    return None if function is None else _Work(function, arguments, list(call.node.outputs))


def _function(call: Call, single: bool) -> Callable[..., Any] | None:
    """What computes an operation for several runs at once; `single` where its first input alone has rows."""
    rows = call.rule.rows
    if rows is True:
        return (lambda *given: call.rule.function(*given, **call.attrs)) if single else None
    if rows:
        return rows(*call.constants, **call.attrs)
    return idle.rows(call.node, call.attrs, call.constants) if call.is_plain else None


def _bytes(tensor: Tensor) -> int:
    """The size of a tensor, as far as it is known."""
    if tensor.dtype is dtypes.string or tensor.sizes is None:
        return 0
    return math.prod(size or 0 for size in tensor.sizes) * np.dtype(tensor.dtype.array_dtype).itemsize


class Burst:
    """Several runs of a stage that reads, works and enqueues."""

    def __init__(self, handles: list[Call], draws: list[tuple[Tensor, Callable[..., Any]]], read: Operation,
                 works: list[_Work], enqueue: Operation) -> None:
        self._handles = handles
        self._draws = draws
        self._read = read
        self._works = works
        self._enqueue = enqueue
        self._wanted = {*enqueue.inputs, *(tensor for work in works for tensor, _ in work.arguments)}
        largest = max((_bytes(tensor) for work in works for tensor in work.outputs), default=0)
        self._most = max(2, min(MOST, BYTES // max(largest, 1)))
        self._failed = 0  # how often in a row the work could not be done together
        self._single = 0  # so many runs must be single ones now

    def run(self, state: State) -> bool:
        """Does several runs; False where there was none."""
        if self._single > 0:
            self._single -= 1
            return False
        session = HostSession(state, {})
        try:
            reader, queue = self._ends(session)
        except errors.OpError:  # a run says so
            return False
        room = min(queue.room(), self._most)
        if room < 2:
            return False
        with reader.reading:
            records = reader.ahead(room)
            if len(records) < 2:
                return False
            with _Drawing(self._draws, session, len(records)) as drawn:
                try:
                    with np.errstate(all="ignore"):
                        elements = queue.rows(self._columns(reader, records, drawn.values))
                except Exception:  # the run of the record that it is about says what is wrong
                    self._failed += 1
                    self._single = len(records) << min(self._failed, 8)
                    return False
                self._failed = 0

                def noted(count: int) -> None:
                    drawn.used = count
                    reader.give(count)

                return queue.enqueue_some(elements, session, noted) > 0

    def _ends(self, session: HostSession) -> tuple[Any, Any]:
        """The reader and the queue that is filled."""
        handles = {call.node.outputs[0]: call.function(**call.keywords, session=session) for call in self._handles}
        reader = resources.find(session, handles[self._read.inputs[0]], "reader")
        return reader, resources.find(session, handles[self._enqueue.inputs[0]], "queue")

    def _columns(self, reader: Any, records: list[Row], drawn: Mapping[Tensor, Any]) -> list[Any]:
        """What is enqueued of all records, by component."""
        key, value = self._read.outputs
        values = {**drawn, value: objects([data for _, data in records])}
        if key in self._wanted:
            values[key] = objects([reader.key(record) for record in records])
        for work in self._works:
            given = [fixed if tensor is None else values[tensor] for tensor, fixed in work.arguments]
            results = work.function(*given)
            results = interpret.flatten(results) if isinstance(results, (list, tuple)) else [results]
            values.update(zip(work.outputs, results, strict=True))
        return [values[tensor] for tensor in self._enqueue.inputs[1:]]


class _Drawing:
    """The random numbers of several runs. Those of runs that there were none of are drawn again."""

    def __init__(self, draws: list[tuple[Tensor, Callable[..., Any]]], session: HostSession, runs: int) -> None:
        self.used = 0
        self._runs = runs
        self._back: list[Callable[[int], None]] = []
        self.values: dict[Tensor, Any] = {}
        for output, draw in draws:
            self.values[output], back = draw(session, runs)
            self._back.append(back)

    def __enter__(self) -> _Drawing:
        return self

    def __exit__(self, *_: object) -> None:
        if self.used < self._runs:
            for back in self._back:
                back(self.used)
