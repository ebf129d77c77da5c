"""The training loop of `TensorFlowEstimator`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.learn.monitors.told import Told


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
        monitor: is told of each step, and may stop; or a list of such.
        summary_writer: where summaries are written.
        summaries: the merged summaries of a step.
        feed_params_fn: says where the feeding stands.
    """
    told = Told(monitor, session.graph)
    before = int(session.run(global_step))
    told.begin(None, before + steps)
    fetches = [global_step, loss, train_op]
    if summary_writer is not None and summaries is not None:
        fetches.append(summaries)
    for number in range(1, steps + 1):
        try:
            feed_dict = feed_dict_fn()
        except StopIteration:
            break
        wanted = told.fetches(before + number)
        results = session.run(fetches + wanted, feed_dict=feed_dict)
        step, loss_value = results[:2]
        stop = told.report(step, number, loss_value, session, feed_params_fn, loss)
        if summary_writer is not None and len(fetches) == 4:
            summary_writer.add_summary(results[3], step)
        values = dict(zip(wanted, results[len(fetches):], strict=True))
        if told.after(before + number, values, session) or stop:
            break
    told.end(session)
