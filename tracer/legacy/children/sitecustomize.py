"""Stands first on the path of the Python processes that a program of 2016 starts: their scripts run as it does.

Python imports it when it starts. A process that runs a script becomes `python -m tracer` of that script, with the
interpreter and the switches of the first, for the `python` of a shell may be one without our libraries; any other
process goes on, with the `sitecustomize` that it would have had.
"""

from __future__ import annotations

import json
import os
import sys

_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
SWITCHES = "TRACER_CHILDREN"


def command(words: list[str], first: list[str]) -> list[str] | None:
    """What to run in the place of a command line, both without the interpreter; None where it runs no script.

    `first` is how the process was started that said so: its switches.
    """
    at = 0
    while at < len(words) and words[at][:1] == "-":
        if words[at] == "-" or words[at][1:2] in ("c", "m"):
            return None
        at += 2 if words[at] in _WITH_VALUE else 1
    if at == len(words) or not words[at].endswith(".py") or not os.path.isfile(words[at]):
        return None
    return [*words[:at], "-m", "tracer", *first, *words[at:]]


def _go_on() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    own = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401 - the next one
    except ModuleNotFoundError:
        if own is not None:
            sys.modules["sitecustomize"] = own


if SWITCHES in os.environ:
    _python, *_switches = json.loads(os.environ[SWITCHES])
    _words = command(sys.orig_argv[1:], _switches)
    if _words is not None:
        os.execv(_python, [_python, *_words])
    _go_on()
