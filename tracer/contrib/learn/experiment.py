"""`tf.contrib.learn.Experiment`, and estimators that stand in for those of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.contrib.learn import monitors


class Experiment:
    """An estimator with the input that it is trained with and that it is evaluated with.

    Args:
        estimator: the estimator.
        train_input_fn, eval_input_fn: make the tensors of a batch.
        eval_metrics: metrics by name.
        train_steps, eval_steps: how many steps.
        train_monitors: monitors and hooks of the training.
        local_eval_frequency: how many steps lie between two evaluations of `train_and_evaluate`; without it there is one.
        min_eval_frequency: what it is called from 0.12 on.
    """

    def __init__(self, estimator: Any, train_input_fn: Callable, eval_input_fn: Callable, eval_metrics: Any = None,
                 train_steps: int | None = None, eval_steps: int | None = 100, train_monitors: Any = None,
                 local_eval_frequency: int | None = None, min_eval_frequency: int | None = None) -> None:
        self._estimator = estimator
        self._train_input_fn, self._eval_input_fn = train_input_fn, eval_input_fn
        self._eval_metrics = eval_metrics
        self._train_steps, self._eval_steps = train_steps, eval_steps
        self._train_monitors = list(train_monitors or ())
        self._every = min_eval_frequency or local_eval_frequency

    @property
    def estimator(self) -> Any:
        """The estimator."""
        return self._estimator

    def train(self) -> Any:
        """Trains it, up to the step `train_steps`."""
        return self._estimator.fit(input_fn=self._train_input_fn, max_steps=self._train_steps,
                                   monitors=self._train_monitors)

    def evaluate(self) -> dict[str, Any]:
        """Evaluates its newest checkpoint."""
        return self._estimator.evaluate(input_fn=self._eval_input_fn, steps=self._eval_steps, metrics=self._eval_metrics,
                                        name="one_pass")

    def train_and_evaluate(self) -> dict[str, Any]:
        """Trains it, evaluates it from time to time, and at the end."""
        kept = self._train_monitors
        if self._every:
            self._train_monitors = [*kept, monitors.ValidationMonitor(
                input_fn=self._eval_input_fn, eval_steps=self._eval_steps, metrics=self._eval_metrics,
                every_n_steps=self._every)]
        try:
            self.train()
        finally:
            self._train_monitors = kept
        return self.evaluate()

    local_run = train_and_evaluate

    def test(self) -> dict[str, Any]:
        """Trains it for one step and evaluates it, to see whether it works."""
        self._estimator.fit(input_fn=self._train_input_fn, steps=1, monitors=self._train_monitors)
        return self._estimator.evaluate(input_fn=self._eval_input_fn, steps=1, metrics=self._eval_metrics, name="one_pass")


class SKCompat:
    """An estimator as scikit-learn has them: `fit`, `predict` and `score` of arrays."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def fit(self, x: Any, y: Any, batch_size: int = 128, steps: int | None = None, max_steps: int | None = None,
            monitors: Any = None) -> SKCompat:
        """Trains it on arrays, and returns itself."""
        self._estimator.fit(x, y, steps=steps, max_steps=max_steps, batch_size=batch_size, monitors=monitors)
        return self

    def score(self, x: Any, y: Any, batch_size: int = 128, steps: int | None = None, metrics: Any = None) -> Any:
        """What an evaluation tells."""
        return self._estimator.evaluate(x, y, steps=steps, batch_size=batch_size, metrics=metrics, name="score")

    def predict(self, x: Any, batch_size: int = 128, outputs: Any = None) -> Any:
        """What it says of arrays: an array, or a dict of them."""
        found = list(self._all(x, batch_size, outputs))
        if found and isinstance(found[0], dict):
            return {key: np.stack([one[key] for one in found]) for key in found[0]}
        return np.stack(found)

    def _all(self, x: Any, batch_size: int, outputs: Any) -> Any:
        from tracer.contrib.learn.estimators.estimator import BaseEstimator

        return BaseEstimator.predict(self._estimator, x, batch_size=batch_size, outputs=outputs)
