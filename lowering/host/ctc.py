"""The CTC decoders: from probabilities of classes at each step to labels."""

from __future__ import annotations

import heapq
import itertools
import math
from operator import attrgetter
from typing import Any

import numpy as np

from lowering.registry import lowers
from tracer import errors

_NEVER = -np.inf
_total = attrgetter("total")


@lowers("CTCGreedyDecoder", host=True)
def ctc_greedy_decoder(inputs: Any, sequence_length: Any, *, merge_repeated: bool) -> Any:
    _check(inputs, sequence_length)
    blank = inputs.shape[2] - 1
    scores = np.zeros((inputs.shape[1], 1), np.float32)
    found = []
    for i, length in enumerate(np.maximum(sequence_length, 0).tolist()):
        steps = inputs[:length, i]
        classes = steps.argmax(1).tolist()
        scores[i, 0] = -steps[np.arange(length), classes].sum(dtype=np.float32)
        found.append([c for at, c in enumerate(classes)
                      if c != blank and not (merge_repeated and at and classes[at - 1] == c)])
    return *_sparse(found), scores


@lowers("CTCBeamSearchDecoder", host=True)
def ctc_beam_search_decoder(inputs: Any, sequence_length: Any, *, beam_width: int, top_paths: int,
                            merge_repeated: bool) -> Any:
    _check(inputs, sequence_length)
    batch = inputs.shape[1]
    scores = np.zeros((batch, top_paths), np.float32)
    paths: list[list[list[int]]] = [[] for _ in range(top_paths)]
    for i, length in enumerate(np.maximum(sequence_length, 0).tolist()):
        best = _search(inputs[:length, i].astype(np.float64), beam_width)
        if len(best) < top_paths:
            raise ValueError("Less leaves in the beam search than requested.")
        for k, prefix in enumerate(best[:top_paths]):
            scores[i, k] = prefix.total
            paths[k].append(prefix.labels(merge_repeated))
    parts = [_sparse(found) for found in paths]
    return [part[0] for part in parts], [part[1] for part in parts], [part[2] for part in parts], scores


def _check(inputs: Any, sequence_length: Any) -> None:
    if inputs.ndim != 3:
        raise ValueError("inputs is not a 3-Tensor")
    time, batch, _ = inputs.shape
    if time == 0:
        raise ValueError("max_time is 0")
    if sequence_length.ndim != 1:
        raise ValueError("sequence_length is not a vector")
    if sequence_length.size != batch:
        raise errors.FailedPreconditionError(None, None, "len(sequence_length) != batch_size.  len(sequence_length):  "
                                             f"{sequence_length.size} batch_size: {batch}")
    if (sequence_length > time).any():
        row = int((sequence_length > time).argmax())
        raise errors.FailedPreconditionError(None, None, f"sequence_length({row}) <= {time}")


def _sparse(rows: list[list[int]]) -> tuple[Any, Any, Any]:
    """The parts of a sparse tensor with these rows."""
    places = [(i, at) for i, row in enumerate(rows) for at in range(len(row))]
    indices = np.array(places, np.int64).reshape(-1, 2)
    values = np.array([label for row in rows for label in row], np.int64)
    return indices, values, np.array([len(rows), max(map(len, rows), default=0)], np.int64)


def _sum(a: float, b: float) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    if b > a:
        a, b = b, a
    return a if b == _NEVER else a + math.log1p(math.exp(b - a))


class _Prefix:
    """Labels that a sequence may begin with, and the logarithms of their probability: now, and one step before."""

    __slots__ = ("before", "before_blank", "blank", "following", "label", "of_label", "parent", "total")

    def __init__(self, parent: _Prefix | None, label: int) -> None:
        self.parent, self.label = parent, label
        self.following: dict[int, _Prefix] = {}
        self.before = self.before_blank = _NEVER
        self.forget()

    def forget(self) -> None:
        """Takes it out of the search."""
        self.total = self.blank = self.of_label = _NEVER

    def stay(self, step: list[float], blank: int) -> None:
        """Goes one step on without a new label. The prefix one label shorter may arrive here as well."""
        parent = self.parent
        if parent is not None:
            if parent.total != _NEVER:
                arriving = parent.before_blank if self.label == parent.label else parent.before
                self.of_label = _sum(self.of_label, arriving)
            self.of_label += step[self.label]
        self.blank = self.before + step[blank]
        self.total = _sum(self.blank, self.of_label)

    def labels(self, merge_repeated: bool) -> list[int]:
        """Its labels. Merging drops a label that repeats the one before it, even across a blank, as TensorFlow does."""
        found: list[int] = []
        at = self
        while at.parent is not None:
            if not (merge_repeated and at.parent.label == at.label):
                found.append(at.label)
            at = at.parent
        return found[::-1]


class _Beam:
    """The `width` likeliest prefixes of a step.

    The lowest is known from when it is first asked for, and stays known as others come. What TensorFlow takes out of
    the search when its beam becomes full is the lowest from before: one too many, if the newcomer is lower still.
    """

    def __init__(self, width: int, prefixes: list[_Prefix]) -> None:
        self.width = width
        self._prefixes = prefixes
        self._lowest: _Prefix | None = None
        self._heap: list[tuple[float, int, _Prefix]] = []  # instead, from when it has been more than full
        self._numbers = itertools.count()

    def prefixes(self) -> list[_Prefix]:
        """All of them."""
        return [prefix for _, _, prefix in self._heap] or self._prefixes

    def admits(self, total: float) -> bool:
        """Whether a prefix of this probability comes in."""
        return total > self.floor()

    def floor(self) -> float:
        """What is not above this does not come in."""
        return self.lowest().total if self._heap or len(self._prefixes) == self.width else _NEVER

    def lowest(self) -> _Prefix:
        """The prefix that goes first."""
        if self._heap:
            return self._heap[0][2]
        if self._lowest is None:
            self._lowest = min(self._prefixes, key=_total)
        return self._lowest

    def take(self, prefix: _Prefix) -> None:
        """Takes a new prefix in."""
        lowest = self.lowest()
        entry = prefix.total, next(self._numbers), prefix
        if self._heap:
            heapq.heapreplace(self._heap, entry)
        elif len(self._prefixes) == self.width:
            self._heap = [(other.total, next(self._numbers), other) for other in self._prefixes]
            heapq.heapify(self._heap)
            heapq.heappushpop(self._heap, entry)
        else:
            self._prefixes.append(prefix)
            if not prefix.total > lowest.total:
                self._lowest = prefix
            if len(self._prefixes) < self.width:
                return
        lowest.forget()


def _search(inputs: Any, width: int) -> list[_Prefix]:
    """The prefixes that are left at the end, the likeliest first."""
    root = _Prefix(None, -1)
    root.total = root.blank = 0.0
    prefixes = [root]
    for step in inputs:
        step = step - step.max()
        scores, blank = step.tolist(), len(step) - 1
        for prefix in prefixes:
            prefix.before, prefix.before_blank = prefix.total, prefix.blank
        for prefix in prefixes:
            prefix.stay(scores, blank)
        beam = _Beam(width, list(prefixes))
        for prefix in prefixes:
            _grow(prefix, step, beam)
        prefixes = sorted(beam.prefixes(), key=_total, reverse=True)
    return prefixes


def _grow(prefix: _Prefix, step: Any, beam: _Beam) -> None:
    """Offers the beam what is one label longer."""
    if not beam.admits(prefix.before):
        return
    totals = step[:-1] + prefix.before
    if prefix.label >= 0:
        totals[prefix.label] = step[prefix.label] + prefix.before_blank
    candidates = np.flatnonzero(totals > beam.floor()).tolist()
    for label in sorted({*candidates, *prefix.following}):
        longer = prefix.following.get(label)
        if longer is None:
            longer = prefix.following[label] = _Prefix(prefix, label)
        elif longer.total != _NEVER:
            continue
        longer.total = longer.of_label = float(totals[label])
        if beam.admits(longer.total):
            beam.take(longer)
        else:
            longer.forget()
            longer.before = longer.before_blank = _NEVER  # it was in the beam until this step, and grows no more
