"""The script's own random numbers, which loading JAX must not move."""

import subprocess
import sys

import numpy as np

PROGRAM = """
import numpy as np
import tracer as tf
v = tf.Variable(tf.zeros([2]))
np.random.seed(7)
with tf.Session() as session:
    session.run(tf.initialize_all_variables())
print(repr(float(np.random.uniform(size=100).sum())))
"""


def test_first_run_draws_no_number_of_the_script():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100, check=True)
    assert float(done.stdout) == np.random.RandomState(7).uniform(size=100).sum()
