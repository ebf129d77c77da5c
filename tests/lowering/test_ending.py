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


INTERRUPTED = """
    import os, signal, sys, threading
    import jax._src.compiler as compiler
    import tracer as tf
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = compiler.backend_compile_and_load
    def compiling(*arguments, **keywords):
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        return started(*arguments, **keywords)
    y = x = tf.placeholder(tf.float32, [20, 20])
    for i in range(100):
        y = tf.tanh(tf.matmul(y, x) + tf.sin(y) * float(i)) + tf.reduce_mean(tf.exp(y), 0)
    sess = tf.Session()
    compiler.backend_compile_and_load = compiling
    print("begins")
    sess.run(y, {x: [[0.0] * 20] * 20})
"""


def test_an_interrupt_ends_what_xla_still_compiles(tmp_path):
    settings = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "TRACER_WITHOUT": "first,reroll"}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(INTERRUPTED)], capture_output=True, text=True, timeout=100,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **settings})
    assert (done.returncode, done.stdout) == (130, "begins\n"), done.stderr
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
