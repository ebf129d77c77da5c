"""Softmax regression on the MNIST digits: about 0.917 of the test digits after 1,000 steps. Run it with

    python -m tracer examples/mnist_softmax.py --data_dir=/path/to/mnist
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('data_dir', '/tmp/mnist', 'The folder of the four MNIST files.')
flags.DEFINE_integer('max_steps', 1000, 'How many batches of 100 to train on.')
flags.DEFINE_float('learning_rate', 0.5, 'The learning rate.')


def main(_):
    mnist = input_data.read_data_sets(FLAGS.data_dir, one_hot=True)

    x = tf.placeholder(tf.float32, [None, 784])
    W = tf.Variable(tf.zeros([784, 10]))
    b = tf.Variable(tf.zeros([10]))
    y = tf.nn.softmax(tf.matmul(x, W) + b)

    y_ = tf.placeholder(tf.float32, [None, 10])
    cross_entropy = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
    train_step = tf.train.GradientDescentOptimizer(FLAGS.learning_rate).minimize(cross_entropy)

    correct_prediction = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

    with tf.Session() as sess:
        tf.initialize_all_variables().run()
        for _ in range(FLAGS.max_steps):
            batch_xs, batch_ys = mnist.train.next_batch(100)
            train_step.run({x: batch_xs, y_: batch_ys})
        print('test accuracy: %.4f' % accuracy.eval({x: mnist.test.images, y_: mnist.test.labels}))


if __name__ == '__main__':
    tf.app.run()
