"""Monitors that end a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import logging
from tracer.contrib.learn.monitors.base import BaseMonitor, EveryN, value_of


class NanLossDuringTrainingError(RuntimeError):
    """The loss is no number."""

    def __str__(self) -> str:
        return "NaN loss during training."


class StopAtStep(BaseMonitor):
    """Ends the training after so many steps, or at a global step (from 0.10 on)."""

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        super().__init__(print_steps=0, verbose=0)
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    def step_begin(self, step: int) -> list[Any]:
        """Counts from the first step on."""
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = step + self._num_steps - 1
        return []

    def step_end(self, step: int, output: dict[Any, Any]) -> bool:
        """Whether it was the last step."""
        return self._last_step is not None and step >= self._last_step


class NanLoss(EveryN):
    """Ends the training when the loss is no number, with an error unless `fail_on_nan_loss` is False (from 0.9 on)."""

    def __init__(self, loss_tensor: Any, every_n_steps: int = 100, fail_on_nan_loss: bool = True) -> None:
        super().__init__(every_n_steps=every_n_steps)
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Wants the loss."""
        return [self._loss_tensor]

    def every_n_step_end(self, step: int, outputs: dict[Any, Any]) -> bool:
        """Looks at the loss."""
        if not np.isnan(value_of(outputs, self._loss_tensor)).any():
            return False
        if self._fail_on_nan_loss:
            logging.error("Model diverged with loss = NaN.")
            raise NanLossDuringTrainingError
        logging.warning("Model diverged with loss = NaN.")
        return True
