"""Small data sets: tables in files, iris flowers, house prices in Boston."""

from __future__ import annotations

import collections
import csv
import os
import pathlib
import shutil
import urllib.request
from typing import Any

import numpy as np

from tracer import gfile

Dataset = collections.namedtuple("Dataset", ["data", "target"])
Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])

_FOLDER = pathlib.Path(__file__).with_name("data")


def load_csv(filename: Any, target_dtype: Any, target_column: int = -1, has_header: bool = True) -> Dataset:
    """A table of numbers from a file of comma-separated values.

    >>> learn.datasets.base.load_csv("iris.csv", target_dtype=np.int32).data.shape
    (150, 4)

    Args:
        filename: the file.
        target_dtype: what the targets become. Features become float64.
        target_column: which column holds the targets.
        has_header: whether the first line holds the number of rows and the number of features.
    """
    return _table(filename, target_dtype, np.float64, target_column, has_header)


def load_csv_with_header(filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1) -> Dataset:
    """A table of numbers whose first line holds the number of rows and the number of features (from 0.10 on)."""
    return _table(filename, target_dtype, features_dtype, target_column, True)


def load_csv_without_header(filename: Any, target_dtype: Any, features_dtype: Any, target_column: int = -1) -> Dataset:
    """A table of numbers, from the first line on (from 0.10 on)."""
    return _table(filename, target_dtype, features_dtype, target_column, False)


def _table(filename: Any, target_dtype: Any, features_dtype: Any, target_column: int, has_header: bool) -> Dataset:
    with gfile.Open(os.fspath(filename), "r") as file:
        rows = [row for row in csv.reader(iter(file.readline, "")) if row]
    if has_header:
        count, features = int(rows[0][0]), int(rows[0][1])
        rows = rows[1:]
        if len(rows) < count or any(len(row) != features + 1 for row in rows):
            raise ValueError(f"{filename} says that it has {count} rows of {features} features and a target; it has "
                             f"{len(rows)} rows of {sorted({len(row) for row in rows})} columns")
        rows = rows[:count]
    targets = np.array([row.pop(target_column) for row in rows])
    return Dataset(np.array(rows, dtype=np.dtype(features_dtype)), _typed(targets, target_dtype))


def _typed(texts: np.ndarray, dtype: Any) -> np.ndarray:
    kind = np.dtype(dtype)
    return texts.astype(np.float64).astype(kind) if kind.kind in "iub" else texts.astype(kind)


def load_iris() -> Dataset:
    """150 iris flowers: length and width of sepals and petals in centimetres, and which of three species each is.

    The measurements that R. A. Fisher published in 1936.
    """
    return load_csv(_FOLDER / "iris.csv", np.int64)


def load_boston() -> Dataset:
    """506 districts of Boston: 13 numbers about each, and the median price of a house in thousands of dollars.

    The numbers that D. Harrison and D. L. Rubinfeld published in 1978.
    """
    return load_csv(_FOLDER / "boston.csv", np.float64)


def maybe_download(filename: str, work_directory: str, source_url: str) -> str:
    """The path of a file in a folder; what `source_url` leads to is put there if there is none yet."""
    os.makedirs(work_directory, exist_ok=True)
    path = os.path.join(work_directory, filename)
    if os.path.exists(path):
        return path
    partial = path + ".part"
    try:
        with urllib.request.urlopen(source_url, timeout=60) as source, open(partial, "wb") as file:
            shutil.copyfileobj(source, file)
    except OSError as error:
        pathlib.Path(partial).unlink(missing_ok=True)
        raise OSError(f"{source_url} cannot be read ({error}). Put the file {filename} into the folder "
                      f"{os.path.abspath(work_directory)} by hand.") from error
    os.replace(partial, path)
    print("Successfully downloaded", filename, os.path.getsize(path), "bytes.")
    return path
