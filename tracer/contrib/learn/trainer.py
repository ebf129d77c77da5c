"""The training loop of `TensorFlowEstimator`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def train(session: Any, train_op: Any, loss: Any, global_step: Any, feed_dict_fn: Callable[[], dict], steps: int,
          monitor: Any, summary_writer: Any = None, summaries: Any = None,
          feed_params_fn: Callable[[], dict] | None = None) -> None:
    """Runs `train_op` for `steps` steps, as long as there is something to feed and the monitor goes on.

    Args:
        session: the session to run in.
        train_op: what makes a step.
        loss: the loss of a step.
        global_step: the number of steps made.
        feed_dict_fn: gives what a step is fed; StopIteration ends the training.
        steps: how many steps are made.
        monitor: is told of each step, and may stop.
        summary_writer: where summaries are written.
        summaries: the merged summaries of a step.
        feed_params_fn: says where the feeding stands.
    """
    fetches = [global_step, loss, train_op]
    if summary_writer is not None and summaries is not None:
        fetches.append(summaries)
    for step in range(1, steps + 1):
        try:
            feed_dict = feed_dict_fn()
        except StopIteration:
            break
        global_step_value, loss_value, _, *rest = session.run(fetches, feed_dict=feed_dict)
        monitor.update(global_step_value, step, loss_value, session, feed_params_fn, loss_expression_tensor=loss)
        monitor.report()
        if rest and summary_writer is not None:
            summary_writer.add_summary(rest[0], global_step_value)
        if monitor.monitor_inducing_stop():
            break
