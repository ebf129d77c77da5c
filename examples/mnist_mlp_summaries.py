"""A two-layer network on the MNIST digits that TensorBoard can watch: about 0.97 after 1,000 steps. Run it with

    python -m tracer examples/mnist_mlp_summaries.py --data_dir=/path/to/mnist --log_dir=/tmp/mnist_logs
    tensorboard --logdir=/tmp/mnist_logs
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import os

import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('data_dir', '/tmp/mnist', 'The folder of the four MNIST files.')
flags.DEFINE_string('log_dir', '/tmp/mnist_logs', 'Where the summaries go.')
flags.DEFINE_integer('max_steps', 1000, 'How many batches of 100 to train on.')
flags.DEFINE_float('learning_rate', 0.001, 'The learning rate of Adam.')
flags.DEFINE_float('dropout', 0.9, 'The share of hidden units that is kept while training.')


def variable_summaries(var, name):
    with tf.name_scope('summaries'):
        mean = tf.reduce_mean(var)
        tf.scalar_summary('mean/' + name, mean)
        with tf.name_scope('stddev'):
            stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
        tf.scalar_summary('stddev/' + name, stddev)
        tf.scalar_summary('max/' + name, tf.reduce_max(var))
        tf.scalar_summary('min/' + name, tf.reduce_min(var))
        tf.histogram_summary(name, var)


def nn_layer(input_tensor, input_dim, output_dim, layer_name, act=tf.nn.relu):
    with tf.name_scope(layer_name):
        with tf.name_scope('weights'):
            weights = tf.Variable(tf.truncated_normal([input_dim, output_dim], stddev=0.1))
            variable_summaries(weights, layer_name + '/weights')
        with tf.name_scope('biases'):
            biases = tf.Variable(tf.constant(0.1, shape=[output_dim]))
            variable_summaries(biases, layer_name + '/biases')
        with tf.name_scope('Wx_plus_b'):
            preactivate = tf.matmul(input_tensor, weights) + biases
            tf.histogram_summary(layer_name + '/pre_activations', preactivate)
        activations = act(preactivate, name='activation')
        tf.histogram_summary(layer_name + '/activations', activations)
        return activations


def main(_):
    mnist = input_data.read_data_sets(FLAGS.data_dir, one_hot=True)
    sess = tf.InteractiveSession()

    with tf.name_scope('input'):
        x = tf.placeholder(tf.float32, [None, 784], name='x-input')
        y_ = tf.placeholder(tf.float32, [None, 10], name='y-input')
        keep_prob = tf.placeholder(tf.float32)

    hidden = nn_layer(x, 784, 500, 'layer1')
    with tf.name_scope('dropout'):
        tf.scalar_summary('dropout_keep_probability', keep_prob)
        dropped = tf.nn.dropout(hidden, keep_prob)
    logits = nn_layer(dropped, 500, 10, 'layer2', act=tf.identity)

    with tf.name_scope('cross_entropy'):
        cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
        tf.scalar_summary('cross entropy', cross_entropy)
    with tf.name_scope('train'):
        train_step = tf.train.AdamOptimizer(FLAGS.learning_rate).minimize(cross_entropy)
    with tf.name_scope('accuracy'):
        correct_prediction = tf.equal(tf.argmax(logits, 1), tf.argmax(y_, 1))
        accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))
        tf.scalar_summary('accuracy', accuracy)

    merged = tf.merge_all_summaries()
    train_writer = tf.train.SummaryWriter(os.path.join(FLAGS.log_dir, 'train'), sess.graph)
    test_writer = tf.train.SummaryWriter(os.path.join(FLAGS.log_dir, 'test'))
    tf.initialize_all_variables().run()

    for i in range(FLAGS.max_steps):
        if i % 10 == 0:
            summary, acc = sess.run([merged, accuracy],
                                    {x: mnist.test.images, y_: mnist.test.labels, keep_prob: 1.0})
            test_writer.add_summary(summary, i)
            if i % 100 == 0:
                print('accuracy at step %s: %s' % (i, acc))
        else:
            xs, ys = mnist.train.next_batch(100)
            summary, _ = sess.run([merged, train_step], {x: xs, y_: ys, keep_prob: FLAGS.dropout})
            train_writer.add_summary(summary, i)
    print('test accuracy: %.4f' % accuracy.eval({x: mnist.test.images, y_: mnist.test.labels, keep_prob: 1.0}))
    train_writer.close()
    test_writer.close()


if __name__ == '__main__':
    tf.app.run()
