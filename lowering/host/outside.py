"""Rules of what lies outside of a graph: a file that is a constant, and a fact."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from lowering.host.files import of_system
from lowering.registry import lowers
from tracer import dtypes, errors


@lowers("ImmutableConst", host=True)
def immutable_const(*, dtype: dtypes.DType, shape: Any, memory_region_name: str) -> np.ndarray:
    if dtype is dtypes.string:
        raise errors.UnimplementedError(None, None, "Sorry, DT_STRING is not currently supported for ImmutableConstOp.")
    sizes = shape.as_list()
    count = math.prod(sizes)
    try:
        found = np.fromfile(memory_region_name, dtype.array_dtype, count)
    except OSError as error:
        raise of_system(error, memory_region_name) from None
    if found.size < count:
        raise errors.InternalError(
            None, None, f"Readonly memory region has wrong length ({os.path.getsize(memory_region_name)}) when "
                        f"allocating {count * dtype.size}")
    return found.reshape(sizes)


@lowers("Fact", host=True)
def fact() -> bytes:
    return b"0! == 1"
