"""Keeps the current folder from being taken for a library while `python -m tracer` starts."""

from __future__ import annotations

import os
import sys

_removed = False


def is_our_command() -> bool:
    """Whether Python is just starting `python -m tracer` or `python -m tracer.something`."""
    if sys.argv[:1] != ["-m"]:  # what stands there while Python looks for the module
        return False
    words = "\0".join(sys.orig_argv).replace("\0-m\0", "\0-m").split("\0")
    return any(word == "-mtracer" or word.startswith("-mtracer.") for word in words)


def leave_current_folder() -> None:
    """Undoes what `python -m` did: the current folder first on `sys.path`.

    A `random.py` or `string.py` there would be imported by NumPy. The folder that holds this project, where that is
    just the current one, goes to the end of the path, after the standard library.
    """
    global _removed
    if _removed or sys.flags.safe_path or not sys.path:
        return
    _removed = True
    del sys.path[0]
    project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if project not in (os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)):
        sys.path.append(project)
