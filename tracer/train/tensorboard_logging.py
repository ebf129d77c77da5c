"""`tensorflow.python.training.tensorboard_logging`: log messages that go to an event file as well."""

from __future__ import annotations

import time
from typing import Any

from tracer import logging

DEBUG, INFO, WARN, ERROR, FATAL = "DEBUG", "INFO", "WARN", "ERROR", "FATAL"
_LEVELS = {DEBUG: logging.DEBUG, INFO: logging.INFO, WARN: logging.WARN, ERROR: logging.ERROR, FATAL: logging.FATAL}
_NOT_SET = object()
_settings: dict[str, Any] = {"verbosity": WARN, "writer": _NOT_SET}


def _check(level: Any) -> None:
    if level not in _LEVELS:
        raise ValueError(f"Level {level} is not a valid tensorboard_logging level")


def set_summary_writer(summary_writer: Any) -> None:
    """Sets the `SummaryWriter` that messages go to; None for none."""
    _settings["writer"] = summary_writer


def _clear_summary_writer() -> None:
    _settings["writer"] = _NOT_SET


def set_verbosity(verbosity: str) -> None:
    """Sets the least level of messages that go to the event file."""
    _check(verbosity)
    _settings["verbosity"] = verbosity


def get_verbosity() -> str:
    """That level."""
    return _settings["verbosity"]


def log(level: str, message: str, *args: Any) -> None:
    """Logs `message % args`; also to the event file when the level is high enough there.

    >>> tensorboard_logging.set_summary_writer(writer)
    >>> tensorboard_logging.log(tensorboard_logging.ERROR, "step %d", 3)

    Raises RuntimeError when `set_summary_writer` has not been called.
    """
    from tracer import protos

    writer = _settings["writer"]
    if writer is _NOT_SET:
        raise RuntimeError("Must call set_summary_writer before doing any logging from tensorboard_logging")
    _check(level)
    logging.log(_LEVELS[level], message, *args)
    if writer is not None and _LEVELS[level] >= _LEVELS[_settings["verbosity"]]:
        said = protos.LogMessage(level=_LEVELS[level], message=message % args)
        writer.add_event(protos.Event(wall_time=time.time(), log_message=said))


def debug(message: str, *args: Any) -> None:
    """Logs at level DEBUG."""
    log(DEBUG, message, *args)


def info(message: str, *args: Any) -> None:
    """Logs at level INFO."""
    log(INFO, message, *args)


def warn(message: str, *args: Any) -> None:
    """Logs at level WARN."""
    log(WARN, message, *args)


def error(message: str, *args: Any) -> None:
    """Logs at level ERROR."""
    log(ERROR, message, *args)


def fatal(message: str, *args: Any) -> None:
    """Logs at level FATAL."""
    log(FATAL, message, *args)
