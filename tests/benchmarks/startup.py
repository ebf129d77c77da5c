"""How long a user waits before the first result."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from tests.benchmarks.timing import Row

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def _seconds(command: list[str], folder: str | pathlib.Path, rounds: int = 7) -> float:
    """The median of a command's times after the first, which may write bytecode as an installation does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=environment)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def importing() -> Iterator[Row]:
    """`import tracer`, in a process of its own, less what an empty process takes."""
    empty = _seconds([sys.executable, "-c", "pass"], ROOT)
    ours = _seconds([sys.executable, "-c", "import tracer"], ROOT) - empty
    numpy = _seconds([sys.executable, "-c", "import numpy"], ROOT) - empty
    yield Row("import tracer", ours * 1e3, "ms", numpy * 1e3, "import numpy", "budget 150 ms")


def hello() -> Iterator[Row]:
    """The first example from start to finish, with a warm compilation cache."""
    script = ROOT / "examples" / "hello_tensorflow.py"
    with tempfile.TemporaryDirectory() as folder:
        ours = _seconds([sys.executable, "-m", "tracer", str(script)], folder)
        peer = None
        if importlib.util.find_spec("tensorflow") is not None:
            peer = _seconds([sys.executable, "-c", "import tensorflow"], folder, rounds=3)
    yield Row("hello_tensorflow.py, whole", ours, "s", peer, "import of today's TensorFlow", "budget 2 s; 0.25")
