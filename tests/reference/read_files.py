"""Reads files of ours with the real TensorFlow 0.12.1 and writes down what it finds; run in the folder that has them.

    python2.7 read_files.py ANSWERS EVENTS
"""

import os
import sys

import numpy as np
import tensorflow as tf
from google.protobuf import text_format

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codec
from recipes import frozen, pipeline

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there


def network():
    """What the frozen network gives, from binary and from text."""
    message = tf.GraphDef()
    with open("frozen.pb", "rb") as file:
        message.ParseFromString(file.read())
    text = tf.GraphDef()
    with open("frozen.pbtxt") as file:
        text_format.Merge(file.read(), text)
    assert text == message
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(message, name="")
        return [np.asarray(answer) for answer in session.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})]


def main(answers, path):
    found = {version: pipeline.trained_on(tf, version + "/model-%d" % pipeline.STEPS) for version in ("v1", "v2")}
    found["frozen"] = network()
    found["trained"] = pipeline.trained_on(tf, "./trained")  # by the gradients that we have written out
    events = list(tf.train.summary_iterator(path))
    found["events"] = [str(event.WhichOneof("what")) for event in events]
    names = [str(node.name) for node in tf.GraphDef.FromString(events[1].graph_def).node]
    found["nodes"] = [name for name in ("MergeSummary/MergeSummary", "Max", "value") if name in names]
    found["largest"] = events[2].summary.value[0].simple_value
    writer = codec.Writer()
    writer.save(answers, writer.encode(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
