"""What the pages of TensorBoard are told."""

from tracer.contrib.tensorboard.plugins import projector as projector
