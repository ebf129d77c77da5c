"""All operations of a run that a module is made of: also those that a session has Python compute between programs."""

from __future__ import annotations

import jax
import numpy as np

from lowering.emit.expressions import UnquotableError, record
from lowering.emit.forms import LAID_OUT, Raw
from lowering.emit.literals import CLOSE, OPEN, type_text
from lowering.emit.naming import snake
from lowering.plan import companions
from lowering.plan.stages import HostStage
from lowering.pure import single
from lowering.run.executable import Executable
from tracer.ir import Operation, Tensor


def nodes_of(executable: Executable) -> list[Operation]:
    """The operations of a run, in order.

    Raises:
        UnsupportedError: part of it is Python that has no place in a module.
    """
    host = [op for step in executable.steps if isinstance(step, HostStage) for op in step.nodes]
    if executable.dataflow is not None or not host or not all(map(_has_place, host)):
        program = single(executable)
        return program.stage.nodes if program is not None else []
    nodes = [op for step in executable.steps
             for op in (step.nodes if isinstance(step, HostStage) else step.stage.nodes)]  # type: ignore[union-attr]
    return [op for op in dict.fromkeys(nodes) if op.type != companions.TYPE]


def _has_place(op: Operation) -> bool:
    return op.type == "PyFunc" or (op.type == companions.TYPE and op.attrs["of"].type in LAID_OUT)


def function_name(op: Operation) -> str:
    """What the function of a `py_func` is called."""
    function = op.graph._py_functions.get(op.attrs["token"])  # type: ignore[attr-defined]
    name = getattr(getattr(function, "call", None), "__name__", "")
    name = name if name.isidentifier() else snake(op.name.rpartition("/")[2]).lower()
    return "python_function" if name == "py_func" else name


def called(op: Operation, name: str, inputs: list, rows: int | None) -> list:
    """The values of a `py_func`, whose function the module is given as an argument; `rows` is the size of the batch."""
    outlines = [_outline(t, rows) for t in op.outputs]
    texts = [f"jax.ShapeDtypeStruct(({OPEN}{', '.join(map(str, o.shape))}{',' * (len(o.shape) == 1)}{CLOSE}), "
             f"{type_text(o.dtype)})" for o in outlines]
    text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    whole = outlines[0] if len(outlines) == 1 else tuple(outlines)

    def real(_: Raw, shapes: Raw, *arrays: object) -> object:
        return jax.pure_callback(lambda *_: None, whole, *arrays)

    made = record("call", "lowering.emit.layers:call_python", (Raw(name, None), Raw(text, None), *inputs), {}, real)
    return list(made) if len(outlines) > 1 else [made]


def _outline(tensor: Tensor, rows: int | None) -> jax.ShapeDtypeStruct:
    sizes = tensor.sizes
    if sizes is None or None in sizes[1:] or (None in sizes and rows is None):
        raise UnquotableError(f"the shape of {tensor.name}, which Python computes, is not known: set_shape says it")
    return jax.ShapeDtypeStruct(tuple(rows if n is None else n for n in sizes), np.dtype(tensor.dtype.array_dtype))
