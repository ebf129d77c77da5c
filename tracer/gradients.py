"""`tf.gradients`: records what is to be differentiated and decides which x is connected; `jax.vjp` does the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import gradient_ends as ends
from tracer import scopes
from tracer.convert import (
    IndexedSlices,
    convert_n_to_tensor_or_indexed_slices,
    internal_convert_to_tensor,
)
from tracer.gradient_registry import NoGradient as NoGradient
from tracer.gradient_registry import RegisterGradient as RegisterGradient
from tracer.gradient_registry import get_gradient_function as get_gradient_function
from tracer.gradient_registry import registered
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.reach import differentiable, gathered, passes, reach, whole, whole_or_holding


class AggregationMethod:
    """How several gradients of one tensor are summed. All give the same sum here: XLA fuses it."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False, aggregation_method: Any = None,
) -> list[Any]:
    """The symbolic partial derivatives of the sum of `ys` with respect to each of `xs`.

    >>> x = tf.constant(3.0)
    >>> tf.gradients(x * x, x)[0].eval()
    6.0

    Args:
        ys: a tensor or a list of them.
        xs: a tensor or variable, or a list of them.
        grad_ys: the gradients with respect to each of `ys` to start from; ones by default.
        name: the name scope of what is recorded.
        gate_gradients: whether in an exported graph the gradients of an operation's inputs wait for each other.
        colocate_gradients_with_ops, aggregation_method: accepted; a program is compiled as a whole, in which all
            gradients of a run are computed before any variable changes.

    Returns:
        For each x a tensor; `IndexedSlices` where only rows of x are read; None where `ys` do not depend on x.

    Raises:
        LookupError: a gradient reaches an operation that has none.
    """
    ys = list(ys) if isinstance(ys, (list, tuple)) else [ys]
    xs = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    starts = [None] * len(ys) if grad_ys is None else (
        list(grad_ys) if isinstance(grad_ys, (list, tuple)) else [grad_ys])
    if aggregation_method not in (None, *range(3)):
        raise ValueError(f"Invalid aggregation_method specified {aggregation_method}.")
    if len(starts) != len(ys):
        raise ValueError(f"Passed {len(starts)} grad_ys for {len(ys)} ys")
    with scopes.op_scope([v for v in (*ys, *xs, *starts) if v is not None], name, "gradients"):
        y_tensors = convert_n_to_tensor_or_indexed_slices(ys, name="y")
        x_tensors = [ends.source(x, i) for i, x in enumerate(xs)]
        seeds = [ends.seed(start, y, i) for i, (start, y) in enumerate(zip(starts, y_tensors, strict=True))]
        found = _record(y_tensors, x_tensors, seeds, bool(gate_gradients))
        for i, gradient in _of_integers(y_tensors, x_tensors, seeds, bool(gate_gradients)).items():
            found[i] = gradient
        if colocate_gradients_with_ops:
            found = ends.colocated(found, x_tensors, reach([ends.plain(y) for y in y_tensors], set(x_tensors)))
        return found


def _record(ys: list[Any], xs: list[Tensor], seeds: list[Any], is_gated: bool) -> list[Any]:
    plain = [ends.plain(y) for y in ys]
    graph = scopes.get_default_graph()
    reached = reach(plain, set(xs))
    custom = _custom(graph, reached)
    if not all(all(returned) for _, _, returned in custom):
        reached = reach(plain, set(xs), {graph.get_operation_by_name(name): returned
                                            for name, _, returned in custom if "//" not in name})
        custom = [entry for entry in custom if _is_reached(graph, entry[0], reached)]
    unchanged = {i: slices for i, x in enumerate(xs) if (slices := ends.passed_on(x, reached, plain, seeds)) is not None}
    live = [i for i, y in enumerate(plain) if differentiable(y)]
    connected = [i for i, x in enumerate(xs) if x in reached and live and (reached[x] or x in plain) and i not in unchanged]
    if not connected:
        return [unchanged.get(i) for i in range(len(xs))]
    chosen = [xs[i] for i in connected]
    rows, dense, outputs = [], [], []
    for x in chosen:
        gathers, other = gathered(x, [plain[i] for i in live], reached)
        dense.append(other or not gathers)
        rows.append(tuple(op.name for op in gathers))
        kind = x.dtype.base_dtype
        if gathers:
            alone = len(gathers) == 1 and gathers[0].region is graph.region and not other
            count = _count(gathers[0].inputs[1]) if alone else None
            tail = None if x.sizes is None else (count, *x.sizes[1:])
            outputs += [(kind, tail), (gathers[0].inputs[1].dtype.base_dtype, (count,))]
        else:
            outputs.append((kind, x.sizes))
    given = [ends.whole(seeds[i], plain[i]) for i in live]
    regions = tuple(region for _, region, _ in custom)
    captured = dict.fromkeys(t for region in regions for t in region.captures()[0] if _is_visible(t, graph))
    op = graph.add(
        "Gradients", (*(plain[i] for i in live), *chosen, *(seed for seed in given if seed is not None), *captured),
        {"ys": len(live), "xs": len(chosen), "seeded": tuple(seed is not None for seed in given),
         "rows": tuple(rows), "dense": tuple(dense), "gated": is_gated, "regions": regions,
         "custom": tuple((name, returned) for name, _, returned in custom)},
        tuple(outputs), "Gradients", dict.fromkeys(c for region in regions for c in region.captures()[1]))
    results = _results(op, xs, connected, rows)
    return [unchanged.get(i, result) for i, result in enumerate(results)]


def _of_integers(ys: list[Any], xs: list[Tensor], seeds: list[Any], is_gated: bool) -> dict[int, Any]:
    """The gradients of integers by integers, by place in `xs`: in operations of TensorFlow's, as JAX has none."""
    places = [i for i, x in enumerate(xs) if whole(x)]
    chosen = [(y, seed) for y, seed in zip(map(ends.plain, ys), seeds, strict=True) if whole(y)]
    if not places or not chosen:
        return {}
    from tracer.derivatives.backward import Backward
    from tracer.derivatives.registry import rules

    plain, wanted = [y for y, _ in chosen], [xs[i] for i in places]
    reached = reach(plain, set(wanted), numbers=whole_or_holding)
    on_the_way = dict.fromkeys(op for passing in reached.values() for op in passing)
    own = {op: function for op in on_the_way if (function := own_gradient(op)) is not None}
    if any(op not in own and op.type not in rules() for op in on_the_way):
        return {}
    back = Backward(plain, wanted, [ends.whole(seed, y) for y, seed in chosen],
                    {op: (function, (True,) * len(op.inputs)) for op, function in own.items()}, is_gated,
                    whole_or_holding)
    back.run()
    found = {i: back.total(xs[i]) for i in places}
    for i, gradient in found.items():
        if gradient is not None and gradient.dtype.base_dtype is not xs[i].dtype.base_dtype:
            raise ValueError(f"Gradient type {gradient.dtype.name} generated for op {reached[xs[i]][0].node_def} does not "
                             f"match input type {xs[i].dtype.name}")
    return found


def _is_reached(graph: Graph, name: str, reached: dict[Tensor, list[Operation]]) -> bool:
    """Whether a gradient still reaches an operation, or the call, conditional or loop that it stands in."""
    op = graph.get_operation_by_name(name.partition("//")[0])
    return any(output in reached for output in op.outputs) or any(
        region.holds(op) for passing in reached.values() for other in passing for region in other.regions)


def _custom(graph: Graph, reached: dict[Tensor, list[Operation]]) -> list[tuple[str, Region, tuple[bool, ...]]]:
    """The operations on the way whose gradient a script has registered, each with its function's body.

    The third item says for which inputs the function returned a gradient: for none, where the script said `NoGradient`.
    """
    found = [(op.name, Region(graph), (False,) * len(op.inputs)) for op in dict.fromkeys(t.op for t in reached)
             if op.inputs and op.attrs.get("_gradient_op_type", op.type) in registered and not passes(op)]
    on_the_way = dict.fromkeys(op for passing in reached.values() for op in passing)
    for name, op in [named for passing in on_the_way for named in _with_copies(passing, passing.name)]:
        function = own_gradient(op)
        if function is None:
            continue
        region = Region(graph)
        with graph.recording(region), graph.name_scope(f"{op.name}_grad"):
            seeds: list[Tensor | None] = []
            for output in op.outputs:
                seed = None
                if differentiable(output):
                    kind = (output.dtype.base_dtype, output.sizes)
                    seed = graph.add("LoopVariable", (), {}, (kind,), "grad").outputs[0]
                    region.inputs.append(seed)
                seeds.append(seed)
            returned = _returned(op, function(op, *seeds))
            region.outputs = [internal_convert_to_tensor(g) for g in returned if g is not None]
        found.append((name, region, tuple(g is not None for g in returned)))
    return found


def _with_copies(op: Operation, name: str) -> list[tuple[str, Operation]]:
    """The operation, with those inside of it that gradients may reach; in the copy of a function's body, that a call holds,
    all of them, unless the call has a gradient of its own."""
    found = [(name, op)]
    if not op.regions or own_gradient(op) is not None:
        return found
    if op.regions[0].names:
        for inner, copy in op.regions[0].names.items():
            found += _with_copies(copy, f"{name}//{inner}")
        return found
    prefix = name[:len(name) - len(name.rpartition("//")[2])]
    for region in op.regions:
        for inner in _on_the_way_in(region):
            found += _with_copies(inner, prefix + inner.name)
    return found


def _on_the_way_in(region: Region) -> list[Operation]:
    """The operations of a body that give numbers to its results."""
    found: set[Operation] = set()
    stack = [t.op for t in region.outputs if differentiable(t)]
    while stack:
        op = stack.pop()
        if op.region is region and op not in found:
            found.add(op)
            stack += [t.op for t in op.inputs if differentiable(t)]
    return sorted(found, key=lambda op: op._id)


def _is_visible(tensor: Tensor, graph: Graph) -> bool:
    """Whether a tensor stands in none of the bodies that what is recorded now is no part of."""
    region = graph.region
    while region is not None and region is not tensor.op.region:
        region = region.parent
    return region is tensor.op.region


def own_gradient(op: Operation) -> Callable | None:
    """The gradient that a script has registered for an operation, or given the function that it calls."""
    kind = op.attrs.get("_gradient_op_type", op.type)
    if kind in registered:
        return registered[kind]["type"]
    definition = op.graph._functions.get(op.type)
    if definition is None or (definition.gradient is None and definition.python_gradient is None):
        return None
    return definition.python_gradient or _gradient_by_function


def _returned(op: Operation, result: Any) -> list[Any]:
    """What a registered gradient function returned: one gradient (or None) for each input."""
    returned = list(result) if isinstance(result, (list, tuple)) else [result]
    if len(returned) != len(op.inputs) and op.type not in op.graph._functions:
        raise ValueError(f"Num gradients {len(returned)} generated for op {op.node_def} do not match num inputs "
                         f"{len(op.inputs)}")
    return returned


def _results(op: Operation, xs: list[Tensor], connected: list[int], rows: list[tuple[str, ...]]) -> list[Any]:
    from tracer.ops import array

    results: list[Any] = [None] * len(xs)
    tensors = iter(op.outputs)
    for i, gathers in zip(connected, rows, strict=True):
        if gathers:
            values, indices = next(tensors), next(tensors)
            results[i] = IndexedSlices(values, indices, array.shape(xs[i]))
        else:
            results[i] = next(tensors)
    return results


def gradient_by_rule(op: Operation, *grads: Any) -> list[Any]:
    """The gradients of the inputs of `op` that its own rule has, whatever a script registered for it."""
    with op.graph.as_default(), op.graph.name_scope(f"{op.name}_grad"):
        inputs = tuple([_value(tensor) for tensor in op.inputs])
        attrs = {name: value for name, value in op.attrs.items() if name != "_gradient_op_type"}
        twin = op.graph.add(op.type, inputs, attrs, tuple((t.dtype, t.sizes) for t in op.outputs), op.type)
        twin.attrs = attrs  # a gradient override may surround this
        chosen = [i for i, grad in enumerate(grads) if grad is not None]
        return gradients([twin.outputs[i] for i in chosen], list(inputs), [grads[i] for i in chosen], op.type)


def _gradient_by_function(op: Operation, *grads: Any) -> Any:
    """The gradients of the inputs of a call, by the function that is the gradient of the one it calls."""
    from tracer import function
    from tracer.ops import constants

    name = op.graph._functions[op.type].gradient
    definition = op.graph._functions.get(name)
    if definition is None:
        raise LookupError(f"The gradient of {op.type}, the function {name}, is not defined")
    seeds = [constants.zeros_like(output) if grad is None else grad
             for output, grad in zip(op.outputs, grads, strict=True)]
    with op.graph.as_default():
        return function.call_function(definition.message, *op.inputs, *seeds)


def _value(tensor: Tensor) -> Tensor:
    """The tensor under a name of its own: an input that stands twice has two gradients."""
    from tracer.ops import array

    return tensor if tensor.dtype.is_ref_dtype else array.identity(tensor)


def _count(indices: Tensor) -> int | None:
    from tracer import shapes

    return shapes.product(indices.sizes)
