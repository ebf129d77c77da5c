"""Recipes about `tf.contrib.layers`, with weights that seeds fix."""


def made(tf, name, x, *args, **kwargs):
    """A layer as 0.9 has it. `activation` and `normalizer` are functions by name, `init` the variables' initializers."""
    tf.set_random_seed(1)
    layers = tf.contrib.layers
    if "activation" in kwargs:
        activation = kwargs.pop("activation")
        kwargs["activation_fn"] = activation and getattr(tf.nn, activation)
    if "normalizer" in kwargs:
        kwargs["normalizer_fn"] = getattr(layers, kwargs.pop("normalizer"))
    if kwargs.pop("init", True):
        kwargs["weights_initializer"] = layers.xavier_initializer(seed=3, dtype=x.dtype)
        kwargs.setdefault("biases_initializer", tf.random_uniform_initializer(-1, 1, seed=4))
    return getattr(layers, name)(x, *args, **kwargs)


def plain(tf, name, x, *args, **kwargs):
    """A layer without variables, or with such as start with constants."""
    return made(tf, name, x, *args, init=False, **kwargs)


def legacy(tf, x, units, activation=None, **kwargs):
    """A fully connected layer as 0.8 has it."""
    tf.set_random_seed(1)
    return tf.contrib.layers.legacy_fully_connected(
        x, units, activation_fn=activation and getattr(tf.nn, activation),
        weight_init=tf.contrib.layers.xavier_initializer(seed=3, dtype=x.dtype),
        bias_init=tf.random_uniform_initializer(-1, 1, seed=4), **kwargs)


def normalized(tf, x, **kwargs):
    """Batch normalization, and the moving averages after its updates."""
    y = tf.contrib.layers.batch_norm(x, **kwargs)
    return [y] + [tf.identity(update) for update in tf.get_collection("update_ops")]


def normalized_at_once(tf, x, **kwargs):
    """Batch normalization whose result waits for its updates, and the moving averages after it."""
    y = tf.contrib.layers.batch_norm(x, updates_collections=None, **kwargs)
    averages = [v for v in tf.all_variables() if "moving" in v.op.name]
    with tf.control_dependencies([y]):
        return [y] + [tf.identity(v.ref() if hasattr(v, "ref") else v._ref()) for v in averages]


def stacked(tf, kind, layer, x, argument, *more):
    """Layers on top of each other."""
    tf.set_random_seed(1)
    layers = tf.contrib.layers
    initializer = layers.xavier_initializer(seed=3)
    function = getattr(layers, layer)
    if kind == "stack":
        return layers.stack(x, function, argument, weights_initializer=initializer, scope="s")
    return layers.repeat(x, argument, function, *more, weights_initializer=initializer, scope="s")


def regularized(tf, name, weights, *scales):
    """The loss of weights."""
    return getattr(tf.contrib.layers, name)(*scales)(weights)


def penalty(tf, *weights):
    """The loss of several weights."""
    return tf.contrib.layers.apply_regularization(tf.contrib.layers.l2_regularizer(0.25), list(weights))


def initialized(tf, name, shape, dtype, **kwargs):
    """Values that an initializer draws."""
    tf.set_random_seed(1)
    return getattr(tf.contrib.layers, name)(seed=7, **kwargs)(shape, dtype=dtype)


def trained(tf, x, optimizer, steps, **kwargs):
    """A variable after some steps of `optimize_loss`."""
    w = tf.get_variable("w", initializer=tf.constant([1.0, -2.0]), trainable=True)
    loss = tf.reduce_sum(tf.square(w * x - 3.0))
    step = tf.Variable(0, trainable=False, name="global_step")
    train = tf.contrib.layers.optimize_loss(loss, step, kwargs.pop("learning_rate", 0.1), optimizer, summaries=[],
                                            **kwargs)
    values = []
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for _ in range(steps):
            session.run(train)
            values.append(list(session.run(w)))
        values.append([session.run(step), 0])
    return tf.constant(values, tf.float32)
