"""Records in `graphs.json` which operations the real TensorFlow records for variables and optimizers.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_graphs.py

For each function of `recipes/graphs.py`: name, type, inputs, control inputs, colocation and device of every operation.
"""

import io
import json
import os
import sys

import tensorflow as tf

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from recipes import graphs

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there


def main():
    found = {name: graphs.listing(tf, build) for name, build in graphs.builders(tf).items()}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "graphs.json")
    with io.open(path, "w", encoding="utf-8") as file:  # noqa: UP020 - for Python 2
        text = json.dumps(found, indent=1, sort_keys=True, separators=(",", ": "))
        file.write(text.decode("ascii") + u"\n" if isinstance(text, bytes) else text + u"\n")  # noqa: UP025


if __name__ == "__main__":
    main()
