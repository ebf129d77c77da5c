"""`re` before Python 3.7: where a pattern matches nothing at all, a text is not split, and nothing is put in beside a match.

The commonest tokenizer of the time, `re.split(r"(\\W+)?", sentence)`, takes every letter for a word today.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from re import _parser as parser  # type: ignore[attr-defined]  # how short a match can be, nothing else tells
from typing import Any


def names(module: Any) -> dict[str, Any]:
    """The functions that behave as they did, for a stand-in of `re`."""
    others = {name: _taking_ours(getattr(module, name)) for name in ("findall", "finditer", "fullmatch", "match", "search")}
    return {**others, "compile": compile, "split": split, "sub": sub, "subn": subn}


def _taking_ours(function: Any) -> Any:
    @functools.wraps(function)
    def call(pattern: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(pattern._real if isinstance(pattern, _Pattern) else pattern, *arguments, **keywords)

    return call


class _Pattern:
    """A compiled pattern that can match nothing; what it does not have is the real one's."""

    def __init__(self, real: re.Pattern) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def split(self, string: Any, maxsplit: int = 0) -> list:
        """As `re.split`."""
        parts, start = [], 0
        for number, match in enumerate(_matches(self._real, string), 1):
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
        parts, start, made = [], 0, 0
        for match in _matches(self._real, string, empty_ones=True):
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
    return _Pattern(real) if _may_match_nothing(real) else real


def split(pattern: Any, string: Any, maxsplit: int = 0, flags: int = 0) -> list:
    """`re.split`."""
    return compile(pattern, flags).split(string, maxsplit)


def sub(pattern: Any, repl: Any, string: Any, count: int = 0, flags: int = 0) -> Any:
    """`re.sub`."""
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern: Any, repl: Any, string: Any, count: int = 0, flags: int = 0) -> tuple[Any, int]:
    """`re.subn`."""
    return compile(pattern, flags).subn(repl, string, count)


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
