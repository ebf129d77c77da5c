"""Models to be trained: each gives its loss and what to feed, all made of constants."""

import numpy as np

import tracer as tf

RNG = np.random.RandomState
STEPS = 5


def values(seed, *shape):
    return (RNG(seed).rand(*shape) - 0.5).astype(np.float32)


def variable(seed, *shape, name=None):
    return tf.Variable(values(seed, *shape), name=name)


def fed(seed, *shape):
    """A placeholder for a batch of any size, and what to feed it."""
    made = tf.placeholder(tf.float32, [None, *shape[1:]])
    return made, {made: values(seed, *shape)}


def classes(logits, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.constant(labels)))


def linear():
    x, feeds = fed(0, 8, 3)
    target = tf.constant(values(1, 8, 1))
    return tf.reduce_mean(tf.square(tf.matmul(x, variable(2, 3, 1)) + variable(3, 1) - target)), feeds


def perceptron():
    x, feeds = fed(0, 6, 4)
    hidden = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, variable(1, 4, 5)), variable(2, 5)))
    hidden = tf.tanh(tf.nn.xw_plus_b(hidden, variable(3, 5, 5), variable(4, 5)))
    weights = variable(5, 5, 3)
    loss = classes(tf.matmul(hidden, weights), [0, 1, 2, 2, 1, 0])
    return loss + 0.01 * tf.nn.l2_loss(weights), feeds


def convolutions():
    images, feeds = fed(0, 3, 8, 8, 2)
    hidden = tf.nn.relu(tf.nn.conv2d(images, variable(1, 3, 3, 2, 4), [1, 1, 1, 1], "SAME") + variable(2, 4))
    hidden = tf.nn.lrn(tf.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), 2, 1.0, 0.1, 0.75)
    hidden = tf.nn.elu(tf.nn.depthwise_conv2d_native(hidden, variable(3, 3, 3, 4, 1), [1, 1, 1, 1], "SAME"))
    hidden = tf.nn.avg_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    return classes(tf.matmul(tf.reshape(hidden, [-1, 16]), variable(4, 16, 3)), [2, 0, 1]), feeds


def deconvolutions():
    code, feeds = fed(0, 2, 4)
    small = tf.reshape(tf.matmul(code, variable(1, 4, 32)), [2, 4, 4, 2])
    larger = tf.nn.conv2d_transpose(tf.nn.relu(small), variable(2, 3, 3, 3, 2), [2, 8, 8, 3], [1, 2, 2, 1])
    return tf.reduce_sum(tf.squared_difference(tf.sigmoid(larger), values(3, 2, 8, 8, 3))), feeds


def words():
    """Embeddings of which some rows are taken several times, looked up in one table and in a table of parts."""
    table = variable(0, 7, 3, name="table")
    parts = [variable(1, 3, 3, name="part_0"), variable(2, 2, 3, name="part_1")]
    ids = tf.placeholder(tf.int32, [None])
    mean = tf.reduce_mean(tf.nn.embedding_lookup(table, ids), 0) + tf.reduce_mean(tf.nn.embedding_lookup(table, [0, 6]), 0)
    other = tf.nn.embedding_lookup(parts, ids)
    return tf.reduce_sum(tf.square(mean * tf.reduce_sum(other, 0))) + tf.reduce_mean(tf.exp(other)), {
        ids: np.int32([1, 4, 1, 0])}


def normalized():
    x, feeds = fed(0, 6, 4)
    hidden = tf.matmul(x, variable(1, 4, 5))
    mean, variance = tf.nn.moments(hidden, [0])
    hidden = tf.nn.relu(tf.nn.batch_normalization(hidden, mean, variance, variable(2, 5), variable(3, 5), 1e-3))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.matmul(hidden, variable(4, 5, 2)), tf.constant(
        np.eye(2, dtype=np.float32)[[0, 1, 1, 0, 1, 0]]))), feeds


def conditional():
    """Normalization by the batch or by its averages, as a placeholder says."""
    x, feeds = fed(0, 6, 4)
    trains = tf.placeholder(tf.bool, [])
    hidden = tf.matmul(x, variable(1, 4, 5))
    mean, variance = tf.nn.moments(hidden, [0])
    averages = [tf.Variable(tf.zeros([5]), trainable=False), tf.Variable(tf.ones([5]), trainable=False)]
    used = tf.cond(trains, lambda: (mean, variance), lambda: tuple([average + 0.0 for average in averages]))
    hidden = tf.nn.batch_normalization(hidden, *used, variable(2, 5), variable(3, 5), 1e-3)
    kept = tf.cond(trains, lambda: hidden * variable(5, 5), lambda: tf.identity(hidden))
    return classes(tf.matmul(kept, variable(4, 5, 2)), [0, 1, 1, 0, 1, 0]), {**feeds, trains: np.bool_(True)}


def recurrent():
    """An LSTM whose weights are shared by all steps."""
    x, feeds = fed(0, 2, 3, 2)
    cell = tf.nn.rnn_cell.BasicLSTMCell(2)
    with tf.variable_scope("lstm", initializer=lambda shape, dtype=None: tf.constant(values(7, *shape))):
        outputs, _ = tf.nn.rnn(cell, [tf.squeeze(step, [1]) for step in tf.split(1, 3, x)], dtype=tf.float32)
    return tf.reduce_mean(tf.square(tf.concat(1, outputs) - 0.3)), feeds


def losses():
    x, feeds = fed(0, 6, 4)
    logits = tf.matmul(x, variable(1, 4, 3))
    targets = tf.constant(RNG(2).randint(0, 2, (6, 3)).astype(np.float32))
    shares = tf.nn.softmax(logits)
    return (tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits, targets))
            + tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(logits, targets, 2.0))
            - tf.reduce_mean(targets * tf.log(shares + 1e-3)) + tf.reduce_max(tf.abs(logits))
            + tf.reduce_sum(tf.select(logits > 0.1, tf.square(logits), 0.2 * logits)) + tf.reduce_mean(tf.nn.l2_normalize(
                logits, 1) * targets)), feeds


MODELS = [linear, perceptron, convolutions, deconvolutions, words, normalized, conditional, recurrent, losses]


# -- what makes of a loss a step of training


def minimized(optimizer):
    return lambda loss: optimizer().minimize(loss)


def clipped(loss):
    """Gradients that are clipped together before they are applied, and counted."""
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(loss)
    gradients, _ = tf.clip_by_global_norm([gradient for gradient, _ in pairs], 0.3)
    count = tf.Variable(0, name="count", trainable=False)
    return optimizer.apply_gradients(zip(gradients, [v for _, v in pairs], strict=True), global_step=count)


def changed(loss):
    """Gradients that are changed one by one, among them those that are rows."""
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    pairs = optimizer.compute_gradients(loss, gate_gradients=tf.train.Optimizer.GATE_GRAPH)
    return optimizer.apply_gradients([(tf.clip_by_value(tf.convert_to_tensor(gradient) * 2.0, -0.5, 0.5), v)
                                      for gradient, v in pairs])


TRAINED = {
    "descent": minimized(lambda: tf.train.GradientDescentOptimizer(0.1)),
    "momentum": minimized(lambda: tf.train.MomentumOptimizer(0.1, 0.9)),
    "adam": minimized(lambda: tf.train.AdamOptimizer(0.01)),
    "adagrad": minimized(lambda: tf.train.AdagradOptimizer(0.1)),
    "adadelta": minimized(lambda: tf.train.AdadeltaOptimizer(0.1, epsilon=1e-2)),
    "ftrl": minimized(lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01)),
    "rmsprop": minimized(lambda: tf.train.RMSPropOptimizer(0.01)),
    "clipped": clipped,
    "changed": changed,
}
