"""Functions of TensorFlow 0.9 to 0.12 that take or give more than plain arrays."""


def pooled(tf, images, *arguments, **options):
    """Pooling, which 0.12 wants a tensor for."""
    return tf.nn.pool(tf.identity(images), *arguments, **options)


def _first(tf, values):
    return tf.SparseTensor([[0, 0], [0, 2], [1, 1]], values, [2, 3])


def _parts(sparse):
    return [sparse.indices, sparse.values, getattr(sparse, "dense_shape", sparse.shape)]


def sparse_softmax(tf, values):
    """The softmax of each row."""
    return _parts(tf.sparse_softmax(_first(tf, values)))


def sparse_transposed(tf, values):
    """Rows and columns exchanged."""
    return _parts(tf.sparse_transpose(_first(tf, values)))


def sparse_reshaped(tf, values, shape):
    """The same elements in another shape."""
    return _parts(tf.sparse_reshape(_first(tf, values), shape))


def sparse_reset(tf, values, shape):
    """The same elements in a larger tensor."""
    return _parts(tf.sparse_reset_shape(_first(tf, values), shape))


def _both(tf, function, values, others):
    return _parts(function(_first(tf, values), tf.SparseTensor([[0, 1], [1, 1]], others, [2, 3])))


def sparse_greatest(tf, values, others):
    """The larger at each place."""
    return _both(tf, tf.sparse_maximum, values, others)


def sparse_least(tf, values, others):
    """The smaller at each place."""
    return _both(tf, tf.sparse_minimum, values, others)


def sparse_sums(tf, values, axis, keep_dims=False):
    """Sums that stay sparse."""
    return _parts(tf.sparse_reduce_sum_sparse(_first(tf, values), axis, keep_dims))
