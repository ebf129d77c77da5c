"""Traced programs evaluated with NumPy, one operation after the other: for tests that look at many, once at each."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import fold


class Plainly:
    """The module `jax` with `interpreted` for `jit`."""

    def __getattr__(self, name: str) -> Any:
        return interpreted if name == "jit" else getattr(jax, name)


def interpreted(function: Any, **_: Any) -> Any:
    """`function`, traced once and evaluated without compiling it."""
    traced: list[Any] = []

    def call(*arguments: Any) -> Any:
        if not traced:
            traced.append(jax.make_jaxpr(function, return_shape=True)(*arguments))
        (closed, shape), = traced
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(arguments)]
        with np.errstate(all="ignore"):
            results = evaluate(closed.jaxpr, closed.consts, leaves)
        return jax.tree.unflatten(jax.tree.structure(shape), [jax.numpy.asarray(result) for result in results])

    return call


def evaluate(jaxpr: Any, consts: Any, arguments: Any) -> list[Any]:
    """The results of a jaxpr, each a NumPy array of the type it declares."""
    values = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *arguments), strict=True))

    def read(atom: Any) -> Any:
        return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        name, params = equation.primitive.name, equation.params
        if name == "scan":
            results = _scan(inputs, params)
        elif inner := params.get("jaxpr") or params.get("call_jaxpr"):
            results = evaluate(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)
        elif name == "split":
            results = np.split(inputs[0], np.cumsum(params["sizes"])[:-1], params["axis"])
        elif name in TABLE:
            results = [TABLE[name](*inputs, **params)]
        else:
            results = equation.primitive.bind(*map(jax.numpy.asarray, inputs), **params)
            results = results if equation.primitive.multiple_results else [results]
        for var, value in zip(equation.outvars, results, strict=True):
            values[var] = np.asarray(value) if var.aval.dtype == jax.dtypes.float0 else np.asarray(value, var.aval.dtype)
    return [read(atom) for atom in jaxpr.outvars]


def _scan(inputs: list[Any], params: dict[str, Any]) -> list[Any]:
    at = params["num_consts"], params["num_consts"] + params["num_carry"]
    consts, carry, rows = inputs[:at[0]], inputs[at[0]:at[1]], inputs[at[1]:]
    closed, kept = params["jaxpr"], []
    order = range(params["length"])
    for t in reversed(order) if params["reverse"] else order:
        found = evaluate(closed.jaxpr, closed.consts, [*consts, *carry, *(row[t] for row in rows)])
        carry = found[:params["num_carry"]]
        kept.append(found[params["num_carry"]:])
    kept = kept[::-1] if params["reverse"] else kept
    return [*carry, *(np.stack(column) for column in zip(*kept, strict=True))]


def _dot_general(a: Any, b: Any, *, dimension_numbers: Any, **_: Any) -> Any:
    (over_a, over_b), (batch_a, batch_b) = dimension_numbers
    free_a, free_b = ([d for d in range(x.ndim) if d not in (*over, *batch)]
                      for x, over, batch in ((a, over_a, batch_a), (b, over_b, batch_b)))
    a, b = a.transpose(*batch_a, *free_a, *over_a), b.transpose(*batch_b, *over_b, *free_b)
    counts = len(batch_a), len(free_a), len(over_a)
    batch, rows, columns = a.shape[:counts[0]], a.shape[counts[0]:counts[0] + counts[1]], b.shape[counts[0] + counts[2]:]
    size = int(np.prod(a.shape[counts[0] + counts[1]:]))
    product = a.reshape(*batch, -1, size) if size else a
    return (product @ b.reshape(*batch, size, -1)).reshape(*batch, *rows, *columns)


def _pad(x: Any, value: Any, *, padding_config: Any) -> Any:
    assert not any(inside for _, _, inside in padding_config)
    wide = np.pad(x, [(max(low, 0), max(high, 0)) for low, high, _ in padding_config], constant_values=value)
    return wide[tuple(slice(max(-low, 0), size + min(high, 0))
                      for (low, high, _), size in zip(padding_config, wide.shape, strict=True))]


def _dynamic_slice(x: Any, *starts: Any, slice_sizes: Any) -> Any:
    places = [min(max(int(s), 0), whole - size) for s, whole, size in zip(starts, x.shape, slice_sizes, strict=True)]
    return x[tuple(slice(at, at + size) for at, size in zip(places, slice_sizes, strict=True))]


TABLE: dict[str, Any] = {
    **fold._NUMPY,
    **{name: fold._plain(function) for name, function in {
        "exp": np.exp, "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
        "logistic": lambda x: 1 / (1 + np.exp(-x)), "sqrt": np.sqrt, "square": np.square, "pow": np.power,
        "rsqrt": lambda x: 1 / np.sqrt(x), "add_any": np.add, "is_finite": np.isfinite, "xor": np.bitwise_xor,
        "shift_left": np.left_shift, "shift_right_logical": np.right_shift,
        "clamp": lambda low, x, high: np.clip(x, low, high),
    }.items()},
    "integer_pow": lambda x, *, y: np.power(x, y),
    "dot_general": _dot_general,
    "pad": _pad,
    "dynamic_slice": _dynamic_slice,
    "argmax": lambda x, *, axes, **_: np.argmax(x, axes[0]),
    "argmin": lambda x, *, axes, **_: np.argmin(x, axes[0]),
}
