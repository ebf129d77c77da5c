"""Text as Python 2 had it: one type for characters and bytes, and its conversions.

A string of Python 2 is the text that its bytes are in UTF-8; a byte that is no text there is a letter from "\\udc80" on,
as everywhere in Python 3.
"""

from __future__ import annotations

import functools
import re
import string
from typing import Any

import numpy as np

from tracer.legacy.old_numbers import format_argument

HIGH_ESCAPE = re.compile(r"\\x[89A-Fa-f][0-9A-Fa-f]|\\[23][0-7]{2}")
"""How source writes a byte that is no ASCII."""
_BYTES = re.compile("[\udc80-\udcff]{2,}")


def text_of(value: Any) -> Any:
    """bytes, which were strings in Python 2, as text."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def bytes_of(value: Any) -> Any:
    """Text that stands for bytes as those, in lists too."""
    if isinstance(value, list | tuple):
        return [bytes_of(item) for item in value]
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def buffer_of(object: Any, offset: int = 0, size: int = -1) -> memoryview:
    """Python 2's `buffer`, and NumPy's `getbuffer`: the bytes of something, or `size` of them from `offset` on."""
    view = memoryview(bytes_of(object))
    return view[offset:] if size < 0 else view[offset : offset + size]


def combined(text: str) -> str:
    """Text in which bytes that came one by one are the letters that they make together."""
    return text if text.isascii() else _BYTES.sub(lambda run: text_of(bytes_of(run[0])), text)


def decoded(text: str, encoding: str = "ascii", errors: str = "strict") -> str:
    """Python 2's `text.decode(...)` of a string: the bytes that it stands for, as text."""
    return bytes_of(text).decode(encoding, errors)


class Text(str):
    """What TensorFlow gave as a string of Python 2: text that is equal to its bytes, too."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(text_of(other))

    def __ne__(self, other: object) -> bool:
        return super().__ne__(text_of(other))

    __hash__ = str.__hash__

    def __reduce__(self) -> Any:
        return str, (str(self),)  # who unpickles it need not know this class


class _ShortFloat(float):
    """A float that `%s` and `{}` show with 12 digits."""

    def __str__(self) -> str:
        return string_of(float(self))

    def __format__(self, specification: str) -> str:
        return float.__format__(self, specification) if specification else str(self)


def string_of(*arguments: Any) -> str:
    """Python 2's `str(value)`: 12 digits of a float, and bytes as they are."""
    if len(arguments) == 1 and type(arguments[0]) is float:
        short = format(arguments[0], ".12g")
        whole = short.lstrip("-")
        if not whole.isdigit():
            return short
        if len(whole) < 12:
            return short + ".0"
        mantissa, exponent = format(arguments[0], ".11e").split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"
    if len(arguments) == 1 and isinstance(arguments[0], bytes | bytearray):
        return text_of(bytes(arguments[0]))
    return str(*arguments)


def unicode_of(*arguments: Any, **keywords: Any) -> str:
    """Python 2's `unicode(value)` and `unicode(text, encoding)`, Python 3's `str(text, encoding)`."""
    if arguments and isinstance(arguments[0], str):
        text, *how = arguments
        return decoded(text, *how, **keywords) if how or keywords else text
    if len(arguments) == 1 and hasattr(type(arguments[0]), "__unicode__"):
        return arguments[0].__unicode__()
    return str(*arguments, **keywords) if keywords else string_of(*arguments)


def modulo_of_text(a: str, b: Any) -> Any:
    """Python 3's `"text" % b` where arrays of one element may stand for their element."""
    if isinstance(b, tuple):
        return a % tuple(format_argument(value) for value in b)
    return a % format_argument(b)


def fetched(value: Any) -> Any:
    """What `run` or `eval` gave, with its strings as those of Python 2."""
    if isinstance(value, bytes):
        return Text(text_of(value))
    if type(value) in (list, tuple):
        return type(value)(map(fetched, value))
    if type(value) is np.ndarray and value.dtype == object:
        copy = value.copy()
        for i, item in enumerate(copy.flat):
            copy.flat[i] = fetched(item)
        return copy
    return value


def given_text(function: Any) -> Any:
    """A function for `py_func`, which gets its strings as those of Python 2."""
    if not callable(function):
        return function

    @functools.wraps(function, updated=())
    def call(*arguments: Any) -> Any:
        return function(*map(fetched, arguments))

    return call


def open_either(*arguments: Any, **keywords: Any) -> Any:
    """`open` of a program that either Python may have run."""
    from tracer.legacy import python2_files

    return python2_files.open_either(*arguments, **keywords)


def modulo(a: Any, b: Any) -> Any:
    """Python 2's `a % b`."""
    if not isinstance(a, str):
        return a % b
    if isinstance(b, tuple):
        return a % tuple(_shown(value) for value in b)
    if type(b) is dict:
        return a % {key: _shown(value) for key, value in b.items()}
    return a % _shown(b)


def _shown(value: Any) -> Any:
    return _ShortFloat(value) if type(value) is float else text_of(format_argument(value))


class _Formatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, np.floating) and not format_spec:
            value = float(value)  # what NumPy of the time did
        return format(_ShortFloat(value) if type(value) is float else text_of(value), format_spec)


def format_text(text: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """Python 2's `text.format(...)`."""
    if isinstance(text, str):
        return _Formatter().vformat(text, arguments, keywords)
    return text.format(*arguments, **keywords)


def join(owner: Any, parts: Any) -> Any:
    """`owner.join(parts)`, where some parts of a text may be bytes."""
    if not isinstance(owner, str):
        return owner.join(parts)
    parts = parts if isinstance(parts, list | tuple) else list(parts)
    try:
        return combined(owner.join(parts))
    except TypeError:
        return combined(owner.join([text_of(part) for part in parts]))


def translate(text: Any, table: Any, deleted: Any) -> Any:
    """Python 2's `text.translate(table, deletechars)`."""
    if not isinstance(text, str):
        return text.translate(table, deleted)
    kept = "".join(letter for letter in text if letter not in set(deleted))
    return kept if table is None else kept.translate(table)
