"""Whether what is fed is all that a run needs, and stands where a value may stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lowering import registry
from tracer import dtypes, errors
from tracer.ir import Operation, Tensor

_MEMORY = {"IsVariableInitialized": (0,)}
"""Which arguments must be variables themselves, of operations that do not write them."""
_C_TYPES = {dtypes.float32: "float", dtypes.float64: "double", dtypes.float16: "half"}


def check(nodes: Iterable[Operation], fed: Collection[Tensor]) -> None:
    """Raises InvalidArgumentError for a placeholder without a value, and for a variable itself that has one."""
    for op in nodes:
        if op.type == "Placeholder" and op.outputs[0] not in fed:
            raise errors.InvalidArgumentError(None, op, _unfed_message(op))
        rule = registry.find(op.type)
        for at in (_MEMORY.get(op.type) or rule.writes) if rule is not None and fed else ():
            argument = op.arguments[at]
            for memory in argument if isinstance(argument, list) else [argument]:
                if memory in fed:
                    raise errors.InvalidArgumentError(None, op, _no_memory_message(op, memory))


def _unfed_message(op: Operation) -> str:
    """TensorFlow's words for a placeholder that a run needs and was not given."""
    sizes = op.outputs[0].sizes
    shape = "" if not sizes or None in sizes else f" and shape [{','.join(map(str, sizes))}]"
    return f"You must feed a value for placeholder tensor '{op.name}' with dtype {_c_type(op.attrs['dtype'])}{shape}"


def _no_memory_message(op: Operation, memory: Tensor) -> str:
    """TensorFlow's words where a fed value stands in for a variable that is to be written."""
    kind = _c_type(memory.dtype.base_dtype)
    return (f"Input {op.inputs.index(memory)} of node {op.name} was passed {kind} from "
            f"_recv_{memory.op.name}_{memory.value_index}:0 incompatible with expected {kind}_ref.")


def _c_type(kind: dtypes.DType) -> str:
    return _C_TYPES.get(kind, kind.name)
