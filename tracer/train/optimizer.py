"""`Optimizer`: what all optimizers share, from the gradients of a loss to one operation that takes a step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import IndexedSlices, convert_to_tensor_or_indexed_slices
from tracer.gradients import gradients
from tracer.ir import Operation, Tensor
from tracer.ops import control_flow, state
from tracer.train import slots
from tracer.variables import Variable, trainable_variables


class Optimizer:
    """The base of all optimizers: makes the operation that moves variables along a loss's gradients.

    >>> train_step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    >>> sess.run(train_step)

    A class of one's own defines `_apply_dense(grad, var)` and `_apply_sparse(grad, var)`, which return the operations
    that update `var`, and, where it needs them, `_create_slots(var_list)`, `_prepare()` and `_finish(updates, name)`.

    Args:
        use_locking: accepted; a run is a transaction, so that updates never overlap.
        name: the name of what is recorded, and of the slots.
    """

    # How much of a gradient's computation waits for the rest of it. A run computes all its gradients before it
    # changes a variable, whichever is asked for; GATE_GRAPH also records the dependency.
    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Variable, Variable]] = {}

    # -- for programs

    def minimize(self, loss: Tensor, global_step: Any = None, var_list: Any = None, gate_gradients: int = GATE_OP,
                 aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, name: str | None = None,
                 grad_loss: Any = None) -> Operation:
        """The operation that moves variables one step towards a smaller `loss`.

        Args:
            loss: the tensor to minimize.
            global_step: a variable that counts the steps.
            var_list: the variables to move; by default the trainable ones.
            gate_gradients, aggregation_method, colocate_gradients_with_ops, grad_loss: see `compute_gradients`.
            name: the operation's name; the optimizer's by default.

        Raises:
            ValueError: there are no variables, or none of them has a gradient.
        """
        pairs = self.compute_gradients(
            loss, var_list=var_list, gate_gradients=gate_gradients, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops, grad_loss=grad_loss)
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(self, loss: Tensor, var_list: Any = None, gate_gradients: int = GATE_OP,
                          aggregation_method: Any = None, colocate_gradients_with_ops: bool = False,
                          grad_loss: Any = None) -> list[tuple[Any, Variable]]:
        """The pairs (gradient, variable) of `loss`: a tensor, `IndexedSlices`, or None where it does not depend on it.

        >>> optimizer.compute_gradients(y)
        [(<tf.Tensor 'gradients/Gradients:0' shape=() dtype=float32>, <tracer.variables.Variable object>)]

        Args:
            loss: the tensor to differentiate.
            var_list: the variables; by default the trainable ones.
            gate_gradients: GATE_NONE, GATE_OP or GATE_GRAPH.
            aggregation_method, colocate_gradients_with_ops: see `tf.gradients`.
            grad_loss: the gradient of `loss` to start from; ones by default.
        """
        if gate_gradients not in (Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH):
            raise ValueError("gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                             f"Optimizer.GATE_GRAPH.  Not {gate_gradients}")
        self._assert_valid_dtypes([loss] if grad_loss is None else [loss, grad_loss])
        variables = trainable_variables() if var_list is None else list(var_list)
        for variable in variables:
            if not isinstance(variable, Variable):
                raise TypeError(f"Argument is not a tf.Variable: {variable}")
        if not variables:
            raise ValueError("No variables to optimize")
        found = gradients(
            loss, [variable.ref() for variable in variables], grad_ys=grad_loss,
            gate_gradients=gate_gradients == Optimizer.GATE_OP, aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops)
        if gate_gradients == Optimizer.GATE_GRAPH:
            found = control_flow.tuple(found)
        pairs = list(zip(found, variables, strict=True))
        self._assert_valid_dtypes([variable for gradient, variable in pairs if gradient is not None])
        return pairs

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]], global_step: Any = None,
                        name: str | None = None) -> Operation:
        """The operation that moves each variable along its gradient; the second half of `minimize`.

        Args:
            grads_and_vars: pairs as `compute_gradients` returns them, perhaps changed; None gradients are left out.
            global_step: a variable that counts the steps.
            name: the operation's name; the optimizer's by default.

        Raises:
            ValueError: no variable has a gradient.
            TypeError: an item is no (gradient, variable) pair.
        """
        pairs = tuple(grads_and_vars)
        for gradient, variable in pairs:
            if not isinstance(gradient, (Tensor, IndexedSlices, type(None))):
                raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {gradient}")
            if not isinstance(variable, Variable):
                raise TypeError(f"Variable must be a tf.Variable: {variable}")
        live = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        if not live:
            raise ValueError(f"No gradients provided for any variable: {pairs}")
        with scopes.control_dependencies(None):
            self._create_slots([variable for _, variable in live])
        with scopes.op_scope([], name, self._name) as scope:
            self._prepare()
            updates = [self._update(gradient, variable) for gradient, variable in live]
            if global_step is None:
                return self._finish(updates, scope)
            with scopes.control_dependencies([self._finish(updates, "update")]), \
                    scopes.colocate_with(global_step):
                return state.assign_add(global_step, 1, name=scope).op

    def _update(self, gradient: Any, variable: Variable) -> Any:
        with scopes.name_scope("update_" + variable.op.name), scopes.colocate_with(variable):
            if isinstance(gradient, Tensor):
                return self._apply_dense(gradient, variable)
            return self._apply_sparse(gradient, variable)

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """The slot called `name` of the variable `var`; None when there is none.

        >>> optimizer.get_slot(w, "momentum").name
        'w/Momentum:0'
        """
        return self._slots.get(name, {}).get(var)

    def get_name(self) -> str:
        """The name it was given (from 0.12 on)."""
        return self._name

    def get_slot_names(self) -> list[str]:
        """The names of the slots that it has made."""
        return sorted(self._slots)

    # -- for optimizers

    def _valid_dtypes(self) -> set[dtypes.DType]:
        # 0.8 refused float64, which 0.9 and later accept.
        return {dtypes.float16, dtypes.float32, dtypes.float64}

    def _assert_valid_dtypes(self, tensors: Iterable[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            kind = convert_to_tensor_or_indexed_slices(tensor).dtype.base_dtype
            if kind not in valid:
                names = [dtype for dtype in sorted(valid, key=lambda dtype: dtype.name)]
                raise ValueError(f"Invalid type {kind!r} for {tensor.name}, expected: {names}.")

    def _create_slots(self, var_list: list[Variable]) -> None:
        """Makes the slots of all variables in `var_list`."""

    def _prepare(self) -> None:
        """Records the hyperparameters, before the updates."""

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _apply_dense, which updates a variable by a tensor.")

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _apply_sparse, which updates a variable by "
                                  "IndexedSlices. Convert the gradient with tf.convert_to_tensor.")

    def _finish(self, update_ops: list[Any], name_scope: str) -> Operation:
        """The operation that runs all updates, called `name_scope`."""
        return control_flow.group(*update_ops, name=name_scope)

    def _slot_dict(self, slot_name: str) -> dict[Variable, Variable]:
        return self._slots.setdefault(slot_name, {})

    def _get_or_make_slot(self, var: Variable, val: Any, slot_name: str, op_name: str) -> Variable:
        named = self._slot_dict(slot_name)
        if var not in named:
            named[var] = slots.create_slot(var, val, op_name)
        return named[var]

    def _zeros_slot(self, var: Variable, slot_name: str, op_name: str) -> Variable:
        named = self._slot_dict(slot_name)
        if var not in named:
            named[var] = slots.create_zeros_slot(var, op_name)
        return named[var]


class OptimizerAround(Optimizer):
    """An optimizer around another, `opt`, which computes the gradients and has the slots."""

    def __init__(self, opt: Any, use_locking: bool, name: str) -> None:
        super().__init__(use_locking, name)
        self._opt = opt

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        """As of the optimizer inside; see `Optimizer.compute_gradients`."""
        return self._opt.compute_gradients(*args, **kwargs)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """A slot of the optimizer inside; see `Optimizer.get_slot`."""
        return self._opt.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> Any:
        """The names of the slots of the optimizer inside."""
        return self._opt.get_slot_names(*args, **kwargs)
