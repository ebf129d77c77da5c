"""A network as it was published in the period: frozen to constants, with the operations such networks consist of."""

import numpy as np

INPUT, OUTPUTS = "input:0", ["probabilities:0", "best:0", "best:1", "box/crop:0"]


def images():
    """What is fed."""
    return np.random.RandomState(5).rand(2, 12, 12, 3).astype(np.float32)


def _conv(tf, x, name, size, depth, out, stride=1):
    rng = np.random.RandomState(len(name) + out)
    with tf.name_scope(name):
        weights = tf.Variable((rng.randn(size, size, depth, out) / size / depth).astype(np.float32), name="params")
        return tf.nn.conv2d(x, weights, [1, stride, stride, 1], "SAME", name="conv")


def build(tf):
    """Records it, with variables. Returns nothing: it goes by names."""
    x = tf.placeholder(tf.float32, [None, 12, 12, 3], name="input")
    tf.slice(x, [0, 2, 3, 0], [-1, 2, 2, -1], name="box/crop")
    scaled = tf.mul(tf.sub(x, tf.constant(0.5)), tf.constant([2.0, 1.5, 1.0]))
    first = tf.nn.relu(_conv(tf, scaled, "conv1", 3, 3, 8, 2))
    mean, variance = tf.nn.moments(tf.constant(np.random.RandomState(1).rand(4, 8).astype(np.float32)), [0])
    with tf.name_scope("bn"):
        first = tf.nn.batch_normalization(first, tf.Variable(tf.zeros([8])) + mean, variance,
                                          tf.Variable(tf.zeros([8])), tf.Variable(tf.ones([8])), 1e-3)
    tower = tf.nn.relu6(_conv(tf, first, "tower", 1, 8, 4))
    pooled = tf.nn.avg_pool(tf.nn.lrn(first, 3), [1, 3, 3, 1], [1, 1, 1, 1], "SAME")
    mixed = tf.concat(3, [tower, pooled, tf.nn.max_pool(first, [1, 2, 2, 1], [1, 1, 1, 1], "SAME")], name="mixed")
    padded = tf.pad(mixed, [[0, 0], [1, 1], [0, 2], [0, 0]])
    whole = tf.reduce_mean(tf.mul(padded, padded), [1, 2], keep_dims=True)
    flat = tf.nn.dropout(tf.reshape(tf.squeeze(whole, [1, 2]), [-1, 20]), 1.0)
    weights = tf.Variable(np.linspace(-1, 1, 100).reshape(20, 5).astype(np.float32) * 3, name="softmax/weights")
    logits = tf.nn.xw_plus_b(flat, weights, tf.Variable(tf.fill([5], 0.25), name="softmax/biases"), name="logits")
    probabilities = tf.nn.softmax(logits, name="probabilities")
    tf.nn.top_k(probabilities, 2, name="best")
