"""Today's TensorFlow in a process of its own, which says what it makes of damaged data. It may crash: it is started anew."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from typing import Any


class Peer:
    """Asks TensorFlow. Where it is not installed, or not `wanted`, every answer is None."""

    wanted = True

    def __init__(self) -> None:
        self.there = self.wanted and importlib.util.find_spec("tensorflow") is not None
        self.process: subprocess.Popen | None = None

    def ask(self, kind: str, data: bytes) -> Any:
        """The values that TensorFlow reads in `data`; the name of an error where it refuses; None where it crashed."""
        if not self.there:
            return None
        if self.process is None:
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
            self.process = subprocess.Popen([sys.executable, "-m", "tests.stress.peer"], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            pickle.dump((kind, data), self.process.stdin)
            self.process.stdin.flush()
            return pickle.load(self.process.stdout)
        except (EOFError, OSError):
            self.close()
            return None

    def close(self) -> None:
        """Ends the process."""
        process, self.process = self.process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            process.stdout.close()
            process.wait()


def answer(kind: str, data: bytes) -> Any:
    """What TensorFlow says to one piece of data."""
    import tensorflow

    from tests.reference.recipes import frozen

    old = tensorflow.compat.v1
    try:
        if kind == "png":
            return [tensorflow.io.decode_png(data).numpy()]
        if kind == "jpeg":
            return [tensorflow.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE").numpy()]
        message = old.GraphDef.FromString(data)
        with tensorflow.Graph().as_default(), old.Session() as sess:
            old.import_graph_def(message, name="")
            return sess.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})
    except Exception as error:
        return type(error).__name__


def main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what TensorFlow prints is no answer
    while True:
        try:
            kind, data = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(answer(kind, data), out)
        out.flush()


if __name__ == "__main__":
    main()
