"""Emitted modules: they stand alone, and compute what the session computes."""

import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

import tracer as tf
from tracer.emit.__main__ import main

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"
RNG = np.random.RandomState(0)
IMAGES = RNG.rand(6, 64).astype(np.float32)
LABELS = np.eye(10, dtype=np.float32)[RNG.randint(0, 10, 6)]


def module(source, folder):
    """The emitted module, loaded."""
    assert "tracer" not in source.partition('"""\n')[2]
    namespace = {"__file__": str(folder / "emitted.py")}
    exec(compile(source, "emitted", "exec"), namespace)
    return namespace


def network(dense):
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y_ = tf.placeholder(tf.float32, [None, 10], name="y_")
    if dense:
        hidden = x
    else:
        with tf.variable_scope("conv"):
            kernel = tf.get_variable("kernel", [3, 3, 1, 4], initializer=tf.truncated_normal_initializer(stddev=0.3, seed=1))
        image = tf.nn.conv2d(tf.reshape(x, [-1, 8, 8, 1]), kernel, [1, 1, 1, 1], "SAME")
        hidden = tf.reshape(tf.nn.max_pool(tf.nn.relu(image), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), [-1, 64])
    with tf.variable_scope("out"):
        weights = tf.get_variable("weights", [64, 10], initializer=tf.random_normal_initializer(stddev=0.1, seed=2))
        biases = tf.get_variable("biases", [10], initializer=tf.constant_initializer(0.1))
    logits = tf.nn.xw_plus_b(hidden, weights, biases, name="logits")
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_), name="mean_loss")
    return x, y_, logits, loss


@pytest.mark.parametrize("dense", [True, False])
def test_values_for_any_batch(tmp_path, dense):
    x, _, logits, _ = network(dense)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit([logits, tf.argmax(logits, 1)], path=str(tmp_path / "net.py"), session=session)
        wanted = session.run(logits, {x: IMAGES})
    emitted = module(source, tmp_path)
    params = emitted["params_from_checkpoint"](tmp_path / "net.npz")
    assert sorted(params["out"]) == ["biases", "weights"]
    for size in (6, 3):
        found, best = emitted["apply"](params, IMAGES[:size])
        np.testing.assert_allclose(found, wanted[:size], rtol=1e-5, atol=1e-6)
        assert best.tolist() == wanted[:size].argmax(1).tolist()


OPTIMIZERS = [
    lambda: tf.train.GradientDescentOptimizer(0.5), lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    lambda: tf.train.AdagradOptimizer(0.1), lambda: tf.train.AdamOptimizer(0.01),
    lambda: tf.train.RMSPropOptimizer(0.01, momentum=0.5),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
@pytest.mark.parametrize("dense", [True, False])
def test_ten_steps(tmp_path, make, dense):
    x, y_, _, loss = network(dense)
    step = make().minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit([step, loss], [x, y_], str(tmp_path / "net.py"), session)
        emitted = module(source, tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = emitted["optimizer"].init(params)
        for _ in range(10):
            params, opt_state, found = emitted["train_step"](params, opt_state, IMAGES, LABELS)
            _, wanted = session.run([step, loss], {x: IMAGES, y_: LABELS})
            np.testing.assert_allclose(found, wanted, rtol=1e-5)
        for variable in tf.trainable_variables():
            scope, name = variable.op.name.split("/")
            np.testing.assert_allclose(params[scope][name], session.run(variable), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_training_goes_on_from_a_checkpoint(tmp_path, make):
    x, y_, _, loss = network(True)
    with tf.name_scope("train"):
        step = make().minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, loss], [x, y_], str(tmp_path / "net.py"), session), tmp_path)
        for _ in range(3):
            session.run(step, {x: IMAGES, y_: LABELS})
        saved = tf.train.Saver().save(session, str(tmp_path / "net.ckpt"))
        assert main(["--checkpoint", saved, "-o", str(tmp_path / "saved.npz")]) == 0
        params = emitted["params_from_checkpoint"](tmp_path / "saved.npz")
        resume = emitted.get("opt_state_from_checkpoint", lambda path, params: emitted["optimizer"].init(params))
        opt_state = resume(tmp_path / "saved.npz", params)
        for _ in range(3):
            params, opt_state, found = emitted["train_step"](params, opt_state, IMAGES, LABELS)
            np.testing.assert_allclose(found, session.run([step, loss], {x: IMAGES, y_: LABELS})[1], rtol=1e-5)
        np.testing.assert_allclose(params["out"]["weights"], session.run("out/weights:0"), rtol=1e-5, atol=2e-6)


@tf.RegisterGradient("EmittedFlip")
def _flip(op, grad):
    return -0.5 * grad


@tf.RegisterGradient("EmittedGuided")
def _guided(op, grad):
    return tf.select(grad > 0, grad * tf.to_float(op.outputs[0] > 0), tf.zeros_like(grad))


def test_gradients_that_a_script_registered(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "narrow")  # which adds up in another order
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    first, second = tf.Variable(RNG.randn(64, 4), dtype=tf.float32), tf.Variable(RNG.randn(4, 4), dtype=tf.float32)
    with tf.get_default_graph().gradient_override_map({"Relu": "EmittedGuided", "Identity": "EmittedFlip"}):
        hidden = tf.identity(tf.nn.relu(tf.matmul(x, first)))
        hidden = tf.nn.relu(tf.matmul(hidden, second))
    loss = tf.reduce_mean(hidden * hidden)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit([step, loss], [x], str(tmp_path / "m.py"), session)
        emitted = module(source, tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        after, _, found = emitted["train_step"](params, emitted["optimizer"].init(params), IMAGES)
        np.testing.assert_allclose(found, session.run([step, loss], {x: IMAGES})[1], rtol=1e-6)
        for name, variable in zip(after, (first, second), strict=True):
            np.testing.assert_allclose(after[name], session.run(variable), rtol=1e-6, atol=1e-7)
    assert source.count("@jax.custom_vjp") == 2, "both relus are one function"
    assert "def emitted_guided(x):" in source


def test_a_changing_rate_clipping_and_a_count(tmp_path):
    x, y_, _, loss = network(True)
    count = tf.Variable(0, trainable=False, name="count")
    rate = tf.train.exponential_decay(0.5, count, 2, 0.5)
    optimizer = tf.train.GradientDescentOptimizer(rate)
    pairs = [(tf.clip_by_value(gradient, -0.01, 0.01), variable) for gradient, variable in optimizer.compute_gradients(loss)]
    step = optimizer.apply_gradients(pairs, global_step=count)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(step, [x, y_], str(tmp_path / "net.py"), session), tmp_path)
        params, state = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = emitted["optimizer"].init(params)
        for _ in range(5):
            params, state, opt_state = emitted["train_step"](params, state, opt_state, IMAGES, LABELS)
            session.run(step, {x: IMAGES, y_: LABELS})
        assert int(state["count"]) == session.run(count) == 5
        np.testing.assert_allclose(params["out"]["weights"], session.run("out/weights:0"), rtol=1e-5, atol=1e-6)


def test_two_optimizers_of_two_scopes(tmp_path):
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    losses, steps = [], []
    for scope, optimizer in (("first", tf.train.AdamOptimizer(0.01)), ("second", tf.train.GradientDescentOptimizer(0.1))):
        with tf.variable_scope(scope):
            weights = tf.get_variable("weights", [64, 1], initializer=tf.random_normal_initializer(seed=3))
        losses.append(tf.reduce_mean(tf.square(tf.matmul(x, weights))))
        steps.append(optimizer.minimize(losses[-1], var_list=[weights]))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(steps, [x], str(tmp_path / "net.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = emitted["init_optimizers"](params)
        for _ in range(3):
            params, opt_state = emitted["train_step"](params, opt_state, IMAGES)
            session.run(steps, {x: IMAGES})
        for scope in ("first", "second"):
            np.testing.assert_allclose(params[scope]["weights"], session.run(f"{scope}/weights:0"), rtol=1e-5, atol=1e-6)


def test_what_has_no_form_is_listed_at_once():
    x = tf.placeholder(tf.float32, [3], name="x")
    total = tf.reduce_sum(tf.where(x > 0, name="one")) + tf.reduce_sum(tf.where(x < 0, name="two"))
    with tf.Session(), pytest.raises(Exception, match=r"(?s)'one', recorded at .*'two', recorded at"):
        tf.emit(total, path="nothing.py")


ALONE = """
import sys
sys.path.insert(0, ".")
import hello_jax
params = hello_jax.params_from_checkpoint("hello_jax.npz")
after, opt_state = hello_jax.train_step(params, hello_jax.optimizer.init(params))
print(float(params["weight"]), float(after["weight"]))
assert not [name for name in sys.modules if name.partition(".")[0] in ("tracer", "lowering")]
"""


def test_command_and_a_fresh_process(tmp_path):
    def run(*arguments):
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=False, capture_output=True, text=True)

    script = str(EXAMPLES / "hello_tensorflow.py")
    done = run("-m", "tracer.emit", "--fetch", "train", "-o", "hello_jax.py", script)
    assert done.returncode, "the graph has no such name"
    assert "Near it:" in done.stderr
    done = run("-m", "tracer.emit", "--fetch", "GradientDescent", "-o", "hello_jax.py", script)
    assert done.returncode == 0, done.stderr
    for check in (["check", "--select", "E4,E7,E9,F,I"], ["format", "--check"]):
        formatted = run("-m", "ruff", *check, "--isolated", "hello_jax.py")
        assert formatted.returncode == 0, formatted.stdout
    before, after = map(float, run("-c", ALONE).stdout.split())
    assert after == pytest.approx(before - 0.025 * 2 * before, rel=1e-5)


def test_loops_and_branches(tmp_path):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    weights = tf.Variable(np.eye(3, dtype=np.float32) * 0.9, name="weights")
    zero = tf.constant(0)
    counted = tf.while_loop(lambda i, h: i < 4, lambda i, h: [i + 1, tf.tanh(tf.matmul(h, weights)) + x], [zero, x])[1]
    trips = tf.while_loop(lambda i, h: tf.reduce_sum(h) < 100, lambda i, h: [i + 1, h * 2], [zero, tf.abs(x) + 1])[0]
    chosen = tf.cond(n > 2, lambda: tf.matmul(x, weights) * 2, lambda: x - 1)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(counted) + chosen))
    rows = RNG.rand(5, 3).astype(np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([counted, trips, chosen], [x, n], str(tmp_path / "a.py"), session), tmp_path)
        trained = module(tf.emit(step, [x, n], str(tmp_path / "b.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "a.npz")
        for branch in (1, 3):
            found = emitted["apply"](params, rows, branch)
            for got, want in zip(found, session.run([counted, trips, chosen], {x: rows, n: branch}), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-6)
        params, _ = trained["train_step"](params, trained["optimizer"].init(params), rows, 3)
        session.run(step, {x: rows, n: 3})
        np.testing.assert_allclose(params["weights"], session.run(weights), rtol=1e-6)


def test_loops_that_write_variables(tmp_path):
    total, count = tf.Variable([1.0, 2.0], name="total"), tf.Variable(0, name="count")
    x = tf.placeholder(tf.float32, [2], name="x")

    def body(i, h):
        with tf.control_dependencies([tf.assign_add(total, h * 0.5), tf.assign_add(count, 1)]):
            return [i + 1, tf.identity(h) * 2.0 + total]

    _, first = tf.while_loop(lambda i, h: i < 4, body, [tf.constant(0), x])
    trips, last = tf.while_loop(lambda i, h: tf.reduce_sum(total + h) < 1000.0, body, [tf.constant(0), first])
    rows = np.float32([1, 3])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([first, last, trips], [x], str(tmp_path / "m.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        for _ in range(2):
            params, *found = emitted["step"](params, rows)
            for got, want in zip(found, session.run([first, last, trips], {x: rows}), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-6)
        np.testing.assert_allclose(params["total"], session.run(total), rtol=1e-6)
        assert int(params["count"]) == session.run(count)


def test_a_loop_with_a_limit_is_differentiated(tmp_path):
    x = tf.placeholder(tf.float32, [3], name="x")
    w = tf.Variable(1.5, name="w")

    def bounded(limit):
        def condition(i, h):
            small = tf.reduce_sum(h) < 20.0
            return tf.logical_and(small, i < limit) if limit else small
        return tf.while_loop(condition, lambda i, h: [i + 1, h * w], [tf.constant(0), x])[1]

    loss = tf.reduce_sum(bounded(9))
    step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    rows = np.float32([1, 2, 0.5])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, loss], [x], str(tmp_path / "m.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        params, _, found = emitted["train_step"](params, emitted["optimizer"].init(params), rows)
        np.testing.assert_allclose(found, session.run([step, loss], {x: rows})[1], rtol=1e-6)
        np.testing.assert_allclose(params["w"], session.run(w), rtol=1e-6)
        with pytest.raises(Exception, match="let its condition ask for a count as well"):
            tf.emit(tf.gradients(tf.reduce_sum(bounded(0)), w), [x], str(tmp_path / "m.py"), session)


def test_variables_start_as_the_script_starts_them(tmp_path):
    x, y_, _, loss = network(False)
    count = tf.Variable(3, trainable=False, name="count")
    step = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=count)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(step, [x, y_], str(tmp_path / "net.py"), session), tmp_path)
    import jax

    params, state = emitted["init"](jax.random.key(0))
    assert int(state["count"]) == 3
    assert params["out"]["biases"].tolist() == pytest.approx([0.1] * 10)
    assert 0.2 < float(params["conv"]["kernel"].std()) < 0.4
    assert float(params["out"]["weights"].std()) == pytest.approx(0.1, rel=0.2)


def test_what_is_used_twice_is_computed_once(tmp_path):
    x = tf.placeholder(tf.float32, [4, 5], name="x")
    mean, variance = tf.nn.moments(x, [0])
    rows = RNG.randn(4, 5).astype(np.float32)
    both = tf.logical_and(x > 0, x < 1)
    with tf.Session() as session:
        source = tf.emit([mean, variance, both], [x], str(tmp_path / "m.py"), session)
        found = module(source, tmp_path)["apply"](rows)
        for got, want in zip(found, session.run([mean, variance, both], {x: rows}), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)
    assert source.count("mean(x") == 1


def test_a_feed_of_unknown_shape_has_the_one_it_was_fed_with(tmp_path):
    x = tf.placeholder(tf.float32, [2], name="x")
    factor = tf.placeholder(tf.float32, name="factor")
    y = x * factor
    with tf.Session() as session:
        with pytest.raises(Exception, match="factor:0 has an unknown shape"):
            tf.emit(y, [x, factor], str(tmp_path / "m.py"), session)
        session.run(y, {x: [1.0, 2.0], factor: 3.0})
        emitted = module(tf.emit(y, [x, factor], str(tmp_path / "m.py"), session), tmp_path)
    assert emitted["apply"](np.float32([1, 2]), np.float32(4)).tolist() == [4.0, 8.0]


def test_what_is_trained_is_read_where_the_script_reads_it(tmp_path):
    x = tf.placeholder(tf.float32, [4], name="x")
    weights = tf.Variable([1.0, -2.0, 0.5, 3.0], name="weights")
    count = tf.Variable(0, trainable=False, name="count")
    step = tf.train.MomentumOptimizer(0.1, 0.5).minimize(tf.reduce_sum(tf.square(weights - x)), global_step=count)
    before = weights * 2.0
    average = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([step]):
        train = average.apply([weights])
    feed = {x: np.float32([0.0, 1.0, 2.0, 3.0])}
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([train, before], [x], str(tmp_path / "m.py"), session), tmp_path)
        params, state = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        opt_state = emitted["optimizer"].init(params)
        for _ in range(3):
            params, state, opt_state, found = emitted["train_step"](params, state, opt_state, feed[x])
            np.testing.assert_allclose(found, session.run([train, before], feed)[1], rtol=1e-6)
            np.testing.assert_allclose(state["ExponentialMovingAverage"]["weights"],
                                       session.run(average.average(weights)), rtol=1e-6)
        assert int(state["count"]) == 3


@pytest.mark.parametrize("change", [
    lambda weights: weights.assign(tf.clip_by_value(weights, -0.5, 0.5)), lambda weights: weights.assign_sub(weights * 0.5)])
def test_what_is_trained_may_be_changed_afterwards(tmp_path, change):
    weights = tf.Variable([1.0, -2.0, 0.25], name="weights")
    other = tf.Variable([2.0], name="other")
    loss = tf.reduce_sum(tf.square(weights)) + tf.reduce_sum(tf.square(other))
    with tf.control_dependencies([tf.train.GradientDescentOptimizer(0.125).minimize(loss)]):
        step = tf.group(change(weights))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step], [], str(tmp_path / "m.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        opt_state = emitted["optimizer"].init(params)
        for _ in range(2):
            session.run(step)
            params, opt_state = emitted["train_step"](params, opt_state)
            np.testing.assert_allclose(params["weights"], session.run(weights), rtol=1e-6)
            np.testing.assert_allclose(params["other"], session.run(other), rtol=1e-6)


def test_gradients_in_turn_are_not_one_step(tmp_path):
    weights = tf.Variable([1.0, 2.0], name="weights")
    first = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(weights)))
    with tf.control_dependencies([first]):
        loss = tf.reduce_sum(tf.square(tf.identity(weights) - 1.0))
        second = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(Exception, match=r"one by one|is written before"):
            tf.emit([first, second], [], str(tmp_path / "m.py"), session)


def test_checkpoints_load(tmp_path):
    x, y_, logits, loss = network(True)
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, logits], [x, y_], str(tmp_path / "net.py"), session), tmp_path)
        session.run(step, {x: IMAGES, y_: LABELS})
        wanted = session.run(logits, {x: IMAGES, y_: LABELS})
        saved = tf.train.Saver().save(session, str(tmp_path / "net.ckpt"), global_step=1)
    assert main(["--checkpoint", saved, "-o", str(tmp_path / "one.npz")]) == 0
    params = emitted["params_from_checkpoint"](tmp_path / "one.npz")
    np.testing.assert_allclose(emitted["apply"](params, IMAGES), wanted, rtol=1e-5, atol=1e-6)
    with pytest.raises(SystemExit, match="nothing: Unsuccessful"):
        main(["--checkpoint", str(tmp_path / "nothing"), "-o", str(tmp_path / "two.npz")])


def test_dynamic_rnn(tmp_path):
    x = tf.placeholder(tf.float32, [3, 5, 4], name="x")
    lengths = tf.placeholder(tf.int32, [3], name="lengths")
    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), x, sequence_length=lengths, dtype=tf.float32)
    step = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_mean(tf.square(outputs)))
    feed = {x: RNG.rand(3, 5, 4).astype(np.float32), lengths: np.int32([2, 5, 3])}
    with tf.Session() as session:
        tf.set_random_seed(1)
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, outputs, state], [x, lengths], str(tmp_path / "m.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        after, _, *found = emitted["train_step"](params, emitted["optimizer"].init(params), *feed.values())
        for got, want in zip(found, session.run([step, outputs, state], feed)[1:], strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(after["RNN"]["GRUCell"]["Gates"]["Linear"]["Matrix"],
                                   session.run("RNN/GRUCell/Gates/Linear/Matrix:0"), rtol=1e-6)


def test_arrays_and_temporaries(tmp_path):
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    taken = tf.TensorArray(tf.float32, 3).unpack(x)
    product = taken.read(0) * taken.read(2)
    made = tf.TensorArray(tf.float32, 2).write(0, product).write(1, product + 1)
    parts = tf.TensorArray(tf.float32, 2).split(product, [1, 3])
    fetches = [made.pack(), made.concat(), made.size(), parts.read(1), tf.accumulate_n([x, x * 2])]
    rows = RNG.rand(3, 4).astype(np.float32)
    with tf.Session() as session:
        found = module(tf.emit(fetches, [x], str(tmp_path / "m.py"), session), tmp_path)["apply"](rows)
        for got, want in zip(found, session.run(fetches, {x: rows}), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)


def test_what_a_queue_gives_is_an_argument(tmp_path):
    queue = tf.FIFOQueue(3, [tf.float32, tf.int32], shapes=[(2,), ()])
    rows, labels = queue.dequeue_many(4)
    weights = tf.Variable([1.0, -2.0], name="weights")
    total = tf.reduce_sum(rows * weights, 1) + tf.cast(labels, tf.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(total, path=str(tmp_path / "m.py"), session=session), tmp_path)
    found = emitted["apply"](emitted["params_from_checkpoint"](tmp_path / "m.npz"), np.ones((4, 2), np.float32),
                             np.int32([0, 1, 2, 3]))
    assert found.tolist() == [-1.0, 0.0, 1.0, 2.0]


def test_names_that_are_not_there(tmp_path):
    x = tf.placeholder(tf.float32, [2], name="features")
    tf.square(x, name="squared")
    with tf.Session():
        for arguments in (("square:0", [x]), ("squared:0", ["feature:0"])):
            with pytest.raises((KeyError, ValueError)) as caught:
                tf.emit(*arguments, path=str(tmp_path / "m.py"))
            assert any("squared" in note or "features" in note for note in caught.value.__notes__)


def test_branches_that_write_variables(tmp_path):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    training = tf.placeholder(tf.bool, [], name="training")
    weights = tf.Variable(np.eye(3, dtype=np.float32), name="weights")
    moving = tf.Variable(tf.zeros([3]), trainable=False, name="moving")
    mean = tf.reduce_mean(tf.matmul(x, weights), 0)

    def kept():
        with tf.control_dependencies([tf.assign(moving, moving * 0.5 + mean * 0.5)]):
            return tf.identity(mean)

    chosen = tf.cond(training, kept, lambda: moving + 0.0)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(tf.matmul(x, weights) - chosen)))
    rows = RNG.rand(5, 3).astype(np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(step, [x, training], str(tmp_path / "m.py"), session), tmp_path)
        params, state = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        opt_state = emitted["optimizer"].init(params)
        for which in (True, False, True):
            params, state, opt_state = emitted["train_step"](params, state, opt_state, rows, which)
            session.run(step, {x: rows, training: which})
            np.testing.assert_allclose(params["weights"], session.run(weights), rtol=1e-6, atol=1e-7)
            np.testing.assert_allclose(state["moving"], session.run(moving), rtol=1e-6)


def test_what_is_drawn_in_loops_and_branches(tmp_path):
    count, flag = tf.placeholder(tf.int32, [], name="count"), tf.placeholder(tf.bool, [], name="flag")
    rows = tf.map_fn(lambda row: row + tf.random_uniform([3]), tf.zeros([4, 3]))

    def inner(total):
        return tf.while_loop(lambda j, t: j < 2, lambda j, t: (j + 1, t + tf.random_uniform([])), [0, total])[1]

    total = tf.while_loop(lambda i, t: i < count, lambda i, t: (i + 1, inner(t)), [0, 0.0])[1]
    either = tf.cond(flag, lambda: tf.random_uniform([2]), lambda: tf.random_uniform([2], 5.0, 6.0))
    with tf.Session() as session:
        source = tf.emit([rows, total, either], [count, flag], str(tmp_path / "m.py"), session)
    apply = jax.jit(module(source, tmp_path)["apply"])
    rows, total, either = apply(3, True, jax.random.key(1))
    assert len(np.unique(rows)) == 12
    assert np.all((rows > 0) & (rows < 1))
    assert 0 < total < 6
    assert len({float(apply(n, True, jax.random.key(1))[1]) for n in range(4)}) == 4
    assert np.all(either < 1)
    assert np.all(apply(3, False, jax.random.key(1))[2] >= 5)


def test_dropout_in_every_step_of_a_recurrent_network(tmp_path):
    x = tf.placeholder(tf.float32, [2, 50, 3], name="x")
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(4), output_keep_prob=0.5)
    outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(outputs))
    step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, loss, outputs], [x], str(tmp_path / "m.py"), session), tmp_path)
    params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
    step, (key, other) = jax.jit(emitted["train_step"]), jax.random.split(jax.random.key(0))
    results = step(params, emitted["optimizer"].init(params), RNG.rand(2, 50, 3), key)
    dropped = np.asarray(results[-1]) == 0
    assert 0.4 < dropped.mean() < 0.6
    assert (dropped[:, 1:] != dropped[:, :-1]).any(axis=(1, 2)).all()
    assert float(results[-2]) != float(step(params, emitted["optimizer"].init(params), RNG.rand(2, 50, 3), other)[-2])
    kernel = params["RNN"]["GRUCell"]["Gates"]["Linear"]["Matrix"]
    assert not np.array_equal(results[0]["RNN"]["GRUCell"]["Gates"]["Linear"]["Matrix"], kernel)


def test_a_loop_that_ends_where_a_feed_says(tmp_path):
    count = tf.placeholder(tf.int32, [], name="count")
    table = tf.constant(np.arange(10, dtype=np.float32))
    total = tf.while_loop(lambda i, t: i < count, lambda i, t: (i + 1, t + tf.gather(table, i)), [0, 0.0])[1]
    with tf.Session() as session:
        apply = module(tf.emit(total, [count], str(tmp_path / "m.py"), session), tmp_path)["apply"]
        assert [float(apply(n)) for n in (0, 3, 5)] == [session.run(total, {count: n}) for n in (0, 3, 5)] == [0, 3, 10]


def test_what_comes_after_what_has_no_form_is_no_problem_of_its_own(tmp_path):
    x = tf.placeholder(tf.float32, [4, 3], name="x")
    rows = tf.map_fn(lambda row: row + tf.reduce_sum(tf.py_func(np.sin, [row], [tf.float32], name="host")[0]), x)
    with tf.Session() as session, pytest.raises(NotImplementedError, match="host"):
        tf.emit(rows, [x], str(tmp_path / "m.py"), session)


def test_a_program_of_one_batch_takes_the_one_that_was_fed(tmp_path):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    target = tf.placeholder(tf.float32, [6, 2], name="target")
    weights = tf.Variable(tf.ones([4, 2]), name="weights")
    loss = tf.reduce_mean(tf.square(tf.matmul(x, weights) - target))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feed = {x: RNG.rand(6, 4), target: RNG.rand(6, 2)}
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(NotImplementedError, match=r"180,2.*set_shape"):
            tf.emit([step, loss], [x, target], str(tmp_path / "m.py"), session)
        session.run(loss, feed)
        emitted = module(tf.emit([step, loss], [x, target], str(tmp_path / "m.py"), session), tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
        after, _, found = emitted["train_step"](params, emitted["optimizer"].init(params), *map(np.float32, feed.values()))
        np.testing.assert_allclose(found, session.run([step, loss], feed)[1], rtol=1e-6)
        np.testing.assert_allclose(after["weights"], session.run(weights), rtol=1e-6)


def _scanned():
    x = tf.placeholder(tf.float32, [None, None, 3], name="x")
    start = tf.zeros(tf.pack([tf.shape(x)[0], 3]))
    return tf.scan(lambda state, row: state + row, tf.transpose(x, [1, 0, 2]), initializer=start), [x]


def _recurrent():
    x, sizes = tf.placeholder(tf.float32, [None, None, 3], name="x"), tf.placeholder(tf.int32, [None], name="sizes")
    return tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, sizes, dtype=tf.float32)[0], [x, sizes]


def _averaged():
    x, y = tf.placeholder(tf.float32, [None, None], name="x"), tf.placeholder(tf.float32, [None, None], name="y")
    count = tf.to_float(tf.shape(x)[0] * tf.shape(x)[1])
    return tf.reduce_sum(x) / count + tf.reduce_sum(y * tf.to_float(tf.shape(y)[1])), [x, y]


def _of_one_length():
    x, y = tf.placeholder(tf.float32, [None, None], name="x"), tf.placeholder(tf.float32, [None, None], name="y")
    return (x - y) * tf.to_float(tf.shape(y)[1]), [x, y]


@pytest.mark.parametrize(("program", "shapes"), [
    (_scanned, [(2, 5, 3)]), (_recurrent, [(2, 5, 3), (2,)]), (_averaged, [(3, 4), (3, 7)]),
    (_of_one_length, [(3, 4), (3, 4)])])
def test_every_unknown_size_is_one_of_its_own(tmp_path, program, shapes):
    fetch, feeds = program()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(fetch, feeds, str(tmp_path / "m.py"), session), tmp_path)
        loaded = [emitted["params_from_checkpoint"](tmp_path / "m.npz")] if "params_from_checkpoint" in emitted else []
        for longer in (0, 2):  # the second size, where there is one
            given = [RNG.randint(1, 4, shape) if len(shape) == 1 else
                     np.float32(RNG.rand(shape[0], shape[1] + longer, *shape[2:])) for shape in shapes]
            wanted = session.run(fetch, dict(zip(feeds, given, strict=True)))
            found = emitted["apply"](*loaded, *given)
            assert np.shape(found) == np.shape(wanted)
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_a_gradient_beside_a_loop_that_only_a_run_ends(tmp_path):
    x, weight = tf.placeholder(tf.float32, [], name="x"), tf.Variable(2.0, name="weight")
    rounds = tf.while_loop(lambda v, n: v > 1.0, lambda v, n: (v * 0.5, n + 1), [x, 0])[1]
    loss = tf.square(weight)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, loss, rounds], [x], str(tmp_path / "m.py"), session), tmp_path)
    params = emitted["params_from_checkpoint"](tmp_path / "m.npz")
    params, _, loss, rounds = emitted["train_step"](params, emitted["optimizer"].init(params), np.float32(9.0))
    assert (float(params["weight"]), float(loss), int(rounds)) == (pytest.approx(1.6), 4.0, 4)


@pytest.mark.parametrize("changing", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_adam_squares_equal_rows_one_by_one(tmp_path, dense, changing):
    words = [tf.placeholder(tf.int32, [None]) for _ in range(3)]
    rate = tf.placeholder(tf.float32, [], name="rate")
    table = tf.Variable(RNG.rand(5, 4).astype(np.float32), name="table")
    rows = tf.add_n([tf.nn.embedding_lookup(table, word) for word in words])
    values = tf.matmul(rows, tf.Variable(RNG.rand(4, 2).astype(np.float32), name="weights")) if dense else rows
    loss = tf.reduce_mean(tf.square(values - 1.0))
    step = tf.train.AdamOptimizer(rate if changing else 0.01).minimize(loss)
    given = [np.array([1, 1, 3], np.int32), np.array([1, 0, 3], np.int32), np.array([2, 2, 2], np.int32)]
    feeds, more = dict(zip(words, given, strict=True)), [np.float32(0.02)] if changing else []
    feeds.update(zip([rate] if changing else [], more, strict=True))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit([step, loss], list(feeds), str(tmp_path / "net.py"), session)
        emitted = module(source, tmp_path)
        assert "words is a list." in source
        assert "for indices in words]" in source
        params = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = emitted["optimizer"].init(params)
        for at in range(4):
            if at == 2:  # it goes on from what the script has saved
                saved = tf.train.Saver().save(session, str(tmp_path / "net.ckpt"))
                assert main(["--checkpoint", saved, "-o", str(tmp_path / "saved.npz")]) == 0
                params = emitted["params_from_checkpoint"](tmp_path / "saved.npz")
                opt_state = emitted["opt_state_from_checkpoint"](tmp_path / "saved.npz", params)
            params, opt_state, found = emitted["train_step"](params, opt_state, given, *more)
            np.testing.assert_allclose(found, session.run([step, loss], feeds)[1], rtol=1e-6)
        for name in params:
            np.testing.assert_allclose(params[name], session.run(f"{name}:0"), rtol=1e-6, atol=1e-6)


def test_what_reads_the_slots_of_a_table_keeps_its_step_written_out(tmp_path):
    table = tf.Variable(RNG.rand(5, 4).astype(np.float32), name="table")
    loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, [1, 1, 3])))
    optimizer = tf.train.AdamOptimizer(0.01)
    step = optimizer.minimize(loss)
    slot = optimizer.get_slot(table, "m")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit([step, loss, slot], [], str(tmp_path / "net.py"), session), tmp_path)
        params, state = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        params, state, _, found = emitted["train_step"](params, state)
        _, _, wanted = session.run([step, loss, slot])
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        np.testing.assert_allclose(params["table"], session.run(table), rtol=1e-6)


def test_the_rounds_of_a_loop_are_one_function_and_one_loop(tmp_path):
    x = tf.placeholder(tf.float32, [4, 4, 3], name="x")
    weights = tf.Variable(RNG.rand(3, 3).astype(np.float32), name="weights")
    state, seen = tf.zeros([4, 3]), []
    for at in range(4):
        state = tf.tanh(tf.matmul(state, weights) + x[:, at, :])
        seen.append(tf.reduce_sum(state * state, 1))
    total = tf.add_n(seen)
    given = RNG.rand(4, 4, 3).astype(np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit(total, [x], str(tmp_path / "net.py"), session)
        emitted = module(source, tmp_path)
        params = emitted["params_from_checkpoint"](tmp_path / "net.npz")
        np.testing.assert_allclose(emitted["apply"](params, given), session.run(total, {x: given}), rtol=1e-5)
    assert source.count("jnp.tanh") == 1
    assert "for t in range(4):" in source


def test_a_fetch_that_is_not_there_is_told_what_the_program_ran(tmp_path):
    (tmp_path / "script.py").write_text(
        "import tensorflow as tf\ny = tf.add(1.0, 2.0, name='total')\nprint(tf.Session().run(y))\n")
    done = subprocess.run([sys.executable, "-m", "tracer.emit", "--fetch", "totals", "script.py"], cwd=tmp_path, check=False,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent)})
    assert done.returncode == 1
    assert "The graph has no totals. Near it: total, " in done.stderr
    assert done.stderr.endswith("\nThe program ran total:0.\n")


def test_a_range_as_long_as_the_batch(tmp_path):
    rows, at = tf.placeholder(tf.float32, [None, 3], name="rows"), tf.placeholder(tf.int32, [None], name="at")
    picked = tf.gather(tf.reshape(rows, [-1]), tf.range(0, tf.shape(rows)[0]) * 3 + at)
    with tf.Session() as session:
        apply = module(tf.emit(picked, [rows, at], str(tmp_path / "m.py"), session), tmp_path)["apply"]
        for count in (2, 11):
            given = np.float32(RNG.rand(count, 3)), np.int32(RNG.randint(0, 3, count))
            np.testing.assert_array_equal(apply(*given), session.run(picked, dict(zip([rows, at], given, strict=True))))


def test_arguments_of_a_loop_that_differ_in_a_number(tmp_path):
    enc0 = tf.placeholder(tf.int32, [None], name="enc0")
    enc1 = tf.placeholder(tf.int32, [None], name="enc1")
    enc2 = tf.placeholder(tf.int32, [None], name="enc2")
    enc3 = tf.placeholder(tf.int32, [None], name="enc3")
    inputs = [enc0, enc1, enc2, enc3]
    cell = tf.nn.rnn_cell.EmbeddingWrapper(tf.nn.rnn_cell.GRUCell(4), 9, 5)
    outputs, _ = tf.nn.rnn(cell, inputs, dtype=tf.float32)
    given = [np.int32(RNG.randint(0, 9, 2)) for _ in inputs]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        emitted = module(tf.emit(outputs[-1], inputs, str(tmp_path / "m.py"), session), tmp_path)
        found = emitted["apply"](emitted["params_from_checkpoint"](tmp_path / "m.npz"), *given)
        np.testing.assert_allclose(found, session.run(outputs[-1], dict(zip(inputs, given, strict=True))), rtol=1e-5)
