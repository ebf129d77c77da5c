"""Values known while tracing: shapes computed by the script, evaluated with NumPy from the rules' own jaxprs."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import registry
from lowering.slice import SHAPES
from tracer import errors
from tracer.ir import Tensor


def known(tensor: Tensor, context: Any) -> np.ndarray:
    """The value of `tensor` as a NumPy array. Raises StaticValueError when it depends on what only a run knows."""
    memo: dict[Tensor, np.ndarray] = {}
    stack = [tensor]
    while stack:
        at = stack[-1]
        value = context.values.get(at)
        if at in memo:
            stack.pop()
        elif isinstance(value, (np.ndarray, np.generic)):
            memo[at] = np.asarray(value)
        elif at in context.given:  # fed, or made by another program
            raise errors.StaticValueError(_explain(tensor, at))
        elif at.op.type == "Const":
            memo[at] = at.op.attrs["value"]
        elif at.op.type in SHAPES and at.op.inputs[0] in context.values:
            _by_shape(at, context, memo)
        else:
            rule = registry.find(at.op.type)
            if rule is None or not rule.pure or not at.op.inputs:
                raise errors.StaticValueError(_explain(tensor, at))
            missing = [t for t in at.op.inputs if t not in memo]
            if missing:
                stack += missing
            else:
                _fold(at, rule, memo)
    return memo[tensor]


def elements(tensor: Tensor, context: Any) -> Any:
    """The elements of the vector `tensor`: NumPy numbers where they are known while tracing, traced ones elsewhere.

    What is no vector comes whole: only its shape is of use then.
    """
    if tensor.op.type == "Pack" and tensor not in context.given:
        return [_element(part, context) for part in tensor.op.inputs]
    try:
        value: Any = known(tensor, context)
    except errors.StaticValueError:
        value = context.read(tensor)
    return [value[i] for i in range(value.shape[0])] if value.ndim == 1 else value


def _element(tensor: Tensor, context: Any) -> Any:
    try:
        return known(tensor, context)[()]
    except errors.StaticValueError:
        return context.read(tensor)


def _explain(tensor: Tensor, at: Tensor) -> str:
    return (f"'{tensor.name}' must be known while compiling, but it depends on '{at.op.name}' ({at.op.type})\n"
            f"  recorded at {at.op.where}\n  Feed a fixed value for it, or use -1 for one unknown dimension.")


def _by_shape(tensor: Tensor, context: Any, memo: dict) -> None:
    from lowering import interpret

    interpret.step(tensor.op, context)
    for output in tensor.op.outputs:
        memo[output] = np.asarray(context.values[output])


def _fold(tensor: Tensor, rule: registry.Rule, memo: dict[Tensor, np.ndarray]) -> None:
    op = tensor.op
    arguments = [[memo[t] for t in a] if isinstance(a, list) else memo[a] for a in op.arguments]
    keywords = {name: op.attrs[name] for name in rule.attrs}
    if "declared" in rule.extras:
        keywords["declared"] = tuple(output.sizes for output in op.outputs)
    if "check" in rule.extras:
        keywords["check"] = lambda holds, message, *operands: None
    from lowering.interpret import flatten

    for i in rule.partly:
        arguments[i] = list(arguments[i]) if np.ndim(arguments[i]) == 1 else arguments[i]
    dynamic = {i: a for i, a in enumerate(arguments) if i not in rule.static and i not in rule.partly}

    def call(given: dict[int, Any]) -> list[Any]:
        return flatten(rule.function(*(given.get(i, a) for i, a in enumerate(arguments)), **keywords))

    leaves, tree = jax.tree.flatten(dynamic)
    closed = jax.make_jaxpr(lambda flat: call(jax.tree.unflatten(tree, flat)))(leaves)
    results = numpy_jaxpr(closed.jaxpr, closed.consts, leaves)
    for output, value in zip(op.outputs, results, strict=True):
        memo[output] = np.asarray(value, output.dtype.base_dtype.as_numpy_dtype)


def numpy_jaxpr(jaxpr: Any, consts: Any, arguments: Any) -> list[np.ndarray]:
    """Evaluates a jaxpr with NumPy: small integer arithmetic, where compiling each step would take longest.

    A primitive that is not in the table runs through JAX.
    """
    values: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
        if equation.primitive.name in ("pjit", "jit", "closed_call", "custom_jvp_call", "custom_vjp_call") and inner:
            results = numpy_jaxpr(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)
        elif equation.primitive.name in _NUMPY:
            results = [np.asarray(_NUMPY[equation.primitive.name](*inputs, **equation.params),
                                  equation.outvars[0].aval.dtype)]
        else:
            with jax.ensure_compile_time_eval():
                results = equation.primitive.bind(*inputs, **equation.params)
            results = results if equation.primitive.multiple_results else [results]
            results = [np.asarray(result) for result in results]
        values.update(zip(equation.outvars, results, strict=True))
    return [np.asarray(read(atom)) for atom in jaxpr.outvars]


def _broadcast_in_dim(x: Any, *, shape: Any, broadcast_dimensions: Any, **_: Any) -> np.ndarray:
    spread = [1] * len(shape)
    for size, at in zip(np.shape(x), broadcast_dimensions, strict=True):
        spread[at] = size
    return np.broadcast_to(np.reshape(x, spread), shape)


def _slice(x: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Any:
    strides = strides or (1,) * len(start_indices)
    return x[tuple(slice(a, b, c) for a, b, c in zip(start_indices, limit_indices, strides, strict=True))]


def _iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> np.ndarray:
    line = np.arange(shape[dimension], dtype=dtype).reshape([-1 if i == dimension else 1 for i in range(len(shape))])
    return np.broadcast_to(line, shape)


def _truncating(operation: Any) -> Any:
    """Integer division and remainder round towards zero in XLA, down in NumPy."""

    def apply(a: Any, b: Any, **_: Any) -> Any:
        if not np.issubdtype(np.asarray(a).dtype, np.integer):
            return a / b if operation is np.floor_divide else np.fmod(a, b)
        safe = np.where(b == 0, 1, b)
        quotient = np.abs(a) // np.abs(safe) * np.sign(a) * np.sign(safe)
        return quotient if operation is np.floor_divide else a - quotient * safe

    return apply


def _plain(function: Any) -> Any:
    return lambda *inputs, **_: function(*inputs)


_NUMPY: dict[str, Any] = {
    **{name: _plain(function) for name, function in {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "abs": np.abs, "sign": np.sign,
        "max": np.maximum, "min": np.minimum, "floor": np.floor, "ceil": np.ceil, "eq": np.equal, "ne": np.not_equal,
        "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "and": np.bitwise_and,
        "or": np.bitwise_or, "not": np.invert, "stop_gradient": np.asarray, "copy": np.asarray,
    }.items()},
    "div": _truncating(np.floor_divide),
    "rem": _truncating(np.remainder),
    "select_n": lambda which, *cases, **_: np.choose(np.asarray(which, np.intp), cases),
    "convert_element_type": lambda x, *, new_dtype, **_: np.asarray(x).astype(new_dtype),
    "reshape": lambda x, *, new_sizes, **_: np.reshape(x, new_sizes),
    "squeeze": lambda x, *, dimensions, **_: np.squeeze(x, tuple(dimensions)),
    "expand_dims": lambda x, *, dimensions, **_: np.expand_dims(x, tuple(dimensions)),
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": lambda *xs, dimension, **_: np.concatenate(xs, dimension),
    "slice": _slice,
    "transpose": lambda x, *, permutation, **_: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions, **_: np.flip(x, dimensions),
    "iota": _iota,
    "reduce_sum": lambda x, *, axes, **_: np.sum(x, tuple(axes), dtype=np.asarray(x).dtype),
    "reduce_prod": lambda x, *, axes, **_: np.prod(x, tuple(axes), dtype=np.asarray(x).dtype),
    "reduce_max": lambda x, *, axes, **_: np.max(x, tuple(axes)),
    "reduce_min": lambda x, *, axes, **_: np.min(x, tuple(axes)),
    "reduce_and": lambda x, *, axes, **_: np.all(x, tuple(axes)),
    "reduce_or": lambda x, *, axes, **_: np.any(x, tuple(axes)),
    "cumsum": lambda x, *, axis, reverse=False, **_:
        np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis),
}
