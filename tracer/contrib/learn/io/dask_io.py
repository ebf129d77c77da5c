"""Tables of dask, where dask is installed: larger than memory, in parts."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "HAS_DASK":
        return importlib.util.find_spec("dask") is not None and importlib.util.find_spec("pandas") is not None
    if name == "dd":
        return importlib.import_module("dask.dataframe")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def is_dask(data: Any) -> bool:
    """Whether `data` is a table or a column of dask: nobody has one who has not loaded it."""
    return _is(data, "DataFrame") or _is(data, "Series")


def _is(data: Any, kind: str) -> bool:
    frames = sys.modules.get("dask.dataframe")
    return frames is not None and isinstance(data, getattr(frames, kind))


def extract_dask_data(data: Any) -> Any:
    """A dask table or column whose rows are numbered throughout; anything else is returned as it is."""
    return _numbered(data) if is_dask(data) else data


def extract_dask_labels(labels: Any) -> Any:
    """A dask column, or table of one, whose rows are numbered throughout; anything else is returned as it is.

    ValueError when there are more columns.
    """
    if _is(labels, "DataFrame"):
        if len(labels.columns) != 1:
            raise ValueError("Only one column for labels is allowed.")
        labels = labels[labels.columns[0]]
    return _numbered(labels) if is_dask(labels) else labels


def _numbered(data: Any) -> Any:
    """The same rows under the numbers 0, 1, 2 ..., with the bounds of the parts known."""
    import numpy as np

    counts = [0, *np.cumsum(data.map_partitions(len).compute()).tolist()]
    parts = data.to_delayed()
    frames = sys.modules["dask.dataframe"]

    def renumber(part: Any, start: int) -> Any:
        return part.set_axis(range(start, start + len(part)), axis=0)

    from dask import delayed

    made = [delayed(renumber)(part, start) for part, start in zip(parts, counts[:-1], strict=True)]
    return frames.from_delayed(made, meta=data._meta, divisions=tuple(counts))
