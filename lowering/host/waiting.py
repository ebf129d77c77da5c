"""A queue that threads share: who waits is served in order, and a closing queue or session wakes everybody."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lowering.host.components import Components, Element, shape_list, type_list
from tracer import errors
from tracer.ir import Operation

UNBOUNDED = 2**31 - 1


class _Attempt:
    """An operation on a queue until it is done: `step` does as much of it as the queue allows."""

    __slots__ = ("cancelled", "done", "error", "owner", "result", "step", "waiter")

    def __init__(self, step: Callable[[_Attempt], Any], cancelled: str) -> None:
        self.step = step  # returns whether it did something; sets `done` at the end
        self.cancelled = cancelled
        self.done = False
        self.result: Any = None
        self.error: errors.OpError | None = None
        self.waiter: Any = None
        self.owner: Any = None  # the state of the session that waits

    def finish(self, result: Any = None) -> bool:
        """It is done."""
        self.result, self.done = result, True
        return True

    def fail(self, error: errors.OpError) -> bool:
        """It cannot be done."""
        self.error, self.done = error, True
        return True


class Queue(Components):
    """Elements that come out in the order in which they went in. An element is a tuple of components."""

    kind = "FIFOQueue"
    restores = True  # whether what a dequeue had taken before the queue ran dry is there again for the next one

    def __init__(self, name: str, op: Operation) -> None:
        attrs = self._declared(op.attrs)
        self.name = name
        self.requested = attrs["capacity"]
        self.capacity = attrs["capacity"] if attrs["capacity"] >= 0 else UNBOUNDED
        super().__init__(name, attrs)
        self._lock = threading.Lock()
        self._elements: Any = deque()
        self._enqueues: deque[_Attempt] = deque()
        self._dequeues: deque[_Attempt] = deque()
        self._closed = False

    # -- what operations ask for

    def size(self) -> int:
        """How many elements there are."""
        with self._lock:
            return len(self._elements)

    def room(self) -> int:
        """How many more there is room for; others may take or leave some at once."""
        return self.capacity - len(self._elements)

    def enqueue(self, components: list[Any], session: Any) -> None:
        """Adds one element; waits for room."""
        element = self._element(components)
        with self._lock:
            if not self._enqueues and not self._closed and len(self._elements) < self.capacity and \
                    not session.state.closed.is_set():  # nobody is before it
                self._elements.append(element)
                if self._dequeues and self._advance(self._dequeues):
                    self._flush()
                return
        self._submit(self._enqueues, _Attempt(lambda attempt: self._put(attempt, [element], 0), _ENQUEUE), session)

    def enqueue_some(self, elements: list[Element], session: Any, noted: Callable[[int], None]) -> int:
        """Adds so many of the elements as there is room for now, as if each came by itself; returns how many.

        `noted` hears the number before anybody else can see one of them.
        """
        with self._lock:
            if self._enqueues or self._closed or session.state.closed.is_set():
                return 0
            count = max(min(self.capacity - len(self._elements), len(elements)), 0)
            noted(count)
            at = 0
            while at < count and self._dequeues:
                self._elements.append(elements[at])
                at += 1
                self._advance(self._dequeues)
            self._elements.extend(elements[at:count])
            return count

    def enqueue_many(self, components: list[Any], session: Any) -> None:
        """Adds the slices of the components along their first dimension, one by one; waits for room for each."""
        elements = list(self._sliced(components))
        if not elements:
            return
        step = _Steps(self._put, elements)
        self._submit(self._enqueues, _Attempt(step, _ENQUEUE), session)

    def dequeue(self, session: Any) -> Element:
        """Takes one element; waits until there is one."""
        return self._submit(self._dequeues, _Attempt(self._take_one, _DEQUEUE), session)

    def dequeue_many(self, count: int, session: Any, or_fewer: bool = False) -> list[np.ndarray]:
        """Takes so many elements, each component stacked; with `or_fewer` those that are left in a closed queue."""
        if not self.shapes:
            raise errors.InvalidArgumentError(
                None, None, f"{self.kind}'s DequeueMany requires the components to have specified shapes.")
        taken: list[Element] = []
        if count:
            step = _Take(self, count, taken, or_fewer)
            self._submit(self._dequeues, _Attempt(step, _DEQUEUE), session)
        return [self._stacked(i, [element[i] for element in taken]) for i in range(len(self.types))]

    def close(self, cancel_pending_enqueues: bool, session: Any) -> None:
        """No more elements: takes effect after the enqueues that wait already, or cancels those."""
        if not cancel_pending_enqueues:
            self._submit(self._enqueues, _Attempt(self._close, _ENQUEUE), session)
            return
        with self._lock:
            self._closed = True
            self._cancel(self._enqueues)
            self._flush()

    def withdraw(self, owner: Any) -> None:
        """Ends all waiting of a session that closes: `owner` is its state, which says so already."""
        with self._lock:
            self._cancel(self._enqueues, owner)
            self._cancel(self._dequeues, owner)
            self._flush()

    # -- attempts

    def _submit(self, attempts: deque[_Attempt], attempt: _Attempt, session: Any) -> Any:
        attempt.owner = session.state
        with self._lock:
            if session.state.closed.is_set():
                raise errors.CancelledError(None, None, attempt.cancelled)
            attempts.append(attempt)
            self._flush()
            if not attempt.done:
                attempt.waiter = threading.Lock()
                attempt.waiter.acquire()
        if attempt.waiter is not None:
            self._wait(attempts, attempt, session.timeout)
        if attempt.error is not None:
            raise attempt.error
        return attempt.result

    def _wait(self, attempts: deque[_Attempt], attempt: _Attempt, timeout: float | None) -> None:
        """Waits, holding nothing, until the attempt is done; withdraws it when that takes too long."""
        try:
            if attempt.waiter.acquire(timeout=-1 if timeout is None else timeout):
                return
            error: BaseException = errors.DeadlineExceededError(None, None, "Timed out waiting for notification")
        except BaseException as interrupt:
            error = interrupt
        with self._lock:
            if not attempt.done:
                attempts.remove(attempt)
                self._restore(attempt)
                self._flush()
                raise error
        if not isinstance(error, errors.OpError):
            raise error

    def _restore(self, attempt: _Attempt) -> None:
        if isinstance(attempt.step, _Take):
            self._put_back(attempt.step.taken)

    def _flush(self) -> None:
        """Lets those in front go on as long as anything moves. The lock is held."""
        while self._advance(self._enqueues) | self._advance(self._dequeues):
            pass

    def _advance(self, attempts: deque[_Attempt]) -> bool:
        progress = False
        while attempts:
            attempt = attempts[0]
            if attempt.step(attempt):
                progress = True
            if not attempt.done:
                break
            attempts.popleft()
            if attempt.waiter is not None:
                attempt.waiter.release()
        return progress

    def _cancel(self, attempts: deque[_Attempt], owner: Any = None) -> None:
        """Ends attempts with an error: all, or those of one session."""
        kept = [attempt for attempt in attempts if owner is not None and attempt.owner is not owner]
        cancelled = [attempt for attempt in attempts if owner is None or attempt.owner is owner]
        attempts.clear()
        attempts.extend(kept)
        for attempt in cancelled:
            self._restore(attempt)
            attempt.fail(errors.CancelledError(None, None, attempt.cancelled))
            if attempt.waiter is not None:
                attempt.waiter.release()

    # -- steps of attempts

    def _put(self, attempt: _Attempt, elements: list[Element], at: int) -> int:
        """Adds elements from the one at `at` on while there is room; returns how many."""
        if self._closed:
            attempt.fail(errors.AbortedError(None, None, f"{self.kind} '{self.name}' is closed."))
            return 1
        count = min(self.capacity - len(self._elements), len(elements) - at)
        if count > 0:
            self._elements.extend(elements[at:at + count])
        if at + count >= len(elements):
            attempt.finish()
        return max(count, 0)

    def _take_one(self, attempt: _Attempt) -> bool:
        if self._available() > 0:
            return attempt.finish(self._pop())
        if self._closed:
            return attempt.fail(self._drained(1))
        return False

    def _close(self, attempt: _Attempt) -> bool:
        if self._closed:
            return attempt.fail(errors.AbortedError(None, None, f"Queue '{self.name}' is already closed."))
        self._closed = True
        return attempt.finish()

    def _drained(self, requested: int) -> errors.OpError:
        return errors.OutOfRangeError(
            None, None, f"{self.kind} '{self.name}' is closed and has insufficient elements (requested {requested}, "
                        f"current size {len(self._elements)})")

    # -- where the kinds of queues differ

    def _available(self) -> int:
        """How many elements may be taken now."""
        return len(self._elements)

    def _pop(self) -> Element:
        return self._elements.popleft()

    def _put_back(self, taken: list[Element]) -> None:
        """Restores what an attempt that failed had taken."""
        self._elements.extendleft(reversed(taken))
        taken.clear()

    def check_same(self, op: Operation) -> None:
        """Raises InvalidArgumentError when `op` describes another queue than this one, which it shares."""
        shared = f"Shared queue '{self.name}' has"
        if op.type != self.kind:
            raise mismatch(f"{shared} type '{self.kind}' that does not match type of Node '{op.name}': {op.type}")
        attrs = self._declared(op.attrs)
        if attrs["capacity"] != self.requested:
            capacity = attrs["capacity"] if attrs["capacity"] >= 0 else UNBOUNDED
            raise mismatch(f"{shared} capacity {self.capacity} but requested capacity was {capacity}")
        if list(attrs["component_types"]) != self.types:
            raise mismatch(f"{shared} component types {type_list(self.types)} but requested component types were "
                            f"{type_list(attrs['component_types'])}")
        shapes = [shape.sizes for shape in attrs["shapes"]]
        if not self._same_shapes(shapes):
            raise mismatch(f"{shared} component shapes {shape_list(self.shapes)} but requested component shapes were "
                            f"{shape_list(shapes)}")

    def _declared(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The attributes of an operation that makes such a queue, with the components that its elements have."""
        return attrs

    def _same_shapes(self, shapes: list[Any]) -> bool:
        return shapes == self.shapes


_ENQUEUE = "Enqueue operation was cancelled"
_DEQUEUE = "Dequeue operation was cancelled"


class _Steps:
    """Adds elements in as many steps as the room in the queue makes of it."""

    __slots__ = ("at", "elements", "put")

    def __init__(self, put: Callable[[_Attempt, list[Element], int], int], elements: list[Element]) -> None:
        self.put = put
        self.elements = elements
        self.at = 0

    def __call__(self, attempt: _Attempt) -> bool:
        count = self.put(attempt, self.elements, self.at)
        self.at += count
        return count > 0


class _Take:
    """Takes elements in as many steps as it needs; gives them back when the queue is closed before there are enough."""

    __slots__ = ("count", "or_fewer", "queue", "taken")

    def __init__(self, queue: Queue, count: int, taken: list[Element], or_fewer: bool) -> None:
        self.queue = queue
        self.count = count
        self.taken = taken
        self.or_fewer = or_fewer

    def __call__(self, attempt: _Attempt) -> bool:
        queue = self.queue
        missing = self.count - len(self.taken)
        size = len(queue._elements)
        if queue._closed and size < missing:
            if self.or_fewer and size + len(self.taken):
                self.taken.extend(queue._pop() for _ in range(size))
                return attempt.finish()
            error = queue._drained(missing)
            if queue.restores:
                queue._put_back(self.taken)
            return attempt.fail(error)
        count = min(queue._available(), missing)
        for _ in range(count):
            self.taken.append(queue._pop())
        if len(self.taken) == self.count:
            attempt.finish()
        return count > 0


def mismatch(message: str) -> errors.OpError:
    """The error of an operation that shares a queue and describes another one."""
    return errors.InvalidArgumentError(None, None, message)
