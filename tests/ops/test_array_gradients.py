"""Gradients through `TensorArray`s of integers, and the arrays that hold gradients."""

import pytest

import tracer as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_what_is_written_and_read_of_integers(session, dtype):
    row, number = tf.constant([[4, 5]], dtype), tf.constant(3, dtype)
    array = tf.TensorArray(dtype, 3, clear_after_read=False).write(0, row).write(1, number)
    first, second, again = array.read(0), array.read(1), array.read(0)
    starts = [tf.constant(value, dtype) for value in ([[2, 3]], [[1, -1]], -2)]
    slopes = tf.gradients([first, again, second], [row, number], starts)
    assert [slope.dtype for slope in slopes] == [dtype, dtype]
    assert [value.tolist() for value in session.run(slopes)] == [[[3, 2]], -2]
    squared, = tf.gradients(first * again, row)
    assert session.run(squared).tolist() == [[8, 10]]


def test_what_is_packed_and_unpacked_of_integers(session):
    rows = tf.constant([[1, 2], [3, 4], [5, 6]])
    packed = tf.TensorArray(tf.int32, 3).unpack(rows * 10).pack()
    assert session.run(tf.gradients(packed * packed, rows)[0]).tolist() == [[200, 400], [600, 800], [1000, 1200]]


def test_what_is_split_and_joined_of_integers(session):
    numbers = tf.constant([1, 2, 3, 4])
    pieces = tf.TensorArray(tf.int32, 2, clear_after_read=False).split(numbers, [1, 3])
    slope, = tf.gradients([pieces.concat(), pieces.read(1)], numbers, [tf.constant([10, 20, 30, 40]), tf.constant([1, 2, 3])])
    assert session.run(slope).tolist() == [10, 21, 32, 43]


def test_elements_that_nobody_read_have_zeros(session):
    rows = tf.constant([[1, 2], [3, 4]])
    array = tf.TensorArray(tf.int32, 2).unpack(rows)
    assert session.run(tf.gradients(array.read(1), rows)[0]).tolist() == [[0, 0], [1, 1]]
    one, two = tf.constant([1, 2, 3]), tf.constant(4)
    array = tf.TensorArray(tf.int32, 2).write(0, one).write(1, two)
    slopes = tf.gradients(array.read(1) * 5, [one, two])
    assert [value.tolist() for value in session.run(slopes)] == [[0, 0, 0], 5]


def test_gradients_of_an_array_of_one_source_are_one_array(session):
    array = tf.TensorArray(tf.float32, 3)
    first, second, other = array.grad("one"), array.grad("one"), array.grad("other")
    written = first.write(0, [[4.0, 5.0]]).write(1, 2.0)
    with tf.control_dependencies([written.flow]):
        read, missing = second.read(0), other.read(0)
    assert session.run(read).tolist() == [[4, 5]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="index 0 because it has not yet been written to"):
        session.run(missing)


def test_gradients_begin_as_zeros_of_known_shapes_and_add_up(session):
    array = tf.TensorArray(tf.float32, 2).write(0, [1.0, 2.0]).write(1, [3.0, 4.0])
    assert session.run(array.grad("a").write(0, [1.0, 1.0]).pack()).tolist() == [[1, 1], [0, 0]]
    twice = array.grad("b").unpack([[1.0, 1.0], [2.0, 3.0]]).unpack([[1.0, 1.0], [2.0, 3.0]])
    assert session.run(twice.pack()).tolist() == [[2, 2], [4, 6]]
    joined = array.grad("c").write(0, [5.0, 6.0]).split([1.0, 1.0, 2.0, 3.0], [2, 2])
    assert session.run(joined.pack()).tolist() == [[6, 7], [2, 3]]


def test_gradients_have_the_shapes_of_their_elements(session):
    array = tf.TensorArray(tf.float32, 3).write(0, [1.0, 2.0]).write(1, [3.0, 4.0])
    for wrong in (array.grad("a").write(0, [1.0, 1.0, 1.0]), array.grad("b").split([1.0, 1.0, 2.0, 3.0], [1, 2, 1])):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"to TensorArray index 0 because the existing shape is \[2\]"):
            session.run(wrong.flow)
    with pytest.raises(tf.errors.InvalidArgumentError, match="index 2 because it has not yet been written to"):
        session.run(array.grad("c").read(2))


def test_gradients_of_an_array_that_nothing_is_written_to_add_up(session):
    array = tf.TensorArray(tf.float32, 2)
    written = array.grad("a").write(0, [5.0, 6.0]).unpack([[1.0, 1.0], [2.0, 3.0]])
    assert session.run(written.pack()).tolist() == [[6, 7], [2, 3]]
