"""A fissix fixer for string literals: no `ur""`; in a string of bytes `\\u` is no escape, and `\\xc3\\xa9` is text in UTF-8.

fissix's own fixer also renames `unicode` to `str`, which knows no `unicode(text, encoding)` and no `__unicode__`.
"""

from __future__ import annotations

import re
from typing import Any

from fissix.fixes.fix_unicode import FixUnicode

from tracer.legacy.old_text import HIGH_ESCAPE, text_of

_ESCAPES = re.compile(rf"(?P<bytes>(?:{HIGH_ESCAPE.pattern})+)|\\.", re.DOTALL)


class FixUnicodeText(FixUnicode):  # fissix finds the class by this name
    """fissix's fixer, of literals alone. `rewrite` and the built-in names know `unicode` and `unichr`."""

    PATTERN = "STRING"

    def transform(self, node: Any, results: Any) -> Any:
        changed = super().transform(node, results)
        if node.value[0] not in "'\"" or self.unicode_literals:
            return changed
        now = changed or node.clone()
        now.value = _ESCAPES.sub(_as_text, now.value)
        return now if now.value != node.value else None


def _as_text(escape: re.Match[str]) -> str:
    """Bytes written as escapes, as the text that bytes from elsewhere are to a program of Python 2."""
    if not escape["bytes"]:
        return escape[0]
    data = bytes(int(one[2:], 16) if one[1] == "x" else int(one[1:], 8) for one in HIGH_ESCAPE.findall(escape[0]))
    return "".join(f"\\u{ord(letter):04x}" if letter < "\U00010000" else f"\\U{ord(letter):08x}" for letter in text_of(data))
