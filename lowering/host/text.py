"""The rules of the device on the host, by NumPy.

Strings go through them, each as a number, so that what moves numbers moves strings; and arrays whose shapes are new in
every run (`lowering.plan.ragged`).
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering import checks, interpret, registry
from lowering.kernels.rows import RowWrites
from lowering.plan import companions
from lowering.programs import plain
from tracer import dtypes
from tracer.ir import Operation, Tensor

_KEPT = 64
_traced: weakref.WeakKeyDictionary[Operation, dict[Any, _Traced]] = weakref.WeakKeyDictionary()


class _Traced(NamedTuple):
    """A rule as traced once, for arguments of some shapes."""

    closed: Any  # the jaxpr
    form: Any  # the structure of its results
    table: list[checks.Check]


def run(node: Operation, rule: registry.Rule, arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
    """Computes an operation by the rule that it has for numbers on a device."""
    if node.type == "Add" and node.outputs[0].dtype.base_dtype is dtypes.string:
        return [np.add(np.asarray(arguments[0], object), np.asarray(arguments[1], object))]
    table, numbers = _numbered(node, arguments)
    leaves, tree = jax.tree.flatten({i: a for i, a in enumerate(numbers)
                                     if i not in rule.static and i not in rule.partly})
    traced = _trace(node, rule, numbers, leaves, tree, keywords)
    flat = plain.evaluate(traced.closed.jaxpr, traced.closed.consts, leaves)
    results, holds, operands = jax.tree.unflatten(jax.tree.structure(traced.form), flat)
    checks.raise_first(traced.table, holds, operands)
    return [table[value] if output.dtype.base_dtype is dtypes.string else _typed(value, output, node)
            for value, output in zip(results, node.outputs, strict=True)]


def _trace(node: Operation, rule: registry.Rule, numbers: list[Any], leaves: list[Any], tree: Any,
           keywords: dict[str, Any]) -> _Traced:
    """The rule as a jaxpr; kept for arguments of the same shapes and static values."""
    known = _traced.setdefault(node, {})
    key = (*((leaf.shape, leaf.dtype) for leaf in leaves),
           *(_fixed(numbers[i]) for i in (*rule.static, *rule.partly) if i < len(numbers)))
    if rule.before is None and key in known:
        return known[key]
    noted = checks.Checks()
    keywords = {**keywords, **_extras(node, rule, numbers, noted)}

    def call(flat: list[Any]) -> tuple[list[Any], list[Any], list[tuple]]:
        given = jax.tree.unflatten(tree, flat)
        values = [given.get(i, argument) for i, argument in enumerate(numbers)]
        values = [list(v) if i in rule.partly and np.ndim(v) == 1 else v for i, v in enumerate(values)]
        noted.__init__()
        results = interpret.flatten(rule.function(*values, **keywords))
        results = [result.settle() if isinstance(result, RowWrites) else result for result in results]
        return results, noted.results, noted.operands

    closed, form = jax.make_jaxpr(call, return_shape=True)(leaves)
    if len(known) >= _KEPT:
        known.clear()
    known[key] = _Traced(closed, form, noted.table)
    return known[key]


def _fixed(argument: Any) -> Any:
    """A static argument as part of a key."""
    if isinstance(argument, list):
        return tuple(map(_fixed, argument))
    array = np.asarray(argument)
    return array.shape, array.dtype, array.tobytes()


def _numbered(node: Operation, arguments: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """All strings of the arguments in order, the empty one first as zeros stand for it; the arguments as numbers."""
    known = {b""}
    _map(node, arguments, lambda value: known.update(value.reshape(-1).tolist()))
    table = np.array(sorted(known), object)
    number = {text: i for i, text in enumerate(table.tolist())}

    def encode(value: np.ndarray) -> np.ndarray:
        return np.array([number[text] for text in value.reshape(-1).tolist()], np.int32).reshape(value.shape)

    return table, _map(node, arguments, encode)


def _map(node: Operation, arguments: list[Any], function: Any) -> list[Any]:
    """The arguments, with `function` applied to the string arrays among them."""

    def one(tensor: Tensor, value: Any) -> Any:
        if tensor.dtype.base_dtype is not dtypes.string:
            return np.asarray(value)
        return function(np.asarray(value, object))

    unread = registry.RULES[node.type].unread
    return [[one(t, v) for t, v in zip(tensors, value, strict=True)] if isinstance(tensors, list)
            else None if i in unread else one(tensors, value)
            for i, (tensors, value) in enumerate(zip(node.arguments, arguments, strict=True))]


def _extras(node: Operation, rule: registry.Rule, numbers: list[Any], noted: checks.Checks) -> dict[str, Any]:
    given = {
        "check": lambda holds, message, *operands: noted.add(node, holds, message, operands),
        "declared": tuple(output.sizes for output in node.outputs),
    }
    if rule.before is not None:
        given["prepared"] = companions.compute(node, numbers)
    return {name: given[name] for name in rule.extras if name in given}


def _typed(value: Any, output: Tensor, node: Operation) -> np.ndarray:
    declared = np.dtype(output.dtype.base_dtype.array_dtype)
    if value.dtype.kind in "fc" and declared.kind in "iub":
        raise interpret.no_kernel(node, f"it gives {value.dtype} where {declared} is declared")
    return np.asarray(value, declared)
