"""The parts of `six` that scripts of 2016 use, where the real one is not installed."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import sys
from types import ModuleType
from typing import Any

PY2 = False
PY3 = True
PY34 = True
MAXSIZE = sys.maxsize
StringIO = io.StringIO
BytesIO = io.BytesIO
binary_type = bytes
class_types = (type,)
integer_types = (int,)
string_types = (str,)
text_type = str
advance_iterator = next
Iterator = object
next = builtins.next
print_ = builtins.print
unichr = chr
wraps = functools.wraps

_MOVED_MODULES = {
    "builtins": "builtins", "cPickle": "pickle", "configparser": "configparser", "copyreg": "copyreg",
    "html_entities": "html.entities", "html_parser": "html.parser", "http_client": "http.client",
    "http_cookiejar": "http.cookiejar", "queue": "queue", "reprlib": "reprlib", "socketserver": "socketserver",
    "tkinter": "tkinter", "urllib_error": "urllib.error", "urllib_parse": "urllib.parse", "_thread": "_thread",
}  # fmt: skip
_MOVED_NAMES: dict[str, Any] = {
    "StringIO": io.StringIO, "cStringIO": io.StringIO, "filter": filter, "input": input, "intern": sys.intern,
    "map": map, "range": range, "reduce": functools.reduce, "reload_module": importlib.reload, "xrange": range,
    "zip": zip,
}  # fmt: skip


class _Moves(ModuleType):
    """`six.moves`: modules and names under one spelling for both Pythons."""

    def __getattr__(self, name: str) -> Any:
        if name in _MOVED_NAMES:
            return _MOVED_NAMES[name]
        if name in ("filterfalse", "zip_longest"):
            return getattr(importlib.import_module("itertools"), name)
        if name in _MOVED_MODULES:
            return importlib.import_module(_MOVED_MODULES[name])
        raise AttributeError(f"six.moves has no {name!r} here; install six for all of it")


def _make_moves() -> _Moves:
    moves = _Moves("six.moves")
    moves.__path__ = []
    sys.modules["six.moves"] = moves
    urllib = ModuleType("six.moves.urllib")
    urllib.__path__ = []
    sys.modules["six.moves.urllib"] = urllib
    moves.urllib = urllib  # type: ignore[attr-defined]
    for part in ("error", "parse", "request"):
        module = importlib.import_module(f"urllib.{part}")
        sys.modules[f"six.moves.urllib.{part}"] = module
        setattr(urllib, part, module)
    for name, place in _MOVED_MODULES.items():
        if name in ("cPickle", "queue", "configparser"):
            sys.modules[f"six.moves.{name}"] = importlib.import_module(place)
    return moves


moves = _make_moves()
__path__: list[str] = []


def iteritems(d: Any, **keywords: Any) -> Any:
    """An iterator over the items of a dict."""
    return iter(d.items(**keywords))


def iterkeys(d: Any, **keywords: Any) -> Any:
    """An iterator over the keys of a dict."""
    return iter(d.keys(**keywords))


def itervalues(d: Any, **keywords: Any) -> Any:
    """An iterator over the values of a dict."""
    return iter(d.values(**keywords))


def b(s: str) -> bytes:
    """A byte string from letters below 256."""
    return s.encode("latin-1")


def u(s: str) -> str:
    """Text."""
    return s


def add_metaclass(metaclass: type) -> Any:
    """A class decorator: the class made again with a metaclass."""

    def make(cls: type) -> Any:
        body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, body)

    return make


def with_metaclass(meta: type, *bases: type) -> Any:
    """A base class with a metaclass."""
    return meta("temporary_class", bases or (object,), {})


def python_2_unicode_compatible(cls: type) -> type:
    """The class as it is."""
    return cls


def raise_from(value: BaseException, from_value: BaseException | None) -> None:
    """`raise value from from_value`."""
    raise value from from_value


def reraise(tp: Any, value: BaseException | None, tb: Any = None) -> None:
    """Raises again, with a traceback."""
    raise (tp() if value is None else value).with_traceback(tb)
