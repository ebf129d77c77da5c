"""Expressions as a person would write them: operators for functions, defaults left out, nothing added to nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr, Local, bottom_up, expressions, mapped

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "true_divide": "/", "divide": "/", "equal": "==", "not_equal": "!=",
          "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "logical_and": "&", "logical_or": "|",
          "bitwise_and": "&", "bitwise_or": "|", "mod": "%", "floor_divide": "//", "matmul": "@"}
_PREFIX = {"negative": "-", "logical_not": "~"}
_REDUCTIONS = frozenset({"sum", "mean", "prod", "max", "min", "all", "any", "std", "var"})
_NEUTRAL = {"+": 0, "-": 0, "*": 1, "/": 1, "**": 1}


def simpler(expr: Expr) -> Any:
    """The same value as a person would write it: operators, defaults left out, nothing added or multiplied by one."""
    while True:
        head = expr.head.removeprefix("jnp.") if expr.kind == "call" and expr.head.startswith("jnp.") else ""
        if head in ("asarray", "array") and isinstance(expr.args[0], Expr) and expr.dtype == expr.args[0].dtype \
                and not expr.args[0].head.isidentifier():  # what a function is given may be an array of NumPy
            expr = expr.args[0]
        elif head == "full" and len(expr.args) == 2 and not isinstance(expr.args[1], Expr) and expr.dtype == np.float32 \
                and np.ndim(expr.args[1]) == 0 and expr.args[1] in (0, 1) and not expr.kwargs:
            expr = _same(expr, "call", "jnp.ones" if expr.args[1] else "jnp.zeros", (expr.args[0], np.dtype(np.float32)), {})
        elif expr.kind == "binary" and any(map(_needless, expr.args)):
            expr = _same(expr, "binary", expr.head, tuple(a.args[0] if _needless(a) else a for a in expr.args), {})
        elif head == "asarray" and not isinstance(x := expr.args[0], Expr) and np.ndim(x) and x.dtype == expr.dtype:
            return x
        elif head == "reshape" and _stands_for(expr.args[0], expr):
            expr = expr.args[0]
        elif head == "reshape" and isinstance(expr.args[0], Expr) and expr.args[0].head == "jnp.reshape":
            expr = _same(expr, "call", expr.head, (expr.args[0].args[0], expr.args[1]), {})
        elif head in ("stack", "concatenate") and len(expr.args) == 2 and _is(expr.args[1], 0):
            expr = _same(expr, "call", expr.head, expr.args[:1], {})
        elif expr.kind == "at" and expr.head == "add" and (whole := _unflattened(expr)) is not None:
            expr = whole
        elif head == "concatenate" and (stacked := _stacked(expr)) is not None:
            expr = stacked
        elif head == "sqrt" and (leaves := norm_of(expr)) is not None:
            expr = _same(expr, "call", "optax.tree.norm", (leaves,), {})
        elif head == "minimum" and (clipped := _clipping(expr)) is not None:
            expr = clipped
        elif expr.kind == "binary" and expr.head == "*" and (share := _share(expr)) is not None:
            expr = share
        elif head == "transpose" and expr.args[0].ndim == 2 and len(expr.args) == 2 and list(expr.args[1]) == [1, 0]:
            expr = _same(expr, "attribute", "T", expr.args[:1], {})
        elif head == "squeeze" and (shorter := _element(expr)) is not None:
            expr = shorter
        elif expr.head in ("jax.nn.softmax", "jax.nn.log_softmax") and expr.kwargs == {"axis": -1}:
            expr = _same(expr, "call", expr.head, expr.args, {})
        elif head in _INFIX and len(expr.args) == 2 and not expr.kwargs and _fits(expr, head):
            expr = _same(expr, "binary", _INFIX[head], expr.args, {})
        elif head in _PREFIX and len(expr.args) == 1:
            expr = _same(expr, "unary", _PREFIX[head], expr.args, {})
        elif expr.kind == "binary" and _is(expr.args[1], _NEUTRAL.get(expr.head)) and _stands_for(expr.args[0], expr):
            expr = expr.args[0]
        elif expr.kind == "binary" and expr.head in "+*" and _is(expr.args[0], _NEUTRAL[expr.head]) \
                and _stands_for(expr.args[1], expr):
            expr = expr.args[1]
        elif expr.kind == "binary" and expr.head == "@" and _is_column_of_ones(expr.args[1]):
            expr = _same(expr, "call", "jnp.sum", (expr.args[0], 1), {"keepdims": True})
        elif head == "reshape" and (total := _flat_sum(expr)) is not None:
            expr = total
        elif expr.kind == "binary" and expr.head in "*/" and (mean := _mean(expr)) is not None:
            expr = mean
        elif head in _REDUCTIONS and len(expr.args) + len(expr.kwargs) > 1 and (shorter := _reduction(expr)) is not None:
            expr = shorter
        elif expr.kind == "index" and (shorter := _shorter(*expr.args)) is not None:
            expr = _same(expr, "index", "", (expr.args[0], shorter), {})
        elif expr.kind == "method" and expr.head == "astype" and expr.args[0].dtype == expr.dtype:
            expr = expr.args[0]
        else:
            return expr


def _stacked(expr: Expr) -> Expr | None:
    """Arrays joined along an axis that each was given just for that, as `jnp.stack`."""
    parts, axis = expr.args[0], expr.args[1] if len(expr.args) > 1 else 0
    if not (isinstance(parts, (list, tuple)) and len(parts) > 1 and isinstance(axis, int) and not expr.kwargs):
        return None
    whole = [p.args[0] if isinstance(p, Expr) and p.head in ("jnp.reshape", "jnp.expand_dims") else None for p in parts]
    shapes = {(w.shape if isinstance(w, Expr) else None, p.shape) for w, p in zip(whole, parts, strict=True)}
    if len(shapes) > 1:
        return None
    ((before, after),) = shapes
    if before is None or axis < 0 or after != (*before[:axis], 1, *before[axis:]):
        return None
    return _same(expr, "call", "jnp.stack", (whole, axis) if axis else (whole,), {})


def _clipping(expr: Expr) -> Expr | None:
    """`min(1 / norm, 1 / limit)` of a norm as `1 / max(norm, limit)`."""
    share, most = expr.args
    if isinstance(most, Expr) or np.size(most) != 1 or np.asarray(most).dtype.kind != "f" or not most > 0:
        return None
    if not (isinstance(share, Expr) and share.kind == "binary" and share.head == "/" and _is(share.args[0], 1)):
        return None
    norm = share.args[1]
    if not (isinstance(norm, Expr) and norm.head == "optax.tree.norm"):
        return None
    limit = copy.copy(norm)
    limit.kind, limit.head, limit.args = "call", "jnp.maximum", (norm, _inverse(most))
    expr.labels = ["scale"]
    return _same(expr, "binary", "/", (share.args[0], limit), {})


def _inverse(number: Any) -> Any:
    """The number whose inverse this is: a short one, where there is such."""
    array = np.asarray(number)
    exact = 1 / array
    short = array.dtype.type(f"{float(exact):.6g}")
    return short if 1 / short == array else exact


def _share(expr: Expr) -> Expr | None:
    """`a * (1 / max(norm, limit))` as `a / max(norm, limit)`."""
    factor, share = expr.args
    if isinstance(factor, Expr) or not (isinstance(share, Expr) and share.kind == "binary" and share.head == "/"
                                        and _is(share.args[0], 1)):
        return None
    limit = share.args[1]
    if not (isinstance(limit, Expr) and limit.head == "jnp.maximum" and isinstance(limit.args[0], Expr)
            and limit.args[0].head == "optax.tree.norm"):
        return None
    return _same(expr, "binary", "/", (factor, limit), {})


def _unflattened(expr: Expr) -> Expr | None:
    """What is added to rows, whose indices have been laid out in a row for that, without that."""
    table, indices, rows = expr.args
    if not (isinstance(indices, Expr) and isinstance(rows, Expr)):
        return None
    changed = unfolded(indices, rows)
    return None if changed[0] is indices else _same(expr, "at", expr.head, (table, *changed), expr.kwargs)


def unfolded(indices: Expr, rows: Expr) -> tuple[Expr, Expr]:
    """Indices and rows with the axes that the indices had before they were laid out in a row."""
    if rows.kind == "unary" or (rows.kind == "binary" and rows.head == "*" and np.ndim(rows.args[1]) == 0):
        before, inner = unfolded(indices, rows.args[0])
        if inner is rows.args[0]:
            return indices, rows
        made = _same(rows, rows.kind, rows.head, (inner, *rows.args[1:]), rows.kwargs)
        made.shape = inner.shape
        return before, made
    if indices.head == rows.head == "jnp.concatenate" and len(indices.args) == len(rows.args) == 1:
        flat = list(zip(indices.args[0], rows.args[0], strict=True))
        pairs = [unfolded(*pair) for pair in flat]
        pairs = pairs if len({pair[0].shape[1:] for pair in pairs}) == 1 else flat
        pairs.sort(key=lambda pair: pair[0].number)
        return tuple(_with_parts(whole, list(parts)) for whole, parts in zip(  # type: ignore[return-value]
            (indices, rows), zip(*pairs, strict=True), strict=True))
    first, second = (e.args[0] if e.head in ("reshape", "jnp.reshape") else None for e in (indices, rows))
    if isinstance(first, Expr) and isinstance(second, Expr) and second.shape[:first.ndim] == first.shape:
        return first, second
    return indices, rows


def _with_parts(whole: Expr, parts: list[Expr]) -> Expr:
    """A concatenation of other parts."""
    made = _same(whole, whole.kind, whole.head, (parts,), whole.kwargs)
    made.shape = (sum(part.shape[0] for part in parts), *parts[0].shape[1:])
    return made


def _is_column_of_ones(value: Any) -> bool:
    if isinstance(value, Expr) and value.kind == "call" and value.head == "jnp.ones":
        return value.ndim == 2 and value.shape[1] == 1
    return not isinstance(value, Expr) and np.ndim(value) == 2 and np.shape(value)[1] == 1 and _is(value, 1)


def _flat_sum(expr: Expr) -> Expr | None:
    """Sums of rows that stand in a column, as a vector."""
    total = expr.args[0]
    if isinstance(total, Expr) and total.head == "jnp.sum" and total.kwargs == {"keepdims": True} and expr.ndim == 1 \
            and total.ndim == 2 and total.shape[1] == 1 and _is(total.args[1], 1):
        return _same(expr, "call", "jnp.sum", total.args, {})
    return None


def _needless(value: Any) -> bool:
    """Whether it is an array made of an array, for an operator: of two arrays of NumPy, that gives the same."""
    return isinstance(value, Expr) and value.head == "jnp.asarray" and len(value.args) == 1 and not value.kwargs \
        and isinstance(value.args[0], Expr) and value.args[0].dtype == value.dtype


def _element(expr: Expr) -> Expr | None:
    """`x[:, 2:3]` without the axis that has one element: `x[:, 2]`."""
    x, *axes = expr.args
    if not (isinstance(x, Expr) and x.kind == "index" and axes and isinstance(axes[0], tuple)):
        return None
    index: list[Any] = list(x.args[1]) if isinstance(x.args[1], tuple) else [x.args[1]]
    if not all(isinstance(part, slice) for part in index):
        return None
    if any(axis >= len(index) or index[axis].step not in (None, 1) or (index[axis].start is None and index[axis].stop != 1)
           for axis in axes[0]):
        return None
    for axis in axes[0]:
        index[axis] = index[axis].start or 0
    return _same(expr, "index", "", (x.args[0], tuple(index)), {})


def norm_of(expr: Expr) -> list[Expr] | None:
    """The arrays whose common norm an expression is, as `tf.global_norm` writes it; None where it is not one."""
    total = expr.args[0]
    if not (isinstance(total, Expr) and total.kind == "binary" and total.head == "*" and _is(total.args[1], 2)):
        return None
    total = total.args[0]
    if not (isinstance(total, Expr) and total.head == "jnp.sum" and len(total.args) == 1 and not total.kwargs):
        return None
    stack = total.args[0]
    if not (isinstance(stack, Expr) and stack.head == "jnp.stack" and len(stack.args) == 1):
        return None
    leaves = [_halved_squares(part) for part in stack.args[0]]
    return None if any(leaf is None for leaf in leaves) else [part for leaf in leaves for part in _whole(leaf)]


def _whole(leaf: Any) -> list[Expr]:
    """What an array is made of by giving it another shape, and by joining."""
    if leaf.head in ("reshape", "jnp.reshape") and isinstance(leaf.args[0], Expr):
        return _whole(leaf.args[0])
    if leaf.head in ("jnp.concatenate", "jnp.stack") and all(isinstance(part, Expr) for part in leaf.args[0]):
        return [whole for part in leaf.args[0] for whole in _whole(part)]
    return [leaf]


def _halved_squares(part: Any) -> Expr | None:
    if not (isinstance(part, Expr) and part.kind == "binary" and part.head == "/" and _is(part.args[1], 2)):
        return None
    total = part.args[0]
    if not (isinstance(total, Expr) and total.head == "jnp.sum" and len(total.args) == 1 and not total.kwargs):
        return None
    square = total.args[0]
    power = isinstance(square, Expr) and square.kind == "binary" and square.head == "**" and _is(square.args[1], 2)
    return square.args[0] if power and isinstance(square.args[0], Expr) else None


def _fits(expr: Expr, head: str) -> bool:
    """Whether an operator means the same: `&` of numbers is no `logical_and`."""
    return not head.startswith("logical") or all(np.dtype(getattr(a, "dtype", float)) == np.bool_ for a in expr.args)


def _is(value: Any, number: Any) -> bool:
    """Whether a constant is this number, or an array of it."""
    if isinstance(value, Expr) and value.value is not None:
        value = value.value
    return number is not None and not isinstance(value, (Expr, str, list, tuple, type)) and np.size(value) > 0 and (
        hasattr(value, "dtype") or np.ndim(value) == 0) and bool(np.all(np.asarray(value) == number))


def _stands_for(part: Any, whole: Expr) -> bool:
    return isinstance(part, Expr) and part.shape == whole.shape and part.dtype == whole.dtype


def _same(expr: Expr, kind: str, head: str, args: tuple, kwargs: dict) -> Expr:
    made = copy.copy(expr)
    made.kind, made.head, made.args, made.kwargs = kind, head, args, kwargs
    return made


def _shorter(array: Any, index: Any) -> Any:
    """An index without the bounds that go without saying; None where it is as short as can be."""
    if not (isinstance(array, Expr) and array.tree is None and isinstance(index, tuple) and not expressions(list(index))
            and all(isinstance(part, (slice, int)) for part in index)):
        return None
    parts = [_shorter_slice(part, size) for part, size in zip(index, array.shape, strict=False)]
    while len(parts) > 1 and isinstance(parts[-1], slice) and parts[-1] == slice(None):
        parts.pop()
    if len(parts) == 1:
        return parts[0]
    return None if tuple(parts) == index else tuple(parts)


def _shorter_slice(part: Any, size: int) -> Any:
    if not isinstance(part, slice) or part.step not in (None, 1) or (part.start or 0) < 0 or (part.stop or 0) < 0:
        return part
    return slice(part.start or None, None if part.stop is None or part.stop >= size else part.stop)


def _mean(expr: Expr) -> Expr | None:
    """A sum by the number of what is added up, as the mean; None where it is another number."""
    total, number = expr.args[0], expr.args[1]
    if not (isinstance(total, Expr) and total.head == "jnp.sum" and len(total.args) <= 2 and not isinstance(number, Expr)
            and not set(total.kwargs) - {"keepdims"} and np.issubdtype(expr.dtype, np.floating)
            and np.ndim(number) == 0 and number != 0):
        return None
    arguments: tuple[Any, ...] = total.args
    x = arguments[0]
    axes = arguments[1] if len(arguments) > 1 else tuple(range(x.ndim))
    count = np.prod([x.shape[axis] for axis in np.atleast_1d(axes)])
    if total.dtype != expr.dtype or x.dtype != expr.dtype or expr.dtype.type(number) != (
            expr.dtype.type(count) if expr.head == "/" else expr.dtype.type(1) / expr.dtype.type(count)):
        return None
    if x.kind == "binary" and x.head == "**" and count == 2:
        return None  # half of a sum of squares, by chance of two
    return _same(expr, "call", "jnp.mean", total.args, total.kwargs)


def _reduction(expr: Expr) -> Expr | None:
    """A reduction without what goes without saying; None where nothing does."""
    x, *rest = expr.args
    kwargs = {key: value for key, value in expr.kwargs.items() if not (key == "keepdims" and value is False)}
    if len(rest) == 2 and expr.dtype == x.dtype and expr.head in ("jnp.sum", "jnp.prod", "jnp.mean"):
        rest = rest[:1]  # the type
    if rest and isinstance(rest[0], tuple) and not kwargs and len(rest) == 1 and sorted(rest[0]) == list(range(x.ndim)):
        rest = []
    elif rest and isinstance(rest[0], tuple) and len(rest[0]) == 1:
        rest[0] = rest[0][0]
    changed = (x, *rest) != expr.args or kwargs != expr.kwargs
    return _same(expr, "call", expr.head, (x, *rest), kwargs) if changed else None


class Simplifier:
    """Simplifies expressions with all that they are made of. Equal questions get the same expression."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[Expr, Any]] = {}  # the expression itself is held, so that no other gets its id

    def __call__(self, value: Any) -> Any:
        """`value`, of any structure, with every expression in it simplified."""
        bottom_up(value, lambda expr: id(expr) in self._found, self._below, self._simplify)
        return self._mapped(value)

    def _simplify(self, expr: Expr) -> None:
        self._found[id(expr)] = (expr, self._made(expr))

    def keep(self, expr: Expr) -> None:
        """Says that an expression is simple already."""
        self._found[id(expr)] = (expr, expr)

    @staticmethod
    def _below(expr: Expr) -> list[Expr]:
        inside = [e for argument in expr.args if isinstance(argument, Local) for e in expressions(argument.results)]
        return [*expressions([list(expr.args), expr.kwargs]), *inside]

    def _made(self, expr: Expr) -> Any:
        args, kwargs = self._mapped(expr.args), self._mapped(expr.kwargs)
        made = copy.copy(expr)
        made.args, made.kwargs = args, kwargs
        found = simpler(made) if expr.kind != "name" else expr
        if found is made and all(a is b for a, b in zip(args, expr.args, strict=True)) and not kwargs:
            return expr
        if isinstance(found, Expr):
            self._found[id(found)] = (found, found)
        return found

    def _mapped(self, value: Any) -> Any:
        return mapped(value, self._leaf)

    def _leaf(self, leaf: Expr | Local) -> Any:
        if isinstance(leaf, Expr):
            return self._found[id(leaf)][1]
        changed = copy.copy(leaf)
        changed.results = self._mapped(leaf.results)
        return changed
