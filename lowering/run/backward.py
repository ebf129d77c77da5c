"""Gradients through what runs on the host: what a conditional or a loop notes when it runs, and the steps back.

What has effects, draws random numbers or runs on the host runs once: its results are on the tape. The rest of a region is
computed again when its gradient is, by a program that differentiates it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.kernels import cotangents
from lowering.kernels.arrays import WHOLE, Elements
from lowering.plan import crossings
from lowering.plan import slice as slicing
from lowering.run.state import State
from tracer.ir import Operation, Region, Tensor

if TYPE_CHECKING:
    from lowering.run.executable import Executable


@dataclass
class Rows:
    """The gradient of some rows of a table, which may stand several times, and which these are."""

    values: Any
    places: Any

    def __add__(self, other: Rows) -> Rows:
        return Rows(np.concatenate([self.values, other.values]), np.concatenate([self.places, other.places]))


class Trip(NamedTuple):
    """One run of a region."""

    region: Region
    given: list[Any]  # the values of the loop variables
    values: dict[Any, Any]  # what was captured and kept, and the random streams as they were
    variables: dict[str, Any]  # as they were, where the region writes some


@dataclass
class Tape:
    """What one operation noted in one run."""

    trips: list[Trip] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)


class Recorder:
    """What a region is to note for the steps back through the operation that holds it."""

    def __init__(self, node: Operation, region: Region) -> None:
        self.region = region
        self.captured = crossings.captured(region)
        found = [crossings.wanted(back, region) for back in crossings.backs(node)]
        self.kept = list(dict.fromkeys(t for one in found for t in one.kept or ()))
        self.drawing = [op for inner in region.operations if inner.regions and not slicing.is_host(inner)
                        for op in slicing.inner(inner) if slicing.draws(op)]
        self.written = [v.name for v in slicing.written_by(node)]
        self.fetches = [*region.outputs, *(t for t in self.kept if t not in region.outputs)]

    def begin(self, state: State, overlay: dict[str, Any], given: list[Any]) -> Trip:
        """A trip as it starts."""
        with state.lock:
            streams = {op: np.asarray(state.stream(op)) for op in self.drawing}
            table = {**state.variables, **overlay} if self.written else {}
            return Trip(self.region, given, dict(streams), {n: np.array(table[n]) for n in self.written if n in table})

    def end(self, trip: Trip, captured: list[Any], results: list[Any]) -> list[Any]:
        """Notes what it gave; the results of the region."""
        trip.values.update(zip(self.captured, captured, strict=True))
        given = dict(zip(self.fetches, results, strict=True))
        trip.values.update((t, given[t]) for t in self.kept)
        return results[:len(self.region.outputs)]


class StepBack:
    """One step back through an operation of the host, prepared when it first runs."""

    def __init__(self, back: Operation) -> None:
        self.back = back
        self.node: Operation = back.attrs["of"]
        self.asked = crossings.asked_of(back)
        self.executables: dict[Any, Executable] = {}

    def run(self, read: Callable[[Tensor], Any], state: State, overlay: dict[str, Any], watch: Any) -> list[Any]:
        """The gradients of what it goes back to; `read` gives the values of its inputs."""
        came: dict[int, Any] = {}
        for place, tensor in zip(self.back.attrs["places"], self.back.inputs, strict=False):
            value = read(tensor)
            came[place] = came[place] + value if place in came else value
        if "own" in self.back.attrs:
            found = self._by_script(came, read, state, overlay, watch)
        elif self.node.regions:
            found = self._by_regions(came, read(crossings.tape(self.node).outputs[0]), state, overlay, watch)
        else:
            return self._by_rule(came, read)
        results: list[Any] = []
        for t, (names, _) in zip(self.asked, self.back.attrs["rows"], strict=True):
            if names:
                rows = self._with_zeros(names, found.get(t), read(t), read(crossings.tape(self.node).outputs[0]))
                results += [rows.values, rows.places]
            else:
                results.append(found[t] if t in found else _zeros(read(t)))
        return results

    def _with_zeros(self, names: tuple[str, ...], found: Rows | None, table: Any, tape: Tape) -> Rows:
        """The rows that were found, with the zeros that TensorFlow adds (`lowering.flow.gathers` does it in programs): for
        row 0 before those of a loop, for all rows where a branch was not taken."""
        kind = self.back.named(names[0]).inputs[1].dtype.base_dtype.array_dtype
        zeros = [] if self.node.type == "Cond" else [np.zeros(1, kind)]
        for region in self.node.regions if self.node.type == "Cond" else ():
            if any(region.holds(self.back.named(name)) for name in names) and region is not tape.trips[0].region:
                zeros.append(np.arange(len(table), dtype=kind))
        parts = [Rows(np.zeros((len(places), *np.shape(table)[1:]), table.dtype), places) for places in zeros]
        return functools.reduce(operator.add, [*parts, found] if found is not None else parts)

    # -- a conditional, a loop or a call

    def _by_regions(self, came: dict[int, Any], tape: Tape, state: State, overlay: dict[str, Any], watch: Any) -> dict:
        total: dict[Tensor, Any] = {}
        if self.node.type != "While":
            for trip in tape.trips:
                _add(total, self._through(trip, came, tape.results, state, overlay, watch))
            return total
        after = tape.results
        for trip in reversed(tape.trips):
            found = self._through(trip, came, after, state, overlay, watch)
            came = {i: found.pop(t) for i, t in enumerate(trip.region.inputs) if t in found}
            _add(total, found)
            after = trip.given
        starts = zip(self.node.inputs, range(self.node.attrs["count"]), strict=False)
        _add(total, *({tensor: came[i]} for tensor, i in starts if i in came))
        return total

    def _through(self, trip: Trip, came: dict[int, Any], after: list[Any], state: State, overlay: dict[str, Any],
                 watch: Any) -> dict[Tensor, Any]:
        """The gradients of what one run of a region took, from those of what it gave, the values `after` it."""
        wanted = crossings.wanted(self.back, trip.region)
        gradients = wanted.gradients
        if gradients is None or not any(i in came for i in wanted.outputs):
            return {}
        fed = dict(zip(trip.region.inputs, trip.given, strict=True))
        fed.update((t, value) for t, value in trip.values.items() if isinstance(t, Tensor))
        fed.update((seed, came[i] if i in came else _zeros(after[i]))
                   for i, seed in zip(wanted.outputs, wanted.seeds, strict=True))
        streams = {op: value for op, value in trip.values.items() if isinstance(op, Operation)}
        run = self._executable((trip.region, *fed), lambda: {
            "fetches": list(gradients.outputs), "targets": [], "feeds": list(fed), "nested": True, "controls": False,
            "within": trip.region, "again": True})
        results = run.run_within(state, list(fed.values()), {**overlay, **trip.variables}, watch, streams)
        given = iter(results)
        return {x: Rows(next(given), next(given)) if names else next(given)
                for x, (names, _) in zip(wanted.xs, wanted.rows, strict=True)}

    def _executable(self, key: Any, arguments: Callable[[], dict[str, Any]]) -> Executable:
        from lowering.run.executable import Executable

        found = self.executables.get(key)
        if found is None:
            found = self.executables[key] = Executable(**arguments())
        if found.successor is not None:
            found = self.executables[key] = found.successor
        return found

    # -- the others

    def _by_script(self, came: dict[int, Any], read: Callable[[Tensor], Any], state: State, overlay: dict[str, Any],
                   watch: Any) -> dict[Tensor, Any]:
        """By the function that the script registered."""
        region: Region = self.back.attrs["own"]
        smooth = [i for i, t in enumerate(self.node.outputs) if slicing.is_smooth(t)]
        fed = {seed: came[i] if i in came else _zeros(read(self.node.outputs[i]))
               for i, seed in zip(smooth, region.inputs, strict=True)}
        fed.update((t, read(t)) for t in crossings.captured(region))
        run = self._executable(region, lambda: {
            "fetches": region.outputs, "targets": region.effects, "feeds": list(fed), "nested": True, "within": region})
        given = iter(run.run_within(state, [_fed(value) for value in fed.values()], overlay, watch))
        total: dict[Tensor, Any] = {}
        for tensor, has in zip(self.node.inputs, self.back.attrs["returned"], strict=False):
            if has:
                _add(total, {tensor: next(given)})
        return total

    def _by_rule(self, came: dict[int, Any], read: Callable[[Tensor], Any]) -> list[Any]:
        """By the rule that it has for a device."""
        node = self.node
        places = [i for i, t in enumerate(node.outputs) if slicing.is_smooth(t)]
        values = {t: read(t) for t in node.inputs}

        def run(inputs: list[Any]) -> list[Any]:
            context = interpret.Context()
            context.silent = True
            context.values.update(values)
            context.values.update(zip(self.asked, inputs, strict=True))
            interpret.step(node, context)
            return [interpret.as_value(context.read(node.outputs[i])) for i in places]

        inputs = [v if isinstance(v, WHOLE) else jnp.asarray(v) for v in (values[t] for t in self.asked)]
        outputs, pullback = jax.vjp(run, inputs)
        given = [cotangents.like(came[i], value) if i in came else None for i, value in zip(places, outputs, strict=True)]
        (found,) = pullback([cotangents.cotangent(value, one) for value, one in zip(outputs, given, strict=True)])
        return list(map(cotangents.gradient, found))


def _add(total: dict[Tensor, Any], *found: dict[Tensor, Any]) -> None:
    for tensor, value in (item for one in found for item in one.items()):
        total[tensor] = functools.reduce(lambda a, b: a + b, [total[tensor], value] if tensor in total else [value])


def _zeros(value: Any) -> Any:
    return cotangents.zeros(value) if isinstance(value, Elements) else np.zeros(np.shape(value), np.asarray(value).dtype)


def _fed(value: Any) -> Any:
    return value if isinstance(value, WHOLE) else np.asarray(value)


def taped(nodes: Iterable[Operation]) -> frozenset[Operation]:
    """The conditionals and loops that note something in a run of `nodes`."""
    return frozenset(op.attrs["of"] for op in nodes if op.type == crossings.TAPE)
