"""Numbers of pandas' tables, where pandas is installed."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np

PANDAS_DTYPES = {
    "int8": "int", "int16": "int", "int32": "int", "int64": "int", "uint8": "int", "uint16": "int", "uint32": "int",
    "uint64": "int", "float16": "float", "float32": "float", "float64": "float", "bool": "i",
}


def __getattr__(name: str) -> Any:
    if name == "HAS_PANDAS":
        return importlib.util.find_spec("pandas") is not None
    if name in ("pd", "pandas"):
        return importlib.import_module("pandas")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_table(data: Any) -> bool:
    """Whether `data` is a `DataFrame`: nobody has one who has not loaded pandas."""
    return "pandas" in sys.modules and isinstance(data, sys.modules["pandas"].DataFrame)


def is_series(data: Any) -> bool:
    """Whether `data` is a `Series`."""
    return "pandas" in sys.modules and isinstance(data, sys.modules["pandas"].Series)


def extract_pandas_data(data: Any) -> Any:
    """The numbers of a `DataFrame` as an array of floats; anything else is returned as it is.

    ValueError when a column has other than numbers.
    """
    if not is_table(data):
        return data
    wrong = _not_numeric(data)
    if not wrong:
        return data.values.astype("float")
    raise ValueError("Data types for extracting pandas data must be int, float, or bool. Found: "
                     + ", ".join(f"'{name}' type='{kind}'" for name, kind in wrong))


def extract_pandas_matrix(data: Any) -> Any:
    """What a `DataFrame` holds as an array; anything else is returned as it is."""
    return data.values if is_table(data) else data


def extract_pandas_labels(labels: Any) -> Any:
    """The one column of a `DataFrame` as an array; anything else is returned as it is.

    ValueError when there are more columns, or other than numbers.
    """
    if not is_table(labels):
        return labels
    if len(labels.columns) > 1:
        raise ValueError("Only one column for labels is allowed.")
    wrong = _not_numeric(labels)
    if not wrong:
        return labels.values
    raise ValueError("Data types for extracting labels must be int, float, or bool. Found: "
                     + ", ".join(f"'{name}' type={kind}" for name, kind in wrong))


def _not_numeric(table: Any) -> list[tuple[Any, Any]]:
    return [(name, kind) for name, kind in zip(table.columns, table.dtypes, strict=True)
            if not isinstance(kind, np.dtype) or kind.name not in PANDAS_DTYPES]
