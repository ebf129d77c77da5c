"""Where the values stand in an encoded Example, for the next ones whose bytes are arranged alike.

The records of a file mostly differ in their values only: tags, lengths and keys are the same, byte for byte. Where
they are, the values are read from the places where an earlier record, parsed in full, had them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from lowering import fast
from lowering.host.messages import read_varint
from lowering.host.tensors import decoded

BYTES, FLOATS, INTEGERS = 1, 2, 3
"""The numbers of a Feature's kinds of lists."""
_KEPT = 64
_SEVERAL = 8
"""So many messages are worth being looked at together."""
_GO_ON = bytes(range(0x80, 0x100))  # bytes of an integer that are not its last
_TOO_LONG = re.compile(rb"[\x80-\xff]{10}|[\x80-\xff]{9}[\x02-\x7f]")


class Span(NamedTuple):
    """The bytes of a feature's values: each string, or all numbers together."""

    kind: int
    places: list[tuple[int, int]]


class Take(NamedTuple):
    """What gives the values of a feature: one by itself, or an array of numbers, or a list of strings."""

    one: Callable[[bytes], Any]
    many: Callable[[list[bytes], np.ndarray], Any]  # of several messages, and of their bytes as rows


class Layout:
    """The arrangement of one message."""

    def __init__(self, fixed: list[tuple[slice, bytes]], integers: list[tuple[int, int, int]],
                 takes: list[Take | None]) -> None:
        self.fixed = fixed  # what must be the same
        self.integers = integers  # where so many integers must stand: from, to, how many
        self.takes = takes  # for each wanted feature; None where it is missing

    def fits(self, data: bytes) -> bool:
        """Whether a message of the same length is arranged like this."""
        for where, text in self.fixed:
            if data[where] != text:
                return False
        for start, end, count in self.integers:
            if end - start == 1:
                if data[start] > 0x7F:
                    return False
            elif not _holds(data[start:end], count):
                return False
        return True


    def fitting(self, messages: list[bytes], rows: np.ndarray) -> np.ndarray:
        """As `fits`, of several messages of its length, whose bytes are the rows."""
        holds = np.ones(len(messages), bool)
        for where, text in self.fixed:
            holds &= (rows[:, where] == np.frombuffer(text, np.uint8)).all(1)
        for start, end, count in self.integers:
            if end - start == count:  # each is one byte
                holds &= (rows[:, start:end] < 0x80).all(1)
            else:
                holds &= [_holds(message[start:end], count) for message in messages]
        return holds


def _holds(data: bytes, count: int) -> bool:
    """Whether the bytes are so many integers."""
    return data[-1] < 0x80 and len(data.translate(None, _GO_ON)) == count and _TOO_LONG.search(data) is None


class Layouts:
    """The arrangements seen lately. Where most messages have one of their own, no more are looked for."""

    def __init__(self, wanted: Sequence[tuple[bytes, int, bool]]) -> None:
        self.wanted = wanted  # key and kind of each feature; whether it is one value by itself
        self._known: dict[int, list[Layout]] = {}  # by length
        self._credit = 32.0

    def find(self, data: bytes) -> Layout | None:
        """The arrangement that the message has, where it is known."""
        for layout in self._known.get(len(data), ()):
            if layout.fits(data):
                self._credit = min(self._credit + 0.25, 32.0)
                return layout
        return None

    def together(self, messages: list[bytes]) -> Iterator[tuple[Layout, list[int], list[bytes], np.ndarray]]:
        """Arrangements that several messages have: which ones, they themselves, and their bytes as rows."""
        if len(messages) < _SEVERAL or not self._known:
            return
        by_length: dict[int, list[int]] = {}
        for i, message in enumerate(messages):
            by_length.setdefault(len(message), []).append(i)
        for length, places in by_length.items():
            for layout in self._known.get(length, ()):
                if len(places) < _SEVERAL:
                    break
                same = [messages[i] for i in places]
                rows = np.frombuffer(b"".join(same), np.uint8).reshape(len(same), length)
                holds = layout.fitting(same, rows)
                if holds.all():
                    yield layout, places, same, rows
                    break
                fitting = np.flatnonzero(holds).tolist()
                if fitting:
                    yield layout, [places[i] for i in fitting], [same[i] for i in fitting], rows[fitting]
                places = [place for place, held in zip(places, holds.tolist(), strict=True) if not held]

    def learn(self, data: bytes) -> None:
        """Remembers the arrangement of a message that has been parsed and has all it must have."""
        if self._credit < 1 or not fast.on("layouts"):
            return
        self._credit -= 1
        layout = self._layout(data)
        if layout is not None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[len(data)] = [layout, *self._known.get(len(data), ())[:3]]

    def _layout(self, data: bytes) -> Layout | None:
        try:
            spans = dict(_features(data))
        except (ValueError, _OtherwiseError):
            return None
        places = sorted(place for span in spans.values() for place in span.places)
        edges = [0, *(edge for place in places for edge in place), len(data)]
        fixed = [(slice(a, b), data[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
        integers = [(start, end, len(data[start:end].translate(None, _GO_ON)))
                    for span in spans.values() if span.kind == INTEGERS for start, end in span.places]
        takes = []
        for key, kind, alone in self.wanted:
            span = spans.get(key)
            if span is not None and span.kind != kind:
                return None
            takes.append(None if span is None else _take(span, alone))
        return Layout(fixed, integers, takes)


class _OtherwiseError(Exception):
    """The message is arranged in a way that is not looked at."""


def _delimited(data: bytes, at: int, end: int) -> list[tuple[int, int, int]]:
    """The fields between two places of a message, all of which have a length: number, start and end of the contents."""
    found = []
    while at < end:
        tag, at = read_varint(data, at)
        if tag & 7 != 2:
            raise _OtherwiseError
        size, at = read_varint(data, at)
        found.append((tag >> 3, at, at + size))
        at += size
    if at != end:
        raise _OtherwiseError
    return found


def _features(data: bytes) -> list[tuple[bytes, Span]]:
    features = _delimited(data, 0, len(data))
    if [number for number, _, _ in features] != [1]:
        raise _OtherwiseError
    found = []
    for number, start, end in _delimited(data, *features[0][1:]):
        parts = _delimited(data, start, end)
        if number != 1 or [part[0] for part in parts] != [1, 2]:
            raise _OtherwiseError
        (_, a, b), (_, c, d) = parts
        found.append((data[a:b], _span(data, c, d)))
    if len(dict(found)) != len(found):
        raise _OtherwiseError
    return found


def _span(data: bytes, start: int, end: int) -> Span:
    lists = _delimited(data, start, end)
    if len(lists) != 1 or lists[0][0] not in (BYTES, FLOATS, INTEGERS):
        raise _OtherwiseError
    kind, a, b = lists[0]
    values = _delimited(data, a, b)
    if any(number != 1 for number, _, _ in values) or (kind != BYTES and len(values) > 1):
        raise _OtherwiseError
    places = [(c, d) for _, c, d in values]
    if kind == FLOATS and any((d - c) % 4 for c, d in places):
        raise _OtherwiseError
    if kind == INTEGERS and any(c == d or data[d - 1] > 0x7F for c, d in places):
        raise _OtherwiseError
    return Span(kind, places)


def _take(span: Span, alone: bool) -> Take:
    start, end = span.places[0] if span.places else (0, 0)
    if span.kind == FLOATS:
        return _floats(start, (end - start) // 4, alone)
    if span.kind == BYTES:
        slices = [slice(*place) for place in span.places]
        return _each(itemgetter(slices[0]) if alone else lambda data: [data[where] for where in slices])
    if not span.places:
        return _each(lambda data: np.empty(0, np.int64))
    if not alone:
        return _each(lambda data: decoded(np.frombuffer(data, np.uint8, end - start, start)).view(np.int64))
    if end - start == 1:
        return Take(itemgetter(start), lambda messages, rows: rows[:, start])
    return _each(lambda data: _signed(read_varint(data, start)[0]))


def _floats(start: int, count: int, alone: bool) -> Take:
    def many(messages: list[bytes], rows: np.ndarray) -> np.ndarray:
        found = np.ascontiguousarray(rows[:, start:start + 4 * count]).view("<f4")
        return found[:, 0] if alone else found

    if not count:
        return _each(lambda data: np.empty(0, np.float32))
    if alone:
        return Take(lambda data: np.frombuffer(data, "<f4", 1, start)[0], many)
    return Take(lambda data: np.frombuffer(data, "<f4", count, start), many)


def _each(one: Callable[[bytes], Any]) -> Take:
    """What is taken of one message after the other."""
    return Take(one, lambda messages, rows: list(map(one, messages)))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
