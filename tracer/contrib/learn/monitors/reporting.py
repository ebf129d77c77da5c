"""Monitors that log, keep or write what they see, from 0.9 on."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from tracer import logging, scopes, train
from tracer.contrib.learn.monitors.base import BaseMonitor, EveryN, value_of
from tracer.variables import trainable_variables


def _listed(names: dict[str, Any], outputs: dict[Any, Any]) -> str:
    return ", ".join(f"{name} = {value_of(outputs, request)!s}" for name, request in names.items())


class PrintTensor(EveryN):
    """Logs the values of tensors every n steps.

    >>> learn.monitors.PrintTensor({"loss": "loss:0"}, every_n=10)

    Args:
        tensor_names: the names of tensors, as a list, or as a dict by what they are logged as.
        every_n: how many steps apart.
        first_n: at how many steps in any case.
    """

    def __init__(self, tensor_names: Any, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._tensor_names = (dict(tensor_names) if isinstance(tensor_names, dict)
                              else {getattr(name, "name", name): name for name in tensor_names})

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Wants the tensors."""
        return list(self._tensor_names.values())

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Logs them."""
        logging.info("Step %d: %s", step, _listed(self._tensor_names, outputs))
        return False


class LoggingTrainable(EveryN):
    """Logs the values of the trainable variables, or those whose names start with `scope`, every n steps."""

    def __init__(self, scope: str | None = None, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._scope = scope
        self._names: dict[str, Any] = {}

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Wants the variables."""
        self._names = {variable.name: variable.name for variable in trainable_variables()
                       if variable.name.startswith(self._scope or "")}
        return list(self._names.values())

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Logs them."""
        logging.info("Logging Trainable: Step %d: %s", step, _listed(self._names, outputs))
        return False


class CaptureVariable(EveryN):
    """Keeps the value of a variable every n steps, in the dict `values`."""

    def __init__(self, var_name: str, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._var_name = var_name
        self._var_values: dict[int, Any] = {}

    @property
    def values(self) -> dict[int, Any]:
        """The values by step."""
        return self._var_values

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Wants the variable."""
        return [self._var_name]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Keeps it."""
        self._var_values[step] = value_of(outputs, self._var_name)
        return False


class _Writing(EveryN):
    """Writes something for TensorBoard, every n steps."""

    def __init__(self, every_n_steps: int, output_dir: str | None, summary_writer: Any) -> None:
        super().__init__(every_n_steps=every_n_steps)
        self._summary_writer = summary_writer
        if summary_writer is None and output_dir:
            self._summary_writer = train.SummaryWriter(output_dir)

    def set_estimator(self, estimator: Any) -> None:
        """Writes to the model's folder, if it has none of its own."""
        super().set_estimator(estimator)
        if self._summary_writer is None:
            self._summary_writer = train.SummaryWriter(estimator.model_dir)

    def end(self, session: Any = None) -> None:
        """Has all written."""
        if self._summary_writer is not None:
            self._summary_writer.flush()


class SummarySaver(_Writing):
    """Writes summaries every n steps.

    Args:
        summary_op: the merged summaries.
        save_steps: how many steps apart.
        output_dir: the folder to write to; or
        summary_writer: what writes.
        scaffold: has the merged summaries as `summary_op`, if there are none.
    """

    def __init__(self, summary_op: Any, save_steps: int = 100, output_dir: str | None = None,
                 summary_writer: Any = None, scaffold: Any = None) -> None:
        super().__init__(save_steps, output_dir, summary_writer)
        self._summary_op = summary_op
        self._scaffold = scaffold

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Wants the summaries."""
        if self._summary_op is None and self._scaffold is not None:
            self._summary_op = self._scaffold.summary_op
        return [] if self._summary_op is None else [self._summary_op]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Writes them."""
        if self._summary_op is not None and self._summary_writer is not None:
            self._summary_writer.add_summary(value_of(outputs, self._summary_op), step)
        return False


class StepCounter(_Writing):
    """Writes how many steps are made in a second, every n steps."""

    def __init__(self, every_n_steps: int = 100, output_dir: str | None = None, summary_writer: Any = None) -> None:
        super().__init__(every_n_steps, output_dir, summary_writer)
        self._last: tuple[int, float] | None = None

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Writes the rate since the last time."""
        from tracer.protos import Summary

        now = time.time()
        if self._last is not None and self._summary_writer is not None and now > self._last[1]:
            rate = (step - self._last[0]) / (now - self._last[1])
            message = Summary(value=[Summary.Value(tag="global_step/sec", simple_value=rate)])
            self._summary_writer.add_summary(message, step)
        self._last = step, now
        return False


class GraphDump(BaseMonitor):
    """Keeps the value of nearly every tensor at every step, in the dict `data`: for small models only."""

    IGNORE_OPS = ("Const", "Assign", "Identity", "Placeholder", "RandomUniform", "Cast", "RestoreSlice")

    def __init__(self, ignore_ops: Any = None) -> None:
        super().__init__(print_steps=0, verbose=0)
        self._ignore_ops = self.IGNORE_OPS if ignore_ops is None else tuple(ignore_ops)
        self._data: dict[int, dict[str, Any]] = {}
        self._names: list[str] = []

    @property
    def data(self) -> dict[int, dict[str, Any]]:
        """The values by step and name."""
        return self._data

    def begin(self, max_steps: int | None = None) -> None:
        """Chooses the tensors."""
        graph = scopes.get_default_graph()
        self._names = [op.outputs[0].name for op in graph.get_operations()
                       if op.outputs and op.type not in self._ignore_ops and op.region is None
                       and graph.is_fetchable(op.outputs[0]) and op.outputs[0].dtype.base_dtype.name != "string"]

    def step_begin(self, step: int) -> list[Any]:
        """Wants the tensors."""
        return list(self._names)

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Keeps them."""
        self._data[step] = {name: output[name] for name in self._names}
        return False

    def compare(self, other_dump: GraphDump, step: int, atol: float = 1e-06) -> tuple[list[str], dict[str, Any]]:
        """The names of tensors that two dumps agree on at a step, and the values of the others."""
        matched, different = [], {}
        for name, value in self.data[step].items():
            if name in other_dump.data[step]:
                other = other_dump.data[step][name]
                if np.allclose(value, other, atol=atol):
                    matched.append(name)
                else:
                    different[name] = value, other
        return matched, different


class CheckpointSaver(BaseMonitor):
    """Writes checkpoints every so many steps or seconds.

    Args:
        checkpoint_dir: the folder.
        save_secs: how many seconds apart; or
        save_steps: how many steps apart.
        saver: what saves; all variables by default.
        checkpoint_basename: the files' name.
        scaffold: has the saver as `saver`, if there is none.
    """

    def __init__(self, checkpoint_dir: str, save_secs: float | None = None, save_steps: int | None = None,
                 saver: Any = None, checkpoint_basename: str = "model.ckpt", scaffold: Any = None) -> None:
        super().__init__(print_steps=0, verbose=0)
        if (save_secs is None) == (save_steps is None):
            raise ValueError("Either save_steps or save_secs should be provided" if save_secs is None
                             else "Can not provide both save_steps and save_secs.")
        self._save_secs, self._save_steps = save_secs, save_steps
        self._saver, self._scaffold = saver, scaffold
        self._path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._last: tuple[int, float] | None = None

    def begin(self, max_steps: int | None = None) -> None:
        """Records what saves."""
        self._last = None
        if self._saver is None:
            self._saver = self._scaffold.saver if self._scaffold is not None else train.Saver()

    def post_step(self, step: int, session: Any) -> None:
        """Saves, when its time has come."""
        now = time.time()
        if self._last is None or (now - self._last[1] >= self._save_secs if self._save_secs is not None
                                  else step - self._last[0] >= (self._save_steps or 0)):
            self._save(step, session)

    def end(self, session: Any = None) -> None:
        """Saves the last step."""
        if session is not None and self._last is not None:
            step = train.global_step(session, _global_step())
            if step != self._last[0]:
                self._save(step, session)

    def _save(self, step: int, session: Any) -> None:
        self._last = step, time.time()
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        logging.info("Saving checkpoints for %d into %s.", step, self._path)
        self._saver.save(session, self._path, global_step=step)


def _global_step() -> Any:
    from tracer.contrib.framework.variables import get_global_step

    return get_global_step()


def get_default_monitors(loss_op: Any = None, summary_op: Any = None, save_summary_steps: int = 100,
                         output_dir: str | None = None, summary_writer: Any = None) -> list[Any]:
    """The monitors that log the loss and write summaries.

    Args:
        loss_op: the loss, if it is to be logged.
        summary_op: the summaries, if they are to be written.
        save_summary_steps: how many steps apart.
        output_dir: the folder to write to; or
        summary_writer: what writes.
    """
    monitors: list[Any] = []
    if loss_op is not None:
        monitors.append(PrintTensor({"loss": loss_op.name}))
    if summary_op is not None:
        monitors.append(SummarySaver(summary_op, save_summary_steps, output_dir, summary_writer))
    return monitors
