"""Reads a legacy source file: decides which Python it was written for, and compiles it with its own line numbers.

Three steps, each only where needed. fissix turns statements that Python 3 cannot parse into ones that it can.
`rewrite` gives operators and methods their old meaning, on the syntax tree, so nothing moves to another line. What
names mean (`open`, `map`, `cPickle`) is settled when the program runs, by its built-in names and its `__import__`.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import warnings
from types import CodeType

from tracer.legacy import detection, generated_messages, later_keywords, program, rewrite
from tracer.legacy.helpers import helper_name
from tracer.legacy.old_text import HIGH_ESCAPE
from tracer.legacy.sources import decode

# Only fixers for what does not parse, and whose results stay on their line.
_FIXERS = (
    *(
        f"fissix.fixes.fix_{name}"
        for name in "except exec ne numliterals paren print raise repr tuple_params".split()
    ),
    "tracer.legacy.fix_lambda_tuple",
    "tracer.legacy.fix_unicode_text",
)
# fissix unpacks `def f((a, b))` and `except E, (a, b)` on a line of its own.
_ADDED_LINE = re.compile(r"\s*.+ = xxx_todo_changeme\d*(\.args)?\s*$")
# Editors of the time wrote `from __builtin__ import False`.
_KEYWORDS_IMPORTED = re.compile(
    r"^([ \t]*)from __builtin__ import ((?:[\w \t]+,)*[ \t]*(?:True|False|None)\b.*)$", re.MULTILINE
)
_SIGNS_OF_PYTHON2 = (
    "Missing parentheses in call to",
    "invalid decimal literal",
    "leading zeros",
    "multiple exception types must be",
)
_NO_COLUMN = -1


def compile_source(data: bytes, filename: str, python: str = "auto", otherwise: int = 3) -> tuple[CodeType, int]:
    """The code of a source file, and 2 or 3: the Python whose meaning it has; `otherwise` where either would do."""
    text = decode(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a string, `is` with a literal: fine in their day
        try:
            tree, version = parse(text, filename, python, otherwise)
        except SyntaxError as problem:
            raise problem.with_traceback(None) from None
        description = generated_messages.serialized(tree)
        if description is not None:
            tree = generated_messages.made_of_description(tree, description, helper_name(generated_messages.HELPER))
        rewrite.rewrite(tree, version)
        return compile(tree, filename, "exec", dont_inherit=True), version


def compile_text(text: str, mode: str) -> CodeType:
    """The code of Python 2 text given to `exec` or `eval`, whichever `mode` names."""
    if mode == "exec":
        return compile_source(text.encode("utf-8"), "<string>", "2")[0]
    tree, _ = parse(f"({text.strip()}\n)", "<string>", "2")
    rewrite.rewrite(tree, 2)
    statement = tree.body[0]
    if len(tree.body) != 1 or not isinstance(statement, ast.Expr):
        raise SyntaxError(f"not an expression: {text}")
    return compile(ast.Expression(statement.value), "<string>", "eval", dont_inherit=True)


def parse(text: str, filename: str, python: str = "auto", otherwise: int = 3) -> tuple[ast.Module, int]:
    """The syntax tree of a source file, and 2 or 3. Raises the SyntaxError of Python 3 when neither can read it."""
    try:
        tree = ast.parse(text, filename)
    except (SyntaxError, ValueError) as problem:
        renamed = later_keywords.as_names(text)
        if renamed != text:
            return _parse_renamed(renamed, filename, python, otherwise, problem)
        if python == "3":
            raise
        return _parse_python2(text, filename, problem), 2
    if python == "3" or (python == "auto" and (program.python_of(tree, filename) or otherwise) == 3):
        return tree, 3
    if detection.has_print_statements(tree) or HIGH_ESCAPE.search(text):
        try:
            tree = _parse_python2(text, filename, SyntaxError())
        except SyntaxError:
            pass  # `lambda: print(x)` is the function after all
    return tree, 2


def _parse_renamed(renamed: str, filename: str, python: str, otherwise: int,
                   problem: Exception) -> tuple[ast.Module, int]:
    """`parse` of text whose `async` and `await` are spelt as names; raises `problem` when that is no Python either."""
    try:
        tree, version = parse(renamed, filename, python, otherwise)
    except SyntaxError:
        raise problem from None
    later_keywords.restore(tree)
    return tree, version


def translate(text: str) -> str:
    """Python 2 source as source that Python 3 parses."""
    from fissix import refactor

    tool = refactor.RefactoringTool(_FIXERS)
    text = _KEYWORDS_IMPORTED.sub(_without_keywords, _spaces_for_tabs(text + "\n"))
    return str(tool.refactor_string(text, "legacy source"))


def _without_keywords(statement: re.Match[str]) -> str:
    """An import from `__builtin__` without the names that are keywords now."""
    names = [name.strip() for name in statement[2].split(",")]
    others = ", ".join(name for name in names if name not in ("True", "False", "None"))
    return statement[1] + (f"from __builtin__ import {others}" if others else "pass")


def _parse_python2(text: str, filename: str, problem: Exception) -> ast.Module:
    """The tree of Python 2 source; raises `problem`, which Python 3 found in it, when it is not that either."""
    try:
        translated = translate(text)
        tree = ast.parse(translated, filename)
    except Exception as failure:
        if str(problem).startswith(_SIGNS_OF_PYTHON2):
            problem.add_note(f"Read as Python 2, it fails at line {_line_of(failure)}: {failure}")
        raise problem from None
    _restore_positions(tree, text.split("\n"), translated.split("\n"))
    return tree


def _line_of(failure: Exception) -> int | None:
    """The line that fissix (in its `context`) or Python complains about."""
    context = getattr(failure, "context", None)
    return context[1][0] if context else getattr(failure, "lineno", None)


def _spaces_for_tabs(text: str) -> str:
    """Indentation as Python 2 counted it: a tab goes to the next multiple of eight."""
    if "\t" not in text:
        return text
    from fissix.pgen2 import token
    from fissix.pgen2 import tokenize as tokenizer

    in_string: set[int] = set()
    for kind, _, start, end, _ in tokenizer.generate_tokens(io.StringIO(text).readline):
        if kind == token.STRING:
            in_string.update(range(start[0] + 1, end[0] + 1))
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if number not in in_string:
            code = line.lstrip(" \t")
            lines[number - 1] = line[: len(line) - len(code)].expandtabs(8) + code
    return "\n".join(lines)


def _restore_positions(tree: ast.Module, original: list[str], translated: list[str]) -> None:
    """Gives every node the line of the file; on lines that changed the column means nothing and is dropped."""
    line_of = _original_lines(original, translated)
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        same = all(translated[n - 1] == original[line_of[n - 1] - 1] for n in (first, last))
        node.lineno, node.end_lineno = line_of[first - 1], line_of[last - 1]  # type: ignore[attr-defined]
        if not same:
            node.col_offset = node.end_col_offset = _NO_COLUMN  # type: ignore[attr-defined]


def _original_lines(original: list[str], translated: list[str]) -> list[int]:
    """For each line of the translation, the number of the line it came from."""
    kept = [number for number, line in enumerate(translated) if not _ADDED_LINE.match(line)]
    source: list[int] = []  # of each kept line
    if len(kept) - 1 == len(original):  # translate() ended the text with a line feed
        source = list(range(1, len(kept) + 1))
    else:  # a raise over several lines became one line
        matcher = difflib.SequenceMatcher(None, original, [translated[number] for number in kept], autojunk=False)
        for _, start, end, new_start, new_end in matcher.get_opcodes():
            source.extend(min(start + step, max(start, end - 1)) + 1 for step in range(new_end - new_start))
    came_from = dict(zip(kept, source, strict=True))
    lines: list[int] = []
    for number in range(len(translated)):
        lines.append(min(came_from.get(number, lines[-1] if lines else 1), len(original)))
    return lines
