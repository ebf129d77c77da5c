"""Idioms of 2016 in emitted modules: towers, noise on gradients, scans, several statements on one line."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from tracer import errors

RNG = np.random.RandomState(0)


def emitted(fetches, feeds, session, folder):
    """The text of a module, and what it holds."""
    source = tf.emit(fetches, feeds, str(folder / "net.py"), session)
    namespace = {"__file__": str(folder / "net.py")}
    exec(compile(source, "net", "exec"), namespace)
    return source, namespace


def body_of(source, name):
    """The text of one of its functions."""
    return source.partition(f"def {name}(")[2].partition("\n\n\n")[0]


def layer(x, size, name):
    with tf.variable_scope(name):
        weights = tf.get_variable("weights", [x.get_shape()[1], size], initializer=tf.random_normal_initializer(seed=size))
        bias = tf.get_variable("bias", [size], initializer=tf.constant_initializer(0.1))
        return tf.nn.relu(tf.matmul(x, weights) + bias)


def inference(images):
    return layer(layer(images, 5, "first"), 3, "second")


def averaged(grads):
    return tf.reduce_mean(tf.pack(grads), 0)


def test_towers_that_share_their_variables(tmp_path):
    x = tf.placeholder(tf.float32, [6, 4], name="x")
    optimizer, losses, grads = tf.train.GradientDescentOptimizer(0.1), [], []
    for i, part in enumerate(tf.split(0, 2, x)):
        with tf.device(f"/gpu:{i}"), tf.name_scope(f"tower_{i}"):
            losses.append(tf.reduce_sum(tf.square(inference(part))))
            tf.get_variable_scope().reuse_variables()
            grads.append(optimizer.compute_gradients(losses[-1]))
    step = optimizer.apply_gradients([(averaged([a, b]), v) for (a, v), (b, _) in zip(*grads, strict=True)])
    given = RNG.rand(6, 4).astype(np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source, module = emitted([step, *losses], [x], session, tmp_path)
        assert "inference(params, " in source
        assert "averaged(" in body_of(source, "train_step")
        params = module["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = module["optimizer"].init(params)
        for _ in range(3):
            params, opt_state, *found = module["train_step"](params, opt_state, given)
            np.testing.assert_allclose(found, session.run([step, *losses], {x: given})[1:], rtol=1e-5)
        for variable in tf.trainable_variables():
            scope, name = variable.op.name.split("/")
            np.testing.assert_allclose(params[scope][name], session.run(variable), rtol=1e-5)


def noisy(grad):
    return grad + tf.random_normal(tf.shape(grad), stddev=0.0)


def test_what_is_done_to_each_gradient_is_one_function(tmp_path):
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    loss = tf.reduce_sum(tf.square(inference(x)))
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    step = optimizer.apply_gradients([(noisy(tf.clip_by_norm(g, 0.5)), v) for g, v in optimizer.compute_gradients(loss)])
    given = RNG.rand(3, 4).astype(np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source, module = emitted([step, loss], [x], session, tmp_path)
        defined = [line[4:].partition("(")[0] for line in source.splitlines() if line.startswith("def ")]
        public = {"init", "params_from_checkpoint", "train_step", "apply"}
        assert all(len(re.findall(rf"\b{name}\b", source)) > 1 for name in defined if name not in public)
        assert "jax.random.normal(" not in body_of(source, "train_step")
        params = module["params_from_checkpoint"](tmp_path / "net.npz")
        params, _, _ = module["train_step"](params, module["optimizer"].init(params), given, jax.random.key(0))
        session.run(step, {x: given})
        np.testing.assert_allclose(params["second"]["weights"], session.run("second/weights:0"), rtol=1e-5)


def gram(features):
    flat = tf.reshape(features, [-1, int(features.get_shape()[2])])
    return tf.matmul(tf.transpose(flat), flat) / float(np.prod(features.get_shape().as_list()))


def test_a_function_called_by_rounds_takes_what_differs_between_the_rounds(tmp_path):
    """All terms of a list first, and then their sum: the round is a function that calls another one."""
    sizes = [(4, 3), (4, 3), (6, 5), (6, 5)]
    mine, theirs = ([tf.placeholder(tf.float32, [2, *size]) for size in sizes] for _ in range(2))
    loss = tf.add_n([tf.nn.l2_loss(gram(a) - gram(b)) for a, b in zip(mine, theirs, strict=True)])
    given = {x: RNG.rand(2, *size).astype(np.float32) for x, size in zip([*mine, *theirs], [*sizes, *sizes], strict=True)}
    with tf.Session() as session:
        source, module = emitted(loss, list(given), session, tmp_path)
        wanted = session.run(loss, given)
    assert "def gram(features, shape, divisor):" in source
    assert body_of(source, "step").count(", shape, divisor)") == 3  # its own arguments, and those of two calls
    np.testing.assert_allclose(module["apply"](*given.values()), wanted, rtol=1e-5)


def test_a_scan_that_starts_from_its_first_element(tmp_path):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    sums = tf.scan(lambda total, row: total * 0.5 + row, x)
    with tf.Session() as session:
        _, module = emitted(sums, [x], session, tmp_path)
        for count in (1, 2, 7):
            given = RNG.rand(count, 3).astype(np.float32)
            np.testing.assert_allclose(module["apply"](given), session.run(sums, {x: given}), rtol=1e-6)


def test_statements_on_one_line_name_their_values(tmp_path):
    left = tf.placeholder(tf.float32, [2]); right = tf.placeholder(tf.float32, [2]); both = left * right + 1  # noqa: E702
    with tf.Session() as session:
        source, _ = emitted([both, both * both], [left, right], session, tmp_path)
    assert "def apply(left, right):" in source
    assert "    both = left * right + 1.0\n" in source


def test_a_gradient_that_is_differentiated_again_is_refused(tmp_path):
    x, w = tf.placeholder(tf.float32, [3]), tf.Variable(tf.ones([3]), name="w")
    slope, = tf.gradients(tf.reduce_sum(tf.tanh(x * w)), x)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(slope)))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(errors.UnsupportedError, match=r"gradients/Gradients.*test_idioms.py:\d+.*tracer\.to_jax"):
            emitted(step, [x], session, tmp_path)


def test_rows_gathered_in_a_branch(tmp_path):
    """Where they are only added up; momentum goes by which rows there are."""
    table, x = tf.Variable(RNG.rand(4, 3).astype(np.float32), name="table"), tf.placeholder(tf.int32, [2])
    value = tf.cond(tf.placeholder(tf.bool, [], "truth"), lambda: tf.gather(table, x), lambda: tf.zeros([2, 3]))
    loss = tf.reduce_sum(value * value)
    truth = tf.get_default_graph().get_tensor_by_name("truth:0")
    plain = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    other = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        _, module = emitted(plain, [x, truth], session, tmp_path)
        before = session.run(table)
        after = module["train_step"]({"table": jnp.asarray(before)}, np.array([1, 1], np.int32), True)["table"]
        with pytest.raises(errors.UnsupportedError, match=r"'cond/Gather' takes rows of a table inside"):
            emitted(other, [x, truth], session, tmp_path)
    before[1] -= 0.1 * 2 * 2 * before[1]
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_a_shape_with_the_batch_and_a_size_left_open(tmp_path):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    grid = tf.tile(tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), tf.pack([tf.shape(x)[0]]))
    both = tf.reshape(grid, tf.pack([tf.shape(x)[0], 3, -1])) + tf.expand_dims(tf.reduce_sum(x, 1, keep_dims=True), 2)
    with tf.Session() as session:
        _, module = emitted(both, [x], session, tmp_path)
        for count in (2, 5):
            given = RNG.rand(count, 4).astype(np.float32)
            np.testing.assert_allclose(module["apply"](given), session.run(both, {x: given}), rtol=1e-6)


def test_an_artifact_says_which_sizes_it_leaves_open(tmp_path):
    z = tf.placeholder(tf.float32, [None, 4], name="z")
    image = tf.nn.conv2d_transpose(tf.reshape(z, [-1, 2, 2, 1]), tf.ones([3, 3, 1, 1]), [6, 4, 4, 1], [1, 2, 2, 1])
    with tf.Session() as session:
        with pytest.raises(errors.InvalidArgumentError) as problem:
            tf.export(str(tmp_path / "net.jax"), image, [z], session)
        assert "sizes of z:0" in problem.value.__notes__[-1]
        z.set_shape([6, 4])
        tf.export(str(tmp_path / "net.jax"), image, [z], session)
