"""The element types of tensors: `DType`, its constants, and `as_dtype`."""

import builtins
from typing import Any

import numpy as np

__all__ = [
    "QUANTIZED_DTYPES",
    "DType",
    "as_dtype",
    "bfloat16",
    "bfloat16_ref",
    "bool",
    "bool_ref",
    "complex64",
    "complex64_ref",
    "complex128",
    "complex128_ref",
    "double",
    "double_ref",
    "float16",
    "float16_ref",
    "float32",
    "float32_ref",
    "float64",
    "float64_ref",
    "half",
    "half_ref",
    "int8",
    "int8_ref",
    "int16",
    "int16_ref",
    "int32",
    "int32_ref",
    "int64",
    "int64_ref",
    "qint8",
    "qint8_ref",
    "qint16",
    "qint16_ref",
    "qint32",
    "qint32_ref",
    "quint8",
    "quint8_ref",
    "quint16",
    "quint16_ref",
    "string",
    "string_ref",
    "uint8",
    "uint8_ref",
    "uint16",
    "uint16_ref",
]  # fmt: skip

_REF = 100

# TensorFlow's DataType numbers. Files and graphs carry them, so they never change.
_NAMES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    7: "string",
    8: "complex64",
    9: "int64",
    10: "bool",
    11: "qint8",
    12: "quint8",
    13: "qint32",
    14: "bfloat16",
    15: "qint16",
    16: "quint16",
    17: "uint16",
    18: "complex128",
    19: "float16",
}
_TYPE_TO_STRING = _NAMES | {number + _REF: f"{name}_ref" for number, name in _NAMES.items()}
_INTEGERS = {"int8", "int16", "int32", "int64", "uint8", "uint16"}
_FLOATS = {"float16", "float32", "float64"}
# TensorFlow counts bfloat16 among the quantized types and not among the floating ones.
_QUANTIZED = {"qint8", "quint8", "qint16", "quint16", "qint32", "bfloat16"}

# The types of NumPy that hold a tensor's elements. Quantized types are told apart by a one-field record.
_NUMPY = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "complex64": np.complex64,
    "complex128": np.complex128,
    "bool": np.bool_,
    "string": np.object_,
    "qint8": np.dtype([("qint8", np.int8)]),
    "quint8": np.dtype([("quint8", np.uint8)]),
    "qint16": np.dtype([("qint16", np.int16)]),
    "quint16": np.dtype([("quint16", np.uint16)]),
    "qint32": np.dtype([("qint32", np.int32)]),
}
_SIZES = {name: np.dtype(kind).itemsize for name, kind in _NUMPY.items()} | {"bfloat16": 2}

_INTERNED: dict[int, "DType"] = {}


class DType:
    """The type of the elements of a tensor; there is one object for each type.

    >>> tf.float32.as_ref.name
    'float32_ref'
    """

    __slots__ = (
        "as_datatype_enum",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_quantized",
        "is_ref_dtype",
        "is_unsigned",
        "name",
        "size",
    )

    as_datatype_enum: int
    name: str
    size: int
    is_ref_dtype: builtins.bool
    is_integer: builtins.bool
    is_unsigned: builtins.bool
    is_floating: builtins.bool
    is_complex: builtins.bool
    is_quantized: builtins.bool

    def __new__(cls, type_enum: int) -> "DType":
        number = int(type_enum)
        known = _INTERNED.get(number)
        if known is not None:
            return known
        if number not in _TYPE_TO_STRING:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {type_enum}")
        self = object.__new__(cls)
        self.as_datatype_enum = number
        self.name = _TYPE_TO_STRING[number]
        self.is_ref_dtype = number > _REF
        base = _NAMES[number % _REF]
        self.size = _SIZES[base]
        self.is_integer = base in _INTEGERS
        self.is_unsigned = base in ("uint8", "uint16")
        self.is_floating = base in _FLOATS
        self.is_complex = base in ("complex64", "complex128")
        self.is_quantized = base in _QUANTIZED
        _INTERNED[number] = self
        return self

    def __reduce__(self) -> tuple[type["DType"], tuple[int]]:
        return DType, (self.as_datatype_enum,)

    @property
    def as_numpy_dtype(self) -> Any:
        """The type NumPy uses for these elements; strings are Python objects.

        >>> tf.int32.as_numpy_dtype
        <class 'numpy.int32'>
        """
        base = _NAMES[self.as_datatype_enum % _REF]
        if base == "bfloat16":
            return _bfloat16()
        return _NUMPY[base]

    @property
    def array_dtype(self) -> Any:
        """The type of the arrays in which a run holds these elements: those of quantized types are plain numbers there.

        >>> tf.quint8.array_dtype
        dtype('uint8')
        """
        kind = self.as_numpy_dtype
        return kind[0] if isinstance(kind, np.dtype) and kind.names else kind

    @property
    def base_dtype(self) -> "DType":
        """This type without its reference mark."""
        return _INTERNED[self.as_datatype_enum - _REF] if self.is_ref_dtype else self

    @property
    def as_ref(self) -> "DType":
        """The reference type: what a variable, as opposed to its value, has."""
        return self if self.is_ref_dtype else _INTERNED[self.as_datatype_enum + _REF]

    _as_ref = as_ref

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        return self.is_ref_dtype

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """Whether NumPy has such elements: true of every type there is."""
        return True

    @property
    def real_dtype(self) -> "DType":
        """The type of the real part of such an element."""
        return {"complex64": float32, "complex128": float64}.get(self.base_dtype.name, self)

    @property
    def min(self) -> Any:
        """The smallest number of this type; TypeError for a type that has none."""
        return self._limit("min", "minimum")

    @property
    def max(self) -> Any:
        """The largest number of this type; TypeError for a type that has none."""
        return self._limit("max", "maximum")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of such numbers in pictures: floating ones from 0 to 1, integers from 0 up. From 0.12 on."""
        if self.is_floating or self.base_dtype.name == "bool":
            return 0, 1
        return 0, self._limit("max", "maximum")

    def _limit(self, end: str, word: str) -> Any:
        if self.is_integer:
            return getattr(np.iinfo(self.as_numpy_dtype), end)
        if self.is_floating:
            return getattr(np.finfo(self.as_numpy_dtype), end)
        raise TypeError(f"Cannot find {word} value of {self}.")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether a tensor of type `other` can be given where this type is wanted: a reference may stand for a value.

        >>> tf.float32.is_compatible_with(tf.float32_ref), tf.float32_ref.is_compatible_with(tf.float32)
        (True, False)
        """
        other = as_dtype(other)
        return self is other or self is other.base_dtype

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if other is None or type(other) is DType:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __int__(self) -> int:
        return self.as_datatype_enum

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __repr__(self) -> str:
        return f"tf.{self.name}"


def _bfloat16() -> Any:
    # Imported when first needed: few programs use the type.
    import ml_dtypes

    return ml_dtypes.bfloat16


def as_dtype(type_value: Any) -> DType:
    """Make a `DType` of a DType, a DataType number, a name, or a type or dtype of NumPy.

    >>> tf.as_dtype("float")
    tf.float32
    """
    if type(type_value) is DType:
        return type_value
    try:
        known = _LOOKUP.get(type_value)
    except TypeError:  # not hashable
        known = None
    if known is not None and not isinstance(type_value, builtins.bool):
        return known
    if isinstance(type_value, type) and issubclass(type_value, np.generic):
        type_value, shown = np.dtype(type_value), type_value
        # `np.str_` itself names no fixed type, whereas the dtype of an array of text does.
        kind = None if shown in (np.str_, np.bytes_) else _from_numpy(type_value)
    else:
        shown = type_value
        kind = _from_numpy(type_value) if isinstance(type_value, np.dtype) else None
    if kind is None:
        raise TypeError(f"Cannot convert value {shown!r} to a TensorFlow DType.")
    return kind


def _from_numpy(dtype: np.dtype) -> DType | None:
    if dtype.kind in "SU":
        return string
    known = _LOOKUP.get(dtype.type) if dtype.fields is None else _LOOKUP.get(dtype)
    if known is None and dtype.isbuiltin != 1:
        return bfloat16 if dtype.name == "bfloat16" else None
    if known is None and dtype.kind in "iufc":
        # A second C type of the same width, such as `long long`.
        return _LOOKUP.get(np.dtype(f"{dtype.kind}{dtype.itemsize}").type)
    return known


for _number in _TYPE_TO_STRING:
    DType(_number)

float16 = DType(19)
float32 = DType(1)
float64 = DType(2)
int8 = DType(6)
int16 = DType(5)
int32 = DType(3)
int64 = DType(9)
uint8 = DType(4)
uint16 = DType(17)
complex64 = DType(8)
complex128 = DType(18)
bool = DType(10)
string = DType(7)
qint8 = DType(11)
quint8 = DType(12)
qint16 = DType(15)
quint16 = DType(16)
qint32 = DType(13)
bfloat16 = DType(14)
half = float16
double = float64

float16_ref = float16.as_ref
float32_ref = float32.as_ref
float64_ref = float64.as_ref
int8_ref = int8.as_ref
int16_ref = int16.as_ref
int32_ref = int32.as_ref
int64_ref = int64.as_ref
uint8_ref = uint8.as_ref
uint16_ref = uint16.as_ref
complex64_ref = complex64.as_ref
complex128_ref = complex128.as_ref
bool_ref = bool.as_ref
string_ref = string.as_ref
qint8_ref = qint8.as_ref
quint8_ref = quint8.as_ref
qint16_ref = qint16.as_ref
quint16_ref = quint16.as_ref
qint32_ref = qint32.as_ref
bfloat16_ref = bfloat16.as_ref
half_ref = float16_ref
double_ref = float64_ref

QUANTIZED_DTYPES = frozenset(
    dtype
    for base in (qint8, quint8, qint16, quint16, qint32)
    for dtype in (base, base.as_ref)
)

_STRING_TO_TF = {dtype.name: dtype for dtype in _INTERNED.values()} | {
    "half": half,
    "float": float32,
    "double": double,
    "half_ref": half_ref,
    "float_ref": float32_ref,
    "double_ref": double_ref,
}
# Everything `as_dtype` knows by a single look-up. The number 1 and True are one key: see `as_dtype`.
_LOOKUP: dict[Any, DType] = {
    **_INTERNED,
    **_STRING_TO_TF,
    **{kind: _STRING_TO_TF[name] for name, kind in _NUMPY.items()},
    **{np.dtype(kind): _STRING_TO_TF[name] for name, kind in _NUMPY.items()},
    builtins.bool: bool,
    object: string,
}
