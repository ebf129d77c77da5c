"""Source of our own functions as it goes into an emitted module: with what it needs, without what only we need."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from typing import Any

_KEPT_IMPORTS = ("jax", "numpy", "optax", "functools", "itertools", "math", "operator", "collections", "typing")


class Quotes:
    """The functions quoted so far, each after what it needs, and the imports that they use."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.imports: dict[str, None] = {}
        self.wide = False  # whether JAX's own floats have 64 bits where the module runs
        self.double = False  # whether numbers may have so many
        self._open: set[tuple[str, str]] = set()

    def need(self, module: str, name: str) -> str:
        """Quotes `name` of `module` and returns the name to call it by."""
        key = (module, name)
        if key in self.texts or key in self._open:
            return name
        tree = _tree(module)
        node = tree.defined.get(name)
        if node is None:
            raise KeyError(f"{module} defines no {name}")
        self._open.add(key)
        nodes = [_plain(part) for part in (node, *tree.attached.get(name, ()))]
        for part in nodes:
            for used in _names(part):
                self._use(module, tree, used)
        self._open.discard(key)
        self.texts[key] = "\n\n\n".join(map(unparsed, nodes))
        return name

    def _use(self, module: str, tree: _Tree, name: str) -> None:
        if name in tree.defined:
            self.need(module, name)
        elif name in tree.imports:
            source, text = tree.imports[name]
            if source.startswith("lowering."):
                self.need(source, name)
            elif source.partition(".")[0] in _KEPT_IMPORTS:
                self.imports[text] = None
            else:
                raise KeyError(f"{module} uses {source}, which an emitted module has not")


class _Tree:
    """What a module defines at its top, by name."""

    def __init__(self, module: str) -> None:
        self.defined: dict[str, ast.stmt] = {}
        self.attached: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
            self._add(node)

    def _add(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name
                if isinstance(node, ast.Import):
                    self.imports[name] = (alias.name, f"import {alias.name}" + (f" as {name}" if alias.asname else ""))
                else:
                    self.imports[name] = (node.module or "", f"from {node.module} import {alias.name}"
                                          + (f" as {name}" if alias.asname else ""))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self.defined[node.name] = node
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Attribute) and isinstance(decorator.value, ast.Name):
                    self.attached.setdefault(decorator.value.id, []).append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.defined[node.targets[0].id] = node
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                self.attached.setdefault(function.value.id, []).append(node)


@functools.cache
def _tree(module: str) -> _Tree:
    return _Tree(module)


def _names(node: ast.AST) -> list[str]:
    return list(dict.fromkeys(part.id for part in ast.walk(node)
                              if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)))


class _Plain(ast.NodeTransformer):
    """Takes out annotations, registrations, checks, and forms for one kind of device."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.decorator_list = [d for d in node.decorator_list if not _registers(d)]
        node.returns = None
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None:
                argument.annotation = None
        arguments.kwonlyargs, arguments.kw_defaults = _without_check(arguments.kwonlyargs, arguments.kw_defaults)
        arguments.args = [argument for argument in arguments.args if argument.arg != "check"]
        node.body = node.body or [ast.Pass()]
        return node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        return node if node.body else None

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if "is_for_cpu" in _names(node.test):
            return None
        if not node.body and not node.orelse:
            return None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None or not isinstance(node.target, ast.Name):
            return node
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Expr(self, node: ast.Expr) -> Any:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            if call.func.id == "check" or any(isinstance(a, ast.Name) and a.id == "check" for a in call.args):
                return None
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        node.args = [a for a in node.args if not (isinstance(a, ast.Name) and a.id == "check")]
        return node


def unparsed(node: ast.AST) -> str:
    """A definition as source, without the parentheses around what is returned or assigned."""
    lines = ast.unparse(node).split("\n")
    for i, line in enumerate(lines):
        match = re.fullmatch(r"( *return |[^()=]*,[^()=]* = )\((.*)\)", line)
        if match and not match[2].endswith(","):
            statement = ast.parse(line.strip().replace("return ", "returned = ", 1)).body[0]
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
                lines[i] = match[1] + match[2]
    return "\n".join(lines)


def _registers(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "lowers"


def _without_check(names: list[ast.arg], defaults: list) -> tuple[list[ast.arg], list]:
    kept = [(name, default) for name, default in zip(names, defaults, strict=True) if name.arg != "check"]
    return [name for name, _ in kept], [default for _, default in kept]


def _plain(node: ast.stmt) -> ast.stmt:
    import copy

    return ast.fix_missing_locations(_Plain().visit(copy.deepcopy(node)))
