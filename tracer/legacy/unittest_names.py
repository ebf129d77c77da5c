"""Methods that `unittest.TestCase` had in 2016, put back on the real class until the environment is uninstalled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tracer.legacy.old_numbers import scalar

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


def _of_numbers(compare: Callable) -> Callable:
    """Python 2 rounded an array of one number as the number."""

    @functools.wraps(compare)
    def method(self: Any, first: Any, second: Any, *arguments: Any, **keywords: Any) -> None:
        compare(self, scalar(first), scalar(second), *arguments, **keywords)

    return method


def add_lost_methods() -> Callable[[], None]:
    """Adds them, also over the deprecated ones of Python 3.11, which warn. Returns what takes them back."""
    import unittest

    case = unittest.TestCase
    added = {name: _of_numbers(getattr(case, name)) for name in ("assertAlmostEqual", "assertNotAlmostEqual")}
    added.update((old, added.get(new) or getattr(case, new)) for old, new in _ALIASES.items())
    added["assertDictContainsSubset"] = _contains_subset
    before = {name: vars(case).get(name) for name in added}
    for name, method in added.items():
        setattr(case, name, method)

    def undo() -> None:
        for name, method in before.items():
            if method is None:
                delattr(case, name)
            else:
                setattr(case, name, method)

    return undo
