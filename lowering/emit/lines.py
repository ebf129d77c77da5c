"""Lines of a module's source: imports, docstrings, and statements without what nothing reads."""

from __future__ import annotations

import builtins
import re
import textwrap
from collections import Counter
from collections.abc import Iterable

BUILT_IN = frozenset(dir(builtins))
DOC_WIDTH = 78
IMPORTS = ["import jax", "import jax.numpy as jnp", "import numpy as np", "import optax", "from jax import lax"]


def called(definitions: list[str], functions: list[str]) -> list[str]:
    """Those of the functions that something calls."""
    while True:
        texts = [*definitions, *functions]
        kept = [text for text in definitions if any(
            re.search(rf"\b{text.partition('(')[0].removeprefix('def ')}\b", other) for other in texts if other is not text)]
        if len(kept) == len(definitions):
            return kept
        definitions = kept


def without_unread(lines: list[str], returned: str) -> list[str]:
    """The statements with `_` for each part of a value that nothing reads."""
    words = Counter(re.findall(r"\w+", "\n".join([*lines, returned])))
    found = []
    for line in lines:
        match = re.match(r"( *)(\w+(?:, \w+)+)( = .*)", line, re.DOTALL)
        if match:
            names = ["_" if words[name] == 1 else name for name in match[2].split(", ")]
            line = match[1] + ", ".join(names) + match[3]
        found.append(line)
    return found


def documented(doc: str) -> list[str]:
    """A docstring: what does not fit on one line, as a sentence and the rest."""
    if len(doc) <= DOC_WIDTH:
        return [f'"""{doc}"""']
    first, _, rest = doc.partition(". ")
    wrapped = textwrap.wrap(rest, DOC_WIDTH + 6, break_long_words=False, break_on_hyphens=False)
    return [f'"""{first}.', "", *wrapped, '"""'] if wrapped else [f'"""{first}', '"""']


def imports(lines: Iterable[str]) -> str:
    """Import statements in the order that ruff keeps: the standard library's first."""
    def kind(line: str) -> tuple[bool, bool, str]:
        return line.split()[1].partition(".")[0] in ("jax", "numpy", "optax"), line.startswith("from"), line

    ordered = sorted(dict.fromkeys(lines), key=kind)
    standard = [line for line in ordered if not kind(line)[0]]
    return "\n".join([*standard, *([""] if standard else []), *(line for line in ordered if kind(line)[0])])
