"""Operations that TensorFlow had from 0.9 on, against what 0.12.1 computes."""

import numpy as np
import pytest

import tracer as tf
from tests.naming import written
from tests.parity import case, parity
from tests.reference.recipes import later

rng = np.random.RandomState(5)
ORDERS, PLACES = np.float32([0, 1, 2, 5]), np.float32([0.3, 1.5, 4.0, 9.5])
IMAGES = rng.randn(1, 4, 6, 2).astype(np.float32)
FILTERS = rng.randn(2, 2, 2, 3).astype(np.float32)
VALUES = np.float32([1.5, -2, 3])


@parity([
    case("polygamma", ORDERS, PLACES, tolerance=1e-5), case("polygamma", np.float64(1), PLACES.astype(np.float64)),
    case("zeta", ORDERS + np.float32(1.5), PLACES, tolerance=1e-5), case("zeta", np.float64([2, 3.5]), np.float64(1.25)),
    case("betainc", np.float32([0.5, 2, 30]), np.float32([1, 3, 0.2]), np.float32([0.1, 0.6, 0.9]), gradient=False,
         tolerance=1e-5),
    case("betainc", np.float64(2), np.float64(3), np.float64([0, 0.5, 1]), gradient=False),
    case("matrix_set_diag", np.arange(12.0).reshape(2, 2, 3), np.float64([[9, 8], [7, 6]])),
    case("matrix_set_diag", np.int32([[1, 2], [3, 4]]), np.int32([7, 9])),
    case("space_to_batch_nd", IMAGES, [2, 3], [[0, 0], [1, 2]]), case("space_to_batch_nd", IMAGES, [2], [[1, 1]]),
    case("space_to_batch_nd", IMAGES, [3, 2], [[0, 0], [0, 0]], raises=True),
    case("batch_to_space_nd", np.repeat(IMAGES, 6, 0), [2, 3], [[1, 0], [2, 1]]),
    case("batch_to_space_nd", IMAGES, [2, 2], [[0, 0], [0, 0]], raises=True),
    case("required_space_to_batch_paddings", np.int32([7, 8]), np.int32([3, 2]), gradient=False),
    case("nn.log_poisson_loss", VALUES, np.float32([0.5, 3, 0]), gradient=False),
    case("nn.log_poisson_loss", VALUES, np.float32([0.5, 3, 2]), compute_full_loss=True, gradient=False),
    case("cholesky_solve", np.float64([[2, 0], [1, 3]]), np.float64([[1], [2]])),
])
def test_mathematics(case):
    case.check()


@parity([
    case("nn.convolution", IMAGES, FILTERS, "SAME", dilation_rate=[2, 2], feed="rank"),
    case("nn.convolution", IMAGES, FILTERS, "VALID", dilation_rate=[1, 3], feed="rank"),
    case("nn.convolution", IMAGES, FILTERS, "SAME", strides=[2, 1], feed="rank"),
    case("nn.convolution", IMAGES[0], FILTERS[0], "SAME", dilation_rate=[2], feed="rank"),
    case("nn.convolution", IMAGES[:, None], FILTERS[None], "VALID", feed="rank"),
    case("nn.convolution", IMAGES, FILTERS, "SAME", strides=[2, 1], dilation_rate=[2, 2], raises=True),
    case("nn.convolution", IMAGES, FILTERS[:, :, :1], "SAME", raises=True),
    case("nn.convolution", IMAGES, FILTERS, "SAME", strides=[1], raises=True),
    case(later.pooled, IMAGES, [2, 2], "MAX", "VALID", dilation_rate=[2, 1]),
    case(later.pooled, IMAGES, [2, 2], "AVG", "SAME", strides=[2, 2]),
    case(later.pooled, IMAGES[0], [3], "MAX", "SAME", gradient=False),
    case(later.pooled, IMAGES[:, None], [1, 2, 2], "AVG", "VALID"),
    case(later.pooled, IMAGES, [2, 2], "MIN", "SAME", raises=True),
])
def test_windows(case):
    case.check()


TEXTS = np.array([b"a", b"hello", b"", b"x" * 12, b"y" * 20, b"y" * 40, b"z" * 65, b"w" * 300], object)


@parity([
    case("string_to_hash_bucket_fast", TEXTS, 2**40), case("string_to_hash_bucket_strong", TEXTS, 2**40, [123, -456]),
    case("encode_base64", TEXTS[:4]), case("encode_base64", TEXTS[:4], pad=True),
    case("decode_base64", np.array([b"YQ", b"aGVsbG8=", b"__4"], object)),
    case("decode_base64", np.array([b"a"], object), raises=True),
])
def test_strings(case):
    case.check()


@parity([
    case(later.sparse_softmax, VALUES), case(later.sparse_transposed, VALUES), case(later.sparse_reshaped, VALUES, [3, -1]),
    case(later.sparse_reshaped, VALUES, [4, -1], raises=True), case(later.sparse_reset, VALUES, [4, 4]),
    case(later.sparse_reset, VALUES, None), case(later.sparse_reset, VALUES, [1, 4], raises=True),
    case(later.sparse_greatest, VALUES, np.float32([-1, 5]), gradient=False),
    case(later.sparse_least, VALUES, np.float32([-1, 5]), gradient=False),
    case(later.sparse_sums, VALUES, 0, gradient=False), case(later.sparse_sums, VALUES, [-1], keep_dims=True, gradient=False),
])
def test_sparse_tensors(case):
    case.check()


def test_a_derivative_that_tensorflow_has_not():
    a, x = tf.constant(2.0), tf.constant(1.5)
    assert tf.gradients(tf.polygamma(a, x), [a])[0] is None
    assert tf.gradients(tf.zeta(a, x), [a])[0] is None
    with pytest.raises(LookupError, match="No gradient defined for operation 'Betainc'"):
        tf.gradients(tf.betainc(a, x, 0.5), [a])


WRITES = [  # of numbers 0 to 7
    (tf.scatter_nd_update, [[4], [3], [1], [4]], [9.0, 10, 11, 12], [0, 11, 2, 10, 12, 5, 6, 7]),
    (tf.scatter_nd_add, [[4], [4], [1]], [9.0, 10, 11], [0, 12, 2, 3, 23, 5, 6, 7]),
    (tf.scatter_nd_sub, [[4], [3], [1]], [9.0, 10, 11], [0, -10, 2, -7, -5, 5, 6, 7]),
    (tf.scatter_mul, [4, 4, 1], [9.0, 10, 11], [0, 11, 2, 3, 360, 5, 6, 7]),
    (tf.scatter_div, [4, 3, 1], [2.0, 10, 4], [0, 0.25, 2, 0.3, 2, 5, 6, 7]),
]


@pytest.mark.parametrize(("write", "indices", "updates", "expected"), WRITES, ids=written)
def test_writes_to_parts_of_variables(write, indices, updates, expected):
    variable = tf.Variable(np.arange(8.0))
    with tf.Session() as session:
        session.run(variable.initializer)
        np.testing.assert_allclose(session.run(write(variable, indices, updates)), expected)
        np.testing.assert_allclose(session.run(variable), expected)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"is not in \[0, 8\)"):
            session.run(write(variable, np.int32(indices) + 4, updates))
        np.testing.assert_allclose(session.run(variable), expected)


def test_writes_of_slices_and_of_integers():
    table, whole = tf.Variable(np.zeros([2, 2, 3])), tf.Variable([7, 9])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found = session.run(tf.scatter_nd_add(table, [[0, 1], [1, 0], [0, 1]], np.ones([3, 3])))
        np.testing.assert_array_equal(found[:, :, 0], [[0, 2], [1, 0]])
        assert session.run(tf.scatter_div(whole, [0, 0], [2, 2])).tolist() == [1, 9]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"):
            session.run(tf.scatter_div(whole, [1], [0]))


GAMMA = [[[1.3075964, 0.40778071], [3.4006398, 21.212688]], [[0.021732081, 0.6819607], [0.97231227, 25.38678]]]
AGAIN = [[[0.11447245, 2.0880425], [0.55884004, 32.947094]], [[0.10419048, 0.6571097], [0.46316314, 25.565031]]]


def test_gamma_distributions():
    tf.set_random_seed(3)
    drawn = tf.random_gamma([4], [[0.5, 1.0], [2.5, 30.0]], beta=[[1.0, 1.0], [2.0, 1.0]], seed=7)
    assert (drawn.op.name, drawn.get_shape().as_list()) == ("random_gamma/truediv", [4, 2, 2])
    double = tf.random_gamma([3], tf.constant(2.0, tf.float64), seed=8, dtype=tf.float64)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(drawn)[:2], GAMMA, rtol=2e-6)
        np.testing.assert_allclose(session.run(drawn)[:2], AGAIN, rtol=2e-6)
        np.testing.assert_allclose(session.run(double), [1.10863425, 1.29543166, 5.85124167], rtol=1e-8)


def test_files_and_messages(tmp_path):
    path = tmp_path / "deep" / "file"
    text = tf.contrib.util.make_tensor_proto([1.5, 2.5], shape=[2, 1]).SerializeToString()
    with tf.Session() as session:
        session.run(tf.write_file(str(path), b"contents"))
        assert path.read_bytes() == b"contents"
        np.testing.assert_array_equal(session.run(tf.parse_tensor(text, tf.float32)), np.float32([[1.5], [2.5]]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="Type mismatch"):
            session.run(tf.parse_tensor(text, tf.int32))


def test_frames_of_a_moving_picture(tmp_path):
    from PIL import Image

    frames = [Image.new("RGB", (3, 2), color) for color in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with tf.Session() as session:
        found = session.run(tf.image.decode_gif((tmp_path / "a.gif").read_bytes()))
        with pytest.raises(tf.errors.InvalidArgumentError, match="unknown format"):
            session.run(tf.image.decode_gif(b"no picture"))
    assert found.shape == (2, 2, 3, 3)
    assert found[:, 0, 0].tolist() == [[255, 0, 0], [0, 0, 255]]


def test_second_derivatives():
    x = tf.constant([1.0, 2.0])
    with tf.Session() as session:
        matrix, = session.run(tf.hessians(tf.reduce_sum(x ** 3) * x[0], x))
    np.testing.assert_allclose(matrix, [[12, 12], [12, 12]])
    with pytest.raises(ValueError, match="does not have rank one"):
        tf.hessians(x[0], tf.constant(1.0))


WIDE = rng.randn(2, 3)
OF_ITSELF = WIDE @ WIDE.T
SPREAD = rng.rand(1, 2, 3, 2).astype(np.float32)
GIVEN = np.float32([0.1, 0.2]), SPREAD.var((0, 1, 2))  # means that are none of these images


@parity([
    case("matrix_diag_part", WIDE, expect=np.diagonal(WIDE)), case("matrix_diag_part", WIDE.T, expect=np.diagonal(WIDE)),
    case("matrix_diag_part", np.stack([OF_ITSELF] * 2), expect=np.stack([np.diagonal(OF_ITSELF)] * 2)),
    case("scatter_nd", [[1, 0], [0, 2], [1, 0]], np.float64([1, 2, 4]), [2, 3], expect=[[0, 0, 2], [5.0, 0, 0]]),
    case("scatter_nd", [[2], [0]], WIDE, [3, 3], expect=np.stack([WIDE[1], 0 * WIDE[0], WIDE[0]])),
    case("scatter_nd", [[2], [0]], WIDE, [2, 3], expect=None, raises=("InvalidArgumentError", "is not in")),
    case("scatter_nd", [[2], [0]], WIDE, [3, 4], expect=None, raises=("InvalidArgumentError", "Must have updates.shape")),
    case("svd", WIDE, compute_uv=False, expect=np.linalg.svd(WIDE)[1]),
    case("self_adjoint_eigvals", OF_ITSELF, expect=np.linalg.eigvalsh(OF_ITSELF), gradient=False),
    case("raw.self_adjoint_eig_v2", np.diag([3.0, 1]), compute_v=False, expect=(np.float64([1, 3]), np.zeros(0)),
         gradient=False),
    case("raw.sparse_dense_cwise_add", np.int64([[0, 1], [1, 0]]), np.float64([1, 2]), np.int64([2, 3]), WIDE,
         expect=[1 + WIDE[0, 1], 2 + WIDE[1, 0]]),
    case("raw.fused_batch_norm_grad", np.ones_like(SPREAD), SPREAD, np.float32([2, 3]), *GIVEN, epsilon=0.01,
         is_training=False, gradient=False, tolerance=1e-5,
         expect=(np.ones_like(SPREAD) * np.float32([2, 3]) / np.sqrt(GIVEN[1] + np.float32(0.01)),
                 ((SPREAD - GIVEN[0]) / np.sqrt(GIVEN[1] + np.float32(0.01))).sum((0, 1, 2)), np.float32([6, 6]),
                 np.float32(0), np.float32(0))),
    case("image.crop_and_resize", SPREAD, np.float32([[1, 0, 0, 1]]), [0], [2, 3], expect=SPREAD[:, ::-1], gradient=False),
    case("raw.crop_and_resize_grad_image", SPREAD, np.float32([[1, 0, 0, 1]]), [0], [1, 2, 3, 2], T=tf.float32,
         expect=SPREAD[:, ::-1], gradient=False),
    case("raw.crop_and_resize_grad_boxes", np.ones([1, 1, 1, 1], np.float32), np.float32([[[[1], [3]]]]),
         np.float32([[0, 0, 0, 1]]), [0], expect=np.float32([[0, 1, 0, 1]]), gradient=False),
    case("image.crop_and_resize", SPREAD, np.float32([[1, 0, 0, 1]]), [1], [2, 3], expect=None,
         raises=("InvalidArgumentError", r"box_ind has values outside \[0, 1\)")),
    case("raw.conv3d_backprop_input_v2", [1, 2, 2, 1, 1], np.float64([[[[[2]]]]]), np.float64([[[[[3]], [[4]]]]]),
         strides=[1, 2, 1, 1, 1], padding="SAME", gradient=False, expect=np.float64([[[[[6]], [[8]]], [[[0]], [[0]]]]])),
    case("raw.conv3d_backprop_filter_v2", np.float64([[[[[5]], [[7]]], [[[1]], [[1]]]]]), [1, 1, 1, 1, 1],
         np.float64([[[[[3]], [[4]]]]]), strides=[1, 2, 1, 1, 1], padding="SAME", gradient=False,
         expect=np.float64([[[[[43]]]]])),
    case("substr", np.array([b"hello", b"world"], object), [1, 2], [2, 9], expect=np.array([b"el", b"rld"], object)),
    case("substr", np.array([b"a"], object), 2, 1, expect=None, raises=("InvalidArgumentError", "out of range")),
    case("as_string", np.int64([3, -4]), width=3, expect=np.array([b"  3", b" -4"], object)),
    case("as_string", np.int64([3]), precision=2, expect=None, raises=("InvalidArgumentError", "precision not supported")),
])
def test_what_younger_scripts_call(case):
    case.check()
