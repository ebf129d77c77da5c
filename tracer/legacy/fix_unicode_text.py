"""A fissix fixer for string literals: no `ur""`, and `\\u` is no escape in a string of bytes.

fissix's own fixer also renames `unicode` to `str`, which knows no `unicode(text, encoding)` and no `__unicode__`.
"""

from __future__ import annotations

from fissix.fixes.fix_unicode import FixUnicode


class FixUnicodeText(FixUnicode):  # fissix finds the class by this name
    """fissix's fixer, of literals alone. `rewrite` and the built-in names know `unicode` and `unichr`."""

    PATTERN = "STRING"
