"""Records in `later_graphs.npz` graphs of TensorFlow 0.12.1, with what it computes by them.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_later_graphs.py
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from recipes import later_graphs

tf.logging.set_verbosity(tf.logging.ERROR)


def main():
    found = {}
    for name, build in later_graphs.builders(tf).items():
        graph, fetches, values = later_graphs.made(tf, build)
        found[name + "/graph"] = np.frombuffer(graph, np.uint8)
        found[name + "/fetches"] = np.array(json.dumps(fetches))
        for i, value in enumerate(values):
            value = np.asarray(value)
            found["%s/%d" % (name, i)] = value.astype("S") if value.dtype == object else value
    np.savez_compressed(os.path.join(HERE, "later_graphs.npz"), **found)


if __name__ == "__main__":
    main()
