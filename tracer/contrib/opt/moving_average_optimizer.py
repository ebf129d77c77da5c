"""An optimizer that keeps moving averages of the variables it moves."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.ops import control_flow
from tracer.train.averages import ExponentialMovingAverage
from tracer.train.optimizer import OptimizerAround
from tracer.train.saver import Saver
from tracer.variables import all_variables


class MovingAverageOptimizer(OptimizerAround):
    """An optimizer around another: after each step it moves the averages. `swapping_saver` saves those as the variables.

    Args:
        opt: the optimizer that moves the variables.
        average_decay, num_updates: as for `tf.train.ExponentialMovingAverage`.
        sequential_update: False where averages need not wait for the step.
    """

    def __init__(self, opt: Any, average_decay: float = 0.9999, num_updates: Any = None,
                 sequential_update: bool = True) -> None:
        super().__init__(opt, False, type(self).__name__)
        self._averages = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._variable_map: dict[str, Any] | None = None
        self._sequential_update = sequential_update

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:
        """The step, and the averages after it."""
        pairs = list(grads_and_vars)
        step = self._opt.apply_gradients(pairs, global_step=global_step, name=name)
        variables = [variable for _, variable in pairs]
        if not self._sequential_update:
            moved = self._averages.apply(variables)
        else:
            with scopes.control_dependencies([step]):
                moved = self._averages.apply(variables)
        self._variable_map = {}
        for variable in variables:
            average = self._averages.average(variable)
            assert average is not None
            self._variable_map[average.op.name] = variable
            self._variable_map[variable.op.name] = average
        return control_flow.group(step, moved, name="train_with_avg")

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **kwargs: Any) -> Saver:
        """A saver of variables in which each average has the name of its variable, and the other way round.

        `var_list` is a list of variables, or a dict from names to them; by default all. Other arguments are the saver's.

        Raises:
            RuntimeError: there are no averages yet.
            ValueError: a variable is to be saved without its average, or with a name of its own.
        """
        if self._variable_map is None:
            raise RuntimeError("Must call apply_gradients or minimize before creating the swapping_saver")
        chosen = all_variables() if var_list is None else var_list
        named = dict(chosen) if isinstance(chosen, dict) else {variable.op.name: variable for variable in chosen}
        for key, variable in self._variable_map.items():
            if key not in named:
                raise ValueError(f"Variable to swap {key} is not part of variables to save. This breaks swapping.")
            named[key] = variable
        return Saver(named, name=name, **kwargs)
