"""`tensorflow.models.image.cifar10.cifar10_input`: the pictures of CIFAR-10 in batches, as read from its binary files."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import tracer as tf

IMAGE_SIZE = 24  # of what the network sees of a picture of 32
NUM_CLASSES = 10
NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN = 50000
NUM_EXAMPLES_PER_EPOCH_FOR_EVAL = 10000
_MIXED = 0.4  # the part of all examples that a queue holds before it gives one
_THREADS = 16


def read_cifar10(filename_queue: Any) -> SimpleNamespace:
    """One example: `key`, `label` (int32, of shape (1,)) and `uint8image`, of `height`, `width` and `depth`.

    A record of the files is a byte for the label, then the picture, one colour after the other.
    """
    result = SimpleNamespace(height=32, width=32, depth=3)
    size = result.height * result.width * result.depth
    result.key, value = tf.FixedLengthRecordReader(record_bytes=1 + size).read(filename_queue)
    values = tf.decode_raw(value, tf.uint8)
    result.label = tf.cast(tf.slice(values, [0], [1]), tf.int32)
    colours = tf.reshape(tf.slice(values, [1], [size]), [result.depth, result.height, result.width])
    result.uint8image = tf.transpose(colours, [1, 2, 0])
    return result


def _example(filenames: list[str]) -> tuple[Any, Any]:
    for filename in filenames:
        if not tf.gfile.Exists(filename):
            raise ValueError("Failed to find file: " + filename)
    read = read_cifar10(tf.train.string_input_producer(filenames))
    return tf.cast(read.uint8image, tf.float32), read.label


def _training_files(data_dir: str) -> list[str]:
    return [os.path.join(data_dir, f"data_batch_{number}.bin") for number in range(1, 6)]


def _batch(image: Any, label: Any, least: int, batch_size: int, shuffle: bool) -> tuple[Any, Any]:
    capacity = least + 3 * batch_size
    if shuffle:
        images, labels = tf.train.shuffle_batch([image, label], batch_size, capacity, least, num_threads=_THREADS)
    else:
        images, labels = tf.train.batch([image, label], batch_size, num_threads=_THREADS, capacity=capacity)
    tf.image_summary("images", images)
    return images, tf.reshape(labels, [batch_size])


def distorted_inputs(data_dir: str, batch_size: int) -> tuple[Any, Any]:
    """A shuffled batch for training, of pictures cut, mirrored, lightened and sharpened at random, and their labels."""
    image, label = _example(_training_files(data_dir))
    image = tf.image.random_flip_left_right(tf.random_crop(image, [IMAGE_SIZE, IMAGE_SIZE, 3]))
    image = tf.image.random_brightness(image, max_delta=63)
    image = tf.image.random_contrast(image, lower=0.2, upper=1.8)
    image = tf.image.per_image_whitening(image)
    least = int(NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN * _MIXED)
    print(f"Filling queue with {least} CIFAR images before starting to train. This will take a few minutes.")
    return _batch(image, label, least, batch_size, shuffle=True)


def inputs(eval_data: bool, data_dir: str, batch_size: int) -> tuple[Any, Any]:
    """A batch for evaluation: the middle of pictures for testing, or without `eval_data` of those for training."""
    if eval_data:
        filenames, examples = [os.path.join(data_dir, "test_batch.bin")], NUM_EXAMPLES_PER_EPOCH_FOR_EVAL
    else:
        filenames, examples = _training_files(data_dir), NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN
    image, label = _example(filenames)
    image = tf.image.per_image_whitening(tf.image.resize_image_with_crop_or_pad(image, IMAGE_SIZE, IMAGE_SIZE))
    return _batch(image, label, int(examples * _MIXED), batch_size, shuffle=False)
