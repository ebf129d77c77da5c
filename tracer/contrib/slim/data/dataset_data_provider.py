"""What hands out the items of a `Dataset`."""

from __future__ import annotations

from tracer.contrib.slim.data import parallel_reader
from tracer.contrib.slim.data.data_provider import DataProvider
from tracer.contrib.slim.data.dataset import Dataset

__all__ = ["DatasetDataProvider"]


class DatasetDataProvider(DataProvider):
    """Reads a data set by several readers at once, and hands out the items of its next record.

    >>> provider = slim.dataset_data_provider.DatasetDataProvider(dataset)
    >>> image, label = provider.get(["image", "label"])

    Args:
        dataset: the data set.
        num_readers: how many readers there are.
        shuffle: whether files and records come in another order each time.
        num_epochs: how often each file is read; by default for ever.
        common_queue_capacity, common_queue_min: how many records are held at most, and at least.
        seed: of the order.
    """

    def __init__(self, dataset: Dataset, num_readers: int = 1, shuffle: bool = True, num_epochs: int | None = None,
                 common_queue_capacity: int = 256, common_queue_min: int = 128, seed: int | None = None) -> None:
        key, data = parallel_reader.parallel_read(
            dataset.data_sources, dataset.reader, num_epochs=num_epochs, num_readers=num_readers, shuffle=shuffle,
            capacity=common_queue_capacity, min_after_dequeue=common_queue_min, seed=seed)
        items = dataset.decoder.list_items()
        tensors = dict(zip(items, dataset.decoder.decode(data, items), strict=True))
        tensors.setdefault("record_key", key)
        super().__init__(tensors, dataset.num_samples)
