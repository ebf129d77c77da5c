"""Quoted functions as a module needs them: an argument that is the same in every call of it is part of the function."""

from __future__ import annotations

import ast
import copy
import math
import operator
from collections.abc import Iterable
from typing import Any

from lowering.emit.quote import unparsed

_FOLDED = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def specialized(source: str, names: Iterable[str]) -> str:
    """The module with the functions called `names` made for the calls that it holds, and without those it does not call."""
    names = list(names)
    while (changed := next(filter(None, (_shorter(source, name) for name in names)), None)) is not None:
        source = changed
    return source


def _shorter(source: str, name: str) -> str | None:
    """The module with a function that has one parameter less, or without it; None where it needs all."""
    tree = ast.parse(source)
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if function is None or function.decorator_list or function.args.defaults or function.args.vararg:
        return None
    inside = set(ast.walk(function))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name]
    named = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
    if not named:
        return _replaced(source, function, "")
    if len(named) > len(calls) or any(call in inside or _is_unplain(call, function) for call in calls):
        return None
    for i, parameter in enumerate(function.args.args):
        values = [call.args[i] for call in calls]
        if len({ast.dump(value) for value in values}) == 1 and _reads_well(function, parameter.arg, values[0]):
            return _without(source, function, i, calls)
    return None


def _is_unplain(call: ast.Call, function: ast.FunctionDef) -> bool:
    return bool(call.keywords) or call.lineno != call.end_lineno or len(call.args) != len(function.args.args) or any(
        isinstance(argument, ast.Starred) for argument in call.args)


def _reads_well(function: ast.FunctionDef, parameter: str, value: ast.expr) -> bool:
    """Whether a value can stand in the place of a parameter: it is a constant, and no number that has a meaning twice."""
    try:
        fixed = ast.literal_eval(value)
    except ValueError:
        return False
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == parameter]
    if any(not isinstance(n.ctx, ast.Load) for n in uses):
        return False
    return len(uses) <= 1 or isinstance(fixed, (bool, str, tuple)) or fixed is None


def _without(source: str, function: ast.FunctionDef, i: int, calls: list[ast.Call]) -> str:
    """The module with a parameter gone from the function and from its calls."""
    made = copy.deepcopy(function)
    parameter = made.args.args.pop(i).arg
    made = ast.fix_missing_locations(_Filled(parameter, calls[0].args[i]).visit(made))
    lines = source.split("\n")
    spans = [_span(call, i) for call in calls]
    for row, start, end in sorted(spans, reverse=True):
        line = lines[row].encode()
        lines[row] = (line[:start] + line[end:]).decode()
    return _replaced("\n".join(lines), function, unparsed(made))


def _span(call: ast.Call, i: int) -> tuple[int, int, int]:
    """Where an argument stands with the comma before it, or after the first: the line, and from where to where."""
    here = call.args[i]
    assert here.end_col_offset is not None
    if i:
        start, end = call.args[i - 1].end_col_offset, here.end_col_offset
    else:
        start, end = here.col_offset, call.args[1].col_offset if len(call.args) > 1 else here.end_col_offset
    assert start is not None
    return here.lineno - 1, start, end


def _replaced(source: str, function: ast.FunctionDef, text: str) -> str:
    """The module with another text for a function."""
    lines = source.split("\n")
    assert function.end_lineno is not None
    before, after = lines[:function.lineno - 1], lines[function.end_lineno:]
    if not text:
        while after and not after[0]:
            after.pop(0)
    return "\n".join([*before, *([text] if text else []), *after])


class _Filled(ast.NodeTransformer):
    """Puts a constant in the place of a parameter, and computes what is constant then."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> Any:
        return copy.deepcopy(self.value) if node.id == self.name else node

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        self.generic_visit(node)
        node.elts = [item for element in node.elts for item in (
            element.value.elts if isinstance(element, ast.Starred) and isinstance(element.value, ast.Tuple) else [element])]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        sides = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
        if type(node.op) in _FOLDED and len(sides) == 2 and all(type(side) is int for side in sides):
            return ast.Constant(_FOLDED[type(node.op)](*sides))
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if ast.unparse(node.func) == "math.prod" and isinstance(node.args[0], ast.Tuple):
            return ast.Constant(math.prod(ast.literal_eval(node.args[0])))
        return node
