"""A sign of Python 2: what is read from a file opened with "rb" is split or searched by text, which Python 3 refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_TAKE_TEXT = frozenset(
    "count endswith find index lstrip partition replace rfind rsplit rstrip split startswith strip".split()
)
_READ = frozenset({"read", "readline"})


def found(nodes: list[ast.AST]) -> str | None:
    """The first such place, as text; names are told apart by nothing but their spelling."""
    files: set[str] = set()
    others: set[str] = set()
    for name, value in _bindings(nodes):
        (files if _opens_bytes(value) else others).add(name)
    files -= others
    rows: set[str] = set()
    others.clear()
    for name, value, walked in _values(nodes):
        (rows if (_is_file(value, files) if walked else _is_read(value, files)) else others).add(name)
    rows -= others
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TAKE_TEXT and any(
                isinstance(argument, ast.Constant) and isinstance(argument.value, str) for argument in node.args):
            owner = node.func.value
            if (isinstance(owner, ast.Name) and owner.id in rows) or _is_read(owner, files):
                return f"line {node.lineno}: bytes of a file are treated as text"
    return None


def _bindings(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr | None]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            yield node.optional_vars.id, node.context_expr
        elif isinstance(node, ast.arg):
            yield node.arg, None


def _values(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr | None, bool]]:
    """Names, what they get their values from, and whether they walk through it."""
    yield from ((name, value, False) for name, value in _bindings(nodes))
    for node in nodes:
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            yield node.target.id, node.iter, True


def _opens_bytes(node: ast.expr | None) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "file")):
        return False
    modes = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and mode.value in ("rb", "rb+", "r+b") for mode in modes)


def _is_file(node: ast.expr | None, files: set[str]) -> bool:
    """A file, or its lines."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("readlines", "xreadlines"):
        node = node.func.value
    return (isinstance(node, ast.Name) and node.id in files) or _opens_bytes(node)


def _is_read(node: ast.expr | None, files: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READ and (
        _is_file(node.func.value, files))
