"""The optimizers of `tf.train`: their slots, their hyperparameters, and the operation that each records."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import IndexedSlices, convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, control_flow, indexing, later_train, segment, state, train
from tracer.ops import math as math_ops
from tracer.train.optimizer import Optimizer
from tracer.variables import Variable


def _cast(value: Tensor | Variable, var: Variable) -> Any:
    """A hyperparameter in the type of `var`."""
    return casting.cast(value, var.dtype.base_dtype)


class GradientDescentOptimizer(Optimizer):
    """Gradient descent: `var -= learning_rate * grad`.

    >>> train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

    Args:
        learning_rate: a number or a tensor.
        use_locking: accepted; updates never overlap.
        name: the name of what is recorded.
    """

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._learning_rate, name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return train.apply_gradient_descent(
            var, _cast(self._learning_rate_tensor, var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        values: Any = grad.values
        rows = IndexedSlices(values * _cast(self._learning_rate_tensor, var), grad.indices, grad.dense_shape)
        return var.scatter_sub(rows, use_locking=self._use_locking)


class MomentumOptimizer(Optimizer):
    """Momentum: `accum = momentum * accum + grad; var -= learning_rate * accum`.

    >>> train_step = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)

    Slots: `momentum`.

    With `use_nesterov`, from 0.9 on: `var -= learning_rate * (grad + momentum * accum)`, the accumulator being the new one.
    """

    def __init__(self, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = "Momentum",
                 use_nesterov: bool = False) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._learning_rate, name="learning_rate")
        self._momentum_tensor = convert_to_tensor(self._momentum, name="momentum")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        accum, rate, momentum = self._settings(var)
        if not self._use_nesterov:
            return train.apply_momentum(var, accum, rate, grad, momentum, use_locking=self._use_locking).op
        moved: Any = state.assign(accum.ref(), momentum * accum + grad, use_locking=self._use_locking)
        return state.assign_sub(var.ref(), rate * (grad + momentum * moved), use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        accum, rate, momentum = self._settings(var)
        if not self._use_nesterov:
            return train.sparse_apply_momentum(var, accum, rate, grad.values, grad.indices, momentum,
                                               use_locking=self._use_locking).op
        rows, values = _summed_by_row(grad)
        moved: Any = momentum * indexing.gather(accum, rows) + values
        keep = state.scatter_update(accum.ref(), rows, moved, use_locking=self._use_locking)
        step: Any = rate * (values + momentum * moved)
        return control_flow.group(keep, state.scatter_sub(var.ref(), rows, step, use_locking=self._use_locking))

    def _settings(self, var: Variable) -> tuple[Any, Any, Any]:
        return (self.get_slot(var, "momentum"), _cast(self._learning_rate_tensor, var), _cast(self._momentum_tensor, var))


def _summed_by_row(grad: IndexedSlices) -> tuple[Tensor, Tensor]:
    """The rows of a gradient, each once, and their values."""
    rows, places = indexing.unique(grad.indices)
    return rows, segment.unsorted_segment_sum(grad.values, places, array.size(rows))


class AdagradOptimizer(Optimizer):
    """Adagrad: `accum += grad ** 2; var -= learning_rate * grad / sqrt(accum)`.

    >>> train_step = tf.train.AdagradOptimizer(0.1).minimize(loss)

    Slots: `accumulator`, which starts at `initial_accumulator_value`, a positive number.
    """

    def __init__(self, learning_rate: Any, initial_accumulator_value: float = 0.1, use_locking: bool = False,
                 name: str = "Adagrad") -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            with scopes.colocate_with(var):
                value = constants.constant(
                    self._initial_accumulator_value, dtype=var.dtype.base_dtype, shape=var.get_shape())
            self._get_or_make_slot(var, value, "accumulator", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._learning_rate, name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return train.apply_adagrad(
            var, self.get_slot(var, "accumulator"), _cast(self._learning_rate_tensor, var), grad,
            use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return train.sparse_apply_adagrad(
            var, self.get_slot(var, "accumulator"), _cast(self._learning_rate_tensor, var), grad.values,
            grad.indices, use_locking=self._use_locking)


class AdadeltaOptimizer(Optimizer):
    """Adadelta (Zeiler, 2012): steps in proportion to the steps taken so far.

    >>> train_step = tf.train.AdadeltaOptimizer(1.0, rho=0.95).minimize(loss)

    Slots: `accum` and `accum_update`, the averages of squared gradients and squared updates.
    """

    def __init__(self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-08, use_locking: bool = False,
                 name: str = "Adadelta") -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._rho = rho
        self._epsilon = epsilon

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._lr_t = convert_to_tensor(self._lr, name="lr")
        self._rho_t = convert_to_tensor(self._rho, name="rho")
        self._epsilon_t = convert_to_tensor(self._epsilon, name="epsilon")

    def _arguments(self, var: Variable) -> list[Any]:
        return [var, self.get_slot(var, "accum"), self.get_slot(var, "accum_update"),
                *(_cast(value, var) for value in (self._lr_t, self._rho_t, self._epsilon_t))]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return train.apply_adadelta(*self._arguments(var), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return train.sparse_apply_adadelta(
            *self._arguments(var), grad.values, grad.indices, use_locking=self._use_locking)


class AdamOptimizer(Optimizer):
    """Adam (Kingma and Ba, 2014), with epsilon outside of the bias correction.

    >>> train_step = tf.train.AdamOptimizer(1e-4).minimize(loss)

    `m` and `v` are moving averages of gradients and squared gradients; the rate is
    `learning_rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t)` and `var -= rate * m / (sqrt(v) + epsilon)`. A sparse
    gradient lets `m` and `v` decay in all rows, so that all of them move.

    Slots: `m` and `v`. The powers of the betas are variables, `beta1_power` and `beta2_power`.
    """

    def __init__(self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-08,
                 use_locking: bool = False, name: str = "Adam") -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self._beta1_power: Any = None
        self._beta2_power: Any = None

    def _get_beta_accumulators(self) -> tuple[Variable, Variable]:
        return self._beta1_power, self._beta2_power

    def _create_slots(self, var_list: list[Variable]) -> None:
        if self._beta1_power is None or self._beta1_power.graph is not var_list[0].graph:
            with scopes.colocate_with(var_list[0]):
                self._beta1_power = Variable(self._beta1, name="beta1_power", trainable=False)
                self._beta2_power = Variable(self._beta2, name="beta2_power", trainable=False)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._lr_t = convert_to_tensor(self._lr, name="learning_rate")
        self._beta1_t = convert_to_tensor(self._beta1, name="beta1")
        self._beta2_t = convert_to_tensor(self._beta2, name="beta2")
        self._epsilon_t = convert_to_tensor(self._epsilon, name="epsilon")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        scalars = (self._beta1_power, self._beta2_power, self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
        return train.apply_adam(
            var, self.get_slot(var, "m"), self.get_slot(var, "v"), *(_cast(value, var) for value in scalars), grad,
            use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            _cast(value, var) for value in (self._beta1_power, self._beta2_power, self._lr_t, self._beta1_t,
                                            self._beta2_t, self._epsilon_t))
        values: Any = grad.values
        locking = self._use_locking
        rate: Any = lr * math_ops.sqrt(1 - beta2_power) / (1 - beta1_power)
        m: Any = self.get_slot(var, "m")
        scaled = values * (1 - beta1)
        m_t: Any = state.assign(m, m * beta1, use_locking=locking)
        m_t = state.scatter_add(m_t, grad.indices, scaled, use_locking=locking)
        v: Any = self.get_slot(var, "v")
        scaled = (values * values) * (1 - beta2)
        v_t: Any = state.assign(v, v * beta2, use_locking=locking)
        v_t = state.scatter_add(v_t, grad.indices, scaled, use_locking=locking)
        root = math_ops.sqrt(v_t)
        update = state.assign_sub(var, rate * m_t / (root + epsilon), use_locking=locking)
        return control_flow.group(update, m_t, v_t)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Operation:
        with scopes.control_dependencies(update_ops), scopes.colocate_with(self._beta1_power):
            powers = [power.assign(power * beta, use_locking=self._use_locking)
                      for power, beta in ((self._beta1_power, self._beta1_t), (self._beta2_power, self._beta2_t))]
        return control_flow.group(*update_ops, *powers, name=name_scope)


class RMSPropOptimizer(Optimizer):
    """RMSProp (Hinton): `ms += (grad ** 2 - ms) * (1 - decay); mom = momentum * mom + learning_rate * grad / sqrt(ms +
    epsilon); var -= mom`.

    >>> train_step = tf.train.RMSPropOptimizer(0.01, decay=0.9).minimize(loss)

    With `centered`, from 0.12 on, the gradients' mean is kept too: `mg += (grad - mg) * (1 - decay)`, and `ms - mg ** 2`
    stands in place of `ms` below the root.

    Slots: `rms`, which starts at 1, `momentum`, and `mg` where it is centered.
    """

    def __init__(self, learning_rate: Any, decay: Any = 0.9, momentum: Any = 0.0, epsilon: Any = 1e-10,
                 use_locking: bool = False, name: str = "RMSProp", centered: bool = False) -> None:
        super().__init__(use_locking, name)
        self._centered = centered
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            ones = constants.constant(1.0, dtype=var.dtype.base_dtype, shape=var.get_shape())
            self._get_or_make_slot(var, ones, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert_to_tensor(self._learning_rate, name="learning_rate")
        self._decay_tensor = convert_to_tensor(self._decay, name="decay")
        self._momentum_tensor = convert_to_tensor(self._momentum, name="momentum")
        self._epsilon_tensor = convert_to_tensor(self._epsilon, name="epsilon")

    def _arguments(self, var: Variable) -> list[Any]:
        scalars = (self._learning_rate_tensor, self._decay_tensor, self._momentum_tensor, self._epsilon_tensor)
        means = [self.get_slot(var, "mg")] if self._centered else []
        return [var, *means, self.get_slot(var, "rms"), self.get_slot(var, "momentum"),
                *(_cast(value, var) for value in scalars)]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        apply = later_train.apply_centered_rms_prop if self._centered else train.apply_rms_prop
        return apply(*self._arguments(var), grad, use_locking=self._use_locking).op

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        # 0.8 raised NotImplementedError here; 0.9 gave it this operation.
        apply = later_train.sparse_apply_centered_rms_prop if self._centered else train.sparse_apply_rms_prop
        return apply(
            *self._arguments(var), grad.values, grad.indices, use_locking=self._use_locking).op


class FtrlOptimizer(Optimizer):
    """Follow the regularized leader (McMahan et al., 2013), which leaves weights at exactly 0.

    >>> train_step = tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01).minimize(loss)

    Slots: `accum`, which starts at `initial_accumulator_value`, and `linear`.

    Raises ValueError when `learning_rate_power` is positive, the initial value is not, or a strength is negative.
    """

    def __init__(self, learning_rate: Any, learning_rate_power: float = -0.5, initial_accumulator_value: float = 0.1,
                 l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
                 use_locking: bool = False, name: str = "Ftrl") -> None:
        super().__init__(use_locking, name)
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value {initial_accumulator_value:f} needs to be positive")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        for which, strength in (("l1", l1_regularization_strength), ("l2", l2_regularization_strength)):
            if strength < 0.0:
                raise ValueError(f"{which}_regularization_strength {strength:f} needs to be positive or zero")
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            value = constants.constant(
                self._initial_accumulator_value, dtype=var.dtype.base_dtype, shape=var.get_shape())
            self._get_or_make_slot(var, value, "accum", self._name)
            self._zeros_slot(var, "linear", self._name)

    def _prepare(self) -> None:
        self._scalars = [
            convert_to_tensor(self._learning_rate, name="learning_rate"),
            convert_to_tensor(self._l1_regularization_strength, name="l1_regularization_strength"),
            convert_to_tensor(self._l2_regularization_strength, name="l2_regularization_strength"),
            convert_to_tensor(self._learning_rate_power, name="learning_rate_power"),
        ]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return train.apply_ftrl(
            var, self.get_slot(var, "accum"), self.get_slot(var, "linear"), grad,
            *(_cast(value, var) for value in self._scalars), use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return train.sparse_apply_ftrl(
            var, self.get_slot(var, "accum"), self.get_slot(var, "linear"), grad.values, grad.indices,
            *(_cast(value, var) for value in self._scalars), use_locking=self._use_locking)
