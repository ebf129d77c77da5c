"""Expressions: what stands for an array while a rule is run to see which JAX calls it makes.

A rule is plain Python over `jnp`, `lax` and the like. Run on expressions, with that library's functions recording
instead of computing, its conditions, loops and checks are done once and leave nothing behind but the calls.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

FEW = 8
"""Arrays of so many elements are written as their elements."""
PATHS = (("jax.numpy.", "jnp."), ("jax.lax.", "lax."))


class UnquotableError(Exception):
    """A rule does something that cannot be seen from the calls it makes."""


class Expr:
    """A value of the emitted program: how it is made, and its shape and type."""

    __array_ufunc__ = None  # arrays of NumPy leave the operators to it
    __array_priority__ = 1000
    __slots__ = ("args", "dtype", "head", "kind", "kwargs", "labels", "number", "origin", "pieces", "shape", "tree", "value")
    _numbers = itertools.count()

    def __init__(self, kind: str, head: str, args: tuple = (), kwargs: dict | None = None, outline: Any = None) -> None:
        self.kind = kind  # "name", "call", "method", "attribute", "binary", "unary", "index"
        self.head = head
        self.args = args
        self.kwargs = kwargs or {}
        self.tree = None if hasattr(outline, "shape") else outline
        self.shape: tuple[int, ...] = tuple(outline.shape) if hasattr(outline, "shape") else ()
        self.dtype: Any = getattr(outline, "dtype", None)
        self.number = next(Expr._numbers)  # in the order of creation
        self.origin: Any = None  # the operation whose value it is
        self.labels: list[str] = []  # of a loop: what the script calls its variables
        self.pieces: list[Expr] = []  # of a call that gives several values: those, each with a name of its own
        self.value: Any = None  # where it is known: an array that is better written as the call that makes it

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def weak_type(self) -> bool:
        return False

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if self.value is None:
            raise UnquotableError("a shape in it depends on values that only a run knows")
        return np.asarray(self.value, dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(self.shape[0]))

    def __bool__(self) -> bool:
        raise UnquotableError("a condition on a value that is not known before the program runs")

    __index__ = __int__ = __float__ = __bool__

    def __hash__(self) -> int:
        return id(self)

    def __getitem__(self, index: Any) -> Any:
        return record("index", "", (self, index), {}, lambda x, i: x[i])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(jax.Array, name):
            raise AttributeError(name)
        if name == "at":
            return At(self)
        if isinstance(getattr(jax.Array, name), property):
            return record("attribute", name, (self,), {}, lambda x: getattr(x, name))
        return lambda *args, **kwargs: record("method", name, (self, *args), kwargs,
                                              lambda x, *a, **k: getattr(x, name)(*a, **k))


class At:
    """`x.at`, and `x.at[index]`."""

    def __init__(self, array: Expr, index: Any = None) -> None:
        self.array, self.index = array, index

    def __getitem__(self, index: Any) -> At:
        return At(self.array, (index,))

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: record(
            "at", name, (self.array, self.index[0], *args), kwargs, lambda x, i, *a, **k: getattr(x.at[i], name)(*a, **k))


class Local:
    """A function inside of a function: the body of a loop, or a branch. What came before it, it uses from outside."""

    def __init__(self, name: str, parameters: list[Expr], results: list[Any], since: int) -> None:
        self.name, self.parameters, self.results = name, parameters, results
        self.since = since  # expressions with smaller numbers are from outside

    def outside(self) -> list[Expr]:
        """The expressions from outside that it uses."""
        found: dict[int, Expr] = {}
        seen: set[int] = set()
        stack = expressions(self.results)
        while stack:
            expr = stack.pop()
            if id(expr) in seen:
                continue
            seen.add(id(expr))
            if expr.number < self.since:
                found[id(expr)] = expr
            else:
                stack += expressions([list(expr.args), expr.kwargs])
        return sorted(found.values(), key=lambda expr: expr.number)


_BINARY = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
           "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
_COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_UNARY = {"neg": "-", "invert": "~"}


def _operators() -> None:
    def binary(symbol: str, function: Callable, swapped: bool) -> Callable:
        def operate(self: Expr, other: Any) -> Any:
            pair = (other, self) if swapped else (self, other)
            return record("binary", symbol, pair, {}, function)

        return operate

    import operator

    for name, symbol in {**_BINARY, **_COMPARE}.items():
        function = getattr(operator, name + "_" if name in ("and", "or") else name)
        setattr(Expr, f"__{name}__", binary(symbol, function, False))
        if name in _BINARY:
            setattr(Expr, f"__r{name}__", binary(symbol, function, True))
    def unary(symbol: str, function: Callable) -> Callable:
        return lambda self: record("unary", symbol, (self,), {}, function)

    for name, symbol in _UNARY.items():
        setattr(Expr, f"__{name}__", unary(symbol, getattr(operator, name)))
    Expr.__abs__ = lambda self: record("call", "jnp.abs", (self,), {}, jax.numpy.abs)  # type: ignore[attr-defined]


_operators()


def expressions(value: Any) -> list[Expr]:
    """The expressions in arguments of any structure."""
    if isinstance(value, Expr):
        return [value]
    if isinstance(value, dict):
        return [e for item in value.values() for e in expressions(item)]
    if isinstance(value, (list, tuple)):
        return [e for item in value for e in expressions(item)]
    if isinstance(value, Local):
        return value.outside()
    if isinstance(value, slice):
        return expressions([value.start, value.stop, value.step])
    return []


def bottom_up(value: Any, done: Callable[[Expr], bool], below: Callable[[Expr], list[Expr]],
              make: Callable[[Expr], None]) -> None:
    """Calls `make` once for every expression in `value` that is not `done`, after all that is `below` it."""
    stack = expressions(value)
    while stack:
        expr = stack[-1]
        waiting = [] if done(expr) else [e for e in below(expr) if not done(e)]
        if waiting:
            stack += waiting
            continue
        stack.pop()
        if not done(expr):
            make(expr)


def mapped(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """`value`, of any structure, with `leaf` of every expression and local function in its place."""
    if isinstance(value, (Expr, Local)):
        return leaf(value)
    if isinstance(value, dict):
        return {key: mapped(item, leaf) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(item, leaf) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(item, leaf) for item in value)
    if isinstance(value, slice):
        return slice(*(mapped(item, leaf) for item in (value.start, value.stop, value.step)))
    return value


def _replaced(value: Any, table: dict[int, Any]) -> Any:
    return mapped(value, lambda leaf: table[id(leaf)] if isinstance(leaf, Expr) else leaf)


def _refuse_functions(head: str, args: tuple, kwargs: dict) -> None:
    """An error where a call is given a function: it would run on what is no expression, or on what is one in vain."""
    if any(callable(value) and not isinstance(value, type) and not hasattr(value, "dtype")
           for value in [*args, *kwargs.values()]):
        raise UnquotableError(f"{head} is given a function")


def record(kind: str, head: str, args: tuple, kwargs: dict, real: Callable) -> Any:
    """The result of a call of `real`, as an expression or a structure of expressions."""
    _refuse_functions(head, args, kwargs)
    found = list({id(e): e for e in expressions([list(args), kwargs])}.values())
    if any(e.tree is not None for e in found):
        raise UnquotableError("a structure as a value")

    def run(arrays: list[Any]) -> Any:
        table = dict(zip(map(id, found), arrays, strict=True))
        return real(*_replaced(args, table), **_replaced(kwargs, table))

    if kind == "binary" and all(e.value is not None for e in found):
        value = np.asarray(run([e.value for e in found]))
        if value.size and (value == value.flat[0]).all():
            return value
    outline = jax.eval_shape(run, [jax.ShapeDtypeStruct(e.shape, e.dtype) for e in found])
    whole = Expr(kind, head, args, kwargs, outline)
    return whole if whole.tree is None else _parts(whole, outline)


def _parts(whole: Expr, outline: Any) -> Any:
    """The expressions of a call with several results, in its structure."""
    if not isinstance(outline, (list, tuple)) or any(not hasattr(part, "shape") for part in outline):
        raise UnquotableError(f"{whole.head} gives a {type(outline).__name__}")
    items = [Expr("index", "", (whole, i), {}, part) for i, part in enumerate(outline)]
    return type(outline)(*items) if hasattr(outline, "_fields") else type(outline)(items)


class Api:
    """A module whose functions record what they are called with, where that is an expression."""

    def __init__(self, real: Any, path: str) -> None:
        self._real, self._path = real, path

    def __getattr__(self, name: str) -> Any:
        return wrapped(getattr(self._real, name), f"{self._path}.{name}")


class Function:
    """A function of such a module."""

    def __init__(self, real: Callable, path: str) -> None:
        self._real, self._path = real, path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._path in _TRANSFORMS:
            return _TRANSFORMS[self._path](self._path, *args, **kwargs)
        if self._path.startswith("optax."):
            raise UnquotableError(f"{self._path} gives functions")
        _refuse_functions(self._path, args, kwargs)
        given = expressions([list(args), kwargs])
        if all(e.value is not None for e in given):
            return self._known(given, args, kwargs)
        return record("call", shortened(self._path), args, kwargs, self._real)

    def _known(self, given: list[Expr], args: tuple, kwargs: dict) -> Any:
        """What is known before the program runs: itself where it is small, and else how it is made."""
        table = {id(e): e.value for e in given}
        value = self._real(*_replaced(args, table), **_replaced(kwargs, table))
        if not isinstance(value, jax.Array) or value.size <= FEW or not self._path.startswith(("jax.lax", "jax.numpy")):
            return value
        whole = record("call", shortened(self._path), args, kwargs, self._real)
        if isinstance(whole, Expr):
            whole.value = value
        return whole

    def __getattr__(self, name: str) -> Any:
        return wrapped(getattr(self._real, name), f"{self._path}.{name}")


def shortened(path: str) -> str:
    """A function's path as the emitted module writes it."""
    for long, short in PATHS:
        if path.startswith(long):
            return short + path.removeprefix(long)
    return path


def wrapped(value: Any, path: str) -> Any:
    """A member of a module, recording."""
    if isinstance(value, types.ModuleType):
        return Api(value, path)
    if isinstance(value, type) or not callable(value):
        return wrapped_type(value, path)
    return Function(value, path)


def wrapped_type(value: Any, path: str) -> Any:
    """Types stay what they are, for `isinstance`; but `jax.custom_jvp` is a type and a decorator."""
    return Function(value, path) if path in _TRANSFORMS else value


class Quoted:
    """A function with a derivative of its own: it is called by name, and its source goes into the emitted module."""

    def __init__(self, function: Callable, module: str, real: Callable) -> None:
        self.function, self.module, self.real = function, module, real
        self.__name__ = function.__name__

    def defjvp(self, function: Callable, symbolic_zeros: bool = False) -> Callable:
        return function

    def defvjp(self, *functions: Callable, **options: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not expressions([list(args), kwargs]):
            return self.real(*args, **kwargs)
        return record("call", f"{self.module}:{self.__name__}", args, kwargs, self.real)


def _with_derivative(path: str, function: Callable | None = None, **options: Any) -> Any:
    if function is None:
        return lambda given: _with_derivative(path, given, **options)
    import importlib

    module = function.__module__
    return Quoted(function, module, _Late(module, function.__name__, importlib))


class _Late:
    """The function itself, of the module that computes: found when it is needed."""

    def __init__(self, module: str, name: str, importlib: Any) -> None:
        self.module, self.name, self.importlib = module, name, importlib

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.importlib.import_module(self.module), self.name)(*args, **kwargs)


def _plainly(path: str, function: Callable | None = None, **options: Any) -> Any:
    return function if function is not None else lambda given: given


def _asked(question: Callable) -> Callable:
    """A question about shapes and types, which is answered at once."""
    return lambda path, *args: question(*(jax.ShapeDtypeStruct(a.shape, a.dtype) if isinstance(a, Expr) else a
                                          for a in args))


_TRANSFORMS: dict[str, Callable] = {
    "jax.custom_jvp": _with_derivative, "jax.custom_vjp": _with_derivative, "jax.jit": _plainly,
    "jax.numpy.shape": _asked(lambda x: np.shape(x) if not hasattr(x, "shape") else tuple(x.shape)),
    "jax.numpy.ndim": _asked(lambda x: np.ndim(x) if not hasattr(x, "shape") else len(x.shape)),
    "jax.numpy.size": _asked(lambda x: int(np.prod(x.shape)) if hasattr(x, "shape") else np.size(x)),
    "jax.numpy.result_type": _asked(jax.numpy.result_type),
    "jax.numpy.iscomplexobj": _asked(lambda x: np.issubdtype(np.dtype(x.dtype), np.complexfloating))}
