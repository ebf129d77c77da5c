"""`basic_train_loop`: a training loop under a `Supervisor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def basic_train_loop(supervisor: Any, train_step_fn: Callable, args: Any = None, kwargs: Any = None,
                     master: str = "") -> None:
    """Calls `train_step_fn(session, *args, **kwargs)` until the supervisor stops.

    Args:
        supervisor: the `Supervisor` of the session.
        train_step_fn: takes one step.
        args, kwargs: its arguments after the session.
        master: the target of the session.
    """
    with supervisor.managed_session(master) as sess:
        while not supervisor.should_stop():
            train_step_fn(sess, *(args or ()), **(kwargs or {}))
