"""Finds what a script's Python loop has recorded over and over: rounds of the same operations, wired the same way.

A script of the period builds a recurrent network by a Python loop, so its graph holds T copies of one body. They are
found by what they are, whatever made them: a stretch of the operations, in the order of their creation, whose kinds
repeat with a period, and whose inputs come, in every round, from the same place of the same round, of the round before,
or from outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from lowering import registry
from lowering.flow import memory
from lowering.plan.slice import VARIABLES, variable_of, written_by
from lowering.plan.varying import FIXED, ON_HOST
from tracer import dtypes
from tracer.ir import Operation, Tensor

ROUNDS = 4
"""Fewest rounds that count as a loop."""
OPERATIONS = 24
"""Fewest operations, in all rounds together, that are worth it."""
ASSIGNS = frozenset({"Assign", "AssignAdd", "AssignSub"})
"""Operations that may write a variable in every round; those of optimizers stay by themselves."""
PERIODS = 24
"""Most lengths of a round that are tried at one place."""

Row = list[Operation | None]
"""The operations of one round. In the last one some may be missing: what nothing needs is not in the program."""


class Inside(NamedTuple):
    """Where an input comes from: an output of an operation of the same round, or of the one before."""

    before: bool
    operation: int
    output: int


Source = Inside | Tensor


def eligible(op: Operation, context: Any) -> bool:
    """Whether the operation only computes, and can do so together with others of its kind."""
    if op.type in (*VARIABLES, "Const", "Placeholder") or not op.outputs:
        return False
    if any(tensor in context.values or tensor in context.given for tensor in op.outputs):
        return False
    if op.type not in ASSIGNS and any(variable_of(tensor) is not None for tensor in op.outputs):
        return False
    if any(t.dtype.base_dtype is dtypes.string for t in (*op.inputs, *op.outputs)):
        return False
    if not op.regions:
        return _computes(op, context)
    if op in FIXED or op in ON_HOST or any(region.holds(gather) for gather in context.watched for region in op.regions):
        return False
    return all(node.type in ("Const", "LoopVariable") or bool(node.regions) or (
        _computes(node, context) and not _rule(node).draws) for region in op.regions for node in region.walk())


def _computes(op: Operation, context: Any) -> bool:
    rule = registry.find(op.type)
    if rule is None or rule.host or rule.before is not None or op in context.custom:
        return False
    if rule.writes and op.region is None and op.type not in ASSIGNS:
        return False
    return (rule.pure or rule.draws or bool(rule.writes)) and not {"later", "session", "temporaries"} & set(rule.extras)


def _rule(op: Operation) -> registry.Rule:
    rule = registry.find(op.type)
    assert rule is not None
    return rule


def token(op: Operation) -> Any:
    """Equal for operations that compute the same from equal inputs; a draw's own seed does not count."""
    rule = registry.find(op.type)
    left_out = ("seed", "seed2") if rule is not None and rule.draws else ()
    attrs = tuple((name, _plain(op.attrs[name])) for name in sorted(op.attrs)
                  if name[0] != "_" and name != "regions" and name not in left_out)
    if not op.regions:
        return op.type, len(op.inputs), attrs
    numbers: dict[Tensor, Any] = {tensor: ("taken", i) for i, tensor in enumerate(op.inputs)}
    return op.type, len(op.inputs), attrs, tuple(_bodies(op, numbers))


def _bodies(op: Operation, numbers: dict[Tensor, Any]) -> Iterator[Any]:
    """The operations inside of `op`, with their inputs by number: equal for bodies that compute the same."""
    for region in op.regions:
        for node in region.operations:
            value = node.attrs["value"].tobytes() if node.type == "Const" else None
            yield token(node)[:3], value, tuple(numbers.get(t, t) for t in node.inputs)
            yield from _bodies(node, numbers)
            numbers.update((t, len(numbers)) for t in node.outputs)
        yield tuple(numbers.get(t, t) for t in region.outputs)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str, bytes, dtypes.DType)) else repr(value)


def same(tensors: Sequence[Tensor], given: Collection[Tensor]) -> bool:
    """Whether these are one tensor, or constants of one value; those `given` have the value that was fed."""
    first, *rest = tensors
    if all(tensor is first for tensor in rest):
        return True
    if any(tensor.op.type != "Const" or tensor in given for tensor in tensors):
        return False
    value = first.op.attrs["value"]
    return all(t.op.attrs["value"].dtype == value.dtype and np.array_equal(t.op.attrs["value"], value) for t in rest)


def static_places(op: Operation) -> set[int]:
    """The inputs of `op` whose values, or parts of them, its rule must know while it is traced."""
    rule = registry.find(op.type)
    if rule is None or not (rule.static or rule.partly or rule.wants):
        return set()
    found: set[int] = set()
    at = 0
    for i, argument in enumerate(op.arguments):
        count = len(argument) if isinstance(argument, list) else 1
        if i in rule.static or i in rule.partly:
            found.update(range(at, at + count))
        at += count
    wanted = rule.wants(op) if rule.wants is not None else []
    return found | {i for i, tensor in enumerate(op.inputs) if tensor in wanted}


def find(sequence: list[Operation], below: int) -> list[list[Row]]:
    """The repeated stretches among operations in the order of their creation, each as its rounds, of less than `below`
    operations."""
    numbers: dict[Any, int] = {}
    tokens = np.array([numbers.setdefault(token(op), len(numbers)) for op in sequence], np.int64)
    place = {op: i for i, op in enumerate(sequence)}
    found: list[list[Row]] = []
    waiting = [(0, len(sequence))]
    while waiting:
        start, end = waiting.pop()
        loops = _largest(sequence, tokens, start, end, below) if end - start >= OPERATIONS else []
        for rounds in loops:
            covered = [place[op] for row in rounds for op in row if op is not None]
            waiting.append((start, min(covered)))
            start = max(covered) + 1
        if loops:
            waiting.append((start, end))
        found += loops
    return found


def _largest(sequence: list[Operation], tokens: np.ndarray, start: int, end: int, below: int) -> list[list[Row]]:
    """The loops in the stretch between two places that covers most operations."""
    stretches: list[tuple[int, int, int]] = []  # operations in whole rounds, period, place
    part = tokens[start:end]
    for period in _periods(part, below):
        equal = np.concatenate([[0], (part[period:] == part[:-period]).astype(np.int8), [0]])
        edges = np.flatnonzero(np.diff(equal))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            length = int(last - first) + period
            if length // period >= ROUNDS and length >= OPERATIONS:
                stretches.append((length, period, start + int(first)))
    stretches.sort(key=lambda stretch: (-(stretch[0] // stretch[1] * stretch[1]), stretch[1]))
    for length, period, place in stretches[:PERIODS]:
        behind = sequence[place + length:min(end, place + length + period)]
        loops = _loops(sequence[place:place + length], behind, period)
        if loops:
            return loops
    return []


def _periods(tokens: np.ndarray, below: int) -> list[int]:
    """Likely lengths of a round, `below` one: the commonest distances between operations of one kind."""
    gaps: Counter[int] = Counter()
    order = np.argsort(tokens, kind="stable")
    for step in (1, 2, 3, 4, 6, 8):  # an operation may stand several times in a round
        if len(order) > step:
            equal = tokens[order][step:] == tokens[order][:-step]
            gaps.update((order[step:] - order[:-step])[equal].tolist())
    longest = min(len(tokens) // ROUNDS, below - 1)
    return [gap for gap, count in gaps.most_common(8 * PERIODS) if gap <= longest and count >= ROUNDS - 1][:PERIODS]


def _loops(stretch: list[Operation], following: list[Operation], period: int) -> list[list[Row]]:
    """Runs of rounds that are wired alike, in a stretch of operations whose kinds repeat."""
    found = [_runs(stretch, following, period, cut) for cut in _cuts(stretch, period)]
    return max(found, key=lambda runs: sum(op is not None for run in runs for row in run for op in row), default=[])


def _runs(stretch: list[Operation], following: list[Operation], period: int, cut: int) -> list[list[Row]]:
    """Runs of rounds that are wired alike, where a round begins at `cut`."""
    count = (len(stretch) - cut) // period
    rows: list[Row] = [list(stretch[cut + t * period:cut + (t + 1) * period]) for t in range(count)]
    runs = _alike(rows)
    if runs and runs[-1][-1] is rows[-1]:
        runs[-1] = _with_part(runs[-1], [*stretch[cut + count * period:], *following])
    return [run for run in runs
            if len(run) >= ROUNDS and len(run) * period >= OPERATIONS and not _of_layers(run)]


def _of_layers(rows: list[Row]) -> bool:
    """Whether every round has weights of its own: these are layers, and no loop."""
    columns = [[row[k] for row in rows] for k in range(len(rows[0]))]
    taken = [[op.inputs[i] for op in column if op is not None]
             for column in columns for i in range(len(column[0].inputs if column[0] is not None else ()))]
    written = {variable for column in columns for op in column if op is not None and memory.writes(op)
               for variable in written_by(op)}
    return any((variable := variable_of(tensors[0])) is not None and variable not in written and not same(tensors, ())
               for tensors in taken)


def _cuts(stretch: list[Operation], period: int) -> list[int]:
    """Where a round may begin: there where fewest values pass on to the next, and none further than that; and where that
    leaves one round less than others would, the best of those too."""
    place = {op: i for i, op in enumerate(stretch)}
    middle = len(stretch) // period // 2 * period
    arcs: dict[tuple[int, int, int], None] = {}
    for q in range(middle, min(middle + period, len(stretch))):
        for tensor in stretch[q].inputs:
            at = place.get(tensor.op)
            if at is not None:
                arcs[q - middle, at - middle, tensor.value_index] = None
    found: list[tuple[int, int]] = []  # how many values pass on, and the place
    for cut in range(period):
        crossing = set()
        for consumer, producer, output in arcs:
            rounds = (consumer - cut) // period - (producer - cut) // period
            if rounds > 1 or rounds < 0:
                break
            if rounds:
                crossing.add((producer % period, output))
        else:
            found.append((len(crossing), cut))
    whole = [at for at in found if at[1] <= len(stretch) % period]
    return list(dict.fromkeys(min(some)[1] for some in (found, whole) if some))


def sources(rows: list[Row], t: int, where: dict[Operation, tuple[int, int]]) -> list[list[Source] | None]:
    """For each operation of round t, where each of its inputs comes from."""
    found: list[list[Source] | None] = []
    for op in rows[t]:
        if op is None:
            found.append(None)
            continue
        line: list[Source] = []
        for tensor in op.inputs:
            at = where.get(tensor.op)
            near = at is not None and 0 <= t - at[0] <= 1
            line.append(Inside(at[0] < t, at[1], tensor.value_index) if near else tensor)  # type: ignore[index]
        found.append(line)
    return found


def places(rows: list[Row]) -> dict[Operation, tuple[int, int]]:
    """Round and place of every operation."""
    return {op: (t, k) for t, row in enumerate(rows) for k, op in enumerate(row) if op is not None}


def _fits(wanted: list[Source] | None, given: list[Source] | None, first: bool = False) -> bool:
    """Whether two operations are wired alike; those of a first round may start from anything."""
    if wanted is None or given is None:
        return wanted is given
    return all((first and isinstance(want, Inside) and want.before)
               or (want == give if isinstance(want, Inside) else not isinstance(give, Inside))
               for want, give in zip(wanted, given, strict=True))


def _alike(rows: list[Row]) -> list[list[Row]]:
    """The runs of rounds that are wired alike; the round before each belongs to it where it starts it."""
    where = places(rows)
    lines = [sources(rows, t, where) for t in range(len(rows))]

    def fit(pattern: int, t: int, first: bool = False) -> bool:
        return all(_fits(want, give, first) for want, give in zip(lines[pattern], lines[t], strict=True))

    runs: list[list[Row]] = []
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and fit(start, end):
            end += 1
        if end - start >= ROUNDS - 1:
            if start and not (runs and runs[-1][-1] is rows[start - 1]) and fit(start, start - 1, first=True):
                start -= 1
            runs.append(rows[start:end])
        start = end
    return runs


def _with_part(rows: list[Row], following: list[Operation]) -> list[Row]:
    """The rounds and, where it stands behind them, a last one in which nothing needs some of the operations."""
    if len(rows) < 2:
        return rows
    template = rows[-1]
    tokens = [token(op) for op in template if op is not None]
    row: Row = [None] * len(template)
    where = places(rows)
    pattern = sources(rows, len(rows) - 1, where)
    k = 0
    for op in following:
        kind = token(op)
        while k < len(template):
            row[k] = op if kind == tokens[k] else None
            if row[k] is not None:
                where[op] = (len(rows), k)
                line = sources([*rows, row], len(rows), where)[k]
                if _fits(pattern[k], line):
                    break
                row[k] = None
                del where[op]
            k += 1
        if k == len(template):
            break
        k += 1
    return [*rows, row] if sum(op is not None for op in row) * 2 > len(template) else rows
