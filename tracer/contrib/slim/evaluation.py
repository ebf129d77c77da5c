"""Evaluation: once, or of every new checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tracer import logging, scopes
from tracer.contrib.framework.variables import get_or_create_global_step
from tracer.ops.summary import merge_all_summaries
from tracer.train.saver import Saver, latest_checkpoint
from tracer.train.summary_writer import SummaryWriter
from tracer.train.supervisor import Supervisor
from tracer.train.training_util import global_step as value_of_step
from tracer.variables import all_variables

__all__ = ["checkpoints_iterator", "evaluate_once", "evaluation", "evaluation_loop", "wait_for_new_checkpoint"]

_USE_DEFAULT = 0


def wait_for_new_checkpoint(checkpoint_dir: str, last_checkpoint: str | None, seconds_to_sleep: float = 1,
                            timeout: float | None = None) -> str | None:
    """Waits until the newest checkpoint of a folder is another than `last_checkpoint`, and returns its path.

    After `timeout` seconds it returns None.
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    end = None if timeout is None else time.time() + timeout
    while True:
        newest = latest_checkpoint(checkpoint_dir)
        if newest is not None and newest != last_checkpoint:
            logging.info("Found new checkpoint at %s", newest)
            return newest
        if end is not None and time.time() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


def checkpoints_iterator(checkpoint_dir: str, min_interval_secs: float = 0,
                         timeout: float | None = None) -> Iterator[str]:
    """Each new checkpoint of a folder, no two within `min_interval_secs`; it ends after `timeout` without one."""
    newest = None
    while True:
        newest = wait_for_new_checkpoint(checkpoint_dir, newest, timeout=timeout)
        if newest is None:
            logging.info("Timed-out waiting for a checkpoint.")
            return
        start = time.time()
        yield newest
        time.sleep(max(0.0, start + min_interval_secs - time.time()))


def evaluation(
    sess: Any, num_evals: int = 1, initial_op: Any = None, initial_op_feed_dict: Any = None, eval_op: Any = None,
    eval_op_feed_dict: Any = None, final_op: Any = None, final_op_feed_dict: Any = None, summary_op: Any = None,
    summary_op_feed_dict: Any = None, summary_writer: Any = None, global_step: Any = None,
) -> Any:
    """Runs the parts of an evaluation one after the other, and returns what the last one gives.

    >>> accuracy, update = slim.metrics.streaming_accuracy(predictions, labels)
    >>> slim.evaluation.evaluation(sess, 10, tf.initialize_local_variables(), eval_op=update, final_op=accuracy)

    Args:
        sess: the session.
        num_evals: how often `eval_op` is run.
        initial_op, eval_op, final_op, summary_op: what is run first, again and again, then, and to be written.
        initial_op_feed_dict, eval_op_feed_dict, final_op_feed_dict, summary_op_feed_dict: what each is fed.
        summary_writer: what writes the summary.
        global_step: the step counter whose value is written with it; by default the graph's.
    """
    if initial_op is not None:
        logging.info("Executing initial eval op")
        sess.run(initial_op, initial_op_feed_dict)
    if eval_op is not None:
        logging.info("Executing eval ops")
        for i in range(int(num_evals)):
            logging.info("Executing eval_op %d/%d", i + 1, num_evals)
            sess.run(eval_op, eval_op_feed_dict)
    final = None
    if final_op is not None:
        logging.info("Executing final op")
        final = sess.run(final_op, final_op_feed_dict)
    if summary_op is not None:
        logging.info("Executing summary op")
        step = get_or_create_global_step() if global_step is None else global_step
        text = sess.run(summary_op, summary_op_feed_dict)
        if summary_writer is not None:
            summary_writer.add_summary(text, value_of_step(sess, step))
            summary_writer.flush()
    return final


class _Evaluation:
    """What is needed to evaluate checkpoint after checkpoint."""

    def __init__(self, logdir: str, summary_op: Any, variables_to_restore: Any, **options: Any) -> None:
        self.step = get_or_create_global_step()
        self.summary_op = merge_all_summaries() if summary_op is _USE_DEFAULT else summary_op
        self.saver = Saver(variables_to_restore or all_variables())
        self.writer = SummaryWriter(logdir) if logdir else None
        self.options = options
        self.supervisor = Supervisor(graph=scopes.get_default_graph(), logdir=logdir, summary_op=None,
                                     summary_writer=None, global_step=None, saver=None)

    def run(self, master: str, path: str, config: Any) -> Any:
        """Evaluates one checkpoint."""
        result = None
        with self.supervisor.managed_session(master, config=config, start_standard_services=False) as sess:
            logging.info("Starting evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime()))
            self.saver.restore(sess, path)
            self.supervisor.start_queue_runners(sess)
            result = evaluation(sess, summary_op=self.summary_op, summary_writer=self.writer, global_step=self.step,
                                **self.options)
            logging.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime()))
        return result

    def close(self) -> None:
        """Closes what writes events."""
        if self.writer is not None:
            self.writer.close()


def evaluate_once(
    master: str, checkpoint_path: str, logdir: str, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, eval_op: Any = None, eval_op_feed_dict: Any = None, final_op: Any = None,
    final_op_feed_dict: Any = None, summary_op: Any = _USE_DEFAULT, summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None, session_config: Any = None,
) -> Any:
    """Evaluates one checkpoint, and returns what `final_op` gives.

    Args:
        master, session_config: of the session.
        checkpoint_path: the checkpoint.
        logdir: the folder of events.
        summary_op: by default all summaries.
        variables_to_restore: by default all variables.
        num_evals, initial_op, initial_op_feed_dict, eval_op, eval_op_feed_dict, final_op, final_op_feed_dict,
        summary_op_feed_dict: see `evaluation`.
    """
    made = _Evaluation(
        logdir, summary_op, variables_to_restore, num_evals=num_evals, initial_op=initial_op,
        initial_op_feed_dict=initial_op_feed_dict, eval_op=eval_op, eval_op_feed_dict=eval_op_feed_dict,
        final_op=final_op, final_op_feed_dict=final_op_feed_dict, summary_op_feed_dict=summary_op_feed_dict)
    try:
        return made.run(master, checkpoint_path, session_config)
    finally:
        made.close()


def evaluation_loop(
    master: str, checkpoint_dir: str, logdir: str, num_evals: int = 1, initial_op: Any = None,
    initial_op_feed_dict: Any = None, eval_op: Any = None, eval_op_feed_dict: Any = None, final_op: Any = None,
    final_op_feed_dict: Any = None, summary_op: Any = _USE_DEFAULT, summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None, eval_interval_secs: float = 60, max_number_of_evaluations: int | None = None,
    session_config: Any = None, timeout: float | None = None,
) -> Any:
    """Evaluates every new checkpoint of a folder, and returns what `final_op` gave last.

    Args:
        checkpoint_dir: the folder.
        eval_interval_secs: the least seconds from one evaluation to the next.
        max_number_of_evaluations: after how many it ends; by default never.
        timeout: for how many seconds to wait for a checkpoint; by default for ever.
        master, logdir, num_evals, initial_op, initial_op_feed_dict, eval_op, eval_op_feed_dict, final_op,
        final_op_feed_dict, summary_op, summary_op_feed_dict, variables_to_restore, session_config: see
            `evaluate_once`.
    """
    made = _Evaluation(
        logdir, summary_op, variables_to_restore, num_evals=num_evals, initial_op=initial_op,
        initial_op_feed_dict=initial_op_feed_dict, eval_op=eval_op, eval_op_feed_dict=eval_op_feed_dict,
        final_op=final_op, final_op_feed_dict=final_op_feed_dict, summary_op_feed_dict=summary_op_feed_dict)
    final = None
    try:
        for count, path in enumerate(checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout), 1):
            final = made.run(master, path, session_config)
            if max_number_of_evaluations is not None and count >= max_number_of_evaluations:
                logging.info("Reached max_number_of_evaluations=%s. Exit", max_number_of_evaluations)
                break
    finally:
        made.close()
    return final
