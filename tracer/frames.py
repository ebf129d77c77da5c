"""Where in the user's program something was recorded."""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, NamedTuple

_OWN_FOLDER = __file__.rpartition("frames.py")[0]


class SourceLine(NamedTuple):
    """A place in the user's program."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def taken(frame: FrameType | None) -> tuple[Any, ...]:
    """The stack as code and instruction in turn, innermost first: line numbers are found only when somebody asks.

    A flat tuple of things without references is nothing to the garbage collector, which else walks it again and again.
    """
    stack = []
    while frame is not None:
        stack += frame.f_code, frame.f_lasti
        frame = frame.f_back
    return tuple(stack)


def users(stack: tuple[Any, ...]) -> SourceLine:
    """The innermost place outside of this package."""
    places = list(zip(stack[::2], stack[1::2], strict=True))
    return _line(*next((at for at in places if not at[0].co_filename.startswith(_OWN_FOLDER)), places[-1]))


def lines(stack: tuple[Any, ...]) -> list[SourceLine]:
    """All places, outermost first."""
    return [_line(*at) for at in zip(stack[-2::-2], stack[::-2], strict=True)]


def _line(code: CodeType, instruction: int) -> SourceLine:
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= instruction < end and number is not None:
            line = number
            break
    return SourceLine(code.co_filename, line, code.co_name)
