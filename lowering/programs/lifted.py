"""Constants that change from one program to the next, passed to one program that serves them all.

A script that records as it goes (`session.run(tf.gather(x, i))` in a loop) makes a program in each round, equal to the one
before but for a constant. The second of such programs takes what has changed as arguments, and those after it find it
compiled. A constant whose value is needed while tracing stays one, and so does an element of a vector of whole numbers
that has not changed: of where a slice begins, a part may have to be known.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from lowering import fast, registry
from lowering.flow import trips
from lowering.plan.slice import SHAPES
from lowering.plan.varying import CONTROL
from lowering.programs import telling
from tracer.ir import Operation, Tensor

if TYPE_CHECKING:
    from lowering.programs.program import Program

FORMS = 1024
"""So many forms of programs are remembered."""
PLACES = 8
"""A vector of at most so many whole numbers is told element by element: it may be where something begins."""
TURNS = 2
"""Where other constants changed so many times, all are passed that can be."""
_EXPONENTS = {"Pow": 1}
"""What is computed in another way, and much slower, where it is not known."""
_BEGINNINGS = {"Slice": (1,), "StridedSlice": (1, 2)}
"""Vectors of which the rule takes each element as it comes: known, or not."""

Lifted = dict[Tensor, tuple[Any, ...] | None]
"""The constants that are arguments; of a vector, what is known of its elements, None where one changes."""


class NeededError(Exception):
    """A program could not be traced without the values of the constants that it was to be passed."""


class _Seen:
    """What the constants of one form have been."""

    def __init__(self, values: list[Any]) -> None:
        self.first = values  # vectors as they are, others told
        self.changed: dict[int, set[int]] = {}  # by constant, which elements; none where the whole is one
        self.turns = 0
        self.needed = False


_seen: OrderedDict[Any, _Seen] = OrderedDict()
_lock = threading.Lock()


def find(program: Program) -> Lifted:
    """The constants that a program is to be passed, which has run for none yet."""
    if not fast.on("lifted"):
        return {}
    try:
        form = program.form()
    except telling.UntoldError:
        return {}
    free = _free(program, form)
    if not free:
        return {}
    told_of = dict(zip(form.constants, form.values, strict=True))
    values = [op.attrs["value"] if _is_places(op.attrs["value"]) else told_of[op] for op in free]
    with _lock:
        key = _key(program, form, free)
        seen = _seen.get(key)
        if seen is None:
            _seen[key] = _Seen(values)
            if len(_seen) > FORMS:
                _seen.popitem(last=False)
            return {}
        _seen.move_to_end(key)
        return {} if seen.needed else _lifted(free, values, seen)


def refuse(program: Program) -> None:
    """Has no program of this form passed constants: tracing needs them."""
    form = program.form()
    with _lock:
        seen = _seen.get(_key(program, form, _free(program, form)))
        if seen is not None:
            seen.needed = True


def told(program: Program) -> list[Any]:
    """What is fixed of its constants in a program."""
    form, found = program.form(), []
    for op, value in zip(form.constants, form.values, strict=True):
        known = program.lifted.get(op.outputs[0], ())
        found.append(value if known == () else ("lifted", known and [None if one is None else int(one) for one in known]))
    return found


def _lifted(free: list[Operation], values: list[Any], seen: _Seen) -> Lifted:
    before = {i: set(places) for i, places in seen.changed.items()}
    for i, (value, first) in enumerate(zip(values, seen.first, strict=True)):
        if isinstance(value, tuple):
            if value != first:
                seen.changed.setdefault(i, set())
        elif changed := np.flatnonzero(value != first).tolist():
            seen.changed.setdefault(i, set()).update(changed)
    if seen.changed != before:
        seen.turns += 1
        if seen.turns > TURNS:
            seen.changed = {i: set() if isinstance(value, tuple) else set(range(value.size))
                            for i, value in enumerate(values)}
    return {free[i].outputs[0]: _known(values[i], places) for i, places in seen.changed.items()}


def _known(value: Any, changed: set[int]) -> tuple[Any, ...] | None:
    if isinstance(value, tuple) or len(changed) == value.size:
        return None
    return tuple([None if i in changed else element for i, element in enumerate(value)])


def _is_places(value: np.ndarray) -> bool:
    return value.ndim == 1 and value.dtype.kind == "i" and value.size <= PLACES


def _key(program: Program, form: telling.Form, free: list[Operation]) -> Any:
    chosen = set(free)
    others = [value for op, value in zip(form.constants, form.values, strict=True) if op not in chosen]
    return form.digest, program.donate, repr(others)


def _free(program: Program, form: telling.Form) -> list[Operation]:
    """The constants of a program whose values no rule needs while it is traced."""
    needed = _needed(program)
    inside = set(program.stage.nodes)
    return [op for op in form.constants if op in inside and op not in needed]


def _needed(program: Program) -> set[Operation]:
    """The operations that compute what is needed while tracing, constants among them."""
    stack: list[tuple[Tensor, Operation]] = []
    for around in program.stage.nodes:
        nodes = [around, *(node for region in around.regions for node in region.walk())] if around.regions else [around]
        stack += [(tensor, around) for node in nodes for tensor in _statics(node)]
    given = set(program.stage.inputs)
    found: set[Operation] = set()
    while stack:
        tensor, around = stack.pop()
        op = tensor.op
        if tensor in given or op in found:
            continue
        found.add(op)
        if op.type == "LoopVariable":  # whatever goes into the loop
            stack += [(t, around) for t in around.inputs]
        elif op.type not in SHAPES:
            stack += [(t, around) for t in op.inputs]
    return found


def _statics(op: Operation) -> list[Tensor]:
    """The inputs of an operation that its rule may need to know, or does better by knowing."""
    if op.type.startswith("TensorArray"):
        return list(op.inputs)
    found = trips.deciding(op) if op.type in CONTROL else []
    rule = registry.find(op.type)
    if rule is None:
        return found
    places = {*rule.static, *rule.partly, *(rule.before.inputs if rule.before is not None else ())}
    places.difference_update(_BEGINNINGS.get(op.type, ()))
    if op.type in _EXPONENTS:
        places.add(_EXPONENTS[op.type])
    arguments = op.arguments
    for i in places:
        if i < len(arguments):
            found += arguments[i] if isinstance(arguments[i], list) else [arguments[i]]
    wanted = rule.wants(op) if rule.wants is not None else []
    return found + [t for t in wanted if t.op.type != "Const" or op.type not in _BEGINNINGS]
