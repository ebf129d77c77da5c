"""Calls of one function in a row, each of which goes on where the one before it has stopped, as a Python loop."""

from __future__ import annotations

import collections
import contextlib
import copy
import re
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from lowering.emit.expressions import Expr, expressions
from lowering.emit.parallel import below

ROUNDS = 3
"""Fewest calls that are written as a loop."""


LONG = 6
"""Fewest calls whose loop may compute something after the last one that nobody reads."""


class MismatchError(Exception):
    """The rounds are not the same computation."""


class Counter:
    """The number of the round, plus a number."""

    function = None

    def __init__(self, more: int, times: int = 1) -> None:
        self.text = ("t" if times == 1 else f"{times} * t") + (f" + {more}" if more > 0 else f" - {-more}" if more else "")


class Chain:
    """The calls, in their order; and each argument: as it is in every round, or what the first and the next rounds take."""

    def __init__(self, calls: list[Expr], known: dict[int, str], uses: collections.Counter[int], zips: bool = False) -> None:
        self.calls, self.known, self.uses = calls, known, uses
        self.zips = zips  # whether one argument may be made of the elements of several lists
        self.places = {id(call): (k, None) for k, call in enumerate(calls)}
        self.places |= {id(piece): (k, j) for k, call in enumerate(calls) for j, piece in enumerate(call.pieces)}
        self.before = [Expr("name", "", outline=outline_of(piece)) for piece in calls[0].pieces or calls[:1]]
        self.lists: list[tuple[Expr, list[Expr]]] = []  # what stands for an element, and the elements
        self.counts = False
        self.arguments: list[Any] = []
        self.carried: dict[int, tuple[Expr, Any, Any]] = {}  # by argument: its name, the first value, the next
        self.needed: dict[int | None, set[int]] = {}
        self.last: dict[int, int] = {}  # expressions that are what an argument would be in one more round
        self.final: dict[int, Expr] = {}  # those, by the argument
        for i in range(len(calls[0].args)):
            self._argument(i)

    def _argument(self, i: int) -> None:
        values = [call.args[i] for call in self.calls]
        count, counts = len(self.lists), self.counts
        try:
            self.arguments.append(_Unified(self, 0, False).of(values))
        except MismatchError:
            del self.lists[count:]
            self.counts = counts
            name = Expr("name", "", outline=outline_of(values[0]))
            self.carried[i] = name, values[0], _Unified(self, 1, True).of(values[1:])
            self.arguments.append(name)

    def free(self, value: Any) -> bool:
        """Whether something does not depend on the chain."""
        seen: set[int] = set()
        stack = expressions(value)
        while stack:
            e = stack.pop()
            if id(e) in self.places:
                return False
            if id(e) not in seen and id(e) not in self.known:
                seen.add(id(e))
                stack += expressions([list(e.args), e.kwargs])
        return True

    def look(self, results: list[Any]) -> None:
        """Finds what is read of the chain after it."""
        seen: set[int] = set()
        stack = expressions(results)
        while stack:
            e = stack.pop()
            if id(e) in seen or id(e) in self.known:
                continue
            seen.add(id(e))
            if id(e) in self.places:
                k, j = self.places[id(e)]
                self.needed.setdefault(j, set()).add(k)
            elif (i := self._next(e)) is not None:
                self.last[id(e)], self.final[i] = i, e
            else:
                stack += expressions([list(e.args), e.kwargs])

    def _next(self, expr: Expr) -> int | None:
        """The argument of which an expression is the value in one more round."""
        for i, (_, _, after) in self.carried.items():
            if isinstance(after, Expr) and (after.kind, after.head) == (expr.kind, expr.head) and after.kind != "name":
                if self.free(expr):
                    continue
                count = len(self.lists)
                with contextlib.suppress(MismatchError):  # then it is not this argument
                    _Unified(self, 1, True).of([*(call.args[i] for call in self.calls[1:]), expr])
                    if len(self.lists) == count:
                        return i
                del self.lists[count:]
        return None


def outline_of(value: Any) -> Any:
    return jax.ShapeDtypeStruct(np.shape(value), getattr(value, "dtype", np.dtype(bool)) or np.dtype(bool))


class _Unified:
    """What stands for the values of all rounds; those of the round before are taken where that is allowed."""

    def __init__(self, chain: Chain, first: int, earlier: bool) -> None:
        self.chain, self.first, self.earlier = chain, first, earlier

    def of(self, values: list[Any]) -> Any:
        one = values[0]
        if isinstance(one, Expr):
            return self._expression(values)
        if any(type(value) is not type(one) for value in values):
            raise MismatchError
        if isinstance(one, (list, tuple)) and not hasattr(one, "_fields"):
            if len({len(value) for value in values}) > 1:
                raise MismatchError
            return type(one)(self.of(list(items)) for items in zip(*values, strict=True))
        if isinstance(one, slice):
            return slice(*(self.of([getattr(value, name) for value in values]) for name in ("start", "stop", "step")))
        if isinstance(one, dict):
            if any(value.keys() != one.keys() for value in values):
                raise MismatchError
            return {key: self.of([value[key] for value in values]) for key in one}
        if hasattr(one, "shape"):
            if all(np.array_equal(value, one) for value in values):
                return one
        elif all(value == one for value in values):
            return one
        elif isinstance(one, int) and all(value - one == k for k, value in enumerate(values)):
            self.chain.counts = True
            return Counter(one - self.first)
        raise MismatchError

    def _expression(self, values: list[Any]) -> Any:
        one, places = values[0], self.chain.places
        if all(value is one for value in values):
            if self.chain.free(one):
                return one
            raise MismatchError
        if not all(isinstance(value, Expr) for value in values):
            raise MismatchError
        if any(id(value) in self.chain.known for value in values):
            return self._listed(values)
        if all(value.kind == "name" and value.head for value in values):
            return self._named(values)
        found = [places.get(id(value)) for value in values]
        if found[0] is not None:
            j = found[0][1]
            if not self.earlier or any(place != (k, j) for k, place in enumerate(found)):
                raise MismatchError
            return self.chain.before[j or 0]
        if any(self.chain.uses[id(value)] > 1 for value in values) and all(map(self.chain.free, values)):
            return self._listed(values)  # something else needs them as well
        try:
            if one.kind == "name" or any((v.kind, v.head, len(v.args)) != (one.kind, one.head, len(one.args))
                                         or v.shape != one.shape for v in values):
                raise MismatchError
            count = len(self.chain.lists)
            made = copy.copy(one)
            made.args = tuple(self.of(list(items)) for items in zip(*(v.args for v in values), strict=True))
            made.kwargs = self.of([v.kwargs for v in values])
            if len(self.chain.lists) > count + 1 and not self.chain.zips:  # what is made of their elements is one
                del self.chain.lists[count:]
                raise MismatchError
            return made
        except MismatchError:
            if not all(self.chain.free(value) for value in values):
                raise
            return self._listed(values)

    def _named(self, values: list[Expr]) -> Expr:
        """Arguments and entries of dictionaries, whose names may differ in a number."""
        one, heads = values[0], [value.head for value in values]
        if len(set(heads)) == 1:
            return one
        if all(re.fullmatch(r"(?!keys\b)\w+\[\d+\]", head) for head in heads):
            return self._listed(values)
        parts = [re.split(r"(\d+)", head) for head in heads]
        differ = [i for i, items in enumerate(zip(*parts, strict=False)) if len(set(items)) > 1]
        if len({len(part) for part in parts}) == 1 and len(differ) == 1 and differ[0] % 2 and not one.head.isidentifier():
            numbers = [int(part[differ[0]]) for part in parts]
            before, after = "".join(parts[0][:differ[0]]), "".join(parts[0][differ[0] + 1:])
            step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
            if step > 0 and numbers == list(range(numbers[0], numbers[-1] + 1, step)):
                self.chain.counts = True
                count = Counter(numbers[0] - step * self.first, step).text
                if not before.count('"') % 2:
                    return Expr("name", f"{before}{count}{after}", outline=outline_of(one))
                opening = before.rindex('"')
                head = f'{before[:opening]}f{before[opening:]}{{{count}}}{after}'
                return Expr("name", head, outline=outline_of(one))
        return self._listed(values)

    def _listed(self, values: list[Expr]) -> Expr:
        if len(values) < len(self.chain.calls) or any(
                value.tree is not None or not self.chain.free(value) for value in values):
            raise MismatchError
        for name, elements in self.chain.lists:
            if len(elements) == len(values) and all(a is b for a, b in zip(elements, values, strict=True)):
                return name
        name = Expr("name", "", outline=outline_of(values[0]))
        self.chain.lists.append((name, values))
        return name


def chains(results: list[Any], functions: Iterable[str], known: dict[int, str]) -> list[Chain]:
    """The chains among the calls of `functions`. What is `known` has a name, whatever it is made of."""
    found: list[Chain] = []
    table = sorted(below(results).values(), key=lambda e: e.number if e.origin is None else e.origin._id)
    uses = collections.Counter(id(e) for one in table for e in expressions([list(one.args), one.kwargs]))
    for function in functions:
        calls = [e for e in table if e.kind == "call" and e.head == function]
        groups: dict[str, list[Expr]] = {}
        for call in calls:
            root = call.args[0] if call.args and isinstance(call.args[0], Expr) else None
            groups.setdefault(root.head if root is not None and root.kind == "name" else "", []).append(call)
        for group in groups.values() if max(map(len, groups.values()), default=0) >= ROUNDS else [calls]:
            if len(group) < ROUNDS or len({(len(c.args), len(c.pieces)) for c in group}) > 1:
                continue
            try:
                chain = Chain(group, known, uses)
            except MismatchError:
                continue
            chain.look(results)
            if len(group) < LONG and any(i not in chain.final and not any(after is e for e in chain.before)
                                         for i, (_, _, after) in chain.carried.items()):
                continue
            if chain.carried or (len(chain.lists) == 1 and not group[0].pieces):
                found.append(chain)
    return found
