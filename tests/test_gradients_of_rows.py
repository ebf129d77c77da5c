"""Gradients of tables whose rows conditionals and loops gather; the numbers are what TensorFlow 0.12.1 gave."""

import jax
import numpy as np
import pytest

import tracer as tf

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3) / 10


def loop(function):
    """A loop that runs as often as is fed and adds up what `function` gives."""

    def build(table, ids, truth, count):
        def body(i, total):
            return i + 1, total + function(table, (ids + i) % 4, truth)

        return tf.while_loop(lambda i, _: i < count, body, [0, tf.zeros([2, 3])])[1]

    return build


def rows(table, ids, *_):
    return tf.gather(table, ids)


def branch(table, ids, truth, *_):
    return tf.cond(truth, lambda: tf.gather(table, ids), lambda: tf.zeros([2, 3]))


def branches(table, ids, truth, _):
    return tf.cond(truth, lambda: tf.gather(table, ids), lambda: tf.gather(table, [0, 0]) * 2)


def branch_and_outside(table, ids, truth, _):
    return branch(table, ids, truth) + tf.gather(table, [2, 2])


def loop_in_branch(table, ids, truth, count):
    return tf.cond(truth, lambda: loop(rows)(table, ids, truth, count), lambda: tf.zeros([2, 3]))


def inner_loop(table, ids, _):
    last = tf.shape(ids)[0] + tf.reduce_min(ids)
    return tf.while_loop(lambda i, _: i < last, lambda i, a: (i + 1, a + tf.gather(table, (ids + i) % 4)),
                         [0, tf.zeros([2, 3])])[1]


def scan(table, ids, *_):
    return tf.scan(lambda a, i: a + tf.gather(table, i), ids, tf.zeros([3]))


def computed_condition(table, ids, *_):
    """Whether rows are taken is known when those are."""
    return branch(table, ids, tf.reduce_sum(tf.gather(table, ids)) > 0.5)


BUILDS = {"branch": branch, "branches": branches, "branch_and_outside": branch_and_outside, "loop": loop(rows),
          "branch_in_loop": loop(branch), "loop_in_branch": loop_in_branch, "loop_in_loop": loop(inner_loop), "scan": scan,
          "computed_condition": computed_condition}


def built(name, start=0.0):
    table = tf.Variable(TABLE + np.float32(start))
    ids, truth, count = tf.placeholder(tf.int32, [2]), tf.placeholder(tf.bool, []), tf.placeholder(tf.int32, [])
    return table, BUILDS[name](table, ids, truth, count), (ids, truth, count)


ZERO, A, B, C, D, E = [0] * 3, [.6, .8, 1], [1.8, 2, 2.2], [1.2, 1.4, 1.6], [1.8, 2.2, 2.6], [3, 3.4, 3.8]
F, G, H, K = [2.4, 2.8, 3.2], [3, 3.6, 4.2], [4.8, 5.6, 6.4], [2.4, 3.2, 4]


@pytest.mark.parametrize(("name", "truth", "count", "places", "wanted"), [
    ("branch", True, 0, [1, 3], [A, B]),
    ("branch", False, 0, [0, 1, 2, 3], [ZERO] * 4),
    ("branches", True, 0, [1, 3, 0, 1, 2, 3], [A, B, *[ZERO] * 4]),
    ("branches", False, 0, [0, 1, 2, 3, 0, 0], [*[ZERO] * 4, [0, .8, 1.6], [0, .8, 1.6]]),
    ("branch_and_outside", True, 0, [2, 2, 1, 3], [D, E, D, E]),
    ("branch_and_outside", False, 0, [2, 2, 0, 1, 2, 3], [C, C, *[ZERO] * 4]),
    ("loop", True, 2, [0, 2, 0, 1, 3], [ZERO, D, D, D, D]),
    ("loop", True, 0, [0], [ZERO]),
    ("branch_in_loop", True, 2, [0, 2, 0, 1, 3], [ZERO, D, D, D, D]),
    ("branch_in_loop", False, 2, [0, 0, 1, 2, 3, 0, 1, 2, 3], [ZERO] * 9),
    ("loop_in_branch", False, 2, [0, 1, 2, 3], [ZERO] * 4),
    ("scan", True, 0, [0, 3, 1], [ZERO, F, G]),
])
def test_the_rows_that_a_gradient_has(name, truth, count, places, wanted):
    """The rows of the last round come first, behind zeros for row 0; all rows have zeros where a branch was not taken."""
    table, value, placeholders = built(name)
    gradient, = tf.gradients(tf.reduce_sum(value * value), table)
    assert isinstance(gradient, tf.IndexedSlices)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        fed = dict(zip(placeholders, [[1, 3], truth, count], strict=True))
        values, indices = session.run([gradient.values, gradient.indices], fed)
    assert indices.tolist() == places
    np.testing.assert_allclose(values, wanted, rtol=1e-6)


def test_loops_in_loops():
    def twice(table, ids, _):
        return tf.while_loop(lambda i, _: i < 2, lambda i, a: (i + 1, a + tf.gather(table, (ids + i) % 4)),
                             [0, tf.zeros([2, 3])])[1]

    table = tf.Variable(TABLE)
    value = loop(twice)(table, tf.constant([1, 3]), None, 2)
    gradient, = tf.gradients(tf.reduce_sum(value * value), table)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        values, indices = session.run([gradient.values, gradient.indices])
    assert indices.tolist() == [0, 0, 3, 1, 2, 0, 0, 2, 0, 1, 3]
    np.testing.assert_allclose(values, [ZERO, ZERO, H, K, H, K, ZERO, H, K, H, K], rtol=1e-6)


class Clipped:
    """Gradient descent with gradients of one norm at most."""

    def minimize(self, loss):
        variables = tf.trainable_variables()
        gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 1.5)
        return tf.train.GradientDescentOptimizer(0.1).apply_gradients(list(zip(gradients, variables, strict=True)))


OPTIMIZERS = {"sgd": lambda: tf.train.GradientDescentOptimizer(0.01), "clip": Clipped,
              "adam": lambda: tf.train.AdamOptimizer(0.05), "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
              "momentum": lambda: tf.train.MomentumOptimizer(0.01, 0.9), "ftrl": lambda: tf.train.FtrlOptimizer(0.1)}
WITH_MOMENTUM = [.09936667, .1987333, .2981, .3822615, .4778269, .5733923, .7, .8, .9, .9936666, 1.093033, 1.1924]


@pytest.mark.parametrize(("name", "optimizer", "wanted"), [
    ("branch", "adam", [.04638494, .1463847, .2463846, .1495554, .2477327, .3467091,
        .7, .8, .9, .9197815, 1.019781, 1.119781]),
    ("branch", "momentum", WITH_MOMENTUM),
    ("branch", "ftrl", [0, 0, 0, -.03610599, -.02615884, -.006525059, 0, 0, 0, 0, 0, 0]),
    ("branches", "momentum", [.08071381, .1614276, .2421414, .3754051, .4692564, .5631077,
        .7, .8, .9, .9885367, 1.08739, 1.186244]),
    ("branch_and_outside", "momentum", [.09534994, .1941524, .2929549, .3519802, .4432389, .5344976,
        .5439913, .6182069, .6924222, .9894754, 1.08825, 1.187025]),
    ("loop", "sgd", [-.2155972, -.1726234, -.1296496, .03469937, .06915981, .1036203,
        .3688128, .4095666, .4503204, .6454341, .6821402, .718846]),
    ("loop", "clip", [-.0235984, .05215411, .1279067, .1114401, .1592143, .2069883,
        .4229474, .4728462, .5227453, .8427712, .9164661, .9901603]),
    ("loop", "adam", [-.1418009, -.04206721, .05774762, .01928717, .1189673, .2187448,
        .3318384, .4315012, .531266, .7438238, .8438152, .9438118]),
    ("loop", "adagrad", [-.3689845, -.270229, -.1710967, -.2350656, -.1454847, -.05303196,
        .1001362, .1889621, .2808701, .5001017, .5987504, .6978122]),
    ("loop", "momentum", [-1.620372, -1.830164, -2.039956, -1.73653, -2.020257, -2.303983,
        -1.172606, -1.407646, -1.642686, -.6490023, -.8437863, -1.03857]),
    ("branch_in_loop", "adam", [-.1418009, -.04206721, .05774762, .02016629, .1199912, .2198713,
        .3327622, .4325775, .5324504, .7438238, .8438152, .9438118]),
    ("branch_in_loop", "ftrl", [-.4602018, -.4633584, -.4656564, -.4793833, -.4254923, -.3607787,
        -.3420755, -.268694, -.1871618, .3360624, .4489546, .5596399]),
    ("loop_in_branch", "adam", [-.1418009, -.04206721, .05774762, .02016629, .1199912, .2198713,
        .3327622, .4325775, .5324504, .7438238, .8438152, .9438118]),
    ("loop_in_branch", "momentum", [-1.610647, -1.818671, -2.026696, -1.611255, -1.872519, -2.133784,
        -1.05738, -1.271808, -1.486235, -.816665, -1.041292, -1.26592]),
    ("loop_in_loop", "adam", [-.3786103, -.2792925, -.1797371, -.2135827, -.1142572, -.01469192,
        .1651289, .2643534, .3638518, .3873482, .4868275, .586495]),
    ("loop_in_loop", "momentum", [-3.564679, -4.10967, -4.654666, -7.424007, -8.692514, -9.961035,
        -.1277913, -.1697253, -.2116573, -8.865295, -10.48196, -12.09864]),
    ("scan", "momentum", [.09705668, .1958397, .2946227, .3115554, .3914557, .4713559,
        .6963636, .7957045, .8950453, .9953992, 1.094748, 1.194097]),
    ("computed_condition", "adam", [.04638494, .1463847, .2463846, .1104095, .2068248, .3048934,
        .5905606, .6905606, .7905605, .9197815, 1.019781, 1.119781]),
    ("computed_condition", "momentum", [.09966667, .1993333, .299, .3696862, .4621077, .5545294,
        .6976667, .7973334, .897, .9966667, 1.096333, 1.196]),
    ("computed_condition", "ftrl", [-.009931874, -.01632685, -.01618992, -.0328435, -.02394997, -.006012426,
        .07736295, .1239576, .1782467, .2392052, .3058623, .3773452]),
])
def test_tables_are_trained_by_the_rows(name, optimizer, wanted):
    """Five steps, with 2, 0, 19, 3 and 2 rounds and both branches."""
    table, value, placeholders = built(name, 0.1)
    step = OPTIMIZERS[optimizer]().minimize(tf.reduce_mean(value * value))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for j, (truth, count) in enumerate([(True, 2), (False, 0), (True, 19), (True, 3), (False, 2)]):
            session.run(step, dict(zip(placeholders, [[1, (j + 1) % 4], truth, count], strict=True)))
        np.testing.assert_allclose(session.run(table).ravel(), wanted, rtol=2e-5, atol=1e-6)


def test_an_exported_gradient_has_the_rows_of_a_branch():
    """As a branch and momentum above."""
    table, value, placeholders = built("branch", 0.1)
    tf.train.MomentumOptimizer(0.01, 0.9).minimize(tf.reduce_mean(value * value), name="step")
    message = tf.get_default_graph().as_graph_def()
    assert "Gradients" not in {node.op for node in message.node}
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
        with tf.Session(graph=graph) as session:
            session.run([op for op in graph.get_operations() if op.name.endswith("/Assign")])
            for j, truth in enumerate([True, False, True, True, False]):
                ids, condition = [graph.get_tensor_by_name(one.name) for one in placeholders[:2]]
                session.run("step", {ids: [1, (j + 1) % 4], condition: truth})
            np.testing.assert_allclose(session.run(table.name).ravel(), WITH_MOMENTUM, rtol=2e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "momentum"])
def test_a_function_of_jax_has_as_many_rows_in_each_call(optimizer):
    """Where they are added up, any number of rounds will do."""
    table, value, placeholders = built("loop", 0.1)
    step = OPTIMIZERS[optimizer]().minimize(tf.reduce_mean(value * value))
    with tf.Session() as session, jax.enable_x64(True):
        session.run(tf.initialize_all_variables())
        function, state = tf.to_jax([step], list(placeholders))
        function = jax.jit(function)
        given = np.array([1, 2], np.int32), True, np.int32(19)
        if optimizer != "sgd":
            with pytest.raises(tf.errors.UnsupportedError, match="how many rows"):
                function(state, *given)
            return
        _, state = function(state, *given)
        session.run(step, dict(zip(placeholders, given, strict=True)))
        np.testing.assert_allclose(state["variables"][table.op.name], session.run(table), rtol=1e-6)


def test_a_run_that_is_traced_has_the_same_rows():
    table, value, placeholders = built("loop")
    gradient, = tf.gradients(tf.reduce_sum(value * value), table)
    step = tf.train.AdamOptimizer(0.05).apply_gradients([(gradient, table)])
    traced = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        fed = dict(zip(placeholders, [[1, 3], True, 19], strict=True))
        places = [session.run(gradient.indices, fed, options, tf.RunMetadata()).tolist() for options in (None, traced)]
        assert places[0] == places[1]
        assert len(places[0]) == 1 + 19 * 2
        for options in (traced, None):
            session.run(tf.initialize_all_variables())
            session.run(step, fed, options, tf.RunMetadata())
            places.append(session.run(table))
    np.testing.assert_allclose(places[3], places[2], rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_a_run_that_is_compiled_anew_takes_no_second_batch(optimizer):
    """Nor other random numbers, where its loop runs more often than any before."""
    queue = tf.FIFOQueue(20, [tf.int32], [[2]])
    fill = queue.enqueue_many([tf.constant(np.arange(40, dtype=np.int32).reshape(20, 2) % 4)])
    ids, count, table = queue.dequeue(), tf.placeholder(tf.int32, []), tf.Variable(TABLE)
    noise = tf.random_uniform([2, 3], seed=3)
    value = loop(rows)(table, ids, None, count) * noise
    step = OPTIMIZERS[optimizer]().minimize(tf.reduce_sum(value * value))
    drawn = []
    for counts in ((3, 20, 7, 40), (3, 3, 3, 3)):
        with tf.Session() as session:
            session.run(tf.initialize_all_variables())
            session.run(fill)
            drawn.append([session.run([step, noise], {count: rounds})[1] for rounds in counts])
            assert session.run(queue.size()) == 16
    np.testing.assert_array_equal(drawn[0], drawn[1])
