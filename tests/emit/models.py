"""Models as scripts of 2016 write them: what is emitted, and fed, to see whether the emitted module trains alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tracer as tf


class Model(NamedTuple):
    """What a script made: its fetches, operations that train among them, and the arrays that it feeds."""

    fetches: list[Any]
    feeds: dict[Any, np.ndarray]


MODELS: dict[str, Callable[[], Model]] = {}


def model(function: Callable[[], Model]) -> Callable[[], Model]:
    """Registers a model."""
    MODELS[function.__name__] = function
    return function


RNG = np.random.RandomState(0)


def images(*shape: int) -> np.ndarray:
    return RNG.rand(*shape).astype(np.float32)


def one_hot(count: int, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[RNG.randint(0, classes, count)]


@model
def mlp() -> Model:
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y_ = tf.placeholder(tf.float32, [None, 10], name="y_")

    def layer(input, size, name, act=None):
        with tf.name_scope(name):
            weights = tf.Variable(tf.truncated_normal([input.get_shape()[1].value, size], stddev=0.1), name="weights")
            biases = tf.Variable(tf.constant(0.1, shape=[size]), name="biases")
            preactivate = tf.matmul(input, weights) + biases
            return preactivate if act is None else act(preactivate, "activation")

    hidden1 = layer(x, 32, "layer1", tf.nn.relu)
    hidden2 = layer(hidden1, 32, "layer2", tf.nn.relu)
    logits = layer(hidden2, 10, "readout")
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
    train_step = tf.train.AdamOptimizer(1e-2).minimize(cross_entropy)
    correct_prediction = tf.equal(tf.argmax(logits, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))
    return Model([train_step, cross_entropy, accuracy], {x: images(8, 64), y_: one_hot(8, 10)})


@model
def deep_mnist() -> Model:
    def weight_variable(shape):
        initial = tf.truncated_normal(shape, stddev=0.1)
        return tf.Variable(initial)

    def bias_variable(shape):
        initial = tf.constant(0.1, shape=shape)
        return tf.Variable(initial)

    def conv2d(x, W):
        return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding="SAME")

    def max_pool_2x2(x):
        return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")

    x = tf.placeholder(tf.float32, shape=[None, 784])
    y_ = tf.placeholder(tf.float32, shape=[None, 10])
    keep_prob = tf.placeholder(tf.float32, shape=[])
    W_conv1 = weight_variable([5, 5, 1, 4])
    b_conv1 = bias_variable([4])
    x_image = tf.reshape(x, [-1, 28, 28, 1])
    h_conv1 = tf.nn.relu(conv2d(x_image, W_conv1) + b_conv1)
    h_pool1 = max_pool_2x2(h_conv1)
    W_conv2 = weight_variable([5, 5, 4, 8])
    b_conv2 = bias_variable([8])
    h_conv2 = tf.nn.relu(conv2d(h_pool1, W_conv2) + b_conv2)
    h_pool2 = max_pool_2x2(h_conv2)
    W_fc1 = weight_variable([7 * 7 * 8, 32])
    b_fc1 = bias_variable([32])
    h_pool2_flat = tf.reshape(h_pool2, [-1, 7 * 7 * 8])
    h_fc1 = tf.nn.relu(tf.matmul(h_pool2_flat, W_fc1) + b_fc1)
    h_fc1_drop = tf.nn.dropout(h_fc1, keep_prob)
    W_fc2 = weight_variable([32, 10])
    b_fc2 = bias_variable([10])
    y_conv = tf.nn.softmax(tf.matmul(h_fc1_drop, W_fc2) + b_fc2)
    cross_entropy = -tf.reduce_sum(y_ * tf.log(y_conv))
    train_step = tf.train.AdamOptimizer(1e-4).minimize(cross_entropy)
    correct_prediction = tf.equal(tf.argmax(y_conv, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, "float"))
    return Model([train_step, accuracy], {x: images(6, 784), y_: one_hot(6, 10), keep_prob: np.float32(1.0)})


@model
def cifar10() -> Model:
    x = tf.placeholder(tf.float32, [4, 16, 16, 3], name="images")
    labels = tf.placeholder(tf.int64, [4], name="labels")
    global_step = tf.Variable(0, trainable=False, name="global_step")

    def variable_with_weight_decay(name, shape, stddev, wd):
        var = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=stddev))
        if wd:
            tf.add_to_collection("losses", tf.mul(tf.nn.l2_loss(var), wd, name="weight_loss"))
        return var

    with tf.variable_scope("conv1") as scope:
        kernel = variable_with_weight_decay("weights", [5, 5, 3, 8], 5e-2, 0.0)
        conv = tf.nn.conv2d(x, kernel, [1, 1, 1, 1], padding="SAME")
        biases = tf.get_variable("biases", [8], initializer=tf.constant_initializer(0.0))
        conv1 = tf.nn.relu(tf.nn.bias_add(conv, biases), name=scope.name)
    pool1 = tf.nn.max_pool(conv1, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="SAME", name="pool1")
    norm1 = tf.nn.lrn(pool1, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name="norm1")
    with tf.variable_scope("conv2") as scope:
        kernel = variable_with_weight_decay("weights", [5, 5, 8, 8], 5e-2, 0.0)
        conv = tf.nn.conv2d(norm1, kernel, [1, 1, 1, 1], padding="SAME")
        biases = tf.get_variable("biases", [8], initializer=tf.constant_initializer(0.1))
        conv2 = tf.nn.relu(tf.nn.bias_add(conv, biases), name=scope.name)
    norm2 = tf.nn.lrn(conv2, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name="norm2")
    pool2 = tf.nn.max_pool(norm2, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="SAME", name="pool2")
    with tf.variable_scope("local3") as scope:
        reshape = tf.reshape(pool2, [4, -1])
        weights = variable_with_weight_decay("weights", [reshape.get_shape()[1].value, 24], 0.04, 0.004)
        biases = tf.get_variable("biases", [24], initializer=tf.constant_initializer(0.1))
        local3 = tf.nn.relu(tf.matmul(reshape, weights) + biases, name=scope.name)
    with tf.variable_scope("softmax_linear") as scope:
        weights = variable_with_weight_decay("weights", [24, 10], 1 / 24.0, 0.0)
        biases = tf.get_variable("biases", [10], initializer=tf.constant_initializer(0.0))
        logits = tf.add(tf.matmul(local3, weights), biases, name=scope.name)
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels, name="cross_entropy_per_example")
    tf.add_to_collection("losses", tf.reduce_mean(cross_entropy, name="cross_entropy"))
    total_loss = tf.add_n(tf.get_collection("losses"), name="total_loss")

    lr = tf.train.exponential_decay(0.1, global_step, 5, 0.1, staircase=True)
    loss_averages = tf.train.ExponentialMovingAverage(0.9, name="avg")
    with tf.control_dependencies([loss_averages.apply([*tf.get_collection("losses"), total_loss])]):
        opt = tf.train.GradientDescentOptimizer(lr)
        grads = opt.compute_gradients(total_loss)
    apply_gradient_op = opt.apply_gradients(grads, global_step=global_step)
    variable_averages = tf.train.ExponentialMovingAverage(0.9999, global_step)
    variables_averages_op = variable_averages.apply(tf.trainable_variables())
    with tf.control_dependencies([apply_gradient_op, variables_averages_op]):
        train_op = tf.no_op(name="train")
    return Model([train_op, total_loss], {x: images(4, 16, 16, 3), labels: RNG.randint(0, 10, 4)})


@model
def resnet() -> Model:
    x = tf.placeholder(tf.float32, [None, 8, 8, 3], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")

    def conv_bn(input, filters, name, stride=1):
        with tf.variable_scope(name):
            depth = input.get_shape()[3].value
            w = tf.get_variable("w", [3, 3, depth, filters], initializer=tf.truncated_normal_initializer(stddev=0.1))
            conv = tf.nn.conv2d(input, w, [1, stride, stride, 1], "SAME")
            beta = tf.get_variable("beta", [filters], initializer=tf.constant_initializer(0.0))
            gamma = tf.get_variable("gamma", [filters], initializer=tf.constant_initializer(1.0))
            mean, variance = tf.nn.moments(conv, [0, 1, 2], name="moments")
            return tf.nn.batch_normalization(conv, mean, variance, beta, gamma, 1e-3)

    def residual(input, name):
        with tf.variable_scope(name):
            h = tf.nn.relu(conv_bn(input, 8, "a"))
            h = conv_bn(h, 8, "b")
            return tf.nn.relu(input + h)

    net = tf.nn.relu(conv_bn(x, 8, "stem"))
    for i in range(4):
        net = residual(net, "block%d" % i)
    net = tf.reduce_mean(net, [1, 2], name="pool")
    with tf.variable_scope("fc"):
        w = tf.get_variable("w", [8, 10], initializer=tf.truncated_normal_initializer(stddev=0.1))
        b = tf.get_variable("b", [10], initializer=tf.constant_initializer(0.0))
    logits = tf.nn.xw_plus_b(net, w, b, name="logits")
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y), name="loss")
    train_op = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss)
    return Model([train_op, loss], {x: images(4, 8, 8, 3), y: RNG.randint(0, 10, 4)})


@model
def lstm_lm() -> Model:
    batch_size, num_steps, size, vocab_size = 4, 6, 8, 20
    input_data = tf.placeholder(tf.int32, [batch_size, num_steps], name="input_data")
    targets = tf.placeholder(tf.int32, [batch_size, num_steps], name="targets")
    lr = tf.Variable(1.0, trainable=False, name="lr")
    with tf.variable_scope("model", initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        lstm_cell = tf.nn.rnn_cell.BasicLSTMCell(size, forget_bias=0.0)
        cell = tf.nn.rnn_cell.MultiRNNCell([lstm_cell] * 2)
        initial_state = cell.zero_state(batch_size, tf.float32)
        embedding = tf.get_variable("embedding", [vocab_size, size])
        inputs = tf.nn.embedding_lookup(embedding, input_data)
        outputs = []
        state = initial_state
        with tf.variable_scope("RNN"):
            for time_step in range(num_steps):
                if time_step > 0:
                    tf.get_variable_scope().reuse_variables()
                (cell_output, state) = cell(inputs[:, time_step, :], state)
                outputs.append(cell_output)
        output = tf.reshape(tf.concat(1, outputs), [-1, size])
        softmax_w = tf.get_variable("softmax_w", [size, vocab_size])
        softmax_b = tf.get_variable("softmax_b", [vocab_size])
        logits = tf.matmul(output, softmax_w) + softmax_b
        loss = tf.nn.seq2seq.sequence_loss_by_example(
            [logits], [tf.reshape(targets, [-1])], [tf.ones([batch_size * num_steps])])
        cost = tf.reduce_sum(loss) / batch_size
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(cost, tvars), 5)
        optimizer = tf.train.GradientDescentOptimizer(lr)
        train_op = optimizer.apply_gradients(zip(grads, tvars))
    words = RNG.randint(0, vocab_size, (2, batch_size, num_steps)).astype(np.int32)
    return Model([train_op, cost, state], {input_data: words[0], targets: words[1]})


@model
def seq2seq() -> Model:
    length, batch, size, words = 4, 3, 6, 12
    encoder_inputs = [tf.placeholder(tf.int32, [batch], name="encoder%d" % i) for i in range(length)]
    decoder_inputs = [tf.placeholder(tf.int32, [batch], name="decoder%d" % i) for i in range(length)]
    cell = tf.nn.rnn_cell.GRUCell(size)
    outputs, _ = tf.nn.seq2seq.embedding_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, words, words, size)
    targets = [*decoder_inputs[1:], tf.zeros_like(decoder_inputs[0])]
    weights = [tf.ones([batch]) for _ in range(length)]
    loss = tf.nn.seq2seq.sequence_loss(outputs, targets, weights, words)
    train = tf.train.AdagradOptimizer(0.5).minimize(loss)
    return Model([train, loss], {t: RNG.randint(0, words, batch).astype(np.int32)
                                 for t in [*encoder_inputs, *decoder_inputs]})


@model
def word2vec() -> Model:
    vocabulary_size, embedding_size, batch_size = 30, 8, 6
    train_inputs = tf.placeholder(tf.int32, shape=[batch_size])
    train_labels = tf.placeholder(tf.int32, shape=[batch_size, 1])
    sampled = tf.placeholder(tf.int64, shape=[4], name="sampled")
    embeddings = tf.Variable(tf.random_uniform([vocabulary_size, embedding_size], -1.0, 1.0), name="embeddings")
    embed = tf.nn.embedding_lookup(embeddings, train_inputs)
    nce_weights = tf.Variable(tf.truncated_normal([vocabulary_size, embedding_size], stddev=0.3), name="nce_weights")
    nce_biases = tf.Variable(tf.zeros([vocabulary_size]), name="nce_biases")
    expected = (sampled, tf.fill([batch_size, 1], 0.2), tf.fill([4], 0.2))
    loss = tf.reduce_mean(tf.nn.nce_loss(nce_weights, nce_biases, embed, train_labels, 4, vocabulary_size,
                                         sampled_values=expected))
    optimizer = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keep_dims=True))
    normalized_embeddings = embeddings / norm
    return Model([optimizer, loss, normalized_embeddings], {
        train_inputs: RNG.randint(0, 30, 6).astype(np.int32), train_labels: RNG.randint(0, 30, (6, 1)).astype(np.int32),
        sampled: RNG.randint(0, 30, 4)})


@model
def gan() -> Model:
    z = tf.placeholder(tf.float32, [None, 4], name="z")
    x = tf.placeholder(tf.float32, [None, 6], name="x")

    def linear(input, output_dim, scope):
        with tf.variable_scope(scope):
            shape = [input.get_shape()[1], output_dim]
            w = tf.get_variable("w", shape, initializer=tf.random_normal_initializer(stddev=0.5))
            b = tf.get_variable("b", [output_dim], initializer=tf.constant_initializer(0.0))
            return tf.matmul(input, w) + b

    def generator(input):
        h0 = tf.nn.softplus(linear(input, 8, "g0"))
        return linear(h0, 6, "g1")

    def discriminator(input):
        h0 = tf.tanh(linear(input, 8, "d0"))
        h1 = tf.tanh(linear(h0, 8, "d1"))
        return tf.sigmoid(linear(h1, 1, "d2"))

    with tf.variable_scope("G"):
        G = generator(z)
    with tf.variable_scope("D") as scope:
        D1 = discriminator(x)
        scope.reuse_variables()
        D2 = discriminator(G)
    loss_d = tf.reduce_mean(-tf.log(D1) - tf.log(1 - D2))
    loss_g = tf.reduce_mean(-tf.log(D2))
    d_params = [v for v in tf.trainable_variables() if v.name.startswith("D/")]
    g_params = [v for v in tf.trainable_variables() if v.name.startswith("G/")]
    opt_d = tf.train.GradientDescentOptimizer(0.05).minimize(loss_d, var_list=d_params)
    opt_g = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(loss_g, var_list=g_params)
    return Model([opt_d, opt_g, loss_d, loss_g], {z: images(5, 4), x: images(5, 6)})


@model
def vae() -> Model:
    x = tf.placeholder(tf.float32, [None, 12], name="x")
    eps = tf.placeholder(tf.float32, [None, 3], name="eps")

    def dense(input, n_in, n_out, name):
        with tf.variable_scope(name):
            w = tf.get_variable("w", [n_in, n_out], initializer=tf.random_normal_initializer(stddev=0.2))
            return tf.add(tf.matmul(input, w), tf.get_variable("b", [n_out], initializer=tf.zeros_initializer))

    with tf.variable_scope("encoder"):
        hidden = tf.nn.elu(dense(x, 12, 8, "hidden"))
        z_mean = dense(hidden, 8, 3, "mean")
        z_log_sigma_sq = dense(hidden, 8, 3, "log_sigma_sq")
    z = tf.add(z_mean, tf.mul(tf.sqrt(tf.exp(z_log_sigma_sq)), eps))
    with tf.variable_scope("decoder"):
        hidden = tf.nn.elu(dense(z, 3, 8, "hidden"))
        x_reconstr_mean = tf.nn.sigmoid(dense(hidden, 8, 12, "mean"))
    reconstr_loss = -tf.reduce_sum(x * tf.log(1e-10 + x_reconstr_mean)
                                   + (1 - x) * tf.log(1e-10 + 1 - x_reconstr_mean), 1)
    latent_loss = -0.5 * tf.reduce_sum(1 + z_log_sigma_sq - tf.square(z_mean) - tf.exp(z_log_sigma_sq), 1)
    cost = tf.reduce_mean(reconstr_loss + latent_loss)
    optimizer = tf.train.AdamOptimizer(learning_rate=0.01).minimize(cost)
    return Model([optimizer, cost], {x: images(5, 12), eps: RNG.randn(5, 3).astype(np.float32)})


@model
def q_network() -> Model:
    state = tf.placeholder(tf.float32, [None, 4], name="state")
    action = tf.placeholder(tf.float32, [None, 2], name="action")
    target = tf.placeholder(tf.float32, [None], name="target")

    def weights(shape):
        return tf.Variable(tf.truncated_normal(shape, stddev=0.3))

    W1, b1 = weights([4, 16]), tf.Variable(tf.constant(0.01, shape=[16]))
    W2, b2 = weights([16, 2]), tf.Variable(tf.constant(0.01, shape=[2]))
    h_layer = tf.nn.relu(tf.matmul(state, W1) + b1)
    Q_value = tf.matmul(h_layer, W2) + b2
    Q_action = tf.reduce_sum(tf.mul(Q_value, action), reduction_indices=1)
    cost = tf.reduce_mean(tf.square(target - Q_action))
    optimizer = tf.train.RMSPropOptimizer(0.00025, 0.99, 0.0, 1e-6).minimize(cost)
    return Model([optimizer, Q_value], {state: images(6, 4), action: one_hot(6, 2), target: images(6)})


@model
def style_transfer() -> Model:
    content = tf.placeholder(tf.float32, [1, 8, 8, 3], name="content")
    style = tf.placeholder(tf.float32, [1, 8, 8, 3], name="style")
    kernels = [np.random.RandomState(i).randn(3, 3, 3 if i == 0 else 4, 4).astype(np.float32) * 0.3 for i in range(2)]

    def net(image):
        features = []
        for kernel in kernels:
            image = tf.nn.relu(tf.nn.conv2d(image, tf.constant(kernel), [1, 1, 1, 1], "SAME"))
            features.append(image)
        return features

    def gram(features):
        flat = tf.reshape(features, [-1, 4])
        return tf.matmul(tf.transpose(flat), flat) / 64

    image = tf.Variable(tf.random_normal([1, 8, 8, 3], stddev=0.256), name="image")
    mine, wanted, painted = net(image), net(content), net(style)
    content_loss = tf.nn.l2_loss(mine[1] - wanted[1])
    style_loss = sum(tf.nn.l2_loss(gram(a) - gram(b)) for a, b in zip(mine, painted))
    tv_loss = tf.nn.l2_loss(image[:, 1:, :, :] - image[:, :7, :, :])
    loss = 5.0 * content_loss + 100.0 * style_loss + tv_loss
    train_step = tf.train.AdamOptimizer(0.1).minimize(loss)
    return Model([train_step, loss], {content: images(1, 8, 8, 3), style: images(1, 8, 8, 3)})
