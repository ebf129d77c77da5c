"""Copies of operations and variables in another graph."""

from __future__ import annotations

from typing import Any

from tracer import errors
from tracer.ir import Graph, Operation, Tensor
from tracer.scopes import GraphKeys
from tracer.session import Session
from tracer.variables import Variable

__all__ = ["copy_op_to_graph", "copy_variable_to_graph", "get_copied_op"]

_WITHOUT_SCOPE = (GraphKeys.VARIABLES, GraphKeys.TRAINABLE_VARIABLES)


def _scoped(scope: str, name: str) -> str:
    return f"{scope}/{name}" if scope else name


def copy_variable_to_graph(org_instance: Variable, to_graph: Graph, scope: str = "") -> Variable:
    """A variable of the same name, initial value and collections in another graph.

    >>> copied = tf.contrib.copy_graph.copy_variable_to_graph(w, graph, "copy")
    >>> copied.name
    'copy/w:0'

    Args:
        org_instance: the variable.
        to_graph: the other graph.
        scope: what the name begins with there; so do the names of collections other than those of all variables.

    Raises TypeError when it is no variable.
    """
    if not isinstance(org_instance, Variable):
        raise TypeError(f"{org_instance} is not a Variable")
    graph = org_instance.graph
    listed = [name for name, items in graph._collections.items() if any(item is org_instance for item in items)]
    keys = [name if name in _WITHOUT_SCOPE or not scope else _scoped(scope, name) for name in listed]
    with Session(graph=graph) as session:
        value = session.run(org_instance.initial_value)
    with to_graph.as_default():
        return Variable(value, trainable=GraphKeys.TRAINABLE_VARIABLES in listed, collections=keys,
                        name=_scoped(scope, org_instance.op.name), validate_shape=False)


def get_copied_op(org_instance: Any, graph: Graph, scope: str = "") -> Any:
    """The operation (tensor) of another graph that has the name of `org_instance` below `scope`.

    Raises KeyError when there is none.
    """
    return graph.as_graph_element(_scoped(scope, org_instance.name), allow_tensor=True, allow_operation=True)


def copy_op_to_graph(org_instance: Any, to_graph: Graph, variables: Any, scope: str = "") -> Any:
    """A copy of an operation (of a tensor) in another graph, with copies of all that it depends on.

    >>> y = tf.contrib.copy_graph.copy_op_to_graph(y, graph, [copied_w])

    Args:
        org_instance: the operation or tensor.
        to_graph: the other graph. What it has already under the same name, below `scope`, is used as it is.
        variables: the variables there that `copy_variable_to_graph` has made.
        scope: what names begin with there.

    Raises:
        TypeError: it is neither operation nor tensor.
        NotImplementedError: a conditional or a loop is among what it depends on.
    """
    if isinstance(org_instance, Variable):
        copied = {variable.name: variable for variable in variables}
        name = _scoped(scope, org_instance.name)
        return to_graph.get_tensor_by_name(copied[name].name if name in copied else name)
    if not isinstance(org_instance, (Operation, Tensor)):
        raise TypeError(f"Could not copy instance: {org_instance}")
    op = org_instance.op if isinstance(org_instance, Tensor) else org_instance
    for needed in _needed(op, to_graph, scope):
        _copy(needed, to_graph, scope)
    return get_copied_op(org_instance, to_graph, scope)


def _has(graph: Graph, op: Operation, scope: str) -> bool:
    return _scoped(scope, op.name) in graph._by_name


def _needed(op: Operation, to_graph: Graph, scope: str) -> list[Operation]:
    """`op` and all that it depends on which `to_graph` has not, in order."""
    found: dict[Operation, None] = {}
    stack = [op]
    while stack:
        at = stack.pop()
        if at not in found and not _has(to_graph, at, scope):
            found[at] = None
            stack += [*(tensor.op for tensor in at.inputs), *at.control_inputs]
    return sorted(found, key=lambda each: each._id)


def _copy(op: Operation, to_graph: Graph, scope: str) -> None:
    if op.regions or op.region is not None:
        raise errors.UnsupportedError(
            f"{op.name} is part of a conditional or a loop, which cannot be copied to another graph.", op,
            "Import the whole graph there: tf.import_graph_def(graph.as_graph_def()).")
    inputs = tuple(to_graph.get_tensor_by_name(_scoped(scope, tensor.name)) for tensor in op.inputs)
    controls = [to_graph.get_operation_by_name(_scoped(scope, control.name)) for control in op.control_inputs]
    kinds = tuple((output.dtype, output.sizes) for output in op.outputs)
    with to_graph.as_default(), to_graph.name_scope(None), to_graph.control_dependencies(None):
        copied = to_graph.add(op.type, inputs, _attributes(op, to_graph, scope), kinds, _scoped(scope, op.name) + "/",
                              controls)
    copied._set_device(op.device)
    for name, items in op.graph._collections.items():
        for mine, theirs in ((op, copied), *zip(op.outputs, copied.outputs, strict=True)):
            if any(item is mine for item in items):
                to_graph.add_to_collection(_scoped(scope, name) if isinstance(name, str) else name, theirs)


def _attributes(op: Operation, to_graph: Graph, scope: str) -> dict[str, Any]:
    """The attributes of a copy: those that name other operations name their copies."""
    attrs = dict(op.attrs)
    if "_class" in attrs:
        attrs["_class"] = [_group(group, scope) for group in attrs["_class"]]
    if op.type == "Gradients":
        attrs["rows"] = tuple(tuple(_scoped(scope, name) for name in names) for names in attrs["rows"])
    if "token" in attrs and attrs["token"] in op.graph._py_functions:
        to_graph._py_functions[attrs["token"]] = op.graph._py_functions[attrs["token"]]
    return attrs


def _group(group: Any, scope: str) -> Any:
    text = group.decode() if isinstance(group, bytes) else group
    if not text.startswith("loc:@"):
        return group
    renamed = "loc:@" + _scoped(scope, text.removeprefix("loc:@"))
    return renamed.encode() if isinstance(group, bytes) else renamed
