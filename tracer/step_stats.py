"""What each operation of a run took, as the StepStats message that `RunMetadata` carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer.placement import Placement


def fill(message: Any, records: Iterable[Any], placement: Placement) -> None:
    """Adds the records of a run that was watched to a StepStats message, by device.

    Each operation stands with the time that it takes by itself. The compiled programs, in which they run together and
    faster, stand as a stream of their device.
    """
    devices: dict[str, Any] = {device.device: device for device in message.dev_stats}
    for record in records:
        name = placement.of(record.op, record.on_host)
        if record.of:
            name += "/stream:program"
        if name not in devices:
            devices[name] = message.dev_stats.add(device=name)
        node = devices[name].node_stats.add(
            node_name=record.of[0].partition(":")[0] if record.of else record.op.name,
            timeline_label=_label(record), scheduled_micros=record.start, all_start_micros=record.start,
            op_end_rel_micros=record.taken, all_end_rel_micros=record.taken)
        _outputs(node, record, "cpu" if record.on_host else placement.main.lower())


def _label(record: Any) -> str:
    op = record.op
    if record.of:
        return f"{', '.join(record.of)} = Program()"
    inputs = [t._as_node_def_input() for t in op.inputs] + [f"^{control.name}" for control in op.control_inputs]
    return f"{op.name} = {op.type}({', '.join(inputs)})"


def _outputs(node: Any, record: Any, allocator: str) -> None:
    total = 0
    for slot, kind, sizes, size in record.outputs:
        total += size
        described = node.output.add(slot=slot).tensor_description
        described.dtype = kind.base_dtype.as_datatype_enum
        described.shape.SetInParent()
        for extent in sizes:
            described.shape.dim.add(size=extent)
        described.allocation_description.requested_bytes = size
        described.allocation_description.allocator_name = allocator
    if not record.of:
        node.memory.add(allocator_name=allocator, total_bytes=total)
