"""Recipes of the operations of neural networks."""


def slope(tf, path, x, *args, **kwargs):
    """The gradient by x of the sum of the squares of a function's result: its own gradient is a second one."""
    function = tf
    for part in path.split("."):
        function = getattr(function, part)
    result = function(x, *args, **kwargs)
    return tf.gradients(tf.reduce_sum(tf.square(result)), [x])[0]


def drawn(tf, name, classes, *args, **kwargs):
    """What a candidate sampler draws after a graph seed, and what it expects."""
    tf.set_random_seed(1)
    return list(getattr(tf.nn, name)(classes, *args, **kwargs))


def loss_of_samples(tf, name, num_true, weights, biases, inputs, labels, sampled, expected, sampled_expected, remove):
    """A loss over given samples."""
    return getattr(tf.nn, name)(weights, biases, inputs, labels, 3, 6, num_true=num_true,
                                sampled_values=(sampled, expected, sampled_expected), remove_accidental_hits=remove)


def from_several(tf, strategy, a, b, c, ids):
    """A look-up in three tables."""
    return tf.nn.embedding_lookup([a, b, c], ids, partition_strategy=strategy)


def from_sparse(tf, combiner, table, indices, ids, weights):
    """A look-up of the rows of a sparse tensor, with or without weights."""
    shape = tf.constant([3, 3], tf.int64)
    weighed = None if weights is None else tf.SparseTensor(indices, weights, shape)
    return tf.nn.embedding_lookup_sparse(table, tf.SparseTensor(indices, ids, shape), weighed, combiner=combiner)


def kept(tf, x, keep_prob, seed, noise_shape=None):
    """Dropout after a graph seed."""
    tf.set_random_seed(3)
    return tf.nn.dropout(x, keep_prob, noise_shape, seed=seed)
