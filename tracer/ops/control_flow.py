"""What orders operations, and what watches them: no-ops, groups, tuples, dependencies, assertions, prints."""

from __future__ import annotations

from typing import Any

from tracer import scopes, sizes
from tracer.convert import IndexedSlices, convert_to_tensor, internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.ops import array


@op("NoOp")
def no_op(name: str | None = None) -> Any:
    """Does nothing; a place for control dependencies."""
    return []


@op("Abort")
def _abort(error_msg: str = "", name: str | None = None) -> Any:
    return []


def group(*inputs: Any, name: str | None = None, **kwargs: Any) -> Operation:
    """One operation that runs all `inputs`.

    >>> sess.run(tf.group(a.op, b.op))
    """
    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    if not inputs:
        return no_op(name=name or "group_deps")
    graph = scopes.graph_of(inputs)
    by_device: dict[str, list[Any]] = {}
    for item in inputs:
        by_device.setdefault(item.device, []).append(item)
    with graph.as_default():
        if len(by_device) == 1:
            return _wait(list(inputs), next(iter(by_device)), name or "group_deps")
        with graph.name_scope(name or "group_deps") as scope:
            parts = [_wait(by_device[device], device, "NoOp") for device in sorted(by_device)]
            return _wait(parts, None, scope)


def _wait(items: list[Any], device: str | None, name: str) -> Operation:
    graph = scopes.get_default_graph()
    with graph.control_dependencies(items):
        if not device:
            return no_op(name=name)
        with graph.device(device):
            return no_op(name=name)


def with_dependencies(dependencies: Any, output_tensor: Any, name: str | None = None) -> Any:
    """`output_tensor`, available only after `dependencies` have run."""
    with scopes.op_scope([*dependencies, output_tensor], name, "control_dependency") as scope, \
            scopes.colocate_with(getattr(output_tensor, "values", output_tensor)), \
            scopes.control_dependencies(dependencies):
        if isinstance(output_tensor, IndexedSlices):
            return IndexedSlices(array.identity(output_tensor.values), output_tensor.indices,
                                 output_tensor.dense_shape)
        return array.identity(internal_convert_to_tensor(output_tensor, as_ref=True), name=scope)


def tuple(tensors: Any, name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """`tensors`, each available only after all of them (and `control_inputs`) have been computed.

    Raises:
        ValueError: there is no tensor among `tensors`.
        TypeError: a control input is neither operation nor tensor.
    """
    with scopes.op_scope([t for t in tensors if t is not None], name, "tuple"):
        gates = [t.op for t in tensors if t is not None]
        for control in control_inputs or []:
            if isinstance(control, Tensor):
                control = control.op
            elif not isinstance(control, Operation):
                raise TypeError(f"Control input must be Operation or Tensor: {control}")
            gates.append(control)
        if not gates:
            raise ValueError(f"Must have at least one Tensor: {tensors}")
        gate = group(*sorted(dict.fromkeys(gates), key=lambda op: op._id))
        return [None if t is None else with_dependencies([gate], t) for t in tensors]


@op("Assert")
def _assert(condition: Tensor, data: Any, summarize: int = 3, name: str | None = None) -> Any:
    sizes.rank(condition.sizes, 0)
    return []


def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Operation:
    """Makes a run fail with InvalidArgumentError when `condition` is false.

    Args:
        condition: a bool tensor.
        data: the tensors to print when it fails.
        summarize: how many entries of each are printed; 3 by default.

    Returns:
        The operation that checks; let something depend on it.

    Raises ValueError for a condition that is known to be no scalar.
    """
    return _assert(condition, data, 3 if summarize is None else summarize, name=name)


@op("Print")
def _print(input: Tensor, data: Any, message: str = "", first_n: int = -1, summarize: int = 3,
           name: str | None = None) -> Any:
    return input.sizes


def Print(input_: Any, data: Any, message: str | None = None, first_n: int | None = None,
          summarize: int | None = None, name: str | None = None) -> Tensor:
    """`input_`, and prints `data` to stderr whenever it is computed.

    Args:
        input_: what is passed on.
        data: the tensors to print.
        message: the text before them.
        first_n: how often it prints at most; always by default.
        summarize: how many entries of each are printed; 3 by default.
    """
    return _print(input_, data, message or "", -1 if first_n is None else first_n,
                  3 if summarize is None else summarize, name=name)


@op("CheckNumerics")
def check_numerics(tensor: Tensor, message: str, name: str | None = None) -> Any:
    """`tensor`; a run fails with InvalidArgumentError when it holds a NaN or an infinity."""
    return tensor.sizes


def verify_tensor_all_finite(t: Any, msg: str, name: str | None = None) -> Tensor:
    """`t`; a run fails when it holds a NaN or an infinity."""
    with scopes.op_scope([t], name, "VerifyFinite"):
        t = convert_to_tensor(t, name="t")
        with scopes.colocate_with(t):
            return with_dependencies([check_numerics(t, message=msg)], t)


def add_check_numerics_ops() -> Operation:
    """One operation that checks every float tensor of the graph for NaN and infinity."""
    checks = []
    for operation in scopes.get_default_graph().get_operations():
        for output in operation.outputs:
            if output.dtype.is_floating and operation.region is None and output.dtype.base_dtype.name != "float16":
                with scopes.control_dependencies(checks):
                    checks = [check_numerics(output, message=output.name).op]
    return group(*checks)


@op("RefSelect")
def _ref_select(index: Tensor, inputs: Any, name: str | None = None) -> Any:
    shapes = {tensor.sizes for tensor in inputs}
    return shapes.pop() if len(shapes) == 1 else None


def ref_select(index: Any, data: Any, name: str | None = None) -> Any:
    """The reference at position `index` of `data`: a queue's, or a variable's to read."""
    with scopes.op_scope([index, *data], name, "RefSelect") as scope:
        references = [internal_convert_to_tensor(item, None, f"data_{i}", True) for i, item in enumerate(data)]
        return _ref_select(index, references, name=scope)
