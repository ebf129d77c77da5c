"""Which expressions of a file are surely no values of NumPy's, told from its source: their operators stay as they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracer.legacy import detection

_GIVE_NONE = frozenset("bool chr float hash id input int len long ord range raw_input repr str xrange".split())
_COUNTS = frozenset({"range", "xrange"})
_DISPLAYS = (ast.Constant, ast.Dict, ast.DictComp, ast.JoinedStr, ast.Lambda, ast.List, ast.ListComp, ast.Set, ast.Tuple)


class Ordinary:
    """The names of a file, whatever their scope, that are bound to nothing of NumPy's anywhere in it."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = detection.all_nodes(tree)
        bound = [pair for node in nodes for pair in _bindings(node)]
        known = {id(name) for name, _ in bound}
        self._functions = _GIVE_NONE - detection.bound_names(tree)
        unknown = {node.id for node in nodes
                   if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in known}
        self._names = {name.id for name, _ in bound} - unknown - {node.arg for node in nodes if isinstance(node, ast.arg)}
        while lost := {name.id for name, value in bound if name.id in self._names and not self.is_surely(value)}:
            self._names -= lost

    def is_surely(self, node: ast.expr) -> bool:
        """Whether the value can be no array and no number of NumPy's."""
        if isinstance(node, ast.Name):
            return node.id in self._names
        if isinstance(node, ast.BinOp):
            return self.is_surely(node.left) and self.is_surely(node.right)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.Not) or self.is_surely(node.operand)
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in self._functions
        return isinstance(node, _DISPLAYS)


def is_text_or_list(node: ast.expr) -> bool:
    """Whether what it is joined with can be no number."""
    return isinstance(node, ast.JoinedStr | ast.List | ast.ListComp | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _bindings(node: ast.AST) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names that a statement binds to what stands there, each with that."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _parts(target, node.value)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target, ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
    elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Call):
        name = node.iter.func.id if isinstance(node.iter.func, ast.Name) else ""
        target = node.target
        if name == "enumerate" and isinstance(target, ast.Tuple):
            target = target.elts[0]
        if isinstance(target, ast.Name) and (name in _COUNTS or target is not node.target):
            yield target, ast.Constant(0)


def _parts(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target, value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List) and (
            len(target.elts) == len(value.elts)):
        for part, own in zip(target.elts, value.elts, strict=True):
            yield from _parts(part, own)
