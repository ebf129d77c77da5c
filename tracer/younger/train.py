"""`tf.train.NAME`: what TensorFlow 0.9 to 0.12 added."""

from __future__ import annotations

import glob

from tracer.train.training_util import assert_global_step as assert_global_step
from tracer.train.training_util import get_global_step as get_global_step

__all__ = ["assert_global_step", "checkpoint_exists", "get_global_step"]


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of this name, in one file, in parts, or with an index."""
    name = glob.escape(checkpoint_prefix)
    return any(glob.glob(name + end) for end in ("", ".index", "-?????-of-?????"))
