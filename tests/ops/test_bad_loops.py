"""What conditionals, loops and arrays are given that they cannot take: TensorFlow's errors, as 0.12.1 gives them."""

import pathlib
import signal
import subprocess
import sys

import pytest

import tracer as tf
from tracer import errors

INVALID = errors.InvalidArgumentError


def array(**options):
    return tf.TensorArray(tf.float32, size=3, **options)


def over(count, read, start):
    """What `read` gives for the numbers below `count`, added up in a loop that a run must take."""
    return tf.while_loop(lambda i, _: i < count, lambda i, total: [i + 1, read(i, total)], [0, start])[1]


@pytest.mark.parametrize(("build", "kind", "message"), [
    (lambda: tf.cond(tf.constant(True), lambda: tf.constant(1), lambda: tf.constant(1.)), ValueError,
     "Outputs of fn1 and fn2 must have the same type: int32, float32"),
    (lambda: tf.cond(tf.constant(True), lambda: [tf.zeros([2])] * 2, lambda: tf.zeros([3])), ValueError,
     "fn1 and fn2 must return the same number of results."),
    (lambda: tf.cond(True, lambda: 1, lambda: 2), TypeError, "pred must not be a Python bool"),
    (lambda: tf.cond(tf.constant(1), lambda: 1, lambda: 2), TypeError,
     "Input 'pred' of 'Switch' Op has type int32 that does not match expected type of bool."),
    (lambda: tf.cond(tf.constant([True, False]), lambda: 1, lambda: 2), ValueError, "must have rank 0"),
    (lambda: tf.while_loop(lambda x: x, lambda x: x - 1, [2]), TypeError,
     "Input 'input' of 'LoopCond' Op has type int32 that does not match expected type of bool."),
    (lambda: tf.while_loop(lambda x: x < 3, lambda x: x + 1, [tf.constant([1, 2])]), ValueError, "must have rank 0"),
    (lambda: tf.while_loop(lambda i, x: i < 3, lambda i, x: [i + 1, tf.to_float(i)], [0, 1]), INVALID,
     "Input 1 of node while/Merge_1 was passed float from while/NextIteration_1:0 incompatible with expected int32."),
    (lambda: tf.while_loop(lambda: True, lambda: [], []), ValueError, "No loop variables provided"),
    (lambda: tf.while_loop(1, lambda x: x, [1]), TypeError, "cond must be callable."),
    (lambda: tf.while_loop(lambda x: x < 1, 1, [1]), TypeError, "body must be callable."),
])
def test_what_cannot_be_recorded(build, kind, message):
    with pytest.raises(kind) as caught:
        build()
    assert message in str(caught.value)


@pytest.mark.parametrize(("build", "message"), [
    (lambda: array().read(0), "Could not read from TensorArray index 0 because it has not yet been written to."),
    (lambda: over(2, lambda i, total: total + array().write(0, 1.).read(i), 0.),
     "Could not read from TensorArray index 1 because it has not yet been written to."),
    (lambda: array().write(0, 1.).pack(),
     "Could not read from TensorArray index 1 because it has not yet been written to."),
    (lambda: array().write(0, [1.]).concat(),
     "Could not read from TensorArray index 1 because it has not yet been written to."),
    (lambda: array().write(0, 1.).read(3), "Tried to read from index 3 but array size is: 3"),
    (lambda: array().write(0, 1.).read(-1), "Tried to read from index -1 but array size is: 3"),
    (lambda: over(5, lambda i, total: total + array(clear_after_read=False).unpack([1., 2., 3.]).read(i), 0.),
     "Tried to read from index 3 but array size is: 3"),
    (lambda: array().write(3, 1.).flow, "Tried to write to index 3 but array is not resizeable and size is: 3"),
    (lambda: array().write(-1, 1.).flow, "Tried to write to index -1 but array is not resizeable and size is: 3"),
    (lambda: over(5, lambda i, written: written.write(i, 1.), array()).flow,
     "Tried to write to index 3 but array is not resizeable and size is: 3"),
    (lambda: array().write(0, 1.).write(0, 2.).flow,
     "Could not write to TensorArray index 0 because it has already been written to."),
    (lambda: over(2, lambda i, written: written.write(0, 1.), array()).flow,
     "Could not write to TensorArray index 0 because it has already been written to."),
    (lambda: array().write(0, 1).flow, "TensorArray dtype is float but Op is trying to write dtype int32."),
    (lambda: array().split([1., 2.], [1, 1]).flow,
     "TensorArray's size is not equal to the size of lengths (3 vs. 2), and the TensorArray is not marked as dynamically "
     "resizeable"),
    (lambda: array().split([1., 2.], [1, 1, 1]).flow,
     "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is 3 and value's shape is: [2]"),
    (lambda: array(infer_shape=False).write(0, [1.]).write(1, [1., 2.]).write(2, [1.]).pack(),
     "TensorArray has inconsistent shapes.  Index 0 has shape: [1] but index 1 has shape: [2]"),
])
def test_what_a_run_refuses(build, message):
    with tf.Session() as session:
        fetched = build()
        with pytest.raises(INVALID) as caught:
            session.run(fetched)
    assert message in caught.value.message


def test_branches_may_give_other_shapes_and_loop_variables_change_theirs():
    size, chosen = tf.placeholder(tf.int32, []), tf.placeholder(tf.bool, [])
    branches = tf.cond(chosen, lambda: tf.zeros([2]), lambda: tf.zeros([3]))
    doubled = over(size, lambda i, x: tf.concat(0, [x, x]), tf.ones([1]))
    with tf.Session() as session:
        assert [len(session.run(branches, {chosen: yes})) for yes in (True, False)] == [2, 3]
        assert [len(session.run(doubled, {size: count})) for count in (0, 2, 3)] == [1, 4, 8]


def test_a_loop_that_leaves_its_counter_alone():
    with tf.Session() as session, pytest.raises(INVALID, match="never ends"):
        session.run(tf.while_loop(lambda i: i < 10, lambda i: i * 1, [0]))


def test_a_loop_without_end_can_be_interrupted(tmp_path):
    script = tmp_path / "endless.py"
    script.write_text("""
import signal
import tracer as tf
signal.signal(signal.SIGINT, signal.default_int_handler)
x = tf.placeholder(tf.float32, [])
v = tf.Variable(1.)
with tf.control_dependencies([v.assign(x)]):
    endless = tf.while_loop(lambda a: a > 0., lambda a: a + x, [x])
session = tf.Session()
session.run(tf.initialize_all_variables())
session.run(endless, {x: -1.})
print('running', flush=True)
try:
    session.run(endless, {x: 1.})
except KeyboardInterrupt:
    print('interrupted', *session.run([v, x + 1], {x: 1.}), flush=True)
    raise
""", encoding="utf-8")
    child = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             cwd=pathlib.Path(__file__).parents[2])
    try:
        assert child.stdout.readline() == "running\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(1)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=30)
    finally:
        child.kill()
    assert output == "interrupted -1.0 2.0\n"
    assert child.returncode == 130
