"""Whether a source that parses as Python 3 was nevertheless written for Python 2.

The signs are names that only Python 2 had. A name does not count where the file itself binds it, where it is guarded
(`try: xrange ... except NameError`, `if sys.version_info[0] == 2`), or where a module of that name lies beside it.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder

from tracer.legacy import bytes_as_text, file_modes, old_lists
from tracer.legacy.python2_modules import RENAMED

BUILTINS = frozenset(
    "apply basestring buffer cmp coerce execfile file intern long raw_input reduce reload unichr unicode xrange".split()
)
METHODS = {"has_key": 1, "iteritems": 0, "iterkeys": 0, "itervalues": 0, "viewitems": 0, "viewkeys": 0, "viewvalues": 0}
MODULE_NAMES = {
    "itertools": frozenset("ifilter ifilterfalse imap izip izip_longest".split()),
    "os": frozenset({"getcwdu"}),
    "string": frozenset(
        "atof atoi atol find join joinfields letters lower lowercase lstrip maketrans replace rfind rstrip split "
        "splitfields strip swapcase translate upper uppercase zfill".split()
    ),
    "sys": frozenset("exc_clear exc_type maxint setdefaultencoding".split()),
    "types": frozenset(
        "BooleanType ClassType ComplexType DictType DictionaryType FileType FloatType IntType ListType LongType ObjectType "
        "SliceType StringType StringTypes TupleType TypeType UnboundMethodType UnicodeType XRangeType".split()
    ),
    "urllib": frozenset(
        "quote quote_plus unquote unquote_plus urlcleanup urlencode urlopen urlretrieve FancyURLopener".split()
    ),
}
_METHODS_OF_CLASSES = {
    "__cmp__": frozenset("__eq__ __lt__ __gt__".split()),
    "__div__": frozenset({"__truediv__"}),
    "__getslice__": frozenset({"__getitem__"}),
    "__nonzero__": frozenset({"__bool__"}),
}
_GUARDS = frozenset({"AttributeError", "Exception", "ImportError", "ModuleNotFoundError", "NameError"})
_VERSION_NAMES = frozenset({"PY2", "PY3", "version_info", "hexversion", "python_version", "version"})


def needs_python2(tree: ast.Module, filename: str = "") -> str | None:
    """The first sign of Python 2 in the file, as text; None when there is none."""
    bound = bound_names(tree)
    modules = _imported_modules(tree)
    for node in unguarded(tree):
        sign = _sign(node, bound, modules, os.path.dirname(filename))
        if sign:
            return f"line {getattr(node, 'lineno', '?')}: {sign}"
    nodes = all_nodes(tree)
    used = old_lists.used(nodes, bound) or _quotient_as_whole_number(tree)
    return used or bytes_as_text.found(nodes) or file_modes.misused(unguarded(tree))


def has_print_statements(tree: ast.Module) -> bool:
    """Whether `print` was a statement: then Python 3 parsed another program than was meant."""
    if "print_function" in future_features(tree):
        return False
    calls = [node for node in all_nodes(tree) if isinstance(node, ast.Call) and _is_name(node.func, "print")]
    if any(call.keywords for call in calls):
        return False
    statements = {id(node.value) for node in all_nodes(tree) if isinstance(node, ast.Expr)}
    plain = all(id(call) in statements and len(call.args) == 1 for call in calls)
    names = sum(_is_name(node, "print") for node in all_nodes(tree))
    return not plain or names != len(calls)


def future_features(tree: ast.Module) -> set[str]:
    """The names the file imports from `__future__`."""
    return {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    }


def all_nodes(tree: ast.Module) -> list[ast.AST]:
    """Every node of a file, collected once: a library has a hundred files, and each is looked at from many sides."""
    found: list[ast.AST] | None = getattr(tree, "_all_nodes", None)
    if found is None:
        found = [tree]
        for node in found:
            found.extend(_children(node))
        setattr(tree, "_all_nodes", found)  # noqa: B010
    return found


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """`ast.iter_child_nodes` without the marks that say how a name is used."""
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST) and field != "ctx":
            yield value


def bound_names(tree: ast.Module) -> frozenset[str]:
    """Every name that the file binds anywhere: by assignment, import, definition or as a parameter."""
    found = getattr(tree, "_bound_names", None)
    if found is None:
        found = frozenset(name for node in all_nodes(tree) for name in _binds(node))
        setattr(tree, "_bound_names", found)  # noqa: B010
    return found


def _binds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]


def imported_packages(tree: ast.Module) -> set[str]:
    """The first words of the module paths that the file imports."""
    found: set[str] = set()
    for node in all_nodes(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _imported_modules(tree: ast.Module) -> set[str]:
    """Names that `import name` binds, and nothing else does: `string` is often a variable."""
    imports = [node for node in all_nodes(tree) if isinstance(node, ast.Import)]
    modules = {alias.name for node in imports for alias in node.names if not alias.asname}
    others = {name for node in all_nodes(tree) if not isinstance(node, ast.Import) for name in _binds(node)}
    return modules - others


def _sign(node: ast.AST, bound: frozenset[str], modules: set[str], folder: str) -> str | None:
    if isinstance(node, ast.Name):
        return node.id if node.id in BUILTINS - bound else None
    if isinstance(node, ast.Import):
        old = (a.name for a in node.names if _is_old_module(a.name, folder) or _is_only_a_neighbour(a.name, folder))
        return next((f"import {name}" for name in old), None)
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if _is_old_module(node.module, folder) or _is_only_a_neighbour(node.module, folder):
            return f"from {node.module} import"
        old = MODULE_NAMES.get(node.module, frozenset())
        return next((f"from {node.module} import {a.name}" for a in node.names if a.name in old), None)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = node.value.id if node.value.id in modules else ""
        return f"{module}.{node.attr}" if node.attr in MODULE_NAMES.get(module, ()) else None
    if isinstance(node, ast.Expr):
        return "print" if _is_name(node.value, "print") else None
    if isinstance(node, ast.Call):
        return _sign_in_call(node, bound)
    if isinstance(node, ast.ClassDef):
        return _sign_in_class(node)
    if isinstance(node, ast.Subscript) and (old_lists.makes_list(node.value, bound) and not _is_call(node.value, "range")):
        return "a subscript of what Python 2 made a list"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift) and _is_name(node.left, "print"):
        return "print >>"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return "a sum of lists" if any(old_lists.makes_list(side, bound) for side in (node.left, node.right)) else None
    return None


def _sign_in_call(node: ast.Call, bound: frozenset[str]) -> str | None:
    function, arguments = node.func, node.args
    if isinstance(function, ast.Attribute):
        if METHODS.get(function.attr) == len(arguments) and not _is_name(function.value, "six"):
            return None if function.attr in bound else f".{function.attr}()"
        if function.attr in old_lists.METHODS - {"count", "index"} and old_lists.makes_list(function.value, bound):
            return f".{function.attr}() of what Python 2 made a list"
        if function.attr == "shuffle" and arguments and old_lists.makes_list(arguments[0], bound):
            return "shuffling a range"
    elif _is_name(function, "len") and arguments and old_lists.makes_list(arguments[0], bound):
        return None if _is_call(arguments[0], "range") or not old_lists.is_builtin_list(arguments[0]) else "len(map())"
    return None


def _sign_in_class(node: ast.ClassDef) -> str | None:
    """A method that only Python 2 calls, in a class without the one that Python 3 calls."""
    own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    own.update(name.id for part in node.body if isinstance(part, ast.Assign) for name in part.targets
               if isinstance(name, ast.Name))
    if "next" in own and "__next__" not in own:
        iterator = next((part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__iter__"), None)
        if iterator is not None and isinstance(iterator.body[-1], ast.Return) and _is_name(iterator.body[-1].value, "self"):
            return "next()"
    old = (name for name, new in _METHODS_OF_CLASSES.items() if name in own and not new & own)
    return next((f"{name}()" for name in old), None)


def _quotient_as_whole_number(tree: ast.Module) -> str | None:
    """`range(n / 2)` or `x[: n / 2]`, which Python 3 refuses; the quotient may have a name in between."""
    from tracer.legacy import quotients

    return None if "division" in future_features(tree) else quotients.as_whole_number(all_nodes(tree))


def _is_old_module(name: str, folder: str) -> bool:
    top = name.partition(".")[0]
    if top not in RENAMED or top in ("urllib", "repr"):
        return False
    return not any(os.path.exists(os.path.join(folder, found)) for found in (top + ".py", top))


def _is_only_a_neighbour(name: str, folder: str) -> bool:
    """Whether a file in a package imports its neighbour as if it stood alone, which only Python 2 allowed."""
    top = name.partition(".")[0]
    if top in sys.builtin_module_names or not os.path.isfile(os.path.join(folder, "__init__.py")):
        return False
    here = PathFinder.find_spec(top, [folder])
    return here is not None and here.has_location and PathFinder.find_spec(top) is None


def unguarded(tree: ast.Module) -> list[ast.AST]:
    """All nodes, but for those that run only where they are known to work: under a test of the version, say."""
    found = getattr(tree, "_unguarded", None)
    if found is None:
        found = list(_unguarded(tree))
        setattr(tree, "_unguarded", found)  # noqa: B010
    return found


def _unguarded(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [*_children(tree)][::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try) and any(_is_guard(handler) for handler in node.handlers):
            waiting.extend((*node.orelse, *node.finalbody)[::-1])
        elif not (isinstance(node, ast.If | ast.IfExp) and _asks_for_version(node.test)):
            yield node
            waiting.extend([*_children(node)][::-1])


def _is_guard(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _GUARDS for node in ast.walk(handler.type))


def _asks_for_version(test: ast.AST) -> bool:
    names = (getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(test))
    return any(name in _VERSION_NAMES for name in names)


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and _is_name(node.func, name)
