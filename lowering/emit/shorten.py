"""Short names within a function for the parts of nested dictionaries that it uses again and again."""

from __future__ import annotations

import keyword
import re
from collections import Counter

from lowering.emit.naming import snake

GAIN = 30
"""So many characters must be saved."""
_ACCESS = re.compile(r'(?<![\w.])(params|state)((?:\["[^"]+"\])+)')


def shortened(lines: list[str], returned: str, taken: set[str]) -> tuple[list[str], str]:
    """The statements of a function and what it returns, with a name for each part of a dictionary that is used often."""
    text, first = "\n".join([*lines, returned]), []
    while (found := _worth(text, taken)) is not None:
        access, name = found
        first.append(f"{name} = {access}")
        text = re.sub(rf"(?<![\w.]){re.escape(access)}", name, text)
        taken = {*taken, name}
    *lines, returned = text.split("\n") if first else [*lines, returned]
    return [*first, *lines], returned


def _worth(text: str, taken: set[str]) -> tuple[str, str] | None:
    """The part of a dictionary whose name would save most, and that name."""
    counts: Counter[str] = Counter()
    for root, path in _ACCESS.findall(text):
        parts = re.findall(r'\["[^"]+"\]', path)
        counts.update(root + "".join(parts[:n]) for n in range(1, len(parts) + 1))
    words = set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", text))) | taken
    best: tuple[int, str, str] | None = None
    for access, count in counts.items():
        name = _name(access, words)
        gain = (count - 1) * (len(access) - len(name)) - 2 * len(name) - 8
        if name and gain > GAIN and (best is None or gain > best[0]):
            best = gain, access, name
    return best[1:] if best else None


def _name(access: str, words: set[str]) -> str:
    """The last part as a name, with the one before it where that is taken; "" where both are."""
    parts = [snake(part).lower() for part in re.findall(r'\["([^"]+)"\]', access)]
    for count in (1, 2):
        name = "_".join(parts[-count:])
        if name.isidentifier() and name not in words and not keyword.iskeyword(name) and len(parts) >= count:
            return name
    return ""
