"""Estimators as folders: their arguments, their graph and their variables."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

from tracer import train
from tracer.ir import Graph
from tracer.session import Session

_ARGUMENTS = "model.def"
_ENDPOINTS = "endpoints"
_GRAPH = "graph.pbtxt"
_SAVER = "saver.pbtxt"
_ESTIMATORS = "tracer.contrib.learn.estimators"


def save(estimator: Any, path: str) -> None:
    """Writes a fitted estimator to the folder `path`."""
    os.makedirs(path, exist_ok=True)
    _write(path, _ARGUMENTS, json.dumps(_arguments(estimator), indent=1, sort_keys=True))
    endpoints = [estimator._inp, estimator._out, estimator._model_predictions, estimator._model_loss, estimator._train,
                 estimator._global_step, estimator._summaries]
    _write(path, _ENDPOINTS, "\n".join("" if tensor is None else tensor.name for tensor in endpoints))
    _write(path, _GRAPH, str(estimator._graph.as_graph_def()))
    _write(path, _SAVER, str(estimator._saver.as_saver_def()))
    estimator._saver.save(estimator._session, os.path.join(path, "model"), global_step=estimator._global_step)


def _write(path: str, name: str, text: str) -> None:
    with open(os.path.join(path, name), "w", encoding="utf-8") as file:
        file.write(text)


def _arguments(estimator: Any) -> dict[str, Any]:
    """The constructor's arguments that JSON can hold: functions cannot be saved, and are in the graph already."""
    found = {"class_name": type(estimator).__name__}
    for name, value in estimator.get_params(deep=False).items():
        if value is None or name == "config":
            continue
        try:
            json.dumps(value)
        except TypeError:
            if not hasattr(value, "tolist"):
                continue
            value = value.tolist()
        found[name] = value
    return found


def restore(cls: type, path: str, config: Any) -> Any:
    """The estimator in the folder `path`: `cls`, if its name is that of what was saved, or one of ours."""
    checkpoint = train.latest_checkpoint(path)
    if not os.path.isdir(path):
        raise ValueError(f"Path {path} should be a directory where model is saved.")
    if checkpoint is None:
        raise ValueError(f"Missing a checkpoint file in the {path}. Please make sure you that you have checkpoint file "
                         "that describes last_checkpoint in the folder.")
    estimator = _made(cls, path)
    if config is not None:
        estimator.config = config
    names = _read(path, _ENDPOINTS).split("\n")
    _load(estimator, checkpoint, names)
    return estimator


def _read(path: str, name: str) -> str:
    full = os.path.join(path, name)
    if not os.path.exists(full):
        raise ValueError(f"Restore folder doesn't contain {name}: {path}")
    with open(full, encoding="utf-8") as file:
        return file.read()


def _made(cls: type, path: str) -> Any:
    arguments = json.loads(_read(path, _ARGUMENTS))
    name = arguments.pop("class_name")
    known = importlib.import_module(_ESTIMATORS)
    kind = cls if cls.__name__ == name else getattr(known, name, None)
    if kind is None:
        raise ValueError(f"What was saved to {path} is a {name}: call {name}.restore.")
    if kind is known.TensorFlowEstimator:
        arguments["model_fn"] = None
    if "input_op_fn" in arguments:
        del arguments["input_op_fn"]
    return kind(**arguments)


def _load(estimator: Any, checkpoint: str, names: list[str]) -> None:
    """Gives the estimator the graph that belongs to the checkpoint, and a session with its variables."""
    config = estimator._config()
    estimator._graph = graph = Graph()
    with graph.as_default():
        estimator._saver = train.import_meta_graph(checkpoint + ".meta")
    tensors = [graph.get_tensor_by_name(name) if name else None for name in names]
    (estimator._inp, estimator._out, estimator._model_predictions, estimator._model_loss, estimator._train,
     estimator._global_step, estimator._summaries) = tensors
    estimator._session = Session(config.tf_master, graph=graph, config=config.tf_config)
    estimator._saver.restore(estimator._session, checkpoint)
    estimator._initialized = True
