"""Descriptions of things from DBpedia, by 15 kinds."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from tracer.contrib.learn.datasets import base

DBPEDIA_URL = (
    "https://googledrive.com/host/0Bz8a_Dbh9Qhbfll6bVpmNUtUcFdjYmF2SEpmZUZUcVNiMUw1TWN6RDV3a0JHT3kxLVhVR2M/"
    "dbpedia_csv.tar.gz"
)
_FILES = "train.csv", "test.csv"


_EACH = 1000  # a small set has one row of so many
_MADE_UP = (
    (1, "Northern Tea", "Northern Tea is a maker of kettles."),
    (2, "Ada Quill", "Ada Quill is a teacher of algebra."),
    (3, "Hour", "Hour is a weekly paper."),
    (2, "Ben Quill", "Ben Quill is a teacher of drawing."),
)


def get_dbpedia(data_dir: str, size: str | None = None) -> base.Datasets:
    """The descriptions: `.train` and `.test`, each row of `.data` a title and a text.

    They are read from `train.csv` and `test.csv` in the folder `dbpedia_csv` below `data_dir`, or from the archive
    `dbpedia_csv.tar.gz` in `data_dir`. Where that archive was in 2016, it is no more. Of a `size` "small" there is each
    thousandth row.
    """
    paths = [os.path.join(data_dir, "dbpedia_csv", name) for name in _FILES]
    if not all(os.path.exists(path) for path in paths):
        _unpack(data_dir)
    train, test = (_read(path, _EACH if size == "small" else 1) for path in paths)
    return base.Datasets(train=train, validation=None, test=test)


def _unpack(data_dir: str) -> None:
    archive = base.maybe_download("dbpedia_csv.tar.gz", data_dir, DBPEDIA_URL)
    with tarfile.open(archive, "r:*") as file:
        file.extractall(data_dir, filter="data")


def _read(path: str, each: int) -> base.Dataset:
    import csv

    with open(path, encoding="utf-8", newline="") as file:
        return _of_rows(list(csv.reader(file))[::each])


def _of_rows(rows: Sequence[Sequence[Any]]) -> base.Dataset:
    return base.Dataset(np.array([row[1:] for row in rows]), np.array([int(row[0]) for row in rows], np.int32))


def load_dbpedia(size: str | None = None, test_with_fake_data: bool = False) -> base.Datasets:
    """The descriptions from the folder `dbpedia_data`; `get_dbpedia` says what must be there.

    Args:
        size: "small" for each thousandth of them. As of 0.9 that is the default; 0.8 gave all.
        test_with_fake_data: whether to give a few made-up rows instead, which need no file.
    """
    if test_with_fake_data:
        return base.Datasets(train=_of_rows(_MADE_UP[:3]), validation=None, test=_of_rows(_MADE_UP[3:]))
    return get_dbpedia("dbpedia_data", size)
