"""`json` writes NumPy's numbers: in 2016 those of a Python 2 script's sums and means were its own ints and floats.

A float64 is a Python float today, too; the float32 that a library's sum stays in NumPy 2 is none. And what Python 2 source
read from a binary file was text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def write_numbers() -> Callable[[], object]:
    """Lets the encoder take them; returns what takes that back."""
    import numpy as np

    from tracer.legacy.old_text import text_of
    from tracer.legacy.python2_files import FileBytes

    before = json.JSONEncoder.default

    def default(self: json.JSONEncoder, o: Any) -> Any:
        if isinstance(o, np.integer):
            return int(o)
        if isinstance(o, FileBytes):
            return text_of(bytes(o))
        return float(o) if isinstance(o, np.floating) else before(self, o)

    json.JSONEncoder.default = default
    return lambda: setattr(json.JSONEncoder, "default", before)
