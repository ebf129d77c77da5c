"""`SyncReplicasOptimizer`: replicas take a step together, along the sum of their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import dtypes, logging, scopes, shapes
from tracer.convert import IndexedSlices
from tracer.ir import Operation, Tensor
from tracer.ops import array, conditional, constants, control_flow, indexing, logic, reduction, segment, state
from tracer.ops.data_flow import FIFOQueue
from tracer.train.optimizer import Optimizer
from tracer.train.queue_runner import QueueRunner
from tracer.train.synced_replicas import SyncedReplicas
from tracer.variables import Variable


class SyncReplicasOptimizer(SyncedReplicas):
    """Collects the gradients of several replicas in queues, and lets `opt` take one step along their sum.

    A replica's step puts its gradients into the queues, unless they are of an older step than the model, and waits for
    a token. The chief runs a `QueueRunner` that takes `replicas_to_aggregate` gradients of each variable, applies their
    sum, clears the queues and gives every replica a token: the new step.

    >>> optimizer = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), replicas_to_aggregate=1,
    ...                                            replica_id=0, total_num_replicas=1)
    >>> train_step = optimizer.minimize(loss, global_step=step)
    >>> runner, tokens = optimizer.get_chief_queue_runner(), optimizer.get_init_tokens_op()
    >>> sv.start_queue_runners(sess, [runner])
    >>> sess.run(tokens)

    Args:
        opt: the optimizer that applies the sum.
        replicas_to_aggregate: how many gradients of each variable a step needs.
        variable_averages: an `ExponentialMovingAverage` to update after each step.
        variables_to_average: what it averages.
        replica_id: the number of this replica.
        total_num_replicas: how many replicas there are; by default as many as a step needs.
        use_locking: see `Optimizer`.
        name: the name of what is recorded.
    """

    def __init__(self, opt: Optimizer, replicas_to_aggregate: int, variable_averages: Any = None,
                 variables_to_average: Any = None, replica_id: int | None = None, total_num_replicas: int = 0,
                 use_locking: bool = False, name: str = "sync_replicas") -> None:
        total = total_num_replicas or replicas_to_aggregate
        super().__init__(opt, replicas_to_aggregate, total, variable_averages, variables_to_average, use_locking, name)
        logging.info("SyncReplicas enabled: replicas_to_aggregate=%s; total_num_replicas=%s", replicas_to_aggregate,
                     total)
        self._replica_id = replica_id
        self._clean_up_op: Any = None
        self._to_clear: list[Any] = []

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]], global_step: Any = None,
                        name: str | None = None) -> Tensor:
        """What a replica runs to take a step: it gives its gradients and waits for the step to be taken.

        Args: as for `Optimizer.apply_gradients`; `global_step` must be given.

        Raises ValueError when there is no `global_step`, or no variable.
        """
        pairs = self._begin(grads_and_vars, global_step)
        local_steps = Variable(constants.zeros([self._total_num_replicas], global_step.dtype.base_dtype),
                               trainable=False, name="local_steps")
        local_step = array.slice(local_steps, array.reshape(self._replica_id, (1,)), [1], name="get_local_step")
        stale = logic.less(array.reshape(local_step, ()), global_step)
        puts: list[Operation] = []
        with scopes.op_scope([], None, self._name) as scope:
            aggregated = [(self._collected(gradient, variable, puts), variable) for gradient, variable in pairs]
            with scopes.name_scope(""):
                update = self._opt.apply_gradients(aggregated, global_step)
                self._make_token_queues()
            clear = self._clear_after(update)
            self._clean_up_op = control_flow._abort(error_msg="From sync_replicas", name="Abort")
            # As in TensorFlow the gradients are given in any case: they were made operations before the condition.
            given = conditional.cond(stale, lambda: control_flow.no_op(name="no_grad_enqueue"),
                                     lambda: control_flow.group(*puts))
            with scopes.control_dependencies([given]):
                token = self._tokens.dequeue()
                train_op = state.scatter_update(local_steps, [self._replica_id], [token], name=scope)
        self._chief_queue_runner = self._runner(clear)
        return train_op

    def _collected(self, gradient: Any, variable: Variable, puts: list[Operation]) -> Any:
        """The sum of the gradients that the replicas give for a variable, and how this one gives its own."""
        with scopes.device(variable.device):
            if gradient is None:
                return None
            if isinstance(gradient, Tensor):
                return self._dense(gradient, variable, puts)
            if isinstance(gradient, IndexedSlices):
                return self._sparse(gradient, variable, puts)
            raise ValueError(f"Unknown gradient type: {gradient!r}")

    def _queue(self, kinds: list[Any], element_shapes: list[Any], shared_name: str, bounded: bool = True) -> FIFOQueue:
        queue = FIFOQueue(2 * self._total_num_replicas if bounded else -1, kinds, shapes=element_shapes,
                          shared_name=shared_name)
        self._to_clear.append(queue)
        return queue

    def _dense(self, gradient: Tensor, variable: Variable, puts: list[Operation]) -> Tensor:
        queue = self._queue([gradient.dtype], [variable.get_shape()], variable.name)
        puts.append(queue.enqueue(gradient))
        return reduction.reduce_sum(queue.dequeue_many(self._replicas_to_aggregate), [0])

    def _sparse(self, gradient: IndexedSlices, variable: Variable, puts: list[Operation]) -> IndexedSlices:
        """Rows of any number go through one queue; a second one counts who has given theirs."""
        rows = self._queue([gradient.values.dtype, gradient.indices.dtype],
                           [gradient.values.get_shape()[1:], shapes.TensorShape([])],
                           f"sparse_grad_q_{variable.name}", bounded=False)
        given = self._queue([dtypes.int32], [[]], f"sparse_token_q_{variable.name}")

        with scopes.control_dependencies([rows.enqueue_many([gradient.values, gradient.indices])]):
            puts.append(given.enqueue(constants.constant(1)))
        with scopes.control_dependencies([given.dequeue_many(self._replicas_to_aggregate)]):
            values, indices = rows.dequeue_many(rows.size())
            unique, position = indexing.unique(indices)
            total = segment.unsorted_segment_sum(values, position, array.shape(unique)[0])  # type: ignore[index]
            return IndexedSlices(total, unique, gradient.dense_shape)

    def _make_token_queues(self) -> None:
        kind = self._global_step.dtype.base_dtype
        with scopes.device(self._global_step.device):
            self._tokens = FIFOQueue(-1, [kind], shapes=[()], shared_name="sync_token_q")
            self._stop_queue = FIFOQueue(1, [dtypes.int32], shapes=[()], shared_name="dummy_queue")

    def _clear_after(self, update: Any) -> list[Operation]:
        """What empties the queues of gradients once a step is taken: those that are left are of an older step."""
        with scopes.control_dependencies([update]):
            cleared = [queue.dequeue_many(queue.size()) for queue in self._to_clear]
        return [(taken[0] if isinstance(taken, list) else taken).op for taken in cleared]

    def _runner(self, clear: list[Operation]) -> QueueRunner:
        with scopes.device(self._global_step.device), scopes.name_scope(""):
            return QueueRunner(self._stop_queue, [self._hand_out(clear)])

    def _step(self) -> Tensor:
        return self._global_step.ref()

    def get_clean_up_op(self) -> Operation:
        """What the chief runs at its end, so that others do not wait for it: it fails with AbortedError.

        Raises ValueError before `apply_gradients`.
        """
        if self._clean_up_op is None:
            raise ValueError("get_clean_up_op() should be called after apply_gradients().")
        return self._clean_up_op
