"""Gradients whose way passes what runs on the host: cut there into gradients of what lies between, and steps back.

A program cannot differentiate what the host does. So a `Gradients` operation is cut at each operation of the host on its
way: a conditional or a loop that runs region by region (it notes on a tape what is wanted again), one with a gradient of the
script's own, and one of the device that text or unknown sizes have brought to the host. What a program differentiates
(`Gradients` operations of ours, which take the host's results as they are) and steps back through the host follow each
other, and the operation itself adds up what they find.

None of these operations stands in the graph.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lowering import registry
from lowering.plan import notes, varying
from lowering.plan import slice as slicing
from lowering.plan.companions import TYPE as COMPANION
from lowering.plan.companions import beside, inputs_of, is_cut
from lowering.plan.notes import Crossing
from lowering.plan.slice import is_smooth
from tracer import dtypes
from tracer.errors import UnsupportedError
from tracer.ir import Operation, Region, Tensor

TAPE = "Tape"
"""What a conditional or a loop has noted: it has one output."""
BACK = "StepBack"
"""From the gradients of the outputs of an operation of the host to those of its inputs."""


class Wanted(NamedTuple):
    """The gradients of a region: of `outputs`, by their places, for which `seeds` stand, by `xs`."""

    gradients: Operation | None
    outputs: tuple[int, ...]
    seeds: tuple[Tensor, ...]
    xs: tuple[Tensor, ...]
    rows: tuple[tuple[tuple[str, ...], bool], ...]  # of each, the `Gather`s that take its rows, and whether more is read
    kept: tuple[Tensor, ...] | None  # what operations in the region gave that are not to run again


def settle(ops: Iterable[Operation]) -> bool:
    """Cuts those of `ops` that must be; whether one is cut otherwise than before."""
    gradients = sorted((op for op in ops if op.type == "Gradients"), key=lambda op: op._id)
    if not any(notes.known(op).crossing.hosts or op.attrs["custom"] for op in gradients) and not any(
            _may_cross(op) and slicing.is_host(op) for op in ops):
        return False
    changed = False
    for op in gradients:
        changed = _settle(op) or changed
    return changed


def _settle(op: Operation) -> bool:
    noted = notes.of(op)
    if noted.way is None:
        noted.way = Way.of(op)
    way: Way = noted.way
    hosts = tuple([node for node in way.candidates if slicing.is_host(node)])
    if noted.crossing.hosts == hosts:
        return False
    noted.crossing = Cut(op, way, hosts).crossing() if hosts else Crossing()
    return True


class Way:
    """What the gradients of `ys` pass on their way to `xs`: for each operation the inputs that they go on by."""

    def __init__(self, ys: Iterable[Tensor], xs: Iterable[Tensor], custom: Mapping[Operation, tuple[bool, ...]],
                 fed: frozenset[Tensor] = frozenset(), within: Region | None = None) -> None:
        self.xs = frozenset(xs)
        self.custom = custom
        self.passing: dict[Operation, list[Tensor]] = {}
        above = slicing.needed({y.op for y in ys if y not in fed}, fed, False, within)
        for op in slicing.ordered(above, fed):
            found = dict.fromkeys(t for t in self._smooth_inputs(op) if self.holds(t))
            if found:
                self.passing[op] = list(found)
        _, seen = self.back(ys, frozenset())
        self.candidates = sorted((op for op in seen if _may_cross(op) or op in custom), key=lambda op: op._id)

    @classmethod
    def of(cls, op: Operation) -> Way:
        """The way of a `Gradients` operation."""
        count = op.attrs["ys"]
        custom = {op.named(name): returned for name, returned in op.attrs["custom"]}
        return cls(op.inputs[:count], op.inputs[count:count + op.attrs["xs"]], custom, notes.known(op).cuts,
                   op.region)

    def holds(self, tensor: Tensor) -> bool:
        """Whether a gradient may go on from a tensor."""
        return tensor in self.xs or tensor.op in self.passing

    def _smooth_inputs(self, op: Operation) -> list[Tensor]:
        if op.type == "StopGradient" or not op.attrs.get("back_prop", True):
            return []
        inputs = [t for t in op.inputs if is_smooth(t)]
        if op in self.custom:
            given = self.custom[op]
            return [t for t in inputs if any(has and t is one for has, one in zip(given, op.inputs, strict=False))]
        rule = registry.find(op.type)
        return [] if rule is not None and rule.host else inputs

    def back(self, ys: Iterable[Tensor], cuts: frozenset[Tensor]) -> tuple[dict[Tensor, list[Operation]], set[Operation]]:
        """The tensors that gradients of `ys` come to, without going on from `cuts`, each with what passes them on; and
        what they pass."""
        reached: dict[Tensor, list[Operation]] = {y: [] for y in ys if self.holds(y)}
        seen: set[Operation] = set()
        stack = list(reached)
        while stack:
            tensor = stack.pop()
            op = tensor.op
            if tensor in cuts or op in seen or op not in self.passing:
                continue
            seen.add(op)
            for before in self.passing[op]:
                reached.setdefault(before, []).append(op)
                stack.append(before)
        return reached, seen


def _may_cross(op: Operation) -> bool:
    """Whether the operation may be brought to the host by what it holds, or is given, while gradients go through it."""
    rule = registry.find(op.type)
    return op.type != "Gradients" and (bool(op.regions) or (rule is not None and rule.strings))


class Cut:
    """A `Gradients` operation, cut at `hosts`."""

    def __init__(self, op: Operation, way: Way, hosts: tuple[Operation, ...]) -> None:
        self.op = op
        self.way = way
        self.hosts = hosts
        self.cuts = frozenset(t for node in hosts for t in node.outputs)
        count = op.attrs["ys"]
        self.ys = op.inputs[:count]
        self.xs = op.inputs[count:count + op.attrs["xs"]]
        self.given = op.inputs[count + op.attrs["xs"]:]
        self.came: dict[Tensor, list[Tensor]] = {}  # gradients of what the host gave
        self.found: list[list[tuple[Tensor, ...]]] = [[] for _ in self.xs]

    def crossing(self) -> Crossing:
        """Makes the operations."""
        given = iter(self.given)
        self._between([(y, next(given) if has else None) for y, has in zip(self.ys, self.op.attrs["seeded"], strict=True)])
        for node in reversed(self.hosts):
            came = [(i, one) for i, tensor in enumerate(node.outputs) for one in self.came.get(tensor, ())]
            if came:
                back = self._step_back(node, came)
                further: list[tuple[Tensor, Tensor | None]] = []
                for t, (result, *places) in zip(self.way.passing[node], results_of(back), strict=True):
                    if places:
                        self._found(self._source(t), (result, *places))
                    else:
                        further.append((t, result))
                self._between(further)
        for i, found in enumerate(self.found):
            if not found:  # the way to it has been cut for good
                self._differentiated([(self.ys[0], None)], [self.xs[i]], [((), True)], set())
        return Crossing(self.hosts, tuple([tuple(found) for found in self.found]))

    def _between(self, given: list[tuple[Tensor, Tensor | None]]) -> None:
        """Differentiates what lies between `given`, ys with what their gradients begin with, and what the host did."""
        given = [(y, seed) for y, seed in given if self.way.holds(y)]
        reached, seen = self.way.back([y for y, _ in given], self.cuts)
        self._check(seen)
        xs, rows = [], []
        for x, names, dense in zip(self.xs, self.op.attrs["rows"], self.op.attrs["dense"], strict=True):
            if x in reached and x not in xs:
                takers = {name: varying.outermost(self.op.named(name), self.op.region) for name in names}
                taken = tuple([name for name in names if takers[name] in seen])
                others = _is_read_whole(x, reached, {takers[name] for name in taken if not (
                    dense and takers[name].regions)}, {y for y, _ in given})
                if taken or others:
                    xs.append(x)
                    rows.append((taken, others))
        more = [t for t in self.cuts if t in reached and t not in xs and is_smooth(t)]
        more.sort(key=lambda t: (t.op._id, t.value_index))
        if xs or more:
            self._differentiated(given, [*xs, *more], [*rows, *([((), True)] * len(more))], seen)

    def _check(self, seen: set[Operation]) -> None:
        for inner in seen:
            if is_cut(inner):
                raise UnsupportedError(
                    "there is no gradient of a gradient that goes through what runs on the host, here "
                    f"{notes.known(inner).crossing.hosts[0].name!r}", inner, "Compute that outside of it, and hand its "
                    "result in; or take its gradient as it is, with tf.stop_gradient.")

    def _differentiated(self, given: list[tuple[Tensor, Tensor | None]], xs: list[Tensor],
                        rows: list[tuple[tuple[str, ...], bool]], seen: set[Operation]) -> None:
        """Makes a `Gradients` operation, and notes what it gives."""
        part = _gradients(self.op, given, xs, rows, self._custom(seen), self.given)
        notes.of(part).cuts = self.cuts | notes.known(self.op).cuts
        outputs = iter(part.outputs)
        for x, (taken, _) in zip(xs, rows, strict=True):
            result = (next(outputs), next(outputs)) if taken else (next(outputs),)
            if x in self.cuts:
                self.came.setdefault(x, []).append(result[0])
            self._found(x, result)

    def _found(self, x: Tensor, result: tuple[Tensor, ...]) -> None:
        for i, one in enumerate(self.xs):
            if one is x:
                self.found[i].append(result)

    def _source(self, tensor: Tensor) -> Tensor:
        while tensor not in self.xs and tensor.op.type == "Identity":
            tensor = tensor.op.inputs[0]
        return tensor

    def _rows_in(self, node: Operation, tensor: Tensor) -> tuple[tuple[str, ...], bool]:
        """The `Gather`s in the regions of `node` that take rows of a tensor; and whether more of it may be read."""
        x = self._source(tensor)
        if x not in self.xs or not node.regions or any(tensor is t for t in node.inputs[:node.attrs.get("count", 0)]):
            return (), True
        i = self.xs.index(x)
        names = self.op.attrs["rows"][i]
        inside = tuple([name for name in names if any(region.holds(self.op.named(name)) for region in node.regions)])
        return inside, self.op.attrs["dense"][i] or not inside

    def _custom(self, seen: set[Operation]) -> list[tuple[tuple[str, tuple[bool, ...]], Region]]:
        """The gradients of the script's own of what is passed, or stands inside of it."""
        pairs = zip(self.op.attrs["custom"], self.op.regions, strict=True)
        return [(entry, region) for entry, region in pairs if _stands_in(self.op.named(entry[0]), seen)]

    def _step_back(self, node: Operation, came: list[tuple[int, Tensor]]) -> Operation:
        wanted = self.way.passing[node]
        rows = tuple([self._rows_in(node, t) for t in wanted])
        attrs: dict[str, Any] = {"of": node, "places": tuple([i for i, _ in came]), "rows": rows}
        own = next((region for (name, _), region in zip(self.op.attrs["custom"], self.op.regions, strict=True)
                    if self.op.named(name) is node), None)
        if own is not None:
            attrs["own"] = own
            attrs["returned"] = self.way.custom[node]
            extra = [*node.outputs, *node.inputs, *(t for t in own.captures()[0])]
        elif node.regions:
            extra = [tape(node).outputs[0]]
            attrs["within"] = self._custom({node})
        else:
            extra = [*node.outputs, *node.inputs]
        back = _made(self.op, BACK, (*(t for _, t in came), *wanted, *dict.fromkeys(extra)), attrs,
                     _declared(self.op, wanted, rows))
        if own is None and node.regions:
            notes.of(node).backs[self.op] = back
        return back


def _is_read_whole(x: Tensor, reached: dict[Tensor, list[Operation]], gathers: set[Operation], ys: set[Tensor]) -> bool:
    """Whether a gradient comes to `x` otherwise than by rows that `gathers` take."""
    stack = [x]
    while stack:
        tensor = stack.pop()
        if tensor in ys:
            return True
        for op in reached.get(tensor, ()):
            if op.type == "Identity":
                stack.append(op.outputs[0])
            elif op not in gathers:
                return True
    return False


def _stands_in(op: Operation, seen: set[Operation]) -> bool:
    return op in seen or any(region.holds(op) for other in seen for region in other.regions)


def _gradients(like: Operation, given: list[tuple[Tensor, Tensor | None]], xs: list[Tensor],
               rows: list[tuple[tuple[str, ...], bool]], custom: list[tuple[tuple[str, tuple[bool, ...]], Region]],
               captured: Iterable[Tensor]) -> Operation:
    regions = tuple([region for _, region in custom])
    used = {t for region in regions for t in region.captures()[0]}
    inputs = (*(y for y, _ in given), *xs, *(seed for _, seed in given if seed is not None),
              *dict.fromkeys(t for t in captured if t in used))
    attrs = {"ys": len(given), "xs": len(xs), "seeded": tuple([seed is not None for _, seed in given]),
             "rows": tuple([taken for taken, _ in rows]), "dense": tuple([dense for _, dense in rows]), "gated": False,
             "regions": regions, "custom": tuple([entry for entry, _ in custom])}
    return _made(like, "Gradients", inputs, attrs, _declared(like, xs, rows))


def _declared(like: Operation, xs: Iterable[Tensor], rows: Iterable[tuple[tuple[str, ...], bool]]) -> tuple[Any, ...]:
    """The types and shapes of the gradients of `xs`; of rows, of those and of their places."""
    outputs: list[Any] = []
    for x, (taken, _) in zip(xs, rows, strict=True):
        kind = x.dtype.base_dtype
        if taken:
            outputs += [(kind, None), (like.named(taken[0]).inputs[1].dtype.base_dtype, (None,))]
        else:
            outputs.append((kind, x.sizes))
    return tuple(outputs)


def _made(like: Operation, type: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any], outputs: tuple) -> Operation:
    made = beside(like, type, inputs, attrs, outputs, tuple(like.control_inputs))
    notes.of(made).turn = next(_turns)
    return made


_turns = itertools.count(1)


# -- what runs region by region


def tape(node: Operation) -> Operation:
    """What `node` notes when it runs."""
    noted = notes.of(node)
    if noted.tape is None:
        noted.tape = _made(node, TAPE, tuple(node.outputs[:1]), {"of": node}, ((dtypes.int32, None),))
    return noted.tape


def backs(node: Operation) -> list[Operation]:
    """The steps back through `node` that there are."""
    return list(notes.known(node).backs.values())


def wanted(back: Operation, region: Region) -> Wanted:
    """The gradients of `region`, in one of the operations that a step goes back through."""
    node = back.attrs["of"]
    known = notes.of(back).wanted
    if region not in known:
        known[region] = _wanted(back, node, region)
    found: Wanted = known[region]
    if found.gradients is not None and (_settle(found.gradients) or found.kept is None):
        found = known[region] = found._replace(kept=tuple(_kept(found.gradients, _given(region, found.seeds), region)))
    return found


def _wanted(back: Operation, node: Operation, region: Region) -> Wanted:
    inputs = [*region.inputs, *captured(region)]
    asked = asked_of(back)
    xs = [t for t in dict.fromkeys((*region.inputs, *region.captures()[0]))
          if is_smooth(t) and (t in asked or t in region.inputs)]
    places = [i for i, t in enumerate(region.outputs) if is_smooth(t) and t.op.type != "Absent"]
    custom = back.attrs["within"]
    given = {back.named(name): returned for (name, returned), _ in custom}
    way = Way([region.outputs[i] for i in places], xs, given, frozenset((*inputs, *xs)), region)
    places = [i for i in places if way.holds(region.outputs[i])]
    reached, seen = way.back([region.outputs[i] for i in places], frozenset())
    xs = [t for t in xs if t in reached]
    if not xs:
        return Wanted(None, (), (), (), (), ())
    seeds = [_made(node, "LoopVariable", (), {}, ((region.outputs[i].dtype.base_dtype, region.outputs[i].sizes),)).outputs[0]
             for i in places]
    pairs: list[tuple[Tensor, Tensor | None]] = [(region.outputs[i], seed) for i, seed in zip(places, seeds, strict=True)]
    inside = [(entry, own) for entry, own in custom if _stands_in(back.named(entry[0]), seen)]
    own = [t for _, one in inside for t in one.captures()[0]]
    rows = [_rows_of(back, t, region) for t in xs]
    made = _gradients(back, pairs, xs, rows, inside, own)
    made.region, made._controls = region, ()
    notes.of(made).cuts = frozenset((*inputs, *xs))
    for seed in seeds:
        seed.op.region, seed.op._controls = region, ()
    return Wanted(made, tuple(places), tuple(seeds), tuple(xs), tuple(rows), None)


def _rows_of(back: Operation, tensor: Tensor, region: Region) -> tuple[tuple[str, ...], bool]:
    """The `Gather`s in one region that take rows of a tensor; and whether more of it may be read."""
    for asked, (names, dense) in zip(asked_of(back), back.attrs["rows"], strict=True):
        if asked is tensor:
            inside = tuple([name for name in names if region.holds(back.named(name))])
            return inside, dense or not inside
    return (), True


def asked_of(back: Operation) -> tuple[Tensor, ...]:
    """The tensors whose gradients a step back gives."""
    first = len(back.attrs["places"])
    return back.inputs[first:first + len(back.attrs["rows"])]


def results_of(back: Operation) -> list[tuple[Tensor, ...]]:
    """What a step back gives of each of those: a gradient, or rows of it and their places."""
    outputs = iter(back.outputs)
    return [(next(outputs), next(outputs)) if names else (next(outputs),) for names, _ in back.attrs["rows"]]


def captured(region: Region) -> list[Tensor]:
    """What a region takes from outside by value."""
    return [t for t in region.captures()[0] if t.op.type != "Const" and slicing.variable_of(t) is None]


def _given(region: Region, seeds: Iterable[Tensor]) -> frozenset[Tensor]:
    return frozenset((*region.inputs, *captured(region), *seeds))


def _kept(op: Operation, fed: frozenset[Tensor], region: Region) -> list[Tensor]:
    """What operations of the region give to a gradient that run once: on the host, or with random numbers."""
    found: dict[Tensor, None] = {}
    seen = {op}
    stack = [op]
    while stack:
        for tensor in inputs_of(stack.pop()):
            before = tensor.op
            if tensor in fed or tensor in found or not (region.holds(before) or before.type == TAPE):
                continue
            if _runs_once(before):
                found[tensor] = None
            elif before not in seen:
                seen.add(before)
                stack.append(before)
    return list(found)


def _runs_once(op: Operation) -> bool:
    if op.type == BACK:
        return False
    if op.type in (TAPE, COMPANION) or slicing.is_host(op):
        return True
    return slicing.draws(op)


@registry.lowers(TAPE, BACK, host=True)
def run(*inputs: Any, op: Operation) -> Any:
    """Both are part of how regions run on the host: see `lowering.run.backward`."""
    raise UnsupportedError("there is no gradient through what has been fed", op.attrs["of"], "Feed what it is computed of.")
