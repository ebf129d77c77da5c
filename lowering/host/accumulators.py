"""Rules of accumulators: gradients of several replicas, added up until enough of them have come."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

import numpy as np

from lowering.host import resources
from lowering.registry import lowers
from lowering.rules.array import text
from tracer import errors
from tracer.ir import Operation

_KIND = "accumulator"
_CANCELLED = "TakeGrad operation was cancelled"


def _wrong(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


def _fits(shape: tuple[int, ...], declared: Any) -> bool:
    return declared is None or (len(shape) == len(declared) and all(
        size is None or size == n for n, size in zip(shape, declared, strict=True)))


class Accumulator:
    """Adds up gradients of its step or later ones. Who takes their mean waits, in order, until there are enough."""

    def __init__(self, op: Operation) -> None:
        self.type = op.type
        self.dtype = op.attrs["dtype"]
        self.shape = op.attrs["shape"].sizes
        self.step = 0
        self.count = 0
        self.total: Any = None
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    def check_same(self, op: Operation) -> None:
        """Raises InvalidArgumentError when `op` describes another accumulator."""
        if op.type != self.type or op.attrs["dtype"] is not self.dtype:
            raise _wrong(f"Shared accumulator '{op.attrs['shared_name']}' is a {self.type} of {self.dtype.name}, not a "
                         f"{op.type} of {op.attrs['dtype'].name}")
        if not op.attrs["shape"].is_compatible_with(self.shape):
            raise _wrong(f"Shared accumulator '{op.attrs['shared_name']}' has another shape than {op.attrs['shape']}")

    def apply(self, step: int, *gradient: Any) -> None:
        """Adds a gradient, unless it is of an earlier step."""
        with self._changed:
            self._check(*gradient)
            if step < self.step:
                return
            self._add(*gradient)
            self.count += 1
            self._changed.notify_all()

    def take(self, required: int, session: Any) -> Any:
        """The mean of the gradients once there are so many; there are none then, and it is a step further."""
        if required <= 0:
            raise _wrong(f"Argument num_required must be positive, but was {required}")
        end = None if session.timeout is None else time.monotonic() + session.timeout
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                while self._waiting[0] is not turn or self.count < required:
                    if session.state.closed.is_set():
                        raise errors.CancelledError(None, None, _CANCELLED)
                    left = None if end is None else end - time.monotonic()
                    if left is not None and left <= 0:
                        raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")
                    self._changed.wait(left)
                mean = self._mean()
                self.step, self.count, self.total = self.step + 1, 0, None
                return mean
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()

    def set_step(self, step: int) -> None:
        """Gives it another step, unless that is an earlier one."""
        with self._changed:
            self.step = max(self.step, step)

    def withdraw(self, owner: Any) -> None:
        """Wakes who waits, when a session closes: its state says so already."""
        with self._changed:
            self._changed.notify_all()

    # -- where dense gradients and rows differ

    def _check(self, gradient: np.ndarray) -> None:
        if not _fits(gradient.shape, self.shape):
            raise _wrong(f"Shape mismatch: expected {text(self.shape)}, got {text(gradient.shape)}")
        if self.count and gradient.shape != self.total.shape:
            raise _wrong(f"Shape mismatch: expected {text(self.total.shape)}, got {text(gradient.shape)}")

    def _add(self, gradient: np.ndarray) -> None:
        self.total = self.total + gradient if self.count else gradient.copy()

    def _mean(self) -> Any:
        return _divided(self.total, self.count)


def _divided(total: np.ndarray, count: Any) -> np.ndarray:
    if total.dtype.kind in "fc":
        return np.asarray(total / np.asarray(count).astype(total.dtype), total.dtype)
    return np.asarray(np.trunc(total / count), total.dtype)


class SparseAccumulator(Accumulator):
    """An accumulator of rows: `total` has their numbers, values and counts, and the shape of the whole."""

    def _check(self, indices: np.ndarray, values: np.ndarray, shape: np.ndarray, known: bool) -> None:
        if indices.ndim != 1:
            raise _wrong(f"Input indices should be vector but received shape: {text(indices.shape)}")
        if not values.ndim or len(values) != len(indices):
            raise _wrong(f"Expected {len(indices)} non-empty input values, got {len(values) if values.ndim else 0}")
        whole = self.shape if self.shape is not None else (None,) * values.ndim
        if known:
            for at, (size, given) in enumerate(zip(whole, shape.tolist(), strict=False)):
                if size is not None and size != given:
                    raise _wrong(f"Shape mismatch: expected shape dim {at} to be {size}, got {given}")
        for at, (size, given) in enumerate(zip(whole[1:], values.shape[1:], strict=False), 1):
            if size is not None and size != given:
                raise _wrong(f"Shape mismatch: expected values dim {at} to be {size}, got {given}")
        limit = whole[0] if whole and whole[0] is not None else int(shape[0]) if known else None
        for at, index in enumerate(indices.tolist()):
            if limit is not None and index >= limit:
                raise _wrong(f"Shape mismatch: index of slice {at} exceeded limits of shape; index is {index} exceeded "
                             f"{limit}")
        if self.count and self.total[1].shape[1:] != values.shape[1:]:
            raise _wrong(f"Shape mismatch: expected values of shape {text(self.total[1].shape[1:])}, got "
                         f"{text(values.shape[1:])}")

    def _add(self, indices: np.ndarray, values: np.ndarray, shape: np.ndarray, known: bool) -> None:
        if not self.count:
            given = self.shape or (-1, *values.shape[1:])
            whole = shape.copy() if known else np.array([-1 if size is None else size for size in given], np.int64)
            self.total = indices.copy(), values.copy(), np.ones(len(indices), np.int64), whole
            return
        self.total = (*_merged(self.total[:3], indices, values), shape.copy() if known else self.total[3])

    def _mean(self) -> Any:
        indices, values, counts, shape = self.total
        return indices, _divided(values, counts.reshape(-1, *[1] * (values.ndim - 1))), shape


def _merged(total: Any, indices: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by increasing number, those of one number added up; as both were given so, each is looked at once."""
    (known, sums, counts), at = total, 0
    rows: list[tuple[int, Any, int]] = []
    for index, value in zip(indices.tolist(), values, strict=True):
        while at < len(known) and known[at] < index:
            rows.append((known[at], sums[at], counts[at]))
            at += 1
        if at < len(known) and known[at] == index:
            rows.append((index, sums[at] + value, counts[at] + 1))
            at += 1
        else:
            rows.append((index, value, 1))
    rows += [(known[i], sums[i], counts[i]) for i in range(at, len(known))]
    merged = np.array([row[1] for row in rows], sums.dtype).reshape(-1, *sums.shape[1:])
    return np.array([row[0] for row in rows], np.int64), merged, np.array([row[2] for row in rows], np.int64)


@lowers("ConditionalAccumulator", host=True)
def conditional_accumulator(*, op: Any, session: Any) -> Any:
    return resources.handle_of(op, session, _KIND, lambda name: Accumulator(op))


@lowers("SparseConditionalAccumulator", host=True)
def sparse_conditional_accumulator(*, op: Any, session: Any) -> Any:
    return resources.handle_of(op, session, _KIND, lambda name: SparseAccumulator(op))


@lowers("AccumulatorNumAccumulated", host=True)
def accumulator_num_accumulated(handle: Any, *, session: Any) -> Any:
    return np.int32(resources.find(session, handle, _KIND).count)


@lowers("AccumulatorSetGlobalStep", host=True)
def accumulator_set_global_step(handle: Any, new_global_step: Any, *, session: Any) -> None:
    resources.find(session, handle, _KIND).set_step(int(new_global_step))


@lowers("AccumulatorApplyGradient", host=True)
def accumulator_apply_gradient(handle: Any, local_step: Any, gradient: Any, *, session: Any) -> None:
    resources.find(session, handle, _KIND).apply(int(local_step), np.asarray(gradient))


@lowers("AccumulatorTakeGradient", host=True)
def accumulator_take_gradient(handle: Any, num_required: Any, *, session: Any) -> Any:
    return resources.find(session, handle, _KIND).take(int(num_required), session)


@lowers("SparseAccumulatorApplyGradient", host=True)
def sparse_accumulator_apply_gradient(handle: Any, local_step: Any, gradient_indices: Any, gradient_values: Any,
                                      gradient_shape: Any, *, has_known_shape: bool, session: Any) -> None:
    resources.find(session, handle, _KIND).apply(
        int(local_step), np.asarray(gradient_indices), np.asarray(gradient_values), np.asarray(gradient_shape),
        has_known_shape)


@lowers("SparseAccumulatorTakeGradient", host=True)
def sparse_accumulator_take_gradient(handle: Any, num_required: Any, *, session: Any) -> Any:
    return resources.find(session, handle, _KIND).take(int(num_required), session)
