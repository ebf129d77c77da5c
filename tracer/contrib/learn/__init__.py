"""`tf.contrib.learn`: models with `fit` and `predict`."""

import importlib
from typing import Any

from tracer.contrib.learn import datasets as datasets
from tracer.contrib.learn import estimators as estimators
from tracer.contrib.learn import graph_actions as graph_actions
from tracer.contrib.learn import io as io
from tracer.contrib.learn import models as models
from tracer.contrib.learn import monitors as monitors
from tracer.contrib.learn import ops as ops
from tracer.contrib.learn import preprocessing as preprocessing
from tracer.contrib.learn import trainer as trainer
from tracer.contrib.learn.estimators import RunConfig as RunConfig
from tracer.contrib.learn.estimators import TensorFlowBaseTransformer as TensorFlowBaseTransformer
from tracer.contrib.learn.estimators import TensorFlowClassifier as TensorFlowClassifier
from tracer.contrib.learn.estimators import TensorFlowDNNAutoencoder as TensorFlowDNNAutoencoder
from tracer.contrib.learn.estimators import TensorFlowDNNClassifier as TensorFlowDNNClassifier
from tracer.contrib.learn.estimators import TensorFlowDNNRegressor as TensorFlowDNNRegressor
from tracer.contrib.learn.estimators import TensorFlowEstimator as TensorFlowEstimator
from tracer.contrib.learn.estimators import TensorFlowLinearClassifier as TensorFlowLinearClassifier
from tracer.contrib.learn.estimators import TensorFlowLinearRegressor as TensorFlowLinearRegressor
from tracer.contrib.learn.estimators import TensorFlowRegressor as TensorFlowRegressor
from tracer.contrib.learn.estimators import TensorFlowRNNClassifier as TensorFlowRNNClassifier
from tracer.contrib.learn.estimators import TensorFlowRNNRegressor as TensorFlowRNNRegressor
from tracer.contrib.learn.graph_actions import NanLossDuringTrainingError as NanLossDuringTrainingError
from tracer.contrib.learn.graph_actions import SupervisorParams as SupervisorParams
from tracer.contrib.learn.graph_actions import evaluate as evaluate
from tracer.contrib.learn.graph_actions import infer as infer
from tracer.contrib.learn.graph_actions import run_feeds as run_feeds
from tracer.contrib.learn.graph_actions import run_n as run_n
from tracer.contrib.learn.graph_actions import train as train
from tracer.contrib.learn.io import PANDAS_DTYPES as PANDAS_DTYPES
from tracer.contrib.learn.io import dask_io as dask_io
from tracer.contrib.learn.io import extract_dask_data as extract_dask_data
from tracer.contrib.learn.io import extract_dask_labels as extract_dask_labels
from tracer.contrib.learn.io import extract_pandas_data as extract_pandas_data
from tracer.contrib.learn.io import extract_pandas_labels as extract_pandas_labels
from tracer.contrib.learn.io import extract_pandas_matrix as extract_pandas_matrix
from tracer.contrib.learn.io import pandas_io as pandas_io

_OF_ESTIMATORS = frozenset({"autoencoder", "base", "dnn", "linear", "rnn", "run_config", "estimator", "head", "model_fn",
                            "logistic_regressor", "tensor_signature"})
_LEFT_OPEN = {
    "prediction_key": "tracer.contrib.learn.estimators.model_fn", "metric_key": "tracer.contrib.learn.estimators.model_fn",
    "dnn_linear_combined": "tracer.contrib.learn.estimators.canned", "learn_io": "tracer.contrib.learn.io",
    "data_feeder": "tracer.contrib.learn.io.data_feeder", "graph_io": "tracer.contrib.learn.io.graph_io",
    **dict.fromkeys(("basic_session_run_hooks", "session_run_hook", "summary_writer_cache"), "tracer.younger.hooks"),
}
"""Modules that 0.12 imported here, which its tutorials name: `tf.contrib.learn.prediction_key.PredictionKey`."""
_LATER = {
    "estimators.canned": (
        "DNNClassifier DNNLinearCombinedClassifier DNNLinearCombinedRegressor DNNRegressor LinearClassifier "
        "LinearRegressor SVM"),
    "estimators.estimator": "BaseEstimator Estimator",
    "estimators._sklearn": "NotFittedError",
    "estimators.inferred": (
        "infer_real_valued_columns_from_input infer_real_valued_columns_from_input_fn"),
    "estimators.logistic_regressor": "LogisticRegressor",
    "estimators.run_config": "ClusterConfig Environment TaskType",
    "estimators.model_fn": "MetricKey ModeKeys ModelFnOps PredictionKey",
    "experiment": "Experiment SKCompat",
    **{f"io.{module}": names for module, names in io._LATER.items()},
    "learn_runner": "",
    "metric_spec": "MetricSpec",
}
"""What 0.9 to 0.12 added, by module."""


def __getattr__(name: str) -> Any:
    if name in ("HAS_DASK", "HAS_PANDAS", "pd"):
        return getattr(io, name)
    if name in _OF_ESTIMATORS:
        return importlib.import_module(f"{__name__}.estimators.{name}")
    if name in _LEFT_OPEN:
        return importlib.import_module(_LEFT_OPEN[name])
    if name in ("tf", "np"):  # programs of skflow's reach for these
        return importlib.import_module("tracer" if name == "tf" else "numpy")
    return importlib.import_module("tracer.younger").find_in(__name__, _LATER, name)
