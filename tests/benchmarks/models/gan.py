"""A generator and a discriminator of dense layers, an Adam for each, batches of 64: two runs a step."""

import numpy as np
import tensorflow as tf


def dense(x, outputs, name):
    with tf.variable_scope(name):
        w = tf.get_variable('w', [int(x.get_shape()[1]), outputs], initializer=tf.random_normal_initializer(stddev=0.02))
        return tf.matmul(x, w) + tf.get_variable('b', [outputs], initializer=tf.constant_initializer(0.0))


def generator(z):
    with tf.variable_scope('g'):
        return tf.nn.sigmoid(dense(tf.nn.relu(dense(z, 128, 'first')), 784, 'second'))


def discriminator(x, reuse):
    with tf.variable_scope('d', reuse=reuse):
        return dense(tf.nn.relu(dense(x, 128, 'first')), 1, 'second')


def entropy(logits, real):
    wanted = tf.ones_like(logits) if real else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits, wanted))


def build():
    rng = np.random.RandomState(0)
    images = rng.rand(64, 784).astype(np.float32)
    noise = rng.uniform(-1, 1, (64, 100)).astype(np.float32)
    x = tf.placeholder(tf.float32, [None, 784])
    z = tf.placeholder(tf.float32, [None, 100])
    drawn = generator(z)
    real, fake = discriminator(x, None), discriminator(drawn, True)
    d_loss = entropy(real, True) + entropy(fake, False)
    g_loss = entropy(fake, True)
    variables = tf.trainable_variables()
    d_train = tf.train.AdamOptimizer(2e-4, beta1=0.5).minimize(
        d_loss, var_list=[v for v in variables if v.name.startswith('d/')])
    g_train = tf.train.AdamOptimizer(2e-4, beta1=0.5).minimize(
        g_loss, var_list=[v for v in variables if v.name.startswith('g/')])
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())

    def step():
        sess.run([d_train, d_loss], feed_dict={x: images, z: noise})
        return sess.run([g_train, g_loss], feed_dict={z: noise})[1]

    return step
