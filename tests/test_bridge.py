"""Out of a graph into JAX, and from JAX into a graph."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import tracer as tf
from tracer import errors


@pytest.fixture(autouse=True)
def _64_bits():
    with jax.enable_x64(True):
        yield


ROWS = np.arange(12, dtype=np.float32).reshape(4, 3) / 7


def regression():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    target = tf.placeholder(tf.float32, [None, 1], name="target")
    with tf.variable_scope("layer"):
        weights = tf.get_variable("weights", initializer=tf.constant([[0.5], [-0.25], [1.0]]))
    y = tf.matmul(x, weights, name="y")
    loss = tf.reduce_mean(tf.square(y - target), name="loss")
    return x, target, y, loss


def test_values_and_state():
    x, _, y, _ = regression()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        function, state = tf.to_jax({"y": y, "shape": tf.shape(y)}, [x])
        values, after = jax.jit(function)(state, ROWS)
        wanted = session.run(y, {x: ROWS})
    assert sorted(state["variables"]) == ["layer/weights"]
    np.testing.assert_allclose(values["y"], wanted, rtol=1e-6)
    assert values["shape"].tolist() == [4, 1]
    np.testing.assert_array_equal(after["variables"]["layer/weights"], state["variables"]["layer/weights"])


def test_a_step_of_training_by_hand_is_the_sessions():
    x, target, _, loss = regression()
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    goals = np.ones((4, 1), np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        function, state = tf.to_jax([step, loss], [x, "target:0"])
        function = jax.jit(function)
        for _ in range(3):
            (nothing, ours), state = function(state, ROWS, goals)
            _, theirs = session.run([step, loss], {x: ROWS, target: goals})
            assert nothing is None
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        for variable in tf.all_variables():
            np.testing.assert_allclose(state["variables"][variable.op.name], session.run(variable), rtol=1e-6)


def test_grad_and_vmap():
    x, target, _, loss = regression()
    gradient, = tf.gradients(loss, x)
    goals = np.ones((4, 1), np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        function, state = tf.to_jax(loss, [x, target])
        wanted = session.run(gradient, {x: ROWS, target: goals})
    found = jax.grad(lambda rows: function(state, rows, goals)[0])(ROWS)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    many = jax.vmap(lambda rows, goals: function(state, rows, goals)[0])(np.stack([ROWS, -ROWS]), np.stack([goals, goals]))
    np.testing.assert_allclose(many[0], function(state, ROWS, goals)[0], rtol=1e-6)


def test_random_streams_go_on():
    tf.set_random_seed(1)
    drawn = tf.random_uniform([3], seed=7)
    with tf.Session() as session:
        function, state = tf.to_jax(drawn)
        wanted = [session.run(drawn) for _ in range(2)]
    for want in wanted:
        values, state = function(state)
        np.testing.assert_array_equal(values, want)


def test_64_bits():
    x = tf.placeholder(tf.float64, [2])
    y = x * 3 + tf.cast(tf.argmax(x, 0), tf.float64)
    with tf.Session():
        function, state = tf.to_jax(y, [x])
    value, _ = jax.jit(function)(state, np.array([1 / 3, 1e-9]))
    assert value.dtype == np.float64
    np.testing.assert_array_equal(value, np.array([1 / 3, 1e-9]) * 3)
    with jax.enable_x64(False), pytest.raises(RuntimeError, match=r"jax\.enable_x64"):
        jax.jit(function)(state, np.array([1 / 3, 1e-9]))


def test_feeds_of_several_tensors():
    known, sparse = tf.sparse_placeholder(tf.float32, [3, 4]), tf.sparse_placeholder(tf.float32)
    state = (tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2]))
    sums = [tf.sparse_tensor_dense_matmul(one, tf.ones([4, 1])) + state[0][0] - state[1][1] for one in (known, sparse)]
    indices, values = np.int64([[0, 1], [2, 0], [2, 3]]), np.float32([1, 2, 4])
    with tf.Session() as session:
        for wanted, key, static in zip(sums, (known, sparse), ({}, {sparse.shape: [3, 4]}), strict=True):
            function, begun = tf.to_jax(wanted, [key, state], session, static)
            found, _ = jax.jit(function)(begun, indices, values, np.float32([10, 0]), np.float32([0, 3]))
            assert found.tolist() == [[8], [7], [13]]
        with pytest.raises(errors.StaticValueError, match="give it in `static`"):
            tf.to_jax(sums[1], [sparse, state], session)


def test_what_is_python_is_said_with_its_reason():
    queue, text = tf.FIFOQueue(2, tf.float32, [[]]), tf.placeholder(tf.string, [])
    with tf.Session() as session, pytest.raises(errors.UnsupportedError) as raised:
        tf.to_jax([queue.dequeue(), tf.string_to_number(text)], [text], session)
    lines = str(raised.value).splitlines()
    assert [line.endswith(": JAX has no strings") for line in lines if "recorded at" in line] == [False, False, True]
    assert [line.split()[0] for line in lines if "recorded at" in line] == ["FIFOQueue", "QueueDequeue", "StringToNumber"]


def test_a_failed_check_keeps_the_state_and_can_be_seen():
    index = tf.placeholder(tf.int32, [])
    v = tf.Variable([1.0, 2.0])
    with tf.control_dependencies([tf.gather(v, index)]):
        step = tf.assign_add(v, [1.0, 1.0])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        function, state = tf.to_jax(step, [index])
    _, after = function(state, 5)
    np.testing.assert_array_equal(after["variables"]["Variable"], [1.0, 2.0])
    error, _ = checkify.checkify(function)(state, 5)
    assert "Gather" in error.get()
    error, (_, after) = checkify.checkify(function)(state, 1)
    assert error.get() is None
    np.testing.assert_array_equal(after["variables"]["Variable"], [2.0, 3.0])


def test_static_values():
    x, n = tf.placeholder(tf.float32, [6]), tf.placeholder(tf.int32, [])
    y = tf.reshape(x, tf.pack([n, -1]))
    with tf.Session():
        function, state = tf.to_jax(y, [x], static={n: 2})
        with pytest.raises(Exception, match="static"):
            tf.to_jax(y, [x, n])
    assert function(state, np.arange(6, dtype=np.float32))[0].shape == (2, 3)


def test_what_stays_python_is_listed():
    queue = tf.FIFOQueue(3, tf.float32, shapes=[()])
    y = queue.dequeue(name="taken") * 2
    with tf.Session(), pytest.raises(Exception, match=r"QueueDequeue 'taken', recorded at .*test_bridge.py"):
        tf.to_jax(y)


def test_errors():
    x, _, y, _ = regression()
    with pytest.raises(ValueError, match="No default session"):
        tf.to_jax(y, [x])
    with tf.Session():
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value layer/weights"):
            tf.to_jax(y, [x])
        with pytest.raises(ValueError, match="cannot be interpreted"):
            tf.to_jax("nothing:0", [x])


PLAIN = """
import sys, numpy as np, jax
call = jax.export.deserialize(open(sys.argv[1], "rb").read()).call
rows = np.load(sys.argv[2])
for size in (4, 2):
    np.testing.assert_allclose(call(rows[:size]), np.load(sys.argv[3])[:size], rtol=1e-6)
assert "tracer" not in sys.modules
"""


def test_export_runs_from_plain_jax(tmp_path):
    x, _, y, _ = regression()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        tf.export(str(tmp_path / "model.jax"), y, [x])
        np.save(tmp_path / "rows.npy", ROWS)
        np.save(tmp_path / "want.npy", session.run(y, {x: ROWS}))
    subprocess.run([sys.executable, "-c", PLAIN, "model.jax", "rows.npy", "want.npy"], cwd=tmp_path, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.jax", "rows.npy", "want.npy"]


def test_export_of_training_takes_its_state_along(tmp_path):
    x, target, _, loss = regression()
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    goals = np.ones((2, 1), np.float32)
    path = str(tmp_path / "step.jax")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        tf.export(path, [step, loss], [x, target])
        with np.load(path + ".npz") as held:
            state = {"variables": {key.removeprefix("variables/"): held[key] for key in held}, "streams": {}}
        with open(path, "rb") as file:
            call = jax.export.deserialize(file.read()).call
        for _ in range(2):
            (_, ours), state = call(state, ROWS[:2], goals)
            np.testing.assert_allclose(ours, session.run([step, loss], {x: ROWS[:2], target: goals})[1], rtol=1e-6)


def test_an_artifact_says_nan_where_a_session_raises(tmp_path):
    x = tf.placeholder(tf.int32, [None])
    table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2), name="table")
    rows = tf.reshape(tf.nn.embedding_lookup(table, x), tf.pack([tf.shape(x)[0] * 2]))
    step = tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(rows))
    path = str(tmp_path / "step.jax")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        tf.export(path, [step, rows], [x], platforms=["cpu", "cuda", "tpu"])
    with open(path, "rb") as file:
        call = jax.export.deserialize(file.read()).call
    state = {"variables": {"table": np.arange(6, dtype=np.float32).reshape(3, 2)}, "streams": {}}
    (_, values), after = call(state, np.int32([2, 0]))
    np.testing.assert_array_equal(values, [4, 5, 0, 1])
    np.testing.assert_array_equal(after["variables"]["table"], [[-0.5, 0.5], [2, 3], [3.5, 4.5]])
    (_, values), after = call(state, np.int32([1, 3, 0]))
    np.testing.assert_array_equal(values, np.full(6, np.nan))
    np.testing.assert_array_equal(after["variables"]["table"], state["variables"]["table"])


def test_sizes_that_are_symbols(tmp_path):
    x = tf.placeholder(tf.float32, [None, 4])
    half = tf.shape(x)[0] // 2
    top = tf.slice(x, [0, 0], tf.pack([half, 2]))
    mean = tf.reduce_sum(x) / tf.to_float(tf.size(x))
    noise = tf.random_uniform(tf.concat(0, [tf.shape(x), [2]]), seed=3)
    path = str(tmp_path / "sizes.jax")
    with tf.Session() as session:
        tf.export(path, [top, mean, tf.shape(x), noise], [x])
        with open(path, "rb") as file:
            call = jax.export.deserialize(file.read()).call
        with np.load(path + ".npz") as held, jax.enable_x64(True):
            state = {"variables": {}, "streams": {key.removeprefix("streams/"): held[key] for key in held}}
            for size in (6, 3):
                rows = np.float32(np.arange(4 * size).reshape(size, 4))
                (first, second, third, fourth), state = call(state, rows)
                np.testing.assert_array_equal(first, rows[:size // 2, :2])
                assert second == rows.mean()
                assert third.dtype == np.int32
                np.testing.assert_array_equal(third, [size, 4])
                np.testing.assert_array_equal(fourth, session.run(noise, {x: rows}))


def test_from_jax():
    gelu = tf.from_jax(jax.nn.gelu)
    x = tf.placeholder(tf.float32, [None, 3])
    y = gelu(x)
    assert y.op.name == "gelu"
    assert y.get_shape().as_list() == [None, 3]
    slope, = tf.gradients(y, x)
    with tf.Session() as session:
        value, gradient = session.run([y, slope], {x: ROWS})
    np.testing.assert_allclose(value, jax.nn.gelu(ROWS), rtol=1e-6)
    np.testing.assert_allclose(gradient, jax.vmap(jax.vmap(jax.grad(jax.nn.gelu)))(jnp.asarray(ROWS)), rtol=1e-5)


def test_from_jax_with_structure_and_sizes_that_only_numbers_have():
    function = tf.from_jax(lambda a, b: {"sum": a + b, "count": jnp.full([len(range(a.shape[0]))], 2)}, name="both")
    a = tf.placeholder(tf.float32, [None])
    with jax.enable_x64(False):
        result = function(a, [1.0])
    assert result["sum"].dtype is tf.float32
    assert result["count"].dtype is tf.int32
    assert result["count"].get_shape().as_list() == [None]
    with tf.Session() as session:
        assert session.run(result["count"], {a: [1.0, 2.0]}).tolist() == [2, 2]


def test_from_jax_needs_ranks():
    with pytest.raises(ValueError, match="known rank"):
        tf.from_jax(jnp.sin)(tf.placeholder(tf.float32))


def test_export_of_a_feed_of_unknown_shape(tmp_path):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    keep, scale = tf.placeholder(tf.float32, name="keep"), tf.placeholder(tf.float32, name="scale")
    y = tf.reduce_sum(x * keep * scale, 1)
    path = tmp_path / "model.jax"
    with tf.Session() as session:
        with pytest.raises(ValueError, match=r"(?s)keep:0 has an unknown shape.*scale:0 has"):
            tf.export(str(path), y, [x, keep, scale])
        session.run(y, {x: np.ones([2, 3]), keep: 0.5, scale: [1.0, 2.0, 3.0]})
        tf.export(str(path), y, [x, keep, scale])
    call = jax.export.deserialize(path.read_bytes()).call
    with jax.enable_x64(True):
        found = call(np.ones([5, 3], np.float32), np.float32(0.25), np.float32([1, 2, 3]))
    np.testing.assert_array_equal(found, np.full(5, 1.5, np.float32))


def test_constants_of_64_bits_wherever_the_function_is_made(tmp_path):
    rows = np.random.RandomState(0).randn(64, 64)
    x = tf.placeholder(tf.float64, [64, 1], name="x")
    y = tf.matmul(tf.matmul(tf.constant(rows), tf.constant(rows), transpose_a=True), x)
    fed = np.ones([64, 1])
    with tf.Session() as session, jax.enable_x64(False):
        function, state = tf.to_jax(y, [x])
        tf.export(str(tmp_path / "model.jax"), y, [x])
        wanted = session.run(y, {x: fed})
        assert "f64[64,64]" in tf.dump(y, [x], sections="jaxpr", session=tf.Session())
    np.testing.assert_allclose(function(state, fed)[0], wanted, rtol=1e-12)
    found = jax.export.deserialize((tmp_path / "model.jax").read_bytes()).call(fed)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_export_counts_to_a_size_that_is_a_symbol(tmp_path):
    rows, at = tf.placeholder(tf.float32, [None, 3], name="rows"), tf.placeholder(tf.int32, [None], name="at")
    picked = tf.gather(tf.reshape(rows, [-1]), tf.range(0, tf.shape(rows)[0]) * 3 + at)
    path = tmp_path / "model.jax"
    with tf.Session() as session:
        tf.export(str(path), [picked, tf.range(0, tf.shape(rows)[0] * 2, 2)], [rows, at])
        call = jax.export.deserialize(path.read_bytes()).call
        for count in (2, 5):
            values, places = np.float32(np.random.RandomState(0).rand(count, 3)), np.arange(count, dtype=np.int32) % 3
            found, even = call(values, places)
            np.testing.assert_array_equal(found, session.run(picked, {rows: values, at: places}))
            np.testing.assert_array_equal(even, np.arange(0, 2 * count, 2))
