"""Softmax regression fed through queues: 2,000 TFRecords, parsed, shuffled and batched by 100."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from tests.models.programs import Model


def written(path):
    rng = np.random.RandomState(0)
    writer = tf.python_io.TFRecordWriter(path)
    for _ in range(2000):
        pixels = rng.randint(0, 256, 784).astype(np.uint8).tostring() if hasattr(np.ndarray, 'tostring') else \
            rng.randint(0, 256, 784).astype(np.uint8).tobytes()
        writer.write(tf.train.Example(features=tf.train.Features(feature={
            'image': tf.train.Feature(bytes_list=tf.train.BytesList(value=[pixels])),
            'label': tf.train.Feature(int64_list=tf.train.Int64List(value=[rng.randint(10)])),
        })).SerializeToString())
    writer.close()


def build():
    path = os.path.join(tempfile.mkdtemp(), 'digits.tfrecords')
    written(path)
    queue = tf.train.string_input_producer([path])
    _, serialized = tf.TFRecordReader().read(queue)
    parsed = tf.parse_single_example(serialized, features={
        'image': tf.FixedLenFeature([], tf.string), 'label': tf.FixedLenFeature([], tf.int64)})
    image = tf.decode_raw(parsed['image'], tf.uint8)
    image.set_shape([784])
    image = tf.cast(image, tf.float32) * (1.0 / 255)
    images, labels = tf.train.shuffle_batch([image, parsed['label']], batch_size=100, num_threads=2, capacity=1000,
                                            min_after_dequeue=400)
    logits = tf.matmul(images, tf.Variable(tf.zeros([784, 10]))) + tf.Variable(tf.zeros([10]))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    return Model([train, loss], {})
