"""How Python 2 printed: bytes as text and floats with 12 digits; and the space behind a comma at the end of a statement,
which the next statement writes if nothing else has been written by then."""

from __future__ import annotations

import builtins
import io
import sys
from typing import Any

from tracer.legacy.old_text import string_of, text_of

_FILES = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


def print_text(*values: Any, **keywords: Any) -> None:
    """The function that `from __future__ import print_function` gave."""
    builtins.print(*map(_shown, values), **keywords)


def print_statement(*values: Any, end: str = "\n", file: Any = None) -> None:
    """The statement; `end` is a space where it has a comma at its end."""
    file = sys.stdout if file is None else file
    text = "".join(_apart([str(_shown(value)) for value in values]))
    space = " " if values and getattr(file, "softspace", False) else ""
    goes_on = end == " "
    builtins.print(space + text, end="" if goes_on else "\n", file=file)
    if goes_on and not _ends_line(text):
        _leave_space(file)
    elif getattr(file, "softspace", False):
        file.softspace = False


def finish_line() -> None:
    """Ends the line that the last statement of a program has left open."""
    if getattr(sys.stdout, "softspace", False):
        builtins.print()


def _shown(value: Any) -> Any:
    return string_of(value) if type(value) is float or isinstance(value, bytearray) else text_of(value)


def _apart(texts: list[str]) -> list[str]:
    """The texts with a space behind each that does not end a line."""
    return [text if _ends_line(text) else text + " " for text in texts[:-1]] + texts[-1:]


def _ends_line(text: str) -> bool:
    return text[-1:].isspace() and not text.endswith(" ")


def _leave_space(file: Any) -> None:
    """Has the next statement write a space first; to a file, unless something else is written before."""
    before = file.write

    def write(text: Any) -> Any:
        file.softspace = False
        return before(text)

    write.takes_space_away = True  # type: ignore[attr-defined]
    try:
        file.softspace = True
        if isinstance(file, _FILES) and not hasattr(before, "takes_space_away"):
            file.write = write  # type: ignore[method-assign]
    except AttributeError:  # an object that takes no attributes
        before(" ")
