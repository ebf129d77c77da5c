"""One function per operation, one module per family; each declares what its results look like."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    from tracer.legacy import left_open

    module = None if name.startswith("__") else left_open.find(__name__, "ops")  # `tf.ops` was that of the framework
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
