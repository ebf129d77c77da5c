"""The part of a graph that a run needs, in order.

Order: data and control edges first; among what is ready, what only computes goes before gradients, gradients before
what writes a variable, and each in the order of creation. So a loss and its update in one run agree on the variables'
old values whatever order the script fetches them in, and all gradients of a run can share one forward pass. Where a
variable is written more than once, what takes nothing but constants and variables comes first of all.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator

from lowering import registry
from lowering.plan import notes
from lowering.plan.companions import companion, inputs_of, is_cut
from lowering.plan.varying import CONTROL, ON_HOST
from tracer import dtypes
from tracer.errors import NoKernelError
from tracer.ir import Operation, Region, Tensor

VARIABLES = frozenset({"Variable", "TemporaryVariable"})
ALIASES = frozenset({"Identity", "RefIdentity", "RefEnter", "RefExit", "RefNextIteration", "RefSwitch"})
SHAPES = frozenset({"Shape", "ShapeN", "Rank", "Size", "TensorArraySize", "TensorArraySizeV2"})
"""What is known from the input's shape, not from its value."""
ARRAY_USERS = frozenset(f"TensorArray{verb}{version}" for version in ("", "V2") for verb in (
    "Grad", "Start", "Write", "Read", "Pack", "Unpack", "Gather", "Scatter", "Concat", "Split", "Size", "Close"))
FRAMES = frozenset({"Enter", "RefEnter", "Exit", "RefExit", "NextIteration", "RefNextIteration", "LoopCond"})
SWITCHES = frozenset({"Switch", "RefSwitch"})
MERGES = frozenset({"Merge", "RefMerge"})
_RAW = FRAMES | SWITCHES | MERGES
PICTURES = frozenset({"DecodeJpeg", "DecodePng"})


def variable_of(tensor: Tensor, fed: Collection[Tensor] = ()) -> Operation | None:
    """The variable that `tensor` is an alias of, or None when it holds a value of its own, or one that is fed."""
    while tensor not in fed:
        op = tensor.op
        if op.type in VARIABLES:
            return op
        if not op.inputs:
            return None
        if op.type in ALIASES:
            tensor = op.inputs[0]
        elif tensor.dtype.is_ref_dtype and op.inputs[0].dtype.is_ref_dtype:
            tensor = op.inputs[0]
        else:
            return None
    return None


def kept_variable(tensor: Tensor, fed: Collection[Tensor] = ()) -> Operation | None:
    """The variable that `tensor` is an alias of and that outlives the run."""
    variable = variable_of(tensor, fed)
    return variable if variable is not None and variable.type == "Variable" else None


class RawControlFlowError(Exception):
    """What is to run has `Switch`, `Merge` or frames in it, which only `lowering.flow.dataflow` can run."""


def is_raw(op: Operation) -> bool:
    """Whether the operation is control flow that is no region's: what stands behind a region reads its output."""
    return op.type in _RAW and not (op.inputs and op.inputs[0].op.type in CONTROL)


def needed(roots: Iterable[Operation], fed: frozenset[Tensor], controls: bool = True,
           within: Region | None = None) -> set[Operation]:
    """The operations that `roots` depend on, themselves included; fed tensors cut the search, but not a gradient's.

    What a region's operations wait for outside of it (`within`) has run before.
    """
    found = set(roots)
    _follow(found, list(found), fed, controls, within)
    if within is None and any(t.op.inputs for t in fed):
        gradients = [op for op in found if op.type == "Gradients" and not is_cut(op)]
        through = {t.op for op in gradients for t in passed_through(op, fed)} - found
        found |= through
        _follow(found, list(through), fed, controls, within)
    return found


def computed(targets: Iterable[Operation]) -> list[Tensor]:
    """What `targets` are run for where nothing else comes of it: the results of those that only compute, which a program
    would otherwise leave out. What a `NoOp` waits for is a target, too."""
    found, stack = set(targets), list(targets)
    results: list[Tensor] = []
    while stack:
        op = stack.pop()
        if op.type == "NoOp":
            new = set(op.control_inputs) - found
            found |= new
            stack += new
        elif all((rule := registry.find(node.type)) is None or rule.pure for node in inner(op)):
            results += [t for t in op.outputs if not t.dtype.is_ref_dtype and t.dtype != dtypes.string]
    return sorted(results, key=lambda t: (t.op._id, t.value_index))


def _follow(found: set[Operation], stack: list[Operation], fed: frozenset[Tensor], controls: bool,
            within: Region | None) -> None:
    """Adds to `found` what the operations of `stack` depend on."""
    while stack:
        op = stack.pop()
        for tensor in inputs_of(op):
            if tensor.op not in found and tensor not in fed:
                found.add(tensor.op)
                stack.append(tensor.op)
        for control in op.control_inputs if controls else ():
            if control not in found and not _is_given(control, fed) and (within is None or within.holds(control)):
                found.add(control)
                stack.append(control)


def _is_given(op: Operation, fed: frozenset[Tensor]) -> bool:
    """Whether there is nothing to wait for: a loop variable or placeholder that comes in from outside."""
    return op.type in ("LoopVariable", "Placeholder") and fed.issuperset(op.outputs)


def inner(op: Operation) -> Iterator[Operation]:
    """The operation, and those of the regions inside of it."""
    yield op
    for region in op.regions:
        yield from region.walk()


def _priority(op: Operation) -> int:
    if op.type in ("Gradients", "StepBack"):
        return 1
    for node in inner(op):
        rule = registry.find(node.type)
        if rule is not None and rule.writes:
            return 2
    return 0


def ordered(ops: set[Operation], fed: frozenset[Tensor]) -> list[Operation]:
    """`ops` in the order in which they run."""
    first = _at_once(ops, fed)
    waiting: dict[Operation, int] = {}
    after: dict[Operation, list[Operation]] = {}
    ready: list[tuple[int, int, int, Operation]] = []
    for op in ops:
        before = {t.op for t in inputs_of(op) if t not in fed} | set(op.control_inputs)
        before &= ops
        waiting[op] = len(before)
        for earlier in before:
            after.setdefault(earlier, []).append(op)
        if not before:
            heapq.heappush(ready, _turn(op, first))
    order = []
    while ready:
        op = heapq.heappop(ready)[-1]
        order.append(op)
        for later in after.get(op, ()):
            waiting[later] -= 1
            if not waiting[later]:
                heapq.heappush(ready, _turn(later, first))
    return order


def _turn(op: Operation, first: set[Operation]) -> tuple[int, int, int, Operation]:
    """When it is the operation's turn: what stands in no graph has that of another, and comes after it."""
    return -1 if op in first else _priority(op), op._id, notes.known(op).turn, op


def _at_once(ops: set[Operation], fed: frozenset[Tensor]) -> set[Operation]:
    """What TensorFlow has done before it comes to the other writes of the same variables, or to a step that takes or
    changes them: writes that wait for less, of nothing but variables and constants, or of feeds as well, with all that
    gives them.

    So weights that a run both trains and clips are clipped, then trained; to clip what they were after they were trained
    would undo the step. What a run copies is what there was before the step.
    """
    writers = [op for op in ops if _priority(op) == 2]
    writes: dict[Operation, list[Operation]] = {}
    for op in writers:
        for variable in written_by(op):
            writes.setdefault(variable, []).append(op)
    waits: dict[Operation, int] = {}
    found: set[Operation] = set()
    trained = _after_gradients(ops)
    taken = {variable_of(t) for op in writers if op in trained for t in op.inputs}
    for variable, together in writes.items():
        each = [_MORE if op.control_inputs else _waits_for_inputs(op, fed, waits) for op in together]
        if min(each) < max(each):
            found.update(op for op, one in zip(together, each, strict=True) if one == min(each))
        for op, one in zip(together, each, strict=True):
            copied = (v for t in op.inputs if (v := variable_of(t)) in writes)
            if one < _MORE and (variable in taken or any(not trained.isdisjoint(writes[v]) for v in copied)):
                found.add(op)
    stack = list(found)
    while stack:
        new = {t.op for t in stack.pop().inputs if t not in fed} - found
        found |= new
        stack += new
    return found


def _after_gradients(ops: set[Operation]) -> set[Operation]:
    """Those of `ops` that wait for gradients."""
    found = {op for op in ops if op.type == "Gradients"}
    for op in sorted(ops, key=lambda op: op._id) if found else ():
        if any(t.op in found for t in op.inputs):
            found.add(op)
    return found


_MORE = 2
"""How long a write waits: 0 for nothing but variables and constants, 1 for feeds as well, 2 for more."""


def _waits_for_inputs(op: Operation, fed: frozenset[Tensor], known: dict[Operation, int]) -> int:
    """How long an operation's inputs are waited for; `known` is what has been found so far."""
    stack = [t.op for t in op.inputs if t not in fed]
    while stack:
        at = stack[-1]
        if at not in known:
            rule = registry.find(at.type)
            computes = rule is not None and rule.pure and not (rule.draws or at.regions or is_raw(at) or is_host(at))
            if at.type == "Placeholder":
                known[at] = 1
            elif at.control_inputs or not (computes or at.type in VARIABLES | ALIASES | {"Const"}):
                known[at] = _MORE
            elif missing := [t.op for t in at.inputs if t not in fed and t.op not in known]:
                stack += missing
                continue
            else:
                known[at] = max((1 if t in fed else known[t.op] for t in at.inputs), default=0)
        stack.pop()
    return max((1 if t in fed else known[t.op] for t in op.inputs), default=0)


def is_host(op: Operation) -> bool:
    """Whether the operation runs as Python: by its rule, or because it carries strings, which no device holds."""
    if op.type == "Gradients":
        return False
    if op.regions:
        return op in ON_HOST or any(t.dtype.base_dtype is dtypes.string for t in op.outputs) or any(
            is_host(node) or companion(node) is not None for region in op.regions for node in region.walk())
    rule = registry.find(op.type)
    if rule is not None and rule.host:
        return True
    if op.type in ("Const", "Placeholder"):
        return False
    if op.type.startswith("TensorArray"):
        if op.region is not None and any(op.region in around.regions for around in ON_HOST):
            return True  # where an index is known, and an array can grow
        return _array_type(op) is dtypes.string or any(t.dtype.base_dtype is dtypes.string for t in op.inputs[1:])
    text = [t for t in (*op.inputs, *op.outputs) if t.dtype.base_dtype is dtypes.string]
    if rule is not None and rule.strings:
        return any(t.op.type != "Const" for t in text)
    return bool(text)


def _array_type(op: Operation) -> dtypes.DType | None:
    """The type of the elements of the `TensorArray` that `op` works on."""
    while op.type in ARRAY_USERS:
        op = op.inputs[0].op
    return op.attrs.get("dtype")


def check_supported(ops: Iterable[Operation]) -> None:
    """Raises NoKernelError that lists every operation without a rule."""
    known = {"Const", "Gradients", "Placeholder", "LoopVariable", *CONTROL, *VARIABLES, *ALIASES}
    missing = [node for op in ops for node in inner(op)
               if node.type not in known and not node.regions and registry.find(node.type) is None]
    if missing:
        lines = [f"  {op.type} '{op.name}', recorded at {op.where}" for op in missing]
        raise NoKernelError(
            "This run needs operations that have no lowering yet:\n" + "\n".join(lines)
            + "\nFetch something that does not depend on them, or feed their outputs.", missing[0])


def draws(op: Operation) -> bool:
    """Whether the operation draws random numbers."""
    rule = registry.find(op.type)
    return rule is not None and rule.draws


def written_by(op: Operation) -> list[Operation]:
    """The variables that `op` writes, in the regions inside of it too."""
    found: dict[Operation, None] = {}
    for node in inner(op):
        rule = registry.find(node.type)
        if rule is None or not rule.writes:
            continue
        arguments = node.arguments
        for i in rule.writes:
            for tensor in arguments[i] if isinstance(arguments[i], list) else [arguments[i]]:
                variable = variable_of(tensor)
                if variable is not None:
                    found[variable] = None
    return list(found)


def is_smooth(tensor: Tensor) -> bool:
    """Whether a gradient can go through a tensor."""
    return tensor.dtype.base_dtype.is_floating or tensor.dtype.base_dtype.is_complex


def forward_path(op: Operation, fed: frozenset[Tensor]) -> set[Operation]:
    """The operations between a `Gradients` operation's xs and ys: what must stand in the same program as it."""
    cuts = fed.difference(passed_through(op, fed)) | notes.known(op).cuts
    above = needed([y.op for y in op.inputs[:op.attrs["ys"]] if y not in cuts], cuts)
    return _behind_xs(op, above, cuts)


def _behind_xs(op: Operation, above: set[Operation], cuts: frozenset[Tensor]) -> set[Operation]:
    """Those of `above` that depend on a `Gradients` operation's xs, where nothing goes through `cuts`."""
    count_y, count_x = op.attrs["ys"], op.attrs["xs"]
    xs = set(op.inputs[count_y:count_y + count_x])
    onward: dict[Operation, bool] = {}
    for node in sorted(above, key=lambda node: node._id):
        onward[node] = any((t in xs or (t not in cuts and onward.get(t.op, False))) and is_smooth(t) for t in node.inputs)
    return {node for node, hit in onward.items() if hit}


def passed_through(op: Operation, fed: frozenset[Tensor]) -> list[Tensor]:
    """The fed tensors on a `Gradients` operation's path: TensorFlow's gradient goes by what computes them, with the
    values that are fed in place of what that would give."""
    inner = [t for t in fed if t.op.inputs and (t.dtype.base_dtype.is_floating or t.dtype.base_dtype.is_complex)]
    if not inner:
        return []
    cuts = notes.known(op).cuts
    path = _behind_xs(op, needed([y.op for y in op.inputs[:op.attrs["ys"]] if y not in cuts], cuts), cuts)
    return sorted((t for t in inner if t.op in path and not is_host(t.op)), key=lambda t: t.name)


def region_nodes(region: Region, outputs: Iterable[Tensor], effects: Iterable[Operation] = ()) -> list[Operation]:
    """The operations of `region` that `outputs` and `effects` need, in order; those of regions inside belong to their
    holders."""
    found: set[Operation] = set()
    stack = [*(t.op for t in outputs), *effects]
    while stack:
        op = stack.pop()
        if op.region is region and op not in found:
            found.add(op)
            stack += [t.op for t in inputs_of(op)] + list(op.control_inputs)
    outside = frozenset(t for op in found for t in inputs_of(op) if t.op not in found)
    return ordered(found, outside)
