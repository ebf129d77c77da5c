"""`Optimizer`: gradients, steps, slots, what it refuses, and optimizers of one's own."""

import numpy as np
import pytest

import tracer as tf

OPTIMIZERS = [
    tf.train.GradientDescentOptimizer, tf.train.AdagradOptimizer, tf.train.RMSPropOptimizer,
    tf.train.AdadeltaOptimizer, tf.train.FtrlOptimizer, tf.train.AdamOptimizer,
    lambda rate, **options: tf.train.MomentumOptimizer(rate, 0.9, **options),
]


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


def cost_of(v, w):
    return 5 * v + 3 * w


@pytest.mark.parametrize("dtype", [tf.float16, tf.float32, tf.float64])
@pytest.mark.parametrize("options", [{}, {"aggregation_method": tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N},
                                     {"gate_gradients": tf.train.Optimizer.GATE_NONE},
                                     {"gate_gradients": tf.train.Optimizer.GATE_GRAPH},
                                     {"colocate_gradients_with_ops": True}], ids=str)
def test_minimize(session, dtype, options):
    v, w = tf.Variable([1.0, 2.0], dtype=dtype), tf.Variable([3.0, 4.0], dtype=dtype)
    count = tf.Variable(tf.zeros([], tf.int64), name="global_step", trainable=False)
    step = tf.train.GradientDescentOptimizer(3.0).minimize(cost_of(v, w), count, [v, w], **options)
    session.run(tf.initialize_all_variables())
    assert session.run(step) is None
    np.testing.assert_array_equal(session.run(v), [-14.0, -13.0])
    np.testing.assert_array_equal(session.run(w), [-6.0, -5.0])
    assert session.run(count) == 1
    assert tf.train.global_step(session, count) == 1


def test_the_gradient_to_start_from(session):
    v = tf.Variable([1.0, 2.0])
    step = tf.train.GradientDescentOptimizer(3.0).minimize(5 * v, grad_loss=tf.constant([42.0, -42.0]))
    session.run(tf.initialize_all_variables())
    session.run(step)
    np.testing.assert_array_equal(session.run(v), [1.0 - 3 * 5 * 42, 2.0 + 3 * 5 * 42])


def test_what_minimize_returns():
    v = tf.Variable(1.0, name="v")
    step = tf.train.GradientDescentOptimizer(0.1).minimize(v * v)
    assert (step.type, step.name) == ("NoOp", "GradientDescent")
    count = tf.Variable(0, trainable=False)
    counted = tf.train.GradientDescentOptimizer(0.1).minimize(v * v, count)
    assert (counted.type, counted.name) == ("AssignAdd", "GradientDescent_1")
    assert tf.train.AdamOptimizer(name="Mine").minimize(v * v, name="step").name == "step"
    assert tf.get_default_graph().get_operation_by_name("v/Mine_1").type == "Variable"


def test_slots():
    v = tf.Variable([1.0], name="v")
    adam = tf.train.AdamOptimizer()
    adam.minimize(v * v)
    assert adam.get_slot_names() == ["m", "v"]
    assert adam.get_slot(v, "m").name == "v/Adam:0"
    assert adam.get_slot(v, "v").name == "v/Adam_1:0"
    assert adam.get_slot(v, "other") is None
    assert [power.name for power in adam._get_beta_accumulators()] == ["beta1_power:0", "beta2_power:0"]
    assert tf.trainable_variables() == [v]
    before = len(tf.all_variables())
    adam.minimize(v * v)
    assert len(tf.all_variables()) == before


def test_slots_stand_in_the_current_name_scope():
    v = tf.Variable([1.0], name="v")
    with tf.name_scope("train"):
        step = tf.train.AdamOptimizer().minimize(v * v)
    assert step.name == "train/Adam"
    assert [variable.name for variable in tf.all_variables()] == [
        "v:0", "train/beta1_power:0", "train/beta2_power:0", "train/v/Adam:0", "train/v/Adam_1:0"]


def test_compute_gradients():
    v, w, other = (tf.Variable([1.0, 2.0]) for _ in range(3))
    pairs = tf.train.GradientDescentOptimizer(1.0).compute_gradients(cost_of(v, w), [v, other, w])
    assert [variable for _, variable in pairs] == [v, other, w]
    assert [gradient is None for gradient, _ in pairs] == [False, True, False]


def test_gradients_may_be_changed_before_they_are_applied(session):
    v, w = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(cost_of(v, w))
    step = optimizer.apply_gradients((tf.minimum(gradient, 1.0), variable) for gradient, variable in pairs)
    session.run(tf.initialize_all_variables())
    session.run(step)
    np.testing.assert_array_equal(session.run([v, w]), [[0.0, 1.0], [2.0, 3.0]])


def test_a_rate_that_is_fed(session):
    v, rate = tf.Variable(1.0), tf.placeholder(tf.float32, [])
    step = tf.train.GradientDescentOptimizer(rate).minimize(2 * v)
    session.run(tf.initialize_all_variables())
    session.run(step, {rate: 0.25})
    session.run(step, {rate: 1.0})
    assert session.run(v) == 1.0 - 0.5 - 2.0


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_every_optimizer_finds_a_minimum(session, make):
    v = tf.Variable([[3.0, -2.0], [0.5, 4.0]])
    loss = tf.reduce_sum(tf.square(v - 1.0))
    step = make(0.1).minimize(loss)
    session.run(tf.initialize_all_variables())
    first = session.run(loss)
    for _ in range(60):
        session.run(step)
    assert session.run(loss) < 0.9 * first if make is not tf.train.AdadeltaOptimizer else session.run(loss) < first


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_rows_of_a_table(session, make):
    """A sparse gradient moves its rows as a dense one would, and (but for Adam's moments) no others."""
    start = np.float32([[1, 2], [3, 4], [5, 6]])
    sparse, dense = tf.Variable(start), tf.Variable(start)
    loss = tf.reduce_sum(tf.square(tf.gather(sparse, [2, 0])))
    pairs = make(0.1).compute_gradients(loss, [sparse])
    assert isinstance(pairs[0][0], tf.IndexedSlices)
    optimizer = make(0.1)
    mask = np.float32([[1, 1], [0, 0], [1, 1]])
    whole = tf.reduce_sum(tf.square(dense * mask))
    steps = [optimizer.apply_gradients(pairs), optimizer.minimize(whole, None, [dense])]
    session.run(tf.initialize_all_variables())
    for _ in range(3):
        for step in steps:
            session.run(step)
    found, wanted = session.run([sparse, dense])
    np.testing.assert_array_equal(found[1], start[1])
    if make is not tf.train.AdamOptimizer:  # its two steps share the powers of the betas
        np.testing.assert_allclose(found[[0, 2]], wanted[[0, 2]], rtol=1e-5)


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda v: tf.train.GradientDescentOptimizer(1.0).minimize(tf.constant(1.0), var_list=[]), ValueError,
     "^No variables to optimize$"),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).minimize(tf.constant(1.0)), ValueError,
     r"^No gradients provided for any variable: \(\(None, <.*Variable object at 0x\w+>\),\)$"),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).apply_gradients([]), ValueError,
     r"^No gradients provided for any variable: \(\)$"),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).compute_gradients(v * v, [tf.constant(1.0)]), TypeError,
     "^Argument is not a tf.Variable: "),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).apply_gradients([("text", v)]), TypeError,
     "^Gradient must be a Tensor, IndexedSlices, or None: text$"),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).apply_gradients([(tf.ones([]), tf.ones([]))]), TypeError,
     "^Variable must be a tf.Variable: "),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).compute_gradients(v * v, gate_gradients=7), ValueError,
     "^gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not 7$"),
    (lambda v: tf.train.GradientDescentOptimizer(1.0).compute_gradients(tf.constant(1, name="count")), ValueError,
     r"^Invalid type tf.int32 for count:0, expected: \[tf.float16, tf.float32, tf.float64\]\.$"),
    (lambda v: tf.train.Optimizer(False, ""), ValueError, "^Must specify the optimizer name$"),
    (lambda v: tf.train.Optimizer(False, "x").apply_gradients([(tf.constant(1.0), v)]), NotImplementedError,
     "^Optimizer has no _apply_dense"),
    (lambda v: tf.train.AdagradOptimizer(1.0, initial_accumulator_value=0.0), ValueError,
     "^initial_accumulator_value must be positive: 0.0$"),
    (lambda v: tf.train.FtrlOptimizer(1.0, initial_accumulator_value=-1.0), ValueError,
     "^initial_accumulator_value -1.000000 needs to be positive$"),
    (lambda v: tf.train.FtrlOptimizer(1.0, learning_rate_power=1.0), ValueError,
     "^learning_rate_power 1.000000 needs to be negative or zero$"),
    (lambda v: tf.train.FtrlOptimizer(1.0, l1_regularization_strength=-1.0), ValueError,
     "^l1_regularization_strength -1.000000 needs to be positive or zero$"),
    (lambda v: tf.train.AdamOptimizer().minimize(v * v, global_step=tf.constant(1)), TypeError,
     "Input 'ref' of 'AssignAdd' Op requires l-value input"),
])
def test_misuse(call, kind, words):
    with pytest.raises(kind, match=words):
        call(tf.Variable(1.0))


def test_an_optimizer_of_ones_own(session):
    class SignOptimizer(tf.train.Optimizer):
        """Steps of one size, and counts them in a slot."""

        def __init__(self, size):
            super().__init__(False, "Sign")
            self._size = size

        def _create_slots(self, var_list):
            for var in var_list:
                self._zeros_slot(var, "steps", self._name)

        def _prepare(self):
            self._size_tensor = tf.convert_to_tensor(self._size, name="size")

        def _apply_dense(self, grad, var):
            count = self.get_slot(var, "steps").assign_add(tf.ones_like(grad))
            return tf.group(var.assign_sub(self._size_tensor * tf.sign(grad)).op, count.op)

        def _apply_sparse(self, grad, var):
            return var.scatter_sub(tf.IndexedSlices(self._size_tensor * tf.sign(grad.values), grad.indices)).op

    v, table = tf.Variable([1.0, -1.0], name="v"), tf.Variable([[1.0], [2.0]])
    optimizer = SignOptimizer(0.5)
    step = optimizer.minimize(tf.reduce_sum(v * v) + tf.reduce_sum(tf.gather(table, [1])))
    session.run(tf.initialize_all_variables())
    session.run(step)
    np.testing.assert_array_equal(session.run(v), [0.5, -0.5])
    np.testing.assert_array_equal(session.run(table), [[1.0], [1.5]])
    np.testing.assert_array_equal(session.run(optimizer.get_slot(v, "steps")), [1.0, 1.0])
    assert optimizer.get_slot(v, "steps").name == "v/Sign:0"


def test_a_failed_step_changes_nothing(session):
    v, table = tf.Variable(1.0), tf.Variable([[1.0], [2.0]])
    row = tf.placeholder(tf.int32, [1])
    step = tf.train.AdagradOptimizer(0.1).minimize(v * v + tf.reduce_sum(tf.gather(table, row)))
    session.run(tf.initialize_all_variables())
    before = session.run(tf.all_variables())
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(step, {row: [2]})
    for one, other in zip(before, session.run(tf.all_variables()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_sparse_gradient_descent_bit_for_bit(session):
    """Each row in turn, the product rounded before the difference, as TensorFlow's kernels take them."""
    random = np.random.RandomState(4)
    start = random.normal(size=(20, 6)).astype(np.float32)
    rows = random.randint(0, 20, 50).astype(np.int32)
    values = random.normal(size=(50, 6)).astype(np.float32)
    table = tf.Variable(start)
    slices = tf.IndexedSlices(tf.constant(values), tf.constant(rows))
    step = tf.train.GradientDescentOptimizer(0.1234567).apply_gradients([(slices, table)])
    session.run(tf.initialize_all_variables())
    session.run(step)
    for row, value in zip(rows, values * np.float32(0.1234567), strict=True):
        start[row] -= value
    np.testing.assert_array_equal(session.run(table), start)


def test_momentum_that_looks_ahead(session):
    """`use_nesterov` of 0.9: the values are TensorFlow 0.12.1's."""
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    dense = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True).minimize(tf.reduce_sum(tf.square(v) * [1.0, 2.0]))
    some_rows = tf.reduce_sum(tf.square(tf.gather(v, [0, 2])))
    sparse = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True, name="Sparse").minimize(some_rows)
    session.run(tf.initialize_all_variables())
    session.run(dense)
    np.testing.assert_allclose(session.run(v), [[.62, .48], [1.86, .96], [3.1, 1.44]], rtol=1e-6)
    session.run(dense)
    np.testing.assert_allclose(session.run(v)[1], [.6672001, -1.0655999], rtol=1e-6)
    session.run(dense)
    np.testing.assert_allclose(session.run(v), [[-.10835198, -.8665919], [-.3250559, -1.7331837], [-.54175985, -2.5997758]],
                               rtol=2e-6)
    for expected in ([-.33589112758636475, -1.611860990524292], [-.12048739194869995, -.5781900882720947]):
        session.run(sparse)
        np.testing.assert_allclose(session.run(v)[1:], [[-.3250559, -1.7331837], expected], rtol=2e-6)


def test_momentum_that_looks_ahead_takes_a_row_named_twice_once(session):
    v = tf.Variable([1.0, 2.0])
    step = tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True).minimize(tf.reduce_sum(tf.gather(v, [1, 1])))
    session.run(tf.initialize_all_variables())
    session.run(step)
    np.testing.assert_allclose(session.run(v), [1.0, 2.0 - 0.1 * 2 * 1.9], rtol=1e-6)
