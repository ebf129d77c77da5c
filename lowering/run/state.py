"""What a session keeps between runs: variables, random streams, and the resources of host operations."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np

from tracer import errors
from tracer.ir import Operation


class State:
    """Variables by name, random streams by operation name, host resources by key; one lock for all changes.

    What a session of a server keeps for itself is only its streams and the resources that have no shared name: the
    rest is in the state of the server, `shared`.
    """

    def __init__(self, shared: State | None = None) -> None:
        kept = self if shared is None else shared
        self.shared = kept
        self.lock = threading.RLock() if kept is self else kept.lock
        self.variables: dict[str, Any] = {} if kept is self else kept.variables
        # Arrays that a host rule is reading, by identity, and how many rules do.
        self.pinned: dict[int, int] = {} if kept is self else kept.pinned
        self.streams: dict[str, Any] = {}
        self.resources: dict[Any, Any] = {}
        self.tensors: dict[str, Any] = {}  # values that stay between runs, by handle
        self.handles = 0  # how many handles there have been
        self.device: Any = None  # the JAX device to run on, where it is not the default one
        self.timeout: float | None = None  # how many seconds an operation may wait
        self.closed = threading.Event()

    def stream(self, op: Operation) -> Any:
        """The random stream of `op`: six uint32 words, two of key and four of counter."""
        known = self.streams.get(op.name)
        if known is None:
            seed, seed2 = op.attrs.get("seed", 0), op.attrs.get("seed2", 0)
            if not seed and not seed2:  # TensorFlow draws both anew for every operation of every session
                seed, seed2 = secrets.randbits(63), secrets.randbits(63)
            words = [seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF, 0, 0, seed2 & 0xFFFFFFFF, (seed2 >> 32) & 0xFFFFFFFF]
            known = self.streams[op.name] = np.array(words, np.uint32)
        return known

    def resource(self, key: Any, make: Any) -> Any:
        """The resource called `key`, made by `make()` the first time."""
        with self.lock:
            if key not in self.resources:
                self.resources[key] = make()
            return self.resources[key]

    def publish(self, overlay: dict[str, Any], undo: list[tuple[str, Any, Any]]) -> None:
        """Gives variables the values that a step of a run made, at once: another thread's run counts on from them.

        Notes in `undo` what they were, for `take_back`. The caller holds the lock.
        """
        for name, value in overlay.items():
            undo.append((name, self.variables.get(name), value))
            self.variables[name] = value
        overlay.clear()

    def replace(self, overlay: dict[str, Any], undo: list[tuple[str, Any, Any]]) -> None:
        """Takes over the arrays in which a program that failed left the old values: their own memory was given away."""
        for name, value in overlay.items():
            self.variables[name] = value
            for i in reversed(range(len(undo))):
                if undo[i][0] == name:
                    undo[i] = (name, undo[i][1], value)
                    break
        overlay.clear()

    def take_back(self, undo: list[tuple[str, Any, Any]]) -> None:
        """Restores the variables of a run that failed, save those that another thread's run has written since."""
        with self.lock:
            for name, old, new in reversed(undo):
                if self.variables.get(name) is not new:
                    continue
                if old is None:
                    del self.variables[name]
                else:
                    self.variables[name] = old

    def pin(self, array: Any) -> None:
        """Keeps the memory of a variable's array from being given to a new value. The caller holds the lock."""
        self.pinned[id(array)] = self.pinned.get(id(array), 0) + 1

    def unpin(self, arrays: list[Any]) -> None:
        """Takes back `pin`."""
        with self.lock:
            for array in arrays:
                self.pinned[id(array)] -= 1
                if not self.pinned[id(array)]:
                    del self.pinned[id(array)]

    def keep_tensor(self, name: str, value: Any) -> str:
        """Keeps a value that the operation called `name` was given, under a handle of its own."""
        with self.lock:
            handle = f"{name};{self.handles};/job:localhost/replica:0/task:0/cpu:0"
            self.handles += 1
            self.tensors[handle] = value
        return handle

    def held_tensor(self, handle: str) -> Any:
        """The value under a handle. InvalidArgumentError when there is none."""
        value = self.tensors.get(handle)
        if value is None:
            raise errors.InvalidArgumentError(
                None, None, f"The tensor with handle '{handle}' is not in the session store.")
        return value

    def delete_tensor(self, handle: str) -> bool:
        """Lets a value go. Whether there was one."""
        return self.tensors.pop(handle, None) is not None

    def snapshot(self) -> State:
        """The variables and streams as they are now, on the host."""
        with self.lock:
            kept = State()
            kept.variables = {name: np.array(value) for name, value in self.variables.items()}
            kept.streams = {name: np.array(value) for name, value in self.streams.items()}
            return kept

    def forget(self, kept: list[str], containers: set[str]) -> None:
        """Lets all variables go but `kept`, and the shared resources of these containers; of all without any."""
        with self.lock:
            for name in self.variables.keys() - set(kept):
                del self.variables[name]
            gone = [key for key in self.resources if not containers or key[1].decode() in containers]
            cancelled = [self.resources.pop(key) for key in gone]
        for resource in cancelled:
            if (cancel := getattr(resource, "cancel", None)) is not None:
                cancel()

    def close(self) -> None:
        """Wakes whatever waits on a resource, and lets the variables go unless they are the server's."""
        self.closed.set()
        own = list(self.resources.values())
        for resource in own if self.shared is self else own + list(self.shared.resources.values()):
            if (withdraw := getattr(resource, "withdraw", None)) is not None:
                withdraw(self)
        for resource in own:
            if (cancel := getattr(resource, "cancel", None)) is not None:
                cancel()
        self.resources.clear()
        self.tensors.clear()
        if self.shared is self:
            self.variables.clear()
