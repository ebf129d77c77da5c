"""What rewritten legacy code calls: methods with the meaning they had; and, from `old_numbers` and the like, operators.

The functions reach the code as built-in names that nobody writes by hand (`helper_name`). Each looks at the value it
is given, and does the ordinary thing unless that is exactly what no longer works.
"""

from __future__ import annotations

import codecs
import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.legacy import (
    generated_messages,
    notebook,
    numpy_promotion,
    old_order,
    python2_order,
    python2_sets,
    science_names,
    unlike,
)
from tracer.legacy.numpy_sizes import by_floats, whole
from tracer.legacy.old_classes import old_class
from tracer.legacy.old_keys import by_old_keys
from tracer.legacy.old_numbers import divide, divide_in_place, divided, index, places, set_one, to_float, to_int
from tracer.legacy.old_text import (
    bytes_of,
    decoded,
    fetched,
    format_text,
    given_text,
    join,
    modulo,
    modulo_of_text,
    open_either,
    string_of,
    text_of,
    translate,
    unicode_of,
)
from tracer.legacy.python2_files import asked_by_python2, kept
from tracer.legacy.python2_printing import print_statement

_ABSENT = object()
_VIEW_TYPES = (type({}.keys()), type({}.values()), type({}.items()))
DUNDERS = frozenset(
    "__cmp__ __coerce__ __div__ __eq__ __getslice__ __idiv__ __nonzero__ __rdiv__ __setslice__ next".split()
)


def helper_name(name: str) -> str:
    """The built-in name under which rewritten code finds a helper."""
    return f"__legacy_{name}__"


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
    given = sort_keywords(*arguments, **keywords)
    try:
        return owner.sort(**given)
    except TypeError:
        return owner.sort(**{**given, "key": old_order.sort_key(given["key"])})


def sort_keywords(cmp: Any = None, key: Any = None, reverse: Any = False) -> dict[str, Any]:
    """The arguments of Python 3's sort that do what these did."""
    if cmp is not None:
        compare = functools.cmp_to_key(cmp)
        first_key = key
        key = compare if first_key is None else lambda value: compare(first_key(value))
    return {"key": key, "reverse": bool(reverse)}


class _Having(str):
    """The name of a method that tells a class, of which the module may not be loaded."""

    def of(self, owner: Any) -> bool:
        return hasattr(owner, self)


def method(owner: Any, name: str) -> Any:
    """`owner.name`, or what stands in for it where it is gone."""
    found = getattr(owner, name, _ABSENT)
    if found is not _ABSENT:
        return found
    for kinds, substitute in _SUBSTITUTES.get(name, ()):
        if kinds.of(owner) if isinstance(kinds, _Having) else isinstance(owner, kinds):
            return functools.partial(substitute, owner)
    return getattr(owner, name)


def encode(text: Any, /, *arguments: Any, **keywords: Any) -> Any:
    """Python 2's `text.encode(...)`: the result is a string again, which can be printed, joined and written."""
    if not isinstance(text, str):
        return method(text, "encode")(*arguments, **keywords)
    encoding = keywords.get("encoding", arguments[0] if arguments else "ascii")
    if _escapes(encoding) == "string_escape":
        return codecs.escape_encode(bytes_of(text))[0].decode("ascii")  # type: ignore[attr-defined]
    if _escapes(encoding):
        return text.encode(encoding).decode("latin-1")
    if not codecs.lookup(encoding)._is_text_encoding:
        return _by_codec(codecs.encode, text, encoding)
    return text_of(text.encode(*arguments, **keywords) if arguments or keywords else text.encode("ascii"))


def _escapes(encoding: str) -> str | None:
    """The encoding, if it is one of those that write letters as escapes: what is read so has other letters."""
    name = encoding.lower().replace("-", "_")
    return name if name in ("string_escape", "unicode_escape", "raw_unicode_escape") else None


def _decode(text: str, encoding: str = "ascii", errors: str = "strict") -> Any:
    if _escapes(encoding) == "string_escape":
        return text_of(codecs.escape_decode(bytes_of(text))[0])  # type: ignore[attr-defined]
    if _escapes(encoding):
        return codecs.decode(text.encode("latin-1", "backslashreplace"), encoding, errors)
    if codecs.lookup(encoding)._is_text_encoding:
        return decoded(text, encoding, errors)
    return _by_codec(codecs.decode, text, encoding, errors)


def _by_codec(function: Callable, text: str, encoding: str, *errors: str) -> Any:
    """What "hex", "base64" or "zlib" makes of the bytes that text stands for; "rot13" is one of letters."""
    of_letters = codecs.lookup(encoding).name == "rot-13"
    return text_of(function(text if of_letters else bytes_of(text), encoding, *errors))


def _encode(data: bytes, encoding: Any = "ascii", errors: str = "strict") -> Any:
    if codecs.lookup(encoding)._is_text_encoding:
        return data
    return text_of(codecs.encode(data, encoding, errors))


def _to_string(array: Any, *order: Any) -> bytes:
    data = array.tobytes(*order)
    return kept(data) if asked_by_python2() else data


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


def _text_size(font: Any, text: Any, *arguments: Any, **keywords: Any) -> tuple[int, int]:
    """The size of a text in a font of Pillow: from the origin, as far as it reaches."""
    return _far_corner(font.getbbox(text, *arguments, **keywords))


def _drawn_text_size(draw: Any, text: Any, font: Any = None, **keywords: Any) -> tuple[int, int]:
    return _far_corner(draw.textbbox((0, 0), text, font, **keywords))


def _far_corner(box: tuple) -> tuple[int, int]:
    return math.ceil(box[2]), math.ceil(box[3])


def _substitutes() -> dict[str, list[tuple[Any, Callable]]]:
    from collections.abc import Iterator, Mapping

    arrays = np.ndarray | np.generic
    mapping: dict[str, Callable] = {
        "has_key": lambda owner, key: key in owner,
        "iteritems": lambda owner: iter(python2_order.listed(owner, "items")),
        "iterkeys": lambda owner: iter(python2_order.listed(owner, "keys")),
        "itervalues": lambda owner: iter(python2_order.listed(owner, "values")),
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
    table["tostring"] = [(object, _to_string)]
    table["itemset"] = [(np.ndarray, _set_item)]
    table["newbyteorder"] = [(np.ndarray, _new_byte_order)]
    table["ptp"] = [(arrays, lambda owner, *arguments, **keywords: np.ptp(owner, *arguments, **keywords))]
    table["isAlive"] = [(object, lambda owner: owner.is_alive())]
    table["getchildren"] = [(object, list)]
    table["getiterator"] = [(object, lambda owner, *tag, **named: owner.iter(*tag, **named))]
    table["getsize"] = [(_Having("getbbox"), _text_size)]
    table["textsize"] = [(_Having("textbbox"), _drawn_text_size)]
    table["decode"] = [(str, _decode)]
    table["encode"] = [(bytes, _encode)]
    return table


_SUBSTITUTES = _substitutes()


HELPERS: dict[str, Callable] = {
    helper_name(name): function
    for name, function in {
        **numpy_promotion.OPERATORS,
        **{f"{name}_in_place": function for name, function in numpy_promotion.IN_PLACE.items()},
        "at_least": old_order.at_least,
        "at_most": old_order.at_most,
        "attribute": science_names.attribute,
        "by_floats": by_floats,
        "by_old_keys": by_old_keys,
        "bytes_of": bytes_of,
        "called": numpy_promotion.called,
        "divide": divide,
        "divide_in_place": divide_in_place,
        "divided": divided,
        "encode": encode,
        "equal": unlike.equal,
        "fetched": fetched,
        "format": format_text,
        "given_text": given_text,
        "greater": old_order.greater,
        "index": index,
        "iterated": python2_order.iterated,
        "join": join,
        "less": old_order.less,
        "list_of": python2_order.list_of,
        "listed": listed,
        "listed_in_order": python2_order.listed,
        "message": message,
        generated_messages.HELPER: generated_messages.message_file,
        "method": method,
        "most_common": python2_order.most_common,
        "modulo": modulo,
        "negative": numpy_promotion.negative,
        "modulo_of_text": modulo_of_text,
        "of_function": of_function,
        "old_class": old_class,
        "open_either": open_either,
        "places": places,
        "print_statement": print_statement,
        "set_display": python2_sets.of_display,
        "set_of": python2_sets.set,
        "set_one": set_one,
        "shell": notebook.shell,
        "sort": sort,
        "string": string_of,
        "text_type": str,
        "to_float": to_float,
        "to_int": to_int,
        "total": numpy_promotion.total,
        "translate": translate,
        "tuple_of": python2_order.tuple_of,
        "unequal": unlike.unequal,
        "unicode": unicode_of,
    }.items()
}
