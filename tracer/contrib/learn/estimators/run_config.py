"""How an estimator runs: `RunConfig`, and of which cluster it is a task: `ClusterConfig`."""

from __future__ import annotations

import json
import os
from typing import Any

from tracer import compat
from tracer.properties import reads
from tracer.train.server_lib import ClusterSpec


class Environment:
    """Where a program runs, as `TF_CONFIG` says it; from 0.12 on."""

    LOCAL = "local"
    CLOUD = "cloud"
    GOOGLE = "google"


class TaskType:
    """The jobs that `ClusterConfig` knows by name."""

    MASTER = "master"
    PS = "ps"
    WORKER = "worker"


class ClusterConfig:
    """The cluster that this process is a task of, as the environment variable `TF_CONFIG` says it; from 0.12 on.

    >>> os.environ["TF_CONFIG"] = json.dumps({
    ...     "cluster": {"ps": ["host1:2222"], "worker": ["host2:2222", "host3:2222"]},
    ...     "task": {"type": "worker", "index": 1}})
    >>> learn.ClusterConfig().master
    'grpc://host3:2222'

    Args:
        master: the server to run on; by default that of the task, of a cluster of several.
        evaluation_master: the server that evaluations run on.

    Raises ValueError when the cluster has no such task.
    """

    def __init__(self, master: str | None = None, evaluation_master: str | None = None) -> None:
        config = json.loads(os.environ.get("TF_CONFIG") or "{}")
        task = config.get("task") or {}
        self._task_type = task.get("type")
        self._task_id = self.get_task_id()
        self._environment = config.get("environment", Environment.LOCAL)
        cluster = config.get("cluster") or {}
        self._cluster_spec = ClusterSpec(cluster)
        self._num_ps_replicas = len(cluster.get("ps", ()))
        self._master = self._own_address(cluster) if master is None else master
        self._evaluation_master = evaluation_master or ""
        chief = "master" if self._environment == Environment.CLOUD else "worker"
        self._is_chief = self._task_type in (None, chief) and self._task_id == 0

    def _own_address(self, cluster: dict[str, list[str]]) -> str:
        if self._task_type is None or sum(map(len, cluster.values())) < 2:
            return ""  # alone
        note = "Note that these {} may be coming from the TF_CONFIG environment variable."
        if self._task_type not in cluster:
            raise ValueError(f"{self._task_type} is not a valid task_type in the cluster_spec:\n{self._cluster_spec}\n\n"
                             + note.format("values"))
        tasks = cluster[self._task_type]
        if not 0 <= self._task_id < len(tasks):
            raise ValueError(f"{self._task_id} is not a valid task_id for task_type {self._task_type} in the cluster_spec:"
                             f"\n{self._cluster_spec}\n\n" + note.format("value"))
        return f"grpc://{tasks[self._task_id]}"

    @staticmethod
    def get_task_id() -> int:
        """The number of this task, as `TF_CONFIG` says it."""
        task = json.loads(os.environ.get("TF_CONFIG") or "{}").get("task") or {}
        return int(compat.as_str_any(task.get("index") or 0))

    cluster_spec = reads("_cluster_spec", "The `ClusterSpec` of the cluster.")
    environment = reads("_environment", "Where it runs: an `Environment`.")
    evaluation_master = reads("_evaluation_master", "The server that evaluations run on.")
    is_chief = reads("_is_chief", "Whether this task saves and restores the model.")
    master = reads("_master", "The server that it runs on.")
    num_ps_replicas = reads("_num_ps_replicas", "How many parameter servers the cluster has.")
    task_id = reads("_task_id", "The number of this task.")
    task_type = reads("_task_type", "The job of this task.")


class RunConfig(ClusterConfig):
    """How an estimator runs.

    >>> learn.TensorFlowDNNClassifier([10], 3, config=learn.RunConfig(num_cores=2))

    Args:
        tf_master: the TensorFlow server to run on; empty for this process.
        num_cores: how many threads operations may use.
        verbose: 0 is quiet, 1 reports progress, 2 says on which device each operation runs.
        gpu_memory_fraction: the part of a GPU's memory to use.
        tf_random_seed: of the graph, so that two runs give the same.
        keep_checkpoint_max: how many checkpoints are kept; 0 or None for all.
        keep_checkpoint_every_n_hours: one checkpoint in so many hours is kept in any case.
        master, log_device_placement: what `tf_master` and `verbose` are called from 0.11 on, as what follows.
        save_summary_steps: how many steps lie between two summaries.
        save_checkpoints_secs, save_checkpoints_steps: how many seconds, or else steps, lie between two checkpoints.
        evaluation_master: the server that evaluations run on.
    """

    def __init__(self, tf_master: str = "", num_cores: int = 4, verbose: int = 1, gpu_memory_fraction: float = 1,
                 tf_random_seed: int | None = 42, keep_checkpoint_max: int | None = 5,
                 keep_checkpoint_every_n_hours: float = 10000, master: str | None = None,
                 log_device_placement: bool = False, save_summary_steps: int = 100, save_checkpoints_secs: float = 600,
                 save_checkpoints_steps: int | None = None, evaluation_master: str = "") -> None:
        super().__init__(master or tf_master or None, evaluation_master)
        self.tf_master = self.master
        self.log_device_placement = log_device_placement
        self.save_summary_steps = save_summary_steps
        self.save_checkpoints_secs = save_checkpoints_secs
        self.save_checkpoints_steps = save_checkpoints_steps
        self.num_cores = num_cores
        self.verbose = verbose
        self.gpu_memory_fraction = gpu_memory_fraction
        self.tf_random_seed = tf_random_seed
        self.keep_checkpoint_max = keep_checkpoint_max
        self.keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours

    @property
    def tf_config(self) -> Any:
        """The `ConfigProto` of sessions."""
        from tracer.protos import ConfigProto, GPUOptions

        return ConfigProto(
            log_device_placement=self.verbose > 1 or self.log_device_placement,
            inter_op_parallelism_threads=self.num_cores,
            intra_op_parallelism_threads=self.num_cores,
            gpu_options=GPUOptions(per_process_gpu_memory_fraction=self.gpu_memory_fraction),
        )
