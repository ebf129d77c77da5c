"""Losses over a few sampled classes instead of all of them."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn.embedding import embedding_lookup
from tracer.nn.losses import sigmoid_cross_entropy_with_logits
from tracer.ops import array, casting, constants, logic, math, nn, reduction, sampling


def nce_loss(weights: Any, biases: Any, inputs: Any, labels: Any, num_sampled: int, num_classes: int, num_true: int = 1,
             sampled_values: Any = None, remove_accidental_hits: bool = False, partition_strategy: str = "mod",
             name: str = "nce_loss") -> Tensor:
    """Noise-contrastive estimation: tells the right classes from sampled ones by logistic regression.

    Args:
        weights: a table of shape [num_classes, dim], or a list of tables that together are one.
        biases: of shape [num_classes].
        inputs: of shape [batch, dim].
        labels: the right classes, int64 of shape [batch, num_true].
        num_sampled: how many classes are drawn for the batch.
        num_classes: how many there are.
        num_true: how many right classes an example has.
        sampled_values: what a candidate sampler returned; `log_uniform_candidate_sampler` by default.
        remove_accidental_hits: whether a right class that is drawn counts no more.
        partition_strategy: how several tables share the classes, as for `embedding_lookup`.

    Returns:
        A vector of `batch` losses.
    """
    logits, targets = _compute_sampled_logits(
        weights, biases, inputs, labels, num_sampled, num_classes, num_true=num_true, sampled_values=sampled_values,
        subtract_log_q=True, remove_accidental_hits=remove_accidental_hits, partition_strategy=partition_strategy,
        name=name)
    return _sum_rows(sigmoid_cross_entropy_with_logits(logits, targets, name="sampled_losses"))


def sampled_softmax_loss(weights: Any, biases: Any, inputs: Any, labels: Any, num_sampled: int, num_classes: int,
                         num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = True,
                         partition_strategy: str = "mod", name: str = "sampled_softmax_loss") -> Tensor:
    """The softmax cross entropy over the right class and sampled ones: for training only.

    Args:
        weights, biases, inputs, labels, num_sampled, num_classes, num_true: as for `nce_loss`.
        sampled_values, remove_accidental_hits, partition_strategy: as for `nce_loss`.

    Returns:
        A vector of `batch` losses.
    """
    logits, targets = _compute_sampled_logits(
        weights, biases, inputs, labels, num_sampled, num_classes, num_true=num_true, sampled_values=sampled_values,
        subtract_log_q=True, remove_accidental_hits=remove_accidental_hits, partition_strategy=partition_strategy,
        name=name)
    return nn.softmax_cross_entropy_with_logits(logits, targets)


def _sum_rows(x: Tensor) -> Tensor:
    """The sum of each row, as a product with ones."""
    ones = constants.ones(array.pack([array.shape(x)[1], 1]), x.dtype)  # type: ignore[index]
    return array.reshape(math.matmul(x, ones), [-1])


def _compute_sampled_logits(
    weights: Any, biases: Any, inputs: Any, labels: Any, num_sampled: int, num_classes: int, num_true: int = 1,
    sampled_values: Any = None, subtract_log_q: bool = True, remove_accidental_hits: bool = False,
    partition_strategy: str = "mod", name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits of the right and of the sampled classes, [batch, num_true + num_sampled], and the targets for them."""
    tables = list(weights) if isinstance(weights, (list, tuple)) else [weights]
    with scopes.op_scope([*tables, biases, inputs, labels], name, "compute_sampled_logits"):
        labels = convert_to_tensor(labels, name="labels")
        labels = casting.cast(labels, dtypes.int64)
        flat = array.reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = sampling.log_uniform_candidate_sampler(
                true_classes=labels, num_true=num_true, num_sampled=num_sampled, unique=True, range_max=num_classes)
        sampled, true_expected, sampled_expected = sampled_values
        # One look-up for both, so that the gradient is one set of rows.
        ids = array.concat(0, [flat, sampled])
        rows = embedding_lookup(tables, ids, partition_strategy=partition_strategy)
        offsets = embedding_lookup(biases, ids)
        true_logits = _true_logits(rows, offsets, inputs, flat, num_true)
        start = array.pack([array.shape(flat)[0], 0])  # type: ignore[index]
        sampled_rows = array.slice(rows, start, [-1, -1])
        sampled_offsets = array.slice(offsets, array.shape(flat), [-1])
        sampled_logits = math.matmul(inputs, sampled_rows, transpose_b=True) + sampled_offsets  # type: ignore[operator]
        if remove_accidental_hits:
            sampled_logits += _hits(labels, sampled, num_true, sampled_logits.dtype.base_dtype)
        if subtract_log_q:
            true_logits -= math.log(true_expected)
            sampled_logits -= math.log(sampled_expected)
        logits = array.concat(1, [true_logits, sampled_logits])
        right = constants.ones_like(true_logits) / num_true  # type: ignore[operator]
        return logits, array.concat(1, [right, constants.zeros_like(sampled_logits)])


def _true_logits(rows: Tensor, offsets: Tensor, inputs: Any, flat: Tensor, num_true: int) -> Any:
    true_rows = array.slice(rows, [0, 0], array.pack([array.shape(flat)[0], -1]))  # type: ignore[index]
    true_offsets = array.slice(offsets, [0], array.shape(flat))
    dim = array.shape(true_rows)[1:2]  # type: ignore[index]
    by_example = array.concat(0, [[-1, num_true], dim])
    products = math.mul(array.expand_dims(inputs, 1), array.reshape(true_rows, by_example))
    dots = _sum_rows(array.reshape(products, array.concat(0, [[-1], dim])))
    return array.reshape(dots, [-1, num_true]) + array.reshape(true_offsets, [-1, num_true])  # type: ignore[operator]


def _hits(labels: Tensor, sampled: Any, num_true: int, kind: Any) -> Any:
    """The smallest float where a sampled class is a right one, elsewhere zero.

    TensorFlow asks `ComputeAccidentalHits`, whose result has another size in every step; to compare all with all is
    quick, and no program is compiled anew.
    """
    sampled = convert_to_tensor(sampled, dtypes.int64, name="sampled")
    equal = logic.equal(array.expand_dims(array.reshape(labels, [-1, num_true]), 2), sampled)
    return casting.cast(reduction.reduce_any(equal, [1]), kind) * kind.min  # type: ignore[operator]
