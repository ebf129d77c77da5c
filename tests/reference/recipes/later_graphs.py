"""Programs of TensorFlow 0.9 to 0.12 whose graphs say what 0.8 could not: types it had fixed, operations it had not."""

import numpy as np

X = np.array([[1, -2, 3], [0.5, 2, -1]], np.float32)


def builders(tf):
    """For each name, a function of `x`, a placeholder of the shape of `X`, that gives the tensor to fetch."""
    def long(value):
        return tf.constant(value, tf.int64)

    def sparse(value):
        return tf.SparseTensor(long([[0, 1], [1, 0]]), tf.reshape(value, [-1])[:2], long([2, 3]))

    def images(x):
        return tf.reshape(x, [1, 2, 3, 1])

    return {
        # types
        "one_hot_int32": lambda x: tf.one_hot(tf.constant([1, 0]), 3),
        "one_hot_uint8": lambda x: tf.one_hot(tf.constant([1, 0], tf.uint8), 3),
        "one_hot_int64": lambda x: tf.one_hot(long([1, 0]), 3),
        "range_int64": lambda x: tf.range(long(2), long(9), long(3)),
        "range_float": lambda x: tf.range(0.0, 1.0, 0.3),
        "range_float_of_tensors": lambda x: tf.range(x[0, 0], x[0, 2] + 4, 0.3),
        "range_double_down": lambda x: tf.range(*[tf.constant(v, tf.float64) for v in (1.0, -1.0, -0.3)]),
        "reverse_sequence_int32": lambda x: tf.reverse_sequence(x, tf.constant([1, 2]), 1, 0),
        "argmax_int64": lambda x: tf.argmax(x, long(1)),
        "argmin_int64": lambda x: tf.argmin(x, long(0)),
        "strided_slice_int64": lambda x: tf.strided_slice(x, long([0, 0]), long([1, 2]), long([1, 1])),
        "size_int64": lambda x: tf.size(x, out_type=tf.int64),
        "complex64": lambda x: tf.real(tf.complex(x, 2 * x) * tf.complex(x, x)) + tf.imag(tf.complex(x, x + 1)),
        "complex128": lambda x: tf.real(tf.complex(tf.to_double(x), tf.to_double(x)) * tf.constant([1 + 2j, 3j, 1 - 1j])),
        "modulus_of_complex128": lambda x: tf.complex_abs(tf.complex(tf.to_double(x), tf.to_double(x) + 1)),
        "conjugate_of_complex128": lambda x: tf.imag(tf.conj(tf.complex(tf.to_double(x), tf.to_double(x)))),
        # numbers
        "dynamic_stitch_of_one": lambda x: tf.dynamic_stitch([[1, 0]], [x]),
        "accumulate_n": lambda x: tf.accumulate_n([x, 2 * x, x]),
        "trace_wide": lambda x: tf.trace(x),
        "diagonal_of_tall": lambda x: tf.matrix_diag_part(tf.transpose(x)),
        # operations
        "scatter_nd": lambda x: tf.scatter_nd([[1], [3], [1]], tf.pack([x[0], x[1], x[0]]), [4, 3]),
        "gather_nd": lambda x: tf.gather_nd(x, [[1, 0], [0, 2], [1, 0]]),
        "sparse_softmax": lambda x: tf.sparse_softmax(sparse(x)).values,
        "sparse_plus_dense": lambda x: (sparse(x) * x).values,
        "as_string": lambda x: tf.as_string(x, precision=2),
        "as_string_of_numbers": lambda x: tf.as_string(tf.to_int64(x), width=4, fill="0"),
        "as_string_of_bools": lambda x: tf.as_string(x > 0),
        "as_string_scientific": lambda x: tf.as_string(x, scientific=True, width=14),
        "as_string_shortest": lambda x: tf.as_string(x / 3, shortest=True),
        "substr": lambda x: tf.substr(["hello", "world!"], [1, 2], [3, 9]),
        "substr_alike": lambda x: tf.substr(["hello", "world!"], 1, 2),
        "string_split": lambda x: tf.string_split(["a b c", "", " d"]).values,
        "string_split_places": lambda x: tf.string_split(["a b", "", " d"]).indices,
        "bytes_of_strings": lambda x: tf.string_split(["ab", "c"], "").shape,
        "conv3d": lambda x: tf.nn.conv3d(tf.reshape(x, [1, 2, 3, 1, 1]), tf.reshape(x[:, :2] + 1, [2, 2, 1, 1, 1]),
                                         [1, 1, 2, 1, 1], "SAME"),
        "svd_values": lambda x: tf.svd(x, compute_uv=False),
        "svd": lambda x: tf.abs(tf.svd(x)[2]),
        "svd_whole": lambda x: tf.abs(tf.svd(x, full_matrices=True)[2]),
        "cholesky_of_many": lambda x: tf.cholesky(tf.reshape(tf.concat(0, [
            tf.matmul(x, x, transpose_b=True), tf.constant([[2.0, 1], [1, 4]])]), [1, 2, 2, 2])),
        "eigenvalues": lambda x: tf.self_adjoint_eigvals(tf.matmul(x, x, transpose_b=True)),
        "eigenvectors": lambda x: tf.abs(tf.self_adjoint_eig(tf.matmul(x, x, transpose_b=True))[1]),
        "fused_batch_norm": lambda x: tf.nn.fused_batch_norm(images(x), [1.5], [0.5], epsilon=0.01)[0],
        "crop_and_resize": lambda x: tf.image.crop_and_resize(
            images(x), [[0.1, 0.0, 0.9, 1.2], [1.0, 0.5, 0.0, 0.0]], [0, 0], [2, 4], extrapolation_value=-3.0),
        "crop_of_boxes": lambda x: tf.image.crop_and_resize(
            tf.constant(np.arange(24, dtype=np.float32).reshape([1, 4, 3, 2])), tf.abs(tf.reshape(x[:, :2], [1, 4])) / 4,
            [0], [3, 2]),
        "crop_to_one_pixel": lambda x: tf.image.crop_and_resize(images(x), [[0.1, 0.0, 0.9, 0.7]], [0], [1, 1]),
        "non_max_suppression": lambda x: tf.image.non_max_suppression(
            [[0., 0., 1., 1.], [0., 0., 1., 0.9], [0., 2., 1., 3.], [1., 1., 0., 0.2]], [0.9, 0.8, 0.3, 0.95], 3),
    }


def made(tf, build):
    """The graph of a program, what to fetch of it, and their values."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, X.shape, name="x")
        fetches = [build(x)]
        if fetches[0].dtype.is_floating:
            try:
                found = tf.gradients(fetches[0], x)[0]
            except (LookupError, TypeError, ValueError):  # it has none
                found = None
            fetches += [] if found is None else [tf.convert_to_tensor(found)]
        with tf.Session() as session:
            values = session.run(fetches, {x: X})
        return graph.as_graph_def().SerializeToString(), [fetch.name for fetch in fetches], values
