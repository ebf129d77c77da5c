"""`tensorflow.python.platform.status_bar`."""

from __future__ import annotations

from typing import Any


def SetupStatusBarInsideGoogle(unused_link_text: Any, unused_port: Any) -> None:
    """Does nothing, as it did everywhere outside of one company."""
