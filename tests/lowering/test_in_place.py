"""Variables that are updated in place: without copies of what they were, and to the same values."""

import jax
import numpy as np
import pytest

import tracer as tf
from lowering import jaxprs
from lowering.programs import options

RNG = np.random.RandomState(0)
X, Y = RNG.randn(5, 6).astype(np.float32), RNG.randint(0, 3, 5).astype(np.int32)
OPTIMIZERS = [
    lambda: tf.train.GradientDescentOptimizer(0.1), lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    lambda: tf.train.AdamOptimizer(0.1), lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
    lambda: tf.train.AdagradOptimizer(0.1), lambda: tf.train.FtrlOptimizer(0.1),
]


def network(optimizer, shared=False):
    """A new graph and session: a step of three layers, of which two may share their weights, whose labels are checked."""
    tf.reset_default_graph()
    x, y = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.int32, [None])
    sizes = [(6, 6), (6, 6), (6, 3)]
    weights = [tf.Variable(np.cos(np.arange(a * b)).reshape(a, b), dtype=tf.float32) for a, b in sizes]
    if shared:
        weights[1] = weights[0]
    hidden = x
    for w in weights[:-1]:
        hidden = tf.tanh(tf.matmul(hidden, w))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.matmul(hidden, weights[-1]), y))
    step = optimizer().minimize(loss)
    swap = tf.group(weights[0].assign(weights[-2]), weights[-2].assign(tf.transpose(weights[0]))) if shared else step
    session = tf.Session()
    session.run(tf.initialize_all_variables())

    def run(labels=Y):
        found = session.run([loss, step], {x: X[:len(labels)], y: labels})[0]
        session.run(swap, {x: X, y: Y})
        return [found, *(value.tolist() for value in session.run(tf.all_variables()))]

    return run, session, {x: X, y: Y}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("shared", [False, True])
def test_values_are_the_same_to_the_bit(optimizer, shared, monkeypatch):
    found = []
    for without in ("", "in_place"):
        monkeypatch.setenv("TRACER_WITHOUT", without)
        run, session, _ = network(optimizer, shared)
        values = [run() for _ in range(3)]
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(np.array([9, 0], np.int32))  # of another shape, and a label that there is not: nothing is written
        found.append([*values, [value.tolist() for value in session.run(tf.all_variables())], run()])
    assert found[0] == found[1]


@pytest.mark.parametrize("without", ["", "in_place"])
def test_nothing_is_copied(without, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", without)
    run, session, _ = network(OPTIMIZERS[2])
    run()
    program = next(e.single for e in session.runs() if e.single is not None and len(e.single.updated) > 3 and e.sources)
    text = next(iter(program._last._found.values())).as_text()
    copies = [line for line in text.splitlines() if " = f32[6," in line and " copy(" in line]
    assert bool(copies) == (without == "in_place"), text


@pytest.mark.parametrize(("function", "straight"), [
    (lambda x: jax.jit(lambda x: x @ x)(x) + 1, True),
    (lambda x: jax.lax.while_loop(lambda x: x.sum() < 3, lambda x: x + 1, x), False),
    (lambda x: jax.jit(lambda x: jax.lax.scan(lambda x, _: (x + 1, None), x, None, 3)[0])(x), False),
    (lambda x: jax.lax.cond(x[0, 0] > 0, lambda x: x @ x, lambda x: x, x), False),
])
def test_only_what_has_no_loop_and_no_choice(function, straight):
    assert jaxprs.is_straight(jax.make_jaxpr(function)(X[:, :5])) == straight


def test_an_option_that_xla_does_not_know_is_left_out(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    jaxpr = jax.make_jaxpr(lambda x: x + 1)(X)
    assert options.in_place(jaxpr) == options._IN_PLACE
    monkeypatch.setattr(options, "_IN_PLACE", {"xla_cpu_no_such_option": True})
    options._knows_in_place.cache_clear()
    assert options.in_place(jaxpr) is None
    options._knows_in_place.cache_clear()
