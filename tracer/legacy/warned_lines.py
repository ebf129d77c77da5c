"""Warnings of NumPy's name the line of the program, not that of the function of ours which stands for its operator."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


def name_lines_of_programs() -> Callable[[], object]:
    """Has warnings shown so; returns what takes that back."""
    before = warnings.showwarning

    def showwarning(message: Any, category: type[Warning], filename: str, lineno: int, file: Any = None,
                    line: str | None = None) -> None:
        if filename.startswith(_OURS):
            filename, lineno = _program_line() or (filename, lineno)
        before(message, category, filename, lineno, file, line)

    warnings.showwarning = showwarning
    return lambda: setattr(warnings, "showwarning", before)


def _program_line() -> tuple[str, int] | None:
    """Where the program has called one of ours, which warns."""
    frame, seen = sys._getframe(2), False
    while frame is not None:
        ours = frame.f_code.co_filename.startswith(_OURS)
        if seen and not ours:
            return frame.f_code.co_filename, frame.f_lineno
        seen, frame = seen or ours, frame.f_back
    return None
