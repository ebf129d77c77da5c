"""One function per operation, one module per family; each declares what its results look like."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    from tracer import older

    return older.name_of_framework_ops(name)
