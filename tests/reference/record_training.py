"""Records in `training.npz` how the real TensorFlow's optimizers move small problems, step by step.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_training.py

Left out, because 0.12.1 does otherwise than 0.8: rows repeated in one sparse step (0.12 adds them up first; 0.8 took
them one after the other, so only GradientDescent agrees), sparse RMSProp (0.8 has none), Nesterov momentum (nor that).
"""

import os
import sys

import numpy as np
import tensorflow as tf

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import codec
from recipes import training

tf.logging.set_verbosity(tf.logging.ERROR)  # most names of 0.8 are deprecated there

RUNS = [
    ("GradientDescentOptimizer", "dense", [0.03], {}),
    ("GradientDescentOptimizer", "sparse", [0.1], {}),
    ("GradientDescentOptimizer", "repeated", [0.1], {}),
    ("MomentumOptimizer", "dense", [0.01, 0.9], {}),
    ("MomentumOptimizer", "dense", [0.02, 0.0], {}),
    ("MomentumOptimizer", "sparse", [0.05, 0.9], {}),
    ("AdamOptimizer", "dense", [], {}),
    ("AdamOptimizer", "dense", [0.1], {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.1}),
    ("AdamOptimizer", "sparse", [0.05], {}),
    ("AdamOptimizer", "sparse", [0.1], {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.01}),
    ("AdagradOptimizer", "dense", [0.1], {}),
    ("AdagradOptimizer", "dense", [0.3], {"initial_accumulator_value": 1.0}),
    ("AdagradOptimizer", "sparse", [0.2], {}),
    ("RMSPropOptimizer", "dense", [0.01], {}),
    ("RMSPropOptimizer", "dense", [0.02], {"decay": 0.5, "epsilon": 0.1}),
    ("RMSPropOptimizer", "dense", [0.01], {"decay": 0.95, "momentum": 0.9, "epsilon": 1e-4}),
    ("FtrlOptimizer", "dense", [0.1], {}),
    ("FtrlOptimizer", "dense", [0.2], {"l1_regularization_strength": 0.5, "l2_regularization_strength": 0.25}),
    ("FtrlOptimizer", "dense", [0.2], {"learning_rate_power": -0.75, "initial_accumulator_value": 0.5}),
    ("FtrlOptimizer", "sparse", [0.3], {}),
    ("FtrlOptimizer", "sparse", [0.3], {"l1_regularization_strength": 0.75, "l2_regularization_strength": 0.1}),
    ("AdadeltaOptimizer", "dense", [], {}),
    ("AdadeltaOptimizer", "dense", [1.0], {"rho": 0.9, "epsilon": 1e-2}),
    ("AdadeltaOptimizer", "sparse", [0.5], {"rho": 0.8, "epsilon": 1e-4}),
]


def main():
    writer, index = codec.Writer(), []
    for optimizer, problem, arguments, options in RUNS:
        with tf.Graph().as_default(), tf.device("/cpu:0"):
            values = training.trajectory(tf, optimizer, problem, arguments, options)
        index.append({
            "optimizer": optimizer, "problem": problem, "arguments": arguments, "options": options,
            "values": {name: writer.encode(np.asarray(value)) for name, value in values.items()},
        })
    writer.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "training.npz"), index)


if __name__ == "__main__":
    main()
