"""`sklearn.utils.testing` as of 2016: assertions that scikit-learn took from `unittest` and NumPy, and its own."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Callable
from typing import Any

_case = unittest.TestCase()
SkipTest = unittest.SkipTest
assert_equal = _case.assertEqual
assert_not_equal = _case.assertNotEqual
assert_true = _case.assertTrue
assert_false = _case.assertFalse
assert_less = _case.assertLess
assert_less_equal = _case.assertLessEqual
assert_greater = _case.assertGreater
assert_greater_equal = _case.assertGreaterEqual
assert_in = _case.assertIn
assert_not_in = _case.assertNotIn
assert_raises = _case.assertRaises
assert_raises_regex = assert_raises_regexp = _case.assertRaisesRegex
assert_dict_equal = _case.assertDictEqual


def assert_raise_message(exceptions: Any, message: str, function: Callable, *args: Any, **kwargs: Any) -> None:
    """Checks that the call raises one of `exceptions`, and that its text has `message` in it."""
    try:
        function(*args, **kwargs)
    except exceptions as problem:
        assert_in(message, str(problem))
    else:
        raise AssertionError(f"{exceptions} not raised by {function.__name__}")


def assert_warns(warning_class: type[Warning], func: Callable, *args: Any, **kw: Any) -> Any:
    """What the call returns, which has to warn."""
    return assert_warns_message(warning_class, "", func, *args, **kw)


def assert_warns_message(warning_class: type[Warning], message: Any, func: Callable, *args: Any, **kw: Any) -> Any:
    """The same for a text that is in the warning, or a function that says whether it will do."""
    result, caught = _with_warnings(func, *args, **kw)
    texts = [str(warning.message) for warning in caught if issubclass(warning.category, warning_class)]
    assert any(message(text) if callable(message) else message in text for text in texts), texts
    return result


def assert_no_warnings(func: Callable, *args: Any, **kw: Any) -> Any:
    """What the call returns, which must not warn."""
    result, caught = _with_warnings(func, *args, **kw)
    assert not caught, [str(warning) for warning in caught]
    return result


def _with_warnings(func: Callable, *args: Any, **kw: Any) -> tuple[Any, list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return func(*args, **kw), caught
