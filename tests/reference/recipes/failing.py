"""Programs that fail while they run: each gets `tf` and `fed`, and returns what to fetch.

`fed(value)` is a placeholder of unknown shape that will be fed with `value`, so that nothing is known while recording
the graph. Variables are initialized before, except where the program's name begins with `uninitialized`.
"""

import numpy as np


class Fed(object):  # noqa: UP004 - Python 2 wants it
    """Makes placeholders, and keeps what to feed them with."""

    def __init__(self, tf):
        self.tf, self.values = tf, {}

    def __call__(self, value, shape=None):
        value = np.asarray(value)
        dtype = self.tf.string if value.dtype.kind in "OSU" else self.tf.as_dtype(value.dtype)
        made = self.tf.placeholder(dtype, shape)
        self.values[made] = value
        return made


def programs():
    """All programs by name."""
    return {name: function for name, function in sorted(globals().items())
            if callable(function) and name not in ("Fed", "programs", "error_of") and not name.startswith("_")}


def error_of(tf, name):
    """The error that the program raises."""
    with tf.Graph().as_default(), tf.device("/cpu:0"), tf.Session() as session:
        fed = Fed(tf)
        fetch = programs()[name](tf, fed)
        if tf.all_variables() and not name.startswith("uninitialized"):
            session.run(tf.initialize_all_variables())
        try:
            session.run(fetch, fed.values)
        except tf.OpError as error:
            return error
    return None


def _floats(*shape):
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)


def _ints(*values):
    return np.array(values, np.int32)


# -- values that are not there


def uninitialized_variable(tf, fed):
    return tf.Variable(_floats(2), name="weights")


def uninitialized_variable_read(tf, fed):
    return tf.add(tf.Variable(_floats(2), name="weights"), 1.0)


def uninitialized_variable_assign_add(tf, fed):
    return tf.assign_add(tf.Variable(_floats(2), name="weights"), [1.0, 1.0])


def uninitialized_variable_gather(tf, fed):
    return tf.gather(tf.Variable(_floats(2), name="weights"), [0])


def uninitialized_variable_descent(tf, fed):
    weights = tf.Variable(_floats(2), name="weights")
    return tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.mul(weights, weights)))


def unfed_placeholder(tf, fed):
    return tf.add(tf.placeholder(tf.float32, name="x"), 1.0)


def unfed_placeholder_with_shape(tf, fed):
    return tf.add(tf.placeholder(tf.int64, [2, 3], name="x"), 1)


def unfed_placeholder_with_partial_shape(tf, fed):
    return tf.neg(tf.placeholder(tf.float64, [None, 3], name="x"))


def unfed_placeholder_scalar(tf, fed):
    return tf.logical_not(tf.placeholder(tf.bool, [], name="x"))


def unfed_placeholder_fetched(tf, fed):
    return tf.placeholder(tf.string, name="x")


# -- indices


def gather_out_of_range(tf, fed):
    return tf.gather(fed(_floats(3, 2)), fed(_ints(0, 2, 3)))


def gather_matrix_of_indices_out_of_range(tf, fed):
    return tf.gather(fed(_floats(3)), fed(np.int64([[0, 1], [7, 2]])))


def gather_negative(tf, fed):
    return tf.gather(fed(_floats(3)), fed(_ints(1, -1)))


def gather_scalar(tf, fed):
    return tf.gather(fed(_floats(3)), fed(np.int32(5)))


def gather_nd_out_of_range(tf, fed):
    return tf.gather_nd(fed(_floats(3, 2)), fed(_ints(0, 2).reshape(1, 2)))


def embedding_lookup_out_of_range(tf, fed):
    return tf.nn.embedding_lookup(tf.Variable(_floats(4, 2), name="table"), fed(_ints(1, 4)))


def scatter_update_out_of_range(tf, fed):
    return tf.scatter_update(tf.Variable(_floats(3), name="v"), fed(_ints(0, 3)), fed(_floats(2)))


def scatter_add_negative(tf, fed):
    return tf.scatter_add(tf.Variable(_floats(3, 2), name="v"), fed(_ints(-2)), fed(_floats(1, 2)))


def scatter_sub_shapes(tf, fed):
    return tf.scatter_sub(tf.Variable(_floats(3, 2), name="v"), fed(_ints(0, 1)), fed(_floats(2, 3)))


def slice_out_of_range(tf, fed):
    return tf.slice(fed(_floats(3, 2)), fed(_ints(1, 0)), fed(_ints(3, 1)))


def slice_begins_behind(tf, fed):
    return tf.slice(fed(_floats(3)), fed(_ints(4)), fed(_ints(-1)))


def slice_of_wrong_rank(tf, fed):
    return tf.slice(fed(_floats(3, 2)), fed(_ints(0)), fed(_ints(1)))


def dynamic_partition_out_of_range(tf, fed):
    return tf.dynamic_partition(fed(_floats(3)), fed(_ints(0, 1, 2)), 2)


def dynamic_partition_shapes(tf, fed):
    return tf.dynamic_partition(fed(_floats(3)), fed(_ints(0, 1)), 2)


def unsorted_segment_sum_out_of_range(tf, fed):
    return tf.unsorted_segment_sum(fed(_floats(3)), fed(_ints(0, 2, 1)), 2)


def segment_sum_unsorted(tf, fed):
    return tf.segment_sum(fed(_floats(3)), fed(_ints(0, 2, 1)))


def segment_sum_begins_with_gap(tf, fed):
    return tf.segment_sum(fed(_floats(3)), fed(_ints(1, 1, 2)))


def segment_sum_shapes(tf, fed):
    return tf.segment_sum(fed(_floats(3)), fed(_ints(0, 0)))


def sparse_segment_sum_out_of_range(tf, fed):
    return tf.sparse_segment_sum(fed(_floats(3, 2)), fed(_ints(0, 5)), fed(_ints(0, 0)))


def sparse_to_dense_out_of_range(tf, fed):
    return tf.sparse_to_dense(fed(_ints(1, 5)), fed(_ints(4)), 1.0)


def sparse_to_dense_unsorted(tf, fed):
    return tf.sparse_to_dense(fed(_ints(2, 1)), fed(_ints(4)), 1.0)


def sparse_to_dense_repeated(tf, fed):
    return tf.sparse_to_dense(fed(_ints(1, 1)), fed(_ints(4)), 1.0)


def in_top_k_shapes(tf, fed):
    return tf.nn.in_top_k(fed(_floats(2, 3)), fed(_ints(0, 1, 2)), 1)


def in_top_k_out_of_range(tf, fed):
    return tf.nn.in_top_k(fed(_floats(2, 3)), fed(_ints(0, 3)), 1)


def top_k_too_many(tf, fed):
    return tf.nn.top_k(fed(_floats(2, 3)), 4)


def argmax_dimension(tf, fed):
    return tf.argmax(fed(_floats(2, 3)), 2)


# -- arithmetic


def divide_integers_by_zero(tf, fed):
    return tf.div(fed(_ints(4, 5)), fed(_ints(2, 0)))


def remainder_by_zero(tf, fed):
    return tf.mod(fed(_ints(4, 5)), fed(np.int32(0)))


def assert_false(tf, fed):
    return tf.Assert(fed(np.bool_(False)), [tf.constant("x is"), fed(_floats(2, 3)), fed(_ints(7))])


def assert_false_summarized(tf, fed):
    return tf.Assert(fed(np.bool_(False)), [fed(_floats(5)), fed(np.array([True, False]))], summarize=2)


def assert_matrix(tf, fed):
    return tf.Assert(fed(np.array([True, False])), ["text"])


def check_numerics_nan(tf, fed):
    return tf.check_numerics(fed(np.float32([1, np.nan])), "the loss")


def check_numerics_infinity(tf, fed):
    return tf.check_numerics(fed(np.float64([1, -np.inf])), "the loss")


def check_numerics_both(tf, fed):
    return tf.check_numerics(fed(np.float32([np.nan, np.inf])), "the loss")


def cholesky_of_indefinite(tf, fed):
    return tf.cholesky(fed(np.float32([[1, 2], [2, 1]])))


def cholesky_of_rectangle(tf, fed):
    return tf.cholesky(fed(_floats(2, 3)))


def inverse_of_singular(tf, fed):
    return tf.matrix_inverse(fed(np.float32([[1, 2], [2, 4]])))


def solve_singular(tf, fed):
    return tf.matrix_solve(fed(np.float32([[1, 2], [2, 4]])), fed(_floats(2, 1)))


def count_up_to_limit(tf, fed):
    return tf.count_up_to(tf.Variable(3, name="counter"), 3)


def random_integers_of_nothing(tf, fed):
    return tf.random_uniform([2], fed(np.int32(3)), fed(np.int32(3)), tf.int32)


# -- shapes


def reshape_sizes(tf, fed):
    return tf.reshape(fed(_floats(2, 3)), fed(_ints(4)))


def reshape_not_divisible(tf, fed):
    return tf.reshape(fed(_floats(2, 3)), fed(_ints(4, -1)))


def reshape_two_unknown(tf, fed):
    return tf.reshape(fed(_floats(2, 3)), fed(_ints(-1, -1)))


def reshape_negative(tf, fed):
    return tf.reshape(fed(_floats(2, 3)), fed(_ints(-3, 2)))


def add_shapes(tf, fed):
    return tf.add(fed(_floats(2, 3)), fed(_floats(2)))


def maximum_shapes(tf, fed):
    return tf.maximum(fed(_floats(2, 1, 4)), fed(_floats(3, 3)))


def add_n_shapes(tf, fed):
    return tf.add_n([fed(_floats(2)), fed(_floats(3))])


def matmul_shapes(tf, fed):  # of known rank, because 0.12 takes another operation for unknown ones
    return tf.matmul(fed(_floats(2, 3), [None, None]), fed(_floats(2, 3), [None, None]))


def matmul_transposed_shapes(tf, fed):
    return tf.matmul(fed(_floats(2, 3), [None, None]), fed(_floats(2, 4), [None, None]), transpose_b=True)


def matmul_vector(tf, fed):
    return tf.matmul(fed(_floats(2, 3)), fed(_floats(3)))


def batch_matmul_shapes(tf, fed):
    return tf.batch_matmul(fed(_floats(2, 2, 3)), fed(_floats(3, 3, 2)))


def concat_shapes(tf, fed):
    return tf.concat(0, [fed(_floats(2, 3)), fed(_floats(2, 4))])


def concat_ranks(tf, fed):
    return tf.concat(0, [fed(_floats(2, 3)), fed(_floats(3))])


def concat_dimension(tf, fed):
    return tf.concat(fed(np.int32(2)), [fed(_floats(2, 3)), fed(_floats(2, 3))])


def pack_shapes(tf, fed):
    return tf.pack([fed(_floats(2)), fed(_floats(3))])


def split_not_divisible(tf, fed):
    return tf.split(1, 2, fed(_floats(2, 3)))


def unpack_count(tf, fed):
    return tf.unpack(fed(_floats(3, 2)), num=2)


def transpose_permutation_size(tf, fed):
    return tf.transpose(fed(_floats(2, 3)), fed(_ints(0)))


def transpose_permutation_repeated(tf, fed):
    return tf.transpose(fed(_floats(2, 3)), fed(_ints(0, 0)))


def transpose_permutation_range(tf, fed):
    return tf.transpose(fed(_floats(2, 3)), fed(_ints(0, 2)))


def expand_dims_range(tf, fed):
    return tf.expand_dims(fed(_floats(2, 3)), fed(np.int32(4)))


def squeeze_large(tf, fed):
    return tf.squeeze(fed(_floats(2, 3)), [1])


def tile_rank(tf, fed):
    return tf.tile(fed(_floats(2, 3)), fed(_ints(2)))


def tile_negative(tf, fed):
    return tf.tile(fed(_floats(2, 3)), fed(_ints(2, -1)))


def pad_shape(tf, fed):
    return tf.pad(fed(_floats(2, 3)), fed(_ints(1, 1).reshape(1, 2)))


def pad_negative(tf, fed):
    return tf.pad(fed(_floats(2)), fed(_ints(1, -1).reshape(1, 2)))


def mirror_pad_large(tf, fed):
    return tf.pad(fed(_floats(2)), fed(_ints(2, 0).reshape(1, 2)), "REFLECT")


def reverse_sequence_lengths(tf, fed):
    return tf.reverse_sequence(fed(_floats(2, 3)), fed(np.int64([1, 4])), 1)


def fill_negative(tf, fed):
    return tf.fill(fed(_ints(2, -1)), 1.0)


def range_without_step(tf, fed):
    return tf.range(fed(np.int32(0)), fed(np.int32(3)), fed(np.int32(0)))


def range_backwards(tf, fed):
    return tf.range(fed(np.int32(4)), fed(np.int32(3)), fed(np.int32(1)))


def linspace_of_nothing(tf, fed):
    return tf.linspace(0.0, 1.0, fed(np.int32(0)))


def select_shapes(tf, fed):
    return tf.select(fed(np.array([True, False])), fed(_floats(3)), fed(_floats(3)))


def select_rows(tf, fed):
    return tf.select(fed(np.array([True, False])), fed(_floats(3, 2)), fed(_floats(3, 2)))


def reduction_range(tf, fed):
    return tf.reduce_sum(fed(_floats(2, 3)), fed(_ints(2)))


def cross_entropy_shapes(tf, fed):
    return tf.nn.softmax_cross_entropy_with_logits(fed(_floats(2, 3)), fed(_floats(2, 4)))


def sparse_cross_entropy_shapes(tf, fed):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(fed(_floats(2, 3)), fed(_ints(0, 1, 2)))


def softmax_rank(tf, fed):
    return tf.nn.softmax(fed(_floats(3)))


def bias_add_shapes(tf, fed):
    return tf.nn.bias_add(fed(_floats(2, 3)), fed(_floats(2)))


def bias_add_rank(tf, fed):
    return tf.nn.bias_add(fed(_floats(2, 3)), fed(_floats(3, 1)))


def conv2d_depth(tf, fed):
    return tf.nn.conv2d(fed(_floats(1, 4, 4, 2)), fed(_floats(2, 2, 3, 1)), [1, 1, 1, 1], "SAME")


def conv2d_rank(tf, fed):
    return tf.nn.conv2d(fed(_floats(4, 4, 2)), fed(_floats(2, 2, 2, 1)), [1, 1, 1, 1], "SAME")


def max_pool_rank(tf, fed):
    return tf.nn.max_pool(fed(_floats(4, 4, 2)), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")


def assign_shape(tf, fed):
    return tf.assign(tf.Variable(_floats(2), name="v"), fed(_floats(3)))


def assign_add_shape(tf, fed):
    return tf.assign_add(tf.Variable(_floats(2), name="v"), fed(_floats(3)))


def multinomial_rank(tf, fed):
    return tf.multinomial(fed(_floats(3)), 2)


def random_shape_rank(tf, fed):
    return tf.random_normal(fed(_ints(2, 2).reshape(1, 2)))


def l2_descent_shape(tf, fed):
    return tf.train.GradientDescentOptimizer(0.1).apply_gradients([(fed(_floats(3)), tf.Variable(_floats(2)))])


# -- strings and host operations


def string_to_number_of_text(tf, fed):
    return tf.string_to_number(fed(np.array([b"1.5", b"x"], object)))


def decode_raw_length(tf, fed):
    return tf.decode_raw(fed(np.array([b"abc"], object)), tf.int16)


def decode_raw_lengths(tf, fed):
    return tf.decode_raw(fed(np.array([b"abc", b"ab"], object)), tf.uint8)


def decode_csv_fields(tf, fed):
    return tf.decode_csv(fed(np.array([b"1,2", b"3"], object)), [[0], [0]])


def decode_csv_missing(tf, fed):
    return tf.decode_csv(fed(np.array([b"1,"], object)), [[0], np.array([], np.int32)])


def decode_csv_integer(tf, fed):
    return tf.decode_csv(fed(np.array([b"1,x"], object)), [[0], [0]])


def read_file_missing(tf, fed):
    return tf.read_file(fed(np.array(b"/nowhere/file", object)))


def decode_png_of_text(tf, fed):
    return tf.image.decode_png(fed(np.array(b"text", object)))


def decode_jpeg_of_text(tf, fed):
    return tf.image.decode_jpeg(fed(np.array(b"text", object)))


def parse_example_of_text(tf, fed):
    return tf.parse_example(fed(np.array([b"text"], object)), {"a": tf.FixedLenFeature([1], tf.float32)})["a"]


def parse_example_missing(tf, fed):
    return tf.parse_example(fed(np.array([b""], object)), {"a": tf.FixedLenFeature([1], tf.float32)})["a"]


def queue_closed(tf, fed):
    queue = tf.FIFOQueue(3, [tf.float32], shapes=[[]], shared_name="q")
    with tf.control_dependencies([queue.close()]):
        return queue.dequeue()


def queue_enqueue_closed(tf, fed):
    queue = tf.FIFOQueue(3, [tf.float32], shapes=[[]], shared_name="q")
    value = fed(np.float32(1))
    with tf.control_dependencies([queue.close()]):
        return queue.enqueue([value])


def queue_shape(tf, fed):
    queue = tf.FIFOQueue(3, [tf.float32], shapes=[[2]], shared_name="q")
    return queue.enqueue([fed(_floats(3))])


def table_not_initialized(tf, fed):
    keys = tf.constant(["a", "b"])
    table = tf.contrib.lookup.HashTable(
        tf.contrib.lookup.KeyValueTensorInitializer(keys, tf.constant([1, 2], tf.int64)), -1)
    return table.lookup(fed(np.array([b"a"], object)))
