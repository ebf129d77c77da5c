"""Records in `summaries.json` what the real TensorFlow's summaries are, and a graph as it exports it.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_summaries.py

Summaries are in base64. The numbers come from `numbers`, which gives the same ones everywhere. Arrays are made tensors
first: unlike 0.8, 0.12 would convert them to float32, the default type of these operations.
"""

import base64
import json
import os

import numpy as np
import tensorflow as tf


def numbers(*shape):
    """Numbers of both signs and of several magnitudes, the same in every NumPy."""
    count = int(np.prod(shape))
    return ((np.arange(count) * 37 % 101 - 50) ** 3 / 7.0).reshape(shape)


def image(depth, positive):
    values = numbers(2, 3, 4, depth).astype(np.float32)
    values = abs(values) if positive else values
    values[0, 1, 2, 0] = np.nan
    values[1, 0, 0, depth - 1] = np.inf
    return values


def cases():
    yield "scalar", tf.scalar_summary("loss", 0.1)
    yield "scalars", tf.scalar_summary(["a", "b"], [10, -20])
    yield "large", tf.scalar_summary("x", np.float64(1e300))
    for kind in (np.float32, np.float64, np.int32):
        yield "histogram_" + np.dtype(kind).name, tf.histogram_summary("h", tf.constant(numbers(6, 50).astype(kind)))
    yield "histogram_uint8", tf.histogram_summary("h", tf.constant((abs(numbers(6, 50)) % 256).astype(np.uint8)))
    yield "histogram_of_one", tf.histogram_summary("h", 10.0)
    yield "histogram_of_nothing", tf.histogram_summary("h", np.zeros([0], np.float32))
    yield "histogram_far_out", tf.histogram_summary("h", tf.constant(
        np.array([0, -0.0, 1e-13, -1e-13, 1e30, -1e30, 1e-12, 1e20])))
    for depth in (1, 3, 4):
        for positive in (False, True):
            name = "_".join(["image", str(depth), str(positive)])
            yield name, tf.image_summary("i", image(depth, positive), max_images=2)
    colors = (abs(numbers(3, 2, 2, 3)) % 256).astype(np.uint8)
    yield "image_uint8", tf.image_summary("i", tf.constant(colors), max_images=1)
    yield "image_dark", tf.image_summary("i", np.full([1, 2, 2, 1], 1e-7, np.float32), max_images=5)
    yield "audio_mono", tf.audio_summary("s", numbers(2, 9).astype(np.float32) / 10000, 8000.0, max_outputs=1)
    yield "audio", tf.audio_summary("s", numbers(2, 5, 1).astype(np.float32) / 10000, 44100.0)
    yield "merged", tf.merge_summary([tf.scalar_summary("x", 1.0), tf.scalar_summary(["y", "z"], [2.0, 3.0])])


def graph():
    """A classifier, its loss and what shapes it."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    labels = tf.placeholder(tf.int64, [None], name="labels")
    weights = tf.constant(numbers(4, 3).astype(np.float32) / 5000, name="weights")
    hidden = tf.nn.relu(tf.matmul(x, weights) + tf.constant(0.5, shape=[3]), name="hidden")
    logits = tf.reshape(tf.mul(hidden, 2.0), [-1, 3], name="logits")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels)
    tf.reduce_mean(loss, name="loss")
    tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32, name="right")


def main():
    result = {}
    with tf.Session() as session:
        for name, summary in cases():
            result[name] = base64.b64encode(session.run(summary)).decode()
    with tf.Graph().as_default() as recorded, tf.Session() as session:
        graph()
        result["graph"] = str(recorded.as_graph_def()).splitlines()  # in bytes its order would change
        feeds = {"x:0": numbers(5, 4) / 5000, "labels:0": [0, 1, 2, 0, 1]}
        result["graph_results"] = [np.asarray(value).tolist() for value in session.run(["loss:0", "right:0"], feeds)]
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "summaries.json"), "w") as file:
        json.dump(result, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
