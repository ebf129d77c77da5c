"""`tensorflow.tensorboard.lib.python.json_util`: numbers that JSON has no words for, as TensorBoard writes them."""

from tensorboard.backend.json_util import Cleanse as WrapSpecialFloats

__all__ = ["WrapSpecialFloats"]
