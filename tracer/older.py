"""Names that `tf` had until 0.6 (January 2016) because it showed what its own files imported: `tf.types`, `tf.ops`.

They are modules of `tensorflow.python`, so all but `types` need the import hook.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from tracer import dtypes

_SHOWN = frozenset({
    "array_ops", "clip_ops", "constant_op", "control_flow_ops", "data_flow_ops", "embedding_ops", "image_ops", "init_ops",
    "io_ops", "logging_ops", "math_ops", "nn_ops", "parsing_ops", "random_ops", "sparse_ops", "state_ops", "variables",
})


def find(name: str) -> ModuleType | None:
    """The module that was `tf.NAME`; None when there was none."""
    if name == "types":
        return dtypes
    return _imported(f"tensorflow.python.ops.{name}") if name in _SHOWN else None


def name_of_framework_ops(name: str) -> object:
    """`tf.ops` was `tensorflow.python.framework.ops`; ours of that name is a package. Raises AttributeError."""
    module = None if name.startswith("__") else _imported("tensorflow.python.framework.ops")
    if module is None:
        raise AttributeError(f"module 'tracer.ops' has no attribute {name!r}")
    return getattr(module, name)


def _imported(path: str) -> ModuleType | None:
    hooked = sys.modules.get("tensorflow") is sys.modules["tracer"]
    return importlib.import_module(path) if hooked else None
