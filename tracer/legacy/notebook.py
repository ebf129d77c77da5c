"""`get_ipython()` in a script that was written out from a notebook, where no IPython runs it."""

from __future__ import annotations

import builtins
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

_QUIET = frozenset("autoreload config load_ext precision reload_ext".split())
"""Magics that change only how a notebook behaves."""


def shell(python: int) -> Any:
    """What `get_ipython()` gives: IPython's own where it runs, otherwise a `Shell` of the caller's names."""
    own: Callable | None = getattr(builtins, "get_ipython", None)
    return own() if own is not None else Shell(sys._getframe(1).f_globals, python)


class Shell:
    """As much of IPython as a script outside of it can have: its commands, and the magics that mean something there."""

    def __init__(self, names: dict[str, Any], python: int) -> None:
        self.user_ns = names
        self._python = python

    def magic(self, arg_s: str) -> None:
        """Runs `name line`."""
        name, _, line = arg_s.lstrip("%").partition(" ")
        self.run_line_magic(name, line)

    def run_line_magic(self, magic_name: str, line: str) -> None:
        """Runs `%name line`; NotImplementedError where that means nothing outside of IPython."""
        if magic_name == "matplotlib":
            wanted = "MPLBACKEND" not in os.environ and line.strip() in ("inline", "notebook")
            if wanted and importlib.util.find_spec("matplotlib"):
                import matplotlib

                matplotlib.use("Agg")  # pictures stood in the notebook, not in windows
        elif magic_name == "pylab":
            self.run_line_magic("matplotlib", line)
            exec("import numpy\nimport numpy as np\nimport matplotlib.pyplot as plt\nfrom pylab import *", self.user_ns)
        elif magic_name == "cd":
            os.chdir(os.path.expanduser(line.strip().strip("'\"")))
        elif magic_name == "time":
            self._time(line)
        elif magic_name not in _QUIET:
            raise NotImplementedError(_needs_ipython("%" + magic_name))

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> None:
        """Runs `%%name line` on the text of a cell."""
        if magic_name == "time":
            self._time(cell)
        elif magic_name == "capture":
            self._run(cell)
        elif magic_name in ("bash", "sh"):
            subprocess.run([magic_name, "-c", cell], check=True)
        else:
            raise NotImplementedError(_needs_ipython("%%" + magic_name))

    def system(self, cmd: str) -> None:
        """Runs a command of the shell, `!command` in a cell."""
        sys.stdout.flush()
        subprocess.call(cmd, shell=True)

    def getoutput(self, cmd: str) -> list[str]:
        """The lines that a command of the shell writes."""
        return subprocess.run(cmd, shell=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

    def _time(self, text: str) -> None:
        begun = time.perf_counter()
        self._run(text)
        print(f"Wall time: {time.perf_counter() - begun:.3g} s")

    def _run(self, text: str) -> None:
        from tracer.legacy import python2

        exec(python2.compile_source(text.encode("utf-8"), "<cell>", str(self._python))[0], self.user_ns)


def _needs_ipython(magic: str) -> str:
    return (f"{magic} needs IPython, and this script runs without it. Take the line out, "
            "or guard it by `except NameError`.")
