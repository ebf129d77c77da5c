"""Which expressions of a file may be floats, told from its source: NumPy of 2016 took those as indices and sizes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tracer.legacy import detection

# Functions that give floats, by whatever module they come from, and those that give floats when they are given some.
_FLOATS = frozenset(
    "around average ceil divide exp fabs fix float float32 float64 floor linspace log log10 log2 mean median percentile "
    "pow power rint round sqrt std true_divide trunc uniform".split()
)
_PASS = frozenset("abs absolute arange array asarray clip max maximum min minimum prod sorted sum".split())


class Floats:
    """What may be a float in a file. Told by names alone, whatever their scope: a wrong yes costs a call, no more."""

    def __init__(self, tree: ast.Module, floors: bool) -> None:
        self._floors = floors  # whether `/` of integers is one
        self._names: set[str] = set()
        spread(self._names, [pair for node in detection.all_nodes(tree) for pair in bindings(node)], self.may_be)

    def may_be(self, node: ast.AST | None) -> bool:
        """Whether the value of an expression, or something in it that NumPy looks at, may be a float."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, float)
        if isinstance(node, ast.BinOp):
            divides = isinstance(node.op, ast.Div) and not self._floors
            return divides or self.may_be(node.left) or self.may_be(node.right)
        if isinstance(node, ast.Name | ast.Attribute):
            return name_of(node) in self._names
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            return name in _FLOATS or f"{name}()" in self._names or (name in _PASS and any(map(self.may_be, node.args)))
        return any(map(self.may_be, _parts(node)))


def _parts(node: ast.AST | None) -> list[ast.expr | None]:
    """The expressions that give an expression its value, or stand in it as a bound or an element."""
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Slice):
        return [node.lower, node.upper, node.step]
    if isinstance(node, ast.Tuple | ast.List):
        return list(node.elts)
    return [node.value] if isinstance(node, ast.Subscript | ast.Starred) else []


def name_of(node: ast.AST) -> str:
    """The name, or the attribute, that an expression is; otherwise nothing."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def spread(names: set[str], bound: list[tuple[str, ast.expr]], may_be: Callable[[ast.expr], bool]) -> None:
    """Adds to `names` those that are bound to something that may be meant, as `may_be` says by the names so far."""
    while found := {name for name, value in bound if may_be(value)}:
        names |= found
        bound = [pair for pair in bound if pair[0] not in names]


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement binds, each with what it is bound to."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _bound(target, node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _bound(node.target, ast.BinOp(node.target, node.op, node.value))
    elif isinstance(node, ast.For):
        yield from _bound(node.target, node.iter)
    elif isinstance(node, ast.FunctionDef):
        ending = node.args.args[len(node.args.args) - len(node.args.defaults) :]
        yield from ((argument.arg, default) for argument, default in zip(ending, node.args.defaults, strict=True))
        yield from ((f"{node.name}()", part.value) for part in ast.walk(node) if isinstance(part, ast.Return) and part.value)
    elif isinstance(node, ast.Call):
        yield from ((word.arg, word.value) for word in node.keywords if word.arg)
        if name_of(node.func) == "DEFINE_float" and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), ast.Constant(0.0)


def _bound(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List):
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        for part, own in zip(target.elts, values if len(values) == len(target.elts) else [value] * len(target.elts),
                             strict=True):
            yield from _bound(part, own)
    elif name_of(target):
        yield name_of(target), value
