"""A word to the user while a program is compiled that takes long, so that nobody takes it for standing still."""

from __future__ import annotations

import logging
import os
import threading

PATIENCE = 2.0
"""Seconds before the word; TRACER_ANNOUNCE in the environment overrides it, and `off` leaves the word out."""
_log = logging.getLogger("tracer")


def begin(what: str, operations: int) -> threading.Timer | None:
    """Starts the clock for a program that computes `what`. Whoever has the compiled program cancels it."""
    patience = os.environ.get("TRACER_ANNOUNCE", str(PATIENCE))
    if patience == "off":
        return None
    timer = threading.Timer(float(patience), _log.warning, (
        "Compiling what computes %s, %d operations, for longer than %s s now.", what, operations, patience))
    timer.daemon = True
    timer.start()
    return timer
