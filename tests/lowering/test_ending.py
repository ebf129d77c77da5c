"""A program may end while threads of its queue runners are in the middle of a device program."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
    import sys
    import tracer as tf
    x = tf.random_uniform([200, 200])
    for _ in range(3):
        x = tf.matmul(x, x)
    batch = tf.train.batch([tf.reduce_sum(x)], 4, num_threads=8, capacity=10)
    waits = tf.FIFOQueue(1, [tf.float32]).dequeue()
    tf.train.add_queue_runner(tf.train.QueueRunner(tf.FIFOQueue(1, [tf.float32]), [waits.op]))
    sess = tf.Session()
    tf.train.start_queue_runners(sess)
    for _ in range(5):
        sess.run(batch)
    {end}
"""


def run(end):
    program = textwrap.dedent(PROGRAM).format(end=end)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_end_of_the_program():
    done = run("print('end')")
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


def test_the_code_that_it_exits_with():
    assert run("sys.exit(7)").returncode == 7
