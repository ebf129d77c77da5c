"""Programs with conditionals and loops, whose graphs go from one TensorFlow to another.

Each returns what is fed (tensor and value) and what is fetched. What is called after `gradients` holds operations of
TensorFlow's gradients, which we have none of: those graphs go one way only.
"""

import numpy as np


def branches(tf):
    x, y = tf.placeholder(tf.float32, [], name="x"), tf.placeholder(tf.float32, [], name="y")
    return {x: 1., y: 3.}, [tf.cond(x < y, lambda: tf.square(x) + 1., lambda: y - tf.constant(2.))]


def nested_branches(tf):
    x, p = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, [], name="p")

    def first():
        return tf.cond(tf.reduce_sum(x) > 1, lambda: [x * 2, x + 1], lambda: [x * 3, tf.zeros([2])])

    return {x: [1., 2.], p: True}, list(tf.cond(p, first, lambda: [x, tf.ones([2]) * x]))


def cases(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    return {x: 1.5}, [tf.case([(x < 1, lambda: x * 2), (x < 2, lambda: x * 3)], default=lambda: x * 4)]


def writing_branches(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.Variable(1., name="v")
    return {p: True}, [tf.cond(p, lambda: tf.assign_add(v, 2.), lambda: tf.assign(v, 5.))]


def branches_of_operations(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.Variable(1., name="v")
    with tf.control_dependencies([tf.cond(p, lambda: tf.assign_add(v, 2.).op, tf.no_op)]):
        return {p: True}, [tf.identity(v) + 0.]


def loop(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    return {x: [1., 2.]}, list(tf.while_loop(lambda i, a: i < 10, lambda i, a: [i + 1, a * 1.1 + x], [0, x]))


def loops_that_wait(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    v = tf.Variable(1., name="v")
    with tf.control_dependencies([tf.assign_add(v, 1.)]):
        i, total = tf.while_loop(lambda i, a: i < 3, lambda i, a: [i + 1, a * x + v], [0, x])
    return {x: 2.}, [i, total]


def loop_over_memory(tf):
    v = tf.Variable(0, name="v")
    memory = getattr(v, "ref", None) or v._ref  # by the name of 0.12
    return {tf.placeholder(tf.int32, [], name="x"): 1}, list(tf.while_loop(
        lambda i, _: i < 5, lambda i, memory: [i + 1, tf.assign_add(memory, 2)], [0, memory()]))


def loop_by_value(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    return {x: 2.}, [tf.while_loop(lambda a: a < 100., lambda a: a * x, [x])]


def nested_loops(tf):
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i, a):
        b = tf.while_loop(lambda j, b: j < i, lambda j, b: [j + 1, b + x * tf.to_float(j)], [0, a])[1]
        return [i + 1, b]

    return {x: 2.}, list(tf.while_loop(lambda i, a: i < 5, body, [0, x]))


def branches_in_a_loop(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    v = tf.Variable(2., name="v")

    def body(i, a):
        return [i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a + x, lambda: tf.assign_add(v, a) + 1.)]

    i, total = tf.while_loop(lambda i, a: i < 5, body, [0, x])
    return {x: 2.}, [i, total]


def loop_in_a_branch(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    return {x: 2.}, [tf.cond(x > 1, lambda: tf.while_loop(lambda i, a: i < 5, lambda i, a: [i + 1, a * x], [0, x])[1],
                             lambda: x)]


def functional(tf):
    x = tf.placeholder(tf.float32, [4, 2], name="x")
    return {x: np.arange(8.).reshape(4, 2)}, [
        tf.map_fn(lambda v: v * v + 1, x), tf.scan(lambda a, v: a + v, x), tf.foldl(lambda a, v: a * v, x),
        tf.foldr(lambda a, v: a - v, x)]


def arrays(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    written = tf.TensorArray(tf.float32, 3)
    _, written = tf.while_loop(lambda i, _: i < 3, lambda i, array: [i + 1, array.write(i, x * tf.to_float(i))],
                               [0, written])
    pieces = tf.TensorArray(tf.float32, 3, clear_after_read=False).split(x, [1, 1, 1])
    return {x: [1., 2., 3.]}, [written.concat(), pieces.read(1) + pieces.read(2), pieces.pack(), pieces.size()]


def _recurrent(tf, cell):
    x, lengths = tf.placeholder(tf.float32, [2, None, 3], name="x"), tf.placeholder(tf.int32, [2], name="lengths")
    with tf.variable_scope("cells", initializer=tf.constant_initializer(.3)):
        outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    return {x: np.arange(30.).reshape(2, 5, 3) / 10, lengths: [3, 5]}, outputs, state


def recurrent(tf):
    feeds, outputs, state = _recurrent(tf, tf.nn.rnn_cell.GRUCell(4))
    return feeds, [outputs, state]


def gradients_of_branches(tf):
    x, p = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, [], name="p")
    result = tf.cond(p, lambda: tf.tanh(x) * x, lambda: tf.exp(x))
    return {x: [1., 2.], p: True}, [result, tf.gradients(result * result, x)[0]]


def gradients_of_both_branches_of_branches(tf):
    x, p = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, [], name="p")
    w = tf.Variable([.5, 2.], name="w")

    def first():
        y = tf.tanh(x * w)
        return tf.cond(tf.reduce_sum(y) > .5, lambda: y * tf.exp(y), lambda: tf.sin(y) * x)

    results = []
    for result in (tf.cond(p, first, lambda: tf.square(w)), tf.cond(p, lambda: w, first)):
        results += [result, tf.gradients(result * w, w)[0]]
    return {x: [1., 2.], p: True}, results


def gradients_of_branches_one_after_the_other(tf):
    x, p = tf.placeholder(tf.float32, [None, 2], name="x"), tf.placeholder(tf.bool, [], name="p")
    once = tf.cond(p, lambda: [tf.sigmoid(x), x * 2], lambda: [x, tf.exp(x)])
    twice = tf.cond(p, lambda: tf.matmul(once[0], once[1], transpose_b=True), lambda: once[0] * 3)
    return {x: [[1., 2.], [.5, -1.]], p: True}, [twice, tf.gradients(twice, x)[0]]


def gradients_of_gradients_of_branches(tf):
    x, p = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, [], name="p")
    slope = tf.gradients(tf.cond(p, lambda: tf.sigmoid(x) * x, lambda: x), x)[0]
    return {x: [1., 2.], p: True}, [slope, tf.gradients(slope, x)[0]]


def gradients_of_cases(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    total = tf.reduce_sum(x)
    result = tf.case([(total < 1, lambda: tf.exp(x) * x), (total < 5, lambda: tf.tanh(x) * total)],
                     default=lambda: x * x)
    return {x: [.5, 1., .25]}, [result, tf.gradients(result, x)[0]]


def gradients_inside_of_a_branch(tf):
    x, p = tf.placeholder(tf.float32, [2], name="x"), tf.placeholder(tf.bool, [], name="p")

    def first():
        y = tf.cond(x[0] > 0, lambda: tf.exp(x) * x, lambda: x)
        return tf.gradients(y * y, x)[0]

    result = tf.cond(p, first, lambda: tf.square(x))
    return {x: [1., 2.], p: True}, [result]


def gradients_of_a_batch_in_training(tf):
    """Means that are those of the batch while it trains, and kept ones elsewhere, as layers of the time had them."""
    x, training = tf.placeholder(tf.float32, [None, 3], name="x"), tf.placeholder(tf.bool, [], name="training")
    w, kept = tf.Variable(np.eye(3, dtype=np.float32), name="w"), tf.Variable(tf.zeros([3]), trainable=False, name="kept")
    y = tf.matmul(x, w)

    def batch():
        mean = tf.reduce_mean(y, [0])
        with tf.control_dependencies([tf.assign(kept, kept * .9 + mean * .1)]):
            return tf.identity(mean)

    mean = tf.cond(training, batch, lambda: tf.identity(kept))
    hidden = tf.cond(training, lambda: tf.nn.relu(y - mean) * 2, lambda: tf.nn.relu(y - mean))
    loss = tf.reduce_sum(tf.square(hidden - 1))
    step = tf.train.MomentumOptimizer(.1, .9).minimize(loss)
    with tf.control_dependencies([step]):
        return {x: np.arange(12.).reshape(4, 3) / 5, training: True}, [loss, w + 0., kept + 0.]


def gradients_of_recurrence_in_a_branch(tf):
    x, p = tf.placeholder(tf.float32, [2, 4, 3], name="x"), tf.placeholder(tf.bool, [], name="p")
    with tf.variable_scope("cells", initializer=tf.constant_initializer(.3)):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(4), x, dtype=tf.float32)
    tail = tf.cond(p, lambda: tf.scan(lambda a, v: a * .5 + v * v, tf.transpose(outputs, [1, 0, 2])),
                   lambda: tf.transpose(outputs, [1, 0, 2]))
    loss = tf.reduce_sum(tail * tail)
    slopes = tf.gradients(loss, tf.trainable_variables())
    return {x: np.arange(24.).reshape(2, 4, 3) / 20, p: True}, [loss, slopes[0], slopes[1]]


def gradients_of_arrays_in_a_branch(tf):
    x, p = tf.placeholder(tf.float32, [4, 2], name="x"), tf.placeholder(tf.bool, [], name="p")
    result = tf.cond(p, lambda: tf.map_fn(lambda v: v * 3, x), lambda: x)
    pieces = tf.cond(p, lambda: tf.TensorArray(tf.float32, 2).split(x, [1, 3]).concat() * x, lambda: x * 2)
    return {x: np.arange(8.).reshape(4, 2), p: True}, [
        result, tf.gradients(result * result, x)[0], tf.gradients(pieces, x)[0]]


def gradients_of_a_loop_by_value(tf):
    feeds, (result,) = loop_by_value(tf)
    return feeds, [result, tf.gradients(result, list(feeds))[0]]


def gradients_of_nested_loops(tf):
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i, a):
        return [i + 1, tf.while_loop(lambda j, b: j < i, lambda j, b: [j + 1, b * x], [0, a])[1]]

    result = tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]
    return {x: 1.1}, [result, tf.gradients(result, x)[0]]


def gradients_of_branches_in_a_loop(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    result = tf.while_loop(
        lambda i, a: i < 5, lambda i, a: [i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a + x, lambda: a * 2)], [0, x])[1]
    return {x: 2.}, [result, tf.gradients(result, x)[0]]


def gradients_of_a_loop_in_a_branch(tf):
    feeds, (result,) = loop_in_a_branch(tf)
    return feeds, [result, tf.gradients(result, list(feeds))[0]]


def gradients_of_functions(tf):
    x = tf.placeholder(tf.float32, [4, 2], name="x")
    total = tf.reduce_sum(tf.scan(lambda a, v: a * v, x))
    return {x: np.arange(8.).reshape(4, 2) + 1}, [total, tf.gradients(total, x)[0]]


def gradients_of_recurrence(tf):
    feeds, outputs, _ = _recurrent(tf, tf.nn.rnn_cell.BasicRNNCell(4))
    loss = tf.reduce_mean(tf.square(outputs))
    step = tf.train.GradientDescentOptimizer(.1).minimize(loss)
    with tf.control_dependencies([step]):
        after = [tf.reduce_sum(variable) for variable in tf.trainable_variables()]
    after.insert(0, loss)
    return feeds, after


def builders():
    """The programs, by name."""
    found = {name: value for name, value in globals().items() if callable(value) and name[0] != "_"}
    return {name: found[name] for name in sorted(found) if name != "builders"}
