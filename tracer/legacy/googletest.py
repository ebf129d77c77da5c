"""`tensorflow.python.platform.googletest`: unittest under its older name."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from typing import Any
from unittest import TestCase, TestLoader, TestSuite, TextTestRunner

__all__ = ["GetTempDir", "StubOutForTesting", "TestCase", "TestLoader", "TestSuite", "TextTestRunner", "main"]


def main(*args: Any, **kwargs: Any) -> Any:
    """Runs the tests of the script."""
    return unittest.main(*args, **kwargs)


def GetTempDir() -> str:
    """A folder for the test's files: one called as the script, in TEST_TMPDIR or in one made for this process.

    Never TEST_TMPDIR itself: tests delete their folder.
    """
    parent = os.environ.get("TEST_TMPDIR")
    if not parent:
        parent = os.environ["TEST_TMPDIR"] = tempfile.mkdtemp(prefix="googletest")
    script = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    folder = os.path.join(parent, script or "test")
    os.makedirs(folder, exist_ok=True)
    return folder


class StubOutForTesting:
    """Replaces attributes for the length of a test."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []

    def Set(self, parent: Any, child_name: str, new_child: Any) -> None:
        """Replaces `parent.child_name`, which must be there."""
        old = vars(parent).get(child_name, getattr(parent, child_name))
        self._replaced.append((parent, child_name, old))
        setattr(parent, child_name, new_child)

    SmartSet = Set

    def UnsetAll(self) -> None:
        """Puts everything back, last first."""
        while self._replaced:
            setattr(*self._replaced.pop())

    CleanUp = SmartUnsetAll = UnsetAll
