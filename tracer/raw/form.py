"""Conditionals and loops as TensorFlow's graphs have them: what an export writes for the operations of regions."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.ir import Operation, Region, Tensor
from tracer.ops.contexts import Context, Frame, Written

_HOLDERS = frozenset({"Cond", "While"})


def written(op: Operation) -> Written | None:
    """The operation as TensorFlow has it; None where TensorFlow has none.

    What an operation of a region uses from outside comes to it through an `Enter` or a `Switch`, and one that uses
    nothing waits for the region to begin.
    """
    if op.type in _HOLDERS:
        return None
    form = op.graph._written.get(op)
    is_raw = form is not None or op in op.graph._shadows
    form = form or as_is(op)
    if not form.type:
        return None
    region = op.region
    inputs = form.inputs if is_raw else [_local(tensor, region) for tensor in form.inputs]
    controls = _controls(form.controls, region)
    if not form.inputs and not controls:
        controls = _pivots(region)
    return Written(form.type, tuple([plain(tensor) for tensor in inputs]), controls, form.attrs)


def as_is(op: Operation) -> Written:
    """The operation as we have it."""
    return Written(op.type, op.inputs, tuple(op.control_inputs), op.attrs)


def _local(tensor: Tensor, region: Region | None) -> Tensor:
    """What an operation of `region` has in the place of `tensor`."""
    while isinstance(region, Context) and not region.holds(tensor.op):
        inside = region.references.get(tensor, region.entered.get(tensor))
        if inside is not None:
            return inside
        region = region.parent  # an imported branch may use a value that it has no switch for
    return tensor


def _pivots(region: Region | None) -> tuple[Operation, ...]:
    """What begins with a branch, and with the trip of the loop around it."""
    found: list[Operation] = []
    while isinstance(region, Context):
        if region.pivot is not None and (isinstance(region, Frame) or not found):
            found.insert(0, region.pivot)
        if isinstance(region, Frame):
            break
        region = region.parent
    return tuple(found)


def _same_context(one: Region | None, other: Region | None) -> bool:
    """Whether two regions are one to TensorFlow, as a loop's condition and body are."""
    return one is other or (isinstance(one, Frame) and isinstance(other, Frame) and one.entered is other.entered)


def plain(tensor: Tensor) -> Tensor:
    """The tensor that TensorFlow has in the place of one that only we have."""
    form = tensor.op.graph._written.get(tensor.op)
    return plain(form.inputs[0]) if form is not None and not form.type else tensor


def _frame(region: Region | None) -> Frame | None:
    while region is not None and not isinstance(region, Frame):
        region = region.parent
    return region


def _controls(controls: Iterable[Operation], region: Region | None) -> tuple[Operation, ...]:
    """What an operation waits for within its own loop: for the rest the loop waits as a whole."""
    found: dict[Operation, None] = {}
    for control in controls:
        for op in _stand_ins(control):
            if _same_context(_frame(op.region), _frame(region)):
                found[op] = None
    return tuple(found)


def _stand_ins(op: Operation) -> list[Operation]:
    """What to wait for in the place of an operation that is not written."""
    if op.type in _HOLDERS:
        return [reader for output in op.outputs for reader in output._consumers if reader.type in ("Exit", "Merge")]
    form = op.graph._written.get(op)
    return [op] if form is None or form.type else [plain(op.outputs[0]).op]
