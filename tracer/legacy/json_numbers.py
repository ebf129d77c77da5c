"""`json` writes NumPy's numbers: in 2016 those of a Python 2 script's sums and means were its own ints and floats.

There `0.0 + np.float32(x)` was a float64, which is a Python float; NumPy 2 keeps the float32.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def write_numbers() -> Callable[[], object]:
    """Lets the encoder take them; returns what takes that back."""
    import numpy as np

    before = json.JSONEncoder.default

    def default(self: json.JSONEncoder, o: Any) -> Any:
        if isinstance(o, np.integer):
            return int(o)
        return float(o) if isinstance(o, np.floating) else before(self, o)

    json.JSONEncoder.default = default
    return lambda: setattr(json.JSONEncoder, "default", before)
