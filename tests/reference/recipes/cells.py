"""Cells of `tf.contrib`."""

import numpy as np


def waves(shape, dtype=None, **_):
    """Weights that all differ, and are the same whenever they are made."""
    sizes = [int(size) for size in shape]
    return np.cos(np.arange(np.prod(sizes)) * 1.7).reshape(sizes).astype(np.float32)


def stepped(tf, package, name, inputs, state, args, options):
    """Two steps of a cell: both outputs, and the last state."""
    kind = getattr(getattr(tf.contrib, package), name)
    if name == "GridLSTMCell":
        try:  # TensorFlow 0.12 wants the number of windows beforehand
            width, skip = options["feature_size"], options["frequency_skip"]
            blocks = [(inputs.get_shape()[1].value - width) // skip + 1]
            cell = kind(*args, num_frequency_blocks=blocks, **options)
        except TypeError:
            cell = kind(*args, **options)
    else:
        cell = kind(*args, **options)
    with tf.variable_scope("cell", initializer=lambda *args, **more: tf.constant(waves(*args, **more))):
        first, middle = cell(inputs, state)
        tf.get_variable_scope().reuse_variables()
        second, last = cell(inputs * 0.5, middle)
    return [first, second, last]
