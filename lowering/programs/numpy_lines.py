"""A jaxpr written out as lines of Python, each a call of NumPy's."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lowering.jaxprs import called
from lowering.programs import plain

_FILE = "<a program of a few calls>"


def inner_of(equation: Any) -> Any:
    """The program that an equation calls, where it has no constants."""
    inner = called(equation)
    return None if getattr(inner, "consts", ()) else getattr(inner, "jaxpr", inner)


def place_of(equation: Any) -> int | None:
    """The axis along which an equation asks for the place of the largest, as `ArgMax` does."""
    if equation.params.get("name") != "place_of_largest":
        return None
    return next(inner.params["dimension"] for inner in inner_of(equation).eqns if inner.primitive.name == "iota")


# -- what is called, for the parameters of an equation


def _same(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda equation: function


def _by_table(equation: Any) -> Callable[..., Any]:
    return lambda *inputs: plain.apply(equation, list(inputs))[0]


def _reducing(ufunc: Any) -> Callable[..., Any]:
    return lambda equation: partial(ufunc.reduce, axis=tuple(equation.params["axes"]), dtype=equation.outvars[0].aval.dtype)


def _reshaped(equation: Any) -> Callable[..., Any]:
    sizes = equation.outvars[0].aval.shape
    return lambda x: x.reshape(sizes)


def _chosen(which: Any, no: Any, yes: Any) -> Any:
    return np.where(which, yes, no)


def _joined(equation: Any) -> Callable[..., Any]:
    axis = equation.params["dimension"]
    return lambda *parts: np.concatenate(parts, axis)


def _split(equation: Any) -> Callable[..., Any]:
    ends, axis = np.cumsum([0, *equation.params["sizes"]]).tolist(), equation.params["axis"]
    parts = [(slice(None),) * axis + (slice(*bounds),) for bounds in itertools.pairwise(ends)]
    return lambda x: [x[part] for part in parts]


def _largest_at(axis: int, inner: Any) -> Callable[..., Any]:
    kind = inner.invars[0].aval.dtype
    lowest = (np.finfo if kind.kind == "f" else np.iinfo)(kind).min

    def place(x: Any) -> Any:
        if (x > lowest).all():
            return x.argmax(axis)
        return plain.evaluate(inner, (), [x])[0]  # NaN, which is never the largest

    return place


_SPREAD: dict[str, Any] = {"select_n": _chosen, **{name: plain.FUNCTIONS[name] for name in (
    "add", "sub", "mul", "neg", "abs", "max", "min", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "exp", "log",
    "log1p", "expm1", "sqrt", "rsqrt", "tanh", "logistic", "square", "floor", "ceil", "sign", "pow")}}
"""What is done number by number, so that a row may stand for many that are alike."""
CURVED = frozenset({"exp", "log", "log1p", "expm1", "tanh", "logistic", "pow"})
VIEWS = frozenset({"broadcast_in_dim", "reshape", "squeeze", "expand_dims", "stop_gradient", "transpose", "slice", "split"})
MAKERS: dict[str, Callable[..., Callable[..., Any]]] = {
    **{name: _same(function) for name, function in _SPREAD.items()},
    **dict.fromkeys(("reshape", "squeeze", "expand_dims"), _reshaped),
    **dict.fromkeys(("broadcast_in_dim", "convert_element_type", "integer_pow", "iota", "slice", "stack", "transpose"),
                    _by_table),
    "div": lambda equation: np.divide if equation.outvars[0].aval.dtype.kind == "f" else _by_table(equation),
    "dot_general": _same(np.dot), "concatenate": _joined, "split": _split, "stop_gradient": _same(lambda x: x),
    "reduce_sum": _reducing(np.add), "reduce_max": _reducing(np.maximum), "reduce_min": _reducing(np.minimum),
}


# -- the program written out


class _Line(NamedTuple):
    """A line of Python: the values that it makes, those that it takes, and how the first come from the others."""

    made: list[str]
    given: list[str]
    text: str


class _Writer:
    """Lines of Python, a name for each value, and the shape that it has while what is alike stands there once."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self.table: dict[str, Any] = {"_own": np.array}
        self.names: dict[Any, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.fresh: set[str] = set()  # what is no view of something else

    def name(self, variable: Any, shape: tuple[int, ...] | None = None) -> str:
        """A new name for the value of a variable of the jaxpr."""
        made = self.names[variable] = f"v{len(self.shapes)}"
        self.shapes[made] = variable.aval.shape if shape is None else shape
        return made

    def constant(self, value: Any) -> str:
        """The name of what is the same in every run."""
        made = f"c{len(self.table)}"
        self.table[made] = value
        self.shapes[made] = np.shape(value) if isinstance(value, np.ndarray) else ()
        return made

    def read(self, atom: Any, whole: bool = True) -> str:
        """The name of an operand; as `whole`, with the shape that it has in the jaxpr."""
        name = self.constant(np.asarray(atom.val, atom.aval.dtype)) if hasattr(atom, "val") else self.names[atom]
        if not whole or self.shapes[name] == atom.aval.shape:
            return name
        return self.line([atom], partial(np.broadcast_to, shape=atom.aval.shape), [name])[0]

    def line(self, variables: list[Any], function: Callable[..., Any], given: list[str],
             shape: tuple[int, ...] | None = None, several: bool = False) -> list[str]:
        """Has a function of values that have names make others. What follows from constants alone is computed now."""
        if all(name in self.table for name in given):
            with np.errstate(all="ignore"):
                results = function(*map(self.table.get, given))
            made = [self.constant(np.asarray(result)) for result in (results if several else [results])]
            self.names.update(zip(variables, made, strict=True))
            return made
        made = [self.name(variable, shape) for variable in variables]
        called = self.constant(function)
        self.lines.append(_Line(made, given, f"{', '.join(made)}{',' * several} = {called}({', '.join(given)})"))
        return made

    def body(self, jaxpr: Any) -> None:
        """All equations of a jaxpr, whose own variables have names."""
        for equation in jaxpr.eqns:
            inner = inner_of(equation)
            if inner is None or place_of(equation) is not None:
                self.equation(equation)
                continue
            for variable, atom in zip(inner.invars, equation.invars, strict=True):
                self.names[variable] = self.read(atom, whole=False)
            self.body(inner)
            for variable, atom in zip(equation.outvars, inner.outvars, strict=True):
                self.names[variable] = self.read(atom, whole=False)

    def equation(self, equation: Any) -> None:
        kind, axis = equation.primitive.name, place_of(equation)
        if kind == "broadcast_in_dim" and self.left_narrow(equation):
            return
        function = MAKERS[kind](equation) if axis is None else _largest_at(axis, inner_of(equation))
        given = [self.read(atom, whole=kind not in _SPREAD) for atom in equation.invars]
        shape = np.broadcast_shapes(*[self.shapes[name] for name in given]) if kind in _SPREAD else None
        made = self.line(equation.outvars, function, given, shape, kind == "split")
        if kind not in VIEWS:
            self.fresh.update(made)

    def left_narrow(self, equation: Any) -> bool:
        """Leaves what a value is spread over to what reads it."""
        (atom,), (made,) = equation.invars, equation.outvars
        name = self.read(atom, whole=False)
        if self.shapes[name] != atom.aval.shape:
            return False
        sizes, axes = [1] * len(made.aval.shape), equation.params["broadcast_dimensions"]
        for size, axis in zip(atom.aval.shape, axes, strict=True):
            sizes[axis] = size
        if list(axes) == list(range(len(sizes) - len(axes), len(sizes))):
            self.names[made] = name
        else:
            self.line([made], lambda x: x.reshape(sizes), [name], tuple(sizes))
        return True

    def result(self, atom: Any) -> str:
        """What is given to the caller, whose own it is."""
        name = self.read(atom)
        if name in self.fresh and name not in self.table:
            self.fresh.discard(name)
            return name
        return f"_own({name})"

    def needed(self, results: list[str]) -> list[str]:
        """The lines that the results need."""
        wanted, found = set(results), []
        for line in reversed(self.lines):
            if not wanted.isdisjoint(line.made):
                found.append(line.text)
                wanted.update(line.given)
        return found[::-1]


def written(closed: Any, counts: list[int]) -> tuple[Callable[..., tuple], str]:
    """The function of values and inputs, so many of each as `counts` says; and its source."""
    writer, jaxpr = _Writer(), closed.jaxpr
    for variable, value in zip(jaxpr.constvars, closed.consts, strict=True):
        writer.names[variable] = writer.constant(np.array(value))
    names = iter([writer.name(variable) for variable in jaxpr.invars])
    parts = [[next(names) for _ in range(count)] for count in counts]
    heads = [f"{', '.join(part)}, = {source}" for part, source in zip(parts, ("values", "inputs"), strict=True) if part]
    writer.body(jaxpr)
    results = [writer.result(atom) for atom in jaxpr.outvars]
    lines = writer.needed([writer.names[atom] for atom in jaxpr.outvars if not hasattr(atom, "val")])
    source = "\n ".join(["def run(values, inputs):", *heads, *lines, f"return ({', '.join(results)},)"])
    exec(compile(source, _FILE, "exec"), writer.table)
    return writer.table["run"], source
