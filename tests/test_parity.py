"""The parity harness: rows that hold, and that it notices every kind of difference."""

import json

import numpy as np
import pytest

import tracer as tf
from tests import parity as harness
from tests.parity import case, parity, plain
from tests.reference import codec
from tests.reference.recipes import basics

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
COLUMNS = np.arange(12, dtype=np.float32).reshape(3, 4) / 8 - 1
DOUBLES = np.linspace(-2, 2, 6).reshape(2, 3)


@parity([
    case("add", ROWS, ROWS[0]),
    case("add", DOUBLES, np.float64(2)),
    case("add", np.int32([1, 2]), 3),
    case("identity", np.array([b"a", "\u00e9".encode()], object)),
    case("sub", np.complex64([1 + 2j, 3]), np.complex64([1j, 2])),
    case("mul", ROWS, ROWS[:, :1]),
    case("mul", np.float16([1.5, 2]), np.float16([3, .25])),
    case("pow", np.float64([1.5, 2]), np.float64([3, .25]), tolerance=1e-11),
    case("constant", plain([[1, 2], [3, 4]]), dtype=tf.float32),
    case("constant", [1, 2], "float64", [2, 2]),
    case("operator.mul", ROWS, ROWS),
    case(tf.matmul, ROWS, COLUMNS),
    case("matmul", ROWS, ROWS, transpose_b=True),
    case("matmul", COLUMNS, ROWS, transpose_a=True, transpose_b=True, feed="rank"),
    case("matmul", DOUBLES, DOUBLES.T, expect=DOUBLES @ DOUBLES.T),
    case("matmul", ROWS, np.float32([1, 2]), raises=("ValueError", "must have rank 2")),
    case("matmul", ROWS, ROWS, raises=True),
    case("mul", ROWS, np.float32([2]), reference=case("add", ROWS, ROWS), gradient=False),
    case(basics.square_of_sum, DOUBLES, DOUBLES[0]),
    case(basics.product_with_variable, np.float32([[1, 2]])),
    case(basics.first_of_two, ROWS, ROWS),
])
def test_rows(case):
    case.check()


def of(case, family="parity"):
    case.family = family
    return case


def test_a_wrong_value_is_noticed():
    with pytest.raises(AssertionError, match="the value from constants"):
        of(case("add", ROWS, ROWS, expect=ROWS)).check()


def test_a_wrong_type_is_noticed():
    with pytest.raises(AssertionError, match="float32, TensorFlow's is float64"):
        of(case("add", ROWS, ROWS, expect=(ROWS + ROWS).astype(np.float64))).check()


def test_a_wrong_shape_is_noticed():
    with pytest.raises(AssertionError, match=r"shape \(2, 3\), TensorFlow's is \(1, 2, 3\)"):
        of(case("add", ROWS, ROWS, expect=(ROWS + ROWS)[None])).check()


def test_a_missing_output_is_noticed():
    with pytest.raises(AssertionError, match="1 outputs, TensorFlow has 2"):
        of(case("add", ROWS, ROWS, expect=(ROWS, ROWS))).check()


def test_a_row_without_recording_is_noticed():
    with pytest.raises(pytest.fail.Exception, match=r"python -m tests\.reference\.record .* ops/none"):
        of(case("add", ROWS, ROWS), "ops/none").check()


def test_a_missing_error_is_noticed():
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        of(case("add", ROWS, ROWS, raises=("ValueError", ""))).check()


def test_another_error_is_noticed():
    with pytest.raises(AssertionError, match="TensorFlow raises KeyError"):
        of(case("matmul", ROWS, ROWS, raises=("KeyError", ""))).check()


def altered(monkeypatch, change):
    """The recorded case whose gradients `change` made different ones."""
    row = of(case(basics.first_of_two, ROWS, ROWS))
    answer = json.loads(json.dumps(row.answer()))
    change(answer["gradients"])
    monkeypatch.setattr(harness.Case, "answer", lambda self: answer)
    return row


def test_a_wrong_gradient_is_noticed(monkeypatch):
    def change(gradients):
        gradients[0]["value"]["at"] -= 4

    with pytest.raises(AssertionError, match="the gradient by float argument 0"):
        altered(monkeypatch, change).check()


def test_a_gradient_that_tensorflow_has_not_is_noticed(monkeypatch):
    def change(gradients):
        gradients[0] = None

    with pytest.raises(AssertionError, match="TensorFlow's is None"):
        altered(monkeypatch, change).check()


def test_a_missing_gradient_is_noticed(monkeypatch):
    def change(gradients):
        gradients[1] = gradients[0]

    with pytest.raises(AssertionError, match=r"float argument 1, \(2, 3\) is None"):
        altered(monkeypatch, change).check()


def test_a_dense_gradient_for_slices_is_noticed(monkeypatch):
    def change(gradients):
        gradients[0]["slices"] = True

    with pytest.raises(AssertionError, match="TensorFlow's slices: True"):
        altered(monkeypatch, change).check()


def test_a_wrong_numeric_gradient_is_noticed(monkeypatch):
    row = of(case("mul", DOUBLES, DOUBLES, expect=DOUBLES * DOUBLES))
    honest = tf.gradients
    monkeypatch.setattr(tf, "gradients", lambda ys, xs, weights: [tf.add(g, g) for g in honest(ys, xs, weights)])
    with pytest.raises(AssertionError, match="the gradient by"):
        row.check()


def test_a_value_that_depends_on_the_feed_is_noticed(monkeypatch):
    row = of(case("add", DOUBLES, DOUBLES, expect=DOUBLES + DOUBLES))
    honest = row.placeholders
    monkeypatch.setattr(row, "placeholders", lambda feeds: lambda value: honest(feeds)(value * 2))
    with pytest.raises(AssertionError, match="the value fed by placeholders"):
        row.check()


def test_a_wrong_declared_shape_is_noticed():
    wrong = tf.placeholder(tf.float32, [2, 2])
    with pytest.raises(AssertionError, match=r"from constants: declared \(2, 2\), computed \(2, 3\)"):
        harness.check_shapes([wrong], [ROWS], "from constants")


@pytest.mark.parametrize("value", [
    None, True, 3, 2.5, float("inf"), "text", [1, [2, "x"]], (1, None), {"key": [1]}, slice(1, None, 2), Ellipsis,
])
def test_literals_survive_the_file(tmp_path, value):
    writer = codec.Writer()
    writer.save(tmp_path / "file.npz", writer.encode(value))
    reader = codec.Reader(tmp_path / "file.npz")
    assert reader.decode(reader.index) == value


@pytest.mark.parametrize("value", [
    np.float32(3), np.float64(3), np.zeros((0, 2), np.int64), np.array([[True], [False]]), np.complex128([1j, 2]),
    np.arange(6, dtype=np.uint8).reshape(2, 3).T,
], ids=harness.describe)
def test_arrays_survive_the_file(tmp_path, value):
    writer = codec.Writer()
    writer.save(tmp_path / "file.npz", [writer.encode(np.int8([7])), writer.encode(value)])
    reader = codec.Reader(tmp_path / "file.npz")
    read = reader.decode(reader.index)[1]
    assert read.dtype == np.asarray(value).dtype
    np.testing.assert_array_equal(read, value)
    assert read.shape == np.shape(value)


def test_strings_survive_the_file(tmp_path):
    value = np.array([[b"a\0", b""], ["\u00e9".encode(), b"\xff"]], object)
    writer = codec.Writer()
    writer.save(tmp_path / "file.npz", writer.encode(value))
    reader = codec.Reader(tmp_path / "file.npz")
    assert reader.decode(reader.index).tolist() == value.tolist()


def test_what_cannot_be_written_is_refused():
    with pytest.raises(TypeError, match="pass arrays, literals or a recipe"):
        codec.Writer().encode(lambda: 0)


def test_a_changed_argument_is_another_recording():
    keys = {of(one).key for one in [
        case("add", ROWS, ROWS), case("add", ROWS, ROWS + 1), case("sub", ROWS, ROWS), case("add", ROWS, y=ROWS),
        case("add", ROWS.astype(np.float64), ROWS), case("add", ROWS, ROWS, gradient=False),
    ]}
    assert len(keys) == 6
