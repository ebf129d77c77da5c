"""Evaluates jaxprs with NumPy, where to compile them would take longer than to compute them.

That is so for the small arithmetic of shapes, and for arrays whose shapes are new in every run.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from lowering.batch import symbolic
from lowering.jaxprs import called, scan_parts

_BARRIER = "optimization_barrier"  # is there for XLA's simplifier alone


def evaluate(jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any]) -> list[np.ndarray]:
    """The results of a jaxpr. A primitive that is not in the table below runs through JAX."""
    with np.errstate(all="ignore"):
        return _evaluate(jaxpr, consts, arguments)


def _evaluate(jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any]) -> list[np.ndarray]:
    values: dict[Any, Any] = {}
    values.update(zip(jaxpr.constvars, map(np.asarray, consts), strict=True))  # JAX's arrays would compile what they do
    values.update(zip(jaxpr.invars, map(np.asarray, arguments), strict=True))

    def read(atom: Any) -> Any:
        return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        values.update(zip(equation.outvars, apply(equation, [read(atom) for atom in equation.invars]), strict=True))
    return [np.asarray(read(atom)) for atom in jaxpr.outvars]


def follows(equation: Any) -> bool:
    """Whether NumPy computes this equation: no loop, and no other program."""
    inner = called(equation)
    if inner is not None:
        return all(map(follows, getattr(inner, "jaxpr", inner).eqns))
    return equation.primitive.name in _TABLE or equation.primitive.name == _BARRIER


def apply(equation: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The results of one equation."""
    name, parameters = equation.primitive.name, equation.params
    inner = called(equation)
    if inner is not None:
        return _closed(inner, inputs)
    if name in _LOOPS:
        return _LOOPS[name](inputs, **parameters)
    if name == _BARRIER:
        return inputs
    if any(value.dtype == object for value in inputs):
        return [np.asarray((symbolic.ARITHMETIC.get(name) or _TABLE[name])(*inputs, **parameters))]
    if name in _TABLE:
        return [np.asarray(_TABLE[name](*inputs, **parameters), equation.outvars[0].aval.dtype)]
    if name in _DEPENDING and (result := _DEPENDING[name](*inputs, **parameters)) is not None:
        return [np.asarray(result, equation.outvars[0].aval.dtype)]
    with jax.ensure_compile_time_eval():
        results = equation.primitive.bind(*inputs, **parameters)
    return [np.asarray(result) for result in (results if equation.primitive.multiple_results else [results])]


def _closed(jaxpr: Any, inputs: Sequence[Any]) -> list[np.ndarray]:
    return _evaluate(getattr(jaxpr, "jaxpr", jaxpr), getattr(jaxpr, "consts", ()), inputs)


# -- control


def _while(inputs: list[Any], *, cond_nconsts: int, cond_jaxpr: Any, body_nconsts: int, body_jaxpr: Any,
           **_: Any) -> list[Any]:
    for_condition, for_body = inputs[:cond_nconsts], inputs[cond_nconsts:cond_nconsts + body_nconsts]
    carried = inputs[cond_nconsts + body_nconsts:]
    while np.any(going := _closed(cond_jaxpr, [*for_condition, *carried])[0]):
        after = _closed(body_jaxpr, [*for_body, *carried])
        # Several loops at once go on until the last has ended; each keeps what it had at its own end.
        carried = after if np.ndim(going) == 0 else [
            np.where(np.reshape(going, going.shape + (1,) * (np.ndim(new) - going.ndim)), new, old)
            for new, old in zip(after, carried, strict=True)]
    return carried


def _cond(inputs: list[Any], *, branches: Any, **_: Any) -> list[Any]:
    return _closed(branches[min(max(int(inputs[0]), 0), len(branches) - 1)], inputs[1:])


def _scan(inputs: list[Any], *, jaxpr: Any, length: int, reverse: bool, **others: Any) -> list[Any]:
    num_consts, num_carry = scan_parts(others)
    fixed, carried = inputs[:num_consts], inputs[num_consts:num_consts + num_carry]
    rows = inputs[num_consts + num_carry:]
    made: list[list[Any]] = [[] for _ in jaxpr.out_avals[num_carry:]]
    for i in reversed(range(length)) if reverse else range(length):
        results = _closed(jaxpr, [*fixed, *carried, *(row[i] for row in rows)])
        carried = results[:num_carry]
        for column, result in zip(made, results[num_carry:], strict=True):
            column.append(result)
    stacked = [np.stack(column[::-1] if reverse else column) if column else np.empty((0, *aval.shape), aval.dtype)
               for column, aval in zip(made, jaxpr.out_avals[num_carry:], strict=True)]
    return [*carried, *stacked]


_LOOPS: dict[str, Callable[..., list[Any]]] = {"while": _while, "cond": _cond, "scan": _scan}


# -- primitives that NumPy has under other conventions


def _broadcast_in_dim(x: Any, *, shape: Any, broadcast_dimensions: Any, **_: Any) -> np.ndarray:
    spread = [1] * len(shape)
    for size, at in zip(np.shape(x), broadcast_dimensions, strict=True):
        spread[at] = size
    return np.broadcast_to(np.reshape(x, spread), shape)


def _slice(x: Any, *, start_indices: Any, limit_indices: Any, strides: Any) -> Any:
    strides = strides or (1,) * len(start_indices)
    return x[tuple(slice(a, b, c) for a, b, c in zip(start_indices, limit_indices, strides, strict=True))]


def _dynamic_slice(x: Any, *starts: Any, slice_sizes: Any, **_: Any) -> Any:
    return x[_window(x, starts, slice_sizes)]


def _dynamic_update_slice(x: Any, update: Any, *starts: Any, **_: Any) -> Any:
    result = x.copy()
    result[_window(x, starts, update.shape)] = update
    return result


def _window(x: Any, starts: Any, sizes: Any) -> tuple[slice, ...]:
    """A window that XLA moves inwards until it fits."""
    begins = [min(max(int(start), 0), whole - size) for start, size, whole in zip(starts, sizes, x.shape, strict=True)]
    return tuple(slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True))


def _pad(x: Any, fill: Any, *, padding_config: Any) -> Any:
    for axis, (_, _, inside) in enumerate(padding_config):
        if inside:
            sizes = list(x.shape)
            sizes[axis] += max(sizes[axis] - 1, 0) * inside
            spread = np.full(sizes, fill, x.dtype)
            spread[(slice(None),) * axis + (slice(None, None, inside + 1),)] = x
            x = spread
    x = np.pad(x, [(max(low, 0), max(high, 0)) for low, high, _ in padding_config], constant_values=fill)
    return x[tuple(slice(max(-low, 0), max(size + min(high, 0), 0))
                   for size, (low, high, _) in zip(x.shape, padding_config, strict=True))]


def _iota(*, dtype: Any, shape: Any, dimension: int, **_: Any) -> np.ndarray:
    line = np.arange(shape[dimension], dtype=dtype).reshape([-1 if i == dimension else 1 for i in range(len(shape))])
    return np.broadcast_to(line, shape)


def _truncating(operation: Any) -> Any:
    """Integer division and remainder round towards zero in XLA, down in NumPy."""

    def apply(a: Any, b: Any, **_: Any) -> Any:
        if not np.issubdtype(np.asarray(a).dtype, np.integer):
            return a / b if operation is np.floor_divide else np.fmod(a, b)
        safe = np.where(b == 0, 1, b)
        rest = np.fmod(a, safe)
        return (a - rest) // safe if operation is np.floor_divide else rest

    return apply


def _round(x: Any, *, rounding_method: Any) -> Any:
    return np.rint(x) if int(rounding_method) else np.trunc(x + np.copysign(np.asarray(0.5, x.dtype), x))


def _shifted(shift: Callable, kind: str) -> Any:
    def apply(x: Any, by: Any, **_: Any) -> Any:
        bits = x.dtype.itemsize * 8
        x, by = (value.astype(f"{kind}{x.dtype.itemsize}") for value in (x, by))
        return np.where((by >= 0) & (by < bits), shift(x, np.clip(by, 0, bits - 1)), 0)

    return apply


def _bitcast(x: Any, *, new_dtype: Any) -> Any:
    return np.ascontiguousarray(x).view(new_dtype).reshape(x.shape) if np.dtype(new_dtype).itemsize == x.itemsize else None


def _gather(x: Any, indices: Any, *, dimension_numbers: Any, slice_sizes: Any, mode: Any, fill_value: Any = None,
            **_: Any) -> Any:
    """Where each index picks whole rows or single elements; None for other windows, which JAX takes."""
    d = dimension_numbers
    indexed = tuple(d.start_index_map)
    whole = all(size == (1 if axis in indexed else x.shape[axis]) for axis, size in enumerate(slice_sizes))
    if not whole or d.operand_batching_dims or set(d.collapsed_slice_dims) != set(indexed):
        return None
    limits = np.array([x.shape[axis] - 1 for axis in indexed])
    inside = ((indices >= 0) & (indices <= limits)).all(-1)
    places = np.clip(indices, 0, limits)
    rest = [axis for axis in range(x.ndim) if axis not in indexed]
    found = x.transpose(*indexed, *rest)[tuple(np.moveaxis(places, -1, 0))]
    if "FILL" in str(mode) and not inside.all():
        fill = fill_value if fill_value is not None else _filling(x.dtype)
        found = np.where(inside.reshape(inside.shape + (1,) * len(rest)), found, fill)
    batch = [axis for axis in range(found.ndim) if axis not in d.offset_dims]
    return found.transpose(np.argsort([*batch, *d.offset_dims]))


def _filling(dtype: np.dtype) -> Any:
    if dtype.kind in "fc":
        return np.nan
    return np.iinfo(dtype).max if dtype.kind == "u" else np.iinfo(dtype).min if dtype.kind == "i" else True


def _dot_general(a: Any, b: Any, *, dimension_numbers: Any, **_: Any) -> Any:
    (contracted_a, contracted_b), (batch_a, batch_b) = dimension_numbers
    letters = iter(string.ascii_letters)
    of_a = [next(letters) for _ in range(a.ndim)]
    of_b = [next(letters) for _ in range(b.ndim)]
    for i, j in (*zip(contracted_a, contracted_b, strict=True), *zip(batch_a, batch_b, strict=True)):
        of_b[j] = of_a[i]
    kept = [of_a[i] for i in batch_a]
    kept += [letter for i, letter in enumerate(of_a) if i not in (*batch_a, *contracted_a)]
    kept += [letter for j, letter in enumerate(of_b) if j not in (*batch_b, *contracted_b)]
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join(kept)}", a, b, optimize=True)


def _plain(function: Any) -> Any:
    return lambda *inputs, **_: function(*inputs)


def _reduced(function: Any) -> Any:
    return lambda x, *, axes, **_: function(x, tuple(axes))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative, "abs": np.abs, "sign": np.sign,
    "max": np.maximum, "min": np.minimum, "floor": np.floor, "ceil": np.ceil, "eq": np.equal, "ne": np.not_equal,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "and": np.bitwise_and,
    "or": np.bitwise_or, "xor": np.bitwise_xor, "not": np.invert, "stop_gradient": np.asarray, "copy": np.asarray,
    "exp": np.exp, "exp2": np.exp2, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt,
    "cbrt": np.cbrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh, "square": np.square,
    "pow": np.power, "is_finite": np.isfinite, "nextafter": np.nextafter, "copy_p": np.asarray,
    "real": np.real, "imag": np.imag, "conj": np.conj,
    "clamp": lambda low, x, high: np.minimum(np.maximum(x, low), high),
    "rsqrt": lambda x: 1 / np.sqrt(x), "logistic": lambda x: 1 / (1 + np.exp(-x)),
}
"""What is done number by number, without parameters that matter."""

_TABLE: dict[str, Any] = {
    **{name: _plain(function) for name, function in FUNCTIONS.items()},
    "div": _truncating(np.floor_divide),
    "rem": _truncating(np.remainder),
    "integer_pow": lambda x, *, y: np.power(x, y) if y >= 0 else 1 / np.power(x, -y),
    "round": _round,
    "shift_left": _shifted(np.left_shift, "u"),
    "shift_right_logical": _shifted(np.right_shift, "u"),
    "select_n": lambda which, *cases, **_: np.choose(np.asarray(which, np.intp), cases) if len(cases) != 2
        else np.where(which, cases[1], cases[0]),
    "convert_element_type": lambda x, *, new_dtype, **_: np.asarray(x).astype(new_dtype),
    "reshape": lambda x, *, new_sizes, **_: np.reshape(x, new_sizes),
    "squeeze": lambda x, *, dimensions, **_: np.squeeze(x, tuple(dimensions)),
    "expand_dims": lambda x, *, dimensions, **_: np.expand_dims(x, tuple(dimensions)),
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": lambda *xs, dimension, **_: np.concatenate(xs, dimension),
    "stack": lambda *xs, axis, **_: np.stack(xs, axis),
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "pad": _pad,
    "transpose": lambda x, *, permutation, **_: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions, **_: np.flip(x, dimensions),
    "iota": _iota,
    "dot_general": _dot_general,
    "reduce_sum": lambda x, *, axes, **_: np.sum(x, tuple(axes), dtype=np.asarray(x).dtype),
    "reduce_prod": lambda x, *, axes, **_: np.prod(x, tuple(axes), dtype=np.asarray(x).dtype),
    "reduce_max": _reduced(np.max),
    "reduce_min": _reduced(np.min),
    "reduce_and": _reduced(np.all),
    "reduce_or": _reduced(np.any),
    "argmax": lambda x, *, axes, **_: np.argmax(x, axes[0]),
    "argmin": lambda x, *, axes, **_: np.argmin(x, axes[0]),
    "cumsum": lambda x, *, axis, reverse=False, **_:
        np.flip(np.cumsum(np.flip(x, axis), axis), axis) if reverse else np.cumsum(x, axis),
}

_DEPENDING: dict[str, Any] = {"gather": _gather, "bitcast_convert_type": _bitcast}
"""Those that give None for what only JAX does."""
