"""Which Python a whole program was written for: what one of its files needs, all of them ran under.

A helper module may parse as Python 3 and still mean Python 2's `/`, because the script that imports it says `print x`.
"""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterator

from tracer.legacy import detection
from tracer.legacy.sources import decode

PYTHON3_MODULES = frozenset(
    "builtins configparser queue socketserver tkinter urllib.error urllib.parse urllib.request".split()
)
_PYTHON3_NODES = (
    ast.AnnAssign,
    ast.AsyncFor,
    ast.AsyncFunctionDef,
    ast.AsyncWith,
    ast.Await,
    ast.JoinedStr,
    ast.MatMult,
    ast.NamedExpr,
    ast.Nonlocal,
    ast.YieldFrom,
)


def python_of(tree: ast.Module, filename: str) -> int | None:
    """2 or 3 where the file, or one beside it that it imports, needs that Python; None where either would do."""
    own = _needs(tree, filename)
    if own is not None:
        return own
    seen = {os.path.abspath(filename)}
    waiting = list(_imported_files(tree, filename))
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        needs, imported = _facts(path, os.stat(path).st_mtime_ns)
        if needs == 2:
            return 2
        if needs is None:
            waiting.extend(imported)
    return None


def needs_python3(tree: ast.Module) -> str | None:
    """The first sign of Python 3 in the file, as text; None when there is none."""
    printing = "print_function" in detection.future_features(tree)
    for node in detection.unguarded(tree):
        sign = _sign(node, printing)
        if sign:
            return f"line {getattr(node, 'lineno', '?')}: {sign}"
    return None


def _sign(node: ast.AST, printing: bool) -> str | None:
    if isinstance(node, _PYTHON3_NODES):
        return type(node).__name__
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        annotated = any(argument.annotation for argument in (*arguments.args, *arguments.kwonlyargs))
        return "annotations or keyword-only arguments" if annotated or node.returns or arguments.kwonlyargs else None
    if isinstance(node, ast.ClassDef):
        return "class keywords" if node.keywords else None
    if isinstance(node, ast.Raise):
        return "raise from" if node.cause else None
    if isinstance(node, ast.Import):
        return next((f"import {alias.name}" for alias in node.names if alias.name in PYTHON3_MODULES), None)
    if isinstance(node, ast.ImportFrom):
        return f"from {node.module} import" if node.level == 0 and node.module in PYTHON3_MODULES else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        words = {word.arg for word in node.keywords}
        if node.func.id == "print" and words and not printing:
            return "keywords of print"
        if node.func.id == "open" and words & {"encoding", "newline", "errors"}:
            return "keywords of open"
        if node.func.id == "super" and not node.args:
            return "super()"
    return None


def _needs(tree: ast.Module, filename: str) -> int | None:
    if needs_python3(tree):
        return 3
    return 2 if detection.needs_python2(tree, filename) else None


@functools.cache
def _facts(path: str, changed: int) -> tuple[int | None, tuple[str, ...]]:
    """What a file as of the time `changed` needs, and the files that it imports."""
    with open(path, "rb") as file:
        text = decode(file.read())
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return 2, ()
    return _needs(tree, path), tuple(_imported_files(tree, path))


def _imported_files(tree: ast.Module, filename: str) -> Iterator[str]:
    """The source files beside a file, or in packages beside it, that it imports without a guard."""
    here = os.path.dirname(os.path.abspath(filename))
    for node in detection.unguarded(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name, (here, _root(here)))
        elif isinstance(node, ast.ImportFrom):
            folders = (_up(here, node.level - 1),) if node.level else (here, _root(here))
            for name in (node.module, *(f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names)):
                if name:
                    yield from _files(name, folders)


def _files(module: str, folders: tuple[str, ...]) -> Iterator[str]:
    if module.partition(".")[0] == "tensorflow":  # it is ours, even in a checkout of TensorFlow's sources
        return
    for folder in folders:
        base = os.path.join(folder, *module.split("."))
        found = next((path for path in (base + ".py", os.path.join(base, "__init__.py")) if os.path.isfile(path)), None)
        if found:
            yield found
            return


def _root(folder: str) -> str:
    """The folder that holds the outermost package around a folder."""
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def _up(folder: str, levels: int) -> str:
    for _ in range(levels):
        folder = os.path.dirname(folder)
    return folder
