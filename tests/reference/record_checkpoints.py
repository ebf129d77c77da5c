"""Records in `checkpoints/` files that the real TensorFlow 0.12.1 writes, in both formats.

    python2.7 tests/reference/record_checkpoints.py

`types.*` hold a tensor of every type, `sliced.*` tensors saved slice by slice, `saver/*` what `tf.train.Saver` leaves
behind. What the tensors hold is in `checkpoint_values.py`.
"""

import os
import shutil
import sys

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import gen_io_ops

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import checkpoint_values

FOLDER = os.path.join(HERE, "checkpoints")


def write(name, names, slices, tensors):
    """The same tensors by both operations."""
    with tf.Session() as session:
        path = os.path.join(FOLDER, name)
        if any(slices):
            session.run(gen_io_ops._save_slices(path + ".v1", names, slices, tensors))
        else:
            session.run(gen_io_ops._save(path + ".v1", names, tensors))
        session.run(gen_io_ops.save_v2(path + ".v2", names, slices, tensors))


def types():
    with tf.Graph().as_default():
        names, tensors = [], []
        for name, value in sorted(checkpoint_values.types().items()):
            tensor = tf.constant(value)
            if name in checkpoint_values.QUANTIZED:
                tensor = tf.bitcast(tensor, tf.as_dtype(name))
            names.append(name)
            tensors.append(tensor)
        write("types", names, [""] * len(names), tensors)


def sliced():
    with tf.Graph().as_default():
        names, slices, tensors = [], [], []
        for name, shape, parts in checkpoint_values.SLICES:
            value = checkpoint_values.whole(shape)
            for offset, sizes in parts:
                names.append(name)
                extents = ":".join("%d,%d" % pair for pair in zip(offset, sizes))  # noqa: B905
                slices.append(" ".join(map(str, shape)) + " " + extents)
                window = tuple(slice(o, o + s) for o, s in zip(offset, sizes))  # noqa: B905
                tensors.append(tf.constant(value[window]))
        write("sliced", names, slices, tensors)


def saver():
    for version, folder in ((tf.train.SaverDef.V1, "v1"), (tf.train.SaverDef.V2, "v2")):
        with tf.Graph().as_default(), tf.Session() as session:
            for name, value in sorted(checkpoint_values.layers().items()):
                tf.Variable(value, name=name)
            saver = tf.train.Saver(write_version=version, max_to_keep=2)
            session.run(tf.initialize_all_variables())
            os.makedirs(os.path.join(FOLDER, "saver", folder))
            os.chdir(os.path.join(FOLDER, "saver", folder))
            for step in (7, 8):
                saver.save(session, "./model", global_step=step)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    np.random.seed(0)
    types()
    sliced()
    saver()
