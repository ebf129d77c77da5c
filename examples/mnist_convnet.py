"""A convolutional network on the MNIST digits: over 0.985 of the test digits by 5,000 steps. Run it with

    python -m tracer examples/mnist_convnet.py --data_dir=/path/to/mnist
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('data_dir', '/tmp/mnist', 'The folder of the four MNIST files.')
flags.DEFINE_integer('max_steps', 5000, 'How many batches of 50 to train on.')
flags.DEFINE_integer('test_size', 10000, 'How many test digits to measure the accuracy on.')
flags.DEFINE_integer('seed', 1, 'The seed of weights and dropout.')


def weight_variable(shape):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def bias_variable(shape):
    return tf.Variable(tf.constant(0.1, shape=shape))


def conv2d(x, W):
    return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding='SAME')


def max_pool_2x2(x):
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')


def inference(x, keep_prob):
    with tf.name_scope('conv1'):
        W = weight_variable([5, 5, 1, 32])
        b = bias_variable([32])
        hidden = max_pool_2x2(tf.nn.relu(conv2d(tf.reshape(x, [-1, 28, 28, 1]), W) + b))
    with tf.name_scope('conv2'):
        W = weight_variable([5, 5, 32, 64])
        b = bias_variable([64])
        hidden = max_pool_2x2(tf.nn.relu(conv2d(hidden, W) + b))
    with tf.name_scope('dense'):
        W = weight_variable([7 * 7 * 64, 1024])
        b = bias_variable([1024])
        hidden = tf.nn.relu(tf.matmul(tf.reshape(hidden, [-1, 7 * 7 * 64]), W) + b)
        hidden = tf.nn.dropout(hidden, keep_prob)
    with tf.name_scope('readout'):
        W = weight_variable([1024, 10])
        b = bias_variable([10])
        return tf.matmul(hidden, W) + b


def main(_):
    mnist = input_data.read_data_sets(FLAGS.data_dir, one_hot=True)
    tf.set_random_seed(FLAGS.seed)

    x = tf.placeholder(tf.float32, [None, 784])
    y_ = tf.placeholder(tf.float32, [None, 10])
    keep_prob = tf.placeholder(tf.float32)
    logits = inference(x, keep_prob)

    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
    train_step = tf.train.AdamOptimizer(1e-4).minimize(cross_entropy)
    correct_prediction = tf.equal(tf.argmax(logits, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))

    sess = tf.InteractiveSession()
    sess.run(tf.initialize_all_variables())
    for i in range(FLAGS.max_steps):
        batch = mnist.train.next_batch(50)
        if i % 100 == 0:
            train_accuracy = accuracy.eval(feed_dict={x: batch[0], y_: batch[1], keep_prob: 1.0})
            print('step %d, training accuracy %g' % (i, train_accuracy))
        train_step.run(feed_dict={x: batch[0], y_: batch[1], keep_prob: 0.5})

    correct = 0.0
    for start in range(0, FLAGS.test_size, 1000):
        images = mnist.test.images[start:start + 1000]
        labels = mnist.test.labels[start:start + 1000]
        correct += len(images) * accuracy.eval(feed_dict={x: images, y_: labels, keep_prob: 1.0})
    print('test accuracy: %.4f' % (correct / FLAGS.test_size))


if __name__ == '__main__':
    tf.app.run()
