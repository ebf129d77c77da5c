"""The operations of optimizers: TensorFlow's formulas, on whole variables and row by row."""

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.ops import train

LR, RHO, MOMENTUM, EPSILON, L1, L2 = 0.3, 0.9, 0.8, 1e-3, 0.4, 0.25
B1, B2, B1P, B2P = 0.9, 0.99, 0.9**3, 0.99**3


def momentum(var, accum, grad):
    accum = accum * MOMENTUM + grad
    return var - LR * accum, accum


def adagrad(var, accum, grad):
    accum = accum + grad**2
    return var - LR * grad / np.sqrt(accum), accum


def adadelta(var, accum, updates, grad):
    accum = RHO * accum + (1 - RHO) * grad**2
    update = np.sqrt(updates + EPSILON) / np.sqrt(accum + EPSILON) * grad
    updates = RHO * updates + (1 - RHO) * update**2
    # The kernel evaluates the update anew for the variable, after the slot has changed.
    return var - LR * np.sqrt(updates + EPSILON) / np.sqrt(accum + EPSILON) * grad, accum, updates


def rms_prop(var, ms, mom, grad):
    ms = ms + (grad**2 - ms) * (1 - RHO)
    mom = MOMENTUM * mom + LR * grad / np.sqrt(ms + EPSILON)
    return var - mom, ms, mom


def ftrl(var, accum, linear, grad, power=-0.5):
    total = accum + grad**2
    linear = linear + grad - (total**-power - accum**-power) / LR * var
    quadratic = total**-power / LR + 2 * L2
    return np.where(abs(linear) > L1, (np.sign(linear) * L1 - linear) / quadratic, 0), total, linear


def ftrl_power(var, accum, linear, grad):
    return ftrl(var, accum, linear, grad, -0.75)


def adam(var, m, v, grad):
    m = m + (grad - m) * (1 - B1)
    v = v + (grad**2 - v) * (1 - B2)
    return var - LR * np.sqrt(1 - B2P) / (1 - B1P) * m / (np.sqrt(v) + EPSILON), m, v


CALLS = {
    momentum: lambda refs, grad, rows: (
        train.sparse_apply_momentum(*refs, LR, grad, rows, MOMENTUM) if rows is not None
        else train.apply_momentum(*refs, LR, grad, MOMENTUM)),
    adagrad: lambda refs, grad, rows: (
        train.sparse_apply_adagrad(*refs, LR, grad, rows) if rows is not None
        else train.apply_adagrad(*refs, LR, grad)),
    adadelta: lambda refs, grad, rows: (
        train.sparse_apply_adadelta(*refs, LR, RHO, EPSILON, grad, rows) if rows is not None
        else train.apply_adadelta(*refs, LR, RHO, EPSILON, grad)),
    rms_prop: lambda refs, grad, rows: (
        train.sparse_apply_rms_prop(*refs, LR, RHO, MOMENTUM, EPSILON, grad, rows) if rows is not None
        else train.apply_rms_prop(*refs, LR, RHO, MOMENTUM, EPSILON, grad)),
    ftrl: lambda refs, grad, rows: (
        train.sparse_apply_ftrl(*refs, grad, rows, LR, L1, L2, -0.5) if rows is not None
        else train.apply_ftrl(*refs, grad, LR, L1, L2, -0.5)),
    ftrl_power: lambda refs, grad, rows: (
        train.sparse_apply_ftrl(*refs, grad, rows, LR, L1, L2, -0.75) if rows is not None
        else train.apply_ftrl(*refs, grad, LR, L1, L2, -0.75)),
    adam: lambda refs, grad, rows: train.apply_adam(*refs, B1P, B2P, LR, B1, B2, EPSILON, grad),
}
SPARSE = [formula for formula in CALLS if formula is not adam]
TOLERANCE = {np.float16: 1e-2, np.float32: 1e-5, np.float64: 1e-12}


def states(formula, dtype, shape=(6, 3)):
    count = formula.__code__.co_argcount - 1 - len(formula.__defaults__ or ())
    random = np.random.RandomState(3)
    return [random.uniform(0.5, 2.0, shape).astype(dtype) for _ in range(count)]


def run(arrays, build):
    with tf.Graph().as_default(), tf.Session() as session:
        references = [tf.Variable(array) for array in arrays]
        step = build(references)
        session.run(tf.initialize_all_variables())
        session.run(step)
        return session.run(references)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("formula", CALLS, ids=lambda formula: formula.__name__)
def test_a_whole_variable(formula, dtype):
    start = states(formula, dtype)
    grad = np.random.RandomState(5).normal(size=(6, 3)).astype(dtype)
    found = run(start, lambda refs: CALLS[formula](refs, grad, None))
    wanted = formula(*(array.astype(np.float64) for array in start), grad.astype(np.float64))
    for got, want in zip(found, wanted, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, want, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def row_by_row(formula, start, grad, rows):
    """As TensorFlow's kernels do it: each row finds what the rows before it have left."""
    state = [array.astype(np.float64) for array in start]
    for place, row in zip(rows, grad.astype(np.float64), strict=True):
        after = formula(*(array[place] for array in state), row)
        for array, value in zip(state, after, strict=True):
            array[place] = value
    return state


@pytest.mark.parametrize("rows", [[4], [1, 3, 0], [2, 2], [5, 0, 5, 5, 1, 0, 5], []], ids=str)
@pytest.mark.parametrize("formula", SPARSE, ids=lambda formula: formula.__name__)
def test_rows_one_after_the_other(formula, rows):
    start = states(formula, np.float64)
    grad = np.random.RandomState(7).normal(size=(len(rows), 3))
    indices = np.array(rows, np.int32)
    found = run(start, lambda refs: CALLS[formula](refs, grad, indices))
    for got, want in zip(found, row_by_row(formula, start, grad, rows), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("formula", SPARSE, ids=lambda formula: formula.__name__)
def test_rows_of_float32_by_int64_indices(formula):
    start = states(formula, np.float32, (5,))
    grad = np.random.RandomState(7).normal(size=40).astype(np.float32)
    rows = np.random.RandomState(8).randint(0, 5, 40)
    found = run(start, lambda refs: CALLS[formula](refs, grad, rows.astype(np.int64)))
    for got, want in zip(found, row_by_row(formula, start, grad, rows), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_a_bad_row_harms_no_other():
    start = states(adagrad, np.float32)
    grad = np.ones((4, 3), np.float32)
    grad[1] = np.nan
    var, accum = run(start, lambda refs: CALLS[adagrad](refs, grad, np.int32([0, 1, 2, 3])))
    assert np.isnan(var[1]).all()
    assert np.isfinite(np.delete(var, 1, 0)).all()
    assert np.isfinite(np.delete(accum, 1, 0)).all()


@pytest.mark.parametrize("fed", [True, False], ids=["rate fed", "rate constant"])
@pytest.mark.parametrize("shape", [(), (7,), (200, 30)], ids=str)
def test_gradient_descent_bit_for_bit(shape, fed):
    """No fused multiply-add: TensorFlow's kernel rounds the product, then the difference."""
    random = np.random.RandomState(1)
    var, grad = random.normal(size=shape).astype(np.float32), random.normal(size=shape).astype(np.float32)
    rate = np.float32(0.1234567)
    with tf.Graph().as_default(), tf.Session() as session:
        reference = tf.Variable(var)
        alpha = tf.placeholder(tf.float32, []) if fed else tf.constant(rate)
        step = train.apply_gradient_descent(reference, alpha, tf.constant(grad))
        session.run(tf.initialize_all_variables())
        feeds = {alpha: rate} if fed else None
        for _ in range(3):
            session.run(step.op, feeds)
            var = np.asarray(var - np.asarray(grad * rate, np.float32), np.float32)
        np.testing.assert_array_equal(session.run(reference), var)


@pytest.mark.parametrize(("words", "call"), [
    ("Index 9 at offset 1 in indices is out of range",
     lambda v, s: train.sparse_apply_adagrad(v, s, LR, np.ones((2, 2), np.float32), [0, 9])),
    ("Index -1 at offset 0 in indices is out of range",
     lambda v, s: train.sparse_apply_momentum(v, s, LR, np.ones((1, 2), np.float32), [-1], MOMENTUM)),
    ("var and delta do not have the same shape[3,2] [2,2]",
     lambda v, s: train.apply_gradient_descent(v, LR, fed(np.ones((2, 2), np.float32)))),
    ("var and grad do not have the same shape[3,2] [3]",
     lambda v, s: train.apply_momentum(v, s, LR, fed(np.ones(3, np.float32)), MOMENTUM)),
    ("lr is not a scalar: [1]",
     lambda v, s: train.apply_adagrad(v, s, fed(np.ones(1, np.float32)), np.ones((3, 2), np.float32))),
    ("lr is not a scalar or <= 0.0: []",
     lambda v, s: train.apply_ftrl(v, s, s, np.ones((3, 2), np.float32), 0.0, L1, L2, -0.5)),
    ("var and grad must match in dimension 1",
     lambda v, s: train.sparse_apply_adagrad(v, s, LR, fed(np.ones((1, 3), np.float32)), [0])),
    ("grad must be the same size as indices in the first dimension.",
     lambda v, s: train.sparse_apply_adagrad(v, s, LR, fed(np.ones((1, 2), np.float32)), [0, 1])),
])
def test_errors_of_a_run(words, call):
    v, s = tf.Variable(tf.ones([3, 2])), tf.Variable(tf.ones([3, 2]))
    step = call(v, s)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(errors.InvalidArgumentError) as caught:
            session.run(step, FEEDS)
        assert caught.value.message == words
        assert caught.value.op is step.op
        np.testing.assert_array_equal(session.run([v, s]), np.ones((2, 3, 2)))
    FEEDS.clear()


FEEDS = {}


def fed(value):
    """`value` as a placeholder of unknown shape, so that only the run can tell."""
    made = tf.placeholder(tf.float32)
    FEEDS[made] = value
    return made


@pytest.mark.parametrize(("words", "call"), [
    (r"Shapes \(3, 2\) and \(2, 2\) are not compatible",
     lambda v: train.apply_gradient_descent(v, LR, np.ones((2, 2), np.float32))),
    (r"Shape \(1,\) must have rank 0", lambda v: train.apply_gradient_descent(v, [LR], np.ones((3, 2), np.float32))),
    (r"Shapes \(1, 3\) and \(1, 2\) are not compatible",
     lambda v: train.sparse_apply_adagrad(v, v, LR, np.ones((1, 3), np.float32), [0])),
])
def test_errors_while_recording(words, call):
    with pytest.raises(ValueError, match=words):
        call(tf.Variable(tf.ones([3, 2])))


def test_a_step_on_a_table_touches_its_rows_only():
    """The compiled program neither copies the table nor chooses between two whole tables."""
    size = 50_000
    table, slot = tf.Variable(tf.ones([size, 4])), tf.Variable(tf.ones([size, 4]))
    step = train.sparse_apply_adagrad(table, slot, LR, tf.ones([3, 4]), tf.constant([1, 5, 1]))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(step.op)
        program = session.runs()[-1].single
        jitted, _ = program.compiled({})
        import jax

        with jax.enable_x64(True):
            text = jitted.lower(*program.arguments(session.state, {}, {})).compile().as_text()
    whole = [line for line in text.splitlines() if f" = f32[{size},4]" in line.replace("{1,0}", "")]
    assert whole, "the table does not appear in the program"
    costly = [line for line in whole if " copy(" in line or " select(" in line]
    assert not costly
