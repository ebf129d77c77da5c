"""`re` before Python 3.7: where a pattern matches nothing at all, a text is not split, and nothing is put in beside a match.

The commonest tokenizer of the time, `re.split(r"(\\W+)?", sentence)`, takes every letter for a word today. And in Python 2 a
pattern of bytes, as in the tutorial on translation, was one for any string.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from re import _parser as parser  # type: ignore[attr-defined]  # how short a match can be, nothing else tells
from typing import Any

from tracer.legacy.old_text import text_of
from tracer.legacy.python2_files import FileBytes


def names(module: Any) -> dict[str, Any]:
    """The functions that behave as they did, for a stand-in of `re`."""
    others = {name: _taking_ours(getattr(module, name)) for name in ("findall", "finditer", "fullmatch", "match", "search")}
    return {**others, "compile": compile, "split": split, "sub": sub, "subn": subn}


def _taking_ours(function: Any) -> Any:
    @functools.wraps(function)
    def call(pattern: Any, string: Any, flags: int = 0) -> Any:
        string = _like(pattern, string)
        if isinstance(pattern, bytes) and isinstance(string, str):
            pattern, flags = text_of(pattern), flags | re.ASCII
        return function(pattern._for(string) if isinstance(pattern, _Pattern) else pattern, string, flags)

    return call


def _like(pattern: Any, string: Any) -> Any:
    """What a file opened with "rb" gave, as text where the pattern is."""
    of_text = isinstance(getattr(pattern, "pattern", pattern), str)
    return text_of(bytes(string)) if of_text and isinstance(string, FileBytes) else string


def _own(name: str) -> Any:
    def method(self: _Pattern, string: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(self._for(string), name)(string, *arguments, **keywords)

    return method


class _Pattern:
    """A compiled pattern that can match nothing, or one of bytes; what it does not have is the real one's."""

    def __init__(self, real: re.Pattern) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    findall, finditer, fullmatch, match, search = map(_own, ("findall", "finditer", "fullmatch", "match", "search"))

    def _for(self, string: Any) -> re.Pattern:
        """The real pattern, as text where it is to match text."""
        return _as_text(self._real) if isinstance(string, str) and isinstance(self._real.pattern, bytes) else self._real

    def split(self, string: Any, maxsplit: int = 0) -> list:
        """As `re.split`."""
        real = self._for(string)
        if not _may_match_nothing(real):
            return real.split(string, maxsplit)
        parts, start = [], 0
        for number, match in enumerate(_matches(real, string), 1):
            parts += [string[start : match.start()], *match.groups()]
            start = match.end()
            if number == maxsplit:
                break
        return [*parts, string[start:]]

    def sub(self, repl: Any, string: Any, count: int = 0) -> Any:
        """As `re.sub`."""
        return self.subn(repl, string, count)[0]

    def subn(self, repl: Any, string: Any, count: int = 0) -> tuple[Any, int]:
        """As `re.subn`."""
        real = self._for(string)
        if isinstance(string, str):
            repl = text_of(repl)
        if not _may_match_nothing(real):
            return real.subn(repl, string, count)
        parts, start, made = [], 0, 0
        for match in _matches(real, string, empty_ones=True):
            if match.end() == start and made:
                continue  # nothing, right after a match
            parts += [string[start : match.start()], repl(match) if callable(repl) else match.expand(repl)]
            start, made = match.end(), made + 1
            if made == count:
                break
        return string[:0].join([*parts, string[start:]]), made


def compile(pattern: Any, flags: int = 0) -> Any:
    """`re.compile`."""
    if isinstance(pattern, _Pattern):
        return pattern
    real = re.compile(pattern, flags)
    return _Pattern(real) if isinstance(real.pattern, bytes) or _may_match_nothing(real) else real


def split(pattern: Any, string: Any, maxsplit: int = 0, flags: int = 0) -> list:
    """`re.split`."""
    return compile(pattern, flags).split(_like(pattern, string), maxsplit)


def sub(pattern: Any, repl: Any, string: Any, count: int = 0, flags: int = 0) -> Any:
    """`re.sub`."""
    return subn(pattern, repl, string, count, flags)[0]


def subn(pattern: Any, repl: Any, string: Any, count: int = 0, flags: int = 0) -> tuple[Any, int]:
    """`re.subn`."""
    string = _like(pattern, string)
    return compile(pattern, flags).subn(text_of(repl) if isinstance(string, str) else repl, string, count)


@functools.cache
def _as_text(pattern: re.Pattern) -> re.Pattern:
    return re.compile(text_of(pattern.pattern), (pattern.flags & ~re.LOCALE) | re.ASCII)


@functools.cache
def _may_match_nothing(pattern: re.Pattern) -> bool:
    return parser.parse(pattern.pattern, pattern.flags).getwidth()[0] == 0


def _matches(pattern: re.Pattern, string: Any, empty_ones: bool = False) -> Iterator[re.Match]:
    """The matches from left to right; after an empty one, the search goes on with the next letter."""
    start = 0
    while start <= len(string) and (match := pattern.search(string, start)):
        empty = match.end() == match.start()
        if empty_ones or not empty:
            yield match
        start = match.end() + empty
