"""What `tf.constant` makes of values, against the answers of TensorFlow 0.12.1's make_tensor_proto."""

import ml_dtypes
import numpy as np
import pytest

from tracer import dtypes
from tracer.dimension import Dimension
from tracer.shapes import TensorShape
from tracer.values import array_of


class Thing:
    def __repr__(self):
        return "THING"


def says(value, *arguments):
    """What was made of a value: the type's name, the shape, the elements."""
    array = array_of(value, *arguments)
    return dtypes.as_dtype(array.dtype).name, list(array.shape), array.tolist()


@pytest.mark.parametrize(
    ("value", "name", "shape", "elements"),
    [
        (1, "int32", [], 1), (2**31, "int64", [], 2**31), (-(2**31), "int32", [], -(2**31)),
        (-(2**31) - 1, "int64", [], -(2**31) - 1), ([1, 2**31], "int64", [2], [1, 2**31]),
        (1.5, "float32", [], 1.5), ([1, 2.5], "float32", [2], [1.0, 2.5]), (True, "bool", [], True),
        ([True, False], "bool", [2], [True, False]), ([True, 1], "int32", [2], [1, 1]),
        ([True, 1.5], "float32", [2], [1.0, 1.5]), (1j, "complex128", [], 1j), ([1.0, 1j], "complex128", [2], [1, 1j]),
        ("a", "string", [], b"a"), (b"a", "string", [], b"a"), ("é", "string", [], b"\xc3\xa9"),
        (["a", b"b"], "string", [2], [b"a", b"b"]), ([b"a\0"], "string", [1], [b"a\0"]),
        ([], "float32", [0], []), ([[]], "float32", [1, 0], [[]]), ([[[]]], "float32", [1, 1, 0], [[[]]]),
        ((1, 2), "int32", [2], [1, 2]), (((1, 2), (3, 4)), "int32", [2, 2], [[1, 2], [3, 4]]),
        ([[True], [1]], "int32", [2, 1], [[1], [1]]), (float("inf"), "float32", [], float("inf")),
        ([[["a", "b"], ["c", "d"]]], "string", [1, 2, 2], [[[b"a", b"b"], [b"c", b"d"]]]),
        # NumPy's own values keep their type; within a list they count as Python's.
        (np.float64(1.5), "float64", [], 1.5), (np.int64(3), "int64", [], 3), (np.uint8(3), "uint8", [], 3),
        (np.float16(3), "float16", [], 3.0), (np.bool_(True), "bool", [], True), (np.complex64(1), "complex64", [], 1),
        (np.arange(3), "int64", [3], [0, 1, 2]), (np.arange(3.0), "float64", [3], [0.0, 1.0, 2.0]),
        (np.array(5), "int64", [], 5), (np.array([1, 2, 3])[::2], "int64", [2], [1, 3]),
        ([np.float64(1.5)], "float32", [1], [1.5]), ([np.int64(1)], "int32", [1], [1]),
        ([np.int64(2**40)], "int64", [1], [2**40]), ([np.float32(1), np.int32(2)], "float32", [2], [1.0, 2.0]),
        ([np.array(1.0), np.array(2.0)], "float32", [2], [1.0, 2.0]),
        (np.array(["a", "bc"]), "string", [2], [b"a", b"bc"]), (np.array([b"a"]), "string", [1], [b"a"]),
        (np.array(["a", b"b"], object), "string", [2], [b"a", b"b"]), (np.str_("a"), "string", [], b"a"),
        # A range was a list when these scripts were written.
        (range(3), "int32", [3], [0, 1, 2]),
    ],
)  # fmt: skip
def test_inference(value, name, shape, elements):
    assert says(value) == (name, shape, elements)


@pytest.mark.parametrize(
    ("value", "name", "elements"),
    [
        (1, "float32", 1.0), (True, "int32", 1), (True, "float32", 1.0), ([True, 2], "int32", [1, 2]),
        (1, "complex64", 1), (1.5, "complex64", 1.5), (1.5, "float16", 1.5), (1e40, "float32", float("inf")),
        (1e10, "float16", float("inf")), (2**70, "float32", float(2**70)), ([2**70], "float64", [float(2**70)]),
        (2**40, "int64", 2**40), ([], "int32", []), ([], "string", []), ([[]], "int64", [[]]),
        ([True, False], "float32", [1.0, 0.0]), ([np.int64(5)], "float32", [5.0]), (b"a", "string", b"a"),
        # Python numbers out of range wrap around.
        (-1, "uint8", 255), (300, "uint8", 44), (300, "int8", 44), ([300, 1], "uint8", [44, 1]),
        (2**31, "int32", -(2**31)), (2**40, "int32", 0),
        # NumPy values are cast, whatever is lost.
        (np.array([1.7, 2]), "int32", [1, 2]), (np.array([1, 2]), "float32", [1.0, 2.0]),
        (np.array([300]), "uint8", [44]), (np.array([1.5]), "bool", [True]), (np.array(["1"]), "float32", [1.0]),
        (np.float64(1.5), "int32", 1), (np.float32(1.5), "float64", 1.5),
        ((21,), "qint32", (21,)), ([(21,), (22,)], "qint8", [(21,), (22,)]),
        ([[(21,), (22,)]], "quint8", [[(21,), (22,)]]),
    ],
)  # fmt: skip
def test_types_that_are_asked_for(value, name, elements):
    array = array_of(value, dtypes.as_dtype(name))
    assert dtypes.as_dtype(array.dtype).name == name
    assert array.tolist() == elements


def test_bfloat16():
    array = array_of([1.5, 2], "bfloat16")
    assert array.dtype == ml_dtypes.bfloat16
    assert array.astype(float).tolist() == [1.5, 2.0]


def test_complex_values_of_numpy_lose_their_imaginary_part_with_a_warning():
    with pytest.warns(np.exceptions.ComplexWarning):
        assert array_of(np.array([1 + 2j]), "float32").tolist() == [1.0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**63, "Expected binary or unicode string, got 9223372036854775808"),
        ([1, "a"], "Expected binary or unicode string, got 1"), (["a", 1], "Expected binary or unicode string, got 1"),
        ([None], "Expected binary or unicode string, got None"),
        ([1, None], "Expected binary or unicode string, got 1"),
        (Thing(), "Expected binary or unicode string, got THING"),
        ([Thing()], "Expected binary or unicode string, got THING"), ({}, "Expected binary or unicode string, got {}"),
        ([1, [2, 3]], "Expected binary or unicode string, got 1"),
        (np.array(["a", 1], object), "Expected binary or unicode string, got 1"),
        ([Dimension(3), 4], "Expected binary or unicode string, got Dimension(3)"),
        (np.uint32(3), "Cannot convert value dtype('uint32') to a TensorFlow DType."),
        (np.arange(3, dtype=np.uint64), "Cannot convert value dtype('uint64') to a TensorFlow DType."),
        (np.datetime64("2001-01-01"), "Cannot convert value dtype('<M8[D]') to a TensorFlow DType."),
    ],
)  # fmt: skip
def test_values_without_a_type(value, message):
    with pytest.raises(TypeError) as error:
        array_of(value)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("value", "name", "message"),
    [
        (1.5, "int32", "Expected int32, got 1.5 of type 'float' instead."),
        (1, "bool", "Expected bool, got 1 of type 'int' instead."),
        (1.0, "bool", "Expected bool, got 1.0 of type 'float' instead."),
        ("a", "int32", "Expected int32, got 'a' of type 'str' instead."),
        (1, "string", "Expected string, got 1 of type 'int' instead."),
        ([1], "string", "Expected string, got 1 of type 'int' instead."),
        (1j, "float32", "Expected float32, got 1j of type 'complex' instead."),
        ([1, "a"], "float32", "Expected float32, got 'a' of type 'str' instead."),
        ([1, 2.5], "int32", "Expected int32, got 2.5 of type 'float' instead."),
        ([1.0], "int32", "Expected int32, got 1.0 of type 'float' instead."),
        ([None], "float32", "Expected float32, got None of type '_Message' instead."),
        (["a", None], "string", "Expected string, got None of type '_Message' instead."),
        (Thing(), "float32", "Expected float32, got THING of type 'Thing' instead."),
        (Thing(), "string", "Expected string, got THING of type 'Thing' instead."),
        ([np.float64(1.5)], "int32", "Expected int32, got 1.5 of type 'float64' instead."),
        ([1, 2, 3], "bool", "Expected bool, got 1 of type 'int' instead."),
        ([True, 2], "bool", "Expected bool, got 2 of type 'int' instead."),
        ([np.array([1, 2])], "float32", "Expected float32, got array([1, 2]) of type 'ndarray' instead."),
        ([1, 2], "qint8", "Expected qint8, got 1 of type 'int' instead."),
        (Dimension(3), "int32", "Expected int32, got Dimension(3) of type 'Dimension' instead."),
        (np.array([1, 2]), "string", "Expected binary or unicode string, got 1"),
        (1, "foo", "Cannot convert value 'foo' to a TensorFlow DType."),
    ],
)  # fmt: skip
def test_type_checks(value, name, message):
    with pytest.raises(TypeError) as error:
        array_of(value, name)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "None values not supported."),
        ([[1], [2, 3]], "Argument must be a dense tensor: [[1], [2, 3]] - got shape [2], but wanted [2, 1]."),
        ([[1, 2], 3], "Argument must be a dense tensor: [[1, 2], 3] - got shape [2], but wanted [2, 2]."),
        ([["a", "b"], "c"], "Argument must be a dense tensor: [['a', 'b'], 'c'] - got shape [2], but wanted [2, 2]."),
        ([np.array([1, 2])], "Argument must be a dense tensor: [array([1, 2])] - got shape [1, 2], but wanted [1]."),
    ],
)
def test_values_that_are_no_dense_array(value, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared below
        array_of(value)
    assert str(error.value) == message


def test_integers_beyond_64_bits():
    with pytest.raises(OverflowError):
        array_of(2**63, dtypes.int64)


@pytest.mark.parametrize(
    ("value", "shape", "elements"),
    [
        (1, [2, 3], [[1, 1, 1], [1, 1, 1]]), ([1, 2], [3], [1, 2, 2]), ([1, 2], [2, 2], [[1, 2], [2, 2]]),
        ([[1, 2], [3, 4]], [4], [1, 2, 3, 4]), ([], [2], [0.0, 0.0]), (1, [], 1), ([1], [], 1),
        ("a", [2], [b"a", b"a"]),
        (np.arange(3), [5], [0, 1, 2, 2, 2]), (np.arange(3), (3, 1), [[0], [1], [2]]), (1, TensorShape([2]), [1, 1]),
        (1, [Dimension(2)], [1, 1]), (1, np.array([1, 2]), [[1, 1]]), (True, [2], [True, True]),
        (["ab", "cd"], [3], [b"ab", b"cd", b"cd"]),
    ],
)  # fmt: skip
def test_shapes_are_filled_with_the_last_element(value, shape, elements):
    array = array_of(value, None, shape)
    assert array.tolist() == elements
    assert array.dtype == array_of(value).dtype


def test_a_shape_without_elements_does_not_look_at_the_value():
    array = array_of(1, None, [0])
    assert (array.dtype, array.shape) == (np.float32, (0,))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ([2], "Too many elements provided. Needed at most 2, but received 3"),
        ([], "Too many elements provided. Needed at most 1, but received 3"),
        ([-1], "Too many elements provided. Needed at most -1, but received 3"),
    ],
)
def test_too_many_elements(shape, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared below
        array_of([1, 2, 3], None, shape)
    assert str(error.value) == message


@pytest.mark.parametrize("shape", [2, [None], TensorShape([None])])
def test_shapes_that_are_not_known(shape):
    with pytest.raises(TypeError):
        array_of(1, None, shape)


def test_a_constant_is_a_copy():
    given = np.zeros(3, np.float32)
    array = array_of(given)
    given[0] = 1
    assert array.tolist() == [0, 0, 0]


def test_other_byte_orders_and_memory_orders():
    array = array_of(np.array([[1.0, 2], [3, 4]], ">f4").T)
    assert array.dtype == np.dtype("=f4")
    assert array.flags.c_contiguous
    assert array.tolist() == [[1, 3], [2, 4]]


def test_what_does_not_fit_into_a_message():
    large = np.broadcast_to(np.float32(0), (512, 1024, 1024))
    with pytest.raises(ValueError, match=r"^Cannot create a tensor proto whose content is larger than 2GB\.$"):
        array_of(large)
