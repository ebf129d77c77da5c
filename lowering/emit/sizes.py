"""One text for every size of the batch, of the texts for two sizes; and the last touches."""

from __future__ import annotations

import ast
import io
import re
import token
import tokenize
from collections.abc import Iterable

from lowering.emit.literals import CLOSE, OPEN
from lowering.emit.naming import snake
from lowering.emit.special import specialized
from tracer import errors

SIZES = (180, 360)
"""Two sizes of the batch: what differs between the texts for both is written in terms of the batch."""


LINE = 84
"""A statement of a function has so many characters on one line."""


def merged(first: str, second: str = "") -> str:
    """One text of two that differ in numbers which follow from the size of the batch; of one, that itself."""
    if second in ("", first):
        return first
    pairs = list(zip(*(list(tokenize.generate_tokens(io.StringIO(text.replace(OPEN, "(").replace(CLOSE, ")")).readline))
                       for text in (first, second)), strict=False))
    if any(a.string != b.string and not a.type == b.type == token.NUMBER for a, b in pairs):
        raise errors.UnsupportedError("The program is another one for each size of the batch: set_shape fixes it.")
    lines = first.split("\n")
    for a, b in reversed(pairs):
        if a.string != b.string:
            row, column = a.start
            before, after = lines[row - 1][:column], lines[row - 1][column + len(a.string):]
            text = _in_terms(a.string, b.string)
            if text.startswith("1 / ") and before.endswith("* "):
                before, text = before[:-2] + "/ ", text.removeprefix("1 / ")
            lines[row - 1] = before + text + after
    return "\n".join(lines)


def _in_terms(first: str, second: str) -> str:
    """What is `first` for the first size of the batch and `second` for the second: `factor * batch + rest`."""
    if not (first.isdigit() and second.isdigit()):
        if float(second) == 2 * float(first) and float(first) % SIZES[0] == 0:
            factor = int(float(first)) // SIZES[0]
            return "batch" if factor == 1 else f"({factor} * batch)"
        share = float(first) * SIZES[0]
        if abs(share / (float(second) * SIZES[1]) - 1) > 1e-6:
            raise errors.UnsupportedError(
                "A number in the program is another one for each size of the batch: set_shape fixes it.")
        whole = 1 / share
        if abs(round(whole) / whole - 1) < 1e-6:
            return f"1 / ({round(whole)} * batch)" if round(whole) > 1 else "1 / batch"
        return f"({share:.8g} / batch)"
    a, b = int(first), int(second)
    if a and b == 2 * a and a < SIZES[0] and SIZES[0] % a == 0:
        return f"batch // {SIZES[0] // a}"
    factor, odd = divmod(b - a, SIZES[1] - SIZES[0])
    rest = a - factor * SIZES[0]
    if odd:
        raise errors.UnsupportedError("A size in the program is no multiple of the batch: set_shape fixes it.")
    text = "batch" if factor == 1 else f"{factor} * batch"
    return text if not rest else f"({text} {'+' if rest > 0 else '-'} {abs(rest)})"


def _on_lines(text: str) -> str:
    """The statements of a function that returns a dictionary: one of its parts has a name where it is too long."""
    parts: list[tuple[int, str, str]] = []
    for node in ast.walk(ast.parse(text, mode="eval")):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                assert isinstance(key, ast.Constant)
                name, part = snake(str(key.value)).lower(), ast.get_source_segment(text, value) or ""
                parts.append((len(part), re.sub(r"\W", "_", name), part))
    for length, name, part in sorted(parts, reverse=True):
        whole = text.replace(part, name, 1)
        if len(text) > LINE and length + len(name) + len(" = ") <= LINE and len(whole) + len("return ") <= LINE \
                and text.count(part) == 1 and name.isidentifier() and length > len(name):
            return f"    {name} = {part}\n    return {whole}"
    return f"    return {text}"


def finished(source: str, quoted: Iterable[str] = ()) -> str:
    """Without the marks of shapes, unused imports and an unused `batch`; the functions `quoted` as they are called."""
    def sizes(text: str) -> str:
        parts = text.split(", ") if text else []
        if sum("batch" in part for part in parts) == 1:
            parts = ["-1" if "batch" in part else part for part in parts]
        return ", ".join(parts)

    source = re.sub(rf"reshape\(([^{OPEN}{CLOSE}]*){OPEN}([^{CLOSE}]*){CLOSE}", lambda m: (
        f"reshape({m[1]}{sizes(m[2])}"), source)
    source = source.replace(OPEN, "").replace(CLOSE, "")
    source = re.sub(r"(?m)^(def init_\w+\(.*\):\n)    return (\{.*\})$", lambda m: m[1] + _on_lines(m[2]), source)
    source = specialized(source, quoted)
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    source = "".join(re.sub(r"(?m)^    batch = .*\n", "", part) if len(re.findall(r"\bbatch\b", part)) == 1 else part
                     for part in parts)
    for line in re.findall(r"(?m)^(?:import|from) .*$", source):
        name = line.split()[-1]
        if not re.search(rf"(?m)^(?!import |from ).*\b{re.escape(name)}\b", source):
            source = source.replace(line + "\n", "", 1)
    return re.sub(r"\n{4,}", "\n\n\n", source)
