"""Programs of a few calls of NumPy: what a network says of a few rows, as an agent asks it before each move.

To call a program of XLA's, and to take its results, takes longer than to compute as much. What is computed here reads
variables and changes none. It is told by the same jaxpr as XLA would be, by its shapes and by nothing that a run brings, so
that every run for these shapes is computed here.
"""

from __future__ import annotations

import contextvars
import math
import operator
import weakref
from typing import Any

import jax
import numpy as np

from lowering import fast
from lowering.programs import numpy_lines, options

_CALL = 1e-6
"""Seconds that a call of NumPy takes, about."""
_PRODUCTS = 2e10
"""So many operations of a product it does in a second, about, on one core;"""
_FUNCTIONS = 5e8
"""so many values of an exponential or logarithm;"""
_ELEMENTS = 4e9
"""and so many elements it reads or writes."""
MOST = 4e-5
"""Seconds that all may take: to call a program of XLA's and to take its results takes as long."""
ALONE = 1 << 17
"""A product of so many multiplications NumPy's library leaves to one thread."""
COPIED = 1 << 16
"""The elements of all variables, at most, whose new values NumPy copies."""
_KINDS = frozenset({"float32", "float64", "int32", "int64", "bool"})
_copies: dict[int, tuple[Any, np.ndarray]] = {}
"""NumPy's copies of variables' arrays, by the identity of these, as long as they are there: several programs ask for them,
and the memory itself is XLA's, who writes the next value over it."""
_quiet = contextvars.Context()
"""In which NumPy says nothing of what is infinite, as XLA does not."""
_quiet.run(np.seterr, all="ignore")


class Few:
    """Such a program, called as one that XLA compiled."""

    def __init__(self, traced: jax.stages.Traced, arguments: tuple) -> None:
        arrays, inputs = arguments[2] + arguments[3], arguments[4]
        self._run, _ = numpy_lines.written(traced.jaxpr, [len(arrays), len(inputs)])
        self._types = [(array.shape, array.dtype) for array in arrays]
        self._seen: tuple[tuple, list[np.ndarray]] = (), []

    def __call__(self, held: tuple, streams: tuple, readonly: tuple, constants: tuple, inputs: tuple) -> tuple:
        seen, values = self._seen
        arrays = readonly + constants
        if len(arrays) != len(seen) or not all(map(operator.is_, arrays, seen)):
            values = self._copied(arrays)
        for value in inputs:
            if type(value) is not np.ndarray:
                inputs = tuple(map(np.asarray, inputs))
                break
        return _quiet.copy().run(self._run, values, inputs), (), (), (), None

    def _copied(self, arrays: tuple) -> list[np.ndarray]:
        """NumPy's copies. TypeError, as of a program of XLA's, where it is not for arrays like these."""
        if [(array.shape, array.dtype) for array in arrays] != self._types:
            raise TypeError("variables of other shapes")
        values = [_copy(array) for array in arrays]
        self._seen = arrays, values
        return values


def _copy(array: Any) -> np.ndarray:
    key = id(array)
    known = _copies.get(key)
    if known is None:
        gone = weakref.ref(array, lambda _, key=key, copies=_copies: copies.pop(key, None))
        known = _copies[key] = gone, np.array(array)
    return known[1]


def found(traced: jax.stages.Traced, arguments: tuple) -> Few | None:
    """The program that was traced for these arguments, where NumPy computes it sooner."""
    held, streams, readonly, constants, inputs = arguments
    outputs, *changes = traced.out_info
    if (not fast.on("few") or not options.on_cpu() or held or streams or not readonly or not outputs
            or jax.tree.leaves(changes) or not jax.tree_util.all_leaves([*readonly, *constants, *inputs, *outputs])):
        return None
    if sum(math.prod(array.shape) for array in (*readonly, *constants)) > COPIED:
        return None
    return Few(traced, arguments) if _seconds(traced.jaxpr.jaxpr) <= MOST else None


def _seconds(jaxpr: Any) -> float:
    """About how long NumPy takes; infinity for what it would compute otherwise."""
    return sum(map(_one, jaxpr.eqns)) if all(map(_is_known, (*jaxpr.invars, *jaxpr.outvars))) else math.inf


def _one(equation: Any) -> float:
    inner = numpy_lines.inner_of(equation)
    if not all(map(_is_known, (*equation.invars, *equation.outvars))):
        return math.inf
    if inner is not None:
        return _CALL if numpy_lines.place_of(equation) is not None else _seconds(inner)
    name = equation.primitive.name
    if name not in numpy_lines.MAKERS or (name in _ONLY and not _ONLY[name](equation)):
        return math.inf
    size = sum(math.prod(value.aval.shape) for value in (*equation.invars, *equation.outvars))
    if name == "dot_general":
        multiplied = math.prod(equation.outvars[0].aval.shape) * equation.invars[0].aval.shape[-1]
        return _CALL + 2 * multiplied / _PRODUCTS if multiplied <= ALONE else math.inf
    return 0 if name in numpy_lines.VIEWS else _CALL + size / (_FUNCTIONS if name in numpy_lines.CURVED else _ELEMENTS)


def _is_known(value: Any) -> bool:
    """Whether it is an array of numbers, at least one: of none, NumPy refuses to say which is the largest."""
    dtype = getattr(value.aval, "dtype", None)
    return dtype is not None and dtype.name in _KINDS and 0 not in value.aval.shape


def _is_widening(equation: Any) -> bool:
    """Whether a conversion is one that NumPy does as XLA: of a real number to a whole one, it is not."""
    given, made = equation.invars[0].aval.dtype, equation.params["new_dtype"]
    return given.kind != "f" or np.dtype(made).kind == "f"


def _is_product(equation: Any) -> bool:
    """Whether it is one of two matrices as they are, of their own type."""
    made, given = equation.outvars[0].aval, equation.invars[0].aval
    return equation.params["dimension_numbers"] == (((1,), (0,)), ((), ())) and made.dtype == given.dtype


_ONLY: dict[str, Any] = {
    "convert_element_type": _is_widening, "dot_general": _is_product,
    "select_n": lambda equation: len(equation.invars) == 3 and equation.invars[0].aval.dtype == bool,
}
"""Which equations of some kinds NumPy computes as they are."""
