"""Calls of helpers, and names that they use, as nodes of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeGuard

from tracer.legacy.helpers import helper_name


def call(helper: str, where: ast.AST, *arguments: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    return ast.copy_location(ast.Call(named(helper, where), list(arguments), list(keywords)), where)


def named(helper: str, where: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(helper_name(helper), ast.Load()), where)


def stored(helper: str, where: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(helper_name(helper), ast.Store()), where)


def is_call_of(node: ast.expr, helper: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == helper_name(helper)
