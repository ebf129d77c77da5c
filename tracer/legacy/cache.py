"""JAX's compilation cache on disk, so that the second start of a script compiles nothing."""

from __future__ import annotations

import os

_SETTINGS = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0"}


def folder() -> str:
    """Where compiled programs are kept: JAX's own setting, or a folder of the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("JAX_COMPILATION_CACHE_DIR") or os.path.join(base, "tracer", "xla")


def enable() -> None:
    """Turns the cache on by environment variables, which JAX reads when it is imported. What the user set stays."""
    place = folder()
    try:
        os.makedirs(place, exist_ok=True)
    except OSError:
        return  # a home that cannot be written to: programs are compiled each time
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", place)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def report() -> str:
    """Location and size, for a person."""
    place = folder()
    entries = [entry for entry in os.scandir(place) if entry.is_file()] if os.path.isdir(place) else []
    size = sum(entry.stat().st_size for entry in entries)
    return f"{place}\n{len(entries)} files, {size / 2**20:.1f} MiB"
