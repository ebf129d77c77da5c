"""`replica_device_setter`: puts variables on parameter servers in turn, and everything else on a worker."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, cast

from tracer import device, logging


def replica_device_setter(ps_tasks: int = 0, ps_device: str = "/job:ps", worker_device: str = "/job:worker",
                          merge_devices: bool = True, cluster: Any = None, ps_ops: Any = None,
                          ps_strategy: Any = None) -> Any:
    """A function for `tf.device` that places the variables of a graph on the tasks of the job `ps` in turn.

    >>> with tf.device(tf.train.replica_device_setter(cluster={"ps": ["ps0:2222", "ps1:2222"], "worker": ["w0:2222"]})):
    ...     weight, bias = tf.Variable(1.0), tf.Variable(0.0)
    >>> weight.device, bias.device
    ('/job:ps/task:0', '/job:ps/task:1')

    Args:
        ps_tasks: how many tasks the job has.
        ps_device: its device; "" for none.
        worker_device: the device of all other operations; "" for none.
        merge_devices: whether what an inner `tf.device` leaves open is filled in, instead of left open.
        cluster: the cluster, from which `ps_tasks` is taken.
        ps_ops: the types of operations that are placed on `ps_device`; by default variables.
        ps_strategy: a function from such an operation to the number of its task, in place of taking turns; from 0.12 on.

    Returns None, which `tf.device` takes as well, when there are no such tasks. Raises TypeError when `cluster` is no
    cluster.
    """
    from tracer.train.server_lib import ClusterSpec

    if cluster is not None:
        tasks = ClusterSpec(cluster).as_dict().get(device.from_string(ps_device).job)
        if not tasks:
            return None
        ps_tasks = len(tasks)
    if not ps_tasks:
        return None
    if not merge_devices:
        logging.warning("DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter")
    types = frozenset(["Variable"] if ps_ops is None else ps_ops)
    if ps_strategy is None:
        turns = itertools.cycle(range(ps_tasks))
        return _chooser(lambda op: next(turns), ps_device, worker_device, merge_devices, types)
    if not callable(ps_strategy):
        raise TypeError("ps_strategy must be callable")
    return _chooser(cast(Callable[[Any], int], ps_strategy), ps_device, worker_device, merge_devices, types)


def _chooser(task_of: Callable[[Any], int], ps_device: str, worker_device: str, merge: bool,
             ps_ops: frozenset) -> Callable[[Any], str]:
    from tracer.protos import NodeDef

    def choose(op: Any) -> str:
        if op.device and not merge:
            return op.device
        kind = op.op if isinstance(op, NodeDef) else op.type
        outer = device.from_string(worker_device)
        if ps_device and kind in ps_ops:
            outer = device.from_string(ps_device)
            outer.task = task_of(op)  # also where an inner device says another task
        outer.merge_from(device.from_string(op.device or ""))
        return outer.to_string()

    return choose
