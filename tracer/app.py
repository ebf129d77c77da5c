"""`tf.app`: `run`, the usual last line of a script, and `flags`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from tracer import flags as flags


def run(main: Callable[[Sequence[str]], Any] | None = None, argv: Sequence[str] | None = None) -> NoReturn:
    """Call `main`, or the script's function of that name, with the command line, and exit with what it returns.

    With `argv`, which is younger than 0.8, flags are read from that, and `main` gets what is left of it.
    """
    chosen = main or sys.modules["__main__"].main
    if argv is not None:
        sys.exit(chosen([*sys.argv[:1], *flags.FLAGS._parse_flags(argv[1:])]))
    flags.FLAGS._parse_flags()
    sys.exit(chosen(sys.argv))
