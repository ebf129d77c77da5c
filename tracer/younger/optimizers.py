"""`tf.train.NAME`: the optimizers that TensorFlow 0.11 and 0.12 added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import IndexedSlices, convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, later_train, math
from tracer.train.optimizer import Optimizer
from tracer.variables import Variable

__all__ = ["AdagradDAOptimizer", "ProximalAdagradOptimizer", "ProximalGradientDescentOptimizer"]


class _Regularized(Optimizer):
    """An optimizer with a learning rate and the strengths of two regularizations."""

    def __init__(self, learning_rate: Any, l1_regularization_strength: float, l2_regularization_strength: float,
                 use_locking: bool, name: str) -> None:
        super().__init__(use_locking, name)
        self._given = (("learning_rate", learning_rate), ("l1_regularization_strength", l1_regularization_strength),
                       ("l2_regularization_strength", l2_regularization_strength))
        self._scalars: Sequence[Tensor] = ()

    def _prepare(self) -> None:
        self._scalars = [convert_to_tensor(value, name=name) for name, value in self._given]

    def _cast(self, var: Variable) -> list[Tensor]:
        return [casting.cast(value, var.dtype.base_dtype) for value in self._scalars]

    def _filled_slot(self, var: Variable, value: float, slot: str) -> None:
        with scopes.colocate_with(var):
            start = constants.constant(value, dtype=var.dtype.base_dtype, shape=var.get_shape())
        self._get_or_make_slot(var, start, slot, self._name)


class ProximalGradientDescentOptimizer(_Regularized):
    """Gradient descent that shrinks weights: see `ops.later_train.apply_proximal_gradient_descent`."""

    def __init__(self, learning_rate: Any, l1_regularization_strength: float = 0.0,
                 l2_regularization_strength: float = 0.0, use_locking: bool = False,
                 name: str = "ProximalGradientDescent") -> None:
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength, use_locking, name)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return later_train.apply_proximal_gradient_descent(
            var, *self._cast(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return later_train.sparse_apply_proximal_gradient_descent(
            var, *self._cast(var), grad.values, grad.indices, use_locking=self._use_locking).op


class ProximalAdagradOptimizer(_Regularized):
    """Adagrad that shrinks weights. Slot: `accumulator`."""

    def __init__(self, learning_rate: Any, initial_accumulator_value: float = 0.1,
                 l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
                 use_locking: bool = False, name: str = "ProximalAdagrad") -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength, use_locking, name)
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            self._filled_slot(var, self._initial_accumulator_value, "accumulator")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return later_train.apply_proximal_adagrad(
            var, self.get_slot(var, "accumulator"), *self._cast(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return later_train.sparse_apply_proximal_adagrad(
            var, self.get_slot(var, "accumulator"), *self._cast(var), grad.values, grad.indices,
            use_locking=self._use_locking).op


class AdagradDAOptimizer(_Regularized):
    """Adagrad by dual averaging (Duchi et al., 2011), whose regularization counts the steps.

    Slots: `gradient_accumulator` and `gradient_squared_accumulator`.
    """

    def __init__(self, learning_rate: Any, global_step: Any, initial_gradient_squared_accumulator_value: float = 0.1,
                 l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
                 use_locking: bool = False, name: str = "AdagradDA") -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError("initial_gradient_squared_accumulator_value must bepositive: "
                             f"{initial_gradient_squared_accumulator_value}")
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength, use_locking, name)
        self._initial_value = initial_gradient_squared_accumulator_value
        self._global_step = global_step

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            self._filled_slot(var, 0.0, "gradient_accumulator")
            self._filled_slot(var, self._initial_value, "gradient_squared_accumulator")

    def _accumulators(self, var: Variable) -> list[Variable | None]:
        return [self.get_slot(var, "gradient_accumulator"), self.get_slot(var, "gradient_squared_accumulator")]

    def _step(self) -> Tensor:
        """The number of this step, counted from 1."""
        return math.add(casting.cast(array.identity(self._global_step), dtypes.int64), 1)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return later_train.apply_adagrad_da(
            var, *self._accumulators(var), grad, *self._cast(var), self._step(), use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return later_train.sparse_apply_adagrad_da(
            var, *self._accumulators(var), grad.values, grad.indices, *self._cast(var), self._step(),
            use_locking=self._use_locking).op
