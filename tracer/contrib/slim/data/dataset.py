"""What a data set is."""

from __future__ import annotations

from typing import Any

__all__ = ["Dataset"]


class Dataset:
    """Where a data set is, and how it is read.

    Args:
        data_sources: its files: patterns.
        reader: the class of its readers, as `tf.TFRecordReader`.
        decoder: what takes its records apart: a `DataDecoder`.
        num_samples: how many records there are.
        items_to_descriptions: what each item of a record is, by the names that the decoder knows.
        **kwargs: more attributes.
    """

    def __init__(self, data_sources: Any, reader: Any, decoder: Any, num_samples: int,
                 items_to_descriptions: dict[str, str], **kwargs: Any) -> None:
        self.data_sources = data_sources
        self.reader = reader
        self.decoder = decoder
        self.num_samples = num_samples
        self.items_to_descriptions = items_to_descriptions
        vars(self).update(kwargs)
