"""Our own operations in a GraphDef for other programs: TensorFlow has none such, and would refuse the whole graph.

A `Gradients` that `tracer.derivatives` cannot write out is a `PyFunc`, which has any inputs and outputs: so TensorFlow
imports the graph, restores its variables and computes what it computes forwards. Asked for a gradient it says that
nobody has registered that function, whose name tells why.
"""

from __future__ import annotations

from typing import Any

from tracer import protos

_MARK, _PREFIX = "_tracer_op", "_tracer_"
_KEPT = frozenset({"_output_shapes", "_class"})


def abroad(node: Any, op: Any, expansion: Any = None) -> Any:
    """The NodeDef of `op` as TensorFlow reads it; `home` makes of it what it was.

    `expansion` knows why gradients are not written out.
    """
    if op.type not in ("Gradients", "LoopVariable") or node.op != op.type:
        return node
    why = "" if expansion is None else expansion.problems.get(op, "")
    made = protos.NodeDef(name=node.name, op="PyFunc", device=node.device, input=node.input)
    made.attr["Tin"].list.type.extend([tensor.dtype.base_dtype.as_datatype_enum for tensor in op.inputs])
    made.attr["Tout"].list.type.extend([tensor.dtype.as_datatype_enum for tensor in op.outputs])
    made.attr["token"].s = f"{op.type}, an operation of Tracer{why and ': '}{why}".encode()
    made.attr[_MARK].s = op.type.encode()
    for name, value in node.attr.items():
        made.attr[name if name in _KEPT else _PREFIX + name].CopyFrom(value)
    return made


def home(node: Any) -> Any:
    """A NodeDef as it was before `abroad`."""
    if node.op != "PyFunc" or _MARK not in node.attr:
        return node
    made = protos.NodeDef(name=node.name, op=node.attr[_MARK].s.decode(), device=node.device, input=node.input)
    for name, value in node.attr.items():
        if name in _KEPT:
            made.attr[name].CopyFrom(value)
        elif name.startswith(_PREFIX) and name != _MARK:
            made.attr[name.removeprefix(_PREFIX)].CopyFrom(value)
    return made
