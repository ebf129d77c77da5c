"""Python processes that a program starts: `subprocess.call(["python", "worker.py"])`, `os.system`, a shell script."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from tracer.legacy.children.sitecustomize import SWITCHES
from tracer.legacy.sources import PROJECT

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")


def follow(switches: Sequence[str]) -> None:
    """Has those that this process starts from now on run their scripts as `python -m tracer` with these switches."""
    installed = os.path.basename(PROJECT) in ("site-packages", "dist-packages")
    path = os.environ.get("PYTHONPATH")
    before = [entry for entry in path.split(os.pathsep) if entry != _FOLDER] if path else []
    own = [] if installed or PROJECT in before else [PROJECT]
    os.environ["PYTHONPATH"] = os.pathsep.join([_FOLDER, *before, *own])
    os.environ[SWITCHES] = json.dumps([sys.executable, *switches])
