"""How an estimator runs."""

from __future__ import annotations

from typing import Any


class RunConfig:
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
        self.tf_master = master or tf_master
        self.evaluation_master = evaluation_master
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
    def master(self) -> str:
        """The server that it runs on."""
        return self.tf_master

    @property
    def is_chief(self) -> bool:
        """Whether it saves and restores the model: this process always does."""
        return True

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
