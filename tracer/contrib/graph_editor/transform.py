"""Copies of parts of a graph, with other inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracer import errors
from tracer.contrib.graph_editor import select
from tracer.contrib.graph_editor.subgraph import SubGraphView, make_view
from tracer.ir import Operation, Tensor


class TransformerInfo:
    """What operations and tensors became in a copy."""

    def __init__(self, ops: Mapping[Operation, Operation]) -> None:
        self._ops = ops

    def transformed(self, original: Any, missing: Any = None) -> Any:
        """The copy of an operation or a tensor; `missing` where there is none."""
        if isinstance(original, Tensor):
            copy = self._ops.get(original.op)
            return missing if copy is None else copy.outputs[original.value_index]
        return self._ops.get(original, missing)


def graph_replace(target_ts: Any, replacement_ts: Mapping[Any, Any], dst_scope: str = "", src_scope: str = "",
                  reuse_dst_scope: bool = False) -> Any:
    """Tensors as they would be with other tensors in the place of some that they depend on.

    >>> with_mean = tf.contrib.graph_editor.graph_replace(loss, {sample: mean})

    Args:
        target_ts: a tensor, or a list or dict of tensors.
        replacement_ts: from tensors to those that take their place.
        dst_scope: the scope of the copies' names; by default the originals'.
        src_scope: the scope that the originals' names are relative to.
        reuse_dst_scope: whether `dst_scope` is used as it is, rather than made unique.

    Returns what `target_ts` is, with copies of the tensors that depend on what is replaced.

    Raises:
        ValueError: no target depends on what is replaced.
        NotImplementedError: a conditional, a loop or gradients lie between them.
    """
    targets = select.make_list_of_t(list(target_ts.values()) if isinstance(target_ts, dict) else target_ts)
    replaced = select.make_list_of_t(list(replacement_ts))
    ops = select.get_walks_intersection_ops(replaced, [target.op for target in targets])
    if not ops:
        raise ValueError("Targets and replacements are not connected!")
    _, info = copy_with_input_replacements(ops, replacement_ts, None, dst_scope, src_scope, reuse_dst_scope)

    def replacing(target: Any) -> Any:
        return info.transformed(target, target)

    if isinstance(target_ts, dict):
        return {key: replacing(target) for key, target in target_ts.items()}
    return [replacing(target) for target in target_ts] if isinstance(target_ts, (list, tuple)) else replacing(targets[0])


def copy_with_input_replacements(sgv: Any, replacement_ts: Mapping[Any, Any], dst_graph: Any = None, dst_scope: str = "",
                                 src_scope: str = "", reuse_dst_scope: bool = False) -> tuple[SubGraphView, TransformerInfo]:
    """A copy of a part of a graph, in that graph, where some tensors stand for others; what it is, and what became what.

    Arguments are those of `graph_replace`.
    """
    view = make_view(sgv)
    graph = view.graph
    assert graph is not None
    if dst_graph is not None and dst_graph is not graph:
        raise errors.UnsupportedError("Only copies within a graph take other inputs here.",
                                      way_out="Use tf.contrib.copy_graph, or tf.import_graph_def with an input_map.")
    tensors = dict(zip(select.make_list_of_t(list(replacement_ts)), select.make_list_of_t(list(replacement_ts.values())),
                       strict=True))
    scope = dst_scope.rstrip("/")
    if scope and not reuse_dst_scope:
        scope = graph.unique_name(scope, mark_as_used=False)
    copies: dict[Operation, Operation] = {}
    for op in sorted(view.ops, key=lambda op: op._id):
        copies[op] = _copy(op, tensors, copies, _named(op.name, src_scope.rstrip("/"), scope))
        for output, copy in zip(op.outputs, copies[op].outputs, strict=True):
            tensors.setdefault(output, copy)
    return SubGraphView(copies.values()), TransformerInfo(copies)


def _named(name: str, below: str, scope: str) -> str:
    if below:
        if not name.startswith(below + "/"):
            raise ValueError(f"{name} does not belong to scope {below}.")
        name = name[len(below) + 1:]
    return f"{scope}/{name}" if scope else name


def _copy(op: Operation, tensors: Mapping[Tensor, Tensor], copies: Mapping[Operation, Operation], name: str) -> Operation:
    if op.regions or op.region is not None or op.type == "Gradients":
        what = "takes gradients" if op.type == "Gradients" else "is part of a conditional or a loop"
        raise errors.UnsupportedError(
            f"{op.name} {what}, which cannot be copied with other inputs.", op,
            "Build it again from the other inputs: a function of them, called twice.")
    graph = op.graph
    inputs = tuple(tensors.get(tensor, tensor) for tensor in op.inputs)
    controls: Iterable[Operation] = [copies.get(control, control) for control in op.control_inputs]
    kinds = tuple((output.dtype, output.sizes) for output in op.outputs)
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):
        copy = graph.add(op.type, inputs, dict(op.attrs), kinds, graph.unique_name(name) + "/", controls)
    copy._set_device(op.device)
    return copy
