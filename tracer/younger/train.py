"""`tf.train.NAME`: what TensorFlow 0.9 to 0.12 added."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from tracer.train.basic_loops import basic_train_loop as basic_train_loop
from tracer.train.sync_replicas_optimizer_v2 import SyncReplicasOptimizerV2 as SyncReplicasOptimizerV2
from tracer.train.training_util import assert_global_step as assert_global_step
from tracer.train.training_util import get_global_step as get_global_step

__all__ = ["SyncReplicasOptimizerV2", "assert_global_step", "basic_train_loop", "checkpoint_exists",
           "get_checkpoint_mtimes", "get_global_step"]


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of this name, in one file, in parts, or with an index."""
    return bool(_files(checkpoint_prefix))


def _files(prefix: str) -> list[str]:
    return [path for end in ("", ".index", "-?????-of-?????") for path in glob.glob(glob.escape(prefix) + end)]


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """When each of the checkpoints that are there was written, in seconds since 1970."""
    found = [_files(prefix) for prefix in checkpoint_prefixes]
    return [os.path.getmtime(files[0]) for files in found if files]
