"""The MNIST digits as TensorFlow 0.8's tutorials read them: `input_data.read_data_sets(folder, one_hot=True)`."""

from __future__ import annotations

import os
from collections import namedtuple
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.legacy.datasets import idx

SOURCE_URL = idx.MIRRORS[0]
TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
VALIDATION_SIZE = 5000
FAKE_SIZE = 10000
PIXELS = 784
CLASSES = 10

Datasets = namedtuple("Datasets", ["train", "validation", "test"])


def read_data_sets(
    train_dir: str, fake_data: bool = False, one_hot: bool = False, dtype: Any = dtypes.float32, reshape: bool = True,
    validation_size: int = VALIDATION_SIZE,
) -> Datasets:
    """The digits, as `.train` (55,000), `.validation` (5,000) and `.test` (10,000).

    Files that `train_dir` lacks are downloaded. `fake_data` needs no files and gives the same picture again and again.
    Without `reshape`, pictures keep rows and columns; `validation_size` of those for training are `.validation`. (These
    two came with 0.10 and 0.12.)

    >>> mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)
    >>> images, labels = mnist.train.next_batch(100)
    >>> images.shape, labels.shape
    ((100, 784), (100, 10))
    """
    if fake_data:
        return Datasets(*(DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype) for _ in Datasets._fields))
    names = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    idx.fetch(names, train_dir, dict.fromkeys((SOURCE_URL, *idx.MIRRORS)))
    train_images, train_labels, test_images, test_labels = (idx.find(name, train_dir) for name in names)
    images = extract_images(train_images)
    labels = extract_labels(train_labels, one_hot=one_hot)
    if not 0 <= validation_size <= len(images):
        raise ValueError(f"Validation size should be between 0 and {len(images)}. Received: {validation_size}.")

    def data_set(images: Any, labels: Any) -> DataSet:
        return DataSet(images, labels, one_hot=one_hot, dtype=dtype, reshape=reshape)

    validation = data_set(images[:validation_size], labels[:validation_size])
    train = data_set(images[validation_size:], labels[validation_size:])
    test = data_set(extract_images(test_images), extract_labels(test_labels, one_hot=one_hot))
    return Datasets(train, validation, test)


def maybe_download(filename: str, work_directory: str) -> str:
    """The path of a data file in the folder, downloaded if it is not there."""
    if idx.find(filename, work_directory) is None:
        idx.fetch([filename], work_directory, dict.fromkeys((SOURCE_URL, *idx.MIRRORS)))
        print("Successfully downloaded", filename, os.path.getsize(os.path.join(work_directory, filename)), "bytes.")
    return idx.find(filename, work_directory) or os.path.join(work_directory, filename)


def extract_images(filename: Any) -> np.ndarray:
    """The pictures of an IDX file: uint8, [count, rows, columns, 1]. (Since 0.10 of an open file.)"""
    print("Extracting", idx.name_of(filename))
    return idx.read_images(filename)


def extract_labels(filename: Any, one_hot: bool = False, num_classes: int = CLASSES) -> np.ndarray:
    """The labels of an IDX file: uint8, [count]; with `one_hot`, [count, classes]. (Since 0.10 of an open file.)"""
    print("Extracting", idx.name_of(filename))
    labels = idx.read_labels(filename)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int = CLASSES) -> np.ndarray:
    """One row for each label, 1.0 in its column."""
    return np.eye(num_classes)[np.ravel(labels_dense)]


class DataSet:
    """Pictures and labels that are handed out in batches, in a new order each time round."""

    def __init__(
        self, images: Any, labels: Any, fake_data: bool = False, one_hot: bool = False, dtype: Any = dtypes.float32,
        reshape: bool = True,
    ) -> None:
        """Takes uint8 pictures [count, rows, columns, 1]; float32 scales them to [0, 1], uint8 leaves them.

        They become rows of pixels, unless `reshape` is false.
        """
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self.one_hot = one_hot
        self._epochs_completed = 0
        self._index_in_epoch = 0
        if fake_data:
            self._num_examples = FAKE_SIZE
        else:
            assert images.shape[0] == labels.shape[0], f"images.shape: {images.shape} labels.shape: {labels.shape}"
            self._num_examples = images.shape[0]
            if reshape:
                assert images.shape[3] == 1, f"one channel expected: {images.shape}"
                images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
            if dtype == dtypes.float32:
                images = images.astype(np.float32) * np.float32(1.0 / 255.0)
        self._images = images
        self._labels = labels

    @property
    def images(self) -> Any:
        """[num_examples, pixels], in the present order."""
        return self._images

    @property
    def labels(self) -> Any:
        """[num_examples] or [num_examples, classes], in the present order."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How many times `next_batch` has gone through all of them."""
        return self._epochs_completed

    def next_batch(self, batch_size: int, fake_data: bool = False) -> tuple[Any, Any]:
        """The next pictures and labels.

        The first time round they come in the order of the file. When fewer than `batch_size` are left, those are
        skipped, all are shuffled with NumPy's global generator, and a new epoch begins.
        """
        if fake_data:
            label: Any = [1] + [0] * (CLASSES - 1) if self.one_hot else 0
            return [[1] * PIXELS for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if start + batch_size > self._num_examples:
            assert batch_size <= self._num_examples, f"a batch of {batch_size} from {self._num_examples} examples"
            self._epochs_completed += 1
            order = np.arange(self._num_examples)
            np.random.shuffle(order)
            self._images = self._images[order]
            self._labels = self._labels[order]
            start = 0
        self._index_in_epoch = start + batch_size
        return self._images[start : self._index_in_epoch], self._labels[start : self._index_in_epoch]
