"""The built-in names of Python 2, for legacy source written for it."""

from __future__ import annotations

import builtins
import functools
import importlib
import math
import operator
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FrameType, ModuleType
from typing import Any

from tracer.gfile import PYTHON2_STRING
from tracer.legacy import old_order, python2_sets
from tracer.legacy.helpers import sort
from tracer.legacy.old_text import buffer_of, bytes_of, string_of, text_of
from tracer.legacy.python2_files import kept, open_file
from tracer.legacy.python2_order import hash_of, iterated
from tracer.legacy.python2_printing import print_text


class _AnyString(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, str | bytes)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, str | bytes)


class basestring(metaclass=_AnyString):
    """What `str` and `unicode` had in common: `isinstance(x, basestring)`."""


_OF_DICTS = frozenset({"has_key", "iteritems", "iterkeys", "itervalues", "viewitems", "viewkeys", "viewvalues"})


def has_attribute(object: Any, name: str) -> bool:
    """Whether it has it, or had it then: `next` of what is iterated over, `iteritems` of a dict."""
    had = Iterator if name == "next" else Mapping if name in _OF_DICTS else ()
    return hasattr(object, name) or isinstance(object, had)


def builtin_names() -> dict[str, Any]:
    """Python 2's built-ins that are gone or do something else today."""
    return {
        "StandardError": Exception,
        "apply": lambda function, args=(), keywords={}: function(*args, **keywords),
        "basestring": basestring,
        "buffer": buffer_of,
        "bytearray": bytearray,
        "chr": _chr,
        "cmp": old_order.compared,
        "coerce": lambda x, y: (x + type(y)(0), y + type(x)(0)),
        "eval": evaluate,
        "exec": execute,
        "enumerate": lambda sequence, start=0: enumerate(iterated(sequence), start),
        "execfile": execute_file,
        "file": open_file,
        "filter": filter_list,
        "frozenset": python2_sets.frozenset,
        "hasattr": has_attribute,
        "hash": hash_of,
        "input": evaluated_input,
        "intern": sys.intern,
        "long": int,
        "map": map_list,
        "max": old_order.of_all_kinds(max),
        "min": old_order.of_all_kinds(min),
        "oct": _oct,
        "open": open_file,
        "ord": _ord,
        "print": print_text,
        "range": lambda *bounds: list(range(*bounds)),
        "raw_input": builtins.input,
        "reduce": functools.reduce,
        "reload": reload,
        "round": round_half_away,
        "set": python2_sets.set,
        "sorted": sorted_list,
        "unichr": chr,
        "unicode": str,
        "xrange": range,
        "zip": lambda *iterables: list(zip(*map(iterated, iterables))),  # noqa: B905
        PYTHON2_STRING: kept,
    }


def evaluated_input(prompt: str = "") -> Any:
    """Python 2's `input`: what the user types is an expression."""
    caller = sys._getframe(1)
    return _run(builtins.input(prompt), "eval", None, None, caller)


def evaluate(source: Any, globals: dict | None = None, locals: Any = None) -> Any:
    """`eval`, for Python 2 text."""
    return _run(source, "eval", globals, locals, sys._getframe(1))


def execute(source: Any, globals: dict | None = None, locals: Any = None) -> None:
    """The exec statement, for Python 2 text."""
    _run(source, "exec", globals, locals, sys._getframe(1))


def execute_file(path: str, globals: dict | None = None, locals: Any = None) -> None:
    """Python 2's `execfile`, for Python 2 source."""
    from tracer.legacy.python2 import compile_source

    with open(path, "rb") as file:
        code, _ = compile_source(file.read(), path, "2")
    _run(code, "exec", globals, locals, sys._getframe(1))


def _run(source: Any, mode: str, globals: dict | None, locals: Any, caller: FrameType) -> Any:
    if isinstance(source, str | bytes):
        from tracer.legacy.python2 import compile_text

        source = compile_text(text_of(source), mode)
    if globals is None:
        globals, locals = caller.f_globals, caller.f_locals
    globals.setdefault("__builtins__", caller.f_builtins)
    return eval(source, globals, globals if locals is None else locals)


def filter_list(function: Any, iterable: Iterable) -> Any:
    """Python 2's `filter`: text for text, a tuple for a tuple, else a list."""
    kept = [item for item in iterated(iterable) if (item if function is None else function(item))]
    if isinstance(iterable, str):
        return "".join(kept)
    return tuple(kept) if isinstance(iterable, tuple) else kept


def map_list(function: Any, *iterables: Iterable) -> list:
    """Python 2's `map`: a list; the longest argument decides; None as function makes tuples."""
    if function is str:
        function = string_of
    iterables = tuple(map(iterated, iterables))
    if len(iterables) == 1:
        return list(iterables[0]) if function is None else [function(item) for item in iterables[0]]
    from itertools import zip_longest

    rows = zip_longest(*iterables)
    return list(rows) if function is None else [function(*row) for row in rows]


def _oct(number: Any) -> str:
    """A nought, and nothing else, begins the digits."""
    return oct(number).replace("0o", "" if number == 0 else "0")


class bytearray(builtins.bytearray):
    """An array of bytes that may begin with text as those."""

    def __init__(self, source: Any = b"", *how: Any) -> None:
        super().__init__(source if how else bytes_of(source), *how)


def _chr(i: Any) -> str:
    """A letter, or what stands for a byte that is no text."""
    code = operator.index(i)
    if not 0 <= code < 256:
        raise ValueError("chr() arg not in range(256)")
    return text_of(bytes([code]))


def _ord(c: Any) -> int:
    """A letter that stands for a byte that is no text has the byte's number; a byte of a binary file is its number."""
    code = c if type(c) is int else ord(c)
    return code & 0xFF if 0xDC80 <= code <= 0xDCFF else code


def reload(module: ModuleType) -> ModuleType:
    """Python 2's `reload`; for `reload(sys)`, which scripts wrote to reach `sys.setdefaultencoding`, nothing."""
    if module.__name__ in sys.builtin_module_names:
        return module
    return importlib.reload(sys.modules.get(module.__name__, module))


def round_half_away(number: Any, ndigits: int = 0) -> Any:
    """Python 2's `round`: a float, and halves go away from zero."""
    if not isinstance(number, int | float) or not math.isfinite(number):
        return builtins.round(number, ndigits)
    from decimal import ROUND_HALF_UP, Decimal

    value = Decimal(float(number))
    if ndigits >= 16:
        return float(number)
    unit = Decimal(1).scaleb(-ndigits)
    return float((value / unit).to_integral_value(ROUND_HALF_UP) * unit)


def sorted_list(iterable: Iterable, cmp: Any = None, key: Any = None, reverse: Any = False) -> list:
    """Python 2's `sorted`."""
    values = list(iterated(iterable))
    sort(values, cmp, key, reverse)
    return values
