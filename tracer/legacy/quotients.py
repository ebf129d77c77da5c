"""Quotients that stand where only whole numbers may: the sign of a program that means Python 2's `/`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Where TensorFlow's functions take sizes, which are whole numbers; NumPy's took floats too.
_SIZES = {
    **dict.fromkeys("ones random_normal random_uniform truncated_normal zeros".split(), (0, "shape")),
    **dict.fromkeys("get_variable placeholder reshape".split(), (1, "shape")),
    "conv2d_transpose": (2, "output_shape"),
    "fill": (0, "dims"),
    "tile": (1, "multiples"),
}


def as_whole_number(nodes: list[ast.AST]) -> str | None:
    """The first place of a file where a quotient, or what has one for its value, is to be a whole number."""
    named = _named(nodes)
    for node in nodes:
        for whole in _wholes(node):
            if _holds_quotient(whole, named):
                return f"line {whole.lineno}: a quotient as a whole number"
    return None


def _named(nodes: list[ast.AST]) -> set[str]:
    """What is a quotient wherever the file gives it a value."""
    quotients: set[str] = set()
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign):
            for name, value in _assigned(node):
                is_quotient = value is not None and _holds_quotient(value, set())
                (quotients if is_quotient else others).add(name)
        elif isinstance(node, ast.For | ast.AugAssign | ast.comprehension):
            others.update(_dotted(part) for part in ast.walk(node.target))
        elif isinstance(node, ast.arg):
            others.add(node.arg)
    return quotients - others - {""}


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr | None]]:
    """The names of an assignment with their values: `a, b = n / 2, n / 4` has two."""
    for target in node.targets:
        if not isinstance(target, ast.Tuple | ast.List):
            yield _dotted(target), node.value
        elif isinstance(node.value, ast.Tuple | ast.List) and len(node.value.elts) == len(target.elts):
            yield from zip(map(_dotted, target.elts), node.value.elts, strict=True)
        else:
            yield from ((_dotted(part), None) for part in target.elts)


def _dotted(node: ast.AST) -> str:
    """`name` or `self.name`; nothing for what is neither."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _wholes(node: ast.AST) -> Iterator[ast.expr]:
    """What Python 3 wants to be whole numbers in this expression."""
    if isinstance(node, ast.Slice):
        yield from (part for part in (node.lower, node.upper) if part is not None)
    elif isinstance(node, ast.Call):
        module, _, name = ast.unparse(node.func).rpartition(".")
        if not module and name == "range":
            yield from node.args
        elif name in _SIZES and module.partition(".")[0] in ("tf", "tensorflow"):
            place, parameter = _SIZES[name]
            for sizes in (*node.args[place:place + 1], *(k.value for k in node.keywords if k.arg == parameter)):
                if isinstance(sizes, ast.List | ast.Tuple):
                    yield from sizes.elts


def _holds_quotient(node: ast.expr, named: set[str]) -> bool:
    """Whether it is a quotient, or a sum or product with one; what a float takes part in is none in Python 2 either."""
    if not isinstance(node, ast.BinOp):
        return _dotted(node) in named
    sides = (node.left, node.right)
    if any(isinstance(side, ast.Constant) and isinstance(side.value, float) for side in sides):
        return False
    if isinstance(node.op, ast.Div):
        return True
    return isinstance(node.op, ast.Add | ast.Sub | ast.Mult) and any(_holds_quotient(side, named) for side in sides)
