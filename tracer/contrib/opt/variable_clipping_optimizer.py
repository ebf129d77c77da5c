"""An optimizer that keeps the norms of some variables small."""

from __future__ import annotations

from typing import Any

from tracer import logging, scopes
from tracer.convert import IndexedSlices
from tracer.ops import clip, control_flow, indexing, state
from tracer.train.optimizer import OptimizerAround


class VariableClippingOptimizer(OptimizerAround):
    """An optimizer around another: after each step it scales variables down to a norm. Of a gradient by rows only those.

    >>> optimizer = tf.contrib.opt.VariableClippingOptimizer(tf.train.AdamOptimizer(), {embedding: [1]}, max_norm=1.0)

    Args:
        opt: the optimizer that moves the variables.
        vars_to_clip_dims: for each variable over which of its dimensions the norm is taken.
        max_norm: the largest norm.
        use_locking: accepted; a run is a transaction.
        colocate_clip_ops_with_vars: whether what clips stands with its variable in the graph.
        name: the name of what is recorded.
    """

    def __init__(self, opt: Any, vars_to_clip_dims: dict[Any, Any], max_norm: float, use_locking: bool = False,
                 colocate_clip_ops_with_vars: bool = False, name: str = "VariableClipping") -> None:
        super().__init__(opt, use_locking, name)
        self._vars_to_clip_dims = dict(vars_to_clip_dims)
        self._max_norm = max_norm
        self._colocate = colocate_clip_ops_with_vars

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: str | None = None) -> Any:
        """The step, and the clipping after it."""
        pairs = list(grads_and_vars)
        with scopes.name_scope(self._name) as scope:
            step = self._opt.apply_gradients(pairs, global_step=global_step)
        clipped = []
        with scopes.name_scope(scope), scopes.control_dependencies([step]):
            for gradient, variable in pairs:
                if gradient is None or variable not in self._vars_to_clip_dims:
                    continue
                with scopes.name_scope(f"clip_{variable.op.name}"):
                    clipped.append(self._clipped(gradient, variable))
        with scopes.control_dependencies([*clipped, step]):
            return control_flow.no_op(name=name or scope)

    def _clipped(self, gradient: Any, variable: Any) -> Any:
        dims = self._vars_to_clip_dims[variable]
        if isinstance(gradient, IndexedSlices) and 0 in dims:
            logging.warning("Clipping norm across dims %s for %s is inefficient when including sparse dimension 0.", dims,
                            variable.op.name)
        ref = variable._ref()
        if not isinstance(gradient, IndexedSlices) or 0 in dims:
            return state.assign_sub(ref, ref - clip.clip_by_norm(ref, self._max_norm, axes=dims),
                                    use_locking=self._use_locking).op
        rows = indexing.gather(ref, gradient.indices)
        change = rows - clip.clip_by_norm(rows, self._max_norm, axes=dims)
        return state.scatter_sub(ref, gradient.indices, change, use_locking=self._use_locking).op
