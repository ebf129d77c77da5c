"""`async` and `await` as names, which they were up to Python 3.6: `FLAGS.async`, `pool.map(f, async=True)`.

A source file that Python 3 cannot parse is read with each of them spelt otherwise, at the same length so that nothing
moves; the tree then gets the names back. Python's compiler takes them there: only its parser does not.
"""

from __future__ import annotations

import ast
import io
import re

_SPELT = {"async": "AsYnC", "await": "AwAiT"}
_BACK = {spelt: word for word, spelt in _SPELT.items()}
_SPELT_WORD = re.compile(r"\b(" + "|".join(_BACK) + r")\b")


def as_names(text: str) -> str:
    """The text of a source file with the two words spelt otherwise outside strings and comments."""
    if not any(word in text for word in _SPELT):
        return text
    from fissix.pgen2 import tokenize as tokenizer

    lines = text.split("\n")
    try:
        for _, word, (row, column), _, _ in tokenizer.generate_tokens(io.StringIO(text).readline):
            if word in _SPELT:
                line = lines[row - 1]
                lines[row - 1] = line[:column] + _SPELT[word] + line[column + len(word):]
    except (tokenizer.TokenError, IndentationError):
        return text
    return "\n".join(lines)


def restore(tree: ast.AST) -> None:
    """Gives the names of a tree back, in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            continue
        for field, value in ast.iter_fields(node):
            if isinstance(value, str):
                setattr(node, field, _restored(value))
            elif isinstance(value, list):
                value[:] = [_restored(item) if isinstance(item, str) else item for item in value]


def _restored(name: str) -> str:
    return _SPELT_WORD.sub(lambda match: _BACK[match[1]], name)
