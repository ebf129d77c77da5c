"""`python -m tracer.dump`: what the runs of a program became."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tracer as tf
from tracer import dump

ROOT = pathlib.Path(__file__).parent.parent
HERE = str(pathlib.Path(__file__).parent)


def shown(runs, *stages):
    return dump.text(runs, stages or ("ir",), HERE)


def lines_without_places(text):
    """The text without the line numbers of this file."""
    return [line.split("  # ")[0] for line in text.splitlines()]


def test_a_run_shows_its_operations_under_the_names_of_the_script():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[0.1], [2.0]], name="w")
    y = tf.matmul(x, w, transpose_b=False, name="layer/y")
    session = tf.Session()
    with dump.watching() as watcher:
        session.run(tf.initialize_all_variables())
        for _ in range(3):
            session.run(y, {x: [[1, 2]]})
    assert lines_without_places(shown(watcher.runs)) == [
        "run 1 (session 1)",
        "  runs  init",
        "",
        "device program 1 of 1",
        "  writes  w",
        "  w/initial_value = Const([[0.1], [2.0]])  float32[2,1]",
        "  w = Variable(shape=(2, 1))  float32_ref[2,1]",
        "  w/Assign = Assign(w, w/initial_value)  float32_ref[2,1]",
        "  init = NoOp(^w/Assign)",
        "",
        "run 2 (session 1)",
        "  fetches  layer/y:0",
        "  feeds  x:0 float32[?,2]",
        "",
        "device program 1 of 1",
        "  takes  x:0 float32[?,2]",
        "  gives  layer/y:0 float32[?,1]",
        "  reads  w",
        "  w = Variable(shape=(2, 1))  float32_ref[2,1]",
        "  w/read = Identity(w)  float32[2,1]",
        "  layer/y = MatMul(x, w/read)  float32[?,1]",
    ]
    assert f"  # test_dump.py:{y.op.where.line}" in shown(watcher.runs)


def test_what_is_watched_ends_with_the_block():
    x = tf.constant(1.0)
    with dump.watching() as watcher:
        tf.Session().run(x)
    tf.Session().run(x)
    assert len(watcher.runs) == 1


def test_gradients_steps_and_host_steps_show():
    w = tf.Variable(3.0, name="w")
    loss = tf.mul(w, w, name="loss")
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss, name="step")
    summary = tf.scalar_summary("cost", loss, name="summary")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with dump.watching() as watcher:
        session.run([step, loss])
        session.run(summary)
    text = shown(watcher.runs)
    assert "  gradients/Gradients = Gradients(loss; w)  float32[]" in text
    assert "  reads  w\n  writes  w\n" in text
    assert "device program 1 of 2" in text
    host = text[text.index("host step 2 of 2"):]
    assert lines_without_places(host)[1:3] == [
        "  summary/tags = Const(b'cost')  string[]", "  summary = ScalarSummary(summary/tags, loss)  string[]"]


def test_bodies_of_conditionals_show_inside():
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")
    y = tf.cond(p, lambda: tf.mul(x, 3.0, name="tripled"), lambda: tf.add(x, 0.5, name="moved"), name="choice")
    with dump.watching() as watcher:
        tf.Session().run(y, {p: True})
    lines = lines_without_places(shown(watcher.runs))
    at = next(i for i, line in enumerate(lines) if " = Cond(" in line)
    assert [line.strip() for line in lines[at + 1:at + 9]] == [
        "body 0", "choice/tripled/y = Const(3.0)  float32[]", "choice/tripled = Mul(x, choice/tripled/y)  float32[]",
        "gives choice/tripled", "body 1", "choice/moved/y = Const(0.5)  float32[]",
        "choice/moved = Add(x, choice/moved/y)  float32[]", "gives choice/moved"]


@pytest.fixture
def trained():
    x = tf.placeholder(tf.float32, [None, 2], name="pixels")
    w = tf.Variable(np.ones([2, 3], np.float32), name="weights")
    with tf.name_scope("layer"):
        y = tf.matmul(x, w, name="product")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with dump.watching() as watcher:
        for rows in (4, 5, 4):
            session.run([y, tf.get_default_graph().get_operation_by_name("weights/Assign")],
                        {x: np.ones([rows, 2])})
    return watcher.runs


def test_programs_for_jax_show_once_for_each_shape(trained):
    text = shown(trained, "jaxpr")
    assert (text.count("jaxpr, compilation"), text.count("compilation 2")) == (2, 1)
    assert "# takes weights, pixels:0\n" in text
    assert "# gives layer/product:0, weights\n" in text
    assert "f32[4,2]" in text
    assert "f32[5,2]" in text
    assert "[layer/product]" in text
    assert "stablehlo" not in text
    assert "device program 1 of 1" in text


def test_stablehlo_shows_the_names_of_the_script(trained):
    text = shown(trained, "stablehlo")
    assert "module @jit_run_1_program_1" in text
    assert "tensor<4x2xf32> /*inputs['pixels:0']*/" in text
    assert "/*variables['weights']*/" in text
    assert "result['fetches']['layer/product:0']" in text
    product, = [line for line in text.splitlines() if "dot_general" in line and "tensor<4x2xf32>" in line]
    assert product.endswith("// layer/product/dot_general")
    assert "#loc" not in text
    assert str(ROOT) not in text


def test_optimized_hlo_shows_the_names_of_the_script(trained):
    text = shown(trained, "hlo")
    assert "HloModule jit_run_1_program_1" in text
    assert "layer/product" in text
    assert "pixels" in text
    for ours in ("stack_frame_id", "FileNames", str(ROOT)):
        assert ours not in text


def test_a_value_fixed_while_compiling_shows():
    size = tf.placeholder(tf.int32, [2], name="size")
    y = tf.reshape(tf.constant([1.0, 2.0, 3.0, 4.0]), size)
    with dump.watching() as watcher:
        tf.Session().run(y, {size: [2, 2]})
    text = shown(watcher.runs, "ir", "jaxpr")
    assert "takes  size:0 int32[2] (while compiling)" in text
    assert "jaxpr, compilation 1, size:0 = [2, 2]" in text


def command(tmp_path, script, *options):
    path = tmp_path / "script.py"
    path.write_text(script)
    return subprocess.run([sys.executable, "-m", "tracer.dump", *options, str(path), "argument"], cwd=tmp_path,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


SCRIPT = """
import sys
import tensorflow as tf
print "said", sys.argv[1]
with tf.Session() as session:
    session.run(tf.constant(7, name="seven"))
"""


def test_the_command_shows_what_a_script_ran(tmp_path):
    done = command(tmp_path, SCRIPT, "--stage", "all")
    assert (done.returncode, done.stderr) == (0, "said argument\n")
    assert "  fetches  seven:0\n" in done.stdout
    assert "said" not in done.stdout
    again = command(tmp_path, SCRIPT, "--stage", "all", "--output", "out.txt")
    assert again.stdout == ""
    assert (tmp_path / "out.txt").read_text() == done.stdout


LOOP = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [2, 8, 3], name="x")
state = tf.zeros([2, 3])
for t in range(8):
    state = tf.tanh(tf.sigmoid(state) * x[:, t, :] + state, name="state")
with tf.Session() as session:
    session.run(state, {x: [[[0.5] * 3] * 8] * 2})
"""


def test_loops_that_a_script_unrolled_show_as_what_they_became(tmp_path):
    text = command(tmp_path, LOOP).stdout
    assert "  rolled  8 rounds of 4 operations: Sigmoid to state_7, 1 carried on\n" in text
    assert "  rolled  8 at once: Squeeze to Squeeze_7\n" in text
    assert "  state_7 = Tanh(add_7)" in text
    assert "rolled" not in command(tmp_path, LOOP, "--no-reroll").stdout


def test_a_script_that_fails_shows_what_it_ran_before(tmp_path):
    done = command(tmp_path, SCRIPT + "raise ValueError('oh')\n")
    assert done.returncode == 1
    assert "ValueError: oh" in done.stderr
    assert "  fetches  seven:0\n" in done.stdout
    assert command(tmp_path, SCRIPT + "sys.exit(3)\n").returncode == 3


def test_a_script_that_is_not_there(tmp_path):
    done = subprocess.run([sys.executable, "-m", "tracer.dump", "nowhere.py"], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.py" in done.stderr


def test_the_dump_of_the_example_is_the_same_every_time(tmp_path):
    def once():
        return subprocess.run([sys.executable, "-m", "tracer.dump", "--stage", "all",
                               str(ROOT / "examples" / "hello_tensorflow.py")], cwd=tmp_path, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout

    first = once()
    assert "output = Mul(weight/read, input)  float32[]  # hello_tensorflow.py:13" in first
    assert first.count("\nrun ") + 1 == 4
    assert once() == first
