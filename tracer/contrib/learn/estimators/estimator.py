"""`tf.contrib.learn.Estimator`: a model as a function, trained, evaluated and asked; from TensorFlow 0.9 on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tracer.contrib.learn.estimators.base_estimator import BaseEstimator as BaseEstimator
from tracer.contrib.learn.estimators.model_fn import ModeKeys, ModelFnOps
from tracer.contrib.learn.estimators.run_config import RunConfig
from tracer.contrib.learn.estimators.tensor_signature import create_placeholders_from_signatures
from tracer.contrib.learn.metric_spec import MetricSpec


class Estimator(BaseEstimator):
    """A model that is a function.

    >>> def model(features, labels, mode, params):
    ...     predictions = tf.contrib.layers.linear(features, 1)
    ...     loss = tf.reduce_mean(tf.square(predictions - labels))
    ...     step = tf.contrib.layers.optimize_loss(loss, tf.contrib.framework.get_global_step(), params["rate"], "SGD")
    ...     return predictions, loss, step
    >>> estimator = learn.Estimator(model, params={"rate": 0.1})
    >>> estimator.fit(x, y, steps=100).predict(x)

    Args:
        model_fn: of features and labels, and, where it takes them, of `mode` and `params`; returns predictions, loss and
            what makes a step, or `ModelFnOps`.
        model_dir, config: as for all estimators.
        params: what `model_fn` gets as such.
        feature_engineering_fn: changes features and labels before `model_fn` gets them.
    """

    def __init__(self, model_fn: Callable | None = None, model_dir: str | None = None, config: RunConfig | None = None,
                 params: Any = None, feature_engineering_fn: Callable | None = None) -> None:
        super().__init__(model_dir, config)
        if model_fn is not None:
            taken = _taken(model_fn)
            if taken is not None and len(taken) < 2:
                raise ValueError(f"Estimator's model_fn ({model_fn}) has less than 2 arguments: it needs features and "
                                 "labels.")
            if params is not None and taken is not None and "params" not in taken and len(taken) < 4:
                raise ValueError(f"Estimator's model_fn ({model_fn}) has less than 4 arguments, but not None params "
                                 f"({params}) are passed.")
        self._model_fn = model_fn
        self.params = params
        self._feature_engineering_fn = feature_engineering_fn or (lambda features, labels: (features, labels))

    def _call_model_fn(self, features: Any, labels: Any, mode: str) -> ModelFnOps:
        features, labels = self._feature_engineering_fn(features, labels)
        assert self._model_fn is not None
        taken = _taken(self._model_fn)
        count = 4 if taken is None else len(taken)
        more: dict[str, Any] = {}
        if count >= 3:
            more["mode"] = mode
        if count >= 4:
            more["params"] = self.params
        if taken is not None and "mode" not in taken:
            made = self._model_fn(features, labels, *more.values())
        else:
            made = self._model_fn(features, labels, **more)
        if isinstance(made, ModelFnOps):
            return made
        if len(made) != 3:
            raise ValueError(f"Unrecognized value returned by model_fn, please return ModelFnOps: {made}")
        return ModelFnOps(mode, *made)

    def _get_train_ops(self, features: Any, labels: Any) -> ModelFnOps:
        return self._call_model_fn(features, labels, ModeKeys.TRAIN)

    def _get_eval_ops(self, features: Any, labels: Any, metrics: Any) -> ModelFnOps:
        from tracer.contrib.metrics import streaming_mean

        made = self._call_model_fn(features, labels, ModeKeys.EVAL)
        features, labels = self._feature_engineering_fn(features, labels)
        found = dict(made.eval_metric_ops)
        found.update(_metric_ops(metrics, features, labels, made.predictions))
        if "loss" not in found:
            found["loss"] = streaming_mean(made.loss)
        return made._replace(eval_metric_ops=found)

    def _get_predict_ops(self, features: Any) -> ModelFnOps:
        labels = create_placeholders_from_signatures(self._labels_info)  # for functions that use them whatever the mode
        return self._call_model_fn(features, labels, ModeKeys.INFER)


def _taken(function: Any) -> list[str] | None:
    """The names of the arguments that a function takes; None where it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return None
    return [p.name for p in parameters]


def _metric_ops(metrics: Any, features: Any, labels: Any, predictions: Any) -> dict[str, Any]:
    found = {}
    for name, metric in sorted((metrics or {}).items(), key=lambda item: str(item[0])):
        if isinstance(metric, MetricSpec) or hasattr(metric, "create_metric_ops"):
            found[name] = metric.create_metric_ops(features, labels, predictions)
        elif isinstance(name, tuple):  # (name, prediction), as 0.9 had it
            if len(name) != 2:
                raise ValueError(f"Invalid metric for {name}. It returned a tuple with len {len(name)}, expected 2.")
            found[name[0]] = metric(predictions[name[1]], labels)
        else:
            found[name] = metric(predictions, labels)
    return found


