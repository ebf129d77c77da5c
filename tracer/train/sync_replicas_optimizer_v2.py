"""`SyncReplicasOptimizerV2`: replicas take a step together, along the mean of their gradients; from 0.10 on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import dtypes, logging, scopes, variables
from tracer.convert import IndexedSlices
from tracer.ir import Operation, Tensor
from tracer.ops import control_flow, state
from tracer.ops.accumulators import ConditionalAccumulator, SparseConditionalAccumulator
from tracer.ops.data_flow import FIFOQueue
from tracer.train.optimizer import Optimizer
from tracer.train.queue_runner import QueueRunner
from tracer.train.synced_replicas import SyncedReplicas
from tracer.variables import Variable


class SyncReplicasOptimizerV2(SyncedReplicas):
    """Collects the gradients of several replicas in accumulators, and lets `opt` take one step along their mean.

    A replica's step gives its gradients, which are left out when they are of an older step than the model, and waits for
    a token: the new step. The chief runs a `QueueRunner` that takes the means and gives every replica a token.

    >>> optimizer = tf.train.SyncReplicasOptimizerV2(tf.train.GradientDescentOptimizer(0.1), replicas_to_aggregate=2)
    >>> train_step = optimizer.minimize(loss, global_step=step)
    >>> runner, tokens = optimizer.get_chief_queue_runner(), optimizer.get_init_tokens_op()
    >>> sess.run(optimizer.chief_init_op if is_chief else optimizer.local_step_init_op)

    Args:
        opt: the optimizer that applies the mean.
        replicas_to_aggregate: how many gradients of each variable a step needs.
        total_num_replicas: how many replicas there are; by default as many as a step needs.
        variable_averages: an `ExponentialMovingAverage` to update after each step.
        variables_to_average: what it averages.
        use_locking: see `Optimizer`.
        name: the name of what is recorded.
    """

    def __init__(self, opt: Optimizer, replicas_to_aggregate: int, total_num_replicas: int | None = None,
                 variable_averages: Any = None, variables_to_average: Any = None, use_locking: bool = False,
                 name: str = "sync_replicas") -> None:
        total = replicas_to_aggregate if total_num_replicas is None else total_num_replicas
        super().__init__(opt, replicas_to_aggregate, total, variable_averages, variables_to_average, use_locking, name)
        logging.info("SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s", replicas_to_aggregate, total)
        self.local_step_init_op: Any = None
        """Gives a replica the model's step; each runs it at its start, or `chief_init_op`."""
        self.chief_init_op: Any = None
        """`local_step_init_op` of the chief, which gives the accumulators the model's step as well."""
        self.ready_for_local_init_op: Any = None
        """The names of the variables that must have a value before these run."""

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]], global_step: Any = None,
                        name: str | None = None) -> Tensor:
        """What a replica runs to take a step: it gives its gradients and waits for the step to be taken.

        Args: as for `Optimizer.apply_gradients`; `global_step` must be given.

        Raises ValueError when there is no `global_step`, or no variable.
        """
        pairs = self._begin(grads_and_vars, global_step)
        kind = global_step.dtype.base_dtype
        local_step = Variable(0, trainable=False, collections=[scopes.GraphKeys.LOCAL_VARIABLES], dtype=kind,
                              name="sync_rep_local_step")
        self.local_step_init_op = state.assign(local_step, global_step)
        self.ready_for_local_init_op = variables.report_uninitialized_variables(variables.all_variables())
        given: list[Operation] = []
        accumulators: list[Any] = []
        with scopes.op_scope([], None, self._name):
            means = [(self._mean(gradient, variable, local_step, given, accumulators), variable)
                     for gradient, variable in pairs]
            with scopes.name_scope(""), scopes.device(global_step.device):
                update = self._opt.apply_gradients(means, global_step)
                self._tokens = FIFOQueue(-1, [kind], shapes=[()], shared_name="sync_token_q")
                stop = FIFOQueue(1, [dtypes.int32], shapes=[()], shared_name="dummy_queue")
                with scopes.control_dependencies(given):
                    train_op = state.assign(local_step, self._tokens.dequeue())
                self._chief_queue_runner = QueueRunner(stop, [self._hand_out([update])])
            starts = [self.local_step_init_op]
            for accumulator, place in accumulators:
                with scopes.device(place):
                    starts.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = control_flow.group(*starts)
        return train_op

    def _mean(self, gradient: Any, variable: Variable, local_step: Variable, given: list[Operation],
              accumulators: list[Any]) -> Any:
        """The mean of the gradients that the replicas give for a variable."""
        with scopes.device(variable.device):
            if gradient is None:
                return None
            name = f"{variable.name}/grad_accum"
            if isinstance(gradient, Tensor):
                dense = ConditionalAccumulator(gradient.dtype, variable.get_shape(), shared_name=name)
                accumulators.append((dense, variable.device))
                given.append(dense.apply_grad(gradient, local_step))
                return dense.take_grad(self._replicas_to_aggregate)
            if not isinstance(gradient, IndexedSlices):
                raise ValueError("Unknown grad type!")
            rows = SparseConditionalAccumulator(gradient.dtype, shape=(), shared_name=name)
            accumulators.append((rows, variable.device))
            given.append(rows.apply_indexed_slices_grad(gradient, local_step))
            return rows.take_indexed_slices_grad(self._replicas_to_aggregate)
