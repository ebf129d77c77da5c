"""The training step, and the loop around it in a monitored session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.slim import learning
from tracer.younger.monitored_session import MonitoredTrainingSession


class _Transformed:
    """An optimizer whose gradients pass through a function."""

    def __init__(self, optimizer: Any, transform: Callable[[Any], Any]) -> None:
        self._optimizer, self._transform = optimizer, transform

    def compute_gradients(self, *args: Any, **kwargs: Any) -> Any:
        return self._transform(self._optimizer.compute_gradients(*args, **kwargs))

    def apply_gradients(self, *args: Any, **kwargs: Any) -> Any:
        return self._optimizer.apply_gradients(*args, **kwargs)


def create_train_op(
    total_loss: Any, optimizer: Any, global_step: Any = None, update_ops: Any = None, variables_to_train: Any = None,
    transform_grads_fn: Callable[[Any], Any] | None = None, summarize_gradients: bool = False, gate_gradients: int = 1,
    aggregation_method: Any = None, colocate_gradients_with_ops: bool = False,
) -> Any:
    """A training step: running it moves the variables, counts the step and gives the loss.

    `transform_grads_fn` is a function from the (gradient, variable) pairs to those that are applied. The other arguments
    are those of `slim.learning.create_train_op`.
    """
    used = optimizer if transform_grads_fn is None else _Transformed(optimizer, transform_grads_fn)
    return learning.create_train_op(
        total_loss, used, global_step, update_ops, variables_to_train, summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients, aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops)


def train(train_op: Any, logdir: str | None, master: str = "", is_chief: bool = True, scaffold: Any = None,
          hooks: Any = None, chief_only_hooks: Any = None, save_checkpoint_secs: int | None = 600,
          save_summaries_steps: int | None = 100, config: Any = None) -> Any:
    """Runs `train_op` until a hook says to stop; returns the last loss.

    Args:
        train_op: the training step.
        logdir: where checkpoints and summaries go.
        hooks, chief_only_hooks: `SessionRunHook`s, of all and of the chief alone; without any it would run for ever.
        master, is_chief, scaffold, save_checkpoint_secs, save_summaries_steps, config: as for
            `tf.train.MonitoredTrainingSession`.

    Raises ValueError when there is no folder where checkpoints or summaries are to be written, or no step counter.
    """
    if logdir is None and is_chief and (save_summaries_steps or save_checkpoint_secs):
        raise ValueError("logdir cannot be None when save_summaries_steps is not None"
                         if save_summaries_steps else "logdir cannot be None when save_checkpoint_secs is not None")
    loss = None
    with MonitoredTrainingSession(
            master=master, is_chief=is_chief, checkpoint_dir=logdir, scaffold=scaffold, hooks=hooks,
            chief_only_hooks=chief_only_hooks, save_checkpoint_secs=save_checkpoint_secs,
            save_summaries_steps=save_summaries_steps, config=config) as session:
        while not session.should_stop():
            loss = session.run(train_op)
    return loss
