"""A run as a JAX module that stands alone: its parameters, its functions, its step of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from lowering.batch.batches import batches
from lowering.emit.calls import Calls
from lowering.emit.draft import Draft, argument_lists
from lowering.emit.sizes import Symbol, finished, merged, symbols
from lowering.emit.whole import nodes_of
from lowering.plan import companions
from lowering.plan.slice import VARIABLES
from lowering.plan.stages import HostStage
from lowering.programs.program import Program
from lowering.run.executable import Executable
from lowering.run.state import State
from lowering.view.assumed import shapes_seen
from tracer import errors
from tracer.ir import Operation, Tensor


class Module(NamedTuple):
    """An emitted module: its source, and the arrays that go into an `.npz` file beside it, by key."""

    source: str
    arrays: dict[str, np.ndarray]


def emit(fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor], state: State, title: str,
         file: str, runs: Iterable[Executable] = ()) -> Module:
    """The run of `fetches` and `targets` as a module whose docstring is `title`.

    The arrays are the variables' values as `state` has them, under `params|...` and `state|...`, and large constants, under
    `constants|...`; the module loads those from `file`. A feed of unknown shape has the one that it last had in `runs`.

    Raises:
        UnsupportedError: part of the run has no form in a module; all of it is listed.
    """
    executable = Executable(fetches, targets, feeds)
    nodes = nodes_of(executable)
    graph = (fetches or targets)[0].graph
    calls = Calls(graph.get_operations())
    seen = shapes_seen(runs)

    def begun(table: list[Symbol], known: dict[Tensor, tuple[int, ...]]) -> Draft:
        return Draft(executable, nodes, fetches, feeds, state, title, file, table, known, calls)

    def drafted(known: dict[Tensor, tuple[int, ...]], table: list[Symbol]) -> tuple[str, Draft]:
        def draft(twice: Symbol | None = None) -> Draft:
            return begun([symbol._replace(size=2 * symbol.size) if symbol is twice else symbol for symbol in table], known)

        first, others = draft(), [(symbol, draft(symbol)) for symbol in table]
        source = merged(first.text(), [(symbol, other.text()) for symbol, other in others])
        if any(name not in other.arrays or other.arrays[name].shape != array.shape
               for _, other in others for name, array in first.arrays.items()):
            raise errors.UnsupportedError("A constant in the program is another one for each size of the batch: set_shape "
                                          "fixes it.")
        return source, first

    source, draft = _first_that_fits(drafted, begun, feeds, seen, calls)
    return Module(finished(source, [name for _, name in draft.quotes.texts], ["batch", *(s.name for s in draft.symbols)]),
                  draft.all_arrays())


def _first_that_fits(drafted: Callable, begun: Callable, feeds: list[Tensor], seen: dict[Tensor, tuple[int, ...]],
                     calls: Calls) -> Any:
    """The module for sizes that may differ from call to call; where it allows none of those, for the sizes that were fed."""
    names = calls.names()[0]
    said = {t: names.get(t.op, t.op.name) for t in feeds}
    apart = _apart(begun, feeds, said, seen, calls)
    tries = [symbols(feeds, said, apart), symbols(feeds, said, apart, by_axis=True)]
    problem: Exception | None = None
    for table in tries if tries[0] != tries[1] else tries[:1]:
        try:
            return drafted(seen, table)
        except Exception as error:  # whatever does not fit
            problem = problem or error
    assert problem is not None
    if not tries[0]:
        raise problem
    if all(t in seen for t in feeds if None in (t.sizes or ())):
        return drafted({t: seen[t] for t in feeds if t in seen}, [])
    if isinstance(problem, errors.UnsupportedError):
        raise problem
    raise errors.UnsupportedError(
        f"The program does not take a batch of any size ({problem}): set_shape gives its feeds the one that it takes; so "
        "does a run that feeds them.") from problem


def _apart(begun: Callable, feeds: list[Tensor], said: dict[Tensor, str], seen: dict[Tensor, tuple[int, ...]],
           calls: Calls) -> list[list[Tensor]]:
    """The feeds whose first sizes may be others than the batch, in groups."""
    lists = [group for group in argument_lists(calls, feeds) if any(t.sizes and t.sizes[0] is None for t in group)]

    def tensors(groups: list[list[int]]) -> list[list[Tensor]]:
        return [[t for i in group for t in lists[i]] for group in groups]

    def fits(groups: list[list[int]]) -> bool:
        try:
            begun(symbols(feeds, said, tensors(groups)), seen)
        except Exception:  # sizes that do not fit, as a rule of ours or JAX says it
            return False
        return True

    return tensors(batches(len(lists), fits)[1:])


def arguments_of(feeds: list[Tensor]) -> list[list[Tensor]]:
    """The feeds that go into each argument of an emitted function."""
    return argument_lists(Calls(feeds[0].graph.get_operations()), feeds) if feeds else []


def handed_over(fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor]) -> list[Tensor]:
    """What queues, readers and the like give to a run: the arguments that a module has in their place.

    Only what nothing computed goes into is handed over; the other Python between programs is part of the run.
    """
    found: list[Tensor] = []
    while True:
        executable = Executable(fetches, targets, [*feeds, *found])
        host = {op for step in executable.steps if isinstance(step, HostStage) for op in step.nodes}
        needed = {op for step in executable.steps if isinstance(step, Program) for op in step.stage.nodes}
        more = [t for op in sorted(host, key=lambda op: op._id) for t in op.outputs if op.type != companions.TYPE
                and (t in fetches or any(user in needed for user in t.consumers())) and not _computed(op, {*feeds, *found})
                and t.dtype.base_dtype.array_dtype is not object]
        if not more:
            return found
        found += more


def _computed(op: Operation, fed: set[Tensor]) -> bool:
    """Whether something that is fed or kept goes into an operation."""
    seen: set[Operation] = set()
    stack = [op]
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        if one.type == "Placeholder" or one.type in VARIABLES or any(t in fed for t in one.inputs):
            return True
        stack += [t.op for t in one.inputs]
    return False
