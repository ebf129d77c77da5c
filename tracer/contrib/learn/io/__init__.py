"""`tf.contrib.learn.io`: where features and targets come from."""

import importlib
from typing import Any

from tracer.contrib.learn.io import dask_io as dask_io
from tracer.contrib.learn.io import data_feeder as data_feeder
from tracer.contrib.learn.io import pandas_io as pandas_io
from tracer.contrib.learn.io.dask_io import extract_dask_data as extract_dask_data
from tracer.contrib.learn.io.dask_io import extract_dask_labels as extract_dask_labels
from tracer.contrib.learn.io.pandas_io import PANDAS_DTYPES as PANDAS_DTYPES
from tracer.contrib.learn.io.pandas_io import extract_pandas_data as extract_pandas_data
from tracer.contrib.learn.io.pandas_io import extract_pandas_labels as extract_pandas_labels
from tracer.contrib.learn.io.pandas_io import extract_pandas_matrix as extract_pandas_matrix

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
    "HAS_DASK", "HAS_PANDAS", "PANDAS_DTYPES", "dask_io", "data_feeder", "extract_dask_data", "extract_dask_labels",
    "extract_pandas_data", "extract_pandas_labels", "extract_pandas_matrix", "pandas_io",
    *(["pd"] if pandas_io.HAS_PANDAS else []), *(["dd"] if dask_io.HAS_DASK else []),
]

_LATER = {
    "graph_io": (
        "queue_parsed_features read_batch_examples read_batch_features read_batch_record_features "
        "read_keyed_batch_examples read_keyed_batch_features"),
}
"""What 0.9 to 0.12 added, by module."""


def __getattr__(name: str) -> Any:
    if name in ("HAS_PANDAS", "pd"):
        return getattr(pandas_io, name)
    if name in ("HAS_DASK", "dd"):
        return getattr(dask_io, name)
    return importlib.import_module("tracer.younger").find_in(__name__, _LATER, name)
