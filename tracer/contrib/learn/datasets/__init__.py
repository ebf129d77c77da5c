"""`tf.contrib.learn.datasets`: data sets by name."""

from typing import Any

from tracer.contrib.learn.datasets import base as base
from tracer.contrib.learn.datasets import mnist as mnist
from tracer.contrib.learn.datasets import text_datasets as text_datasets
from tracer.contrib.learn.datasets.base import load_boston as load_boston
from tracer.contrib.learn.datasets.base import load_iris as load_iris

DATASETS = {
    "iris": base.load_iris,
    "boston": base.load_boston,
    "mnist": mnist.load_mnist,
    "dbpedia": text_datasets.load_dbpedia,
}


def load_dataset(name: str, size: str | None = None, test_with_fake_data: bool = False) -> Any:
    """The data set called `name`: one of `DATASETS`.

    >>> learn.datasets.load_dataset("iris").data.shape
    (150, 4)

    The other arguments are those of `load_dbpedia`, and of no meaning for other sets.
    """
    if name not in DATASETS:
        raise ValueError(f"Name of dataset is not found: {name}")
    return DATASETS[name](size, test_with_fake_data) if name == "dbpedia" else DATASETS[name]()
