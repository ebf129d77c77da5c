"""`tf.contrib.learn.graph_actions`: trains, evaluates and runs graphs."""

from __future__ import annotations

import collections
import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tracer import errors, logging, scopes, variables
from tracer import train as training
from tracer.contrib.framework.variables import assert_or_get_global_step
from tracer.contrib.learn.monitors.stopping import NanLossDuringTrainingError as NanLossDuringTrainingError
from tracer.contrib.learn.monitors.told import Told
from tracer.ir import Graph
from tracer.ops import control_flow, data_flow, summary
from tracer.scopes import GraphKeys
from tracer.session import Session
from tracer.train.coordinator import Coordinator as Coordinator
from tracer.train.summary_writer import SummaryWriter as SummaryWriter
from tracer.train.supervisor import Supervisor as Supervisor

SupervisorParams = collections.namedtuple(
    "SupervisorParams", ["is_chief", "master", "save_model_secs", "save_summaries_secs"], defaults=(True, "", 600, 10))


def train(graph: Graph, output_dir: str, train_op: Any, loss_op: Any, global_step_tensor: Any = None,
          init_op: Any = None, log_every_steps: int = 10, supervisor_is_chief: bool = True, supervisor_master: str = "",
          supervisor_save_model_secs: float = 600, supervisor_save_summaries_secs: float = 10,
          max_steps: int | None = None, fail_on_nan_loss: bool = True, init_feed_dict: Any = None,
          init_fn: Callable[[Any], Any] | None = None, feed_fn: Callable[[], dict] | None = None,
          steps: int | None = None, monitors: Any = None, keep_checkpoint_max: int | None = 5,
          supervisor_save_summaries_steps: int | None = None, estimator: Any = None, config: Any = None) -> Any:
    """Trains a model, with a `Supervisor` that keeps checkpoints and summaries, and returns its last loss.

    >>> learn.train(graph, "/tmp/run", train_op, loss, max_steps=1000)

    It goes on from the newest checkpoint in `output_dir`, if there is one, until the global step is `max_steps`, or
    there is no more input. The last state is saved as well.

    Args:
        graph: the graph.
        output_dir: the folder for checkpoints and events.
        train_op: what makes a step.
        loss_op: the loss of a step.
        global_step_tensor: the number of steps made; by default the graph's.
        init_op: what initializes the model; by default all variables are.
        log_every_steps: how many steps a line of the log is about.
        supervisor_is_chief: whether this program initializes and saves the model.
        supervisor_master: the target of the session.
        supervisor_save_model_secs: the seconds between two checkpoints.
        supervisor_save_summaries_secs: the seconds between two summaries.
        max_steps: the global step to end at.
        fail_on_nan_loss: whether a loss that is no number is an error.
        init_feed_dict: what `init_op` is fed (this and what follows, from 0.9 on).
        init_fn: called with the session after `init_op`.
        feed_fn: gives what a step is fed, with the session as the default one; StopIteration ends the training.
        steps: how many steps are made, instead of `max_steps`.
        monitors: are told of each step.
        keep_checkpoint_max: how many checkpoints are kept.
        supervisor_save_summaries_steps: the steps between two summaries, instead of seconds.
        estimator: what the monitors are told is trained.
        config: the session's ConfigProto.

    Raises:
        ValueError: something is missing, or both `steps` and `max_steps` are given.
        NanLossDuringTrainingError: the loss is no number.
    """
    if not output_dir:
        raise ValueError(f"Output directory should be non-empty {output_dir}.")
    if train_op is None:
        raise ValueError("Missing train_op.")
    if loss_op is None:
        raise ValueError("Missing loss_op.")
    if steps is not None and max_steps is not None:
        raise ValueError("Can not provide both steps and max_steps.")
    with graph.as_default():
        step_tensor = assert_or_get_global_step(graph, global_step_tensor)
        if step_tensor is None:
            raise ValueError('No "global_step" was provided or found in the graph.')
        start = _step_of(output_dir)
        last = start + steps if steps is not None else max_steps
        told = Told(monitors, graph)
        told.begin(estimator, last)
        summaries = _summaries()
        saver = _saver(keep_checkpoint_max)
        supervisor = Supervisor(
            graph, init_op=init_op if init_op is not None else Supervisor.USE_DEFAULT, is_chief=supervisor_is_chief,
            init_feed_dict=init_feed_dict, init_fn=init_fn, logdir=output_dir, saver=saver, summary_op=None,
            global_step=step_tensor, save_model_secs=supervisor_save_model_secs)
        loop = _Loop(train_op, loss_op, step_tensor, summaries, told, supervisor, log_every_steps, fail_on_nan_loss)
        loop.every = supervisor_save_summaries_secs, supervisor_save_summaries_steps
        with supervisor.managed_session(supervisor_master, config) as session, session.as_default():
            try:
                loop.run(session, feed_fn, last)
            finally:
                told.end(session)
            supervisor.stop(close_summary_writer=False)  # nothing else is to save after the last step
            if supervisor_is_chief:
                saver.save(session, supervisor.save_path, global_step=step_tensor)
        return loop.loss


def _step_of(folder: str) -> int:
    """The global step of the newest checkpoint."""
    checkpoint = training.latest_checkpoint(folder)
    if checkpoint is None:
        return 0
    reader = training.NewCheckpointReader(checkpoint)
    return int(reader.get_tensor("global_step")) if reader.has_tensor("global_step") else 0


def _summaries() -> Any:
    """The graph's merged summaries, or None."""
    known = scopes.get_collection(GraphKeys.SUMMARY_OP)
    if known:
        return known[0]
    made = summary.merge_all_summaries()
    if made is not None:
        scopes.add_to_collection(GraphKeys.SUMMARY_OP, made)
    return made


def _saver(keep: int | None = 5) -> Any:
    known = scopes.get_collection(GraphKeys.SAVERS)
    if known:
        return known[0]
    made = training.Saver(max_to_keep=keep)
    scopes.add_to_collection(GraphKeys.SAVERS, made)
    return made


class _Loop:
    """The steps of one training."""

    def __init__(self, train_op: Any, loss_op: Any, step_tensor: Any, summaries: Any, told: Told, supervisor: Any,
                 log_every_steps: int, fail_on_nan_loss: bool) -> None:
        self.fetches = [train_op, loss_op, step_tensor]
        self.summaries = summaries
        self.told = told
        self.supervisor = supervisor
        self.log_every_steps = log_every_steps
        self.fail_on_nan_loss = fail_on_nan_loss
        self.every: tuple[float, int | None] = (10, None)
        self.loss: Any = None
        self._summarized: tuple[int, float] | None = None

    def run(self, session: Any, feed_fn: Callable[[], dict] | None, last: int | None) -> None:
        """Makes steps until the last one, or until there is nothing to feed or somebody wants to stop."""
        before = training.global_step(session, self.fetches[2])
        first, since = before, time.time()
        logging.info("Training steps [%d,%s)", before, "inf" if last is None else last)
        while (last is None or before < last) and not self.supervisor.should_stop():
            try:
                feed = feed_fn() if feed_fn is not None else None
                step, stop = self._step(session, before + 1, before + 1 - first, feed)
            except (StopIteration, errors.OutOfRangeError):
                break
            if step % self.log_every_steps == 0 or step == last:
                logging.info("training step %d, loss = %.5f (%.3f sec/batch).", step, float(np.mean(self.loss)),
                             (time.time() - since) / max(step - before, 1))
            before, since = max(step, before + 1), time.time()
            if stop:
                break

    def _step(self, session: Any, number: int, count: int, feed: Any) -> tuple[int, bool]:
        wanted = self.told.fetches(number)
        summarize = self._is_time(number)
        fetches = [*self.fetches, *wanted, *([self.summaries] if summarize else [])]
        results = session.run(fetches, feed)
        _, self.loss, step = results[:3]
        self._check_loss()
        if summarize:
            self.supervisor.summary_computed(session, results[-1], step)
        values = dict(zip(wanted, results[3:3 + len(wanted)], strict=True))
        stop = self.told.report(int(step), count, self.loss, session, None, self.fetches[1])
        return int(step), self.told.after(number, values, session) or stop

    def _is_time(self, number: int) -> bool:
        """Whether summaries of this step are to be written."""
        if self.summaries is None or not self.supervisor.summary_writer:
            return False
        seconds, steps = self.every
        now = time.time()
        if self._summarized is not None and (number - self._summarized[0] < steps if steps is not None
                                             else now - self._summarized[1] < seconds):
            return False
        self._summarized = number, now
        return True

    def _check_loss(self) -> None:
        if np.isnan(self.loss).any():
            if self.fail_on_nan_loss:
                logging.error("Model diverged with loss = NaN.")
                raise NanLossDuringTrainingError
            logging.warning("Model diverged with loss = NaN.")


def evaluate(graph: Graph, output_dir: str | None, checkpoint_path: str | None, eval_dict: dict[str, Any],
             global_step_tensor: Any = None, init_op: Any = None, supervisor_master: str = "",
             log_every_steps: int = 10, max_steps: int | None = None, update_op: Any = None,
             feed_fn: Callable[[], dict] | None = None, config: Any = None) -> tuple[dict[str, Any] | None, int]:
    """Evaluates tensors for some steps; returns the values of the last one by name, and the global step.

    >>> learn.evaluate(graph, "/tmp/run/eval", tf.train.latest_checkpoint("/tmp/run"), {"loss": loss}, max_steps=100)

    At the end, the values are written to `output_dir` as summaries, and the graph's own summaries.

    Args:
        graph: the graph.
        output_dir: the folder for events, if they are to be written.
        checkpoint_path: the checkpoint to restore; None to initialize the variables.
        eval_dict: the tensors by name.
        global_step_tensor: the number of steps that the model was trained for; by default the graph's.
        init_op: what initializes the variables; by default all are.
        supervisor_master: the target of the session.
        log_every_steps: how many steps a line of the log is about.
        max_steps: how many steps are made; None for as long as there is input.
        update_op: what makes a step, where `eval_dict` has what all steps come to (this and what follows, from 0.9 on).
        feed_fn: gives what a step is fed; StopIteration ends the evaluation.
        config: the session's ConfigProto.
    """
    with graph.as_default():
        step_tensor = assert_or_get_global_step(graph, global_step_tensor)
        summaries = _summaries()
        with _session(checkpoint_path, init_op, supervisor_master, config) as session:
            step = 0 if step_tensor is None else training.global_step(session, step_tensor)
            logging.info("Eval steps [%d,%s) for training step %d.", 0, "inf" if max_steps is None else max_steps, step)
            results, feed = _evaluated(session, eval_dict, update_op, feed_fn, log_every_steps, max_steps)
            if results is not None and output_dir:
                logging.info("Saving evaluation summary for step %d: %s", step, _listed(results))
                own = None if summaries is None or max_steps is None else session.run(summaries, feed)
                _write(output_dir, results, own, step)
    return results, step


def _evaluated(session: Any, eval_dict: dict[str, Any], update_op: Any, feed_fn: Callable[[], dict] | None,
               log_every_steps: int, max_steps: int | None) -> tuple[dict[str, Any] | None, Any]:
    results, feed, made = None, None, 0
    while max_steps is None or made < max_steps:
        try:
            feed = feed_fn() if feed_fn is not None else None
            if update_op is not None:
                session.run(update_op, feed)
            else:
                results = session.run(eval_dict, feed)
        except (StopIteration, errors.OutOfRangeError):
            break
        made += 1
        if made % log_every_steps == 0:
            logging.info("Results after %d steps: %s.", made, _listed(results or {}))
    if results is None and made:
        results = session.run(eval_dict, feed)
    return results, feed


def _listed(results: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value!s}" for name, value in sorted(results.items()))


def _write(folder: str, results: dict[str, Any], own: Any, step: int) -> None:
    """Writes an evaluation as summaries."""
    from tracer.protos import Summary

    message = Summary()
    for name, value in sorted(results.items()):
        if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "fiub":
            message.value.add(tag=name, simple_value=float(value))
    os.makedirs(folder, exist_ok=True)
    writer = SummaryWriter(folder)
    writer.add_summary(message, step)
    if own is not None:
        writer.add_summary(own, step)
    writer.close()


@contextlib.contextmanager
def _session(checkpoint_path: str | None, init_op: Any = None, master: str = "",
             config: Any = None) -> Iterator[Session]:
    """A session for the default graph: restored or initialized, its queue runners started."""
    saver = _saver() if checkpoint_path and variables.all_variables() else None
    local = control_flow.group(variables.initialize_variables(variables.local_variables()),
                               data_flow.initialize_all_tables())
    if init_op is None and not checkpoint_path:
        init_op = variables.initialize_all_variables()
    coordinator = Coordinator()
    with Session(master, config=config) as session:
        if init_op is not None:
            session.run(init_op)
        session.run(local)
        if saver is not None:
            logging.info("Loading model from checkpoint: %s.", checkpoint_path)
            saver.restore(session, checkpoint_path)
        threads = training.start_queue_runners(session, coord=coordinator)
        try:
            yield session
        finally:
            coordinator.request_stop()
            with contextlib.suppress(errors.CancelledError, errors.OutOfRangeError):
                coordinator.join(threads, stop_grace_period_secs=120)


def infer(restore_checkpoint_path: str | None, output_dict: dict[str, Any],
          feed_dict: dict | None = None) -> dict[str, Any]:
    """The values of tensors by name, with variables from a checkpoint, or initialized when there is none.

    >>> learn.infer("/tmp/run/model.ckpt-1000", {"class": classes}, {x: images})
    """
    return run_feeds(output_dict, [feed_dict], restore_checkpoint_path)[0]


def run_n(output_dict: dict[str, Any], feed_dict: dict | None = None, restore_checkpoint_path: str | None = None,
          n: int = 1) -> list[dict[str, Any]]:
    """`n` times the values of tensors by name, each with the same feeds."""
    return run_feeds(output_dict, [feed_dict] * n, restore_checkpoint_path)


def run_feeds(output_dict: dict[str, Any], feed_dicts: Iterable[dict | None],
              restore_checkpoint_path: str | None = None) -> list[dict[str, Any]]:
    """The values of tensors by name, for each of some feeds; ValueError when there is no tensor or no feed."""
    if not feed_dicts:
        raise ValueError(f"feed_dicts is invalid: {feed_dicts}.")
    return list(run_feeds_iter(output_dict, feed_dicts, restore_checkpoint_path))


def run_feeds_iter(output_dict: dict[str, Any], feed_dicts: Iterable[dict | None],
                   restore_checkpoint_path: str | None = None) -> Iterator[dict[str, Any]]:
    """The values of tensors by name, for each of some feeds, one after the other (from 0.9 on)."""
    if not output_dict:
        raise ValueError(f"output_dict is invalid: {output_dict}.")
    if not feed_dicts:
        raise ValueError(f"feed_dicts is invalid: {feed_dicts}.")
    graph = scopes.graph_of(list(output_dict.values()))
    with graph.as_default(), _session(restore_checkpoint_path) as session:
        for feed in feed_dicts:
            yield session.run(output_dict, feed)
