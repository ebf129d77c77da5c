"""A generator and a discriminator of dense layers, an optimizer for each, both of which take a step in one run."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def linear(x, output_dim, scope):
    with tf.variable_scope(scope):
        w = tf.get_variable('w', [int(x.get_shape()[1]), output_dim],
                            initializer=tf.random_normal_initializer(stddev=0.02))
        b = tf.get_variable('b', [output_dim], initializer=tf.constant_initializer(0.0))
        return tf.matmul(x, w) + b


def generator(z, hidden):
    h0 = tf.nn.softplus(linear(z, hidden, 'g0'))
    return tf.nn.sigmoid(linear(h0, 784, 'g1'))


def discriminator(x, hidden):
    h0 = tf.tanh(linear(x, hidden, 'd0'))
    h1 = tf.tanh(linear(h0, hidden, 'd1'))
    return tf.sigmoid(linear(h1, 1, 'd2'))


def build(batch=64, hidden=128):
    images, noise = data.gan(batch)
    x = tf.placeholder(tf.float32, [None, 784], name='x')
    z = tf.placeholder(tf.float32, [None, 100], name='z')
    with tf.variable_scope('G'):
        G = generator(z, hidden)
    with tf.variable_scope('D') as scope:
        D1 = discriminator(x, hidden)
        scope.reuse_variables()
        D2 = discriminator(G, hidden)
    loss_d = tf.reduce_mean(-tf.log(D1) - tf.log(1 - D2))
    loss_g = tf.reduce_mean(-tf.log(D2))
    d_params = [v for v in tf.trainable_variables() if v.name.startswith('D/')]
    g_params = [v for v in tf.trainable_variables() if v.name.startswith('G/')]
    opt_d = tf.train.GradientDescentOptimizer(0.05).minimize(loss_d, var_list=d_params)
    opt_g = tf.train.AdamOptimizer(2e-4, beta1=0.5).minimize(loss_g, var_list=g_params)
    return Model([tf.group(opt_d, opt_g), loss_d, loss_g], {x: images, z: noise})
