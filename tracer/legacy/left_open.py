"""Modules that 0.8's `tf.nn`, `tf.train` and `tf.image` imported for themselves, which scripts found there:
`tf.train.threading`, `tf.nn.math_ops`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from tracer.legacy.table import MODULES

_OF_PYTHON = {"tracer.nn": "np", "tracer.train": "collections logging sys threading", "tracer.image": ""}
_OF_TENSORFLOW = {
    "tracer.nn": (
        "array_ops candidate_sampling_ops common_shapes constant_op control_flow_ops data_flow_ops dtypes embedding_ops "
        "gen_candidate_sampling_ops gen_nn_ops graph_util init_ops logging_ops math_ops nn_grad nn_ops numerics "
        "op_def_library op_def_registry ops random_ops random_seed sparse_ops tensor_array_ops tensor_shape tensor_util vs"
    ),
    "tracer.train": (
        "array_ops constant_op data_flow_ops dtypes errors gradients io_ops logging_ops math_ops ops random_ops sparse_ops "
        "state_ops tensor_shape variables"
    ),
    "tracer.image": (
        "array_ops clip_ops common_shapes dtypes gen_image_ops gen_nn_ops math_ops op_def_library op_def_registry ops "
        "random_ops tensor_shape tensor_util"
    ),
}
_SHORTER = {"np": "numpy", "vs": "variable_scope"}


def _paths(name: str) -> list[str]:
    return [f"tensorflow.python.{package}.{name}" for package in ("ops", "framework")]


def find(module: str, name: str) -> ModuleType | None:
    """The module that `name` was in `module`; None when there was none, or when TensorFlow's paths lead elsewhere now."""
    called = _SHORTER.get(name, name)
    if name in _OF_PYTHON.get(module, "").split():
        return importlib.import_module(called)
    if name in _OF_TENSORFLOW.get(module, "").split() and sys.modules.get("tensorflow") is sys.modules["tracer"]:
        return next(importlib.import_module(path) for path in _paths(called) if path in MODULES)
    return None
