"""Small pictures through two convolutions with pooling and normalization of neighbours, a rate that decays, averages."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def variable_with_weight_decay(name, shape, stddev, wd):
    var = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=stddev))
    if wd:
        tf.add_to_collection('losses', tf.mul(tf.nn.l2_loss(var), wd, name='weight_loss'))
    return var


def bias_variable(size, value):
    return tf.get_variable('biases', [size], initializer=tf.constant_initializer(value))


def convolution(x, name, inputs, outputs, bias):
    with tf.variable_scope(name) as scope:
        kernel = variable_with_weight_decay('weights', [5, 5, inputs, outputs], 5e-2, 0.0)
        conv = tf.nn.conv2d(x, kernel, [1, 1, 1, 1], padding='SAME')
        return tf.nn.relu(tf.nn.bias_add(conv, bias_variable(outputs, bias)), name=scope.name)


def local(x, name, inputs, outputs):
    with tf.variable_scope(name) as scope:
        weights = variable_with_weight_decay('weights', [inputs, outputs], 0.04, 0.004)
        return tf.nn.relu(tf.matmul(x, weights) + bias_variable(outputs, 0.1), name=scope.name)


def build(batch=32, size=24, depth=64, hidden=384):
    pictures, classes = data.cifar(batch, size)
    images = tf.placeholder(tf.float32, [batch, size, size, 3], name='images')
    labels = tf.placeholder(tf.int32, [batch], name='labels')
    global_step = tf.Variable(0, trainable=False, name='global_step')
    conv1 = convolution(images, 'conv1', 3, depth, 0.0)
    pool1 = tf.nn.max_pool(conv1, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME', name='pool1')
    norm1 = tf.nn.lrn(pool1, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name='norm1')
    conv2 = convolution(norm1, 'conv2', depth, depth, 0.1)
    norm2 = tf.nn.lrn(conv2, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name='norm2')
    pool2 = tf.nn.max_pool(norm2, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME', name='pool2')
    reshape = tf.reshape(pool2, [batch, -1])
    local3 = local(reshape, 'local3', int(reshape.get_shape()[1]), hidden)
    local4 = local(local3, 'local4', hidden, hidden // 2)
    with tf.variable_scope('softmax_linear') as scope:
        weights = variable_with_weight_decay('weights', [hidden // 2, 10], 2.0 / hidden, 0.0)
        logits = tf.add(tf.matmul(local4, weights), bias_variable(10, 0.0), name=scope.name)
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels, name='cross_entropy_per_example')
    tf.add_to_collection('losses', tf.reduce_mean(cross_entropy, name='cross_entropy'))
    total_loss = tf.add_n(tf.get_collection('losses'), name='total_loss')

    lr = tf.train.exponential_decay(0.1, global_step, 5, 0.1, staircase=True)
    loss_averages = tf.train.ExponentialMovingAverage(0.9, name='avg')
    with tf.control_dependencies([loss_averages.apply(tf.get_collection('losses') + [total_loss])]):
        opt = tf.train.GradientDescentOptimizer(lr)
        grads = opt.compute_gradients(total_loss)
    apply_gradient_op = opt.apply_gradients(grads, global_step=global_step)
    variable_averages = tf.train.ExponentialMovingAverage(0.9999, global_step)
    with tf.control_dependencies([apply_gradient_op]):
        train_op = variable_averages.apply(tf.trainable_variables())
    return Model([train_op, total_loss], {images: pictures, labels: classes})
