"""What Python 2 made a list and Python 3 makes an iterator or a view, where a program uses it as a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_MAKERS = frozenset({"filter", "map", "range", "zip"})
_VIEWS = frozenset({"items", "keys", "values"})
METHODS = frozenset("append count extend index insert pop remove reverse sort".split())
_TAKE_NO_ITERATORS = frozenset(
    "argmax argmin argsort array asanyarray asarray concatenate max mean median min std var".split()
)
"""NumPy's functions that only a sequence makes sense for; some others go through whatever they are given."""


def makes_list(node: ast.AST, bound: frozenset[str]) -> bool:
    """A call whose result was a list in Python 2 and is something else now."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in _VIEWS and not node.args and node.func.attr not in bound
    return is_builtin_list(node) and node.func.id not in bound  # type: ignore[attr-defined]


def is_builtin_list(node: ast.AST) -> bool:
    """Whether an expression calls a function that gave a list in Python 2, such as `map`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS


def used(nodes: list[ast.AST], bound: frozenset[str]) -> str | None:
    """The first place of a file, of whose nodes and bound names it is told, where it uses one as a list."""
    own = bound & _MAKERS
    return (_changed(nodes, own) or _read(nodes, own) or _read_before_the_next_value(nodes, own)
            or _gone_through_twice(nodes, own))


def _changed(nodes: list[ast.AST], own: frozenset[str]) -> str | None:
    """`order = range(10)` and later `shuffle(order)` or `order.append(x)`."""
    lists: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            (lists if makes_list(node.value, own) else others).update(names)
    lists -= others
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changed = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            changed = node.func.value if node.func.attr not in ("count", "index") else None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "shuffle":
            changed = node.args[0] if node.args else None
        else:
            changed = None
        if isinstance(changed, ast.Name) and changed.id in lists:
            return f"line {changed.lineno}: {changed.id} is used as a list"
    return None


def _read(nodes: list[ast.AST], own: frozenset[str]) -> str | None:
    """`self.means = map(f, x)` and later `self.means[0]` or `len(self.means)`, which Python 3 refuses."""
    made = [target for node in nodes if isinstance(node, ast.Assign) and _makes_iterator(node.value, own)
            for target in node.targets]
    others = {_place(node) for node in nodes if node not in made and (
        isinstance(node, ast.arg) or isinstance(getattr(node, "ctx", None), ast.Store))}
    iterators = {_place(target) for target in made} - others - {""}
    return _found(nodes, iterators, own)


def _read_before_the_next_value(nodes: list[ast.AST], own: frozenset[str]) -> str | None:
    """`y = map(f, x)`, then `len(y)`, and only then another value for `y`."""
    signs = (_found(_until_bound(rest, name), {name}, own) for name, rest in _iterators(nodes, own))
    return next(filter(None, signs), None)


def _gone_through_twice(nodes: list[ast.AST], own: frozenset[str]) -> str | None:
    """`pairs = zip(a, b)`, then a loop over `pairs`, and then another use: Python 3 has nothing left for it."""
    return next(filter(None, (_read_when_spent(rest, name) for name, rest in _iterators(nodes, own))), None)


def _iterators(nodes: list[ast.AST], own: frozenset[str]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Each name that an iterator is given to, with the statements that follow in its block."""
    for node in nodes:
        blocks: list[Any] = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
        for block in (block for block in blocks if isinstance(block, list)):
            for number, statement in enumerate(block):
                if isinstance(statement, ast.Assign) and _makes_iterator(statement.value, own):
                    for target in statement.targets:
                        if isinstance(target, ast.Name):
                            yield target.id, block[number + 1:]


def _read_when_spent(statements: list[ast.stmt], name: str) -> str | None:
    spent = False
    for statement in statements:
        uses = [part for part in ast.walk(statement) if isinstance(part, ast.Name) and part.id == name]
        if any(not isinstance(use.ctx, ast.Load) for use in uses):
            return None
        if spent and uses:
            return f"line {uses[0].lineno}: {name} is read again"
        spent = spent or _spends(statement, name)
    return None


def _spends(statement: ast.stmt, name: str) -> bool:
    """Whether it certainly goes through all that the name has."""
    if isinstance(statement, ast.For):
        left = any(isinstance(part, ast.Break | ast.Return) for part in ast.walk(statement))
        return _is_name(statement.iter, name) and not left
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
        return False
    return any(isinstance(part, ast.ListComp | ast.DictComp | ast.SetComp) and _is_name(part.generators[0].iter, name)
               for part in ast.walk(statement))


def _until_bound(statements: list[ast.stmt], name: str) -> list[ast.AST]:
    """What certainly runs while a name keeps its value, in the order of the statements."""
    found: list[ast.AST] = []
    for statement in statements:
        if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
            break
        binds = any(isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load)
                    for part in ast.walk(statement))
        found.extend(ast.walk(statement.value if binds and statement.value is not None else statement))
        if binds:
            break
    return found


def _found(nodes: list[ast.AST], iterators: set[str], own: frozenset[str]) -> str | None:
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _place(node.value) in iterators:
            return f"line {node.lineno}: {_place(node.value)} is read as a list"
        if isinstance(node, ast.Call) and (_is_name(node.func, "len") or _takes_no_iterators(node.func)):
            for given in node.args:
                array = _makes_iterator(given, own, views=True) and not _is_name(node.func, "len")
                if array or _place(given) in iterators:
                    return f"line {node.lineno}: {ast.unparse(given)} is read as a list"
    return None


def _makes_iterator(node: ast.AST, own: frozenset[str], views: bool = False) -> bool:
    made = makes_list(node, own) and (views or is_builtin_list(node))
    return made and not (isinstance(node, ast.Call) and _is_name(node.func, "range"))


def _takes_no_iterators(function: ast.AST) -> bool:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id in ("np", "numpy") and function.attr in _TAKE_NO_ITERATORS
    return _is_name(function, "train_test_split")


def _place(node: ast.AST) -> str:
    """The name, argument or `.attribute` that a node is; otherwise nothing."""
    if isinstance(node, ast.Attribute):
        return "." + node.attr
    return node.id if isinstance(node, ast.Name) else node.arg if isinstance(node, ast.arg) else ""


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
