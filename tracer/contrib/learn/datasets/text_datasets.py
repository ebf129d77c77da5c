"""Descriptions of things from DBpedia, by 15 kinds."""

from __future__ import annotations

import os
import tarfile

import numpy as np

from tracer.contrib.learn.datasets import base

DBPEDIA_URL = (
    "https://googledrive.com/host/0Bz8a_Dbh9Qhbfll6bVpmNUtUcFdjYmF2SEpmZUZUcVNiMUw1TWN6RDV3a0JHT3kxLVhVR2M/"
    "dbpedia_csv.tar.gz"
)
_FILES = "train.csv", "test.csv"


def get_dbpedia(data_dir: str) -> base.Datasets:
    """The descriptions: `.train` and `.test`, each row of `.data` a title and a text.

    They are read from `train.csv` and `test.csv` in the folder `dbpedia_csv` below `data_dir`, or from the archive
    `dbpedia_csv.tar.gz` in `data_dir`. Where that archive was in 2016, it is no more.
    """
    paths = [os.path.join(data_dir, "dbpedia_csv", name) for name in _FILES]
    if not all(os.path.exists(path) for path in paths):
        _unpack(data_dir)
    train, test = (_read(path) for path in paths)
    return base.Datasets(train=train, validation=None, test=test)


def _unpack(data_dir: str) -> None:
    archive = base.maybe_download("dbpedia_csv.tar.gz", data_dir, DBPEDIA_URL)
    with tarfile.open(archive, "r:*") as file:
        file.extractall(data_dir, filter="data")


def _read(path: str) -> base.Dataset:
    import csv

    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return base.Dataset(np.array([row[1:] for row in rows]), np.array([int(row[0]) for row in rows], np.int32))


def load_dbpedia() -> base.Datasets:
    """The descriptions from the folder `dbpedia_data`; `get_dbpedia` says what must be there."""
    return get_dbpedia("dbpedia_data")
