"""The area under the ROC curve by histograms of scores."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.initializers import zeros_initializer
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, control_flow, logic, math, reduction, state
from tracer.ops.clip import clip_by_value
from tracer.ops.matrix import batch_matrix_band_part
from tracer.ops.segment import unsorted_segment_sum
from tracer.scopes import GraphKeys
from tracer.variable_scope import get_variable, variable_op_scope

__all__ = ["auc_using_histogram"]


def auc_using_histogram(boolean_labels: Any, scores: Any, score_range: Any, nbins: int = 100, collections: Any = None,
                        check_shape: bool = True, name: str | None = None) -> tuple[Tensor, Operation]:
    """The area under the ROC curve over many batches, from as many counts as there are bins.

    >>> area, update = tf.contrib.metrics.auc_using_histogram(labels, scores, [0.0, 1.0])

    Args:
        boolean_labels: a vector of bools.
        scores: a vector of the same size.
        score_range: the least and the largest score; what is beyond counts in the outermost bins.
        nbins: more bins come closer to the true area.
        collections: where the two variables are listed; by default the local variables.
        check_shape: whether a run fails for anything but two vectors of one size.
        name: the name of the metric.

    Returns:
        The area by what has been counted (NaN before anything has), and the operation that counts another batch.
    """
    keys = [GraphKeys.LOCAL_VARIABLES] if collections is None else collections
    with variable_op_scope([boolean_labels, scores, score_range], name, "auc_using_histogram"):
        score_range = convert_to_tensor(score_range, name="score_range")
        boolean_labels, scores = _checked(boolean_labels, scores, check_shape)
        counts = _histograms(boolean_labels, scores, score_range, nbins)
        with variable_op_scope(counts, None, "hist_accumulate"):
            seen = [get_variable(f"hist_{which}_acc", [nbins], initializer=zeros_initializer, collections=keys,
                                 trainable=False) for which in ("true", "false")]
            update = control_flow.group(*(state.assign_add(memory.ref(), new)
                                          for memory, new in zip(seen, counts, strict=True)), name="update_hist")
        return _area(seen[0].value(), seen[1].value(), nbins), update


def _histograms(labels: Tensor, scores: Tensor, score_range: Tensor, nbins: int) -> list[Tensor]:
    """How many scores of true and of false labels are in each bin, as `tf.histogram_fixed_width` counts them."""
    with scopes.name_scope("make_auc_histograms"):
        low, high = score_range[0], score_range[1]  # type: ignore[index]
        shares: Any = math.div(math.sub(scores, low), math.sub(high, low))
        places = casting.to_int32(clip_by_value(math.floor(shares * float(nbins)), 0.0, nbins - 1.0))
        return [unsorted_segment_sum(casting.to_float(chosen), places, nbins)
                for chosen in (labels, logic.logical_not(labels))]


def _checked(boolean_labels: Any, scores: Any, check_shape: bool) -> tuple[Tensor, Tensor]:
    labels, scores = convert_to_tensor(boolean_labels, name="boolean_labels"), convert_to_tensor(scores, name="scores")
    if labels.dtype.base_dtype is not dtypes.bool:
        raise ValueError(f"Argument boolean_labels should have dtype bool. Found: {labels.dtype!r}")
    if not check_shape:
        return labels, scores
    with scopes.name_scope("_check_labels_and_scores"):
        checks = [
            control_flow.Assert(logic.equal(1, array.rank(tensor)),
                                [f"Argument {what} should have rank 1. Found: ", array.rank(tensor)])
            for what, tensor in (("boolean_labels", labels), ("scores", scores))]
        with scopes.control_dependencies(checks):
            labels = array.identity(labels)
        return labels, array.reshape(scores, array.shape(labels))


def _area(true: Tensor, false: Tensor, nbins: int) -> Tensor:
    """The area under the curve through the points that the bins' edges give, as thresholds."""
    true_shares: Any = math.div(true, reduction.reduce_sum(true))
    false_shares = math.div(false, reduction.reduce_sum(false))
    # Of the positives, how many are above the middle of each bin, half of those in it among them.
    above = 1.0 - _strict_1d_cumsum(true_shares, nbins) + true_shares / 2.0
    return reduction.reduce_sum(math.mul(false_shares, above), name="auc")


def _strict_1d_cumsum(tensor: Tensor, len_tensor: int) -> Tensor:
    """The sums of the first elements of a vector: of one, of two and so on."""
    if len_tensor == 0:
        return constants.constant([])
    below = batch_matrix_band_part(constants.ones([len_tensor, len_tensor]), -1, 0)
    sums = reduction.reduce_sum(math.mul(below, array.reshape(casting.to_float(tensor), [1, len_tensor])), [1])
    sums.set_shape([len_tensor])
    return sums
