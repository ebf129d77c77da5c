"""The rules of the operations of `tensorflow.python.framework.test_ops`."""

from __future__ import annotations

import numpy as np

from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation


@lowers("KernelLabel", host=True)
def kernel_label(*, op: Operation) -> np.ndarray:
    label = op.attrs.get("_kernel") or "default"
    if label not in ("default", "overload_1", "overload_2"):
        raise errors.InvalidArgumentError(None, op, "No OpKernel was registered to support Op 'KernelLabel' with these "
                                                    f"attrs\n  _kernel='{label}'")
    return np.array(b"My label is: " + label.encode(), object)


@lowers("GraphDefVersion", host=True)
def graph_def_version(*, op: Operation) -> np.int32:
    return np.int32(op.graph.producer)


@lowers("Old", host=True)
def old() -> None:
    pass
