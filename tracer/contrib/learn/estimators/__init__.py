"""`tf.contrib.learn.estimators`."""

import typing as _typing

from tracer.contrib.learn.estimators import autoencoder as autoencoder
from tracer.contrib.learn.estimators import base as base
from tracer.contrib.learn.estimators import dnn as dnn
from tracer.contrib.learn.estimators import linear as linear
from tracer.contrib.learn.estimators import rnn as rnn
from tracer.contrib.learn.estimators import run_config as run_config
from tracer.contrib.learn.estimators.autoencoder import TensorFlowDNNAutoencoder as TensorFlowDNNAutoencoder
from tracer.contrib.learn.estimators.base import TensorFlowBaseTransformer as TensorFlowBaseTransformer
from tracer.contrib.learn.estimators.base import TensorFlowEstimator as TensorFlowEstimator
from tracer.contrib.learn.estimators.dnn import TensorFlowDNNClassifier as TensorFlowDNNClassifier
from tracer.contrib.learn.estimators.dnn import TensorFlowDNNRegressor as TensorFlowDNNRegressor
from tracer.contrib.learn.estimators.linear import TensorFlowClassifier as TensorFlowClassifier
from tracer.contrib.learn.estimators.linear import TensorFlowLinearClassifier as TensorFlowLinearClassifier
from tracer.contrib.learn.estimators.linear import TensorFlowLinearRegressor as TensorFlowLinearRegressor
from tracer.contrib.learn.estimators.linear import TensorFlowRegressor as TensorFlowRegressor
from tracer.contrib.learn.estimators.rnn import TensorFlowRNNClassifier as TensorFlowRNNClassifier
from tracer.contrib.learn.estimators.rnn import TensorFlowRNNRegressor as TensorFlowRNNRegressor
from tracer.contrib.learn.estimators.run_config import RunConfig as RunConfig


def __getattr__(name: str) -> _typing.Any:
    """What 0.9 to 0.12 added, which `tf.contrib.learn` has as well."""
    import importlib

    if name in ("estimator", "head", "model_fn", "tensor_signature"):
        return importlib.import_module(f"{__name__}.{name}")
    learn = importlib.import_module("tracer.contrib.learn")
    if any(name in names.split() for module, names in learn._LATER.items() if module.startswith("estimators.")):
        return getattr(learn, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
