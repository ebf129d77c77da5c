"""Calls of the script's functions, and of ours, found again in the stacks that operations were recorded with."""

from __future__ import annotations

import ast
import dis
import functools
import itertools
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
_ROUNDLESS = (_OWN + "train" + os.sep,)
"""What goes over variables there is written for all of them at once."""
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
        return self._named()

    def _named(self) -> str:
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


@dataclass(frozen=True, slots=True, eq=False)
class Round(Call):
    """One round of a loop in such a call."""

    loop: tuple[int, int]
    inside: Call

    @property
    def name(self) -> str:
        """What a function of the round alone is called."""
        return f"{self._named()}_step".removeprefix("_")


class Calls:
    """The calls that each operation of a graph was recorded in, outermost first."""

    def __init__(self, operations: Sequence[ir.Operation]) -> None:
        self.of: dict[ir.Operation, list[Call]] = {}
        self._stacks: dict[ir.Operation, list[tuple[CodeType, int]]] = {}
        stack: list[tuple[CodeType, int]] = []
        calls: list[Call] = []
        rounds: list[list[Round]] = []  # that each call is in
        for op in operations:
            before, stack = stack, list(zip(op.frames[-2::-2], op.frames[-1::-2], strict=True))
            kept, turned = _still_open(before, stack)
            calls = [*calls[:kept], *(Call(code, i) for i, (code, _) in enumerate(stack[kept:], kept))]
            rounds = [_rounds(call, at, rounds[i] if i < kept else [], turned if i == kept - 1 else None)
                      for i, (call, (_, at)) in enumerate(zip(calls, stack, strict=True))]
            self.of[op] = [one for call, inside in zip(calls, rounds, strict=True) if _counts(call.code)
                           for one in (call, *inside)]
            self._stacks[op] = stack

    def names(self) -> tuple[dict[ir.Operation, str], dict[ir.Operation, list[str]]]:
        """What the script calls an operation's value; and what the innermost function that names its values calls those.

        A name goes through functions that return what they have recorded.
        """
        runs: dict[tuple[Call, str], list[ir.Operation]] = {}
        last: dict[Call, tuple[tuple[int, int], str]] = {}
        texts: dict[tuple[Call, str], str] = {}
        hidden: set[tuple[Call, ir.Operation]] = set()
        for op, calls in self.of.items():
            returned = theirs = True  # by all functions inside; and by those of the script
            for call in reversed(calls):
                start, text = _statement(call.code.co_filename, *_place(*self._stacks[op][call.depth]))
                if last.get(call, (None,))[0] != start:
                    last[call] = start, f"{start} {op.name}"
                    texts[call, last[call][1]] = text
                runs.setdefault((call, last[call][1]), []).append(op)
                if not (returned if call.is_ours else theirs):
                    hidden.add((call, op))
                if not text.lstrip().startswith("return"):
                    returned, theirs = False, theirs and call.is_ours
        script: dict[ir.Operation, tuple[int, str]] = {}
        all_names: dict[ir.Operation, tuple[int, list[str]]] = {}
        for (call, place), operations in runs.items():
            for op, names in _assigned(texts[call, place], operations):
                if (call, op) not in hidden:
                    if len(names) == 1 and not call.is_ours:
                        script[op] = max(script.get(op, (0, "")), (call.depth, names[0]))
                    all_names[op] = max(all_names.get(op, (0, [])), (call.depth, names))
        return {op: name for op, (_, name) in script.items()}, {op: names for op, (_, names) in all_names.items()}

    def list_of(self, op: ir.Operation) -> tuple[Call, str] | None:
        """The list that the script puts an operation's value into, by the call whose list it is and its name."""
        for call in reversed(self.of[op]):
            if not (isinstance(call, Round) or call.is_ours or call.code.co_name == "<listcomp>"):
                name = _list_name(call.code.co_filename, _line_number(*self._stacks[op][call.depth]))
                return (call, name) if name else None
        return None

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
            inner = [self.line(op, each) for each in self.of[op][self.of[op].index(call):]]  # or of one inside of it
            first, count = _list_of(op)
            if count and (place is None or first <= place < first + count):
                name = next((names[place - first] for names in map(_elements, inner) if len(names) == count),
                            "") if place is not None else ""
                found.append("" if name in found else name)
                continue
            name = next((operands[place] for line in inner for operands in (_operands(line), _operands(line, flat=False))
                         if place is not None and len(operands) == len(op.inputs) and operands[place]), "")
            if not name:
                words = re.findall(r"(?<![\w.'\"])[A-Za-z_]\w*\b(?!\s*=[^=]|\(|\.)", self.line(op, call))
                only = {word for word in words if word in given and word not in found}
                name = only.pop() if len(only) == 1 else ""
            found.append("" if name in found or name in _NO_TENSORS else name)
        left = [name for name in given if name not in found]
        return [left[0] if not name and found.count("") == len(left) == 1 else name for name in found]


@functools.cache
def _statements(file: str) -> list[ast.stmt]:
    """All statements of a file, those within others after them."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):  # Python 2, say
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


@functools.cache
def _statement(file: str, number: int, column: int) -> tuple[tuple[int, int], str]:
    """Where the statement at a place begins, and its text; the line alone where that is not known."""
    inside = [s for s in _statements(file) if s.lineno <= number <= (s.end_lineno or 0) and not hasattr(s, "body")]
    on_line = [s for s in inside if s.lineno == number == s.end_lineno and s.col_offset <= column < (s.end_col_offset or 0)]
    inside = on_line if len(on_line) == 1 else inside
    if len(inside) != 1:
        return (number, 0), linecache.getline(file, number)
    (statement,) = inside
    lines = linecache.getlines(file)[statement.lineno - 1:statement.end_lineno]
    text = "".join(lines)
    if on_line and len(_beside(file, number)) > 1:
        text = text.encode()[statement.col_offset:statement.end_col_offset].decode()
    return (statement.lineno, statement.col_offset), text


@functools.cache
def _beside(file: str, number: int) -> list[ast.stmt]:
    """The statements that are on one line, alone or one after the other."""
    return [s for s in _statements(file) if s.lineno == number == s.end_lineno and not hasattr(s, "body")]


@functools.cache
def _list_name(file: str, number: int) -> str:
    """The list that the statement at a line makes, or appends to; "" where it does neither."""
    inside = [s for s in _statements(file) if s.lineno <= number <= (s.end_lineno or 0)]
    statement = inside[-1] if inside else None
    if isinstance(statement, ast.Assign) and isinstance(statement.value, (ast.List, ast.ListComp)):
        return _name_of(statement.targets[0])
    return _appended_to(statement)


def _appended_to(statement: ast.stmt | None) -> str:
    """The list that a statement appends to; "" where it does something else."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_append = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    return _name_of(call.func.value) if is_append else ""  # type: ignore[union-attr]


def _list_of(op: ir.Operation) -> tuple[int, int]:
    """Where the only list among the inputs of an operation begins, and how long it is."""
    arguments = op.arguments
    lists = [i for i, argument in enumerate(arguments) if isinstance(argument, list) and len(argument) > 1]
    if len(lists) != 1:
        return 0, 0
    before = [len(argument) if isinstance(argument, list) else 1 for argument in arguments[:lists[0]]]
    return sum(before), len(arguments[lists[0]])


@functools.cache
def _elements(text: str) -> tuple[str, ...]:
    """What the elements of the only list that is written out in a call are called, "" for what has no name."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return ()
    lists = [e for e in tree.args if isinstance(e, (ast.List, ast.Tuple))] if isinstance(tree, ast.Call) else []
    return tuple(_name_of(e.value if isinstance(e, ast.Starred) else e) for e in lists[0].elts) if len(lists) == 1 else ()


def _name_of(e: ast.expr) -> str:
    return e.id if isinstance(e, ast.Name) else e.attr if isinstance(e, ast.Attribute) else ""


@functools.cache
def _operands(text: str, flat: bool = True) -> tuple[str, ...]:
    """What the operands of an expression are called, "" for what has no name; those in a list one by one, where `flat`."""
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
    elif isinstance(tree, ast.Subscript):
        operands = [tree.value, ast.Constant(0), ast.Constant(0)]  # where it begins, and how far it goes
    else:
        return ()
    for operand in list(operands) if flat else ():
        if isinstance(operand, (ast.List, ast.Tuple)):
            i = operands.index(operand)
            operands[i:i + 1] = operand.elts
    return tuple(map(_name_of, operands))


def _counts(code: CodeType) -> bool:
    """Whether a function is the script's, or one of those that TensorFlow is made of for its users."""
    name = code.co_filename
    return (name.startswith(_LIBRARY) and not name.startswith(_NO_LIBRARY)) if name.startswith(_OWN) else True


def _rounds(call: Call, at: int, before: list[Round], turned: tuple[int, int] | None) -> list[Round]:
    """The rounds of loops, outermost first, that a call is in at an instruction; a loop that has `turned` begins another."""
    if not _counts(call.code) or call.code.co_filename.startswith(_ROUNDLESS):
        return []
    inside = [loop for loop in _loops(call.code) if loop[0] <= at <= loop[1]]
    known = {one.loop: one for one in before if turned is None or not _holds(turned, one.loop)}
    return [known.get(loop) or Round(call.code, call.depth, loop, call)
            for loop in sorted(inside, key=lambda loop: loop[0] - loop[1])]


def _holds(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _still_open(before: list[tuple[CodeType, int]], stack: list[tuple[CodeType, int]]) -> tuple[int, tuple[int, int] | None]:
    """How many calls go on from one operation to the next, and the loop in the innermost of them that has gone round."""
    same = next((i for i, (a, b) in enumerate(zip(before, stack, strict=False)) if a != b), min(len(before), len(stack)))
    earlier = later = 0
    levels = same
    if same < min(len(before), len(stack)):
        (code, earlier), (other, later) = before[same], stack[same]
        if code is not other:
            return same, None
        if later > earlier:
            return same + 1, None
        levels += 1
    for i in reversed(range(levels)):  # something goes round: the innermost loop that is at this place
        places = (earlier, later) if i == same else (stack[i][1],) * 2
        around = [loop for loop in _loops(stack[i][0]) if loop[0] <= min(places) and max(places) <= loop[1]]
        if around:
            return i + 1, min(around, key=lambda loop: loop[1] - loop[0])
    return same, None


@functools.cache
def _line_number(code: CodeType, instruction: int) -> int:
    return next((number for start, end, number in code.co_lines() if start <= instruction < end and number is not None),
                code.co_firstlineno)


@functools.cache
def _place(code: CodeType, instruction: int) -> tuple[int, int]:
    """The line and the column that an instruction comes from."""
    start, _, column, _ = next(itertools.islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    return start or _line_number(code, instruction), column or 0


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
    if (name := _appended_to(statement)) and re.search("[^s]s$", name):
        return (name[:-1],), 1
    if isinstance(statement, ast.AugAssign):
        return ((name,), 1) if (name := _name_of(statement.target)) else ((), 1)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or (
            isinstance(statement, ast.Assign) and len(statement.targets) > 1):
        return (), 1
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    value = statement.value
    targets = target.elts if isinstance(target, ast.Tuple) else [target]
    if isinstance(value, (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Lambda)):
        return (), 1  # none of its elements is called so
    names = tuple(map(_name_of, targets))
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

