"""What all monitors are: told of each training step, and able to end the training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

_HOOKS = ("begin", "end", "step_begin", "step_end", "post_step")


def default_monitor(verbose: int = 1) -> BaseMonitor:
    """A monitor that reports the loss every 100 steps, or nothing when `verbose` is 0."""
    return BaseMonitor(verbose=verbose)


class BaseMonitor:
    """Reports the average loss, and ends the training when the loss has not fallen for so many steps.

    >>> classifier.fit(X, y, learn.monitors.BaseMonitor(print_steps=50, early_stopping_rounds=200))

    A class derived from it may define `step_begin`, `step_end` and the others from 0.9 on instead; then it reports
    nothing of its own.

    Args:
        print_steps: how many steps a report is about.
        early_stopping_rounds: for how many steps the loss may not fall; None for ever.
        verbose: 0 for no reports.
    """

    def __init__(self, print_steps: int = 100, early_stopping_rounds: int | None = None, verbose: int = 1) -> None:
        self.print_steps = print_steps
        self.early_stopping_rounds = early_stopping_rounds
        self.verbose = verbose
        self.converged = False
        self.min_loss = np.inf
        self.min_loss_i = 0
        self.last_loss_seen = np.inf
        self.steps = 0
        self.epoch: int | None = None
        self.print_train_loss_buffer: list[Any] = []
        self.all_train_loss_buffer: list[Any] = []

    def update(self, global_step: int, step_number: int, training_loss: Any, sess: Any,
               feed_params_fn: Callable[[], dict] | None, loss_expression_tensor: Any) -> None:
        """Notes a step.

        Args:
            global_step: the steps that the model has been trained for.
            step_number: the steps of this training.
            training_loss: the loss of this one.
            sess: the session.
            feed_params_fn: says where the feeding stands.
            loss_expression_tensor: the tensor of the loss.
        """
        self.steps = step_number
        self.global_step = global_step
        self.sess = sess
        self.loss_expression_tensor = loss_expression_tensor
        self.print_train_loss_buffer.append(training_loss)
        self.all_train_loss_buffer.append(training_loss)
        if feed_params_fn is not None:
            self.epoch = feed_params_fn().get("epoch")
        self._set_last_loss_seen()
        if self.last_loss_seen < self.min_loss:
            self.min_loss = self.last_loss_seen
            self.min_loss_i = self.steps

    def _set_last_loss_seen(self) -> None:
        self.last_loss_seen = self.all_train_loss_buffer[-1]

    def set_estimator(self, estimator: Any) -> None:
        """Told of the estimator that is trained."""
        self.estimator = estimator

    def create_val_feed_dict(self, inp: Any, out: Any) -> None:
        """Told of the placeholders of features and targets; a `ValidationMonitor` needs them."""

    def report(self) -> None:
        """Prints the report, when its time has come."""
        if self._is_time():
            if self.verbose > 0:
                print(self._summary())
            self.print_train_loss_buffer = []

    def _is_time(self) -> bool:
        return self.print_steps > 0 and self.steps % self.print_steps == 0

    def _summary(self) -> str:
        epoch = "" if self.epoch is None else f", epoch #{self.epoch}"
        return f"Step #{self.steps}{epoch}, avg. train loss: {np.mean(self.print_train_loss_buffer):.5f}"

    def monitor_inducing_stop(self) -> bool:
        """Whether the training is to end."""
        if self.early_stopping_rounds is None:
            return False
        stop = self.steps - self.min_loss_i >= self.early_stopping_rounds
        if stop:
            sys.stderr.write(f"Stopping. Best step:\n step {self.min_loss_i} with loss {self.min_loss}\n")
        return bool(stop)

    def reports(self) -> bool:
        """Whether it is told of steps by `update`, as in 0.8: a class that defines what came later is not."""
        return all(getattr(type(self), hook) is getattr(BaseMonitor, hook) for hook in _HOOKS)

    # -- from 0.9 on

    @property
    def run_on_all_workers(self) -> bool:
        """Whether workers other than the chief are to have it."""
        return False

    def begin(self, max_steps: int | None = None) -> None:
        """Told that the training begins, and at which global step it is to end."""

    def end(self, session: Any = None) -> None:
        """Told that the training has ended."""

    def epoch_begin(self, epoch: int) -> None:
        """Told that a round over the data begins."""

    def epoch_end(self, epoch: int) -> None:
        """Told that a round over the data has ended."""

    def step_begin(self, step: int) -> list[Any]:
        """Told that a step begins; returns the tensors (or their names) whose values it wants to have."""
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Told of the values, by name, that it wanted; returns whether the training is to end."""
        return False

    def post_step(self, step: int, session: Any) -> None:
        """Told that a step has ended, with the session."""


class EveryN(BaseMonitor):
    """Does something at the first steps, and then at every n-th: for classes that define `every_n_step_end`.

    >>> class Loss(learn.monitors.EveryN):
    ...     def every_n_step_begin(self, step):
    ...         return ["loss:0"]
    ...     def every_n_step_end(self, step, outputs):
    ...         print(step, outputs["loss:0"])

    Args:
        every_n_steps: how many steps apart.
        first_n_steps: at how many steps in any case.
    """

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        super().__init__(print_steps=0, verbose=0)
        self._every_n_steps = every_n_steps
        self._first_n_steps = first_n_steps
        self._max_steps: int | None = None
        self._last_active_step = 0
        self._active = False

    def begin(self, max_steps: int | None = None) -> None:
        """Notes the last step, at which it does something in any case."""
        self._max_steps = max_steps

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Returns the tensors (or their names) whose values it wants to have."""
        return []

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool | None:
        """Gets the values; returns whether the training is to end."""
        return False

    def every_n_post_step(self, step: int, session: Any) -> None:
        """Gets the session after the step."""

    def step_begin(self, step: int) -> list[Any]:
        """Calls `every_n_step_begin`, when its time has come."""
        self._active = (step <= self._first_n_steps or step >= self._last_active_step + self._every_n_steps
                        or step == self._max_steps)
        return self.every_n_step_begin(step) or [] if self._active else []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Calls `every_n_step_end`, when its time has come."""
        return bool(self.every_n_step_end(step, output)) if self._active else False

    def post_step(self, step: int, session: Any) -> None:
        """Calls `every_n_post_step`, when its time has come."""
        if self._active:
            self._last_active_step = step
            self.every_n_post_step(step, session)


def value_of(outputs: dict[Any, Any], request: Any) -> Any:
    """The value of what was wanted, a tensor or a name."""
    return outputs[request if isinstance(request, str) else request.name]
