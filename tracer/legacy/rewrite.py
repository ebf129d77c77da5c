"""Gives operators and method calls of legacy source their old meaning, on its syntax tree.

Every change is a call of a helper (`helpers`) that looks at the value when the program runs, so that only what no
longer works the old way is treated differently: a class's own `next` or `keys` is never touched. Nodes keep their
positions.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

from tracer.legacy import assignments, detection, floats, left_names, numpy_promotion, old_keys, ordinary, unlike
from tracer.legacy.helper_calls import call, is_call_of, named
from tracer.legacy.helpers import DUNDERS, OF_FUNCTIONS
from tracer.legacy.science_names import ATTRIBUTES

# Methods that are gone from NumPy arrays, strings, dicts, iterators, threads and XML elements.
LOST_METHODS = frozenset({
    *detection.METHODS,
    *"decode getchildren getiterator getsize isAlive itemset newbyteorder next ptp textsize tostring".split(),
})
_TYPES = {"float": "to_float", "int": "to_int", "sum": "total"}
_NAMES_OF_EITHER = {**_TYPES, "open": "open_either"}
_TYPES_OF_PYTHON2 = {
    **_TYPES, "list": "list_of", "long": "to_int", "str": "string", "tuple": "tuple_of", "unicode": "unicode",
}  # fmt: skip
# Where messages hold bytes, for which text stood: what parses them, their fields, the keywords of what makes them.
_PARSERS = frozenset({"FromString", "MergeFromString", "ParseFromString"})
_FIELDS_OF_BYTES = frozenset({"encoded_audio_string", "encoded_image_string", "tensor_content"})
_FETCHES = frozenset({"eval", "partial_run", "run"})
_LISTS_OF_BYTES = frozenset({"bytes_list", "string_val"})
_VIEWS = frozenset({"items", "keys", "values"})
_OF_NUMBERS = frozenset("abs float int len round".split())
_ORDER: dict[type, str] = {ast.Gt: "greater", ast.GtE: "at_least", ast.Lt: "less", ast.LtE: "at_most"}


def rewrite(tree: ast.Module, python: int) -> None:
    """Changes the tree in place."""
    _Rewriter(tree, python).visit(tree)
    if python == 2:
        left_names.leave(tree)
    ast.fix_missing_locations(tree)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, tree: ast.Module, python: int) -> None:
        self._python2 = python == 2
        features = detection.future_features(tree)
        self._floors = self._python2 and "division" not in features
        self._has_statements = self._python2 and "print_function" not in features
        own = detection.bound_names(tree)
        types = dict(_TYPES_OF_PYTHON2 if self._python2 else _NAMES_OF_EITHER)
        if "*" in own:
            del types["sum"]  # NumPy's, perhaps
        self._floats = floats.Floats(tree, self._floors)
        self._keys = old_keys.Keys(tree)
        self._ordinary = ordinary.Ordinary(tree)
        self._types = {name: helper for name, helper in types.items() if name not in own}
        self._has_str = "str" not in own
        imports = detection.imported_packages(tree)
        self._attributes = frozenset().union(*(names for package, names in ATTRIBUTES.items() if package in imports))
        # What the function being read declares, for its start: below a use of the name, `global` was once a warning.
        # At the start of a file it says nothing; in a class it stays where it is.
        self._globals: dict[str, None] | None = {}
        self._shells: set[ast.AST] = set()
        if "get_ipython" not in own:
            self._shells.update(node for node in detection.unguarded(tree) if isinstance(node, ast.Call)
                                and isinstance(node.func, ast.Name) and node.func.id == "get_ipython")
        self._set_plainly: set[ast.expr] = set()
        self._set_by_bits: set[ast.expr] = set()
        self._makes_slices = any(isinstance(node, ast.Name) and node.id == "slice" for node in detection.all_nodes(tree))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        promotes = self._promotes(node.op, node.left, node.right)
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and self._floors:
            return call("divide", node, node.left, node.right)
        if isinstance(node.op, ast.Mod) and self._python2 and not _is_number(node.right):
            return call("modulo", node, node.left, node.right)
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return call("modulo_of_text", node, node.left, node.right)
        return call(type(node.op).__name__, node, node.left, node.right) if promotes else node

    def _promotes(self, operator: ast.operator, left: ast.expr, right: ast.expr) -> bool:
        """Whether it may be an operator of NumPy's, which gave other types."""
        return type(operator).__name__ in numpy_promotion.OPERATORS and not (
            ordinary.is_text_or_list(left) or ordinary.is_text_or_list(right)
            or (self._ordinary.is_surely(left) and self._ordinary.is_surely(right)))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        ordinarily = not isinstance(node.op, ast.USub) or self._ordinary.is_surely(node.operand)
        self.generic_visit(node)
        return node if ordinarily else call("negative", node, node.operand)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if unlike.compares(node):
            return call(unlike.HELPERS[type(node.ops[0])], node, node.left, *node.comparators)
        helper = _ORDER.get(type(node.ops[0])) if self._python2 and len(node.ops) == 1 else None
        if helper is None or all(map(_is_surely_number, (node.left, *node.comparators))):
            return node
        return call(helper, node, node.left, *node.comparators)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        floors = isinstance(node.op, ast.Div) and self._floors
        stays = isinstance(node.target, ast.Subscript) and assignments.is_small(node.value)  # the array's type, that is
        promotes = not (stays or assignments.acts(node.target)) and (
            self._promotes(node.op, assignments.as_load(node.target), node.value))
        if assignments.is_no_array(node.value):
            self._set_plainly.add(node.target)
        self.generic_visit(node)
        if not (floors or promotes):
            return node
        # The target is read once more; a call in it (`a[f()] /= 2`) happens twice.
        helper = "divide_in_place" if floors else f"{type(node.op).__name__}_in_place"
        value = call(helper, node, assignments.as_load(node.target), node.value)
        assign = ast.copy_location(ast.Assign([node.target], value), node)
        if isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
            return assignments.unless_text(copy.deepcopy(node), assign, node.target)
        return assignments.setting(assign)

    def visit_Assign(self, node: ast.Assign) -> Any:
        if assignments.is_whole(node.value) and not assignments.is_small(node.value):
            self._set_by_bits.update(node.targets)
        elif assignments.is_no_array(node.value):
            self._set_plainly.update(target for target in node.targets if isinstance(target, ast.Subscript))
        grows = assignments.adds_to(node)
        self.generic_visit(node)
        if grows and is_call_of(node.value, "Add"):
            left, right = node.value.args
            longer = ast.copy_location(ast.BinOp(left, ast.Add(), copy.deepcopy(right)), node.value)
            return assignments.unless_text(ast.copy_location(ast.Assign(node.targets, longer), node), node, grows)
        if any(isinstance(target, ast.Attribute) and target.attr in _FIELDS_OF_BYTES for target in node.targets):
            node.value = call("bytes_of", node.value, node.value)
        return assignments.setting(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func
        resizes = isinstance(node.func, ast.Attribute) and node.func.attr in ("reshape", "resize")
        by_floats = resizes and any(map(self._floats.may_be, node.args))
        self.generic_visit(node)
        if isinstance(called, ast.Attribute) and called.attr in _VIEWS:
            node.func = called
        if self._python2 and _last_name(called) == "py_func":
            node.args[:1] = [call("given_text", function, function) for function in node.args[:1]]
        for word in node.keywords:
            if self._python2 and word.arg == "func" and _last_name(called) == "py_func":
                word.value = call("given_text", word.value, word.value)
            if word.arg in _FIELDS_OF_BYTES or (word.arg == "value" and _last_name(called) == "BytesList"):
                word.value = call("bytes_of", word.value, word.value)
        if isinstance(called, ast.Attribute) and called.attr in numpy_promotion.FUNCTIONS and len(node.args) == 2 and (
                not any(isinstance(argument, ast.Starred) for argument in node.args)):
            node.args.insert(0, node.func)
            node.func = named("divided" if self._python2 and called.attr == "divide" else "called", node)
            return node
        if isinstance(node.func, ast.Attribute):
            if by_floats:
                node.func.value = call("by_floats", node.func.value, node.func.value)
            return self._method(node, node.func)
        if self._has_str and _decodes(node):
            node.func = named("unicode", node)
        elif isinstance(node.func, ast.Name) and node.func.id in self._types:
            node.func = named(self._types[node.func.id], node)
        elif self._has_statements and _is_statement(node):
            node.func = named("print_statement", node)
        elif node in self._shells:
            return call("shell", node, ast.Constant(2 if self._python2 else 3))
        return node

    def _method(self, node: ast.Call, function: ast.Attribute) -> ast.AST:
        owner, name = function.value, function.attr
        if len(node.args) == 1 and (name in _PARSERS or (name in ("append", "extend") and _is_list_of_bytes(owner))):
            node.args = [call("bytes_of", node.args[0], node.args[0])]
        if name in LOST_METHODS:
            node.func = call("method", function, owner, ast.Constant(name))
        elif not self._python2:
            return node
        elif name in _VIEWS and not node.args and not node.keywords:
            return call("listed_in_order", node, owner, ast.Constant(name))
        elif name == "most_common":
            return call("most_common", node, owner, *node.args, keywords=node.keywords)
        elif name in _FETCHES:
            return call("fetched", node, node)
        elif name == "sort":
            return call("sort", node, owner, *node.args, keywords=node.keywords)
        elif name == "join" and len(node.args) == 1:
            return call("join", node, owner, *node.args)
        elif name == "translate" and len(node.args) == 2:
            return call("translate", node, owner, *node.args)
        elif name in ("encode", "format"):
            return call(name, node, owner, *node.args, keywords=node.keywords)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if self._python2 and node.attr == "message" and isinstance(node.ctx, ast.Load):
            return call("message", node, node.value)
        if isinstance(node.ctx, ast.Load):
            if node.attr in self._attributes:
                return call("attribute", node, node.value, ast.Constant(node.attr))
            if node.attr in OF_FUNCTIONS:
                return call("of_function", node, node.value, ast.Constant(node.attr))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        by_floats = self._floats.may_be(node.slice)
        by_old_keys = self._keys.may_be(node.slice)
        self.generic_visit(node)
        if by_floats:
            node.value = call("by_floats", node.value, node.value)
        elif self._python2 and isinstance(node.ctx, ast.Load) and _is_list_of_bytes(node.value):
            return call("fetched", node, node)
        elif by_old_keys:
            node.value = call("by_old_keys", node.value, node.value)
        elif isinstance(node.ctx, ast.Store) and (
                node in self._set_by_bits or (assignments.is_place(node.slice) and node not in self._set_plainly)):
            node.value = call("places", node.value, node.value)
        if self._makes_slices and not isinstance(node.slice, ast.Constant | ast.Slice | ast.Tuple | ast.UnaryOp):
            node.slice = call("index", node.slice, node.slice)
        return node

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return call("set_display", node, *node.elts) if self._python2 else node

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        if not self._python2:
            return node
        return call("set_of", node, ast.copy_location(ast.ListComp(node.elt, node.generators), node))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        if self._python2 and not _is_counted(node.iter):
            node.iter = call("iterated", node.iter, node.iter)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        looped = node.iter
        if self._python2 and not _is_counted(looped):
            node.iter = call("iterated", looped, looped)
        elif not self._python2 and isinstance(looped, ast.Call) and isinstance(looped.func, ast.Attribute) and (
                looped.func.attr in _VIEWS and not looped.args and not looped.keywords):
            node.iter = call("listed", looped, looped)  # the body may change the dict
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        if self._globals is None:
            return node
        self._globals.update(dict.fromkeys(node.names))
        return ast.copy_location(ast.Pass(), node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outside, self._globals = self._globals, None
        self.generic_visit(node)
        self._globals = outside
        if not self._python2:
            return node
        metaclass = next((s for s in node.body if isinstance(s, ast.Assign) and _assigns(s, "__metaclass__")), None)
        if metaclass is not None and not node.keywords:
            node.keywords.append(ast.keyword("metaclass", metaclass.value))
        names = {statement.name for statement in node.body if isinstance(statement, ast.FunctionDef)}
        names.update(n.id for s in node.body if isinstance(s, ast.Assign) for n in s.targets if isinstance(n, ast.Name))
        if names & DUNDERS:
            node.decorator_list.append(named("old_class", node))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        generator = _ends_by_stop_iteration(node)
        outside, self._globals = self._globals, {}
        self.generic_visit(node)
        if self._globals:
            first = 1 if ast.get_docstring(node, clean=False) is not None else 0
            node.body.insert(first, ast.copy_location(ast.Global(list(self._globals)), node.body[-1]))
        self._globals = outside
        if generator:
            _end_quietly(node)
        return node


def _is_statement(node: ast.Call) -> bool:
    """Whether it may be a print statement of Python 2, which fissix made a call."""
    return isinstance(node.func, ast.Name) and node.func.id == "print" and all(
        word.arg == "file" or (word.arg == "end" and isinstance(word.value, ast.Constant) and word.value.value == " ")
        for word in node.keywords)


def _decodes(node: ast.Call) -> bool:
    """Whether it is `str(text, encoding)`: what `gfile` read was bytes to Python 3 until 0.12, in every mode."""
    encodes = len(node.args) > 1 or any(word.arg == "encoding" for word in node.keywords)
    return encodes and isinstance(node.func, ast.Name) and node.func.id == "str"


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_list_of_bytes(node: ast.AST) -> bool:
    """Whether it is `feature.bytes_list.value` or the like."""
    if isinstance(node, ast.Attribute) and node.attr == "value":
        node = node.value
    return _last_name(node) in _LISTS_OF_BYTES


def _ends_by_stop_iteration(node: ast.FunctionDef) -> bool:
    """Whether it is a generator that may end by StopIteration from its body: an error since Python 3.7."""
    inner = list(_own_nodes(node))
    yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in inner)
    return yields and any(
        (isinstance(part, ast.Name) and part.id in ("StopIteration", "next"))
        or (isinstance(part, ast.Attribute) and part.attr == "next")
        for part in inner
    )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _end_quietly(node: ast.FunctionDef) -> None:
    """Wraps the body: `try: body; except StopIteration: return`."""
    first = 1 if ast.get_docstring(node, clean=False) is not None else 0
    body = node.body[first:]
    if body:
        stop = ast.copy_location(ast.Name("StopIteration", ast.Load()), body[-1])
        handler = ast.ExceptHandler(stop, None, [ast.copy_location(ast.Return(None), body[-1])])
        wrapped = ast.Try(body, [ast.copy_location(handler, body[-1])], [], [])
        node.body[first:] = [ast.copy_location(wrapped, body[0])]


def _assigns(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)


def _is_surely_number(node: ast.expr) -> bool:
    """Whether there is an order in Python 3 too: a number, a length, or what was reckoned."""
    return _is_number(node) or isinstance(node, ast.BinOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OF_NUMBERS)


def _is_counted(node: ast.expr) -> bool:
    """Whether it is surely no dict."""
    counts = isinstance(node, ast.Call) and _last_name(node.func) in ("range", "xrange")
    return counts or isinstance(node, ast.List | ast.ListComp | ast.Tuple)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)
