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
    """

    def __init__(self, tf_master: str = "", num_cores: int = 4, verbose: int = 1, gpu_memory_fraction: float = 1,
                 tf_random_seed: int | None = 42, keep_checkpoint_max: int | None = 5,
                 keep_checkpoint_every_n_hours: float = 10000) -> None:
        self.tf_master = tf_master
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
            log_device_placement=self.verbose > 1,
            inter_op_parallelism_threads=self.num_cores,
            intra_op_parallelism_threads=self.num_cores,
            gpu_options=GPUOptions(per_process_gpu_memory_fraction=self.gpu_memory_fraction),
        )
