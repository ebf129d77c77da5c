"""The kinds of queues, and the rules of the operations on them."""

from __future__ import annotations

import heapq
import itertools
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lowering.host import philox, resources
from lowering.host.components import Element, numpy_type, type_list
from lowering.host.waiting import Queue, mismatch
from lowering.registry import lowers
from tracer import dtypes, errors
from tracer.ir import Operation
from tracer.shapes import as_shape


class RandomShuffleQueue(Queue):
    """Elements come out in random order; as long as it is open, so many stay behind that the order is one."""

    kind = "RandomShuffleQueue"
    restores = False  # 0.8's does not, and its tests say so

    def __init__(self, name: str, op: Operation) -> None:
        super().__init__(name, op)
        self._elements: list[Element] = []
        self.minimum = op.attrs["min_after_dequeue"]
        self.seeds = op.attrs["seed"], op.attrs["seed2"]
        seed, seed2 = self.seeds if any(self.seeds) else (secrets.randbits(63), secrets.randbits(63))
        self._draws = philox.draws(seed, seed2)

    def _available(self) -> int:
        return len(self._elements) - (0 if self._closed else self.minimum)

    def _pop(self) -> Element:
        index = next(self._draws) % len(self._elements)
        element, last = self._elements[index], self._elements.pop()
        if index < len(self._elements):
            self._elements[index] = last
        return element

    def _put_back(self, taken: list[Element]) -> None:
        self._elements.extend(taken)
        taken.clear()

    def check_same(self, op: Operation) -> None:
        super().check_same(op)
        shared = f"Shared queue '{self.name}' has"
        if op.attrs["min_after_dequeue"] != self.minimum:
            raise mismatch(f"{shared} min_after_dequeue {self.minimum} but requested min_after_dequeue was "
                            f"{op.attrs['min_after_dequeue']}.")
        seeds = op.attrs["seed"], op.attrs["seed2"]
        if any(seeds) and seeds != self.seeds:
            raise mismatch(f"{shared} random seeds ({self.seeds[0]}, {self.seeds[1]}) but requested seeds are "
                            f"({seeds[0]}, {seeds[1]}).")


class PaddingFIFOQueue(Queue):
    """A FIFO queue of elements of varying shape: those taken together are filled up with zeros to the largest."""

    kind = "PaddingFIFOQueue"

    def __init__(self, name: str, op: Operation) -> None:
        super().__init__(name, op)
        if len(self.shapes) != len(self.types):
            raise errors.InvalidArgumentError(
                None, None, f"Shapes must be provided for all components, but received {len(self.types)} dtypes and "
                            f"{len(self.shapes)} shapes.")

    def _same_shapes(self, shapes: list[Any]) -> bool:
        return len(shapes) == len(self.shapes) and all(
            a is None or b is None or (len(a) == len(b) and all(
                m is None or n is None or m == n for m, n in zip(a, b, strict=True)))
            for a, b in zip(shapes, self.shapes, strict=True))

    def _stacked(self, index: int, values: list[Any]) -> np.ndarray:
        declared = self.shapes[index]
        if None not in declared or not values:
            return super()._stacked(index, values)
        shape = [max(np.shape(value)[i] for value in values) if size is None else size
                 for i, size in enumerate(declared)]
        result = np.zeros((len(values), *shape), numpy_type(self.types[index]))
        if result.dtype == object:
            result.fill(b"")
        for i, value in enumerate(values):
            result[(i, *map(slice, np.shape(value)))] = value
        return result


class _ByPriority:
    """Elements by their first component, the lowest one first; those that are alike in the order in which they came."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Element]] = []
        self._came = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def append(self, element: Element) -> None:
        """Adds an element."""
        heapq.heappush(self._heap, (int(element[0]), next(self._came), element))

    def extend(self, elements: Iterable[Element]) -> None:
        """Adds some."""
        for element in elements:
            self.append(element)

    def popleft(self) -> Element:
        """Takes out the first one."""
        return heapq.heappop(self._heap)[2]

    def extendleft(self, elements: Iterable[Element]) -> None:
        """Puts elements back before all others of their priority, the last one first."""
        for element in elements:
            heapq.heappush(self._heap, (int(element[0]), -next(self._came), element))


class PriorityQueue(Queue):
    """The element of the lowest priority comes out first. Its first component, an int64, says which that is."""

    kind = "PriorityQueue"

    def __init__(self, name: str, op: Operation) -> None:
        super().__init__(name, op)
        self._elements = _ByPriority()

    def _declared(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        shapes = [as_shape(()), *attrs["shapes"]] if attrs["shapes"] else []
        return {**attrs, "component_types": [dtypes.int64, *attrs["component_types"]], "shapes": shapes}


# -- rules


def find(session: Any, handle: Any) -> Queue:
    """The queue of a handle."""
    return resources.find(session, handle, "queue")


@lowers("FIFOQueue", host=True)
def fifo_queue(*, op: Operation, session: Any) -> np.ndarray:
    return resources.handle_of(op, session, "queue", lambda name: Queue(name, op))


@lowers("RandomShuffleQueue", host=True)
def random_shuffle_queue(*, op: Operation, session: Any) -> np.ndarray:
    return resources.handle_of(op, session, "queue", lambda name: RandomShuffleQueue(name, op))


@lowers("PaddingFIFOQueue", host=True)
def padding_fifo_queue(*, op: Operation, session: Any) -> np.ndarray:
    return resources.handle_of(op, session, "queue", lambda name: PaddingFIFOQueue(name, op))


@lowers("PriorityQueue", host=True)
def priority_queue(*, op: Operation, session: Any) -> np.ndarray:
    return resources.handle_of(op, session, "queue", lambda name: PriorityQueue(name, op))


@lowers("RefSelect", host=True)
def ref_select(index: Any, inputs: list[Any]) -> Any:
    if not 0 <= index < len(inputs):
        raise errors.InvalidArgumentError(
            None, None, f"Index must be in the range [0, {len(inputs)}) but got {int(index)}")
    return inputs[int(index)]


def _check_timeout(timeout_ms: int) -> None:
    if timeout_ms != -1:
        raise errors.InvalidArgumentError(None, None, "Timeout not supported yet.")


@lowers("QueueEnqueue", host=True)
def queue_enqueue(handle: Any, components: Any, *, timeout_ms: int, session: Any) -> None:
    _check_timeout(timeout_ms)
    find(session, handle).enqueue(components, session)


@lowers("QueueEnqueueMany", host=True)
def queue_enqueue_many(handle: Any, components: Any, *, timeout_ms: int, session: Any) -> None:
    _check_timeout(timeout_ms)
    find(session, handle).enqueue_many(components, session)


def _check_dequeued(queue: Queue, component_types: list[dtypes.DType]) -> Queue:
    if queue.types != list(component_types):
        raise errors.InvalidArgumentError(
            None, None, f"Signature mismatch, have: string_ref->{type_list(queue.types)} expected: string_ref->"
                        f"{type_list(component_types)}")
    return queue


@lowers("QueueDequeue", host=True)
def queue_dequeue(handle: Any, *, component_types: Any, timeout_ms: int, session: Any) -> list[Any]:
    _check_timeout(timeout_ms)
    return list(_check_dequeued(find(session, handle), component_types).dequeue(session))


def _dequeue_many(handle: Any, n: Any, component_types: Any, timeout_ms: int, session: Any, kind: str) -> list[Any]:
    _check_timeout(timeout_ms)
    if n < 0:
        raise errors.InvalidArgumentError(None, None, f"{kind} must request a positive number of elements")
    queue = _check_dequeued(find(session, handle), component_types)
    return queue.dequeue_many(int(n), session, or_fewer=kind == "DequeueUpToOp")


@lowers("QueueDequeueMany", host=True)
def queue_dequeue_many(handle: Any, n: Any, *, component_types: Any, timeout_ms: int, session: Any) -> list[Any]:
    return _dequeue_many(handle, n, component_types, timeout_ms, session, "DequeueManyOp")


# 0.8 declared this operation and no queue of its supported it; from 0.9 on they did.
@lowers("QueueDequeueUpTo", host=True)
def queue_dequeue_up_to(handle: Any, n: Any, *, component_types: Any, timeout_ms: int, session: Any) -> list[Any]:
    return _dequeue_many(handle, n, component_types, timeout_ms, session, "DequeueUpToOp")


@lowers("QueueClose", host=True)
def queue_close(handle: Any, *, cancel_pending_enqueues: bool, session: Any) -> None:
    find(session, handle).close(cancel_pending_enqueues, session)


@lowers("QueueSize", host=True)
def queue_size(handle: Any, *, session: Any) -> np.int32:
    return np.int32(find(session, handle).size())
