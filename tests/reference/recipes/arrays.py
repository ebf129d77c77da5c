"""Steps on arrays that one call cannot say."""


def partition_and_stitch(tf, data, partitions):
    """The rows dealt out, one part doubled, and put back."""
    rows = tf.dynamic_partition(tf.range(tf.size(partitions)), partitions, 2)
    parts = tf.dynamic_partition(data, partitions, 2)
    return tf.dynamic_stitch(rows, [parts[0], tf.mul(parts[1], parts[1])])


def overwritten(tf, first, second):
    """Two rows for the same place: the last one counts."""
    return tf.dynamic_stitch([[0, 1], [1, 2]], [first, second])


def masked_product(tf, tensor, mask):
    """The square of what a mask leaves."""
    left = tf.boolean_mask(tensor, tf.placeholder_with_default(mask, [None] * len(mask.get_shape())))
    return tf.mul(left, left)


def moved_window(tf, x, start):
    """A window at a place that only the run knows."""
    return tf.slice(x, tf.pack([start, 0]), [2, -1])


def repeated_lookup(tf, table, places):
    """Rows of a table used twice."""
    return [tf.mul(tf.gather(table, places), 2), tf.gather(table, [0])]


def sparse_parts(tf, tensor):
    """The three parts of a sparse tensor."""
    return [tensor.indices, tensor.values, tensor.shape]


def reordered(tf, values):
    """Values of a sparse tensor out of order, put in order."""
    return tf.sparse_reorder(tf.SparseTensor([[1, 2], [0, 1], [1, 0], [0, 0]], values, [2, 3])).values


def sparse_sum(tf, a, b):
    """Two sparse tensors of which some places coincide."""
    first = tf.SparseTensor([[0, 0], [0, 2], [1, 1]], a, [2, 3])
    second = tf.SparseTensor([[0, 1], [0, 2], [1, 0]], b, [2, 3])
    total = tf.sparse_add(first, second)
    return [total.indices, total.values, total.shape]


def sparse_plus_dense(tf, a, dense):
    """A sparse tensor and a dense one."""
    return tf.sparse_add(tf.SparseTensor([[0, 0], [0, 2], [1, 1]], a, [2, 3]), dense)


def sparse_product(tf, a, dense, adjoint_a=False, adjoint_b=False):
    """A sparse matrix times a dense one."""
    return tf.sparse_tensor_dense_matmul(tf.SparseTensor([[0, 0], [0, 2], [1, 1]], a, [2, 3]), dense, adjoint_a,
                                         adjoint_b)


def sparse_reduced(tf, values, axes=None, keep_dims=False):
    """A sum over some dimensions of a sparse tensor."""
    return tf.sparse_reduce_sum(tf.SparseTensor([[0, 0, 1], [0, 1, 0], [1, 1, 1]], values, [2, 2, 2]), axes, keep_dims)


def sparse_times_dense(tf, values, dense):
    """The elements of a sparse tensor times those of a dense one."""
    return (tf.SparseTensor([[0, 0], [0, 2], [1, 1]], values, [2, 3]) * dense).values


def sparse_over_dense(tf, values, dense):
    """The elements of a sparse tensor over those of a dense one."""
    return (tf.SparseTensor([[0, 0], [0, 2], [1, 1]], values, [2, 3]) / dense).values


def round_trip(tf, first, second):
    """Two sparse tensors as strings, stacked and read back."""
    rows = tf.pack([tf.serialize_sparse(first), tf.serialize_sparse(second)])
    read = tf.deserialize_many_sparse(rows, first.dtype)
    return [read.indices, read.values, read.shape]


def many_round_trip(tf, tensor):
    """The rows of a sparse tensor as strings and back."""
    read = tf.deserialize_many_sparse(tf.serialize_many_sparse(tensor), tensor.dtype)
    return [read.indices, read.values, read.shape]


def filled_rows(tf, tensor, value):
    """Empty rows filled."""
    filled, empty = tf.sparse_fill_empty_rows(tensor, value)
    return [filled.indices, filled.values, filled.shape, empty]


def masked_slices(tf, values):
    """Rows of slices without those at some places."""
    left = tf.sparse_mask(tf.IndexedSlices(values, tf.constant([12, 26, 37, 45]), tf.constant([50, 2])), [12, 45])
    return [left.values, left.indices]
