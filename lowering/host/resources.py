"""What lives in a session under a handle: queues, readers and tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import errors
from tracer.ir import Operation

_numbers = itertools.count()


def handle_of(op: Operation, session: Any, kind: str, make: Callable[[str], Any]) -> np.ndarray:
    """The handle of what `op` stands for in this session; `make` makes it the first time, from its name.

    Operations of one shared name stand for one thing, which checks that they describe it alike.
    """
    state = session.state
    handle = state.resources.get(("handle", op.name))
    if handle is not None:
        return handle
    with state.lock:
        _check_open(session)
        if ("handle", op.name) in state.resources:  # another thread was faster
            return state.resources["handle", op.name]
        container, shared = op.attrs["container"], op.attrs["shared_name"]
        name = shared or f"_{next(_numbers)}_{op.name}"
        resources = (state.shared if shared else state).resources
        key = kind, container.encode(), name.encode()
        if key in resources:
            resources[key].check_same(op)
        else:
            resources[key] = make(name)
        handle = np.empty(2, object)
        handle[:] = key[1:]
        state.resources["handle", op.name] = handle
    return handle


def find(session: Any, handle: Any, kind: str) -> Any:
    """What a handle stands for."""
    container, name = handle.tolist()
    key = kind, container, name
    state = session.state
    found = state.resources.get(key) or state.shared.resources.get(key)
    if found is None:
        _check_open(session)
        raise errors.NotFoundError(None, None, f"Resource {container.decode()}/{name.decode()} does not exist.")
    return found


def _check_open(session: Any) -> None:
    if session.state.closed.is_set():
        raise errors.CancelledError(None, None, "Session has been closed.")
