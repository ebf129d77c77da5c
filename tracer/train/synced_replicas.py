"""What both optimizers share whose replicas take a step together: tokens, and who hands them out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import scopes
from tracer.ir import Operation, Tensor
from tracer.ops import constants, control_flow
from tracer.train.optimizer import Optimizer, OptimizerAround
from tracer.train.queue_runner import QueueRunner
from tracer.variables import Variable


class SyncedReplicas(OptimizerAround):
    """An optimizer around another, whose replicas wait for a token before they go on: the new step."""

    def __init__(self, opt: Optimizer, replicas_to_aggregate: int, total_num_replicas: int, variable_averages: Any,
                 variables_to_average: Any, use_locking: bool, name: str) -> None:
        super().__init__(opt, use_locking, name)
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = total_num_replicas
        self._tokens_per_step = max(total_num_replicas, replicas_to_aggregate)
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._global_step: Any = None
        self._tokens: Any = None
        self._chief_queue_runner: Any = None

    def _begin(self, grads_and_vars: Iterable[tuple[Any, Variable]], global_step: Any) -> list[tuple[Any, Variable]]:
        """The pairs, where there are some and a step; ValueError elsewhere."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        return pairs

    def _step(self) -> Tensor:
        """What tokens are made of."""
        return self._global_step

    def _hand_out(self, after: list[Any]) -> Any:
        """Gives each replica a token, after some operations, and updates the averages."""
        with scopes.control_dependencies(after):
            tokens = constants.fill([self._tokens_per_step], self._step())
            sync = self._tokens.enqueue_many((tokens,))
        if self._variable_averages is not None:
            with scopes.control_dependencies([sync]):
                sync = self._variable_averages.apply(self._variables_to_average)
        return sync

    def get_chief_queue_runner(self) -> QueueRunner:
        """The `QueueRunner` that the chief runs. Raises ValueError before `apply_gradients`."""
        if self._chief_queue_runner is None:
            raise ValueError("Should be called after apply_gradients().")
        return self._chief_queue_runner

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """What the chief runs at the start: it gives the replicas tokens to begin with.

        Args:
            num_tokens: how many; by default `replicas_to_aggregate`.

        Raises ValueError before `apply_gradients`, and when there are too few to take the first step.
        """
        if self._tokens is None:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} (needed)")
        if num_tokens <= 0:
            return control_flow.no_op(name="no_init_tokens")
        with scopes.device(self._global_step.device), scopes.name_scope(""):
            return self._tokens.enqueue_many((constants.fill([num_tokens], self._step()),))
