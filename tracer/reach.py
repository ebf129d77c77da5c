"""Which tensors a gradient reaches, and in which order TensorFlow goes back through them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator

from tracer.gradient_registry import STOPS, UNDEFINED, registered
from tracer.ir import Operation, Tensor

# Inputs, by their places, that get no gradient although the others do.
_WITHOUT = {"SoftmaxCrossEntropyWithLogits": (1,), "Igamma": (0,), "Igammac": (0,), "Zeta": (0,), "Polygamma": (0,)}


def differentiable(tensor: Tensor) -> bool:
    """Whether `tensor` holds real or complex numbers."""
    kind = tensor.dtype.base_dtype
    return kind.is_floating or kind.is_complex


def whole(tensor: Tensor) -> bool:
    """Whether `tensor` holds integers: TensorFlow differentiates products and sums of those too."""
    return tensor.dtype.base_dtype.is_integer


def whole_or_holding(tensor: Tensor) -> bool:
    """Whether `tensor` holds integers, or is the flow of a `TensorArray` of them."""
    if whole(tensor):
        return True
    op = tensor.op
    while op.type == "Identity":
        op = op.inputs[0].op
    if not op.type.startswith("TensorArray") or not differentiable(op.outputs[0]):
        return False
    while op.inputs and op.type != "TensorArray":
        op = op.inputs[0].op
    return op.type == "TensorArray" and op.attrs["dtype"].is_integer


def passes(op: Operation) -> bool:
    """Whether a gradient that reaches `op` goes on to its inputs."""
    kind = op.attrs.get("_gradient_op_type", op.type)
    if kind in registered:
        return registered[kind]["type"] is not None
    return op.type not in STOPS


def undefined(op: Operation) -> LookupError:
    """TensorFlow's error for an operation that has no gradient."""
    return LookupError(f"No gradient defined for operation '{op.name}' (op type: {op.type})")


def _below(xs: set[Tensor]) -> set[Operation]:
    """The operations that depend on `xs`."""
    found: set[Operation] = set()
    stack = [consumer for x in xs for consumer in x.consumers()]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack += [consumer for output in op.outputs for consumer in output._consumers]
    return found


def reach(ys: list[Tensor], xs: set[Tensor],
          returned: dict[Operation, tuple[bool, ...]] | None = None,
          numbers: Callable[[Tensor], bool] = differentiable,
          below: set[Operation] | None = None) -> dict[Tensor, list[Operation]]:
    """Every tensor that a gradient of `ys` reaches on a path from `xs`, with the operations that pass it on.

    `returned` says of operations with a gradient of the script's own which inputs have one, `numbers` which tensors a
    gradient goes through; `below` are the operations that depend on `xs`, where those are known.
    """
    below = _below(xs) if below is None else below
    found: dict[Tensor, list[Operation]] = {y: [] for y in ys}
    stack = [y.op for y in found if y not in xs or y.op in below]  # TensorFlow asks the ys for theirs in any case
    seen = set(stack)
    while stack:
        op = stack.pop()
        kind = op.attrs.get("_gradient_op_type", op.type)
        if kind not in registered and (op.type in UNDEFINED or kind != op.type):
            raise undefined(op)
        if not passes(op):
            continue
        without = _WITHOUT.get(op.type, ()) if kind not in registered else ()
        gives = (returned or {}).get(op)
        for place, tensor in enumerate(op.inputs):
            if place in without or (gives is not None and not (place < len(gives) and gives[place])):
                continue
            if not numbers(tensor) or not (tensor in xs or tensor.op in below):
                continue
            passing = found.setdefault(tensor, [])
            if op not in passing:
                passing.append(op)
            if tensor.op in below and tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    return found


def backwards(ys: list[Tensor], reached: dict[Tensor, list[Operation]]) -> Iterator[Operation]:
    """The operations in the order in which TensorFlow goes back: each when all that passes a gradient to it is done."""
    waiting = Counter(tensor.op for tensor, ops in reached.items() for _ in ops)
    ready = deque(dict.fromkeys(y.op for y in ys if not waiting[y.op]))
    while ready:
        op = ready.popleft()
        yield op
        for tensor in dict.fromkeys(tensor for tensor in op.inputs if op in reached.get(tensor, ())):
            waiting[tensor.op] -= 1
            if not waiting[tensor.op]:
                ready.append(tensor.op)


def gathered(x: Tensor, ys: list[Tensor], reached: dict[Tensor, list[Operation]]) -> tuple[list[Operation], bool]:
    """The `Gather` operations that take rows of `x`, and whether its gradient also comes from elsewhere.

    They are in the order of their gradients, in which an update goes through the rows of a table. Those in a conditional
    or in the body of a loop stand where that does.
    """
    found: list[tuple[Operation, Operation]] = []  # with what is in the order
    dense = False
    stack = [x]
    while stack:
        tensor = stack.pop()
        dense = dense or any(tensor is y for y in ys)
        for op in reached.get(tensor, ()):
            if op.type == "Gather" and op.inputs[0] is tensor and op.inputs[1] is not tensor:
                found.append((op, op))
            elif op.type == "Identity":
                stack.append(op.outputs[0])
            elif op.type in ("Cond", "While"):
                inner, other = _gathered_inside(op, tensor)
                found += [(op, gather) for gather in inner]
                dense = dense or other
            else:
                dense = True
    if len({op for op, _ in found}) > 1:
        place = {op: i for i, op in enumerate(backwards(ys, reached))}
        found.sort(key=lambda pair: place[pair[0]])
    return [gather for _, gather in found], dense


def _gathered_inside(holder: Operation, x: Tensor) -> tuple[list[Operation], bool]:
    """As `gathered`, for the regions of a conditional or a loop that take `x` from outside."""
    gathers: list[Operation] = []
    dense = holder.type == "While" and any(x is start for start in holder.inputs[:holder.attrs["count"]])
    for region in holder.regions if holder.type == "Cond" else holder.regions[1:]:
        below: set[Operation] = set()
        for op in region.operations:
            if any(t is x or t.op in below for t in op.inputs):
                below.add(op)
        ys = [t for t in region.outputs if differentiable(t) and (t is x or t.op in below)]
        try:
            inner, other = gathered(x, ys, reach(ys, {x}, below=below))
        except LookupError:  # of an operation without a gradient, which is computed by JAX's
            inner, other = [], True
        gathers += inner
        dense = dense or other
    return gathers, dense
