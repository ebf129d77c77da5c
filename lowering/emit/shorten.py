"""Short names within a function for the parts of nested dictionaries that it uses again and again."""

from __future__ import annotations

import keyword
import re
from collections import Counter

from lowering.emit.naming import snake

GAIN = 30
"""So many characters must be saved."""
LONG, WRAPPED = 84, 30
"""A longer line is several, which cost as much as so many characters."""
LONGEST = 16
"""Of a longer name, the last word stands for it."""
ROOTS = ("params", "state", "grads")


def shortened(lines: list[str], returned: str, taken: set[str]) -> tuple[list[str], str]:
    """The statements of a function and what it returns, with a name for each part of a dictionary that is used often."""
    text, first = "\n".join([*lines, returned]), []
    roots: dict[str, str] = dict.fromkeys(ROOTS, "")
    while (found := _worth(text, taken, roots)) is not None:
        access, name = found
        root = access.partition("[")[0]
        roots[name] = roots[root] or root
        text = re.sub(rf"(?<![\w.]){re.escape(access)}", name, text)
        taken = {*taken, name}
        if roots[name] == "grads":  # they come about in the function
            line = next(line for line in text.split("\n") if re.search(rf"\b{name}\b", line))
            before, _, after = text.partition(line)
            text = f"{before}{name} = {access}\n{line}{after}"
        else:
            first.append(f"{name} = {access}")
    *lines, returned = text.split("\n")
    return [*first, *lines], returned


def _worth(text: str, taken: set[str], roots: dict[str, str]) -> tuple[str, str] | None:
    """The part of a dictionary whose name would save most, and that name."""
    counts: Counter[str] = Counter()
    wraps: Counter[str] = Counter()
    for line in text.split("\n"):
        inside: Counter[str] = Counter()
        for root, path in re.findall(rf'(?<![\w.])({"|".join(roots)})((?:\["[^"]+"\])+)', line):
            parts = re.findall(r'\["[^"]+"\]', path)
            inside.update(root + "".join(parts[:n]) for n in range(1, len(parts) + 1))
        counts += inside
        wraps.update(inside.keys() if len(line) > LONG else ())
    words = set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", text))) | taken
    best: tuple[int, str, str] | None = None
    for access, count in counts.items():
        name = _name(access, words, roots)
        gain = (count - 1) * (len(access) - len(name)) - 2 * len(name) - 8 + WRAPPED * wraps[access]
        if name and gain > GAIN and count > 1 and (best is None or gain > best[0]):
            best = gain, access, name
    return best[1:] if best else None


def _name(access: str, words: set[str], roots: dict[str, str]) -> str:
    """The last part as a name, with the one before it where that is taken; "" where both are."""
    parts = [snake(part).lower() for part in re.findall(r'\["([^"]+)"\]', access)]
    root = access.partition("[")[0]
    for count in (1, 2):
        name = "_".join(parts[-count:])
        name = name.rpartition("_")[2] if len(name) > LONGEST and count == 1 else name
        name += "_grads" if "grads" in (root, roots[root]) else ""
        free = name.isidentifier() and name not in words and not keyword.iskeyword(name)
        if free and len(name) > 2 and len(parts) >= count:
            return name
    return ""
