"""`pickle` and `cPickle` for Python 2 source: a file opened as text will do, and strings of Python 2 become text."""

from __future__ import annotations

import pickle
from pickle import HIGHEST_PROTOCOL, PickleError, PicklingError, UnpicklingError
from typing import Any

from tracer.legacy.python2_files import binary_file, bytes_from

__all__ = [
    "HIGHEST_PROTOCOL", "PickleError", "Pickler", "PicklingError", "Unpickler", "UnpicklingError",
    "dump", "dumps", "load", "loads",
]  # fmt: skip
# Python 2's newest protocol, so that it can read what is written here. Its default, 0, wrote the same values as text.
_PROTOCOL = 2
# The strings of Python 2 are bytes; every byte is a latin-1 letter, and NumPy's pickled arrays need just that.
_ENCODING = "latin1"


class Pickler(pickle.Pickler):
    """Writes to any file."""

    def __init__(self, file: Any, protocol: int = _PROTOCOL) -> None:
        super().__init__(binary_file(file), _protocol(protocol))


class Unpickler(pickle.Unpickler):
    """Reads what Python 2 wrote."""

    def __init__(self, file: Any, **python3: Any) -> None:
        super().__init__(bytes_from(file), **{"encoding": _ENCODING, **python3})


def dump(obj: Any, file: Any, protocol: int = _PROTOCOL) -> None:
    """Pickles `obj` into a file, opened as text or not."""
    pickle.dump(obj, binary_file(file), _protocol(protocol))


def dumps(obj: Any, protocol: int = _PROTOCOL) -> bytes:
    """The pickle of `obj`."""
    return pickle.dumps(obj, _protocol(protocol))


def load(file: Any, **python3: Any) -> Any:
    """The object that a script pickled into a file, by Python 2 or 3."""
    return pickle.load(bytes_from(file), **{"encoding": _ENCODING, **python3})


def loads(data: Any, **python3: Any) -> Any:
    """The object that a script pickled."""
    data = data.encode(_ENCODING) if isinstance(data, str) else data
    return pickle.loads(data, **{"encoding": _ENCODING, **python3})


def _protocol(protocol: int) -> int:
    return HIGHEST_PROTOCOL if protocol < 0 else protocol
