"""A monitor that looks at other data than what a model is trained on."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from tracer import logging, train
from tracer.contrib.learn.io.data_feeder import setup_train_data_feeder
from tracer.contrib.learn.monitors.base import BaseMonitor


class ValidationMonitor(BaseMonitor):
    """Reports the loss on other data as well, and ends the training when that loss has not fallen for so many steps.

    >>> monitor = learn.monitors.ValidationMonitor(X_val, y_val, n_classes=3, early_stopping_rounds=200)
    >>> classifier.fit(X_train, y_train, monitor)

    An `Estimator` is evaluated at its newest checkpoint, when there is a new one.

    Args:
        val_X: features to validate with. From 0.9 on: `x`.
        val_y: targets to validate with. From 0.9 on: `y`.
        n_classes: how many classes the targets are of; 0 for as many as the estimator says.
        print_steps: how many steps a report is about; so often the other loss is computed. From 0.9 on:
            `every_n_steps`.
        early_stopping_rounds: for how many steps that loss may not fall; None for ever.
        input_fn: gives features and targets as tensors, to an `Estimator`.
        batch_size: how many rows make a batch, for an `Estimator`.
        eval_steps: how many batches are evaluated, for an `Estimator`.
        metrics: what else an `Estimator` measures.
        early_stopping_metric: what must get better, of what an `Estimator` measures.
        early_stopping_metric_minimize: whether less of it is better.
        name: the name of the evaluation.
    """

    def __init__(self, val_X: Any = None, val_y: Any = None, n_classes: int = 0, print_steps: int = 100,
                 early_stopping_rounds: int | None = None, x: Any = None, y: Any = None, input_fn: Any = None,
                 batch_size: int | None = None, eval_steps: int | None = None, every_n_steps: int | None = None,
                 metrics: Any = None, early_stopping_metric: str = "loss", early_stopping_metric_minimize: bool = True,
                 name: str | None = None) -> None:
        super().__init__(print_steps=print_steps if every_n_steps is None else every_n_steps,
                         early_stopping_rounds=early_stopping_rounds)
        self.val_X = val_X if x is None else x
        self.val_y = val_y if y is None else y
        if self.val_X is None and input_fn is None:
            raise ValueError("Either x or input_fn should be provided.")
        self.n_classes = n_classes
        self.print_val_loss_buffer: list[Any] = []
        self.all_val_loss_buffer: list[Any] = []
        self.val_dict: dict[Any, Any] | None = None
        self._evaluation = {"input_fn": input_fn, "batch_size": batch_size, "steps": eval_steps, "metrics": metrics,
                            "name": name}
        self._metric = early_stopping_metric
        self._minimize = early_stopping_metric_minimize
        self._latest: str | None = None
        self._best: tuple[int, float] | None = None
        self._early_stopped = False

    # -- told as in 0.8

    def reports(self) -> bool:
        """Whether a `TensorFlowEstimator` trains, which has placeholders for what is validated with."""
        return self.val_dict is not None

    def create_val_feed_dict(self, inp: Any, out: Any) -> None:
        """Takes the placeholders that the data is fed to."""
        classes = self.n_classes or getattr(self.estimator, "n_classes", 0)
        feeder = setup_train_data_feeder(self.val_X, self.val_y, classes, len(self.val_X))
        feeder.set_placeholders(inp, out)
        self.val_dict = {**feeder.get_feed_dict_fn()(), **self.estimator._evaluating()}

    def _set_last_loss_seen(self) -> None:
        if self._is_time() or not self.all_val_loss_buffer:
            loss = self.sess.run(self.loss_expression_tensor, feed_dict=self.val_dict)
            self.print_val_loss_buffer = [loss]
            self.all_val_loss_buffer.append(loss)
        self.last_loss_seen = self.all_val_loss_buffer[-1]

    def _summary(self) -> str:
        return f"{super()._summary()}, avg. val loss: {np.mean(self.print_val_loss_buffer):.5f}"

    # -- told as from 0.9 on

    @property
    def early_stopped(self) -> bool:
        """Whether it has ended the training."""
        return self._early_stopped

    @property
    def best_step(self) -> int | None:
        """The step at which the metric was best."""
        return None if self._best is None else self._best[0]

    @property
    def best_value(self) -> float | None:
        """What the metric was then."""
        return None if self._best is None else self._best[1]

    def post_step(self, step: int, session: Any) -> None:
        """Evaluates the newest checkpoint, when its time has come and there is a new one."""
        if self.val_dict is not None or step % self.print_steps:
            return
        latest = train.latest_checkpoint(self.estimator.model_dir)
        if latest is None or latest == self._latest:
            logging.info("Skipping evaluation at step %d: there is no new checkpoint.", step)
            return
        self._latest = latest
        measured = self.estimator.evaluate(x=self.val_X, y=self.val_y, **self._evaluation)
        logging.info("Validation (step %d): %s", step,
                     ", ".join(f"{name} = {value!s}" for name, value in sorted(measured.items())))
        self._judge(step, measured)

    def _judge(self, step: int, measured: dict[str, Any]) -> None:
        if self.early_stopping_rounds is None:
            return
        if self._metric not in measured:
            raise ValueError(f"Metric {self._metric} missing from outputs {sorted(measured)}.")
        value = measured[self._metric]
        if self._best is None or (value < self._best[1] if self._minimize else value > self._best[1]):
            self._best = step, value
        self._early_stopped = step - self._best[0] >= self.early_stopping_rounds
        if self._early_stopped:
            sys.stderr.write(f"Stopping. Best step: {self._best[0]} with {self._metric} = {self._best[1]}.\n")

    def step_begin(self, step: int) -> list[Any]:
        """Wants nothing."""
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Whether the newest evaluation has ended the training."""
        return self._early_stopped
