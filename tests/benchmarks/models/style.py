"""A picture of 96x96 that takes on the style of another: gradient by the input through five fixed convolutions."""

import numpy as np
import tensorflow as tf


def features(x, kernels):
    found = []
    for i, kernel in enumerate(kernels):
        x = tf.nn.relu(tf.nn.conv2d(x, tf.constant(kernel), strides=[1, 1, 1, 1], padding='SAME'))
        found.append(x)
        if i % 2:
            x = tf.nn.avg_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')
    return found


def gram(x):
    flat = tf.reshape(x, [-1, int(x.get_shape()[3])])
    return tf.matmul(tf.transpose(flat), flat) / float(np.prod(x.get_shape().as_list()))


def build():
    rng = np.random.RandomState(0)
    depths = [3, 32, 32, 64, 64, 128]
    kernels = [(rng.randn(3, 3, a, b) * (2.0 / (9 * a)) ** 0.5).astype(np.float32) for a, b in zip(depths, depths[1:])]
    content = tf.constant(rng.rand(1, 96, 96, 3).astype(np.float32))
    style = tf.constant(rng.rand(1, 96, 96, 3).astype(np.float32))
    image = tf.Variable(tf.random_normal([1, 96, 96, 3], stddev=0.2))
    of_image, of_content, of_style = (features(x, kernels) for x in (image, content, style))
    loss = tf.nn.l2_loss(of_image[3] - of_content[3])
    for mine, wanted in zip(of_image, of_style):
        loss += 100.0 * tf.nn.l2_loss(gram(mine) - gram(wanted))
    train = tf.train.AdamOptimizer(0.02).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss])[1]
