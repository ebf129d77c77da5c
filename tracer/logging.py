"""`tf.logging`: messages of a script, written to standard error by the logger called "tensorflow"."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

DEBUG = 10
INFO = 20
WARN = 30
ERROR = 40
FATAL = 50

_LETTERS = {DEBUG: "D", INFO: "I", WARN: "W", ERROR: "E", FATAL: "F"}
_loggers: list[logging.Logger] = []
_counts: dict[tuple[str, int], int] = {}


def _the_logger() -> logging.Logger:
    """The logger, set up when the first message comes: importing changes no setting of the process."""
    if not _loggers:
        import logging

        class ToStandardError(logging.StreamHandler):
            """Writes to what `sys.stderr` is at that moment, so that it can be replaced."""

            @property
            def stream(self) -> Any:  # type: ignore[override]
                return sys.stderr

            @stream.setter
            def stream(self, value: Any) -> None:
                pass

        logger = logging.getLogger("tensorflow")
        handler = ToStandardError()
        handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
        logger.addHandler(handler)
        _loggers.append(logger)
    return _loggers[0]


def __getattr__(name: str) -> Any:
    if name == "_logger":  # libraries set its level and add handlers
        return _the_logger()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at a level.

    >>> tf.logging.log(tf.logging.INFO, "step %d", 3)
    """
    _the_logger().log(level, msg, *args, **kwargs)


def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log what helps to find an error."""
    _the_logger().debug(msg, *args, **kwargs)


def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log how things are going."""
    _the_logger().info(msg, *args, **kwargs)


def warn(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log what may be wrong."""
    _the_logger().warning(msg, *args, **kwargs)


def warning(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log what may be wrong."""
    _the_logger().warning(msg, *args, **kwargs)


def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log what is wrong."""
    _the_logger().error(msg, *args, **kwargs)


def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log what the program cannot survive. It goes on: ending it is up to the caller."""
    _the_logger().critical(msg, *args, **kwargs)


def vlog(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log at a level given as a number."""
    _the_logger().log(level, msg, *args, **kwargs)


def TaskLevelStatusMessage(msg: str) -> None:
    """Log the state of a whole task, as an error."""
    error(msg)


def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Log when a condition holds."""
    if condition:
        log(level, msg, *args)


def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log the first `n` times that this line of the caller is reached."""
    if _next_count() < n:
        log(level, msg, *args)


def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log the first time that this line of the caller is reached, and every `n`-th time after it."""
    if _next_count() % n == 0:
        log(level, msg, *args)


def _next_count() -> int:
    """How often the line that called a function of this module was reached before."""
    frame = sys._getframe(2)
    place = frame.f_code.co_filename, frame.f_lineno
    count = _counts.get(place, 0)
    _counts[place] = count + 1
    return count


def set_verbosity(verbosity: int) -> None:
    """Log messages of this level and above; at first these are warnings.

    >>> tf.logging.set_verbosity(tf.logging.INFO)
    """
    _the_logger().setLevel(verbosity)


def get_verbosity() -> int:
    """The lowest level that is logged."""
    return _the_logger().getEffectiveLevel()


def flush() -> None:
    """Write out what waits in a buffer."""
    for handler in _the_logger().handlers:
        handler.flush()


def google2_log_prefix(level: int, timestamp: float | None = None, file_and_line: tuple[str, int] | None = None) -> str:
    """The beginning of a line as Google's own programs log it: `I0908 17:46:40.000000 12345 train.py:3] `."""
    moment = timestamp or time.time()
    if file_and_line is None:
        frame = sys._getframe(1)
        file_and_line = frame.f_code.co_filename, frame.f_lineno
    file, line = file_and_line
    at = time.localtime(moment)
    clock = f"{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}.{int(moment * 1e6) % 1_000_000:06d}"
    letter = _LETTERS.get(level, "I")
    thread = threading.get_ident() & 0x7FFFFFFF
    return f"{letter}{at.tm_mon:02d}{at.tm_mday:02d} {clock} {thread:5d} {os.path.basename(file)}:{line}] "
