"""Element types, against TensorFlow's own tests and what TensorFlow 0.12.1 answered."""

import copy
import pickle

import ml_dtypes
import numpy as np
import pytest

from tracer import dtypes

# DataType of TensorFlow's types.proto.
NUMBERS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8, "int64": 9,
    "bool": 10, "qint8": 11, "quint8": 12, "qint32": 13, "bfloat16": 14, "qint16": 15, "quint16": 16, "uint16": 17,
    "complex128": 18, "float16": 19,
}  # fmt: skip


@pytest.mark.parametrize(("name", "number"), NUMBERS.items())
def test_numbers_names_and_references(name, number):
    dtype = getattr(dtypes, name)
    assert dtype is dtypes.DType(number) is dtypes.as_dtype(number) is dtypes.as_dtype(name)
    assert (dtype.as_datatype_enum, int(dtype), dtype.name) == (number, number, name)
    reference = getattr(dtypes, f"{name}_ref")
    assert reference is dtypes.DType(number + 100) is dtypes.as_dtype(f"{name}_ref") is dtype.as_ref
    assert reference.base_dtype is dtype
    assert (reference.is_ref_dtype, dtype.is_ref_dtype) == (True, False)


def test_there_is_no_other_type():
    assert sorted(dtypes._TYPE_TO_STRING) == sorted([*NUMBERS.values(), *(n + 100 for n in NUMBERS.values())])
    with pytest.raises(TypeError, match=r"^type_enum is not a valid types_pb2.DataType: 20$"):
        dtypes.DType(20)
    with pytest.raises(TypeError, match="0"):
        dtypes.as_dtype(0)


def test_printing():
    assert repr(dtypes.float32) == "tf.float32"
    assert str(dtypes.float32) == "<dtype: 'float32'>"
    assert repr(dtypes.int32_ref) == "tf.int32_ref"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.float32, "float32"), (np.float64, "float64"), (np.float16, "float16"), (np.int8, "int8"),
        (np.int64, "int64"), (np.longlong, "int64"), (np.uint16, "uint16"), (np.complex128, "complex128"),
        (np.bool_, "bool"), (bool, "bool"), (np.object_, "string"), (object, "string"), (np.dtype("S3"), "string"),
        (np.dtype("U3"), "string"), (np.dtype("float64"), "float64"), (np.dtype([("qint8", np.int8)]), "qint8"),
        ("float", "float32"), ("double", "float64"), ("half", "float16"), ("float_ref", "float32_ref"),
        (ml_dtypes.bfloat16, "bfloat16"), (np.dtype(ml_dtypes.bfloat16), "bfloat16"), (dtypes.int8_ref, "int8_ref"),
    ],
)  # fmt: skip
def test_as_dtype(value, name):
    assert dtypes.as_dtype(value) is getattr(dtypes, name)


@pytest.mark.parametrize(
    "value",
    [float, int, str, "foo", "f4", None, [1], {}, 1000, True, np.uint32, np.uint64, np.str_, np.bytes_,
     np.dtype("M8[s]"), np.dtype([("f1", np.uint), ("f2", np.int32)])],
)  # fmt: skip
def test_as_dtype_refuses(value):
    with pytest.raises(TypeError) as error:
        dtypes.as_dtype(value)
    assert str(error.value) == f"Cannot convert value {value!r} to a TensorFlow DType."


@pytest.mark.parametrize(("name", "number"), NUMBERS.items())
def test_numpy_types_hold_elements_and_lead_back(name, number):
    dtype = dtypes.DType(number)
    array = np.zeros(2, dtype.as_numpy_dtype)
    assert dtypes.as_dtype(array.dtype) is dtype
    assert dtype.size == array.dtype.itemsize


@pytest.mark.parametrize(
    ("property", "names"),
    [
        ("is_integer", {"int8", "int16", "int32", "int64", "uint8", "uint16"}),
        ("is_unsigned", {"uint8", "uint16"}),
        ("is_floating", {"float16", "float32", "float64"}),
        ("is_complex", {"complex64", "complex128"}),
        ("is_quantized", {"qint8", "quint8", "qint16", "quint16", "qint32", "bfloat16"}),
    ],
)
def test_kinds(property, names):
    assert {name for name in NUMBERS if getattr(dtypes.as_dtype(name), property)} == names
    assert {name for name in NUMBERS if getattr(dtypes.as_dtype(f"{name}_ref"), property)} == names


def test_real_dtype():
    assert dtypes.complex64.real_dtype is dtypes.float32
    assert dtypes.complex128.real_dtype is dtypes.float64
    assert dtypes.int8.real_dtype is dtypes.int8


def test_limits():
    assert (dtypes.int8.min, dtypes.int8.max) == (-128, 127)
    assert (dtypes.uint16.min, dtypes.uint16.max) == (0, 65535)
    assert (dtypes.int64.min, dtypes.int64.max) == (-(2**63), 2**63 - 1)
    assert dtypes.float16.max == 65504
    assert dtypes.float32.min == np.float32(-3.4028235e38)
    assert dtypes.float64_ref.max == np.finfo(np.float64).max


@pytest.mark.parametrize("name", ["bool", "string", "complex64", "qint8", "bfloat16"])
def test_types_without_limits(name):
    dtype = dtypes.as_dtype(name)
    with pytest.raises(TypeError, match=f"^Cannot find minimum value of <dtype: '{name}'>.$"):
        _ = dtype.min
    with pytest.raises(TypeError, match=f"^Cannot find maximum value of <dtype: '{name}'>.$"):
        _ = dtype.max


def test_a_reference_may_stand_for_a_value():
    assert dtypes.float32.is_compatible_with(dtypes.float32_ref)
    assert dtypes.float32.is_compatible_with("float32")
    assert not dtypes.float32_ref.is_compatible_with(dtypes.float32)
    assert not dtypes.float32.is_compatible_with(dtypes.float64)


def test_equality():
    assert dtypes.float32 == "float32"
    assert dtypes.float32 == np.float32
    assert dtypes.float32 == 1
    assert dtypes.float32 != dtypes.float32_ref
    assert dtypes.float32 != "no type"
    assert dtypes.float32 != None  # noqa: E711 - the operator is what is tested
    assert dtypes.float32 != int  # noqa: E721 - likewise
    assert len({dtypes.float32, dtypes.DType(1), dtypes.float32_ref}) == 2


def test_copies_are_the_same_object():
    assert copy.deepcopy(dtypes.int8) is dtypes.int8
    assert pickle.loads(pickle.dumps(dtypes.int8_ref)) is dtypes.int8_ref


def test_a_star_import_brings_types_only():
    names = {}
    exec("from tracer.dtypes import *", names)
    names.pop("__builtins__")
    assert {name for name, value in names.items() if not isinstance(value, dtypes.DType)} == {
        "DType", "as_dtype", "QUANTIZED_DTYPES"
    }  # fmt: skip
    assert len(dtypes.QUANTIZED_DTYPES) == 10
