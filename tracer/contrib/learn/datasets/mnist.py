"""The MNIST digits, as the tutorials read them."""

from __future__ import annotations

from tracer.contrib.learn.datasets import base
from tracer.legacy.datasets.mnist import SOURCE_URL as SOURCE_URL
from tracer.legacy.datasets.mnist import DataSet as DataSet
from tracer.legacy.datasets.mnist import dense_to_one_hot as dense_to_one_hot
from tracer.legacy.datasets.mnist import extract_images as extract_images
from tracer.legacy.datasets.mnist import extract_labels as extract_labels
from tracer.legacy.datasets.mnist import read_data_sets as read_data_sets


def load_mnist() -> base.Datasets:
    """The digits from the folder `MNIST-data`, downloaded if they are not there."""
    return base.Datasets(*read_data_sets("MNIST-data"))
