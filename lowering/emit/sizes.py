"""One text for every size of the batch and of the like, of the texts for two sizes of each; and the last touches."""

from __future__ import annotations

import ast
import io
import math
import re
import token
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lowering.emit.literals import CLOSE, OPEN
from lowering.emit.naming import snake
from lowering.emit.special import specialized
from tracer import errors
from tracer.ir import Tensor

_FIRST = (180, 168, 264, 312, 408, 456, 552, 696, 744, 888)
"""Sizes that many numbers divide, each for one of the symbols."""


class Symbol(NamedTuple):
    """A size that is another one from call to call: its name, where feeds have it, and what it is taken as."""

    name: str
    places: list[tuple[Tensor, int]]
    size: int


def symbols(feeds: list[Tensor], said: Mapping[Tensor, str], together: Sequence[Sequence[Tensor]] = (),
            by_axis: bool = False) -> list[Symbol]:
    """The sizes that are not known of feeds, which are `said` to have these names. First ones are one, the batch, but for
    those of the groups that are `together` apart from it; of the others each is one of its own, or those at the same place
    are one where they go `by_axis`."""
    apart = {tensor: i for i, group in enumerate(together, 1) for tensor in group}
    groups: dict[Any, list[tuple[Tensor, int]]] = {}
    for number, tensor in enumerate(feeds):
        for axis, size in enumerate(tensor.sizes or ()):
            if size is None:
                key = number if axis and not by_axis else 0 if axis else apart.get(tensor, 0)
                groups.setdefault((key, axis), []).append((tensor, axis))
    found: list[Symbol] = []
    for (key, axis), places in groups.items():
        rank = len(places[0][0].sizes or ())
        word = f"{snake(said[places[0][0]])}_size" if key and not axis else "batch" if not axis else (
            ("height", "width")[axis - 1] if rank == 4 and axis < 3 else "length")
        name, number = word, 2
        while word != "batch" and name in {*said.values(), *(symbol.name for symbol in found)}:
            name, number = f"{word}_{number}", number + 1
        found.append(Symbol(name, places, _FIRST[len(found)] if len(found) < len(_FIRST) else 8 * (900 + 7 * len(found))))
    return found


LINE = 84
"""A statement of a function has so many characters on one line."""


def merged(first: str, others: Iterable[tuple[Symbol, str]] = ()) -> str:
    """One text, of a first one and those in which one of the symbols is twice as large: what differs follows from it."""
    symbols, texts = [symbol for symbol, _ in others], [first, *(text for _, text in others)]
    if all(text == first for text in texts):
        return first
    rows = list(zip(*(list(tokenize.generate_tokens(io.StringIO(text.replace(OPEN, "(").replace(CLOSE, ")")).readline))
                      for text in texts), strict=False))
    lines = first.split("\n")
    for token_, *twice in reversed(rows):
        changed = [(symbol, b.string) for symbol, b in zip(symbols, twice, strict=True) if b.string != token_.string]
        if not changed:
            continue
        if any(b.string != token_.string and not b.type == token_.type == token.NUMBER for b in twice):
            raise errors.UnsupportedError("The program is another one for each size of the batch: set_shape fixes it.")
        row, column = token_.start
        before, after = lines[row - 1][:column], lines[row - 1][column + len(token_.string):]
        symbol, second = changed[0]
        text = _in_terms(token_.string, second, symbol) if len(changed) == 1 else _product(token_.string, changed)
        if text.startswith("1 / ") and before.endswith("* "):
            before, text = before[:-2] + "/ ", text.removeprefix("1 / ")
        lines[row - 1] = before + text + after
    return "\n".join(lines)


def _product(first: str, changed: list[tuple[Symbol, str]]) -> str:
    """What is `first`, and twice or half as much for each of some symbols that is twice as large: their product."""
    size, names = math.prod(symbol.size for symbol, _ in changed), " * ".join(symbol.name for symbol, _ in changed)
    number = float(first)
    if first.isdigit() and int(first) % size == 0 and all(int(second) == 2 * int(first) for _, second in changed):
        return f"({names})" if int(first) == size else f"({int(first) // size} * {names})"
    if all(abs(2 * float(second) / number - 1) < 1e-6 for _, second in changed):
        return f"({number * size:.8g} / ({names}))"
    raise errors.UnsupportedError("A number in the program follows from several sizes: set_shape fixes them.")


def _in_terms(first: str, second: str, symbol: Symbol) -> str:
    """What is `first` for a symbol's size and `second` for twice that: `factor * batch + rest`."""
    name, size = symbol.name, symbol.size
    if not (first.isdigit() and second.isdigit()):
        if float(second) == 2 * float(first) and float(first) % size == 0:
            factor = int(float(first)) // size
            return name if factor == 1 else f"({factor} * {name})"
        share = float(first) * size
        if abs(share / (float(second) * 2 * size) - 1) > 1e-6:
            raise errors.UnsupportedError(
                "A number in the program is another one for each size of the batch: set_shape fixes it.")
        whole = 1 / share
        if abs(round(whole) / whole - 1) < 1e-6:
            return f"1 / ({round(whole)} * {name})" if round(whole) > 1 else f"1 / {name}"
        return f"({share:.8g} / {name})"
    a, b = int(first), int(second)
    if a and b == 2 * a and a < size and size % a == 0:
        return f"{name} // {size // a}"
    factor, odd = divmod(b - a, size)
    rest = a - factor * size
    if odd:
        raise errors.UnsupportedError("A size in the program is no multiple of the batch: set_shape fixes it.")
    text = name if factor == 1 else f"{factor} * {name}"
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


def finished(source: str, quoted: Iterable[str] = (), names: Iterable[str] = ("batch",)) -> str:
    """Without the marks of shapes, unused imports and unused `names` of sizes; the functions `quoted` as they are called."""
    named = re.compile(rf"\b({'|'.join(names)})\b")

    def sizes(text: str) -> str:
        parts = text.split(", ") if text else []
        if sum(named.search(part) is not None for part in parts) == 1 and "-1" not in parts:
            parts = ["-1" if named.search(part) else part for part in parts]
        return ", ".join(parts)

    source = re.sub(rf"reshape\(([^{OPEN}{CLOSE}]*){OPEN}([^{CLOSE}]*){CLOSE}", lambda m: (
        f"reshape({m[1]}{sizes(m[2])}"), source)
    source = source.replace(OPEN, "").replace(CLOSE, "")
    source = re.sub(r"(?m)^(def init_\w+\(.*\):\n)    return (\{.*\})$", lambda m: m[1] + _on_lines(m[2]), source)
    source = specialized(source, quoted)
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    for name in names:
        once = [len(re.findall(rf"\b{name}\b", part)) == 1 for part in parts]
        parts = [re.sub(rf"(?m)^    {name} = \w+(?:\[\d+\])?\.shape.*\n", "", part) if unused else part
                 for part, unused in zip(parts, once, strict=True)]
    source = "".join(parts)
    for line in re.findall(r"(?m)^(?:import|from) .*$", source):
        name = line.split()[-1]
        if not re.search(rf"(?m)^(?!import |from ).*\b{re.escape(name)}\b", source):
            source = source.replace(line + "\n", "", 1)
    return re.sub(r"\n{4,}", "\n\n\n", source)
