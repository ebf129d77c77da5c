"""Hooks of `MonitoredSession`: what is done around each run, and what ends a training. From TensorFlow 0.11 on."""

from __future__ import annotations

import collections
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tracer import logging, protos, scopes
from tracer.train.meta_graph import export_meta_graph
from tracer.train.summary_writer import SummaryWriter
from tracer.train.training_util import get_global_step, write_graph

__all__ = ["CheckpointSaverHook", "LoggingTensorHook", "NanLossDuringTrainingError", "NanTensorHook", "SessionRunArgs",
           "SessionRunContext", "SessionRunHook", "SessionRunValues", "StepCounterHook", "StopAtStepHook",
           "SummarySaverHook", "SummaryWriterCache"]

SessionRunArgs = collections.namedtuple("SessionRunArgs", ["fetches", "feed_dict", "options"], defaults=(None, None))
SessionRunArgs.__doc__ = "What a hook adds to a run, or what the caller asked for: fetches, feeds and options."
SessionRunValues = collections.namedtuple("SessionRunValues", ["results", "options", "run_metadata"])
SessionRunValues.__doc__ = "What a hook learns of a run: the values of its fetches, the options and the metadata."


class SessionRunContext:
    """A run as hooks see it."""

    def __init__(self, original_args: Any, session: Any) -> None:
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> Any:
        """What the caller asked for, as `SessionRunArgs`."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The session that runs."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook wants this to be the last run."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Makes `should_stop` of the session true."""
        self._stop_requested = True


class SessionRunHook:
    """What all hooks are: called around each run of a `MonitoredSession`."""

    def begin(self) -> None:
        """Before the session is made; the last moment to add to the graph."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """When there is a new session; from 1.0 on."""

    def before_run(self, run_context: Any) -> Any:
        """Before each run; what it returns (`SessionRunArgs` or None) is run as well."""

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """After each run, with what `before_run` asked for."""

    def end(self, session: Any) -> None:
        """Before the session is closed, unless an exception has ended it."""


class _SecondOrStepTimer:
    """Says at which steps something is due: after so many steps, or so many seconds."""

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._secs, self._steps = every_secs, every_steps
        self._last_step: int | None = None
        self._last_time = 0.0

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it is due at this step."""
        if self._last_step is None:
            return True
        if step == self._last_step:
            return False
        if self._secs is not None:
            return time.monotonic() >= self._last_time + self._secs
        return step >= self._last_step + (self._steps or 1)

    def update_last_triggered_step(self, step: int) -> tuple[float, int] | tuple[None, None]:
        """Notes that it was done; returns the seconds and steps since the last time, None twice where there was none."""
        now, before, at = time.monotonic(), self._last_step, self._last_time
        self._last_step, self._last_time = step, now
        return (None, None) if before is None else (now - at, step - before)

    def last_triggered_step(self) -> int | None:
        """The step at which it was done last."""
        return self._last_step


def _step_of_graph(hook: Any) -> Any:
    step = get_global_step()
    if step is None:
        raise RuntimeError(f"Global step should be created to use {type(hook).__name__}.")
    return step


class SummaryWriterCache:
    """One writer for each folder, for all who write there."""

    _writers: ClassVar[dict[str, SummaryWriter]] = {}
    _lock = threading.RLock()

    @staticmethod
    def get(logdir: str) -> SummaryWriter:
        """The writer for a folder."""
        with SummaryWriterCache._lock:
            if logdir not in SummaryWriterCache._writers:
                SummaryWriterCache._writers[logdir] = SummaryWriter(logdir, graph=scopes.get_default_graph())
            return SummaryWriterCache._writers[logdir]

    @staticmethod
    def clear() -> None:
        """Forgets all writers, whose files are finished."""
        with SummaryWriterCache._lock:
            for writer in SummaryWriterCache._writers.values():
                writer.flush()
            SummaryWriterCache._writers = {}


class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors, every so many runs or seconds.

    Args:
        tensors: a dict of tensors or names of them, by what they are called in the log; or a list.
    """

    def __init__(self, tensors: Any, every_n_iter: int | None = None, every_n_secs: float | None = None) -> None:
        if (every_n_iter is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_iter and every_n_secs must be provided.")
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        given = tensors if isinstance(tensors, Mapping) else {item: item for item in tensors}
        self._tensors = dict(given)
        self._timer = _SecondOrStepTimer(every_n_secs, every_n_iter)
        self._runs = 0
        self._is_due = False
        self._current: dict[Any, Any] = {}

    def begin(self) -> None:
        graph = scopes.get_default_graph()
        self._runs = 0
        self._current = {tag: graph.as_graph_element(tensor) for tag, tensor in self._tensors.items()}

    def before_run(self, run_context: Any) -> Any:
        self._is_due = self._timer.should_trigger_for_step(self._runs)
        return SessionRunArgs(self._current) if self._is_due else None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        if self._is_due:
            with np.printoptions(suppress=True):
                logging.info("%s", ", ".join(f"{getattr(tag, 'name', tag)} = {run_values.results[tag]}"
                                             for tag in self._current))
            self._timer.update_last_triggered_step(self._runs)
        self._runs += 1


class StopAtStepHook(SessionRunHook):
    """Stops after so many steps, or at a step of the graph's counter."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps, self._last_step = num_steps, last_step
        self._step: Any = None

    def begin(self) -> None:
        self._step = _step_of_graph(self)

    def before_run(self, run_context: Any) -> Any:
        if self._last_step is None:
            self._last_step = int(run_context.session.run(self._step)) + (self._num_steps or 0)
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        if self._last_step is not None and run_values.results >= self._last_step:
            run_context.request_stop()


class CheckpointSaverHook(SessionRunHook):
    """Saves a checkpoint every so many steps or seconds, at the first step and at the end."""

    def __init__(self, checkpoint_dir: str, save_secs: float | None = None, save_steps: int | None = None,
                 saver: Any = None, checkpoint_basename: str = "model.ckpt", scaffold: Any = None) -> None:
        logging.info("Create CheckpointSaverHook.")
        if (saver is None) == (scaffold is None):
            raise ValueError("Exactly one of saver or scaffold must be provided.")
        self._saver, self._scaffold = saver, scaffold
        self._folder = checkpoint_dir
        self._path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._timer = _SecondOrStepTimer(save_secs, save_steps)
        self._writer: Any = None
        self._step: Any = None
        self._has_run = False

    def begin(self) -> None:
        self._writer = SummaryWriterCache.get(self._folder)
        self._step = _step_of_graph(self)

    def before_run(self, run_context: Any) -> Any:
        if not self._has_run:
            self._has_run = True
            graph = scopes.get_default_graph()
            write_graph(graph.as_graph_def(add_shapes=True), self._folder, "graph.pbtxt")
            self._writer.add_graph(graph)
            saver_def = self._chosen().saver_def
            self._writer.add_meta_graph(export_meta_graph(saver_def=saver_def))
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        if self._timer.should_trigger_for_step(int(run_values.results)):
            self._save(run_context.session, int(run_values.results))

    def end(self, session: Any) -> None:
        step = int(session.run(self._step))
        if step != self._timer.last_triggered_step():
            self._save(session, step)

    def _chosen(self) -> Any:
        return self._saver if self._scaffold is None else self._scaffold.saver

    def _save(self, session: Any, step: int) -> None:
        logging.info("Saving checkpoints for %d into %s.", step, self._path)
        self._chosen().save(session, self._path, global_step=step)
        status = protos.SessionLog(status=protos.SessionLog.CHECKPOINT, checkpoint_path=self._path)
        self._writer.add_session_log(status, step)
        self._timer.update_last_triggered_step(step)


class StepCounterHook(SessionRunHook):
    """Writes how many steps are made in a second, as a summary `global_step/sec`."""

    def __init__(self, every_n_steps: int | None = 100, every_n_secs: float | None = None, output_dir: str | None = None,
                 summary_writer: Any = None) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = _SecondOrStepTimer(every_n_secs, every_n_steps)
        self._writer, self._folder = summary_writer, output_dir
        self._step: Any = None
        self._tag = ""

    def begin(self) -> None:
        if self._writer is None and self._folder:
            self._writer = SummaryWriterCache.get(self._folder)
        self._step = _step_of_graph(self)
        self._tag = self._step.op.name + "/sec"

    def before_run(self, run_context: Any) -> Any:
        return SessionRunArgs(self._step)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        step = int(run_values.results)
        if not self._timer.should_trigger_for_step(step):
            return
        seconds, steps = self._timer.update_last_triggered_step(step)
        if seconds is not None and steps is not None:
            rate = steps / max(seconds, 1e-9)
            if self._writer is not None:
                value = protos.Summary.Value(tag=self._tag, simple_value=rate)
                self._writer.add_summary(protos.Summary(value=[value]), step)
            logging.info("%s: %g", self._tag, rate)


class NanLossDuringTrainingError(RuntimeError):
    """A loss is no number any more."""

    def __str__(self) -> str:
        return "NaN loss during training."


class NanTensorHook(SessionRunHook):
    """Stops when a loss is no number: by an error, or else quietly."""

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss = loss_tensor
        self._fails = fail_on_nan_loss

    def before_run(self, run_context: Any) -> Any:
        return SessionRunArgs(self._loss)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        if np.isnan(run_values.results):
            if self._fails:
                logging.error("Model diverged with loss = NaN.")
                raise NanLossDuringTrainingError
            logging.warning("Model diverged with loss = NaN.")
            run_context.request_stop()


class SummarySaverHook(SessionRunHook):
    """Writes summaries every so many steps or seconds, the first time at the first step."""

    def __init__(self, save_steps: int | None = None, save_secs: float | None = None, output_dir: str | None = None,
                 summary_writer: Any = None, scaffold: Any = None, summary_op: Any = None) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op, self._scaffold = summary_op, scaffold
        self._writer, self._folder = summary_writer, output_dir
        self._timer = _SecondOrStepTimer(save_secs, save_steps)
        self._next_step: int | None = None
        self._is_due = True
        self._step: Any = None

    def begin(self) -> None:
        if self._writer is None and self._folder:
            self._writer = SummaryWriterCache.get(self._folder)
        self._next_step = None
        self._step = _step_of_graph(self)

    def before_run(self, run_context: Any) -> Any:
        self._is_due = self._next_step is None or self._timer.should_trigger_for_step(self._next_step)
        requests = {"global_step": self._step}
        summaries = self._summary_op if self._scaffold is None else self._scaffold.summary_op
        if self._is_due and summaries is not None:
            requests["summary"] = summaries
        return SessionRunArgs(requests)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        step = int(run_values.results["global_step"])
        if self._writer is not None:
            if self._next_step is None:
                self._writer.add_session_log(protos.SessionLog(status=protos.SessionLog.START), step)
            if "summary" in run_values.results:
                found = run_values.results["summary"]
                for summary in found if isinstance(found, (list, tuple)) else [found]:
                    self._writer.add_summary(summary, step)
        if self._is_due:
            self._timer.update_last_triggered_step(step)
        self._next_step = step + 1

    def end(self, session: Any) -> None:
        if self._writer is not None:
            self._writer.flush()
