"""Assignments in legacy source: what their targets are, and those to places of arrays, which took more than today."""

from __future__ import annotations

import ast
from typing import Any

from tracer.legacy.helper_calls import call, is_call_of, named, stored

_NO_ARRAYS = (ast.Compare, ast.Constant, ast.Dict, ast.JoinedStr, ast.Lambda, ast.List, ast.ListComp, ast.Set, ast.Tuple)
_OF_NO_ARRAYS = frozenset("bool dict float int len list ord set str tuple".split())


def acts(node: ast.AST) -> bool:
    """Whether to evaluate it twice is more than to evaluate it once."""
    return any(isinstance(part, ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) for part in ast.walk(node))


def as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        node: ast.expr = ast.Name(target.id, ast.Load())
    elif isinstance(target, ast.Attribute):
        node = ast.Attribute(target.value, target.attr, ast.Load())
    else:
        assert isinstance(target, ast.Subscript)
        owner = target.value.args[0] if is_call_of(target.value, "places") else target.value
        node = ast.Subscript(owner, target.slice, ast.Load())
    return ast.copy_location(node, target)


def adds_to(node: ast.Assign) -> ast.Name | None:
    """The name in `name = name + value`."""
    target, value = node.targets[0], node.value
    adds = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and isinstance(value.left, ast.Name)
    return target if adds and isinstance(target, ast.Name) and target.id == value.left.id else None  # type: ignore[attr-defined]


def unless_text(plain: ast.stmt, otherwise: ast.stmt, name: ast.Name) -> ast.If:
    """`plain` where the name stands for a text, which the interpreter lengthens in place while nothing else holds it."""
    kind = ast.Attribute(as_load(name), "__class__", ast.Load())
    test = ast.Compare(kind, [ast.Is()], [named("text_type", name)])
    choice = ast.If(test, [plain], [otherwise])
    for part in (kind, test, choice):
        ast.copy_location(part, plain)
    return choice


def is_no_array(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return is_no_array(value.left) and is_no_array(value.right)
    if isinstance(value, ast.UnaryOp):
        return is_no_array(value.operand)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in _OF_NO_ARRAYS
    return isinstance(value, _NO_ARRAYS)


def is_place(key: ast.expr) -> bool:
    """Whether a key may be that of one element."""
    keys = key.elts if isinstance(key, ast.Tuple) else [key]
    return not any(isinstance(part, ast.Slice | ast.JoinedStr) or (
        isinstance(part, ast.Constant) and not isinstance(part.value, int)) for part in keys)


def is_whole(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and is_whole(node.operand)
    return isinstance(node, ast.Constant) and type(node.value) is int


def is_small(node: ast.expr) -> bool:
    """Whether it is a whole number that all types have."""
    return isinstance(node, ast.Constant) and type(node.value) is int and 0 <= node.value < 128


def setting(node: ast.Assign) -> Any:
    """`owner[key] = value`, and a second try with what NumPy made of the value where the first one fails.

    That costs nothing where it succeeds, but evaluates `owner` and `key` twice: only where no call stands in them.
    """
    target = node.targets[0]
    if len(node.targets) > 1 or not (isinstance(target, ast.Subscript) and is_call_of(target.value, "places")):
        return node
    owner, key = target.value.args[0], target.slice
    if acts(owner) or acts(key):
        return node
    target.value = owner
    before: list[ast.stmt] = []
    if not isinstance(node.value, ast.Name):
        before = [ast.copy_location(ast.Assign([stored("value", node)], node.value), node)]
        node.value = named("value", node)
    fails = ast.If(ast.UnaryOp(ast.Not(), call("set_one", node, owner, key, node.value)), [ast.Raise()], [])
    problems = ast.Tuple([ast.Name(error, ast.Load()) for error in ("ValueError", "OverflowError")], ast.Load())
    handler = ast.ExceptHandler(problems, None, [fails])
    attempt = ast.copy_location(ast.Try([node], [handler], [], []), node)
    for part in ast.walk(handler):
        if not hasattr(part, "lineno"):
            ast.copy_location(part, node)
    return [*before, attempt]
