"""Static shapes. Answers and messages are those of TensorFlow 0.8's tests and facts, and of TensorFlow 0.12.1."""

import numpy as np
import pytest

from tracer import shapes
from tracer.dimension import Dimension
from tracer.protos import TensorShapeProto
from tracer.shapes import TensorShape

UNKNOWN = TensorShape(None)
PARTIAL = TensorShape([2, None])
FULL = TensorShape([2, 3])


def test_dimension_arithmetic():
    dimension = Dimension(12)
    assert (dimension.value, int(dimension), str(dimension), repr(dimension)) == (12, 12, "12", "Dimension(12)")
    results = dimension + 3, dimension - Dimension(2), dimension * 2, dimension // 5, dimension % 5
    assert [result.value for result in results] == [15, 10, 24, 2, 2]
    assert all(type(result) is Dimension for result in results)
    assert list(range(5))[Dimension(2)] == 2


def test_the_unknown_has_no_int_but_libraries_ask_for_it():
    assert Dimension(None).__int__() is None
    with pytest.raises(TypeError, match="returned non-int"):
        int(Dimension(None))
    assert [dimension.__int__() for dimension in PARTIAL._dims] == [2, None]


@pytest.mark.parametrize("operator", ["+", "-", "*", "//", "%"])
def test_arithmetic_with_the_unknown_is_unknown(operator):
    known, unknown = Dimension(12), Dimension(None)
    for left, right in ((known, unknown), (unknown, known), (unknown, unknown), (unknown, 3)):
        assert eval(f"left {operator} right", {}, {"left": left, "right": right}).value is None


def test_dimensions_have_no_true_division():
    with pytest.raises(TypeError, match="unsupported operand type"):
        Dimension(4) / 2
    assert repr(Dimension(5).__div__(2)) == "Dimension(2)"


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons_with_the_unknown_are_neither_true_nor_false(operator):
    names = {"known": Dimension(12), "unknown": Dimension(None)}
    for expression in (f"known {operator} unknown", f"unknown {operator} known", f"unknown {operator} unknown"):
        assert eval(expression, names) is None


def test_comparisons():
    assert Dimension(12) == 12
    assert Dimension(12) != 13
    assert not Dimension(3) == "a"
    assert Dimension(12) < Dimension(13) <= 13
    assert Dimension(13) > 12
    assert Dimension(13) >= Dimension(13)


def test_dimension_merging():
    assert Dimension(None).merge_with(3).value == Dimension(3).merge_with(None).value == 3
    with pytest.raises(ValueError, match=r"^Dimensions 3 and 2 are not compatible$"):
        Dimension(3).merge_with(2)
    with pytest.raises(ValueError, match=r"^Dimensions 3 and 2 are not compatible$"):
        Dimension(3).assert_is_compatible_with(Dimension(2))


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (-1, ValueError, "Dimension -1 must be >= 0"),
        (2.5, ValueError, "Ambiguous dimension: 2.5"),
        ("a", ValueError, "invalid literal for int() with base 10: 'a'"),
    ],
)
def test_values_that_are_no_dimension(value, kind, message):
    with pytest.raises(kind) as error:
        Dimension(value)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (None, None), ([], ()), ((2, 3), (2, 3)), ([Dimension(2), None], (2, None)), (3, (3,)), (Dimension(3), (3,)),
        ([2.0], (2,)), (np.array([1, 2]), (1, 2)), ([np.int64(3)], (3,)), (PARTIAL, (2, None)),
        (iter([1, 2]), (1, 2)), ([1 << 40], (1 << 40,)), (TensorShapeProto(), ()),
        (TensorShapeProto(dim=[TensorShapeProto.Dim(size=-1), TensorShapeProto.Dim(size=4)]), (None, 4)),
        (TensorShapeProto(unknown_rank=True), None),
    ],
)  # fmt: skip
def test_what_a_shape_is_made_of(given, sizes):
    assert TensorShape(given).sizes == sizes


def test_a_text_is_no_shape():
    with pytest.raises(TypeError, match="A string has ambiguous TensorShape, please wrap in a list"):
        TensorShape("ab")


def test_a_shape_that_is_known():
    assert (FULL.ndims, len(FULL), FULL.as_list(), FULL.num_elements()) == (2, 2, [2, 3], 6)
    assert FULL.is_fully_defined()
    assert [repr(d) for d in FULL.dims] == [repr(d) for d in FULL] == ["Dimension(2)", "Dimension(3)"]
    assert bool(TensorShape([]))


def test_a_shape_that_is_not():
    assert (UNKNOWN.ndims, UNKNOWN.dims, UNKNOWN.num_elements(), bool(UNKNOWN)) == (None, None, None, False)
    assert (PARTIAL.num_elements(), PARTIAL.is_fully_defined()) == (None, False)
    for function, message in (
        (UNKNOWN.as_list, "as_list() is not defined on an unknown TensorShape."),
        (lambda: len(UNKNOWN), "Cannot take the length of Shape with unknown rank."),
        (lambda: list(UNKNOWN), "Cannot iterate over a shape with unknown rank."),
        (UNKNOWN.assert_is_fully_defined, "Shape <unknown> is not fully defined"),
        (PARTIAL.assert_is_fully_defined, "Shape (2, ?) is not fully defined"),
    ):
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared below
            function()
        assert str(error.value) == message


@pytest.mark.parametrize(
    ("shape", "text", "representation"),
    [
        (UNKNOWN, "<unknown>", "TensorShape(None)"),
        (PARTIAL, "(2, ?)", "TensorShape([Dimension(2), Dimension(None)])"),
        (TensorShape([3]), "(3,)", "TensorShape([Dimension(3)])"),
        (TensorShape([]), "()", "TensorShape([])"),
        (TensorShape([32, None, 1, 9]), "(32, ?, 1, 9)",
         "TensorShape([Dimension(32), Dimension(None), Dimension(1), Dimension(9)])"),
    ],
)  # fmt: skip
def test_printing(shape, text, representation):
    assert (str(shape), repr(shape)) == (text, representation)


def test_equality_means_known_to_be_equal():
    assert FULL == [2, 3]
    assert FULL != [2, 4]
    assert TensorShape([2, None]) != TensorShape([2, None])
    assert not FULL == "a"
    assert FULL != 5
    assert UNKNOWN == TensorShape(None)
    assert UNKNOWN == None  # noqa: E711 - the operator is what is tested
    assert not FULL == UNKNOWN
    with pytest.raises(ValueError, match=r"^The inequality of unknown TensorShapes is undefined.$"):
        _ = FULL != UNKNOWN


def test_merging():
    assert TensorShape([3, None, 7]).merge_with([None, 4, 7]).as_list() == [3, 4, 7]
    assert FULL.merge_with(None).as_list() == UNKNOWN.merge_with(FULL).as_list() == [2, 3]
    with pytest.raises(ValueError, match=r"^Shapes \(2, 3\) and \(2, 4\) are not compatible$"):
        FULL.merge_with([2, 4])
    with pytest.raises(ValueError, match=r"^Shapes \(2, 3\) and \(2,\) are not compatible$"):
        FULL.merge_with([2])


def test_compatibility():
    assert FULL.is_compatible_with(UNKNOWN)
    assert FULL.is_compatible_with([2, None])
    assert not FULL.is_compatible_with([2])
    with pytest.raises(ValueError, match=r"^Shapes \(2, \?\) and \[3, 3\] are incompatible$"):
        PARTIAL.assert_is_compatible_with([3, 3])


def test_ranks():
    assert UNKNOWN.with_rank(2).as_list() == [None, None]
    assert UNKNOWN.with_rank_at_least(2).sizes is None
    assert PARTIAL.with_rank(2).with_rank_at_least(1).with_rank_at_most(Dimension(3)).as_list() == [2, None]
    PARTIAL.assert_same_rank([6, 3])
    UNKNOWN.assert_has_rank(7)
    for function, message in (
        (lambda: PARTIAL.with_rank(1), "Shape (2, ?) must have rank 1"),
        (lambda: PARTIAL.assert_has_rank(3), "Shape (2, ?) must have rank 3"),
        (lambda: PARTIAL.with_rank_at_least(3), "Shape (2, ?) must have rank at least 3"),
        (lambda: PARTIAL.with_rank_at_most(1), "Shape (2, ?) must have rank at most 1"),
        (lambda: PARTIAL.assert_same_rank([1]), "Shapes (2, ?) and (1,) must have the same rank"),
    ):
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared below
            function()
        assert str(error.value) == message


def test_concatenation():
    assert FULL.concatenate([4]).as_list() == [2, 3, 4]
    assert FULL.concatenate(Dimension(4)).as_list() == [2, 3, 4]
    assert FULL.concatenate(None).sizes is None
    assert UNKNOWN.concatenate(FULL).sizes is None


def test_indexing():
    assert FULL[1] == 3
    assert FULL[-1] == FULL[np.int32(1)] == FULL[Dimension(1)] == 3
    assert FULL[::-1].as_list() == [3, 2]
    with pytest.raises(IndexError):
        FULL[5]
    assert UNKNOWN[4].value is None
    assert UNKNOWN[1:4].as_list() == [None, None, None]
    assert UNKNOWN[:2].as_list() == [None, None]
    assert [UNKNOWN[1:].sizes, UNKNOWN[-1:].sizes, UNKNOWN[:-1].sizes] == [None, None, None]
    with pytest.raises(ValueError, match=r"^Steps are not yet handled$"):
        UNKNOWN[1:3:2]


def test_protos():
    assert TensorShape([1, None]).as_proto() == TensorShapeProto(
        dim=[TensorShapeProto.Dim(size=1), TensorShapeProto.Dim(size=-1)]
    )
    assert UNKNOWN.as_proto() == TensorShapeProto(unknown_rank=True)


def test_makers():
    assert shapes.as_shape(FULL) is FULL
    assert shapes.as_shape([2]).sizes == (2,)
    dimension = Dimension(3)
    assert shapes.as_dimension(dimension) is dimension
    assert shapes.as_dimension(None).value is None
    assert shapes.unknown_shape().sizes is None
    assert shapes.unknown_shape(2).sizes == (None, None)
    assert (shapes.scalar().sizes, shapes.vector(None).sizes, shapes.matrix(2, 3).sizes) == ((), (None,), (2, 3))


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ((2, 3), (2, 3), (2, 3)), ((2, 3), (3,), (2, 3)), ((2, 3), (), (2, 3)), ((2, 1), (1, 3), (2, 3)),
        ((None, 3), (1,), (None, 3)), ((None, 3), (2, 3), (2, 3)), ((None,), (1,), (None,)),
        ((None, 3), (0, 3), (None, 3)), ((None,), (None,), (None,)), ((2, 3), (4, 2, 3), (4, 2, 3)),
        (None, (2,), None), ((2,), None, None), ((0,), (1,), (0,)),
    ],
)  # fmt: skip
def test_broadcast(a, b, result):
    assert shapes.broadcast(a, b) == shapes.broadcast(b, a) == result


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: shapes.broadcast((2,), (3,)), "Incompatible shapes for broadcasting: (2,) and (3,)"),
        (lambda: shapes.broadcast((2, 3), (2,)), "Incompatible shapes for broadcasting: (2, 3) and (2,)"),
        (lambda: shapes.merge((2,), (3,)), "Shapes (2,) and (3,) are not compatible"),
        (lambda: shapes.rank((2, 2), 1), "Shape (2, 2) must have rank 1"),
        (lambda: shapes.at_least((2, None), 3), "Shape (2, ?) must have rank at least 3"),
        (lambda: shapes.at_most((2, None), 1), "Shape (2, ?) must have rank at most 1"),
        (lambda: shapes.same(3, 2), "Dimensions 3 and 2 are not compatible"),
        (lambda: shapes.reduce((2, 3), -1), "Invalid reduction dimension -1 for input with 2 dimensions"),
        (lambda: shapes.reduce((2, 3), [0, 2]), "Invalid reduction dimension 2 for input with 2 dimensions"),
        (lambda: shapes.concat([(2, 3), (3, 3)], 1), "Shapes (2,) and (3,) are not compatible"),
        (lambda: shapes.concat([(4,), (4,)], 1), "Expected concat_dim in range [0, 1), but got 1"),
        (lambda: shapes.concat([(), ()], None), "Can't concatenate scalars (use tf.pack instead)"),
        (lambda: shapes.concat([None, (4, 4), (4,)], None), "Shape (4,) must have rank 2"),
        (lambda: shapes.window(20, 21, 1, "VALID"),
         "Filter must not be larger than the input: Filter: 21 Input: 20"),
        (lambda: shapes.window(5, 2, 1, "FOO"), "Invalid value for padding: 'FOO'"),
    ],
)  # fmt: skip
def test_messages_of_the_arithmetic(function, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared below
        function()
    assert str(error.value) == message


def test_merge_and_same():
    assert shapes.merge((None, 3), (2, None)) == (2, 3)
    assert shapes.merge(None, (2,)) == shapes.merge((2,), None) == (2,)
    assert (shapes.same(None, 3), shapes.same(3, None), shapes.same(3, 3), shapes.same(None, None)) == (3, 3, 3, None)
    assert shapes.rank(None, 2) == (None, None)
    assert shapes.product(()) == 1
    assert shapes.product((2, 3)) == 6
    assert shapes.product((2, None)) is None
    assert shapes.product(None) is None


@pytest.mark.parametrize(
    ("sizes", "axes", "keep", "result"),
    [
        ((2, 3), 0, False, (3,)), ((2, 3), [0, 1], False, ()), ((2, 3), [1], True, (2, 1)),
        ((2, 3), [0, 0], False, (3,)), ((2, 3), [], False, (2, 3)), ((2, 3), None, False, None),
        ((2, 3), None, True, (None, None)), (None, [0], True, None), ((None, 3), np.array([1]), False, (None,)),
        ((2, 3), np.array(1), False, (2,)),
    ],
)  # fmt: skip
def test_reduce(sizes, axes, keep, result):
    assert shapes.reduce(sizes, axes, keep) == result


@pytest.mark.parametrize(
    ("parts", "axis", "result"),
    [
        ([(2, 3), (None, 3)], 0, (None, 3)), ([(2, 3), (None, 3)], 1, (2, 6)), ([(2, 3), None], 0, (None, 3)),
        ([None, (2, 3)], 1, (2, None)), ([None, None], 0, None), ([(2, 3), (None, 3)], None, (None, None)),
        ([(1,), (2,), (3,)], 0, (6,)),
    ],
)  # fmt: skip
def test_concat(parts, axis, result):
    assert shapes.concat(parts, axis) == result


@pytest.mark.parametrize(
    ("size", "filter", "stride", "padding", "result"),
    [
        (5, 3, 1, "SAME", 5), (5, 3, 2, "VALID", 2), (7, 3, 2, "VALID", 3), (5, 3, 4, "VALID", 1),
        (7, 3, 4, "VALID", 2),
        (28, 5, 2, "SAME", 14), (5, 1, 2, "VALID", 3), (None, 3, 2, "SAME", None), (None, 3, 2, "VALID", None),
        (5, None, 2, "SAME", 3), (5, None, 2, "VALID", None),
    ],
)  # fmt: skip
def test_window(size, filter, stride, padding, result):
    assert shapes.window(size, filter, stride, padding) == result
