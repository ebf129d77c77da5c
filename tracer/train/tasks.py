"""The tasks of a cluster that run in this process: together they hold its variables.

Parameter servers only hold variables, so one worker that is alone with them does without.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from tracer import errors, logging

_WAIT = 10.0  # seconds that a session waits for other threads to start the other tasks
_clusters: dict[tuple, Cluster] = {}


class Cluster:
    """The tasks of one cluster, of which this process may have started some.

    Operations run on the task that their device names, and on the first one otherwise, as TensorFlow places them; so
    all sessions of all its servers see the same variables.
    """

    def __init__(self, addresses: dict[tuple[str, int], str]) -> None:
        self.addresses = addresses
        self.tasks = sorted(addresses)
        self.homes: dict[str, tuple[str, int]] = {}  # the task of each variable
        self._containers: dict[str, str] = {}  # those of variables that are in one of their own
        self._started: set[tuple[str, int]] = set()
        self._changed = threading.Condition()
        self._state: Any = None
        self._told = False

    @property
    def state(self) -> Any:
        """The variables and the shared resources of its sessions; made when first used."""
        import lowering

        with self._changed:
            if self._state is None:
                self._state = lowering.State()
            return self._state

    def task_of(self, job: str | None, number: int | None) -> tuple[str, int] | None:
        """The task that operations of a device run on, where its name says this much; None when there is none."""
        fitting = (task for task in self.tasks if job in (None, task[0]) and number in (None, task[1]))
        return next(fitting, None)

    def require_whole(self) -> None:
        """Waits for the other tasks while there are threads that may start them.

        Raises UnimplementedError when nobody here does, unless those are parameter servers.
        """
        with self._changed:
            alone = threading.active_count() == 1
            if self._changed.wait_for(self._is_whole, 0 if alone else _WAIT):
                return
            others = self._text(self._missing())
        raise errors.UnimplementedError(
            None, None, f"Tracer runs in one process, and this cluster has other tasks: {others}. Start their servers "
                        "in this process, too, or a cluster of one task, or tf.train.Server.create_local_server(), or "
                        "leave the server out.")

    def _missing(self) -> list[tuple[str, int]]:
        return [task for task in self.tasks if task not in self._started]

    def _is_whole(self) -> bool:
        missing = self._missing()
        if not missing:
            return True
        if any(job != "ps" for job, _ in missing) or all(job == "ps" for job, _ in self._started):
            return False
        if not self._told:
            self._told = True
            logging.warning("Tracer runs in one process: this one holds what %s would.", self._text(missing))
        return True

    def _text(self, tasks: list[tuple[str, int]]) -> str:
        return ", ".join(f"/job:{job}/task:{number} at {self.addresses[job, number]}" for job, number in tasks)

    def start(self, task: tuple[str, int]) -> bool:
        """Notes that a task was started. Whether it was not yet."""
        with self._changed:
            if task in self._started:
                return False
            self._started.add(task)
            self._changed.notify_all()
            return True

    def note_containers(self, operations: Iterable[Any]) -> None:
        """Notes which variables its sessions use that are in a container of their own."""
        for op in operations:
            if op.type == "Variable" and (container := op.attrs.get("container")):
                self._containers[op.name] = container

    def forget(self, containers: set[str]) -> None:
        """Lets go what is in these containers; with none, all that there is."""
        kept = [] if not containers else [
            name for name in self.state.variables if self._containers.get(name) not in containers]
        self.state.forget(kept, containers)
        for name in self.homes.keys() - set(kept):
            del self.homes[name]

    def settle(self, variables: Iterable[tuple[Any, tuple[str, int]]]) -> None:
        """Notes on which task each variable is.

        Raises UnimplementedError for one whose name another graph has given to a variable of another task.
        """
        for op, task in variables:
            home = self.homes.setdefault(op.name, task)
            if home != task:
                raise errors.UnimplementedError(
                    None, op, f"Variable '{op.name}' is on /job:{task[0]}/task:{task[1]}, and there is another of this "
                              f"name on /job:{home[0]}/task:{home[1]}. Tracer keeps the variables of a cluster "
                              "together: give them different names.")


def joined(message: Any) -> Cluster:
    """The cluster of a ServerDef, whose task is now started: one that has it still to come, or a new one."""
    addresses = {(job.name, number): address for job in message.cluster.job for number, address in job.tasks.items()}
    key = tuple(sorted(addresses.items()))
    task = message.job_name, message.task_index
    cluster = _clusters.setdefault(key, Cluster(addresses))
    if not cluster.start(task):
        cluster = _clusters[key] = Cluster(addresses)
        cluster.start(task)
    return cluster
