"""Clusters and servers: `ClusterSpec` describes any cluster, and a `Server` is a task of one within this process."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Mapping
from typing import Any

from tracer import compat, errors, session
from tracer.train import tasks

_WRONG_CLUSTER = ("`cluster` must be a dictionary mapping one or more job names to lists of network addresses, or a "
                  "`ClusterDef` protocol buffer")
_free_ports = itertools.count(40000)


class ClusterSpec:
    """The jobs of a cluster, each with the network addresses of its tasks.

    >>> cluster = tf.train.ClusterSpec({"ps": ["ps0:2222"], "worker": ["worker0:2222", "worker1:2222"]})
    >>> cluster.job_tasks("worker")
    ['worker0:2222', 'worker1:2222']

    Args:
        cluster: a dict of lists (or of dicts by task number), a ClusterDef message, or another `ClusterSpec`.

    Raises TypeError for anything else.
    """

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            self._jobs = {job: dict(tasks) for job, tasks in cluster._jobs.items()}
        elif getattr(getattr(cluster, "DESCRIPTOR", None), "name", "") == "ClusterDef":
            self._jobs = {job.name: dict(job.tasks) for job in cluster.job}
        elif isinstance(cluster, Mapping):
            self._jobs = {_text(job, "Job name"): _tasks(job, tasks) for job, tasks in cluster.items()}
        else:
            raise TypeError(_WRONG_CLUSTER)

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = None  # type: ignore[assignment]

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of a job's tasks by their number; None where no task has it.

        Raises ValueError when there is no such job.
        """
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}")
        tasks = self._jobs[job_name]
        return [tasks.get(number) for number in range(max(tasks, default=-1) + 1)]

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has; from 0.11 on, as the next two. Raises ValueError when there is no such job."""
        return len(self.task_indices(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks."""
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}")
        return sorted(self._jobs[job_name])

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task. Raises ValueError when there is none."""
        if task_index not in self.task_indices(job_name):
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}.")
        return self._jobs[job_name][task_index]

    def as_dict(self) -> dict[str, Any]:
        """The addresses by job, as a list; as a dict by task number when some numbers are left out."""
        return {job: list(found) if None not in (found := self.job_tasks(job)) else dict(tasks)
                for job, tasks in self._jobs.items()}

    def as_cluster_def(self) -> Any:
        """The ClusterDef message."""
        from tracer import protos

        message = protos.ClusterDef()
        for job in sorted(self._jobs):
            added = message.job.add(name=job)
            for number, address in self._jobs[job].items():
                added.tasks[number] = address
        return message


def _text(value: Any, what: str) -> str:
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{what} {value!r} must be bytes or unicode")
    return compat.as_str(value)


def _tasks(job: Any, tasks: Any) -> dict[int, str]:
    if isinstance(tasks, (list, tuple)):
        tasks = dict(enumerate(tasks))
    if not isinstance(tasks, Mapping):
        raise TypeError(f"The tasks for job {job!r} must be a list or a dictionary from integers to strings.")
    return {number: _text(address, "Task address") for number, address in tasks.items()}


class Server:
    """A server of this process: sessions of the servers of one cluster share the values of their variables.

    >>> server = tf.train.Server.create_local_server()
    >>> sess = tf.Session(server.target)

    Variables live as long as the server, and belong to all of its sessions by name. All tasks of a cluster have to be
    started in this process before a session of one of them; a session waits while other threads may do so. Only
    parameter servers may be missing.

    Args:
        server_or_cluster_def: a ServerDef or ClusterDef message, a `ClusterSpec`, or what makes one.
        job_name: the job that the server is a task of; by default the only one.
        task_index: which of its tasks; by default the only one.
        protocol: "grpc", which is the default.
        start: whether it is started.
        config: the ConfigProto of its sessions that have none of their own; from 0.9 on.

    Raises:
        ValueError: it is not clear which task is meant.
        tf.errors.OpError: there is no such task, or its address has no port.
    """

    def __init__(self, server_or_cluster_def: Any, job_name: str | None = None, task_index: int | None = None,
                 protocol: str | None = None, start: bool = True, config: Any = None) -> None:
        self._server_def = _server_def(server_or_cluster_def, job_name, task_index, protocol)
        if config is not None:
            self._server_def.default_session_config.CopyFrom(config)
        self._port = _port(self._server_def)
        self.cluster: tasks.Cluster | None = None
        if start:
            self.start()

    @staticmethod
    def create_local_server(start: bool = True, config: Any = None) -> Server:
        """A server of a cluster that is this process alone."""
        address = f"localhost:{next(_free_ports)}"
        return Server(ClusterSpec({"local": [address]}), protocol="grpc", start=start, config=config)

    @property
    def server_def(self) -> Any:
        """The ServerDef message that describes it."""
        return self._server_def

    @property
    def session_config(self) -> Any:
        """The configuration of a session that has none of its own; None where there is none."""
        given = self._server_def.HasField("default_session_config")
        return self._server_def.default_session_config if given else None

    @property
    def target(self) -> str:
        """What `tf.Session` takes to run on this server."""
        return f"grpc://localhost:{self._port}"

    @property
    def state(self) -> Any:
        """The variables and the shared resources of the sessions of its cluster."""
        assert self.cluster is not None
        return self.cluster.state

    def start(self) -> None:
        """Lets sessions run on it."""
        self.cluster = tasks.joined(self._server_def)
        address = self.cluster.addresses[self._server_def.job_name, self._server_def.task_index]
        for place in (address, f"127.0.0.1:{self._port}", f"localhost:{self._port}"):
            session.SERVERS[f"grpc://{place}"] = self

    def join(self) -> None:
        """Waits for the server to shut down, which it never does.

        Raises tf.errors.UnimplementedError where that is all this process would do: nobody can reach it from another.
        """
        if self.cluster is not None and threading.active_count() == 1:
            self.cluster.require_whole()
        threading.Event().wait()


def reset(target: Any, containers: Any) -> None:
    """What `tf.Session.reset` does."""
    for name in containers or ():
        if not isinstance(name, (str, bytes)):
            raise TypeError(f"Expected binary or unicode string, got {name!r}")
    server = session.server_of(target)
    for each in list(session.SESSIONS):
        if each._server is server and not each._closed and (server is None or each._opened):
            kind, text = (errors.CancelledError, "Session has been closed.") if server is None else (
                errors.AbortedError, f"Session {id(each):016x} is not found.")
            each._end(functools.partial(kind, None, None, text))
    if server is not None and server.cluster is not None:
        server.cluster.forget({compat.as_str(name) for name in containers or ()})


def _server_def(given: Any, job_name: str | None, task_index: int | None, protocol: str | None) -> Any:
    """The ServerDef message, in which every field is set."""
    from tracer import protos

    message = protos.ServerDef()
    if getattr(getattr(given, "DESCRIPTOR", None), "name", "") == "ServerDef":
        message.CopyFrom(given)
    else:
        message.cluster.CopyFrom(ClusterSpec(given).as_cluster_def())
    message.job_name = job_name or message.job_name or _only_job(message)
    message.task_index = _only_task(message) if task_index is None else task_index
    message.protocol = protocol or message.protocol or "grpc"
    if message.protocol != "grpc":
        raise errors.NotFoundError(None, None, f"No server factory registered for the given ServerDef: {message}")
    return message


def _only_job(message: Any) -> str:
    if len(message.cluster.job) != 1:
        raise ValueError("Must specify an explicit `job_name`.")
    return message.cluster.job[0].name


def _only_task(message: Any) -> int:
    if message.task_index:
        return message.task_index
    tasks = next((job.tasks for job in message.cluster.job if job.name == message.job_name), {})
    if len(tasks) > 1:
        raise ValueError("Must specify an explicit `task_index`.")
    return next(iter(tasks), 0)


def _port(message: Any) -> int:
    job, task = message.job_name, message.task_index
    tasks = next((found.tasks for found in message.cluster.job if found.name == job), None)
    if tasks is None:
        raise errors.InternalError(None, None, f'Job "{job}" was not defined in cluster')
    if task not in tasks:
        raise errors.InvalidArgumentError(None, None, f'Task {task} was not defined in job "{job}"')
    _, colon, port = tasks[task].rpartition(":")
    if not colon or not port.isdigit():
        raise errors.InvalidArgumentError(
            None, None, f'Could not parse port for local server from "{tasks[task]}"')
    return int(port)
