"""Archives that programs shipped with TensorFlow read, fetched once and unpacked."""

from __future__ import annotations

import tarfile

from tracer.contrib.learn.datasets import base


def fetch_and_unpack(url: str, folder: str) -> None:
    """Puts what `url` leads to into the folder, unless it is there, and unpacks it there."""
    archive = base.maybe_download(url.rpartition("/")[2], folder, url)
    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(folder, filter="data")
