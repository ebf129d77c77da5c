"""A variational autoencoder of digits: 784-500-500-20 and back, Adam, batches of 100."""

import numpy as np
import tensorflow as tf


def dense(x, outputs):
    inputs = int(x.get_shape()[1])
    limit = (6.0 / (inputs + outputs)) ** 0.5
    return tf.matmul(x, tf.Variable(tf.random_uniform([inputs, outputs], -limit, limit))) + tf.Variable(tf.zeros([outputs]))


def build():
    images = np.random.RandomState(0).rand(100, 784).astype(np.float32)
    x = tf.placeholder(tf.float32, [None, 784])
    hidden = tf.nn.softplus(dense(tf.nn.softplus(dense(x, 500)), 500))
    mean, log_variance = dense(hidden, 20), dense(hidden, 20)
    z = mean + tf.exp(log_variance / 2) * tf.random_normal(tf.shape(mean))
    z.set_shape([None, 20])
    logits = dense(tf.nn.softplus(dense(tf.nn.softplus(dense(z, 500)), 500)), 784)
    reconstruction = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(logits, x), 1)
    latent = -0.5 * tf.reduce_sum(1 + log_variance - tf.square(mean) - tf.exp(log_variance), 1)
    loss = tf.reduce_mean(reconstruction + latent)
    train = tf.train.AdamOptimizer(0.001).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: images})[1]
