"""Evaluations of checkpoints by sessions with hooks: of one, or of each as it is written; from 0.12 on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tracer import logging, scopes
from tracer.contrib.training.evaluation import checkpoints_iterator
from tracer.ops import constants, control_flow
from tracer.ops.summary import merge_all_summaries
from tracer.scopes import GraphKeys
from tracer.train.saver import Saver
from tracer.train.session_manager import SessionManager
from tracer.train.summary_writer import SummaryWriter
from tracer.train.training_util import get_global_step, global_step
from tracer.variables import Variable
from tracer.younger.hooks import SessionRunArgs, SessionRunHook
from tracer.younger.monitored_session import MonitoredSession, Scaffold, SessionCreator


def get_or_create_eval_step() -> Variable:
    """The local variable that counts the evaluations of a session; ValueError when there are several."""
    known = scopes.get_collection(GraphKeys.EVAL_STEP)
    if len(known) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if known:
        return known[0]
    return Variable(constants.constant(0.0), name="eval_step", trainable=False,
                    collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP])


class StopAfterNEvalsHook(SessionRunHook):
    """Ends an evaluation after so many runs of its `eval_ops`."""

    def __init__(self, num_evals: int) -> None:
        self._num_evals = num_evals
        self._step: Any = None

    def begin(self) -> None:
        self._step = get_or_create_eval_step()

    def before_run(self, run_context: Any) -> Any:
        return SessionRunArgs({"eval_step": self._step})

    def after_run(self, run_context: Any, run_values: Any) -> None:
        done = run_values.results["eval_step"]
        logging.info("Evaluation [%d/%d]", done, self._num_evals)
        if done >= self._num_evals:
            run_context.request_stop()


class SummaryAtEndHook(SessionRunHook):
    """Writes summaries at the end of an evaluation.

    Args:
        log_dir: the folder of events.
        summary_op: by default all summaries of the graph.
        feed_dict: what they are fed.
    """

    def __init__(self, log_dir: str, summary_op: Any = None, feed_dict: Any = None) -> None:
        self._log_dir, self._summary_op, self._feed_dict = log_dir, summary_op, feed_dict
        self._step: Any = None

    def begin(self) -> None:
        if self._summary_op is None:  # a second evaluation finds the graph finalized
            self._summary_op = merge_all_summaries()
        self._step = get_global_step()

    def end(self, session: Any) -> None:
        step = 0 if self._step is None else global_step(session, self._step)
        writer = SummaryWriter(self._log_dir)
        if self._summary_op is not None:
            writer.add_summary(session.run(self._summary_op, self._feed_dict), step)
        writer.close()


class _FinalOps(SessionRunHook):
    """Runs what is asked for at the end."""

    def __init__(self, final_ops: Any, feed_dict: Any) -> None:
        self._ops, self._feed_dict = final_ops, feed_dict
        self.values: Any = None

    def end(self, session: Any) -> None:
        if self._ops is not None:
            self.values = session.run(self._ops, feed_dict=self._feed_dict)


class _Restored(SessionCreator):
    """Makes sessions with the model of one checkpoint."""

    def __init__(self, scaffold: Scaffold, saver: Any, path: str, master: str, config: Any) -> None:
        self._scaffold, self._saver, self._path = scaffold, saver, path
        self._master, self._config = master, config

    def create_session(self) -> Any:
        scaffold = self._scaffold.finalize()
        saver = self._saver or scaffold.saver
        manager = SessionManager(local_init_op=scaffold.local_init_op, ready_op=scaffold.ready_op,
                                 graph=scopes.get_default_graph())
        return manager.prepare_session(
            self._master, config=self._config, init_op=scaffold.init_op, init_feed_dict=scaffold.init_feed_dict,
            init_fn=lambda session: saver.restore(session, self._path))


def _counted(eval_ops: Any) -> Any:
    """What one evaluation runs: it is counted afterwards."""
    step = get_or_create_eval_step()
    if eval_ops is None:
        return None
    together = control_flow.group(*(eval_ops.values() if isinstance(eval_ops, dict) else eval_ops)) \
        if isinstance(eval_ops, (dict, list, tuple)) else eval_ops
    return control_flow.with_dependencies([together], step.assign_add(1.0))


class _Evaluation:
    """What is the same for each checkpoint; it is added to the graph once."""

    def __init__(self, master: str, scaffold: Any, eval_ops: Any, feed_dict: Any, final_ops: Any,
                 final_ops_feed_dict: Any, variables_to_restore: Any, hooks: Any, config: Any) -> None:
        self.eval_ops, self.feed_dict = _counted(eval_ops), feed_dict
        self.saver = None if variables_to_restore is None else Saver(variables_to_restore)
        self.scaffold = scaffold or Scaffold()
        self.final = _FinalOps(final_ops, final_ops_feed_dict)
        self.hooks = [*(hooks or ()), self.final]
        self.master, self.config = master, config

    def run(self, path: str) -> Any:
        """Evaluates one checkpoint."""
        logging.info("Starting evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime()))
        creator = _Restored(self.scaffold, self.saver, path, self.master, self.config)
        with MonitoredSession(session_creator=creator, hooks=self.hooks) as session:
            if self.eval_ops is not None:
                while not session.should_stop():
                    session.run(self.eval_ops, self.feed_dict)
        logging.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S", time.gmtime()))
        return self.final.values


def evaluate_once(checkpoint_path: str, master: str = "", scaffold: Any = None, eval_ops: Any = None,
                  feed_dict: Any = None, final_ops: Any = None, final_ops_feed_dict: Any = None,
                  variables_to_restore: Any = None, hooks: Sequence[Any] | None = None, config: Any = None) -> Any:
    """Evaluates one checkpoint, and returns what `final_ops` give.

    >>> tf.contrib.training.evaluate_once("model-7", eval_ops=update, final_ops=accuracy,
    ...                                   hooks=[tf.contrib.training.StopAfterNEvalsHook(10)])

    Args:
        checkpoint_path: the checkpoint.
        master, config: of the session.
        scaffold: what the session is made of; by default a new `Scaffold`.
        eval_ops: what is run again and again, until a hook asks for the end or the input ends.
        feed_dict: what these are fed.
        final_ops, final_ops_feed_dict: what is run at the end, and what it is fed.
        variables_to_restore: by default all.
        hooks: the hooks of the session.
    """
    return _Evaluation(master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, variables_to_restore, hooks,
                       config).run(checkpoint_path)


def evaluate_repeatedly(checkpoint_dir: str, master: str = "", scaffold: Any = None, eval_ops: Any = None,
                        feed_dict: Any = None, final_ops: Any = None, final_ops_feed_dict: Any = None,
                        variables_to_restore: Any = None, eval_interval_secs: float = 60,
                        hooks: Sequence[Any] | None = None, config: Any = None,
                        max_number_of_evaluations: int | None = None, timeout: float | None = None) -> Any:
    """Evaluates each checkpoint of a folder as it is written, and returns what `final_ops` give for the last.

    Args:
        checkpoint_dir: the folder.
        eval_interval_secs: how many seconds a round takes at least.
        max_number_of_evaluations: after how many rounds it ends; by default never.
        timeout: after how many seconds without another checkpoint it ends.
        master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, variables_to_restore, hooks, config: as
            for `evaluate_once`.
    """
    one = _Evaluation(master, scaffold, eval_ops, feed_dict, final_ops, final_ops_feed_dict, variables_to_restore, hooks,
                      config)
    for number, path in enumerate(checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout), 1):
        one.run(path)
        if max_number_of_evaluations is not None and number >= max_number_of_evaluations:
            break
    return one.final.values
