"""One text for every size of the batch, of the texts for two sizes; and the last touches."""

from __future__ import annotations

import io
import re
import token
import tokenize

from lowering.emit.literals import CLOSE, OPEN
from tracer import errors

SIZES = (180, 360)
"""Two sizes of the batch: what differs between the texts for both is written in terms of the batch."""


def merged(first: str, second: str) -> str:
    """One text of two that differ in numbers which follow from the size of the batch."""
    if first == second:
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


def finished(source: str) -> str:
    """Without the marks of shapes, unused imports and an unused `batch`; formatted where a formatter is at hand."""
    def sizes(match: re.Match) -> str:
        parts = match[1].split(", ") if match[1] else []
        if sum("batch" in part for part in parts) == 1:
            parts = ["-1" if "batch" in part else part for part in parts]
        return ", ".join(parts)

    source = re.sub(rf"reshape\(([^{OPEN}{CLOSE}]*)\({OPEN}([^{CLOSE}]*){CLOSE}", lambda m: (
        f"reshape({m[1]}({sizes(re.match('(.*)', m[2]))}"), source)  # type: ignore[arg-type]
    source = source.replace(OPEN, "").replace(CLOSE, "")
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    source = "".join(re.sub(r"(?m)^    batch = .*\n", "", part) if len(re.findall(r"\bbatch\b", part)) == 1 else part
                     for part in parts)
    for line in re.findall(r"(?m)^(?:import|from) .*$", source):
        name = line.split()[-1]
        if not re.search(rf"(?m)^(?!import |from ).*\b{re.escape(name)}\b", source):
            source = source.replace(line + "\n", "", 1)
    return re.sub(r"\n{4,}", "\n\n\n", source)
