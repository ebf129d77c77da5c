"""Moving averages of variables and tensors."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import casting, control_flow, state
from tracer.ops import math as math_ops
from tracer.scopes import GraphKeys
from tracer.train import slots
from tracer.variables import Variable, all_variables, moving_average_variables, trainable_variables


def assign_moving_average(variable: Variable, value: Any, decay: Any, name: str | None = None,
                          zero_debias: bool = False) -> Tensor:
    """Moves `variable` towards `value`: `variable -= (variable - value) * (1 - decay)`.

    With `zero_debias`, which is younger than 0.8, it becomes the average without what it started with: the average from
    zero, kept in `VARIABLE/biased`, by `1 - decay ** VARIABLE/local_step`.
    """
    with scopes.op_scope([variable, value, decay], name, "AssignMovingAvg") as scope, scopes.colocate_with(variable):
        rate = casting.cast(convert_to_tensor(1.0 - decay, name="decay"), variable.dtype.base_dtype)
        if zero_debias:
            return state.assign_sub(variable.ref(), _without_start(variable, value, rate), name=scope)
        distance: Any = math_ops.sub(variable.value(), value, name="sub")
        return state.assign_sub(variable.ref(), distance * rate, name=scope)


def _without_start(variable: Variable, value: Any, rate: Any) -> Tensor:
    """How far the variable is from the average without its start, after this step."""
    from tracer.initializers import ones_initializer, zeros_initializer
    from tracer.variable_scope import get_variable, variable_scope

    kind = variable.dtype.base_dtype
    with variable_scope(variable.op.name):
        biased = get_variable("biased", variable.get_shape(), kind, zeros_initializer, trainable=False)
        steps = get_variable("local_step", [], kind, ones_initializer, trainable=False)  # TensorFlow counts from 1
    distance: Any = math_ops.sub(biased.value(), value)
    average: Any = state.assign_sub(biased.ref(), distance * rate)
    count = state.assign_add(steps.ref(), 1)
    return math_ops.sub(variable.value(), average / (1 - math_ops.pow(1 - rate, count)))


def weighted_moving_average(value: Any, decay: Any, weight: Any, truediv: bool = True, collections: Any = None,
                            name: str | None = None) -> Tensor:
    """The moving average of `value`, each value counting by its `weight`, as updated by this very run.

    Args:
        value: a tensor of a floating point type.
        decay: the factor by which what came before counts less, below 1.
        weight: a tensor whose product with `value` has the shape of `value`.
        truediv: whether whole numbers are divided exactly.
        collections: where the two variables are listed, `value_x_weight` and `weight`.
        name: the name of their scope.
    """
    from tracer.initializers import zeros_initializer
    from tracer.variable_scope import get_variable, variable_op_scope

    value, weight = convert_to_tensor(value), convert_to_tensor(weight)
    with variable_op_scope([value, weight, decay], name, "WeightedMovingAvg"):
        total = get_variable("value_x_weight", value.get_shape(), value.dtype.base_dtype, zeros_initializer,
                             trainable=False, collections=collections)
        weights = get_variable("weight", weight.get_shape(), weight.dtype.base_dtype, zeros_initializer,
                               trainable=False, collections=collections)
        numerator: Any = assign_moving_average(total, math_ops.mul(value, weight), decay)
        denominator = assign_moving_average(weights, weight, decay)
        return numerator / denominator if truediv else math_ops.div(numerator, denominator)


class ExponentialMovingAverage:
    """Keeps moving averages of variables: `average -= (average - variable) * (1 - decay)`.

    >>> averages = tf.train.ExponentialMovingAverage(0.99)
    >>> update = averages.apply([w])
    >>> averages.average(w).name
    'w/ExponentialMovingAverage:0'

    Args:
        decay: close to 1.0.
        num_updates: a count of updates; the decay is then at most `(1 + num_updates) / (10 + num_updates)`, so that
            averages move fast at first.
        name: the last part of the averages' names.
    """

    def __init__(self, decay: Any, num_updates: Any = None, name: str = "ExponentialMovingAverage") -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._name = name
        self._averages: dict[Any, Variable] = {}

    def apply(self, var_list: Any = None) -> Operation:
        """The operation that updates the averages of `var_list` (the trainable variables), which it makes.

        The average of a variable starts at its initial value, that of a tensor at 0.

        Raises:
            TypeError: one of them is no floating point number.
            ValueError: one of them has an average already.
        """
        chosen = trainable_variables() if var_list is None else list(var_list)
        for var in chosen:
            self._make(var)
        with scopes.name_scope(self._name) as scope:
            decay: Any = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count: Any = casting.cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = math_ops.minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [assign_moving_average(self._averages[var], var, decay) for var in chosen]
            return control_flow.group(*updates, name=scope)

    def _make(self, var: Any) -> None:
        if var.dtype.base_dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
            raise TypeError(f"The variables must be float or double: {var.name}")
        if var in self._averages:
            raise ValueError(f"Moving average already computed for: {var.name}")
        with scopes.control_dependencies(None):
            if isinstance(var, Variable):
                average = slots.create_slot(var, var.initialized_value(), self._name)
                scopes.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
            else:
                average = slots.create_zeros_slot(var, self._name, colocate_with_primary=var.op.type == "Variable")
        self._averages[var] = average

    def average(self, var: Any) -> Variable | None:
        """The variable that holds the average of `var`; None when there is none."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name that the average of `var` has or would have, by which checkpoints hold it."""
        if var in self._averages:
            return self._averages[var].op.name
        return scopes.get_default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """A dict for `tf.train.Saver` that gives variables the values of their averages.

        >>> saver = tf.train.Saver(averages.variables_to_restore())

        Args:
            moving_avg_variables: those that have averages; by default the trainable ones and all that `apply` was
                given. All other variables are restored from their own values.
        """
        averaged = (trainable_variables() + moving_average_variables() if moving_avg_variables is None
                    else list(moving_avg_variables))
        averaged = list(dict.fromkeys(averaged))
        found = {self.average_name(var): var for var in averaged}
        for var in all_variables():
            if var not in averaged:
                found.setdefault(var.op.name, var)
        return found
