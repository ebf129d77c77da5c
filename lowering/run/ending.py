"""The end of the process, which finds threads of queue runners in the middle of a device program.

Python ends daemon threads when they ask for its lock again. One that comes from XLA's code then aborts the whole
process. So the process waits until they are out of it, and lets none in any more.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time

_PATIENCE = 60.0  # seconds
_inside: list[None] = []  # one for each thread that is in a device program
_state = {"watched": False, "ends": False, "given_up": False, "compiles": False}


def watch() -> None:
    """Sees to the end of this process, from the first call on."""
    if not _state["watched"]:
        _state["watched"] = True
        atexit.register(_end)
        os.register_at_fork(after_in_child=_inside.clear)


def enter() -> None:
    """A thread is about to run device programs. At the end of the process a daemon thread goes no further."""
    _inside.append(None)
    if _state["ends"] and threading.current_thread() is not threading.main_thread():
        _inside.pop()
        threading.Event().wait()


def leave() -> None:
    """It is out of them, or runs Python only for a while."""
    if _inside:  # not so in a process forked meanwhile
        _inside.pop()


def give_up() -> None:
    """A thread is left alone in a device program that may run for ever: the end of the process does not wait for it."""
    _state["given_up"] = True


def interrupted(error: KeyboardInterrupt) -> None:
    """A run was interrupted: the end does not wait for a thread of XLA's that goes on with what was being compiled."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is not None and frame.tb_frame.f_globals.get("__name__") == "jax._src.compiler":
        _state["given_up"] = _state["compiles"] = True


def _end() -> None:
    _state["ends"] = True
    deadline = time.monotonic() + (0.1 if _state["given_up"] else _PATIENCE)
    while _inside and time.monotonic() < deadline:
        time.sleep(0.001)
    if _state["compiles"] or (_inside and _state["given_up"]):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        last = getattr(sys, "last_value", None)
        os._exit(130 if isinstance(last, KeyboardInterrupt) else 0 if last is None else 1)  # XLA would wait for it
