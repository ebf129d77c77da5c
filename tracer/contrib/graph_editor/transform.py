"""Copies of parts of a graph, with other inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer.contrib.graph_editor import bodies, select
from tracer.contrib.graph_editor.handlers import (
    assign_renamed_collections_handler as assign_renamed_collections_handler,
)
from tracer.contrib.graph_editor.handlers import copy_op_handler as copy_op_handler
from tracer.contrib.graph_editor.handlers import keep_t_if_possible_handler as keep_t_if_possible_handler
from tracer.contrib.graph_editor.handlers import (
    replace_t_with_placeholder_handler as replace_t_with_placeholder_handler,
)
from tracer.contrib.graph_editor.handlers import transform_op_if_inside_handler as transform_op_if_inside_handler
from tracer.contrib.graph_editor.subgraph import SubGraphView, make_view
from tracer.ir import Graph, Operation, Tensor


class TransformerInfo:
    """What operations and tensors became in a copy."""

    def __init__(self, making: Making) -> None:
        self.graph, self.graph_ = making.graph, making.graph_
        self.scope, self.scope_ = making.scope, making.scope_
        self.transformed_ops, self.transformed_ts = making.transformed_ops, making.transformed_ts

    def transformed(self, original: Any, missing: Any = None) -> Any:
        """The copy of an operation or a tensor; `missing` where there is none."""
        if isinstance(original, Tensor):
            return self.transformed_ts.get(original, missing)
        return self.transformed_ops.get(original, missing)

    def original(self, transformed: Any, missing: Any = None) -> Any:
        """What an operation or a tensor is a copy of; `missing` where it is none."""
        pairs: Any = (self.transformed_ts if isinstance(transformed, Tensor) else self.transformed_ops).items()
        return next((one for one, copy in pairs if copy is transformed), missing)


class Making:
    """A copy that is being made; as `info`, what handlers are told of it."""

    def __init__(self, transformer: Transformer, sgv: SubGraphView, graph_: Graph, scope_: str, scope: str) -> None:
        self.transformer, self.sgv = transformer, sgv
        self.inside, self.listed = frozenset(sgv.ops), frozenset(sgv.inputs)
        self.graph, self.graph_ = sgv.graph, graph_
        self.scope, self.scope_ = scope, scope_
        self.transformed_ops: dict[Operation, Operation] = {}
        self.transformed_ts: dict[Tensor, Tensor] = {}
        whole = sorted((op for op in self.inside if bodies.can_be_copied(op)), key=lambda op: op._id)
        self.holders = {op: holder for holder in whole for op in bodies.belonging(holder)}  # the outermost is the last

    def new_name(self, name: str) -> str:
        """The name, in the scope of the copy, of what is called `name` in the scope that is copied."""
        if not name.startswith(self.scope):
            raise ValueError(f"{name} does not belong to source scope: {self.scope}.")
        return self.scope_ + name[len(self.scope):]

    def copied(self, op: Operation) -> Operation:
        """The copy of an operation of the part that is copied, made now if it is not there yet."""
        if op not in self.transformed_ops and op in self.holders:
            self.copied(self.holders[op])
        if op not in self.transformed_ops:
            made = self.transformer.transform_op_handler(self, op)
            copy, outputs = made if isinstance(made, tuple) else (made, made.outputs)  # from 1.0 on handlers give both
            self.transformed_ops[op] = copy
            self.transformer.assign_collections_handler(self, op, copy)
            for output, other in zip(op.outputs, outputs, strict=True):
                self.transformed_ts.setdefault(output, other)
                self.transformer.assign_collections_handler(self, output, other)
        return self.transformed_ops[op]

    def became(self, tensor: Tensor) -> Tensor:
        """What `tensor` is to the copies."""
        if tensor not in self.transformed_ts:
            if tensor.op in self.inside:
                self.copied(tensor.op)
            else:
                handler = (self.transformer.transform_external_input_handler if tensor in self.listed
                           else self.transformer.transform_external_hidden_input_handler)
                self.transformed_ts[tensor] = handler(self, tensor)
        return self.transformed_ts[tensor]


class Transformer:
    """Copies a part of a graph. What it takes from the rest becomes placeholders, unless a handler says otherwise.

    >>> copier = tf.contrib.graph_editor.Transformer()
    >>> copier.transform_external_input_handler = lambda info, t: others.get(t, t)
    >>> view, info = copier(part, part.graph, "copied")

    Handlers, each called with what is known of the copy and with what it decides about:

        transform_op_handler: gives the copy of an operation.
        transform_control_input_handler: gives the operation to wait for in the place of one, or None.
        transform_external_input_handler: gives the tensor in the place of an input of the part.
        transform_external_hidden_input_handler: the same for an input that the view does not list.
        transform_original_op_handler: gives the operation that errors name besides the copy, or None.
        assign_collections_handler: adds the copy of an operation or tensor to collections.
    """

    def __init__(self) -> None:
        self.transform_op_handler: Any = copy_op_handler
        self.transform_control_input_handler: Any = transform_op_if_inside_handler
        self.transform_external_input_handler: Any = replace_t_with_placeholder_handler
        self.transform_external_hidden_input_handler: Any = keep_t_if_possible_handler
        self.transform_original_op_handler: Any = transform_op_if_inside_handler
        self.assign_collections_handler: Any = assign_renamed_collections_handler
        self._info: Making | None = None

    def new_name(self, name: str) -> str:
        """The name of the copy of what is called `name`, in the copy that is being made or was made last."""
        assert self._info is not None
        return self._info.new_name(name)

    def __call__(self, sgv: Any, dst_graph: Any, dst_scope: str, src_scope: str = "",
                 reuse_dst_scope: bool = False) -> tuple[SubGraphView, TransformerInfo]:
        """The copy, and what became what.

        Args:
            sgv: the part of a graph.
            dst_graph: the graph of the copy.
            dst_scope: the scope of the copies' names.
            src_scope: the scope that the originals' names are relative to.
            reuse_dst_scope: whether `dst_scope` is used as it is, rather than made unique.

        Raises:
            TypeError: `dst_graph` is no graph.
            ValueError: an operation is outside of `src_scope`.
            NotImplementedError: gradients are among what is copied, or a part of a conditional or loop.
        """
        return self._copy(sgv, dst_graph, dst_scope, src_scope, reuse_dst_scope, {})

    def _copy(self, sgv: Any, dst_graph: Any, dst_scope: str, src_scope: str, reuse_dst_scope: bool,
              replaced: Mapping[Tensor, Tensor]) -> tuple[SubGraphView, TransformerInfo]:
        view = make_view(sgv)
        if not isinstance(dst_graph, Graph):
            raise TypeError(f"Expected a tf.Graph, got: {type(dst_graph)}")
        scope = dst_scope.rstrip("/")
        if scope and not reuse_dst_scope:
            scope = dst_graph.unique_name(scope)
        making = self._info = Making(self, view, dst_graph, _path(scope), _path(src_scope))
        making.transformed_ts.update(replaced)
        for op in sorted(view.ops, key=lambda op: op._id):
            making.copied(op)
        return SubGraphView(making.transformed_ops.values()), TransformerInfo(making)


def _path(scope: str) -> str:
    return scope.rstrip("/") + "/" if scope else ""


def copy(sgv: Any, dst_graph: Graph | None = None, dst_scope: str = "", src_scope: str = "",
         reuse_dst_scope: bool = False) -> tuple[SubGraphView, TransformerInfo]:
    """A copy of a part of a graph, whose inputs are placeholders; what it is, and what became what.

    Arguments are those of `Transformer`; the copy stands in the same graph if no other is given.
    """
    view = make_view(sgv)
    return Transformer()(view, view.graph if dst_graph is None else dst_graph, dst_scope, src_scope, reuse_dst_scope)


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
        NotImplementedError: gradients lie between them.
    """
    targets = select.make_list_of_t(list(target_ts.values()) if isinstance(target_ts, dict) else target_ts)
    replaced = select.make_list_of_t(list(replacement_ts))
    ops = select.get_walks_intersection_ops(replaced, [target.op for target in targets])
    if not ops:
        raise ValueError("Targets and replacements are not connected!")
    _, info = copy_with_input_replacements(ops, replacement_ts, None, dst_scope, src_scope, reuse_dst_scope)

    def replacing(target: Any) -> Any:
        op = info.transformed_ops.get(target.op)
        return target if op is None else op.outputs[target.value_index]

    if isinstance(target_ts, dict):
        return {key: replacing(target) for key, target in target_ts.items()}
    return [replacing(target) for target in target_ts] if isinstance(target_ts, (list, tuple)) else replacing(targets[0])


def copy_with_input_replacements(sgv: Any, replacement_ts: Mapping[Any, Any], dst_graph: Any = None, dst_scope: str = "",
                                 src_scope: str = "", reuse_dst_scope: bool = False) -> tuple[SubGraphView, TransformerInfo]:
    """A copy of a part of a graph where some tensors stand for others; what it is, and what became what.

    Arguments are those of `graph_replace`; the copy stands in the same graph if no other is given.
    """
    view = make_view(sgv)
    replaced = dict(zip(select.make_list_of_t(list(replacement_ts)), select.make_list_of_t(list(replacement_ts.values())),
                        strict=True))
    copier = Transformer()
    copier.transform_external_input_handler = keep_t_if_possible_handler
    graph = view.graph if dst_graph is None else dst_graph
    return copier._copy(view, graph, dst_scope, src_scope, reuse_dst_scope, replaced)
