"""`tf.cond` and `tf.case`: one of two recorded bodies runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import IndexedSlices, convert_to_tensor
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import array, contexts
from tracer.ops.contexts import Branch


def cond(pred: Any, fn1: Callable, fn2: Callable, name: str | None = None) -> Any:
    """What `fn1()` returns where `pred` is true, what `fn2()` returns otherwise.

    Both functions are called once, now; in a run only the operations of the chosen one happen. Operations made outside
    and used inside happen in any case.

    >>> tf.cond(tf.less(x, y), lambda: x + 1, lambda: y - 1)

    Args:
        pred: a bool tensor of shape ().
        fn1, fn2: functions without arguments that return the same number of tensors of the same types.

    Raises:
        TypeError: `pred` is a Python bool, or a function is none.
        ValueError: the functions return different numbers or types of tensors.
    """
    if not callable(fn1):
        raise TypeError("fn1 must be callable.")
    if not callable(fn2):
        raise TypeError("fn2 must be callable.")
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool")
    with scopes.op_scope([pred], name, "cond") as scope:
        graph = scopes.get_default_graph()
        pred = convert_to_tensor(pred, name="pred")
        arms = contexts.switch_condition(pred, graph.region)
        pivots = [contexts.shadow("Identity", (arm,), {"T": arm.dtype}, f"switch_{letter}", graph.region).op
                  for arm, letter in zip(arms[::-1], "tf", strict=True)]
        condition = array.identity(pred, name="pred_id")
        first, first_form = _branch(graph, fn1, Branch(graph, condition, 1, pivots[0]), scope)
        second, second_form = _branch(graph, fn2, Branch(graph, condition, 0, pivots[1]), scope)
        _check_same(first, second, first_form, second_form)
        op = _record(graph, condition, first, second)
        return first_form.rebuild([contexts.merged(op, i) for i in range(len(first.outputs))])


class Form:
    """How a function's result is put together from tensors: `IndexedSlices` are three, a list of one is the one."""

    def __init__(self, result: Any) -> None:
        self.is_list = isinstance(result, (list, tuple))
        self.items = list(result) if self.is_list else [result]
        self.parts = [self._parts(item) for item in self.items]

    @staticmethod
    def _parts(item: Any) -> list[Any]:
        if isinstance(item, IndexedSlices):
            return [part for part in (item.values, item.indices, item.dense_shape) if part is not None]
        expand = getattr(item, "_session_parts", None)
        return list(expand()[0]) if expand is not None else [item]

    def flat(self) -> list[Any]:
        """All parts in order."""
        return [part for parts in self.parts for part in parts]

    def rebuild(self, tensors: list[Tensor]) -> Any:
        """The result's structure around `tensors`."""
        results, at = [], 0
        for item, parts in zip(self.items, self.parts, strict=True):
            some = tensors[at:at + len(parts)]
            at += len(parts)
            if isinstance(item, IndexedSlices):
                results.append(IndexedSlices(*some))
            elif hasattr(item, "_session_parts"):
                results.append(type(item)(*some))
            else:
                results.append(some[0])
        return results[0] if len(results) == 1 else results


def _branch(graph: Graph, function: Callable, region: Branch, scope: str) -> tuple[Branch, Form]:
    with graph.recording(region):
        form = Form(function())
        region.outputs = [_output(part, region.condition) for part in form.flat()]
        for output in region.outputs:
            region.local(output, scope[:-1])
    return region, form


def _output(part: Any, condition: Tensor) -> Tensor:
    """A branch's result as a tensor; an operation becomes the condition's value, after it has run."""
    if part is None or isinstance(part, Operation):
        with scopes.control_dependencies([] if part is None else [part]):
            return array.identity(condition, name="control_dependency")
    return convert_to_tensor(part)


def _check_same(first: Branch, second: Branch, one: Form, two: Form) -> None:
    if len(one.items) != len(two.items):
        raise ValueError("fn1 and fn2 must return the same number of results.")
    for i, (a, b) in enumerate(zip(first.outputs, second.outputs, strict=True)):
        if a.dtype.base_dtype is not b.dtype.base_dtype:
            kinds = {a.dtype.base_dtype.name, b.dtype.base_dtype.name}
            if kinds == {"int32", "int64"} and any(isinstance(item, IndexedSlices) for item in one.items):
                _widen(first, second, i)
                continue
            raise ValueError("Outputs of fn1 and fn2 must have the same type: "
                             f"{a.dtype.base_dtype.name}, {b.dtype.base_dtype.name}")


def _widen(first: Branch, second: Branch, index: int) -> None:
    """Indices of the two branches' `IndexedSlices` may be int32 and int64; the result is int64."""
    from tracer.ops import math

    for region in (first, second):
        tensor = region.outputs[index]
        with tensor.graph.recording(region):
            region.outputs[index] = math.cast(tensor, dtypes.int64)


def _record(graph: Graph, condition: Tensor, first: Branch, second: Branch) -> Operation:
    captured: dict[Tensor, None] = {}
    controls: dict[Operation, None] = {}
    for region in (first, second):
        tensors, waits = region.captures()
        captured.update(dict.fromkeys(tensors))
        controls.update(dict.fromkeys(waits))
    captured.pop(condition, None)
    outputs = tuple((a.dtype.base_dtype, common(a.sizes, b.sizes))
                    for a, b in zip(first.outputs, second.outputs, strict=True))
    taken = (dtypes.int32, ())
    return graph.add("Cond", (condition, *captured), {"regions": (first, second)}, (*outputs, taken), "Cond", controls)


def common(a: shapes.Sizes, b: shapes.Sizes) -> shapes.Sizes:
    """What is known of a tensor that has one of two static shapes."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b, strict=True))


def case(pred_fn_pairs: Any, default: Callable, exclusive: bool = False, name: str = "case") -> Any:
    """What the function of the first true predicate returns; `default()` when none is true.

    Args:
        pred_fn_pairs: a dict or list of pairs of a bool tensor of shape () and a function.
        default: the function for when no predicate is true.
        exclusive: whether more than one true predicate is an error in a run.

    Raises:
        TypeError: the pairs or the functions are something else.
    """
    if not isinstance(pred_fn_pairs, (list, tuple, dict)):
        raise TypeError("fns must be a list, tuple, or dict")
    pairs = list(pred_fn_pairs)
    if isinstance(pred_fn_pairs, dict):
        pairs = sorted(pred_fn_pairs.items(), key=lambda pair: pair[0].name)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        if not isinstance(pair[0], Tensor) or pair[0].dtype.base_dtype.name != "bool":
            raise TypeError(f"pred must be of type bool: {getattr(pair[0], 'name', pair[0])}")
        if not callable(pair[1]):
            raise TypeError(f"fn for pred {pair[0].name} must be callable.")
    if not callable(default):
        raise TypeError("default must be callable.")
    with scopes.op_scope([pair[0] for pair in pairs], name, "case"):
        if not pairs:
            return default()
        waits = [_exclusive(pairs)] if exclusive else []
        with scopes.control_dependencies(waits):
            return _chain(list(pairs), default, 0)


def _chain(pairs: list[tuple[Tensor, Callable]], default: Callable, index: int) -> Any:
    (pred, function), *rest = pairs
    return cond(pred, function, (lambda: _chain(rest, default, index + 1)) if rest else default, name=f"If_{index}")


def _exclusive(pairs: Any) -> Operation:
    from tracer.ops import control_flow, math, reduction

    preds = array.pack([pred for pred, _ in pairs], name="preds_c")
    count = reduction.reduce_sum(math.cast(preds, dtypes.int32), name="num_true_conds")
    names = ", ".join(pred.name for pred, _ in pairs)
    message = f"More than one condition evaluated as True but exclusive=True.  Conditions: ({names}), Values:"
    return control_flow.Assert(math.less(count, 2), [message, preds], summarize=len(pairs))
