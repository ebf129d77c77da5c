"""A variational autoencoder of digits, Adam."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def dense(x, outputs, name):
    with tf.variable_scope(name):
        inputs = int(x.get_shape()[1])
        limit = (6.0 / (inputs + outputs)) ** 0.5
        w = tf.get_variable('w', [inputs, outputs], initializer=tf.random_uniform_initializer(-limit, limit))
        b = tf.get_variable('b', [outputs], initializer=tf.constant_initializer(0.0))
        return tf.add(tf.matmul(x, w), b)


def build(batch=100, hidden=500, latent=20):
    images, = data.vae(batch)
    x = tf.placeholder(tf.float32, [None, 784], name='x')
    with tf.variable_scope('encoder'):
        h1 = tf.nn.softplus(dense(x, hidden, 'h1'))
        h2 = tf.nn.softplus(dense(h1, hidden, 'h2'))
        z_mean = dense(h2, latent, 'mean')
        z_log_sigma_sq = dense(h2, latent, 'log_sigma_sq')
    eps = tf.random_normal(tf.shape(z_mean))
    z = tf.add(z_mean, tf.mul(tf.sqrt(tf.exp(z_log_sigma_sq)), eps))
    z.set_shape([None, latent])
    with tf.variable_scope('decoder'):
        h1 = tf.nn.softplus(dense(z, hidden, 'h1'))
        h2 = tf.nn.softplus(dense(h1, hidden, 'h2'))
        x_reconstr_mean = tf.nn.sigmoid(dense(h2, 784, 'mean'))
    reconstr_loss = -tf.reduce_sum(x * tf.log(1e-10 + x_reconstr_mean)
                                   + (1 - x) * tf.log(1e-10 + 1 - x_reconstr_mean), 1)
    latent_loss = -0.5 * tf.reduce_sum(1 + z_log_sigma_sq - tf.square(z_mean) - tf.exp(z_log_sigma_sq), 1)
    cost = tf.reduce_mean(reconstr_loss + latent_loss)
    optimizer = tf.train.AdamOptimizer(learning_rate=0.001).minimize(cost)
    return Model([optimizer, cost], {x: images})
