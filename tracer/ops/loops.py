"""`tf.while_loop`: a recorded body runs as long as a recorded condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.convert import IndexedSlices, internal_convert_to_tensor
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.ops import array


def while_loop(cond: Callable, body: Callable, loop_vars: Any, parallel_iterations: int = 10, back_prop: bool = True,
               swap_memory: bool = False, name: str | None = None) -> Any:
    """Runs `body` as long as `cond` holds; returns the loop variables as they are then.

    Both functions are called once, now. A loop whose trip count is known while compiling becomes a scan, and is
    differentiated like one; other loops are `jax.lax.while_loop`.

    >>> i = tf.while_loop(lambda i: tf.less(i, 10), lambda i: tf.add(i, 1), [tf.constant(0)])

    Args:
        cond: from the loop variables to a bool tensor of shape ().
        body: from the loop variables to their next values, of the same number and types.
        loop_vars: a list of tensors, `TensorArray`s and `IndexedSlices`.
        parallel_iterations, swap_memory: accepted; a compiled loop schedules itself.
        back_prop: False to pass no gradient through the loop.

    Raises:
        TypeError: `cond` or `body` is no function.
        ValueError: no loop variables, or the body returns another number of them.
    """
    if not loop_vars and loop_vars != 0:
        raise ValueError("No loop variables provided")
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    del parallel_iterations, swap_memory
    variables = list(loop_vars) if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    with scopes.op_scope(_flat(variables), name, "while"):
        graph = scopes.get_default_graph()
        starts = [internal_convert_to_tensor(v, name=f"loop_var_{i}") for i, v in enumerate(_flat(variables))]
        condition = _condition(graph, cond, variables, starts)
        step, results = _body(graph, body, variables, starts)
        op = _record(graph, condition, step, starts, back_prop)
        exits = [array.identity(output, name="Exit") for output in op.outputs]
        packed = _pack(results, exits)
        return packed[0] if len(packed) == 1 else packed


def _flat(variables: list[Any]) -> list[Any]:
    """Loop variables as tensors: a `TensorArray` travels as its flow."""
    found: list[Any] = []
    for variable in variables:
        if isinstance(variable, IndexedSlices):
            found += [p for p in (variable.values, variable.indices, variable.dense_shape) if p is not None]
        elif hasattr(variable, "_session_parts"):
            found += variable._session_parts()[0]
        elif hasattr(variable, "flow"):
            found.append(variable.flow)
        else:
            found.append(variable)
    return found


def _pack(forms: list[Any], tensors: list[Tensor]) -> list[Any]:
    """`tensors` in the structure of `forms`."""
    results, rest = [], list(tensors)
    for form in forms:
        if isinstance(form, IndexedSlices):
            count = 2 + (form.dense_shape is not None)
            results.append(IndexedSlices(*rest[:count]))
        elif hasattr(form, "_session_parts"):
            count = len(form._session_parts()[0])
            results.append(type(form)(*rest[:count]))
        elif hasattr(form, "flow"):
            count = 1
            results.append(form.with_flow(rest[0]))
        else:
            count = 1
            results.append(rest[0])
        del rest[:count]
    return results


def _variables(graph: Graph, starts: list[Tensor], name: str) -> list[Tensor]:
    return [graph.add("LoopVariable", (), {}, ((start.dtype.base_dtype, start.sizes),), name).outputs[0]
            for start in starts]


def _condition(graph: Graph, cond: Callable, variables: list[Any], starts: list[Tensor]) -> Region:
    region = Region(graph)
    with graph.recording(region):
        region.inputs = _variables(graph, starts, "Merge")
        region.outputs = [internal_convert_to_tensor(cond(*_pack(variables, region.inputs)), name="LoopCond")]
    return region


def _body(graph: Graph, body: Callable, variables: list[Any], starts: list[Tensor]) -> tuple[Region, list[Any]]:
    region = Region(graph)
    with graph.recording(region):
        region.inputs = _variables(graph, starts, "Identity")
        result = body(*_pack(variables, region.inputs))
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        if len(_flat(results)) != len(starts):
            raise ValueError("The number of inputs and outputs of the loop body must match.")
        region.outputs = [internal_convert_to_tensor(r) for r in _flat(results)]
        for start, end in zip(starts, region.outputs, strict=True):
            if start.dtype.base_dtype is not end.dtype.base_dtype:
                raise ValueError(f"The loop variable '{start.name}' has dtype {start.dtype.base_dtype.name}, but the "
                                 f"body gives it dtype {end.dtype.base_dtype.name}.")
    for variable, end in zip(results, _split(results, region.outputs), strict=True):
        if hasattr(variable, "with_flow"):
            variable.check_same_array(end)
    return region, _forms(variables, results)


def _split(results: list[Any], tensors: list[Tensor]) -> list[Tensor]:
    firsts, at = [], 0
    for result in results:
        firsts.append(tensors[at])
        at += len(_flat([result]))
    return firsts


def _forms(variables: list[Any], results: list[Any]) -> list[Any]:
    """The structure of what the loop returns: that of the body's results where they say more (`TensorArray`)."""
    if len(variables) != len(results):
        return results
    return [result if hasattr(result, "flow") else variable
            for variable, result in zip(variables, results, strict=True)]


def _record(graph: Graph, condition: Region, body: Region, starts: list[Tensor], back_prop: bool) -> Operation:
    captured: dict[Tensor, None] = {}
    controls: dict[Operation, None] = {}
    for region in (condition, body):
        tensors, waits = region.captures()
        captured.update(dict.fromkeys(tensors))
        controls.update(dict.fromkeys(waits))
    outputs = tuple((start.dtype.base_dtype, _kept(start, end))
                    for start, end in zip(starts, body.outputs, strict=True))
    return graph.add("While", (*starts, *captured),
                     {"regions": (condition, body), "count": len(starts), "back_prop": back_prop},
                     outputs, "While", controls)


def _kept(start: Tensor, end: Tensor) -> Any:
    """What is known of a loop variable's shape after any number of trips."""
    from tracer.ops.conditional import _common

    return _common(start.sizes, end.sizes)
