"""The order in which Python 2.7 went through sets and dicts. It followed from hashes that are the same in every process:
programs number the words of a text by it when they train, and once more when they restore a checkpoint."""

from __future__ import annotations

import collections
import functools
import math
import numbers
import operator
from collections.abc import Iterable
from typing import Any

_BITS = (1 << 64) - 1
_LEAST = 8  # slots of a table


def hash_of(value: Any) -> int:
    """Python 2's `hash(value)` of 64 bits; today's for what had its address for a hash, or has a method for it."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bytes):
        return _of_bytes(bytes(value))
    if type(value).__hash__ is tuple.__hash__:
        return _of_tuple(value)
    if isinstance(value, numbers.Integral):
        return _of_whole(int(value))
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
        return _of_float(float(value))
    return _of_set(value) if isinstance(value, frozenset) else hash(value)


@functools.lru_cache(1 << 17)
def _of_text(text: str) -> int:
    return _of_bytes(text.encode("utf-8", "surrogateescape"))


def _of_bytes(data: bytes) -> int:
    if not data:
        return 0
    found = data[0] << 7
    for byte in data:
        found = (1000003 * found & _BITS) ^ byte
    return _signed(found ^ len(data))


def _of_tuple(values: tuple) -> int:
    found, factor = 0x345678, 1000003
    for left, value in zip(reversed(range(len(values))), values, strict=True):
        found = (found ^ (hash_of(value) & _BITS)) * factor & _BITS
        factor = factor + 82520 + 2 * left & _BITS
    return _signed(found + 97531)


def _of_set(values: frozenset) -> int:
    found = 1927868237 * (len(values) + 1)
    for value in values:
        hashed = hash_of(value) & _BITS
        found ^= (hashed ^ (hashed << 16 & _BITS) ^ 89869747) * 3644798167 & _BITS
    found = _signed((found & _BITS) * 69069 + 907133923)
    return 590923713 if found == -2 else found


def _of_whole(value: int) -> int:
    if -(2**63) <= value < 2**63:
        return -2 if value == -1 else value
    rest = abs(value) % _BITS  # of a long: its digits turned and added, each with its carry
    return _signed(rest if value > 0 else -rest)


def _of_float(value: float) -> int:
    if not math.isfinite(value):
        return 0 if math.isnan(value) else 314159 if value > 0 else -271828
    if value == int(value):
        return _of_whole(int(value))
    part, exponent = math.frexp(value)
    high = int(part * 2.0**31)
    return _signed(high + int((part * 2.0**31 - high) * 2.0**31) + (exponent << 15))


def _signed(found: int) -> int:
    found &= _BITS
    found -= found >> 63 << 64
    return -2 if found == -1 else found


def ordered(keys: Iterable[Any], room: int = 0) -> list[Any]:
    """Different keys in the order of the table that they were put into.

    Args:
        keys: in the order in which they were put in.
        room: how many keys the table was made for before.
    """
    slots, mask, enough = _empty(room)
    for count, key in enumerate(keys, 1):
        hashed = (_of_text(key) if type(key) is str else hash_of(key)) & _BITS
        place = hashed & mask
        if slots[place] is not None:
            place = _free(slots, mask, place, hashed)
        slots[place] = (hashed, key)
        if count == enough:
            slots, mask, enough = _larger(slots, count)
    return [slot[1] for slot in slots if slot is not None]


def _empty(room: int) -> tuple[list[Any], int, int]:
    """The slots of a table, what cuts a hash to them, and at how many keys the table grows."""
    size = _LEAST
    while size <= room:
        size <<= 1
    return [None] * size, size - 1, -(-size * 2 // 3)


def _free(slots: list[Any], mask: int, place: int, perturbed: int) -> int:
    while slots[place & mask] is not None:
        place = place * 5 + perturbed + 1 & _BITS
        perturbed >>= 5
    return place & mask


def _larger(before: list[Any], count: int) -> tuple[list[Any], int, int]:
    slots, mask, enough = _empty(count * (2 if count > 50000 else 4))
    for slot in before:
        if slot is not None:
            place = slot[0] & mask
            slots[place if slots[place] is None else _free(slots, mask, place, slot[0])] = slot
    return slots, mask, enough


def size_of(count: int, room: int) -> int:
    """How many slots the table has once so many keys were put into it."""
    _, mask, enough = _empty(room)
    while enough <= count:
        _, mask, enough = _empty(enough * (2 if enough > 50000 else 4))
    return mask + 1


_known: dict[int, list[Any]] = {}  # the order of a few large dicts, by identity
_LARGE = 64


def of_dict(mapping: Any) -> list[Any]:
    """The keys of a dict as if they had been put in one by one."""
    if len(mapping) <= _LARGE:
        return ordered(mapping)
    found = _known.pop(id(mapping), [])
    if len(found) != len(mapping) or not all(map(mapping.__contains__, found)):
        found = ordered(mapping)
    _known[id(mapping)] = found
    if len(_known) > 16:
        del _known[next(iter(_known))]
    return found


def iterated(values: Any) -> Any:
    """What to go through in the place of `values`: the keys of a dict, or the elements of a set, in Python 2's order.

    Of a set that a library made nobody knows how it came about.
    """
    if isinstance(values, dict) and type(values).__iter__ is dict.__iter__:
        return of_dict(values)
    return ordered(sorted(values, key=hash_of)) if type(values) in (set, frozenset) else values


def list_of(*arguments: Any) -> list:
    """`list(values)`."""
    return list(*map(iterated, arguments))


def tuple_of(*arguments: Any) -> tuple:
    """`tuple(values)`."""
    return tuple(*map(iterated, arguments))


_VIEWS: dict[type, Any] = {type({}.keys()): None, type({}.values()): dict.__getitem__,
                           type({}.items()): lambda owner, key: (key, dict.__getitem__(owner, key))}


def listed(owner: Any, method: str) -> Any:
    """The list that `owner.keys()`, `values()` or `items()` gave, where `owner` is a dict."""
    found = getattr(owner, method)()
    if not isinstance(found, tuple(_VIEWS)):
        return found
    if type(found) not in _VIEWS or not isinstance(owner, dict):  # an OrderedDict's are of types below those
        return list(found)
    give, keys = _VIEWS[type(found)], of_dict(owner)
    return [*keys] if give is None else [give(owner, key) for key in keys]


def most_common(owner: Any, *arguments: Any, **keywords: Any) -> Any:
    """`Counter.most_common(n)`, where what is as frequent comes in Python 2's order."""
    if not isinstance(owner, collections.Counter):
        return owner.most_common(*arguments, **keywords)
    found = sorted(listed(owner, "items"), key=operator.itemgetter(1), reverse=True)
    count = next(iter((*arguments, *keywords.values())), None)
    return found if count is None else found[:max(count, 0)]
