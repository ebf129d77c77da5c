"""`pickle` and `cPickle` for Python 2 source: a file opened as text will do, and strings of Python 2 become text."""

from __future__ import annotations

import codecs
import io
import pickle
from pickle import HIGHEST_PROTOCOL, PickleError, PicklingError, UnpicklingError
from typing import Any

import numpy as np

from tracer.legacy.old_text import bytes_of, text_of
from tracer.legacy.python2_files import binary_file, bytes_from, kept

__all__ = [
    "HIGHEST_PROTOCOL", "PickleError", "Pickler", "PicklingError", "Unpickler", "UnpicklingError",
    "dump", "dumps", "load", "loads",
]  # fmt: skip
# Python 2's newest protocol, so that it can read what is written here. Its default, 0, wrote the same values as text.
_PROTOCOL = 2
# The strings of Python 2 are bytes; every byte is a latin-1 letter, and NumPy's pickled arrays need just that.
_ENCODING = "latin1"
_UNREADABLE = (UnpicklingError, KeyError, TypeError, ValueError)  # a part of what was read before, for one


class Pickler(pickle.Pickler):
    """Writes to any file."""

    def __init__(self, file: Any, protocol: int = _PROTOCOL) -> None:
        super().__init__(binary_file(file), _protocol(protocol))


class _Reader(pickle.Unpickler):
    """Bytes, which Python 2 reads as a string that is encoded, are one here, too."""

    def find_class(self, module: str, name: str, /) -> Any:
        found = super().find_class(module, name)
        return (lambda *arguments: kept(found(*arguments))) if found is codecs.encode else found


class Unpickler(_Reader):
    """Reads what Python 2 wrote."""

    def __init__(self, file: Any, **python3: Any) -> None:
        self._file = bytes_from(file)
        self._as_python2 = not python3 and hasattr(self._file, "seekable") and self._file.seekable()
        super().__init__(self._file, **{"encoding": _ENCODING, **python3})

    def load(self) -> Any:
        """The next object; read once more where it turns out to hold text that is not Latin-1 in Python 2."""
        start = self._file.tell() if self._as_python2 else 0
        found = super().load()
        if not self._as_python2 or not _holds_high_letters(found):
            return found
        end = self._file.tell()
        self._file.seek(start)
        try:
            return _with_text(_OfBytes(self._file, encoding="bytes").load(), {})
        except _UNREADABLE:
            self._file.seek(end)
            return found


class _UnpicklerOfEither(Unpickler):
    find_class = pickle.Unpickler.find_class


def dump(obj: Any, file: Any, protocol: int = _PROTOCOL) -> None:
    """Pickles `obj` into a file, opened as text or not."""
    pickle.dump(obj, binary_file(file), _protocol(protocol))


def dumps(obj: Any, protocol: int = _PROTOCOL) -> bytes:
    """The pickle of `obj`."""
    return pickle.dumps(obj, _protocol(protocol))


def load(file: Any, **python3: Any) -> Any:
    """The object that a script pickled into a file, by Python 2 or 3."""
    return Unpickler(file, **python3).load()


def load_of_either(file: Any, **python3: Any) -> Any:
    """The same for a program that either Python may have run, to which bytes are bytes."""
    return _UnpicklerOfEither(file, **python3).load()


def loads(data: Any, **python3: Any) -> Any:
    """The object that a script pickled."""
    return Unpickler(io.BytesIO(bytes_of(data)), **python3).load()


def _protocol(protocol: int) -> int:
    return HIGHEST_PROTOCOL if protocol < 0 else protocol


class _OfBytes(_Reader):
    """Reads what holds no objects of classes whose attributes would be named by bytes."""

    def find_class(self, module: str, name: str, /) -> Any:
        if module.partition(".")[0] not in ("__builtin__", "_codecs", "builtins", "collections", "copy_reg", "numpy"):
            raise UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def _holds_high_letters(value: Any) -> bool:
    """Whether there is text in it of which Latin-1 may have been the wrong reading."""
    seen: set[int] = set()
    rest = [value]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            if not value.isascii():
                return True
        elif isinstance(value, dict | list | tuple | set | frozenset) and id(value) not in seen:
            seen.add(id(value))
            rest += [*value, *value.values()] if isinstance(value, dict) else value
        elif isinstance(value, np.ndarray) and value.dtype == object:
            rest += value.ravel().tolist()
    return False


def _with_text(value: Any, known: dict[int, Any]) -> Any:
    """The value with its bytes as text; `known` has what it has become, by identity."""
    if type(value) is bytes:
        return text_of(value)
    if id(value) in known:
        return known[id(value)][1]
    if type(value) in (tuple, frozenset):
        made = type(value)(_with_text(item, known) for item in value)
        known[id(value)] = value, made
        return made
    if isinstance(value, dict | list | set | np.ndarray):
        known[id(value)] = value, value
        _put_text(value, known)
    return value


def _put_text(value: Any, known: dict[int, Any]) -> None:
    """Gives a container text where it has bytes."""
    if isinstance(value, dict):
        items = [(_with_text(key, known), _with_text(item, known)) for key, item in value.items()]
        value.clear()
        value.update(items)
    elif isinstance(value, list):
        value[:] = [_with_text(item, known) for item in value]
    elif isinstance(value, set):
        items = [_with_text(item, known) for item in value]
        value.clear()
        value.update(items)
    elif value.dtype == object:
        for place, item in enumerate(value.flat):
            value.flat[place] = _with_text(item, known)
