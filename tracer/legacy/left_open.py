"""Modules that TensorFlow's files imported for themselves, which scripts found there: `tf.train.threading`, `tf.nn.math_ops`
in 0.8, and until 0.6 (January 2016) `tf.types` and `tf.ops`; `tf.platform` and `tf.nn.nest` in 0.12.

Those of `tensorflow.python` need the import hook.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from tracer.legacy.table import MODULES

_WITHOUT_HOOK = {"tracer": "types", "tracer.nn": "np", "tracer.train": "collections logging sys threading"}
_OF_TENSORFLOW = {
    "tracer": (
        "array_ops clip_ops constant_op control_flow_ops data_flow_ops embedding_ops image_ops init_ops io_ops logging_ops "
        "math_ops nn_ops parsing_ops platform random_ops sparse_ops state_ops variables"
    ),
    "tracer.ops": "ops",
    "tracer.nn": (
        "array_ops candidate_sampling_ops clip_ops common_shapes constant_op control_flow_ops data_flow_ops dtypes "
        "embedding_ops gen_candidate_sampling_ops gen_ctc_ops gen_nn_ops graph_util init_ops logging_ops math_ops nest "
        "nn_grad nn_ops numerics op_def_library op_def_registry ops random_ops random_seed sparse_ops sparse_tensor "
        "tensor_array_ops tensor_shape tensor_util variables vs"
    ),
    "tracer.nn.rnn_cell": "array_ops clip_ops embedding_ops init_ops math_ops nest nn_ops ops tensor_shape vs",
    "tracer.nn.seq2seq": (
        "array_ops control_flow_ops dtypes embedding_ops math_ops nest nn_ops ops rnn rnn_cell variable_scope"
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
_OTHERWISE = {"np": "numpy", "vs": "variable_scope", "types": "tracer.dtypes"}


def _paths(name: str) -> list[str]:
    return [f"tensorflow.python.{package}{name}" for package in ("ops.", "framework.", "util.", "")]


def find(module: str, name: str) -> ModuleType | None:
    """The module that `name` was in `module`; None when there was none, or when TensorFlow's paths lead elsewhere now."""
    called = _OTHERWISE.get(name, name)
    if name in _WITHOUT_HOOK.get(module, "").split():
        return importlib.import_module(called)
    if name in _OF_TENSORFLOW.get(module, "").split() and _hooked():
        return next(importlib.import_module(path) for path in _paths(called) if path in MODULES)
    return None


def _hooked() -> bool:
    return sys.modules.get("tensorflow") is sys.modules["tracer"]


def in_cells(module: str, name: str) -> Any:
    """What `name` was in a module of cells, whose files scripts take whole: `from tensorflow.models.rnn.rnn_cell import *`.

    For that, `__all__` is every public name but those of our own modules, and with the hook what was left open.
    """
    if name == "__all__":
        names = [name for name, value in vars(sys.modules[module]).items()
                 if not name.startswith("_") and not isinstance(value, ModuleType)]
        return [*names, *(_OF_TENSORFLOW[module].split() if _hooked() else ())]
    found = find(module, name)
    if found is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return found
