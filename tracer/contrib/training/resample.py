"""Batches in which each example comes as often, on average, as its rate says."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, indexing, logic, loops, math, placeholders, random, reduction
from tracer.train.averages import assign_moving_average
from tracer.variable_scope import variable_scope
from tracer.variables import Variable


def resample_at_rate(inputs: Any, rates: Any, scope: str | None = None, seed: int | None = None,
                     back_prop: bool = False) -> list[Tensor]:
    """The rows of several tensors, each repeated a number of times that is drawn from a Poisson distribution.

    >>> [words, labels] = tf.contrib.training.resample_at_rate([words, labels], [1.0, 0.5, 2.0])

    Args:
        inputs: tensors of as many rows as there are rates.
        rates: how often each row comes on average; a vector.
        scope: the name of the scope.
        seed: fixes the numbers.
        back_prop: whether gradients go through the rows.
    """
    tensors = [convert_to_tensor(one) for one in inputs]
    with scopes.op_scope([rates, *tensors], scope, "resample_at_rate"):
        rates = convert_to_tensor(rates, name="rates")
        least = math.exp(math.neg(rates))

        def go_on(left: Tensor, counts: Tensor) -> Tensor:
            return reduction.reduce_any(logic.greater(left, least))

        def draw(left: Tensor, counts: Tensor) -> list[Tensor]:
            left = math.mul(left, random.random_uniform(array.shape(left), dtype=left.dtype.base_dtype, seed=seed))
            return [left, math.add(counts, casting.cast(logic.greater(left, least), dtypes.int32))]

        start = [array.ones_like(rates), array.zeros_like(rates, dtype=dtypes.int32)]
        _, counts = loops.while_loop(go_on, draw, start, back_prop=False)
        rounds = constants.range(math.add(reduction.reduce_max(array.concat(0, [counts, [0]])), 1))
        chosen = indexing.where(logic.less(array.expand_dims(rounds, 1), array.expand_dims(counts, 0)))[:, 1]
        return [indexing.gather(tensor if back_prop else placeholders.stop_gradient(tensor), chosen)
                for tensor in tensors]


def weighted_resample(inputs: Any, weights: Any, overall_rate: float, scope: str | None = None,
                      mean_decay: float = 0.999, warmup: int = 10, seed: int | None = None) -> tuple[list[Tensor], Tensor]:
    """The rows of several tensors, each as often as its weight over the mean weight says; and those rates, of each row.

    Args:
        inputs: tensors of as many rows as there are weights.
        weights: a vector.
        overall_rate: how many rows come for each that goes in, on average.
        scope: the name of the scope.
        mean_decay: how fast the mean weight forgets earlier batches.
        warmup: for how many batches it forgets faster.
        seed: fixes the numbers.
    """
    tensors = [convert_to_tensor(one) for one in inputs]
    with variable_scope(scope or "resample"):
        weights = convert_to_tensor(weights, name="weights")
        local = {"trainable": False, "collections": [scopes.GraphKeys.LOCAL_VARIABLES]}
        with scopes.op_scope([], None, (scope or "resample") + "/"):
            count = Variable(constants.constant(0.0), name="resample_count", **local)
            mean = Variable(constants.constant(0.0), name="estimated_mean", **local)
        seen = count.assign_add(1.0)
        decay = math.minimum(math.div(math.sub(seen, 1.0), math.minimum(seen, float(warmup))), mean_decay)
        average = assign_moving_average(mean, reduction.reduce_mean(weights), decay)
        rates = math.div(math.mul(weights, overall_rate), average)
        resampled_rates, *rows = resample_at_rate([rates, *tensors], rates, seed=seed)
        return rows, resampled_rates
