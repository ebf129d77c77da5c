"""Classes as vectors that are learned."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import embedding
from tracer.ops import array, reduction
from tracer.variable_scope import get_variable, variable_scope


def embedding_lookup(params: Any, ids: Any, name: str = "embedding_lookup") -> Tensor:
    """The rows of the matrix `params` at `ids`, a tensor of any shape."""
    with scopes.op_scope([params, ids], name, "embedding_lookup"):
        params, ids = convert_to_tensor(params), convert_to_tensor(ids)
        shape = array.shape(ids)
        flat = embedding.embedding_lookup(params, array.reshape(ids, reduction.reduce_prod(shape, keep_dims=True)))
        rows = array.reshape(flat, array.concat(0, [shape, [-1]]))
        rows.set_shape(ids.get_shape().concatenate(params.get_shape()[1:]))
        return rows


def categorical_variable(tensor_in: Any, n_classes: int, embedding_size: int, name: str) -> Tensor:
    """A vector for each class of `tensor_in`, from a variable `name/name_embeddings` with a row for each class.

    >>> learn.ops.categorical_variable(X, n_classes=len(vocabulary), embedding_size=50, name="words")
    """
    with variable_scope(name):
        embeddings = get_variable(f"{name}_embeddings", [n_classes, embedding_size])
        return embedding_lookup(embeddings, tensor_in)
