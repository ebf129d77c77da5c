"""`tensorflow.python.summary.impl.gcs_file_loader`: the events of a file of Cloud Storage, as it grows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from tracer import protos, python_io
from tracer.train import gcs


class GCSFileLoader:
    """Reads what has been added to an event file since the last time."""

    def __init__(self, gcs_path: str) -> None:
        if not gcs.IsGCSPath(gcs_path):
            raise ValueError(f"A GCS path is required, not {gcs_path}")
        self._path = gcs_path
        self._offset = 0

    def Load(self) -> Iterator[Any]:
        """The Event messages that are new."""
        with tempfile.NamedTemporaryFile(suffix=".tfevents") as local:
            gcs.CopyContents(self._path, self._offset, local)
            local.flush()
            for record in python_io.tf_record_iterator(local.name):
                self._offset += sum(map(len, python_io.framed(record)))
                yield protos.Event.FromString(record)
