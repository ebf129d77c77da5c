"""Small programs, which the thread that calls them computes: as others would, and only those that are small."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from lowering.programs import inline, kept

pytestmark = pytest.mark.usefixtures("fast_paths")
X = np.linspace(-2, 2, 64 * 64, dtype=np.float32).reshape(64, 64)


def powers(x):
    for _ in range(40):
        x = jnp.tanh(x @ x / 8 + jnp.sin(x))
    return x


def compiled(function, *arguments):
    return inline.compiled(jax.jit(function).lower(*arguments))


def test_it_is_ready_when_the_call_returns():
    call = compiled(powers, X)
    assert all(call(X).is_ready() for _ in range(20))


def test_it_computes_the_same_to_the_bit():
    tiny = np.float32(1e-39) * np.arange(1, 4, dtype=np.float32)  # below what is kept as a normal number
    for function, x in ((powers, X), (lambda x: jnp.stack([x * 0.5, x @ jnp.ones((3, 3), np.float32)]), tiny)):
        np.testing.assert_array_equal(compiled(function, x)(x), jax.jit(function)(x))


def test_what_jax_itself_compiles_stays_as_it_was():
    lowered = jax.jit(powers).lower(X)
    inline.compiled(lowered)
    assert lowered._lowering.compile_args["host_callbacks"] == []


def test_an_unknown_jax_is_left_to_itself(monkeypatch):
    monkeypatch.setattr(inline, "callbacks", lambda: [].nothing)
    np.testing.assert_array_equal(compiled(powers, X)(X), jax.jit(powers)(X))


def looping(count):
    return lambda x: jax.lax.scan(lambda x, _: (powers(x), None), x, None, count)[0]


@pytest.mark.parametrize(("function", "size", "waited", "alone"), [
    (lambda x: x + 1, 4, True, True),
    (lambda x: x + 1, 256, True, False),
    (lambda x: x + 1, 1024, False, False),
    (lambda x: x @ x, 64, True, False),
    (lambda x: x @ x, 1024, False, False),
    (looping(1), 16, True, False),
    (looping(100), 64, False, False),
    (lambda x: jax.lax.while_loop(lambda x: x.sum() < 3, lambda x: x + 1, x), 4, False, False),
    (lambda x: jax.jit(lambda x: x @ x)(x), 1024, False, False),
    (lambda x: jax.lax.cond(x[0, 0] > 0, lambda x: x @ x, lambda x: x, x), 1024, False, False),
    (lambda x: jax.lax.conv(x[None, None], x[None, None, :4, :4], (1, 1), "SAME"), 16, True, True),
    (lambda x: jax.lax.conv(x[None, None], x[None, None, :64, :64], (1, 1), "SAME"), 1024, False, False),
])
def test_what_is_small(function, size, waited, alone):
    closed = jax.make_jaxpr(function)(jax.ShapeDtypeStruct((size, size), np.float32))
    assert (inline.is_small(closed, waited=True), inline.is_small(closed, waited=False)) == (waited, alone)


def training():
    """A new graph and session: a step whose labels are checked, and the variable that it changes."""
    tf.reset_default_graph()
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
    w = tf.Variable(np.arange(12).reshape(3, 4), dtype=tf.float32)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.matmul(x, w), y))
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return (lambda label=1: session.run([loss, step], {x: np.ones((2, 3)), y: [label, 1]})[0]), (lambda: session.run(w))


@pytest.mark.parametrize("folder", [False, True])
def test_a_training_is_the_same_without(monkeypatch, tmp_path, folder):
    monkeypatch.setattr(kept, "folder", lambda: str(tmp_path) if folder else None)
    found = []
    for without in ("", "", "inline"):  # the second time from disk, where there is a folder
        monkeypatch.setenv("TRACER_WITHOUT", without)
        run, w = training()
        losses = [run() for _ in range(4)]
        before = w()
        with pytest.raises(tf.errors.InvalidArgumentError, match="label"):
            run(7)
        np.testing.assert_array_equal(w(), before)
        found.append([*losses, run(), w().tolist()])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("folder", [False, True])
def test_programs_of_runs_that_fetch_are_inline(monkeypatch, tmp_path, folder):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    monkeypatch.setattr(kept, "folder", lambda: str(tmp_path) if folder else None)
    for _ in range(2):
        tf.reset_default_graph()
        x = y = tf.placeholder(tf.float32, [64, 64])
        for _ in range(4):
            y = tf.tanh(tf.matmul(y, y) / 8 + tf.sin(y))
        session = tf.Session()
        session.run(y, {x: X})
        call = session.runs()[0].single.ready[X.shape,][0]
        assert all(call((), (), (), (), (X,))[0][0].is_ready() for _ in range(20))


def test_a_process_ends_with_them():
    script = ("import numpy as np, tracer as tf\n"
              "x = tf.placeholder(tf.float32, [8, 8]); y = tf.matmul(x, x)\n"
              "session = tf.Session()\n"
              "print([float(session.run(y, {x: np.eye(8)}).sum()) for _ in range(3)])\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[8.0, 8.0, 8.0]\n", "")
