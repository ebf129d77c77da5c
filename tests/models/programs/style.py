"""A picture that takes on the style of another: gradient by the input through fixed convolutions."""

import numpy as np
import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def net(image, kernels):
    features = []
    for i, kernel in enumerate(kernels):
        image = tf.nn.relu(tf.nn.conv2d(image, tf.constant(kernel), strides=[1, 1, 1, 1], padding='SAME'))
        features.append(image)
        if i % 2:
            image = tf.nn.avg_pool(image, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')
    return features


def gram(features):
    flat = tf.reshape(features, [-1, int(features.get_shape()[3])])
    return tf.matmul(tf.transpose(flat), flat) / float(np.prod(features.get_shape().as_list()))


def build(size=96, depths=(3, 32, 32, 64, 64, 128)):
    kernels = data.kernels(depths)
    photo, painting = data.photo_and_painting(size)
    content, style = tf.constant(photo, name='content'), tf.constant(painting, name='style')
    image = tf.Variable(tf.random_normal(photo.shape, stddev=0.256), name='image')
    mine, wanted, painted = net(image, kernels), net(content, kernels), net(style, kernels)
    content_loss = tf.nn.l2_loss(mine[3] - wanted[3])
    style_loss = sum(tf.nn.l2_loss(gram(a) - gram(b)) for a, b in zip(mine, painted))
    tv_loss = tf.nn.l2_loss(image[:, 1:, :, :] - image[:, :size - 1, :, :])
    loss = 5.0 * content_loss + 100.0 * style_loss + tv_loss
    train_step = tf.train.AdamOptimizer(0.02).minimize(loss)
    return Model([train_step, loss], {})
