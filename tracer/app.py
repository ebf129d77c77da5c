"""`tf.app`: `run`, the usual last line of a script, and `flags`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from tracer import flags as flags


def run(main: Callable[[Sequence[str]], Any] | None = None) -> NoReturn:
    """Call `main`, or the script's function of that name, with the command line, and exit with what it returns."""
    flags.FLAGS._parse_flags()
    chosen = main or sys.modules["__main__"].main
    sys.exit(chosen(sys.argv))
