"""Calls of the script's functions, and of ours, found again in the stacks that operations were recorded with."""

from __future__ import annotations

import ast
import dis
import functools
import linecache
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

from tracer import ir

_OWN = os.path.dirname(ir.__file__) + os.sep
_LIBRARY = tuple(_OWN + folder + os.sep for folder in ("nn", "ops", "train", "contrib"))
_NO_LIBRARY = tuple(f"{_OWN}ops{os.sep}{name}.py" for name in ("operators", "slicing", "blocks", "contexts"))
_ASSIGNS = re.compile(r"\s*([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*=(?!=)")
_NO_TENSORS = frozenset({"self", "cls", "name", "scope"})
_NAMELESS = frozenset({"main", "build", "loss", "apply", "init", "wrapper", "inner", "minimize", "call"})


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of a function in which operations were recorded."""

    code: CodeType
    depth: int

    @property
    def name(self) -> str:
        """What the function is called; an object that is called, like its class. "" for one that has no name of its own."""
        name = self.code.co_name
        if name == "_apply_sparse":  # a step of an optimizer on some rows of a table
            return name[1:]
        if name == "__call__":
            name = self.code.co_qualname.split(".")[-2] if "." in self.code.co_qualname else ""
        return name if name.isidentifier() and name not in _NAMELESS and name[0] != "_" else ""

    @property
    def is_ours(self) -> bool:
        """Whether it is a function of this package: one that TensorFlow has, or a part of one."""
        return self.code.co_filename.startswith(_OWN)


class Calls:
    """The calls that each operation of a graph was recorded in, outermost first."""

    def __init__(self, operations: Sequence[ir.Operation]) -> None:
        self.of: dict[ir.Operation, list[Call]] = {}
        self._stacks: dict[ir.Operation, list[tuple[CodeType, int]]] = {}
        stack: list[tuple[CodeType, int]] = []
        calls: list[Call] = []
        for op in operations:
            before, stack = stack, list(zip(op.frames[-2::-2], op.frames[-1::-2], strict=True))
            kept = _still_open(before, stack)
            calls = [*calls[:kept], *(Call(code, i) for i, (code, _) in enumerate(stack[kept:], kept))]
            self.of[op] = [call for call in calls if _counts(call.code)]
            self._stacks[op] = stack

    def names(self) -> tuple[dict[ir.Operation, str], dict[ir.Operation, list[str]]]:
        """What the script calls an operation's value; and what the innermost function that names its values calls those.

        A name goes through functions that return what they have recorded.
        """
        runs: dict[tuple[Call, str], list[ir.Operation]] = {}
        last: dict[Call, tuple[int, str]] = {}
        hidden: set[tuple[Call, ir.Operation]] = set()
        for op, calls in self.of.items():
            returned = theirs = True  # by all functions inside; and by those of the script
            for call in reversed(calls):
                number = _line_number(*self._stacks[op][call.depth])
                if last.get(call, (None,))[0] != number:
                    last[call] = number, f"{number} {op.name}"
                runs.setdefault((call, last[call][1]), []).append(op)
                if not (returned if call.is_ours else theirs):
                    hidden.add((call, op))
                if not linecache.getline(call.code.co_filename, number).lstrip().startswith("return"):
                    returned, theirs = False, theirs and call.is_ours
        script: dict[ir.Operation, tuple[int, str]] = {}
        all_names: dict[ir.Operation, tuple[int, list[str]]] = {}
        for (call, place), operations in runs.items():
            line = linecache.getline(call.code.co_filename, int(place.split()[0]))
            for op, names in _assigned(line, operations):
                if (call, op) not in hidden:
                    if len(names) == 1 and not call.is_ours:
                        script[op] = max(script.get(op, (0, "")), (call.depth, names[0]))
                    all_names[op] = max(all_names.get(op, (0, [])), (call.depth, names))
        return {op: name for op, (_, name) in script.items()}, {op: names for op, (_, names) in all_names.items()}

    def line(self, op: ir.Operation, call: Call) -> str:
        """The source of the statement in a function that recorded an operation, from where it is called on."""
        code, instruction = self._stacks[op][call.depth]
        start, end, first, last = next((place for at, place in enumerate(code.co_positions()) if at == instruction // 2),
                                       (None, None, None, None))
        text = linecache.getline(code.co_filename, start or 0).encode()
        return (text[first:last] if start == end and first is not None else text).decode()

    def parameters(self, call: Call, uses: list[tuple[ir.Operation, int | None]]) -> list[str]:
        """What a function calls the values that these operations of it are the first to use, each as an input if known."""
        code = call.code
        given = [name for name in code.co_varnames[:code.co_argcount] if name not in _NO_TENSORS]
        found: list[str] = []
        for op, place in uses:
            inner = self.of[op][self.of[op].index(call):]
            known = [_operands(self.line(op, each)) for each in inner]  # of this function, or of one inside of it
            name = next((operands[place] for operands in known
                         if place is not None and len(operands) == len(op.inputs) and operands[place]), "")
            if not name:
                words = re.findall(r"(?<![\w.'\"])[A-Za-z_]\w*\b(?!\s*=[^=]|\(|\.)", self.line(op, call))
                only = {word for word in words if word in given and word not in found}
                name = only.pop() if len(only) == 1 else ""
            found.append("" if name in found or name in _NO_TENSORS else name)
        left = [name for name in given if name not in found]
        return [left[0] if not name and found.count("") == len(left) == 1 else name for name in found]


@functools.cache
def _operands(text: str) -> tuple[str, ...]:
    """What the operands of an expression are called, "" for what has no name."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return ()
    if isinstance(tree, ast.Call):
        operands = tree.args
    elif isinstance(tree, ast.BinOp):
        operands = [tree.left, tree.right]
    elif isinstance(tree, ast.UnaryOp):
        operands = [tree.operand]
    else:
        return ()
    flat = [e for operand in operands for e in (operand.elts if isinstance(operand, (ast.List, ast.Tuple)) else [operand])]
    return tuple(e.id if isinstance(e, ast.Name) else e.attr if isinstance(e, ast.Attribute) else "" for e in flat)


def _counts(code: CodeType) -> bool:
    """Whether a function is the script's, or one of those that TensorFlow is made of for its users."""
    name = code.co_filename
    return (name.startswith(_LIBRARY) and not name.startswith(_NO_LIBRARY)) if name.startswith(_OWN) else True


def _still_open(before: list[tuple[CodeType, int]], stack: list[tuple[CodeType, int]]) -> int:
    """How many calls go on from one operation to the next."""
    same = next((i for i, (a, b) in enumerate(zip(before, stack, strict=False)) if a != b), min(len(before), len(stack)))
    earlier = later = 0
    levels = same
    if same < min(len(before), len(stack)):
        (code, earlier), (other, later) = before[same], stack[same]
        if code is not other:
            return same
        if later > earlier:
            return same + 1
        levels += 1
    for i in reversed(range(levels)):  # something goes round: the innermost loop that is at this place
        places = (earlier, later) if i == same else (stack[i][1],) * 2
        if any(start <= min(places) and max(places) <= end for start, end in _loops(stack[i][0])):
            return i + 1
    return same


@functools.cache
def _line_number(code: CodeType, instruction: int) -> int:
    return next((number for start, end, number in code.co_lines() if start <= instruction < end and number is not None),
                code.co_firstlineno)


@functools.cache
def _targets(line: str) -> tuple[tuple[str, ...], int]:
    """The names to which a statement assigns, and how many values stand on its other side, where those are written out."""
    try:
        statement, *others = ast.parse(line.strip()).body
        if others:  # which of the line's statements has recorded what is not known
            return (), 1
    except (SyntaxError, ValueError):  # it goes on in the next line
        match = None if line.rstrip().endswith(("[", "{")) else _ASSIGNS.match(line)
        return (tuple(re.split(r"\s*,\s*", match[1])) if match else ()), 1
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or (
            isinstance(statement, ast.Assign) and len(statement.targets) > 1):
        return (), 1
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    value = statement.value
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    if isinstance(value, (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Lambda)):
        return (), 1  # none of its elements is called so
    names = tuple(t.id if isinstance(t, ast.Name) else t.attr if isinstance(t, ast.Attribute) else "" for t in targets)
    return names if all(names) else (), len(value.elts) if isinstance(value, ast.Tuple) else 1


def _assigned(line: str, operations: list[ir.Operation]) -> list[tuple[ir.Operation, list[str]]]:
    """Which of the operations that a line has recorded it gives names, and which."""
    names, values = _targets(line)
    if not names:
        return []
    inside = set(operations)
    ends = [op for op in operations if op.outputs and not any(user in inside for t in op.outputs for user in t.consumers())]
    if len(names) == len(ends) == values:
        return [(op, [name]) for op, name in zip(ends, names, strict=True) if len(op.outputs) == 1]
    if values == 1 and ends and len(ends[-1].outputs) == len(names):
        return [(ends[-1], list(names))]
    return []


@functools.cache
def _loops(code: CodeType) -> tuple[tuple[int, int], ...]:
    """Where the loops of a function begin and end.

    A `for` says itself where it ends. What jumps back to it may stand behind that: the ends of `with`, since Python 3.12.
    """
    counted = {i.offset: i.argval for i in dis.get_instructions(code) if i.opname == "FOR_ITER"}
    back = ((i.argval, i.offset) for i in dis.get_instructions(code)
            if "JUMP_BACKWARD" in i.opname and "NO_INTERRUPT" not in i.opname)
    return tuple(dict.fromkeys((start, counted.get(start, end)) for start, end in back))

