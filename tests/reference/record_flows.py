"""Records in `flows.npz` the graphs that the real TensorFlow makes of conditionals and loops, and what they compute.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_flows.py

With the path of a file as an argument, under any TensorFlow, it reads that instead: `python -m tests.test_raw_flow FILE`
writes one of the graphs that we make of the same programs. It says which of them compute something else there.
"""

from __future__ import print_function

import json
import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from recipes import flows  # noqa: E402

if hasattr(tf, "compat") and hasattr(tf.compat, "v1"):
    tf = tf.compat.v1
    tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there


def record():
    found = {}
    for name, build in flows.builders().items():
        with tf.Graph().as_default() as graph, tf.Session() as session:
            feeds, fetches = build(tf)
            initialize = tf.initialize_all_variables()
            session.run(initialize)
            values = session.run(fetches, feeds)
            session.run(initialize)
            others = {tensor: not value if isinstance(value, bool) else value for tensor, value in feeds.items()}
            otherwise = session.run(fetches, others)
        about = {"feeds": [(tensor.name, np.asarray(value).tolist()) for tensor, value in feeds.items()],
                 "fetches": [tensor.name for tensor in fetches], "initialize": initialize.name,
                 "values": [value.tolist() for value in values],
                 "otherwise": [value.tolist() for value in otherwise]}  # where the conditions that are fed are others
        found[name] = np.frombuffer(graph.as_graph_def().SerializeToString(), np.uint8)
        found[name + ".json"] = np.frombuffer(json.dumps(about, sort_keys=True).encode("ascii"), np.uint8)
    np.savez_compressed(os.path.join(HERE, "flows.npz"), **found)


def check(path):
    with open(path) as file:
        exported = json.load(file)
    for name, (text, about) in sorted(exported.items()):
        message = tf.GraphDef.FromString(text.encode("latin-1"))
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.import_graph_def(message, name="")
            session.run(graph.get_operation_by_name(about["initialize"]))
            values = session.run(about["fetches"], dict(about["feeds"]))
        if not all(np.allclose(a, b, 1e-4, 1e-6) for a, b in zip(values, about["values"])):
            print(name, "gives", values, "instead of", about["values"])
    print("compared", len(exported))


if __name__ == "__main__":
    check(sys.argv[1]) if sys.argv[1:] else record()
