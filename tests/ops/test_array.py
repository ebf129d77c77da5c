"""Constants, shapes, joins, cuts and indices: values against the real TensorFlow, names, static shapes, errors."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import arrays
from tracer.declare import raw_op

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 4
DOUBLES = np.linspace(-1, 1, 6).reshape(2, 3)
INTS = np.arange(6, dtype=np.int32).reshape(2, 3)
FLAGS = np.array([[True, False, True], [False, False, True]])
COMPLEX = np.complex64([[1 + 2j, 3], [0, -1j]])
WORDS = np.array([[b"a", b"bc", b""], [b"", b"d", b"a"]], object)


def words(*items):
    return np.array(items, object)


@parity([
    case("zeros", [2, 0], tf.float64), case("zeros", [], tf.bool), case("zeros", [2], tf.string, expect=words(b"", b"")),
    case("zeros", np.int32([2, 3])), case("ones", np.int32([3]), tf.complex64), case("ones", [2, 2], tf.bool),
    case("zeros_like", INTS, tf.float64), case("zeros_like", WORDS), case("ones_like", X, tf.int32),
    case("ones_like", COMPLEX), case("fill", np.int32([2, 0]), np.float32(3)), case("fill", [2], words(b"x")[0]),
    case("range", np.int32(3), np.int32(11), np.int32(4)), case("range", 0), case("range", 5, 5),
    case("range", 9, 2, -3), case("linspace", np.float64(2), np.float64(-1), 4), case("linspace", 1.0, 5.0, 1),
    case("reshape", INTS, [-2], raises=True),
    case("fill", [-1], 2, raises=("ValueError", "Dimension -1 must be >= 0")),
    case("fill", [2], [1.0, 2.0], raises=("ValueError", "rank 0")),
    case("range", 3, 1, raises=("InvalidArgumentError", "Requires start <= limit: 3/1")),
    case("linspace", 1.0, 2.0, 0, raises=("InvalidArgumentError", "Requires num > 0: 0")),
])
def test_constants(case):
    case.check()


@parity([
    case("shape_n", [X, X[0]]), case("size", np.float32(2)), case("rank", np.float32(2)), case("shape", WORDS),
    case("reshape", DOUBLES, np.int32([3, -1])), case("reshape", X, [24]), case("reshape", np.float32(5), [1, 1]),
    case("reshape", X[:0], [0, 7]), case("expand_dims", DOUBLES, 2), case("expand_dims", np.float32(1), 0),
    case("squeeze", DOUBLES[None, :, None], feed="rank"), case("squeeze", DOUBLES[:, None], [-2], feed="rank"),
    case("transpose", DOUBLES), case("transpose", COMPLEX), case("transpose", X, np.int32([1, 2, 0])),
    case("transpose", WORDS), case("identity", COMPLEX), case("bitcast", np.float64([1, -2]), tf.int64, gradient=False),
    case("bitcast", np.int32([[1, 2]]), tf.uint8), case("bitcast", np.uint8([[1, 2, 3, 4]]), tf.int32),
    case("bitcast", np.complex64([1 + 2j]), tf.float64, gradient=False),
    case("bitcast", np.zeros((0, 1, 4), np.complex64), tf.int16, gradient=False),
    case("bitcast", np.float32([[1, 2]]), tf.complex64, gradient=False),
    case("reshape", X, [5, -1], raises=("ValueError", "input has 24 elements, which isn't divisible by 5")),
    case("reshape", X, [4095], raises=("ValueError", "Cannot reshape a tensor with 24 elements")),
    case("reshape", X[:0], [0, -1], raises=("ValueError", "cannot infer the missing input size")),
    case("expand_dims", X, 5, raises=("ValueError", "dim 5 not in")),
    case("squeeze", X, [1], raises=("ValueError", "expected a dimension of 1, got 3")),
    case("transpose", X, [0, 1], raises=("ValueError", "")),
    case("transpose", X, [0, 1, 1], raises=("InvalidArgumentError", "2 is missing from {0,1,1}")),
    case("bitcast", np.uint8([[1, 2, 3]]), tf.int32, raises=("ValueError", "Cannot bitcast due to shape")),
])
def test_shapes(case):
    case.check()


@parity([
    case("concat", 1, [DOUBLES, DOUBLES[:, :1]]), case("concat", 0, [X]), case("concat", np.int32(2), [X, X[:, :, :1]]),
    case("concat", 1, [WORDS, WORDS[:, :1]]), case("split", 1, 3, DOUBLES), case("split", 0, 2, WORDS),
    case("split", 0, 1, X), case("slice", DOUBLES, np.int32([1, 0]), np.int32([1, 2])),
    case("slice", X, np.int64([0, 1, 2]), np.int64([-1, 2, -1])), case("slice", X, [1, 2, 0], [0, 1, 4]),
    case("slice", WORDS, [0, 1], [2, -1]), case("pack", [DOUBLES[0], DOUBLES[1]]), case("pack", [WORDS, WORDS]),
    case("pack", [1, 2, 3]), case("pack", [np.float32(1), 2.0]), case("unpack", DOUBLES, feed=False),
    case("unpack", DOUBLES, 2), case("unpack", WORDS, 2), case(arrays.moved_window, X[0], np.int32(1)),
    case("split", 1, 2, DOUBLES, raises=("ValueError", r"\(size = 3\) and num_split 2")),
    case("split", 2, 2, DOUBLES, raises=("ValueError", "rank at least 3")),
    case("concat", 0, [DOUBLES, DOUBLES[:, :1]], raises=("ValueError", r"\(3,\) and \(1,\) are not compatible")),
    case("concat", 2, [DOUBLES, DOUBLES], raises=("ValueError", "Expected concat_dim in range")),
    case("concat", 0, [1, 2], raises=("ValueError", "Can't concatenate scalars")),
    case("pack", [X, DOUBLES], raises=("TypeError", "")),
    case("slice", X[0, 0], [3], [2], raises=("InvalidArgumentError", r"Expected size\[0\] in \[0, 1\], but got 2")),
    case("slice", X[0, 0], [5], [0], raises=("InvalidArgumentError", r"Expected begin\[0\] in \[0, 4\], but got 5")),
])
def test_joins_and_cuts(case):
    case.check()


@parity([
    case("tile", DOUBLES, [2, 1]), case("tile", WORDS, [1, 2]), case("tile", X, [1, 0, 2]), case("tile", np.float32(2), []),
    case("pad", DOUBLES, [[1, 0], [2, 1]]), case("pad", DOUBLES, [[1, 0], [2, 1]], "REFLECT"),
    case("pad", DOUBLES, np.int32([[1, 2], [0, 3]]), "SYMMETRIC"), case("pad", INTS, [[0, 0], [0, 0]]),
    case("space_to_depth", X.reshape(2, 2, 6, 1), 2, feed="rank"),
    case("depth_to_space", X.reshape(1, 1, 3, 8), 2, feed="rank"),
    case("space_to_batch", X.reshape(1, 4, 6, 1), [[1, 1], [0, 2]], 2, feed="rank"),
    case("batch_to_space", X.reshape(4, 1, 3, 2), [[0, 1], [1, 1]], 2, feed="rank"),
    case("pad", DOUBLES, [[1, 0]], raises=("ValueError", "not compatible")),
    case("pad", DOUBLES, [[-1, 0], [0, 0]], raises=("ValueError", "must be non-negative")),
    case("pad", DOUBLES, [[0, 0], [3, 0]], "REFLECT", raises=("InvalidArgumentError", "paddings must be less than")),
    case("pad", DOUBLES, [[0, 0], [0, 0]], "FOO", raises=("ValueError", "Unknown padding mode: FOO")),
    case("tile", DOUBLES, [1], raises=("ValueError", "")),
    case("tile", DOUBLES, [1, -1], raises=("ValueError", "Expected multiples to be >= 0")),
    case("space_to_depth", X.reshape(1, 4, 6, 1), 4, raises=("IndexError", "")),
    case("space_to_depth", X, 2, raises=("ValueError", "must have rank 4")),
])
def test_blocks(case):
    case.check()


@parity([
    case("gather", DOUBLES, np.int32([[1, 0], [1, 1]])), case("gather", WORDS, np.int64([1])),
    case("gather", COMPLEX, np.int32([1, 1]), gradient=False), case("gather", X, np.int32(np.zeros((0, 2)))),
    case("gather", X[:0], np.int32([]), feed=False), case(arrays.repeated_lookup, DOUBLES, np.int32([1, 1, 0])),
    case("gather_nd", DOUBLES, np.int32([[1, 2], [0, 0]]), gradient=False),
    case("gather_nd", WORDS, np.int64([[[1, 1]], [[0, 0]]])),
    case("gather_nd", X, np.int32([[1], [0]]), gradient=False), case("gather_nd", INTS, np.int64([1, 2])),
    case("one_hot", np.int64([2, 0]), 4, 2, -1, dtype=tf.int32), case("one_hot", np.uint8([1]), np.int32(3), axis=0),
    case("one_hot", np.int32([1]), 2, np.complex64(1j), np.complex64(0), dtype=tf.complex64, gradient=False),
    case("where", FLAGS), case("where", np.zeros((2, 0), bool)), case("where", np.array(True), raises=True),
    case("boolean_mask", DOUBLES, FLAGS, feed=False), case("boolean_mask", WORDS, np.array([False, True]), feed=False),
    case(arrays.masked_product, X, np.array([False, True]), feed=False),
    case("unique", np.float64([2, 1, 2, 3])), case("unique", words(b"b", b"a", b"b")), case("unique", np.int32([])),
    case("unique_with_counts", np.int64([4, 4, -1, 4])),
    case("listdiff", words(b"x", b"y", b"x"), words(b"y")), case("listdiff", np.float32([1, 2, 1]), np.float32([])),
    case("dynamic_partition", DOUBLES, np.int32([[0, 1, 2], [2, 2, 0]]), 3),
    case("dynamic_partition", WORDS, np.int32([1, 0]), 2), case("dynamic_partition", X, np.int32([1, 1]), 2),
    case(arrays.partition_and_stitch, DOUBLES.reshape(6), np.int32([0, 1, 1, 0, 1, 0])),
    case("dynamic_stitch", [np.int32([0, 4]), np.int32([[1, 2]])], [DOUBLES[:, 0], DOUBLES[:1, 1:]], gradient=False,
         feed=False),
    case(arrays.overwritten, DOUBLES, DOUBLES * 2),
    case("dynamic_stitch", [np.int32([1]), np.int32([0])], [WORDS[:1], WORDS[1:]]),
    case("invert_permutation", np.int32([3, 0, 1, 2])), case("reverse", DOUBLES, np.array([True, False])),
    case("reverse", INTS, [True, True]), case("reverse_sequence", DOUBLES, np.int64([1, 3]), 1, feed="rank"),
    case("reverse_sequence", X, np.int64([0, 2, 1, 2]), 0, 2, feed="rank"),
    case("gather", INTS, [0, 2], raises=("InvalidArgumentError", r"indices\[1\] = 2 is not in \[0, 2\)")),
    case("gather", INTS, [[0], [-1]], raises=("InvalidArgumentError", r"indices\[1,0\] = -1 is not in \[0, 2\)")),
    case("gather", INTS, 7, raises=("InvalidArgumentError", r"indices = 7 is not in \[0, 2\)")),
    case("gather", 1, [0], raises=("ValueError", "")),
    case("gather_nd", INTS, [[0, 3]], raises=(
        "InvalidArgumentError", r"flat indices\[0, :\] = \[0, 3\] does not index into param \(shape: \[2,3\]\)")),
    case("one_hot", [1], 3, dtype=tf.string, raises=("TypeError", "dtype must be a numeric type")),
    case("unique", INTS, raises=("ValueError", "must have rank 1")),
    case("dynamic_partition", DOUBLES, np.int32([0, 2]), 2,
         raises=("InvalidArgumentError", r"partitions\[1\] = 2 is not in \[0, 2\)")),
    case("invert_permutation", [0, 2], raises=("InvalidArgumentError", "2 is not between 0 and 2")),
    case("invert_permutation", [0, 0], raises=("InvalidArgumentError", "0 is duplicated in the input.")),
    case("reverse_sequence", DOUBLES, np.int64([1, 4]), 1,
         raises=("InvalidArgumentError", r"seq_lens\(1\) > input.dims\(1\)")),
])
def test_indexing(case):
    case.check()


@parity([case(arrays.masked_slices, DOUBLES.reshape(2, 3)[:, :2].repeat(2, 0))])
def test_slices(case):
    case.check()


# -- what is recorded


def recorded():
    return [(op.name, op.type, [tensor.name for tensor in op.inputs])
            for op in tf.get_default_graph().get_operations()]


def test_zeros_are_one_constant():
    tf.zeros([2, 3])
    tf.ones([2], name="given")
    assert [(name, kind) for name, kind, _ in recorded()] == [("zeros", "Const"), ("given", "Const")]


def test_zeros_of_a_tensor_shape_are_filled():
    tf.zeros(tf.placeholder(tf.int32, name="dims"))
    assert recorded()[1:] == [("zeros/Const", "Const", []), ("zeros", "Fill", ["dims:0", "zeros/Const:0"])]


def test_ones_like_measures_and_fills():
    tf.ones_like(tf.placeholder(tf.float32, name="x"))
    assert recorded()[1:] == [
        ("ones_like/Shape", "Shape", ["x:0"]), ("ones_like/Const", "Const", []),
        ("ones_like", "Fill", ["ones_like/Shape:0", "ones_like/Const:0"])]


def test_zeros_like_is_one_operation():
    tf.zeros_like(tf.placeholder(tf.float32, name="x"))
    assert recorded()[1:] == [("zeros_like", "ZerosLike", ["x:0"])]


def test_transpose_without_order_reverses():
    tf.transpose(tf.placeholder(tf.float32, name="x"))
    assert recorded()[1:] == [
        ("transpose/Rank", "Rank", ["x:0"]), ("transpose/sub/y", "Const", []),
        ("transpose/sub", "Sub", ["transpose/Rank:0", "transpose/sub/y:0"]),
        ("transpose/Range/start", "Const", []), ("transpose/Range/delta", "Const", []),
        ("transpose/Range", "Range", ["transpose/Range/start:0", "transpose/Rank:0", "transpose/Range/delta:0"]),
        ("transpose/sub_1", "Sub", ["transpose/sub:0", "transpose/Range:0"]),
        ("transpose", "Transpose", ["x:0", "transpose/sub_1:0"])]


def test_names_of_arguments():
    x = tf.placeholder(tf.float32, name="x")
    tf.concat(0, [x, x])
    tf.split(0, 2, x)
    tf.reshape(x, [4])
    tf.range(3)
    tf.fill([2], 1)
    tf.slice(x, [0], [1])
    assert [name for name, kind, _ in recorded() if kind == "Const"] == [
        "concat/concat_dim", "split/split_dim", "Reshape/shape", "range/start", "range/limit", "range/delta",
        "Fill/dims", "Fill/value", "Slice/begin", "Slice/size"]


def test_one_value_is_not_joined():
    x = tf.placeholder(tf.float32, name="x")
    joined = tf.concat(0, [x])
    assert (joined.op.type, joined.op.name) == ("Identity", "concat")


def test_numbers_are_packed_as_a_constant():
    assert tf.pack([1, 2]).op.type == "Const"
    assert tf.pack([1, tf.constant(2)]).op.type == "Pack"


def test_a_list_with_tensors_is_packed():
    size = tf.placeholder(tf.int32, [], name="n")
    shaped = tf.reshape(tf.placeholder(tf.float32, name="x"), [size, -1])
    assert shaped.op.inputs[1].op.type == "Pack"
    assert [name for name, _, _ in recorded()] == ["n", "x", "Reshape/shape/1", "Reshape/shape", "Reshape"]
    with tf.Session() as session:
        assert session.run(shaped, {"n:0": 2, "x:0": np.zeros(6)}).shape == (2, 3)


def test_a_list_with_tensors_of_another_type_is_refused():
    with pytest.raises(TypeError, match="Expected int32, got list containing Tensors"):
        tf.reshape(tf.placeholder(tf.float32), [tf.constant(1.0), 2])


def test_boolean_mask_records_what_tensorflow_records():
    tf.boolean_mask(tf.placeholder(tf.float32, [None, 2], name="x"), tf.placeholder(tf.bool, [None], name="mask"))
    assert [(name, kind) for name, kind, _ in recorded()[2:]] == [
        ("boolean_mask/Shape", "Shape"), ("boolean_mask/Slice/begin", "Const"), ("boolean_mask/Slice/size", "Const"),
        ("boolean_mask/Slice", "Slice"), ("boolean_mask/concat/concat_dim", "Const"),
        ("boolean_mask/concat/values_0", "Const"), ("boolean_mask/concat", "Concat"),
        ("boolean_mask/Reshape", "Reshape"), ("boolean_mask/Reshape_1/shape", "Const"),
        ("boolean_mask/Reshape_1", "Reshape"), ("boolean_mask/Where", "Where"), ("boolean_mask/Squeeze", "Squeeze"),
        ("boolean_mask/Gather", "Gather")]


def test_boolean_mask_needs_the_rank_of_the_mask():
    with pytest.raises(ValueError, match="mask dimensions must be specified"):
        tf.boolean_mask(X, tf.placeholder(tf.bool))
    with pytest.raises(ValueError, match="mask cannot be scalar"):
        tf.boolean_mask(X, tf.placeholder(tf.bool, []))
    with pytest.raises(ValueError, match="incompatible"):
        tf.boolean_mask(X, np.array([True]))


# -- static shapes

IMAGES = [None, 28, 28, 1]


@pytest.mark.parametrize(("call", "sizes"), [
    (lambda x: tf.reshape(x, [-1, 784]), [None, 784]),
    (lambda x: tf.concat(3, [x, x]), [None, 28, 28, 2]),
    (lambda x: tf.concat(0, [x, x]), [None, 28, 28, 1]),
    (lambda x: tf.transpose(x, [3, 0, 1, 2]), [1, None, 28, 28]),
    (lambda x: tf.transpose(x), [1, 28, 28, None]),
    (lambda x: tf.expand_dims(x, -1), [None, 28, 28, 1, 1]),
    (lambda x: tf.squeeze(x), None),
    (lambda x: tf.squeeze(x, [3]), [None, 28, 28]),
    (lambda x: tf.gather(x, [1, 2]), [2, 28, 28, 1]),
    (lambda x: tf.where(tf.placeholder(tf.bool, IMAGES)), [None, 4]),
    (lambda x: tf.boolean_mask(x, tf.placeholder(tf.bool, [None])), [None, 28, 28, 1]),
    (lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), [None, 30, 30, 1]),
    (lambda x: tf.tile(x, [1, 2, 2, 1]), [None, 56, 56, 1]),
    (lambda x: tf.one_hot(tf.placeholder(tf.int64, [None]), 10), [None, 10]),
    (lambda x: tf.range(tf.placeholder(tf.int32, [])), [None]),
    (lambda x: tf.reshape(x, tf.placeholder(tf.int32, [3])), [None, None, None]),
    (lambda x: tf.reshape(x, tf.placeholder(tf.int32)), None),
    (lambda x: tf.fill(tf.placeholder(tf.int32, [2]), 1), [None, None]),
    (lambda x: tf.slice(x, [0, 1, 1, 0], [-1, -1, 5, 1]), [None, 27, 5, 1]),
    (lambda x: tf.slice(x, tf.placeholder(tf.int32), [2, 3, 4, 1]), [2, 3, 4, 1]),
    (lambda x: tf.zeros(tf.pack([tf.shape(x)[0], 3])), [None, 3]),  # 0.8: nothing but the rank; since 0.9 what is known
    (lambda x: tf.unpack(x, 7)[0], [28, 28, 1]),
    (lambda x: tf.split(1, 2, x)[1], [None, 14, 28, 1]),
    (lambda x: tf.split(tf.placeholder(tf.int32), 2, x)[1], [None] * 4),
    (lambda x: tf.pack([x, tf.placeholder(tf.float32)]), [2, None, 28, 28, 1]),
    (lambda x: tf.dynamic_partition(x, tf.placeholder(tf.int32, [None]), 2)[0], [None, 28, 28, 1]),
    (lambda x: tf.dynamic_stitch([[0], [1]], [X[:1], X[1:]]), [None, 3, 4]),
    (lambda x: tf.unique(tf.placeholder(tf.int32, [5])).idx, [5]),
    (lambda x: tf.space_to_depth(x, 2), [None, 14, 14, 4]),
    (lambda x: tf.space_to_batch(x, [[1, 1], [0, 0]], 2), [None, 15, 14, 1]),
    (lambda x: tf.placeholder_with_default(X, [None, 3, None]), [None, 3, None]),
    (lambda x: tf.gather_nd(x, tf.placeholder(tf.int32, [None, 4])), [None]),
    (lambda x: tf.range(9, 2), [None]),
    (lambda x: tf.invert_permutation(tf.placeholder(tf.int32)), [None]),
    (lambda x: tf.bitcast(x, tf.uint8), [None, 28, 28, 1, 4]),
])
def test_static_shapes(call, sizes):
    shape = call(tf.placeholder(tf.float32, IMAGES)).get_shape()
    assert (None if shape.ndims is None else shape.as_list()) == sizes


def test_a_placeholder_keeps_a_complete_shape_in_its_attribute():
    assert tf.placeholder(tf.float32, [2, 3]).op.attrs["shape"].as_list() == [2, 3]
    assert tf.placeholder(tf.float32, [None, 3]).op.attrs["shape"].as_list() == []


def test_unpack_needs_to_know_how_many():
    with pytest.raises(ValueError, match=r"Cannot infer num from shape \(\?, 2\)"):
        tf.unpack(tf.placeholder(tf.float32, [None, 2]))


# -- errors that only a run can find, after which variables are as before


@pytest.mark.parametrize(("call", "feed", "message"), [
    (lambda x: tf.reshape(x, [2, 2]), np.zeros(6), "Input to reshape is a tensor with 6 values, but the requested shape "
                                                  "has 4"),
    (lambda x: tf.reshape(x, [4, -1]), np.zeros(6), "requested shape requires a multiple of 4"),
    (lambda x: tf.concat(0, [x, [[1.0, 2.0]]]), np.zeros((2, 3)),
     r"Dimensions of inputs should match: shape\[0\] = \[2,3\] vs. shape\[1\] = \[1,2\]"),
    (lambda x: tf.concat(0, [x, [[1.0, 2.0]]]), np.zeros(2), "Ranks of all input tensors should match"),
    (lambda x: tf.pack([x, [1.0]]), np.zeros(2), r"values\[0\].shape = \[2\] != values\[1\].shape = \[1\]"),
    (lambda x: tf.unpack(x, 3), np.zeros((2, 2)), r"Input shape must start with 3, got \[2,2\]"),
    (lambda x: tf.split(0, 2, x), np.zeros(3), r"split_dim 0 \(size = 3\) and num_split 2"),
    (lambda x: tf.squeeze(x, [0]), np.zeros(2), "dimension was not 1: 2"),
    (lambda x: tf.expand_dims(x, 2), np.zeros(2), "Tried to expand dim index 2 for tensor with 1 dimensions"),
    (lambda x: tf.transpose(x, [1, 0]), np.zeros(2), "transpose expects a vector of size 1"),
    (lambda x: tf.tile(x, [2, 2]), np.zeros(2), "vector of length 1 but got length 2"),
    (lambda x: tf.slice(x, [1], [2]), np.zeros(2), r"Expected size\[0\] in \[0, 1\], but got 2"),
    (lambda x: tf.gather(x, [2]), np.zeros(2), r"indices\[0\] = 2 is not in \[0, 2\)"),
    (lambda x: tf.dynamic_partition(x, [0, 1], 2), np.zeros(3), "data.shape must start with partitions.shape"),
])
def test_errors_of_a_run(call, feed, message):
    x, v = tf.placeholder(tf.float32), tf.Variable(1.0)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run([v.assign_add(1.0), call(x)], {x: feed})
        assert session.run(v) == 1.0


def test_dynamic_sizes():
    dims = tf.placeholder(tf.int32)
    with tf.Session() as session:
        assert session.run(tf.zeros(dims), {dims: [2, 1]}).shape == (2, 1)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Dimension -1 must be >= 0"):
            session.run(tf.zeros(dims), {dims: [-1]})


def test_offsets_of_joined_shapes():
    offsets = raw_op("concat_offset")(1, [[2, 3, 5], [2, 7, 5]])
    with tf.Session() as session:
        assert [offset.tolist() for offset in session.run(offsets)] == [[0, 0, 0], [0, 3, 0]]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"input\[1,2\] mismatch: 5 vs. 10"):
            session.run(raw_op("concat_offset")(1, [[2, 3, 5], [2, 7, 10]]))


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_gradient_of_mirrored_padding_as_an_operation(mode):
    x, weights = tf.constant(DOUBLES), tf.constant(np.linspace(0, 3, 24).reshape(4, 6))
    expected = tf.gradients(tf.pad(x, [[1, 1], [1, 2]], mode), x, weights)[0]
    with tf.Session() as session:
        np.testing.assert_allclose(*session.run([raw_op("mirror_pad_grad")(weights, [[1, 1], [1, 2]], mode), expected]))


def test_gradient_of_a_tile_as_an_operation():
    weights = np.linspace(0, 3, 24).reshape(4, 6)
    with pytest.raises(NotImplementedError, match="It has been removed in version 3"):
        raw_op("tile_grad")(weights, [2, 2])
    tf.get_default_graph().graph_def_versions.producer = 2  # as that of a graph from a file of that time
    with tf.Session() as session:
        summed = session.run(raw_op("tile_grad")(weights, [2, 2]))
    np.testing.assert_allclose(summed, weights[:2, :3] + weights[2:, :3] + weights[:2, 3:] + weights[2:, 3:])


# -- data decide shapes: nothing is compiled anew for values that leave shapes as they are


def compilations(session):
    return sum(jitted._cache_size() for executable in session.runs()
               for step in executable.steps if hasattr(step, "_jitted") for jitted, _ in step._jitted.values())


def test_partitions_are_no_part_of_a_program():
    x, partitions = tf.placeholder(tf.float64, [None]), tf.placeholder(tf.int32, [None])
    parts = tf.dynamic_partition(tf.mul(x, 2.0), partitions, 2)
    gradient = tf.gradients(tf.mul(parts[1], parts[1]), x)[0]
    with tf.Session() as session:
        for numbers in ([0, 1, 1], [1, 0, 1], [1, 1, 0]):
            chosen = np.array(numbers) == 1
            values = session.run([*parts, gradient], {x: [1, 2, 3], partitions: numbers})
            np.testing.assert_array_equal(values[1], np.array([2.0, 4, 6])[chosen])
            np.testing.assert_array_equal(values[2], np.where(chosen, [8, 16, 24], 0))
        assert compilations(session) == 1


def test_a_window_moves_without_compiling():
    start, x = tf.placeholder(tf.int32, []), tf.constant(X[0])
    window = tf.slice(x, tf.pack([start, 0]), [1, -1])
    with tf.Session() as session:
        for row in range(3):
            np.testing.assert_array_equal(session.run(window, {start: row}), X[0, row:row + 1])
        assert compilations(session) == 1


def test_a_fed_start_is_looked_at_and_not_what_would_have_made_it():
    row = tf.placeholder_with_default(0, [])
    start = tf.pack([row, 0])
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(tf.slice(X[0], start, [1, 2]), {start: [2, 1]}), X[0, 2:3, 1:3])


def test_a_window_in_a_loop():
    x = tf.constant(X[0])
    total = tf.while_loop(lambda i, s: tf.less(i, 3), lambda i, s: [
        tf.add(i, 1), tf.add(s, tf.slice(x, tf.pack([i, 0]), [1, -1]))], [tf.constant(0), tf.zeros([1, 4])])[1]
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(total), X[0].sum(0, keepdims=True))


def test_partitions_in_a_loop():
    rows = tf.constant([1.0, 2.0, 3.0])

    def body(i, s):
        parts = tf.dynamic_partition(rows, tf.cast(tf.less(tf.range(3), i), tf.int32), 2)
        return [tf.add(i, 1), tf.add(s, tf.reduce_sum(parts[1]))]

    total = tf.while_loop(lambda i, s: tf.less(i, 4), body, [tf.constant(0), tf.constant(0.0)])[1]
    with tf.Session() as session:
        assert session.run(total) == 0 + 1 + 3 + 6


def test_partitions_from_a_variable():
    partitions = tf.Variable([0, 1, 0])
    parts = tf.dynamic_partition([10, 20, 30], partitions, 2)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert [part.tolist() for part in session.run(parts)] == [[10, 30], [20]]
        session.run(partitions.assign([1, 1, 0]))
        assert [part.tolist() for part in session.run(parts)] == [[30], [10, 20]]


def test_indices_of_one_list_are_enough():
    with tf.Session() as session:
        assert session.run(tf.dynamic_stitch([[2, 0]], [[5, 6]])).tolist() == [6, 0, 5]
