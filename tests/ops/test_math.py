"""Where functions of numbers have edges: zeros, ties, negative whole numbers, what is no number."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import mathematics as recipes

NAN, INF = np.nan, np.inf
HALVES = np.float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])


@parity([
    case("pow", np.float32([0, 0, 0, -2, -2, 2, 0]), np.float32([0, 1, 2, 2, 0.5, 0, -1])),
    case("pow", np.float64([2, 3]), np.float64([-1, 0.5])),
    case("pow", np.int64([2, -2, 0, -1]), np.int64([62, 3, 0, 5])),
    case("pow", np.int32([3]), np.int32([40])),
    case("pow", np.complex64([1 + 1j, 2]), np.complex64([2, 1j]), gradient=False),
    case("div", np.int32([7, -7, 7, -7]), np.int32([3, 3, -3, -3])),
    case("div", np.uint8([250, 7]), np.uint8([3, 2])),
    case("div", np.float16([5, 7, 1]), np.float16([6, 3, 0])),
    case("floordiv", np.int64([7, -7, 7, -7]), np.int64([3, 3, -3, -3])),
    case("floordiv", np.float32([7, -7, 7, -7]), np.float32([3, 3, -3, -3]), gradient=False),
    case("truediv", np.uint8([7, 1]), np.uint8([2, 4])),
    case("truediv", np.int64([7, -1]), np.int64([2, 4])),
    case("mod", np.int32([7, -7, 7, -7]), np.int32([3, 3, -3, -3])),
    case("mod", np.float32([7.5, -7.5, 7.5, -7.5]), np.float32([3, 3, -3, -3]), gradient=False),
    case("mod", np.int64([1]), np.int64([0]), raises=True),
    case("maximum", np.float32([-0.0, 1, 3, 3]), np.float32([0, -INF, 3, 4])),
    case("minimum", np.float32([-0.0, 1, 3, 3]), np.float32([0, -INF, 3, 4])),
    case("maximum", np.int64([1, 5]), np.int64([3])),
    case("squared_difference", np.int32([[1, 2, 3], [4, 5, 6]]), np.int32([-3, -2, -1])),
    case("add", np.float32([1, 2]), np.float32([1, 2, 3]), raises=True),
    case("truediv", np.float32([1]), np.int32([2]), raises=True),
    case("truediv", np.array([True]), np.array([True]), raises=True),
    case("floordiv", np.array([True]), np.array([True]), raises=True),
])
def test_two_operands(case):
    case.check()


@parity([
    case("sign", np.float32([NAN, -0.0, INF, -INF, -3])),
    case("sign", np.complex64([3 + 4j, 0, -2j]), gradient=False),
    case("sqrt", np.float32([0, 4, 0.25])),
    case("log", np.float32([0, 1, -1])),
    case("rsqrt", np.float32([4, 0.25]), tolerance=3e-5),  # the real one takes the short way to it
    case("inv", np.float32([0, -4]), reference=case("reciprocal", np.float32([0, -4]))),
    case("digamma", np.float32([-1, 0, -1.5, 0.5]), gradient=False),
    case("lgamma", np.float32([-1, -1.5, 0.5, 100]), gradient=False),
    case("lgamma", np.float32([1, 2, 0.9999, 1.00001, 1.5, 1.9999, 2.0001, 2.4]), tolerance=1e-6),
    case("floor", np.float16([-1.5, 1.5])),
    case("erf", np.float16([-1.5, 0.25])),
    case("round", HALVES, expect=np.floor(HALVES + np.float32(0.5)), gradient=False),
    case("round", np.int32([3, -3]), gradient=False),
    case(recipes.absolute_complex, np.complex64([3 + 4j, 0, -1j])),
    case("lbeta", np.float32([[1, 2.5], [0.25, 3]])),
    case("lbeta", np.float32([0.5])),
    case("add_n", [np.float32([1, 2]), np.float32([3, 4])]),
    case("add_n", [np.float64([1, 2])]),
    case("accumulate_n", [np.float32([1, 2]), np.float32([3, 4]), np.float32([5, 6])], feed=False, gradient=False),
    case("scalar_mul", 2.0, np.float32([1, 2])),
    case("cross", np.int32([[1, 2, 3], [4, 5, 6]]), np.int32([[1, 0, 0], [0, 1, 0]])),
    case("cross", np.float32([1, 2]), np.float32([3, 4]), raises=True),
])
def test_one_operand(case):
    case.check()


FAR = np.float32([1e30, -1e30, NAN, INF, -INF, 3e9, 300.7, -300.7, 5e9, -1.5, 128, 255.9, 70000])


@parity([
    *(case("cast", FAR.astype(kind), tf.as_dtype(target)) for kind in (np.float32, np.float64)
      for target in ("int8", "uint8", "int16", "uint16", "int32", "int64", "bool")),
    *(case("cast", np.int64([2**40 + 5, -300, -1, 2**31, 200]), tf.as_dtype(target))
      for target in ("int8", "uint8", "int16", "int32", "bool", "float32")),
    *(case("saturate_cast", FAR, tf.as_dtype(target)) for target in ("int8", "uint8", "int16", "int32")),
    case("cast", np.complex64([1 + 2j]), tf.float32, gradient=False),
    case("cast", np.float32([1, 2]), tf.complex64, gradient=False),
    case("cast", np.float32([1.1, 70000]), tf.float16),
    case("cast", np.array([True, False]), tf.float64),
    case(recipes.through_bfloat16, np.float32([1.00390625, 1.01171875, 3.1415926, -2.7182817]), gradient=False),
    case("cast", np.array([b"1"], object), tf.float32, feed=False, raises=True),
])
def test_cast(case):
    case.check()


def test_cast_to_its_own_type_is_the_same_tensor():
    x = tf.constant(1.0)
    assert tf.cast(x, tf.float32) is x
    assert tf.to_float(x) is x


def test_whole_numbers_are_already_round():
    x = tf.constant([1, 2])
    assert tf.round(x) is x


def test_negative_power_of_a_whole_number_is_an_error():
    # TensorFlow 0.8 never came back from it.
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="negative integer powers"):
        session.run(tf.pow(tf.constant([2]), tf.constant([-1])))


def test_scalar_mul_keeps_slices():
    x = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([3]), tf.constant([5, 2]))
    product = tf.scalar_mul(2.0, x)
    assert isinstance(product, tf.IndexedSlices)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(product.values), [[2.0, 4.0]])


def test_scalar_mul_wants_a_scalar():
    with pytest.raises(ValueError, match="Only scalar multiply works"):
        tf.scalar_mul(tf.constant([1.0]), tf.constant([1.0]))


@pytest.mark.parametrize("wrong", [[], tf, [1.0, [2.0, 3.0]]])
def test_accumulate_n_wants_tensors_of_one_shape(wrong):
    with pytest.raises((ValueError, TypeError)):
        tf.accumulate_n(wrong)


def test_product_of_an_unknown_and_a_wrong_matrix():
    x = tf.placeholder(tf.float32)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=r"In\[0\]: \[2,3\], In\[1\]: \[2,3\]"):
        session.run(tf.matmul(x, x), {x: np.ones((2, 3))})


def test_sparse_products_are_recorded_as_such():
    a, b = tf.constant([[0.0, 2.0]]), tf.constant([[3.0], [4.0]])
    product = tf.matmul(a, b, a_is_sparse=True)
    assert product.op.type == "SparseMatMul"
    assert product.op.name == "MatMul"
    with tf.Session() as session:
        assert session.run(product) == [[8.0]]


def test_reduced_shape():
    from tracer.ops import reduction

    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(reduction.reduced_shape([2, 3, 5], [0, 2])), [1, 3, 1])


def test_names_of_compositions():
    # behaviours.md section 1; checkpoints and scripts look names up, and seeds count operations.
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    tf.reduce_mean(x)
    tf.reduce_sum(x, [0])
    tf.to_int32(x)
    tf.truediv(tf.constant(1), tf.constant(2))
    tf.trace(x)
    tf.add_n([x])
    tf.accumulate_n([x, x])
    assert [op.name for op in tf.get_default_graph().get_operations()] == [
        "x", "Rank", "range/start", "range/delta", "range", "Mean", "Sum/reduction_indices", "Sum", "ToInt32",
        "Const", "Const_1", "truediv/Cast", "truediv/Cast_1", "truediv", "Trace/DiagPart", "Trace/Rank",
        "Trace/range/start", "Trace/range/delta", "Trace/range", "Trace", "AddN", "AccumulateN/TemporaryVariable",
        "AccumulateN/zeros_like", "AccumulateN/Assign", "AccumulateN/AssignAdd", "AccumulateN/AssignAdd_1",
        "AccumulateN",
    ]


@pytest.mark.parametrize("function", [tf.ceil, lambda x: tf.mod(x, 2.0)])
def test_what_has_no_gradient_says_so(function):
    x = tf.constant([1.5])
    with pytest.raises(LookupError, match=r"No gradient defined for operation '\w+' \(op type: (Ceil|Mod)\)"):
        tf.gradients(function(x), x)


@pytest.mark.parametrize("function", [tf.floor, tf.round, tf.to_int32, lambda x: tf.less(x, 1.0)])
def test_steps_pass_no_gradient(function):
    x = tf.constant([1.5])
    assert tf.gradients(tf.to_float(function(x)), x) == [None]


def test_the_sign_is_flat():
    x = tf.constant([-1.5, 0.0])
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(tf.gradients(tf.sign(x), x)[0]), [0, 0])


def test_gradient_of_a_gradient_at_kinks():
    x = tf.constant([-2.0, 0.5, 3.0])
    y = tf.reduce_sum(tf.pow(x, 3.0) + tf.abs(x) + tf.maximum(x, 1.0) * x)
    (first,) = tf.gradients(y, x)
    (second,) = tf.gradients(first, x)
    values = np.float32([-2, 0.5, 3])
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(first), 3 * values ** 2 + np.sign(values) + [1, 1, 6], rtol=1e-6)
        np.testing.assert_allclose(session.run(second), 6 * values + [0, 0, 2], rtol=1e-6)
