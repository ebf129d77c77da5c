"""The operations that are gradients of others, which graphs from files name and scripts call by their wrappers."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tracer.declare import raw_op

rng = np.random.RandomState(7)
KINKS = np.float32([[-30, -2, -1e-3, 0], [1e-3, 2, 6, 30]])
SLOPES = rng.randn(2, 4).astype(np.float32)
IMAGES = rng.randn(2, 5, 4, 3).astype(np.float32)
FILTER = rng.randn(2, 3, 3, 2).astype(np.float32)
DEEP = rng.randn(1, 3, 4, 3, 2).astype(np.float32)
LOWER = np.float64([[2, 0, 0], [1, 1.5, 0], [-0.5, 0.25, 1]])
PLACED = np.float64([[1, -2, 3], [4, 5, -6]])
ONES = [1, 1, 1, 1]
TWOS = [1, 2, 2, 1]


def placed(values, shape, *where):
    """Zeros, but for the values at their places."""
    found = np.zeros(shape)
    found[where] = values
    return found


def rounded(*shape):
    """Values of which many are equal: ties for whoever looks for the largest."""
    return rng.randint(0, 4, shape).astype(np.float32)


def cubes(*sizes):
    """An argument for each shape: images of three dimensions, filters and slopes."""
    return [rng.randn(*size).astype(np.float32) for size in sizes]


(CUBE_FILTER, CUBE_SLOPE, INPUT_FILTER, INPUT_SLOPE) = cubes(
    (2, 1, 3, 2, 3), (1, 3, 4, 3, 3), (2, 1, 3, 2, 3), (1, 2, 4, 1, 3))


@parity([
    *(case(f"raw.{name}", SLOPES.astype(kind), KINKS.astype(kind), tolerance=1e-4 if kind is np.float32 else None,
           gradient=name == "relu_grad")
      for name in ("relu_grad", "relu6_grad", "elu_grad", "softplus_grad", "softsign_grad")
      for kind in (np.float32, np.float64)),
    *(case(f"raw.{name}", np.int32([3, 4, 5]), np.int32([-1, 0, 9])) for name in ("relu_grad", "relu6_grad")),
])
def test_activations(case):
    case.check()


@parity([
    case("raw.bias_add_grad", IMAGES), case("raw.bias_add_grad", SLOPES.astype(np.float64)),
    case("raw.bias_add_v1", IMAGES, np.float32([1, 2, 3])),
    case("raw.lrn_grad", IMAGES, IMAGES[::-1].copy(), IMAGES / 2, 1, 2.0, 0.5, 0.75, gradient=False, feed="rank"),
    case("raw.cholesky_grad", LOWER, np.tril(LOWER.T @ LOWER), gradient=False),
    case("raw.broadcast_gradient_args", np.int32([2, 3, 1]), np.int32([3, 5])),
    case("raw.broadcast_gradient_args", np.int32([]), np.int32([3, 1])),
    case("raw.concat_offset", np.int32(1), [np.int32([2, 3, 1]), np.int32([2, 5, 1]), np.int32([2, 0, 1])]),
    case("raw.strided_slice_grad", np.int32([4, 5]), np.int32([1, 0]), np.int32([3, 5]), np.int32([1, 2]), PLACED,
         expect=placed(PLACED, (4, 5), slice(1, 3), slice(0, 5, 2))),
    case("raw.strided_slice_grad", np.int32([3, 2, 4]), np.int32([-1, 0, 2]), np.int32([0, 0, 0]), np.int32([1, 1, -1]),
         PLACED, begin_mask=2, end_mask=6, shrink_axis_mask=1,
         expect=placed(PLACED, (3, 2, 4), 2, slice(None), slice(2, None, -1))),
    case("raw.mirror_pad_grad", IMAGES, np.int32([[0, 0], [1, 1], [1, 0], [0, 0]]), "REFLECT"),
    case("raw.mirror_pad_grad", IMAGES, np.int32([[0, 0], [2, 1], [0, 2], [1, 1]]), "SYMMETRIC"),
    case("raw.sparse_add_grad", np.float64([1, 2, 3]), np.int64([[0, 0], [1, 1]]), np.int64([[0, 1], [1, 1]]),
         np.int64([[0, 0], [0, 1], [1, 1]])),
    case("raw.broadcast_gradient_args", np.int32([2]), np.int32([3]), raises=(
        "InvalidArgumentError", "Incompatible shapes: ")),
    case("raw.concat_offset", np.int32(3), [np.int32([2, 3]), np.int32([2, 5])], raises=(
        "InvalidArgumentError", "Concat dim is out of range: 3 vs. 2")),
    case("raw.concat_offset", np.int32(1), [np.int32([2, 3]), np.int32([4, 5])], raises=(
        "InvalidArgumentError", r"input\[1,0\] mismatch: ")),
])
def test_sums_and_shapes(case):
    case.check()


@parity([
    *(case("raw.conv2d_backprop_filter", IMAGES, np.int32([2, 3, 3, 2]), rng.randn(2, *size, 2).astype(np.float32),
           strides, padding, feed="rank")
      for strides, padding, size in ((ONES, "SAME", (5, 4)), (ONES, "VALID", (4, 2)), (TWOS, "SAME", (3, 2)))),
    case("raw.conv2d_backprop_input", np.int32([2, 5, 4, 3]), FILTER, rng.randn(2, 3, 2, 2).astype(np.float32), TWOS,
         "SAME", feed="rank"),
    case("raw.conv3d_backprop_filter", DEEP, CUBE_FILTER, CUBE_SLOPE, [1] * 5, "SAME", feed="rank", gradient=False,
         reference=case("raw.conv3d_backprop_filter_v2", DEEP, np.int32(CUBE_FILTER.shape), CUBE_SLOPE, [1] * 5, "SAME")),
    case("raw.conv3d_backprop_input", DEEP, INPUT_FILTER, INPUT_SLOPE, [1] * 5, "VALID", feed="rank", gradient=False,
         reference=case("raw.conv3d_backprop_input_v2", np.int32(DEEP.shape), INPUT_FILTER, INPUT_SLOPE, [1] * 5,
                        "VALID")),
    case("raw.depthwise_conv2d_native_backprop_filter", IMAGES, np.int32([2, 3, 3, 2]),
         rng.randn(2, 4, 2, 6).astype(np.float32), ONES, "VALID", feed="rank", gradient=False),
    case("raw.depthwise_conv2d_native_backprop_input", np.int32([2, 5, 4, 3]), FILTER,
         rng.randn(2, 5, 4, 6).astype(np.float32), ONES, "SAME", feed="rank", gradient=False),
])
def test_convolutions(case):
    case.check()


@parity([
    case("raw.avg_pool_grad", np.int32([2, 5, 4, 3]), rng.randn(2, 3, 2, 3).astype(np.float32), [1, 3, 2, 1], TWOS,
         "SAME", feed="rank", gradient=False),
    case("raw.avg_pool3d_grad", np.int32([1, 3, 4, 3, 2]), rng.randn(1, 2, 2, 1, 2).astype(np.float32),
         [1, 2, 2, 2, 1], [1, 1, 2, 2, 1], "VALID", feed="rank", gradient=False),
])
def test_mean_pools(case):
    case.check()


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("name", ["max_pool", "max_pool3d"])
def test_the_gradient_of_a_max_pool_is_the_operation_itself(name, padding):
    space = (5, 4) if name == "max_pool" else (3, 4, 3)
    window, strides = [1, *[2] * len(space), 1], [1, *[1] * len(space), 1]
    x = tf.constant(rounded(2, *space, 3))
    y = getattr(tf.nn, name)(x, window, strides, padding)
    slope = tf.constant(rng.randn(*y.get_shape().as_list()).astype(np.float32))
    (by_gradients,) = tf.gradients(y, x, slope)
    by_operation = raw_op(f"{name}_grad")(x, y, slope, window, strides, padding)
    one, other = tf.Session().run([by_gradients, by_operation])
    np.testing.assert_allclose(one, other, rtol=1e-6)
    assert np.count_nonzero(one)


def test_the_gradient_goes_to_the_places_of_the_largest():
    x = tf.constant(rng.permutation(2 * 4 * 4 * 2).astype(np.float32).reshape(2, 4, 4, 2))
    largest, places = raw_op("max_pool_with_argmax")(x, TWOS, TWOS, "VALID")
    slope = rng.randn(2, 2, 2, 2).astype(np.float32)
    back = raw_op("max_pool_grad_with_argmax")(x, slope, places, TWOS, TWOS, "VALID")
    values, found, where, result = tf.Session().run([x, largest, places, back])
    np.testing.assert_array_equal(found, values.reshape(2, 2, 2, 2, 2, 2).max((2, 4)))
    expected = np.zeros((2, 32), np.float32)  # places count within one image
    for image in range(2):
        np.add.at(expected[image], where[image].reshape(-1) % 32, slope[image].reshape(-1))
    np.testing.assert_allclose(result.reshape(2, 32), expected)


def test_batch_normalization_of_old_graphs():
    names = ("t", "m", "v", "beta", "gamma")
    arrays = [rng.rand(2, 2, 2, 3), *(rng.rand(3) + 0.5 for _ in names[1:])]
    graph = tf.GraphDef()
    graph.versions.producer = 8
    for name in (*names, "slope"):
        graph.node.add(name=name, op="Placeholder").attr["dtype"].type = tf.float64.as_datatype_enum
    for name, op, inputs in (("y", "BatchNormWithGlobalNormalization", names),
                             ("dy", "BatchNormWithGlobalNormalizationGrad", ("t", "m", "v", "gamma", "slope"))):
        node = graph.node.add(name=name, op=op, input=inputs)
        node.attr["T"].type = tf.float64.as_datatype_enum
        node.attr["variance_epsilon"].f, node.attr["scale_after_normalization"].b = 0.125, True
    y, dt, dbeta = tf.import_graph_def(graph, return_elements=["y:0", "dy:0", "dy:3"], name="")
    t, mean, variance, beta, gamma = arrays
    slope = rng.randn(2, 2, 2, 3)
    feeds = {f"{name}:0": array for name, array in zip((*names, "slope"), (*arrays, slope), strict=True)}
    values = tf.Session().run([y, dt, dbeta], feeds)
    scale = gamma / np.sqrt(variance + 0.125)
    for got, want in zip(values, ((t - mean) * scale + beta, slope * scale, slope.sum((0, 1, 2))), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize("name", ["relu_grad", "relu6_grad", "elu_grad", "softplus_grad", "softsign_grad"])
def test_slopes_of_another_shape(name):
    slopes, x = (tf.placeholder(tf.float32) for _ in range(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must have the same size and shape\.  Input 0: \[1,2\] != "
                                                             r"input 1: \[2\]"):
        tf.Session().run(raw_op(name)(slopes, x), {slopes: [[1, 2]], x: [1, 2]})


@pytest.mark.parametrize(("slopes", "a", "message"), [
    ([[1.0]], [[0, 0]], "backprop_val_grad should be a vector but received shape: "),
    ([1.0, 2.0], [[0, 0]], r"rows of sum_indices should match \(#nnz of sum\): got 2 and 1"),
    ([1.0], [[0]], "The densified operands should have the same ndims; for A, B, sum got: 122"),
])
def test_what_does_not_fit_a_sparse_sum(slopes, a, message):
    fed = [tf.placeholder(tf.float32), *(tf.placeholder(tf.int64) for _ in range(3))]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        tf.Session().run(list(raw_op("sparse_add_grad")(*fed)),
                         dict(zip(fed, (slopes, a, [[0, 0]], [[0, 0]]), strict=True)))
