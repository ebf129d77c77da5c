"""Tensors cut into steps, put together from steps, and classes as rows of zeros and a one."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.ir import Tensor
from tracer.ops import array, casting, indexing


def split_squeeze(dim: int, num_split: int, tensor_in: Any) -> list[Tensor]:
    """The `num_split` slices along dimension `dim`, without that dimension.

    >>> [t.get_shape() for t in learn.ops.split_squeeze(1, 3, tf.zeros([2, 3, 5]))]
    [TensorShape([Dimension(2), Dimension(5)]), ...]
    """
    return [array.squeeze(piece, squeeze_dims=[dim]) for piece in array.split(dim, num_split, tensor_in)]


def expand_concat(dim: int, inputs: Any) -> Tensor:
    """The tensors beside each other in a new dimension `dim`."""
    return array.concat(dim, [array.expand_dims(tensor, dim) for tensor in inputs])


def one_hot_matrix(tensor_in: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0) -> Tensor:
    """Each class as a row that has `on_value` at its place and `off_value` elsewhere.

    >>> learn.ops.one_hot_matrix([[0, 2]], 3).eval()
    array([[[1., 0., 0.], [0., 0., 1.]]], dtype=float32)
    """
    return indexing.one_hot(casting.cast(tensor_in, dtypes.int64), num_classes, on_value, off_value)
