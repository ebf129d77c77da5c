"""A sign of Python 2: what goes through a file, or into a text, is bytes where Python 3 wants text, or the reverse."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_PICKLES = frozenset({"pickle", "pkl"})
_UNKNOWN = ""


def misused(nodes: list[ast.AST]) -> str | None:
    """The first such place, as text."""
    modes: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    mode = _mode(node.value)
                    modes[target.id] = mode if modes.get(target.id, mode) == mode else _UNKNOWN
        elif isinstance(node, ast.arg):
            modes[node.arg] = _UNKNOWN
    for node in nodes:
        if isinstance(node, ast.With):
            own = {item.optional_vars.id: _mode(item.context_expr) for item in node.items
                   if isinstance(item.optional_vars, ast.Name)}
            sign = _in(ast.walk(ast.Module(node.body, [])), own)
            if sign:
                return sign
            modes.update(dict.fromkeys(own, _UNKNOWN))
    return _in(nodes, modes)


def _in(nodes: Iterable[ast.AST], modes: dict[str, str]) -> str | None:
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _refused(node, node.func, modes):
            return f"line {node.lineno}: the mode of a file is another than Python 3 wants"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            if isinstance(node.left.value, str) and any(map(_is_bytes, _formatted(node.right))):
                return f"line {node.lineno}: bytes in a text"
    return None


def _refused(call: ast.Call, function: ast.Attribute, modes: dict[str, str]) -> bool:
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    of = [_mode(given) or (modes.get(given.id, _UNKNOWN) if isinstance(given, ast.Name) else _UNKNOWN)
          for given in call.args]
    first, second = (*of, _UNKNOWN, _UNKNOWN)[:2]
    if owner == "csv":
        return (function.attr in ("writer", "DictWriter") and _writes_bytes(first)) or (
            function.attr in ("reader", "DictReader") and first == "rb")
    if owner in _PICKLES:
        return (function.attr == "dump" and second in ("w", "wt", "a", "w+")) or (
            function.attr == "load" and first in ("r", "rt"))
    if owner == "json":
        return function.attr == "dump" and _writes_bytes(second)
    return function.attr == "write" and len(call.args) == 1 and _is_text(call.args[0]) and _writes_bytes(
        modes.get(owner, _UNKNOWN) or _mode(function.value))


def _writes_bytes(mode: str) -> bool:
    return "b" in mode and mode[0] in "wa"


def _mode(node: ast.expr) -> str:
    """The mode of a file that the expression opens; nothing for anything else."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "file")):
        return _UNKNOWN
    modes = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "mode")]
    if not modes:
        return "r" if node.args and not node.keywords else _UNKNOWN
    return modes[0].value if isinstance(modes[0], ast.Constant) and isinstance(modes[0].value, str) else _UNKNOWN


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _is_text(node.left) or (isinstance(node.op, ast.Add) and _is_text(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join") and _is_text(node.func.value)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _formatted(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _is_bytes(node: ast.expr) -> bool:
    """Whether it is an element of `feature.bytes_list.value`, or a message as bytes."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "SerializeToString"
    value = node.value if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice) else None
    return isinstance(value, ast.Attribute) and value.attr == "value" and (
        isinstance(value.value, ast.Attribute) and value.value.attr == "bytes_list")
