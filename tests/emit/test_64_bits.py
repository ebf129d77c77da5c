"""Emitted modules of programs in 64 bits: they are right where JAX has those, say so where not, and change no setting."""

import subprocess
import sys

import jax
import numpy as np
import pytest

import tracer as tf

RNG = np.random.RandomState(0)
ALONE = """
import sys
import jax
import numpy as np
sys.path.insert(0, sys.argv[1])
import module_jax
assert not jax.config.jax_enable_x64
inputs = np.load(sys.argv[1] + "/inputs.npz")
inputs = [inputs[key] for key in sorted(inputs.files)]
for function in (module_jax.train_step, jax.jit(module_jax.train_step)):
    try:
        function({}, {}, {}, *inputs)
    except RuntimeError as problem:
        assert "jax.enable_x64(True)" in str(problem)
    else:
        raise AssertionError("nothing was said")
with jax.enable_x64(True):
    trees = [*module_jax.params_from_checkpoint(sys.argv[1] + "/module_jax.npz")]
    trees.append(module_jax.optimizer.init(trees[0]))
    for _ in range(10):
        *trees, value = jax.jit(module_jax.train_step)(*trees, *inputs)
leaves = jax.tree_util.tree_leaves_with_path(trees[:2])
np.savez(sys.argv[1] + "/got.npz", value=value, **{path[-1].key: leaf for path, leaf in leaves})
assert "tracer" not in sys.modules
"""


@pytest.mark.parametrize(("dtype", "optimizer", "close"), [
    (np.float32, tf.train.GradientDescentOptimizer(0.1), 2e-6), (np.float64, tf.train.MomentumOptimizer(0.1, 0.9), 1e-12),
    (np.float64, tf.train.AdamOptimizer(0.1), 2e-6),  # its powers are of 32 bits in TensorFlow, as its rate is
])
def test_training_in_64_bits(tmp_path, dtype, optimizer, close):
    x, y = tf.placeholder(dtype, [None, 3], name="x"), tf.placeholder(dtype, [None], name="y")
    theta = tf.Variable(np.array([[0.1], [0.2], [0.3]], dtype), name="theta")
    bias = tf.Variable(np.ones(1, np.float32), name="bias")
    seen = tf.Variable(np.int64(5_000_000_000), trainable=False, name="seen")
    error = tf.reshape(tf.matmul(x, theta), [-1]) + tf.cast(bias, dtype) - y
    loss = tf.reduce_mean(tf.square(error), name="mse")
    step = optimizer.minimize(loss, global_step=seen)
    inputs = [RNG.rand(5, 3).astype(dtype), RNG.rand(5).astype(dtype)]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit([step, loss], [x, y], str(tmp_path / "module_jax.py"), session)
        assert "config.update" not in source
        for _ in range(10):
            _, value = session.run([step, loss], dict(zip([x, y], inputs, strict=True)))
        wanted = {"value": value, "theta": session.run(theta), "bias": session.run(bias), "seen": session.run(seen)}
    np.savez(tmp_path / "inputs.npz", *inputs)
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path)], check=True)
    assert wanted["seen"] == 5_000_000_010
    with np.load(tmp_path / "got.npz") as found:
        for name, want in wanted.items():
            assert found[name].dtype == want.dtype
            in_32 = want.dtype == np.float32  # ten roundings of a variable that starts at 0.3 and ends near zero
            np.testing.assert_allclose(found[name], want, rtol=2e-6 if in_32 else close, atol=1e-7 if in_32 else 0,
                                       err_msg=name)
    with jax.enable_x64(True):  # what is 32 bits in the script is 32 bits there
        namespace = {"__file__": str(tmp_path / "module_jax.py")}
        exec(compile(source, "module", "exec"), namespace)
        assert namespace["init"]()[0]["bias"].dtype == np.float32


def emitted(fetch, feeds, tmp_path):
    with tf.Session() as session:
        return tf.emit(fetch, feeds, str(tmp_path / "net.py"), session)


def test_arithmetic_that_32_bits_have_no_room_for(tmp_path):
    ids = tf.placeholder(tf.int64, [None], name="ids")
    namespace = {}
    exec(emitted(ids % 1000003 * 5000000, [ids], tmp_path), namespace)
    given = np.array([10 ** 12, -7, 10 ** 15])
    with pytest.raises(RuntimeError, match=r"jax\.enable_x64\(True\)"):
        namespace["apply"](given)
    with jax.enable_x64(True):
        found = namespace["apply"](given)
    np.testing.assert_array_equal(found, np.fmod(given, 1000003) * 5000000)


def test_labels_and_indices_need_no_64_bits(tmp_path):
    x, labels = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int64, [None])
    right = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(x, 1), labels)))
    namespace = {}
    exec(emitted(right, [x, labels], tmp_path), namespace)
    assert namespace["apply"](np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0])) == 0.75


def normalized_network(dtype):
    """Two layers whose biases a normalization takes out again: their gradients are zero but for roundings."""
    x, y = tf.placeholder(dtype, [8, 6], name="x"), tf.placeholder(dtype, [8, 3], name="y")
    hidden, random = x, np.random.RandomState(1)
    for name, (rows, columns) in (("first", (6, 5)), ("second", (5, 3))):
        weights = tf.Variable(random.randn(rows, columns).astype(dtype) / 3, name=f"{name}/weights")
        bias = tf.Variable(np.full(columns, 0.1, dtype), name=f"{name}/bias")
        made = tf.nn.bias_add(tf.matmul(hidden, weights), bias)
        mean, variance = tf.nn.moments(made, [0])
        hidden = (made - mean) * tf.rsqrt(variance + dtype(1e-3))
        hidden = tf.maximum(hidden, dtype(0.2) * hidden)
    loss = -tf.reduce_sum(y * tf.nn.log_softmax(hidden))
    return x, y, loss, tf.train.AdamOptimizer().minimize(loss)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_biases_before_a_normalization_drift_by_roundings_alone(tmp_path, dtype):
    x, y, loss, step = normalized_network(dtype)
    inputs = [RNG.rand(8, 6).astype(dtype), np.eye(3, dtype=dtype)[RNG.randint(0, 3, 8)]]
    with tf.Session() as session, jax.enable_x64(dtype == np.float64):
        session.run(tf.initialize_all_variables())
        namespace = {"__file__": str(tmp_path / "net.py")}
        exec(tf.emit([step, loss], [x, y], str(tmp_path / "net.py"), session), namespace)
        params = namespace["params_from_checkpoint"](tmp_path / "net.npz")
        opt_state = namespace["optimizer"].init(params)
        train_step = jax.jit(namespace["train_step"])
        for _ in range(10):
            params, opt_state, _ = train_step(params, opt_state, *inputs)
            session.run(step, dict(zip([x, y], inputs, strict=True)))
        for layer in ("first", "second"):
            np.testing.assert_allclose(params[layer]["weights"], session.run(f"{layer}/weights:0"), rtol=1e-4, atol=1e-6)
            drift = np.abs(params[layer]["bias"] - session.run(f"{layer}/bias:0")).max()
            if dtype == np.float64:  # the roundings are 1e-16, which Adam's epsilon of 1e-8 swallows
                assert drift < 1e-9
                assert np.abs(params[layer]["bias"] - 0.1).max() < 1e-8
            else:  # those of 1e-8 and more it makes steps of 0.001 of
                assert drift <= 10 * 2 * 0.001
