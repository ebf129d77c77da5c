"""Calls that record operations, to compare what they record and how it is called."""


def _pairs(tf, dtype, sparse):
    weights = tf.Variable([[1., 2.]], name="w", dtype=dtype)
    bias = tf.Variable([1.], name="b", dtype=dtype)
    if sparse:
        return [(tf.IndexedSlices(tf.constant([[1., 2.]], dtype), tf.constant([0])), weights)]
    return [(tf.constant([[1., 2.]], dtype), weights), (tf.constant([1.], dtype), bias)]


def _optimizers(tf):
    train = tf.train
    return [
        ("GradientDescent", lambda: train.GradientDescentOptimizer(.1)),
        ("Momentum", lambda: train.MomentumOptimizer(.1, .9)),
        ("Adam", lambda: train.AdamOptimizer()),
        ("Adagrad", lambda: train.AdagradOptimizer(.1)),
        ("RMSProp", lambda: train.RMSPropOptimizer(.1)),
        ("Adadelta", lambda: train.AdadeltaOptimizer(.1)),
        ("Ftrl", lambda: train.FtrlOptimizer(.1)),
    ]


def _step(tf, make, dtype, sparse):
    def build():
        step = tf.Variable(0, name="global_step", trainable=False)
        make().apply_gradients(_pairs(tf, dtype, sparse), step)

    return build


def _average(tf, count):
    first, second = tf.Variable([1.], name="v0"), tf.Variable([2.], name="v1")
    tf.train.ExponentialMovingAverage(.9, count() if callable(count) else count).apply([first, second])


def _two_steps(tf):
    adam = tf.train.AdamOptimizer()
    pairs = _pairs(tf, tf.float32, False)
    adam.apply_gradients(pairs)
    adam.apply_gradients(pairs, name="again")


def _scoped(tf):
    weights = tf.Variable(1., name="w")
    with tf.name_scope("train"):
        tf.train.AdamOptimizer().apply_gradients([(tf.constant(1.), weights)])


def _placed(tf):
    with tf.device("/cpu:0"):
        weights = tf.Variable([1.], name="w")
    with tf.device("/job:worker"):
        tf.train.MomentumOptimizer(.1, .9).apply_gradients([(tf.constant([1.]), weights)])


def _rate(tf):
    weights, rate = tf.Variable(1., name="w"), tf.Variable(.1, name="rate", trainable=False)
    tf.train.GradientDescentOptimizer(rate).apply_gradients([(tf.constant(1.), weights)], name="step")


def _methods(tf):
    weights = tf.Variable([1., 2.], name="w")
    weights.initialized_value()
    weights.assign([2., 3.])
    weights.assign_add([1., 1.])
    weights.assign_sub([1., 1.])
    weights.scatter_sub(tf.IndexedSlices(tf.constant([1.]), tf.constant([0])))
    tf.scatter_add(weights, [0], [1.])
    count = tf.Variable(1, name="count")
    count.count_up_to(3)
    tf.count_up_to(count, 3)


def _scopes(tf):
    with tf.name_scope("outside"):
        with tf.variable_scope("a"):
            tf.get_variable("v", [2], initializer=tf.zeros_initializer)
            tf.constant(1.)
        with tf.variable_scope("a", reuse=True):
            tf.get_variable("v", [2])
            tf.constant(1.)


def _regularized(tf):
    tf.get_variable("v", [2], regularizer=tf.square)


def builders(tf):
    """Functions that record operations, by name."""
    found = {}
    for name, make in _optimizers(tf):
        for dtype in (tf.float32, tf.float64):
            for sparse in (False, True):
                key = "_".join([name, dtype.name, "sparse" if sparse else "dense"])
                found[key] = _step(tf, make, dtype, sparse)
    train = tf.train
    found.update({
        "no_step": lambda: train.GradientDescentOptimizer(.1).apply_gradients(_pairs(tf, tf.float32, False)),
        "two_steps": lambda: _two_steps(tf),
        "scoped": lambda: _scoped(tf),
        "placed": lambda: _placed(tf),
        "variable_rate": lambda: _rate(tf),
        "exponential_decay": lambda: train.exponential_decay(.1, 5, 10, .96),
        "exponential_decay_named": lambda: train.exponential_decay(
            .1, tf.Variable(0, name="step"), 10, .96, staircase=True, name="rate"),
        "natural_exp_decay": lambda: train.natural_exp_decay(.1, tf.Variable(0, name="step"), 10, .96),
        "inverse_time_decay": lambda: train.inverse_time_decay(.1, tf.Variable(0, name="step"), 10, .96, True),
        "polynomial_decay": lambda: train.polynomial_decay(.1, tf.Variable(0, name="step"), 10, .01, power=2.),
        "polynomial_decay_cycle": lambda: train.polynomial_decay(.1, tf.Variable(0, name="step"), 10, cycle=True),
        "moving_average": lambda: _average(tf, None),
        "moving_average_counted": lambda: _average(tf, lambda: tf.Variable(0, name="step")),
        "moving_average_count": lambda: _average(tf, 3),
        "variable": lambda: tf.Variable(1., name="v"),
        "variable_of_function": lambda: tf.Variable(lambda: tf.constant([1., 2.]), dtype=tf.float32, name="v"),
        "variable_methods": lambda: _methods(tf),
        "get_variable": lambda: tf.get_variable("v", [2, 3]),
        "get_variable_constant": lambda: tf.get_variable("v", [2], initializer=tf.constant_initializer(.3)),
        "get_variable_normal": lambda: tf.get_variable("v", [2], initializer=tf.random_normal_initializer()),
        "get_variable_truncated": lambda: tf.get_variable("v", [2], initializer=tf.truncated_normal_initializer()),
        "get_variable_tensor": lambda: tf.get_variable("v", initializer=tf.constant(1.)),
        "get_variable_regularized": lambda: _regularized(tf),
        "variable_scopes": lambda: _scopes(tf),
        "assert_initialized": lambda: (tf.Variable(1., name="v"), tf.Variable(1., name="w"),
                                       tf.assert_variables_initialized()),
        "report_uninitialized_none": lambda: tf.report_uninitialized_variables(),
        "partitioned_function": lambda: tf.create_partitioned_variables(
            [4, 2], [2, 1], tf.random_uniform_initializer()),
        "partitioned_value": lambda: tf.create_partitioned_variables([4, 2], [2, 1], tf.constant([[1., 2.]] * 4)),
    })
    return found


def listing(tf, build):
    """What `build` records: of each operation its name, type, inputs, control inputs, colocation and device."""
    with tf.Graph().as_default() as graph:
        build()
        return [_line(op) for op in graph.get_operations()]


def _line(op):
    inputs = [tensor.op.name for tensor in op.inputs] + ["^" + control.name for control in op.control_inputs]
    groups = sorted(group.decode("ascii") for group in op.node_def.attr["_class"].list.s)
    return " ".join([str(op.name), str(op.type), ",".join(inputs), ",".join(groups), str(op.device)]).rstrip()
