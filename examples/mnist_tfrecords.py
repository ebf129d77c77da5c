"""Digits as TFRecords: written, read by queues and threads, and trained on under a Supervisor.

    python -m tracer examples/mnist_tfrecords.py --data_dir=FOLDER --train_dir=/tmp/digits

Kill it whenever you like and start it again: it goes on from its last checkpoint. The folder of MNIST files is where
`input_data` would have stored them; the records and the checkpoints are kept in --train_dir.
"""
from __future__ import absolute_import, division, print_function

import os

import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('data_dir', '/tmp/mnist', 'Folder of the MNIST files.')
flags.DEFINE_string('train_dir', '/tmp/mnist_tfrecords', 'Folder of records, checkpoints and events.')
flags.DEFINE_integer('max_steps', 1000, 'Number of steps.')
flags.DEFINE_integer('batch_size', 50, 'Digits in a step.')
flags.DEFINE_integer('save_secs', 10, 'Seconds between two checkpoints.')


def write_records(digits, path, count):
    with tf.python_io.TFRecordWriter(path + '.part') as writer:
        for i in range(count):
            image, label = digits.images[i], digits.labels[i]
            example = tf.train.Example(features=tf.train.Features(feature={
                'label': tf.train.Feature(int64_list=tf.train.Int64List(value=[int(label)])),
                'image': tf.train.Feature(float_list=tf.train.FloatList(value=image.tolist()))}))
            writer.write(example.SerializeToString())
    os.rename(path + '.part', path)


def inputs(path):
    queue = tf.train.string_input_producer([path])
    _, serialized = tf.TFRecordReader().read(queue)
    features = tf.parse_single_example(serialized, features={
        'label': tf.FixedLenFeature([], tf.int64), 'image': tf.FixedLenFeature([784], tf.float32)})
    return tf.train.shuffle_batch([features['image'], features['label']], batch_size=FLAGS.batch_size, num_threads=4,
                                  capacity=1000 + 3 * FLAGS.batch_size, min_after_dequeue=500)


def inference(images, weights, biases):
    return tf.matmul(images, weights) + biases


def main(_):
    digits = input_data.read_data_sets(FLAGS.data_dir)
    tf.gfile.MakeDirs(FLAGS.train_dir)
    records = os.path.join(FLAGS.train_dir, 'train.tfrecords')
    if not tf.gfile.Exists(records):
        write_records(digits.train, records, 5000)

    images, labels = inputs(records)
    global_step = tf.Variable(0, name='global_step', trainable=False)
    with tf.name_scope('softmax'):
        weights = tf.Variable(tf.zeros([784, 10]), name='weights')
        biases = tf.Variable(tf.zeros([10]), name='biases')
        logits = inference(images, weights, biases)
    with tf.name_scope('loss'):
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels))
    averages = tf.train.ExponentialMovingAverage(0.98, global_step)
    rate = tf.train.exponential_decay(0.5, global_step, 500, 0.9, staircase=True)
    step = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=global_step)
    with tf.control_dependencies([step]):
        train = averages.apply([weights, biases])

    with tf.name_scope('test'):
        test_images = tf.placeholder(tf.float32, [None, 784])
        scores = inference(test_images, averages.average(weights), averages.average(biases))
        hits = tf.nn.in_top_k(scores, tf.placeholder(tf.int64, [None], name='labels'), 1)
        accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))

    tf.scalar_summary('loss', loss)
    tf.scalar_summary('zeros', tf.nn.zero_fraction(images))
    tf.histogram_summary('weights', weights)
    tf.image_summary('digits', tf.reshape(images, [-1, 28, 28, 1]), max_images=2)
    tf.audio_summary('digits', tf.reshape(images, [-1, 784]), 784.0, max_outputs=1)

    sv = tf.train.Supervisor(logdir=FLAGS.train_dir, save_summaries_secs=5, save_model_secs=FLAGS.save_secs)
    with sv.managed_session() as sess:
        print('starting at step %d' % sess.run(global_step))
        done = sess.run(global_step)
        while not sv.should_stop() and done < FLAGS.max_steps:
            _, done = sess.run([train, global_step])
        sv.saver.save(sess, sv.save_path, global_step=global_step)
        print('test accuracy: %.4f' % sess.run(accuracy, {test_images: digits.test.images,
                                                          'test/labels:0': digits.test.labels}))


if __name__ == '__main__':
    tf.app.run()
