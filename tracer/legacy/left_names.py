"""In Python 2 the names that a list comprehension goes through stay behind in the function around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_OTHER_SCOPES = (*_COMPREHENSIONS, *_FUNCTIONS, ast.ClassDef)
_MARK = "_one_"


def leave(tree: ast.Module) -> None:
    """Has comprehensions leave the names that something else reads, in place."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            _leave_in(scope)


def _leave_in(scope: ast.AST) -> None:
    comprehensions = list(_comprehensions(scope))
    if not comprehensions:
        return
    read = {name for child in ast.iter_child_nodes(scope) for name in _names_read(child, frozenset())} | _shared_names(scope)
    for comprehension in comprehensions:
        left = read.intersection(_targets(comprehension))
        if left:
            _leave_names(comprehension, left)


def _comprehensions(scope: ast.AST) -> Iterator[ast.ListComp]:
    """The list comprehensions of a scope; not those inside of others, whose names the outer ones may go through."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ListComp):
            yield node
        elif not isinstance(node, _OTHER_SCOPES):
            yield from _comprehensions(node)


def _names_read(node: ast.AST, own: frozenset[str]) -> Iterator[str]:
    """The names that are read in it, and are no inner scope's own; `own` are those of the scopes between."""
    if isinstance(node, ast.Name):
        if node.id not in own and not isinstance(node.ctx, ast.Store):
            yield node.id
        return
    if isinstance(node, _COMPREHENSIONS):
        own = own.union(_targets(node))
    elif isinstance(node, _FUNCTIONS):
        own = own.union(_names_of(node))
    for child in ast.iter_child_nodes(node):
        yield from _names_read(child, own)


def _targets(comprehension: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Iterator[str]:
    for part in comprehension.generators:
        for name in ast.walk(part.target):
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                yield name.id


def _names_of(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that are a function's own: its arguments, and what it assigns."""
    inside = list(ast.walk(function))
    arguments = {node.arg for node in inside if isinstance(node, ast.arg)}
    assigned = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return (arguments | assigned) - _shared_names(function)


def _shared_names(scope: ast.AST) -> set[str]:
    return {name for node in ast.walk(scope) if isinstance(node, ast.Global) for name in node.names}


def _leave_names(comprehension: ast.ListComp, left: set[str]) -> None:
    """Has it go through names of its own, and assign each to the one that stays behind first."""
    for part in comprehension.generators:
        assigned: list[ast.expr] = []
        for name in ast.walk(part.target):
            if isinstance(name, ast.Name) and name.id in left and isinstance(name.ctx, ast.Store):
                value = ast.copy_location(ast.Name(_MARK + name.id, ast.Load()), name)
                stays = ast.copy_location(ast.Name(name.id, ast.Store()), name)
                assigned.append(ast.copy_location(ast.NamedExpr(stays, value), name))
                name.id = _MARK + name.id
        if assigned:
            part.ifs.insert(0, ast.copy_location(ast.Tuple(assigned, ast.Load()), part.target))
