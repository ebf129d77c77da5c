"""`tf.contrib.learn.monitors`: what is told of each training step, and may end the training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.contrib.learn.io.data_feeder import setup_train_data_feeder as setup_train_data_feeder


def default_monitor(verbose: int = 1) -> BaseMonitor:
    """A monitor that reports the loss every 100 steps, or nothing when `verbose` is 0."""
    return BaseMonitor(verbose=verbose)


class BaseMonitor:
    """Reports the average loss, and ends the training when the loss has not fallen for so many steps.

    >>> classifier.fit(X, y, learn.monitors.BaseMonitor(print_steps=50, early_stopping_rounds=200))

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


class ValidationMonitor(BaseMonitor):
    """Reports the loss on other data as well, and ends the training when that loss has not fallen for so many steps.

    >>> monitor = learn.monitors.ValidationMonitor(X_val, y_val, n_classes=3, early_stopping_rounds=200)
    >>> classifier.fit(X_train, y_train, monitor)

    Args:
        val_X: features to validate with.
        val_y: targets to validate with.
        n_classes: how many classes the targets are of; 0 where they are numbers.
        print_steps: how many steps a report is about; so often the other loss is computed.
        early_stopping_rounds: for how many steps that loss may not fall; None for ever.
    """

    def __init__(self, val_X: Any, val_y: Any, n_classes: int = 0, print_steps: int = 100,
                 early_stopping_rounds: int | None = None) -> None:
        super().__init__(print_steps=print_steps, early_stopping_rounds=early_stopping_rounds)
        self.val_feeder = setup_train_data_feeder(val_X, val_y, n_classes, len(val_X))
        self.print_val_loss_buffer: list[Any] = []
        self.all_val_loss_buffer: list[Any] = []
        self.val_dict: dict[Any, Any] | None = None

    def create_val_feed_dict(self, inp: Any, out: Any) -> None:
        """Takes the placeholders that the data is fed to."""
        self.val_feeder.set_placeholders(inp, out)
        self.val_dict = self.val_feeder.get_feed_dict_fn()()

    def _set_last_loss_seen(self) -> None:
        if self._is_time() or not self.all_val_loss_buffer:
            loss = self.sess.run(self.loss_expression_tensor, feed_dict=self.val_dict)
            self.print_val_loss_buffer = [loss]
            self.all_val_loss_buffer.append(loss)
        self.last_loss_seen = self.all_val_loss_buffer[-1]

    def _summary(self) -> str:
        return f"{super()._summary()}, avg. val loss: {np.mean(self.print_val_loss_buffer):.5f}"
