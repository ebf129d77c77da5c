"""Methods that `unittest.TestCase` had in 2016, put back on the real class until the environment is uninstalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_ALIASES = {
    "assertAlmostEquals": "assertAlmostEqual",
    "assertEquals": "assertEqual",
    "assertItemsEqual": "assertCountEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertNotEquals": "assertNotEqual",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertRegexpMatches": "assertRegex",
    "assert_": "assertTrue",
    "failIf": "assertFalse",
    "failIfAlmostEqual": "assertNotAlmostEqual",
    "failIfEqual": "assertNotEqual",
    "failUnless": "assertTrue",
    "failUnlessAlmostEqual": "assertAlmostEqual",
    "failUnlessEqual": "assertEqual",
    "failUnlessRaises": "assertRaises",
}


def _contains_subset(self: Any, expected: Any, actual: Any, msg: str | None = None) -> None:
    if dict(actual) != {**actual, **expected}:
        self.fail(self._formatMessage(msg, f"{expected!r} is not a subset of {actual!r}"))


def add_lost_methods() -> Callable[[], None]:
    """Adds them, also over the deprecated ones of Python 3.11, which warn. Returns what takes them back."""
    import unittest

    added = {old: getattr(unittest.TestCase, new) for old, new in _ALIASES.items()}
    added["assertDictContainsSubset"] = _contains_subset
    before = {name: vars(unittest.TestCase).get(name) for name in added}
    for name, method in added.items():
        setattr(unittest.TestCase, name, method)

    def undo() -> None:
        for name, method in before.items():
            if method is None:
                delattr(unittest.TestCase, name)
            else:
                setattr(unittest.TestCase, name, method)

    return undo
