"""`tf.contrib.layers`: embeddings looked up safely, and sequences and bags of numbers as embeddings; from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import nn, scopes
from tracer.contrib.framework.variables import model_variable
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, blocks, casting, indexing, logic, reduction, sparse
from tracer.ops.sparse import SparseTensor
from tracer.variable_scope import variable_op_scope


def safe_embedding_lookup_sparse(embedding_weights: Any, sparse_ids: SparseTensor, sparse_weights: Any = None,
                                 combiner: str | None = None, default_id: int | None = None, name: str | None = None,
                                 partition_strategy: str = "div", max_norm: float | None = None) -> Tensor:
    """`tf.nn.embedding_lookup_sparse` where rows may be empty and numbers invalid.

    Numbers below 0 are left out, and those whose weight is not above 0. A row without any is that of `default_id`, or
    zeros. `sparse_ids` has two dimensions or more; the last one is combined.

    Args:
        combiner: "mean" by default; see `tf.nn.embedding_lookup_sparse`, as for the other arguments.
    """
    if embedding_weights is None or (isinstance(embedding_weights, list | tuple) and not embedding_weights):
        raise ValueError("Missing embedding_weights")
    tables = list(embedding_weights) if isinstance(embedding_weights, list | tuple) else [embedding_weights]
    combiner = "mean" if combiner is None else combiner
    with scopes.op_scope([*tables, sparse_ids.values], name, "embedding_lookup") as scope:
        rank = sparse_ids.shape.get_shape()[0].value
        outer = array.slice(sparse_ids.shape, [0], [array.size(sparse_ids.shape) - 1])
        rows = reduction.reduce_prod(outer) if rank != 2 else None
        if rows is not None:
            from tracer.ops.later_sparse import sparse_reshape

            flat = array.pack([rows, indexing.gather(sparse_ids.shape, array.size(sparse_ids.shape) - 1)])
            sparse_ids = sparse_reshape(sparse_ids, flat)
            sparse_weights = None if sparse_weights is None else sparse_reshape(sparse_weights, flat)
        valid = logic.greater_equal(sparse_ids.values, 0)
        if sparse_weights is not None:
            valid = logic.logical_and(valid, logic.greater(sparse_weights.values, 0))
            sparse_weights = sparse.sparse_retain(sparse_weights, valid)
        sparse_ids = sparse.sparse_retain(sparse_ids, valid)
        sparse_ids, empty = sparse.sparse_fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = sparse.sparse_fill_empty_rows(sparse_weights, 1.0)
        result = nn.embedding_lookup_sparse(tables, sparse_ids, sparse_weights, partition_strategy, combiner=combiner,
                                            max_norm=max_norm, name=None if default_id is None else scope)
        if default_id is None:
            width = array.shape(result)
            spread = blocks.tile(array.reshape(empty, [-1, 1]), array.pack([1, indexing.gather(width, 1)]))
            result = logic.select(spread, array.zeros_like(result), result, name=scope)
        if rows is not None:
            size = array.slice(array.shape(result), [1], [-1])
            whole = array.concat(0, [casting.to_int32(outer), size])
            result = array.reshape(result, whole)
        return result


def embedding_lookup_unique(params: Any, ids: Any, name: str | None = None) -> Tensor:
    """`tf.nn.embedding_lookup`, each number looked up once."""
    with scopes.op_scope([params, ids], name, "EmbeddingLookupUnique"):
        ids = convert_to_tensor(ids)
        shape = array.shape(ids)
        numbers, places = indexing.unique(array.reshape(ids, [-1]))
        found = indexing.gather(nn.embedding_lookup(params, numbers), places)
        result = array.reshape(found, array.concat(0, [shape, array.slice(array.shape(found), [1], [-1])]))
        table = convert_to_tensor(params[0] if isinstance(params, list | tuple) else params).get_shape()
        if ids.get_shape().ndims is not None and table.ndims is not None:
            result.set_shape(ids.get_shape().concatenate(table[1:]))
        return result


def _embeddings(vocab_size: Any, embed_dim: Any, initializer: Any, regularizer: Any, trainable: bool) -> Any:
    if not (vocab_size and embed_dim):
        raise ValueError(f"Must specify vocab size and embedding dimension when not reusing. Got vocab_size={vocab_size} "
                         f"and embed_dim={embed_dim}")
    return model_variable("embeddings", shape=[vocab_size, embed_dim], initializer=initializer, regularizer=regularizer,
                          trainable=trainable)


def embed_sequence(ids: Any, vocab_size: int | None = None, embed_dim: int | None = None, unique: bool = False,
                   initializer: Any = None, regularizer: Any = None, trainable: bool = True, scope: Any = None,
                   reuse: bool | None = None) -> Tensor:
    """Each of the numbers of [batch, length] as a row of the variable `embeddings`.

    Args:
        unique: whether each number is looked up once.
        the others: of the variable.
    """
    if not reuse and not (vocab_size and embed_dim):
        raise ValueError(f"Must specify vocab size and embedding dimension when notreusing. Got vocab_size={vocab_size} "
                         f"and embed_dim={embed_dim}")
    with variable_op_scope([ids], scope, "EmbedSequence", reuse=reuse):
        shape = None if reuse and not (vocab_size and embed_dim) else [vocab_size, embed_dim]
        table = model_variable("embeddings", shape=shape, initializer=initializer, regularizer=regularizer,
                               trainable=trainable)
        return embedding_lookup_unique(table, ids) if unique else nn.embedding_lookup(table, ids)


def bow_encoder(ids: Any, vocab_size: int, embed_dim: int, sparse_lookup: bool = True, initializer: Any = None,
                regularizer: Any = None, trainable: bool = True, scope: Any = None, reuse: bool | None = None) -> Tensor:
    """The mean of the rows of `embeddings` for the numbers of each row of `ids`; 0 is a number like any other.

    Args:
        sparse_lookup: whether `ids`, where it is dense, is made sparse first: then 0 means that there is none.
        the others: of the variable.
    """
    from tracer.contrib.layers.sparse_ops import dense_to_sparse_tensor

    with variable_op_scope([ids] if isinstance(ids, Tensor) else [], scope, "bow_encoder", reuse=reuse):
        table = _embeddings(vocab_size, embed_dim, initializer, regularizer, trainable)
        if sparse_lookup:
            numbers = ids if isinstance(ids, SparseTensor) else dense_to_sparse_tensor(ids)
            return nn.embedding_lookup_sparse([table], numbers, None, combiner="mean")
        if isinstance(ids, SparseTensor):
            raise TypeError(f"ids are expected to be dense Tensor, got: {ids}")
        return reduction.reduce_mean(nn.embedding_lookup(table, ids), 1)
