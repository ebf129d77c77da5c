"""Recipes about `tf.contrib.metrics`."""


def streamed(tf, name, *args, **kwargs):
    """What two updates of a metric give, and its value afterwards."""
    value, update = getattr(tf.contrib.metrics, name)(*args, **kwargs)
    with tf.Session() as session:
        session.run(tf.initialize_local_variables())
        updates = [session.run(update), session.run(update)]
        found = [each for each in updates if each is not None] + [session.run(value)]
    return [tf.constant(each) for each in found]


def of_sparse(tf, name, predictions, indices, values, shape, *args, **kwargs):
    """A metric of sparse labels."""
    return streamed(tf, name, predictions, tf.SparseTensor(indices, values, shape), *args, **kwargs)


def sets(tf, operation, first, second, **kwargs):
    """A set operation on dense sets."""
    return getattr(tf.contrib.metrics, operation)(first, second, **kwargs)


def sparse_sets(tf, operation, first, indices, values, shape, **kwargs):
    """A set operation on sparse sets, or on a dense and a sparse one."""
    other = tf.SparseTensor(indices, values, shape)
    return getattr(tf.contrib.metrics, operation)(other if first is None else first, other, **kwargs)


def sizes(tf, indices, values, shape):
    """The sizes of sparse sets."""
    return tf.contrib.metrics.set_size(tf.SparseTensor(indices, values, shape))
