"""Names that TensorFlow 0.9 to 0.12 gave to what 0.8 has: scripts of late 2016 use them beside the old ones.

`tf.NAME`, `tf.nn.NAME` and `tf.train.NAME` come here when 0.8 has no such name; `dir(tf)` stays 0.8's. What was
renamed is a row of `RENAMED`, what was new is a function of `functions`.
"""

from __future__ import annotations

from typing import Any

RENAMED: dict[str, dict[str, str]] = {
    "tracer": {
        "global_variables": "all_variables",
        "global_variables_initializer": "initialize_all_variables",
        "local_variables_initializer": "initialize_local_variables",
        "variables_initializer": "initialize_variables",
        "tables_initializer": "initialize_all_tables",
        "multiply": "mul", "subtract": "sub", "negative": "neg", "reciprocal": "inv", "floor_div": "floordiv",
        "floormod": "mod", "realdiv": "truediv", "truncatediv": "div", "setdiff1d": "listdiff",
        "matrix_band_part": "batch_matrix_band_part", "matrix_diag": "batch_matrix_diag",
        "matrix_diag_part": "batch_matrix_diag_part", "matrix_set_diag": "batch_matrix_set_diag",
    },
    "tracer.nn": {"static_rnn": "rnn", "static_bidirectional_rnn": "bidirectional_rnn"},
    "tracer.train": {},
}


def find(module: str, name: str) -> Any:
    """What `name` of `module` was from 0.9 to 0.12. Raises AttributeError, as a module does, when that was nothing."""
    import importlib

    if name in RENAMED[module]:
        return getattr(importlib.import_module(module), RENAMED[module][name])
    if name == "summary" and module == "tracer":
        return importlib.import_module("tracer.younger.summary")
    from tracer.younger import functions

    part = {"tracer": functions.Root, "tracer.nn": functions.Networks, "tracer.train": functions.Training}[module]
    if not name.startswith("_") and name in vars(part):
        return getattr(part, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
