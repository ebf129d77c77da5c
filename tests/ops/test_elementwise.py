"""Elementwise functions against the real TensorFlow: values, shapes fed and fixed, gradients."""

import numpy as np

import tracer as tf
from tests.parity import case, parity

X = np.float32([[-1.75, -0.5, 0.25], [0.75, 1.5, 2.25]])
Y = np.float32([[0.5, -1.25, 2.0], [-0.75, 1.0, 3.0]])
POSITIVE = np.float32([[0.25, 0.5, 1.5], [2.0, 3.25, 5.0]])
UNIT = np.float32([[-0.75, -0.25, 0.0], [0.125, 0.5, 0.875]])
DOUBLES = np.linspace(-1.9, 2.3, 6).reshape(2, 3)
INTS = np.int32([[-7, -2, 0], [3, 5, 9]])
FLAGS = np.array([[True, False, True], [False, False, True]])
COMPLEX = np.complex64([[1 + 2j, -0.5 + 0.25j], [0.75 - 1j, 2 + 0j]])


@parity([
    *(case(name, X) for name in ("neg", "abs", "sign", "square", "exp", "sin", "cos", "tanh", "sigmoid", "floor", "ceil",
                                "erf", "erfc")),
    *(case(name, DOUBLES) for name in ("neg", "abs", "square", "exp", "sin", "cos", "tanh", "sigmoid", "erf", "erfc")),
    *(case(name, POSITIVE) for name in ("inv", "sqrt", "rsqrt", "log", "lgamma", "digamma")),
    *(case(name, POSITIVE.astype(np.float64), tolerance=1e-10) for name in ("inv", "sqrt", "rsqrt", "log", "lgamma",
                                                                          "digamma")),
    *(case(name, INTS) for name in ("neg", "abs", "sign", "square")),
    *(case(name, COMPLEX) for name in ("neg", "square", "exp", "inv", "tanh", "sigmoid", "conj", "real", "imag",
                                      "complex_abs")),
    case("abs", np.float32([-1, 0, 2])),
    case("sign", np.float32([-1, 0, 2])),
    case("round", X, gradient=False),
    case("is_nan", np.float32([1, np.nan, np.inf])),
    case("is_inf", np.float32([1, np.nan, np.inf])),
    case("is_finite", np.float32([1, np.nan, np.inf])),
    case("logical_not", FLAGS),
])
def test_unary(case):
    case.check()


@parity([
    *(case(name, X, Y) for name in ("add", "sub", "mul", "div", "maximum", "minimum", "squared_difference")),
    *(case(name, X, Y[0]) for name in ("add", "sub", "mul", "div", "maximum", "minimum", "squared_difference")),
    *(case(name, DOUBLES, DOUBLES[::-1]) for name in ("add", "sub", "mul", "div", "maximum", "minimum")),
    *(case(name, COMPLEX, COMPLEX[::-1]) for name in ("add", "sub", "mul", "div")),
    case("maximum", np.float32([1, 2, 2]), np.float32([2, 2, 1])),
    case("minimum", np.float32([1, 2, 2]), np.float32([2, 2, 1])),
    case("div", INTS, np.int32([2, -3, 4])),
    case("div", np.int32([1, 2]), np.int32([0, 1]), raises=True),
    case("truediv", INTS, np.int32([2, -3, 4])),
    case("floordiv", X, Y),
    case("mod", np.int32([7, 5, 9]), np.int32([2, 3, 4])),
    case("mod", np.float32([7.5, 5, 9]), np.float32([2, 3, 4])),
    case("pow", POSITIVE, Y),
    case("pow", POSITIVE, np.float32(2)),
    case("pow", X, np.float32(2)),
    case("pow", np.int32([2, 3]), np.int32([3, 4])),
    case("complex", X, Y),
    case("igamma", POSITIVE, POSITIVE[::-1], tolerance=1e-4),
    case("igammac", POSITIVE, POSITIVE[::-1], tolerance=1e-4),
    *(case(name, np.float64([[-1], [0], [1], [2.5]]), np.float64([-1, 0, 0.5, 3]), tolerance=1e-9, gradient=False)
      for name in ("igamma", "igammac")),
    case("igamma", np.float64([0.75, 1, 2.5]), np.float64([0, 0, 0])),
    case("div", np.int32([-2**31, 1, -2**31, 7]), np.int32([3, -2**31, -2**31, 2**31 - 1])),
    case("mod", np.int32([-2**31, 1, -2**31, 7]), np.int32([3, -2**31, -2**31, 2**31 - 1])),
    case("complex", np.float32([1, np.inf]), np.float32([np.nan, 2]), gradient=False),
])
def test_binary(case):
    case.check()


@parity([
    *(case(name, X, np.float32([[-1.75, 1, 0.25], [0, 1.5, 9]])) for name in (
        "less", "less_equal", "greater", "greater_equal", "equal", "not_equal")),
    *(case(name, FLAGS, FLAGS[::-1]) for name in ("logical_and", "logical_or", "logical_xor")),
    case("equal", np.array([b"a", b"b"], object), np.array([b"a", b"c"], object), feed=False),
    case("select", FLAGS, X, Y),
    case("select", np.array([True, False]), X, Y),
])
def test_comparison(case):
    case.check()


@parity([
    case("cast", X, tf.int32),
    case("cast", INTS, tf.float32),
    case("cast", X, tf.float64),
    case("cast", FLAGS, tf.float32),
    case("cast", np.float32([0, 1, 2]), tf.bool),
    case("to_float", INTS),
    case("to_double", X),
    case("to_int32", X),
    case("to_int64", X),
    case("saturate_cast", np.float32([-5, 3, 300]), tf.uint8),
    case("add_n", [X, Y, X]),
    case("clip_by_value", X, -1.0, 1.0),
    case("clip_by_norm", X, 2.0),
    case("clip_by_average_norm", X, 0.1),
    case("global_norm", [X, Y]),
    case("nn.l2_loss", X),
    case("cross", X, Y),
])
def test_casts_and_clips(case):
    case.check()


@parity([
    *(case(f"operator.{name}", X, Y) for name in ("add", "sub", "mul", "truediv", "floordiv", "lt", "le", "gt", "ge")),
    *(case(f"operator.{name}", X) for name in ("neg", "abs")),
    case("operator.mod", np.int32([7, 5]), np.int32([2, 3])),
    case("operator.pow", POSITIVE, Y),
    case("operator.and_", FLAGS, FLAGS[::-1]),
    case("operator.or_", FLAGS, FLAGS[::-1]),
    case("operator.xor", FLAGS, FLAGS[::-1]),
    case("operator.invert", FLAGS),
    case("operator.add", X, 1.5),
    case("operator.truediv", INTS, 2),
])
def test_operators(case):
    case.check()
