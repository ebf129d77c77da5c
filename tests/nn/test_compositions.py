"""Compositions of `tf.nn` and clipping: values, gradients, and what they record."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import clipping, network
from tracer import errors

rng = np.random.RandomState(5)
LOGITS = (rng.randn(4, 5) * 2).astype(np.float32)
TARGETS = rng.rand(4, 5).astype(np.float32)
IMAGES = rng.randn(2, 3, 4, 5).astype(np.float32)
SUMS = np.float64([0.5, -1, 2])
NORM = np.sqrt((LOGITS.astype(np.float64)**2).sum() + (TARGETS[0].astype(np.float64)**2).sum())
TABLES = [rng.randn(rows, 3).astype(np.float32) for rows in (4, 4, 3)]
IDS = np.array([[0, 10, 3], [3, 7, 1]])
PLACES = np.int64([[0, 0], [0, 2], [1, 1], [2, 0], [2, 1]])
SPARSE_IDS = np.int64([3, 0, 3, 2, 2])
WEIGHTS = np.float32([1, 2, 0.5, 3, 0.25])


@parity([
    case("nn.sigmoid_cross_entropy_with_logits", LOGITS, TARGETS),
    case("nn.sigmoid_cross_entropy_with_logits", LOGITS * 50, TARGETS),
    case("nn.weighted_cross_entropy_with_logits", LOGITS, TARGETS, 3.5),
    case("nn.sigmoid_cross_entropy_with_logits", LOGITS, TARGETS[:2], raises=(
        "ValueError", r"logits and targets must have the same shape \(\(4, 5\) vs \(2, 5\)\)")),
    case("nn.weighted_cross_entropy_with_logits", LOGITS, TARGETS[:2], 2.0, raises=(
        "ValueError", "logits and targets must have the same shape")),
])
def test_losses(case):
    case.check()


def test_the_gradient_of_the_logistic_loss_at_zero_is_that_of_0_8():
    # Of max(x, 0) and |x| at zero it takes 0: later versions take the limit, 0.5 - target.
    x = tf.zeros([2])
    loss = tf.nn.sigmoid_cross_entropy_with_logits(x, [0.0, 1.0])
    np.testing.assert_array_equal(tf.Session().run(tf.gradients(loss, x)[0]), [0, -1])


@parity([
    case("nn.l2_normalize", LOGITS, 0), case("nn.l2_normalize", IMAGES, 2, epsilon=1.0),
    *(case("nn.batch_normalization", IMAGES, IMAGES[0, 0, 0], TARGETS[0], offset, scale, 1e-3)
      for offset in (None, LOGITS[0]) for scale in (None, LOGITS[1])),
    *(case("nn.batch_norm_with_global_normalization", IMAGES, IMAGES[0, 0, 0], TARGETS[0], LOGITS[0], LOGITS[1], 1e-3, after)
      for after in (True, False)),
    # 0.12.1's gradient of several results, of which one goes into another, is not the sum of the gradients of each.
    *(case("nn.normalize_moments", np.float64(8), SUMS, 10 + SUMS * SUMS, shift,
           expect=(SUMS / 8 + (0 if shift is None else shift), (10 + SUMS * SUMS) / 8 - (SUMS / 8)**2))
      for shift in (None, np.float64([1, -2, 3]))),
    *(case("nn.moments", x, axes, keep_dims=keep, feed=feed, gradient=False, expect=(
        x.mean(tuple(axes), keepdims=keep), x.var(tuple(axes), keepdims=keep)))
      for x, axes in ((LOGITS, [0]), (LOGITS, [0, 1]), (IMAGES, [0, 1, 2]), (IMAGES, [3]))
      for keep in (False, True) for feed in ("rank", True)),
    case("nn.moments", IMAGES, [0, 1, 2], shift=np.float32(0.5), gradient=False,
         expect=(IMAGES.mean((0, 1, 2)), IMAGES.var((0, 1, 2)))),
])
def test_normalization(case):
    case.check()


def test_moments_keep_their_precision_far_from_zero():
    x = (1000 + 0.01 * rng.randn(100, 3)).astype(np.float32)
    variance = tf.Session().run(tf.nn.moments(tf.constant(x), [0])[1])
    np.testing.assert_allclose(variance, x.astype(np.float64).var(0), rtol=1e-4)


def test_gradients_of_the_moments():
    x = rng.randn(6, 2)
    tensor = tf.constant(x)
    mean, variance = tf.nn.moments(tensor, [0])
    by_mean, by_variance = tf.Session().run([tf.gradients(mean, tensor)[0], tf.gradients(variance, tensor)[0]])
    np.testing.assert_allclose(by_mean, np.full_like(x, 1 / 6))
    np.testing.assert_allclose(by_variance, 2 * (x - x.mean(0)) / 6, atol=1e-12)


@parity([
    case("nn.embedding_lookup", TABLES[0], IDS % 4),
    case("nn.embedding_lookup", TABLES[0], np.int32(2)),
    *(case(network.from_several, strategy, *TABLES, IDS.astype(kind))
      for strategy in ("mod", "div") for kind in (np.int32, np.int64)),
    *(case(network.from_sparse, combiner, TABLES[0], PLACES, SPARSE_IDS, weights)
      for combiner in ("sum", "mean", "sqrtn") for weights in (None, WEIGHTS)),
    case("nn.embedding_lookup", [], np.int32([1]), raises=("ValueError", "Need at least one param")),
    case("nn.embedding_lookup", TABLES[:2], np.int32([1]), partition_strategy="foo",
         raises=("ValueError", "Unrecognized partition strategy: foo")),
    case("nn.embedding_lookup_sparse", TABLES[0], np.int64([1]), None, raises=("TypeError", "sp_ids must be SparseTensor")),
])
def test_embeddings(case):
    case.check()


def test_a_row_that_is_not_there():
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = 9 is not in \[0, 4\)"):
        tf.Session().run(tf.nn.embedding_lookup(tf.placeholder_with_default(TABLES[0], [4, 3]), [1, 9]))


def test_the_gradient_of_a_table_is_its_rows():
    table = tf.Variable(TABLES[0])
    rows = tf.nn.embedding_lookup(table, [2, 2, 0])
    gradient = tf.gradients(tf.reduce_sum(rows * [[1.0], [2.0], [3.0]]), table)[0]
    assert isinstance(gradient, tf.IndexedSlices)
    assert rows.op.inputs[0].name == "Variable/read:0"
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        values, indices = session.run([gradient.values, gradient.indices])
    np.testing.assert_array_equal(values, np.repeat([[1.0], [2.0], [3.0]], 3, 1))
    np.testing.assert_array_equal(indices, [2, 2, 0])


@parity([
    *(case(network.kept, LOGITS, keep, 7, gradient=False) for keep in (0.5, 0.9)),
    case(network.kept, IMAGES, 0.5, 7, [2, 1, 1, 5], gradient=False),
    case(network.kept, LOGITS.astype(np.float64), 0.5, 11, gradient=False),
    case("nn.dropout", LOGITS, 0.0, raises=("ValueError", r"in the range \(0, 1\], got 0")),
    case("nn.xw_plus_b", LOGITS, TARGETS.T.copy(), LOGITS[0, :4]),
    case("nn.relu_layer", LOGITS, TARGETS.T.copy(), LOGITS[0, :4]),
    case("nn.zero_fraction", np.float32([[0, 1], [0, 0]]), gradient=False), case("nn.zero_fraction", np.int32([0, 1, 2])),
])
def test_layers(case):
    case.check()


def test_the_gradient_of_dropout_is_what_it_kept():
    x = tf.constant(LOGITS)
    dropped = tf.nn.dropout(x, 0.5)
    value, slope = tf.Session().run([dropped, tf.gradients(dropped, x)[0]])
    np.testing.assert_array_equal(value, LOGITS * slope)
    assert set(np.unique(slope)) == {0, 2}


@parity([
    case("clip_by_value", LOGITS, -1.0, 1.5), case("clip_by_value", np.int32([-5, 0, 5]), -1, 2),
    *(case("clip_by_norm", LOGITS, norm) for norm in (1.0, 100.0)), case("clip_by_average_norm", LOGITS, 0.1),
    case("clip_by_average_norm", LOGITS, 10.0), case("global_norm", [LOGITS, TARGETS[0]]),
    *(case("clip_by_global_norm", [LOGITS, TARGETS[0]], norm, gradient=False) for norm in (1.0, 100.0)),
    case("clip_by_global_norm", [LOGITS, TARGETS[0]], 1.0, np.float32(20.0), gradient=False),
    case("clip_by_global_norm", [LOGITS.astype(np.float64), TARGETS[0].astype(np.float64)], 2.0,
         expect=(LOGITS.astype(np.float64) * 2 / NORM, TARGETS[0].astype(np.float64) * 2 / NORM, NORM)),
    case(clipping.clipped_slices, np.float32([[1, 2], [3, 4], [5, 6]]), np.float32([[7, 8], [9, 10]]), gradient=False),
    case("clip_by_global_norm", LOGITS, 1.0, raises=("TypeError", "t_list should be a sequence")),
    case("global_norm", LOGITS, raises=("TypeError", "t_list should be a sequence")),
])
def test_clipping(case):
    case.check()


@parity([
    case("histogram_fixed_width", np.float32([[-1, 0, 1.5], [2, 5, 15]]), [0.0, 5.0], nbins=5),
    case("histogram_fixed_width", rng.randn(200).astype(np.float32), [-2.0, 2.0], nbins=11, dtype=tf.int64, gradient=False),
])
def test_histograms(case):
    case.check()


def recorded(make):
    """The names and types of the operations that `make` records, its placeholders left out."""
    with tf.Graph().as_default() as graph:
        make(lambda *sizes, dtype=tf.float32: tf.placeholder(dtype, sizes))
        return [f"{op.name}({op.type})" for op in graph.get_operations() if op.type != "Placeholder"]


@pytest.mark.parametrize(("make", "wanted"), [
    (lambda p: tf.nn.dropout(p(4, 5), 0.5), """
        dropout/keep_prob(Const) dropout/Shape(Shape) dropout/random_uniform/min(Const) dropout/random_uniform/max(Const)
        dropout/random_uniform/RandomUniform(RandomUniform) dropout/random_uniform/sub(Sub) dropout/random_uniform/mul(Mul)
        dropout/random_uniform(Add) dropout/add(Add) dropout/Floor(Floor) dropout/Inv(Inv) dropout/mul(Mul)
        dropout/mul_1(Mul)"""),
    (lambda p: tf.nn.sigmoid_cross_entropy_with_logits(p(2), p(2)), """
        logistic_loss/Relu(Relu) logistic_loss/mul(Mul) logistic_loss/sub(Sub) logistic_loss/Abs(Abs) logistic_loss/Neg(Neg)
        logistic_loss/Exp(Exp) logistic_loss/add/x(Const) logistic_loss/add(Add) logistic_loss/Log(Log)
        logistic_loss(Add)"""),
    (lambda p: tf.nn.batch_normalization(p(4, 5), p(5), p(5), p(5), p(5), 1e-3), """
        batchnorm/add/y(Const) batchnorm/add(Add) batchnorm/Rsqrt(Rsqrt) batchnorm/mul(Mul) batchnorm/mul_1(Mul)
        batchnorm/mul_2(Mul) batchnorm/sub(Sub) batchnorm/add_1(Add)"""),
    (lambda p: tf.nn.l2_normalize(p(4, 5), 0), """
        l2_normalize/Square(Square) l2_normalize/Sum/reduction_indices(Const) l2_normalize/Sum(Sum)
        l2_normalize/Maximum/y(Const) l2_normalize/Maximum(Maximum) l2_normalize/Rsqrt(Rsqrt) l2_normalize(Mul)"""),
    (lambda p: tf.nn.embedding_lookup([p(4, 5), p(4, 5)], p(3, dtype=tf.int32)), """
        embedding_lookup/Reshape/shape(Const) embedding_lookup/Reshape(Reshape) embedding_lookup/Size(Size)
        embedding_lookup/range/start(Const) embedding_lookup/range/delta(Const) embedding_lookup/range(Range)
        embedding_lookup/mod/y(Const) embedding_lookup/mod(Mod) embedding_lookup/floordiv/y(Const)
        embedding_lookup/floordiv(Div) embedding_lookup/DynamicPartition(DynamicPartition)
        embedding_lookup/DynamicPartition_1(DynamicPartition) embedding_lookup/Gather(Gather)
        embedding_lookup/Gather_1(Gather) embedding_lookup(DynamicStitch) embedding_lookup/Shape(Shape)
        embedding_lookup/Shape_1(Shape) embedding_lookup/Slice/begin(Const) embedding_lookup/Slice/size(Const)
        embedding_lookup/Slice(Slice) embedding_lookup/concat/concat_dim(Const) embedding_lookup/concat(Concat)
        embedding_lookup/Reshape_1(Reshape)"""),
    (lambda p: tf.clip_by_global_norm([p(3), None, p(2)], 1.0, p()), """
        clip_by_global_norm/truediv/x(Const) clip_by_global_norm/truediv(Div) clip_by_global_norm/Const(Const)
        clip_by_global_norm/truediv_1/y(Const) clip_by_global_norm/truediv_1(Div) clip_by_global_norm/Minimum(Minimum)
        clip_by_global_norm/mul/x(Const) clip_by_global_norm/mul(Mul) clip_by_global_norm/mul_1(Mul)
        clip_by_global_norm/clip_by_global_norm/_0(Identity) clip_by_global_norm/mul_2(Mul)
        clip_by_global_norm/clip_by_global_norm/_2(Identity)"""),
    (lambda p: tf.clip_by_value(p(3), 1.0, 2.0), """
        clip_by_value/Minimum/y(Const) clip_by_value/Minimum(Minimum) clip_by_value/y(Const) clip_by_value(Maximum)"""),
    (lambda p: tf.nn.xw_plus_b(p(2, 3), p(3, 4), p(4)), "xw_plus_b/MatMul(MatMul) xw_plus_b(BiasAdd)"),
])
def test_what_is_recorded(make, wanted):
    assert recorded(make) == wanted.split()


@pytest.mark.parametrize(("sizes", "axes", "keep_dims", "expected"), [
    # TensorFlow 0.12.1's: averages of moments become variables, whose shape has to be known.
    ([None, 1], [0], False, [1]),
    ([None, 1], [0], True, [1, 1]),
    ([None, 5, None, 7], [0, 1, 2], False, [7]),
    ([None, 5, None, 7], [0, 1], False, [None, 7]),
])
def test_shapes_of_the_moments_of_a_batch_of_any_size(sizes, axes, keep_dims, expected):
    moments = tf.nn.moments(tf.placeholder(tf.float32, sizes), axes, keep_dims=keep_dims)
    assert [t.get_shape().as_list() for t in moments] == [expected, expected]


def test_names_of_the_moments():
    mean, variance = tf.nn.moments(tf.placeholder(tf.float32, [4, 5]), [0])
    assert (mean.op.name, mean.op.type) == ("moments/normalize/mean", "Add")
    assert (variance.op.name, variance.op.type) == ("moments/normalize/variance", "Sub")
