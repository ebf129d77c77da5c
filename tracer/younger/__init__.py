"""Names that TensorFlow 0.9 to 0.12 gave to what 0.8 has: scripts of late 2016 use them beside the old ones.

`tf.NAME` and `tf.nn.NAME` come here when 0.8 has no such name; `dir(tf)` stays 0.8's. What was renamed is a row of
`RENAMED`; what was new is in `root`, `nn` and `summary`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

RENAMED = {
    "global_variables": "all_variables",
    "global_variables_initializer": "initialize_all_variables",
    "local_variables_initializer": "initialize_local_variables",
    "variables_initializer": "initialize_variables",
    "tables_initializer": "initialize_all_tables",
    "multiply": "mul", "subtract": "sub", "negative": "neg", "reciprocal": "inv", "truncatediv": "div",
    "setdiff1d": "listdiff",
    "matrix_band_part": "batch_matrix_band_part", "matrix_diag": "batch_matrix_diag",
}
"""Names of `tf`, and what 0.8 calls the same."""
_PARTS = {
    "tracer": ("root", "maths", "strings", "names", "more", "convolution"),
    "tracer.nn": ("nn", "nn_names", "convolution", "raw_rnn"),
    "tracer.train": ("train", "optimizers", "hooks", "monitored_session"),
    "tracer.image": ("image",),
}
_MODULES = {"summary": "tracer.younger.summary", "graph_util": "tracer.graph_util"}


def find(module: str, name: str) -> Any:
    """What `name` of `module` was from 0.9 to 0.12. Raises AttributeError, as a module does, when that was nothing."""
    if module == "tracer" and name in RENAMED:
        return getattr(importlib.import_module(module), RENAMED[name])
    if module == "tracer" and name in _MODULES:
        return importlib.import_module(_MODULES[name])
    for place in _PARTS[module]:
        part = importlib.import_module(f"tracer.younger.{place}")
        if name in part.__all__:
            return getattr(part, name)
    left_open = importlib.import_module("tracer.legacy.left_open").find(module, name)
    if left_open is not None:
        return left_open
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def known(module: str) -> list[str]:
    """All such names of `module`, left-open modules excepted."""
    parts = (importlib.import_module(f"tracer.younger.{place}") for place in _PARTS[module])
    ours = (*RENAMED, *_MODULES) if module == "tracer" else ()
    return [*ours, *(name for part in parts for name in part.__all__)]


def find_in(package: str, table: Mapping[str, str], name: str) -> Any:
    """What `name` of `package` is by a table of its modules, each with the names that it has: one of either, loaded now.

    Raises AttributeError, as a module does, when it is none.
    """
    for module, names in table.items():
        if name == module or name in names.split():
            found = importlib.import_module(f"{package}.{module}")
            return found if name == module else getattr(found, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
