"""What rewritten legacy code calls: operators and methods with the meaning they had.

The functions reach the code as built-in names that nobody writes by hand (`helper_name`). Each looks at the value it
is given, and does the ordinary thing unless that is exactly what no longer works.
"""

from __future__ import annotations

import codecs
import functools
import numbers
import operator
import string
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.legacy import generated_messages, science_names
from tracer.legacy.numpy_sizes import by_floats, whole
from tracer.legacy.old_keys import by_old_keys

_ABSENT = object()
_VIEW_TYPES = (type({}.keys()), type({}.values()), type({}.items()))
DUNDERS = frozenset(
    "__cmp__ __coerce__ __div__ __eq__ __getslice__ __idiv__ __nonzero__ __rdiv__ __setslice__ next".split()
)


def helper_name(name: str) -> str:
    """The built-in name under which rewritten code finds a helper."""
    return f"__legacy_{name}__"


# Division


def divide(a: Any, b: Any) -> Any:
    """Python 2's `a / b`: floor division of integers, `__div__` where a class has it."""
    if type(a) is int and type(b) is int:
        return a // b
    if hasattr(type(a), "__div__"):
        result = getattr(type(a), "__div__")(a, b)  # noqa: B009
        if result is not NotImplemented:
            return result
    if hasattr(type(b), "__rdiv__"):
        result = type(b).__rdiv__(b, a)
        if result is not NotImplemented:
            return result
    if _is_integral(a) and _is_integral(b):
        return operator.floordiv(a, b)
    return operator.truediv(a, b)


def divide_in_place(a: Any, b: Any) -> Any:
    """Python 2's `a /= b`; an array changes in place."""
    if hasattr(type(a), "__idiv__"):
        return a.__idiv__(b)
    if isinstance(a, np.ndarray):
        if not _is_integral(a):
            return operator.itruediv(a, b)
        if _is_integral(b):
            return operator.ifloordiv(a, b)
        a[...] = np.true_divide(a, b)  # NumPy of the time wrote the quotient into the integer array
        return a
    return divide(a, b)


def _is_integral(value: Any) -> bool:
    if isinstance(value, numbers.Integral):
        return True
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "iub"
    return isinstance(value, list | tuple) and np.asarray(value).dtype.kind in "iub"


# Arrays of one element, which stood for the element


def scalar(value: Any) -> Any:
    """The element of an array that has just one; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim and value.size == 1 else value


def to_int(*arguments: Any, **keywords: Any) -> int:
    """`int(x)` where x may be an array of one element."""
    return int(scalar(arguments[0]), *arguments[1:], **keywords) if arguments else int(**keywords)


def to_float(*arguments: Any) -> float:
    """`float(x)` where x may be an array of one element."""
    return float(*(scalar(argument) for argument in arguments))


class _OneElement:
    """An array of one element in a format: `%s` shows the array, `%d` and `%f` the element."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __str__(self) -> str:
        return str(self._array)

    def __repr__(self) -> str:
        return repr(self._array)

    def __int__(self) -> int:
        return int(self._array.item())

    def __float__(self) -> float:
        return float(self._array.item())


def _format_argument(value: Any) -> Any:
    return _OneElement(value) if scalar(value) is not value else value


def modulo_of_text(a: str, b: Any) -> Any:
    """Python 3's `"text" % b` where arrays of one element may stand for their element."""
    if isinstance(b, tuple):
        return a % tuple(_format_argument(value) for value in b)
    return a % _format_argument(b)


def index(key: Any) -> Any:
    """The index of an array: a list of slices was as good as a tuple of them."""
    if type(key) is list and any(isinstance(part, slice) or part is None or part is Ellipsis for part in key):
        return tuple(key)
    return key


# Text


def text_of(value: Any) -> Any:
    """bytes, which were strings in Python 2, as text."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def bytes_of(value: Any) -> Any:
    """Text that stands for bytes as those, in lists too."""
    if isinstance(value, list | tuple):
        return [bytes_of(item) for item in value]
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


class Text(str):
    """What TensorFlow gave as a string of Python 2: text that is equal to its bytes, too."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(text_of(other))

    def __ne__(self, other: object) -> bool:
        return super().__ne__(text_of(other))

    __hash__ = str.__hash__


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
    if len(arguments) == 1 and isinstance(arguments[0], bytes):
        return text_of(arguments[0])
    return str(*arguments)


def unicode_of(*arguments: Any) -> str:
    """Python 2's `unicode(value)` and `unicode(text, encoding)`."""
    if arguments and isinstance(arguments[0], str):
        return arguments[0]
    if len(arguments) == 1 and hasattr(type(arguments[0]), "__unicode__"):
        return arguments[0].__unicode__()
    return string_of(*arguments)


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
    return _ShortFloat(value) if type(value) is float else text_of(_format_argument(value))


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


def translate(text: Any, table: Any, deleted: Any) -> Any:
    """Python 2's `text.translate(table, deletechars)`."""
    if not isinstance(text, str):
        return text.translate(table, deleted)
    kept = "".join(letter for letter in text if letter not in set(deleted))
    return kept if table is None else kept.translate(table)


def message(owner: Any) -> Any:
    """`error.message`, which exceptions had."""
    found = getattr(owner, "message", _ABSENT)
    if found is not _ABSENT:
        return found
    if isinstance(owner, BaseException):
        return owner.args[0] if len(owner.args) == 1 else ""
    return owner.message


# Functions and methods

OF_FUNCTIONS = {
    **{f"func_{name}": f"__{name}__" for name in ("closure", "code", "defaults", "dict", "doc", "globals", "name")},
    "im_func": "__func__", "im_self": "__self__", "__func__": "__func__",
}  # fmt: skip


def of_function(owner: Any, name: str) -> Any:
    """`f.func_name`, `method.im_func` and the like. What a class has is a plain function now: its own `__func__`."""
    found = getattr(owner, name, _ABSENT)
    if found is _ABSENT:
        found = getattr(owner, OF_FUNCTIONS[name], _ABSENT)
    if found is not _ABSENT or not isinstance(owner, types.FunctionType):
        return getattr(owner, name) if found is _ABSENT else found
    return None if name == "im_self" else owner


# Containers


def listed(value: Any) -> Any:
    """A list where Python 2's dict methods gave one."""
    return list(value) if isinstance(value, _VIEW_TYPES) else value


def sort(owner: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """Python 2's `list.sort(cmp, key, reverse)`."""
    if not isinstance(owner, list):
        return owner.sort(*arguments, **keywords)
    return owner.sort(**sort_keywords(*arguments, **keywords))


def sort_keywords(cmp: Any = None, key: Any = None, reverse: Any = False) -> dict[str, Any]:
    """The arguments of Python 3's sort that do what these did."""
    if cmp is not None:
        compare = functools.cmp_to_key(cmp)
        first_key = key
        key = compare if first_key is None else lambda value: compare(first_key(value))
    return {"key": key, "reverse": bool(reverse)}


# Methods that are gone


def method(owner: Any, name: str) -> Any:
    """`owner.name`, or what stands in for it where it is gone."""
    found = getattr(owner, name, _ABSENT)
    if found is not _ABSENT:
        return found
    for kinds, substitute in _SUBSTITUTES.get(name, ()):
        if isinstance(owner, kinds):
            return functools.partial(substitute, owner)
    return getattr(owner, name)


def encode(text: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """Python 2's `text.encode(...)`: the result is a string again, which can be printed, joined and written."""
    if not isinstance(text, str):
        return method(text, "encode")(*arguments, **keywords)
    encoding = keywords.get("encoding", arguments[0] if arguments else "ascii")
    if not codecs.lookup(encoding)._is_text_encoding:
        return text_of(codecs.encode(text.encode("utf-8", "surrogateescape"), encoding))  # "hex", "base64"
    data = text.encode(*arguments, **keywords) if arguments or keywords else text.encode("ascii")
    return data.decode(encoding)


def _decode(text: str, encoding: str = "ascii", errors: str = "strict") -> Any:
    if codecs.lookup(encoding)._is_text_encoding:
        return text
    result = codecs.decode(text.encode("latin-1"), encoding, errors)  # "hex", "base64", "zlib"
    return text_of(result)


def _encode(data: bytes, encoding: Any = "ascii", errors: str = "strict") -> Any:
    if codecs.lookup(encoding)._is_text_encoding:
        return data
    return text_of(codecs.encode(data, encoding, errors))


def _set_item(array: np.ndarray, *arguments: Any) -> None:
    *index, value = arguments
    index = [whole(part) for part in index]
    if not index:
        array[(0,) * array.ndim] = value
    elif len(index) == 1 and not isinstance(index[0], tuple):
        array.flat[index[0]] = value
    else:
        array[index[0] if len(index) == 1 else tuple(index)] = value


def _new_byte_order(array: np.ndarray, order: Any = "S") -> np.ndarray:
    return array.view(array.dtype.newbyteorder(order))


def _substitutes() -> dict[str, list[tuple[Any, Callable]]]:
    from collections.abc import Iterator, Mapping

    arrays = np.ndarray | np.generic
    mapping: dict[str, Callable] = {
        "has_key": lambda owner, key: key in owner,
        "iteritems": lambda owner: iter(owner.items()),
        "iterkeys": lambda owner: iter(owner.keys()),
        "itervalues": lambda owner: iter(owner.values()),
        "viewitems": lambda owner: owner.items(),
        "viewkeys": lambda owner: owner.keys(),
        "viewvalues": lambda owner: owner.values(),
    }
    table: dict[str, list[tuple[Any, Callable]]] = {name: [(Mapping, does)] for name, does in mapping.items()}
    # h5py files, NpzFile and other classes that behave as dicts did
    table["has_key"].append((object, lambda owner, key: key in owner))
    for name in ("iteritems", "iterkeys", "itervalues"):
        table[name].append((object, mapping[name]))
    table["next"] = [(Iterator, next), (object, next)]
    table["tostring"] = [(object, lambda owner, *order: owner.tobytes(*order))]
    table["itemset"] = [(np.ndarray, _set_item)]
    table["newbyteorder"] = [(np.ndarray, _new_byte_order)]
    table["ptp"] = [(arrays, lambda owner, *arguments, **keywords: np.ptp(owner, *arguments, **keywords))]
    table["isAlive"] = [(object, lambda owner: owner.is_alive())]
    table["getchildren"] = [(object, list)]
    table["decode"] = [(str, _decode)]
    table["encode"] = [(bytes, _encode)]
    return table


_SUBSTITUTES = _substitutes()


# Classes


def old_class(cls: type) -> type:
    """Special methods under the names that Python 3 calls."""
    own = vars(cls)
    for old, new in (("__nonzero__", "__bool__"), ("__div__", "__truediv__"), ("__rdiv__", "__rtruediv__")):
        if old in own and new not in own:
            setattr(cls, new, own[old])
    if "__idiv__" in own and "__itruediv__" not in own:
        cls.__itruediv__ = own["__idiv__"]  # type: ignore[attr-defined]
    if "next" in own and hasattr(cls, "__iter__") and not hasattr(cls, "__next__"):
        cls.__next__ = lambda self: self.next()  # type: ignore[attr-defined]
    if "__cmp__" in own:
        _compare_by_cmp(cls)
    if "__getslice__" in own:
        _slice_by_getslice(cls)
    if "__eq__" in own and own.get("__hash__", _ABSENT) is None:
        cls.__hash__ = object.__hash__  # type: ignore[assignment]
    return cls


def _compare_by_cmp(cls: type) -> None:
    def comparing(test: Callable[[int, int], bool]) -> Callable[[Any, Any], bool]:
        return lambda self, other: test(self.__cmp__(other), 0)

    for name in ("lt", "le", "eq", "ne", "gt", "ge"):
        if f"__{name}__" not in vars(cls):
            setattr(cls, f"__{name}__", comparing(getattr(operator, name)))
    if "__hash__" not in vars(cls):
        cls.__hash__ = object.__hash__  # type: ignore[assignment]


def _slice_by_getslice(cls: Any) -> None:
    get_item = getattr(cls, "__getitem__", None)

    def __getitem__(self: Any, key: Any) -> Any:
        if isinstance(key, slice) and key.step is None:
            return self.__getslice__(key.start or 0, len(self) if key.stop is None else key.stop)
        if get_item is None:
            raise TypeError(f"{type(self).__name__!r} object is not subscriptable")
        return get_item(self, key)

    cls.__getitem__ = __getitem__


HELPERS: dict[str, Callable] = {
    helper_name(name): function
    for name, function in {
        "attribute": science_names.attribute,
        "by_floats": by_floats,
        "by_old_keys": by_old_keys,
        "bytes_of": bytes_of,
        "divide": divide,
        "divide_in_place": divide_in_place,
        "encode": encode,
        "fetched": fetched,
        "format": format_text,
        "given_text": given_text,
        "index": index,
        "listed": listed,
        "message": message,
        generated_messages.HELPER: generated_messages.message_file,
        "method": method,
        "modulo": modulo,
        "modulo_of_text": modulo_of_text,
        "of_function": of_function,
        "old_class": old_class,
        "open_either": open_either,
        "sort": sort,
        "string": string_of,
        "to_float": to_float,
        "to_int": to_int,
        "translate": translate,
        "unicode": unicode_of,
    }.items()
}
