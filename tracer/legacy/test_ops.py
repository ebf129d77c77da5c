"""`tensorflow.python.framework.test_ops`: the three operations that TensorFlow was built with for its own tests."""

from __future__ import annotations

from typing import Any

from tracer.declare import op


@op("KernelLabel", outputs="result:string")
def kernel_label(name: str | None = None) -> Any:
    """Names the label that `Graph._kernel_label_map` has given it."""
    return ()


@op("GraphDefVersion", outputs="version:int32", flags="stateful")
def graph_def_version(name: str | None = None) -> Any:
    """The version of the graph's producer."""
    return ()


@op("Old", flags="deprecated@8:For reasons")
def old(name: str | None = None) -> Any:
    """Does nothing, and was removed in version 8."""
    return []
