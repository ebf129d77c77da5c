"""What becomes of operations and tensors in a copy of a part of a graph: the handlers that a `Transformer` can be given."""

from __future__ import annotations

from typing import Any

from tracer import errors
from tracer.contrib.graph_editor import bodies, util
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import contexts

_RESULTS = {"Merge": contexts.write_merge, "Exit": contexts.write_exit}


def replace_t_with_placeholder_handler(info: Any, t: Tensor) -> Tensor:
    """A placeholder in the place of `t`."""
    with info.graph_.as_default():
        return util.make_placeholder_from_tensor(t, scope=info.scope_)


def keep_t_if_possible_handler(info: Any, t: Tensor) -> Tensor:
    """`t` itself, where the copy stands in the same graph; a placeholder where not."""
    return t if info.graph is info.graph_ else replace_t_with_placeholder_handler(info, t)


def transform_op_if_inside_handler(info: Any, op: Operation | None, keep_if_possible: bool = True) -> Operation | None:
    """The copy of `op`, where it is among what is copied; if not, `op` itself in the same graph where that is asked for.

    None where there is neither.
    """
    if op in info.inside:
        return info.copied(op)
    return op if keep_if_possible and info.graph is info.graph_ else None


def assign_renamed_collections_handler(info: Any, elem: Any, elem_: Any) -> None:
    """Adds the copy `elem_` to the collections that hold `elem`, with their names in the scope of the copy."""
    for name, items in list(elem.graph._collections.items()):
        if any(item is elem for item in items):
            info.graph_.add_to_collection(info.new_name(name), elem_)


def copy_op_handler(info: Any, op: Operation, copy_shape: bool = True) -> Operation:
    """A copy of `op`, with what its inputs have become.

    Args:
        info: what is known of the copy, as handlers are given it.
        op: the operation.
        copy_shape: whether shapes that the script has set are kept; they always are here.

    Raises:
        NotImplementedError: `op` takes gradients, or belongs to a conditional or a loop that is not copied as a whole.
    """
    _check(op)
    graph: Graph = info.graph_
    inputs = tuple(info.became(tensor) for tensor in op.inputs)
    found = (info.transformer.transform_control_input_handler(info, control) for control in op.control_inputs)
    controls = [control for control in found if control is not None]
    kinds = tuple((output.dtype, output.sizes) for output in op.outputs)
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):
        if op.regions:
            copy = bodies.BodyCopies(info, op).made(_attributes, info.new_name(op.name), controls)
        else:
            name = graph.unique_name(info.new_name(op.name)) + "/"
            copy = graph.add(op.type, inputs, _attributes(info, op), kinds, name, controls)
    if op.type in _RESULTS and inputs[0].op.regions:
        _RESULTS[op.type](copy)
    copy._set_device(op.device)
    copy._original_op = info.transformer.transform_original_op_handler(info, op._original_op)
    return copy


def _check(op: Operation) -> None:
    if op.type == "Gradients":
        what = "takes gradients"
    elif op.region is not None or (op.regions and not bodies.can_be_copied(op)):
        what = "is part of a conditional or a loop"
    else:
        return
    raise errors.UnsupportedError(f"{op.name} {what}, which cannot be copied with other inputs.", op,
                                  "Build it again from the other inputs: a function of them, called twice.")


def _attributes(info: Any, op: Operation) -> dict[str, Any]:
    """The attributes of a copy: to another graph, functions in Python come along, and places beside others do not."""
    attrs = dict(op.attrs)
    if info.graph is not info.graph_:
        attrs.pop("_class", None)
        if attrs.get("token") in op.graph._py_functions:
            info.graph_._py_functions[attrs["token"]] = op.graph._py_functions[attrs["token"]]
    return attrs
