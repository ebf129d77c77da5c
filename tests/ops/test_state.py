"""Operations that are variables and that write them: values, order, errors, single rows, temporary ones."""

import threading

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.declare import raw_op


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


def started(session, value, **options):
    variable = tf.Variable(value, **options)
    session.run(variable.initializer)
    return variable


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64, tf.int32, tf.int64])
def test_assignments(session, dtype):
    v = started(session, tf.constant([1, 2], dtype))
    value = session.run(tf.assign_add(v, [3, 4]))
    assert value.dtype == dtype.as_numpy_dtype
    np.testing.assert_array_equal(value, [4, 6])
    np.testing.assert_array_equal(session.run(tf.assign_sub(v, [1, 1])), [3, 5])
    np.testing.assert_array_equal(session.run(tf.assign(v, [7, 8])), [7, 8])
    np.testing.assert_array_equal(session.run(v), [7, 8])


def test_assignments_of_other_types(session):
    v = started(session, [True, False])
    np.testing.assert_array_equal(session.run(tf.assign(v, [False, False])), [False, False])
    c = started(session, np.complex64([1 + 2j]))
    np.testing.assert_array_equal(session.run(tf.assign_add(c, [1j])), [1 + 3j])


def test_an_assignment_may_change_the_shape_when_told(session):
    v = started(session, [1])
    a = tf.assign(v, tf.zeros([2, 3], tf.int32), validate_shape=False)
    np.testing.assert_array_equal(session.run(a), np.zeros((2, 3)))
    np.testing.assert_array_equal(session.run(v), np.zeros((2, 3)))
    session.run(tf.assign(v, [1, 2, 3, 4], validate_shape=False))
    np.testing.assert_array_equal(session.run(v), [1, 2, 3, 4])


@pytest.mark.parametrize(("call", "words"), [
    (lambda v, x: tf.assign(v, x), "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]"),
    (lambda v, x: tf.assign_add(v, x), "Parameters and update must be the same size"),
    (lambda v, x: tf.assign_sub(v, x), "Parameters and update must be the same size"),
    (lambda v, x: tf.scatter_add(v, [[0, 1]], x),
     "Must have updates.shape = indices.shape + params.shape[1:], got updates.shape [3], indices.shape [1,2], "
     "params.shape [2]"),
])
def test_shapes_that_only_a_run_knows(session, call, words):
    v = started(session, [1.0, 2.0])
    x = tf.placeholder(tf.float32)
    step = call(v, x)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        session.run(step, {x: [1.0, 2.0, 3.0]})
    assert caught.value.message == words
    assert caught.value.op is step.op
    np.testing.assert_array_equal(session.run(v), [1.0, 2.0])


@pytest.mark.parametrize("call", [tf.assign, tf.assign_add, tf.assign_sub])
def test_shapes_that_are_known_to_differ(call):
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"Shapes \(2,\) and \(3,\) are not compatible"):
        call(v, [1.0, 2.0, 3.0])


def test_only_references_are_written():
    with pytest.raises(TypeError, match="Input 'ref' of 'Assign' Op requires l-value input"):
        tf.assign(tf.constant(1.0), 2.0)


@pytest.mark.parametrize("call", [
    lambda v: tf.assign_add(v, 1), lambda v: tf.assign_sub(v, 1), lambda v: tf.count_up_to(v, 3)])
def test_what_reads_a_variable_needs_its_value(session, call):
    v = tf.Variable(1, name="counter")
    step = call(v)
    with pytest.raises(errors.FailedPreconditionError, match="Attempting to use uninitialized value counter"):
        session.run(step)


@pytest.mark.parametrize("shape", [(), (2,), (3, 7), (2, 3, 2)], ids=str)
@pytest.mark.parametrize("extra", [(), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize(("scatter", "combine"), [
    (tf.scatter_update, lambda row, update: update), (tf.scatter_add, np.add), (tf.scatter_sub, np.subtract),
], ids=["update", "add", "sub"])
def test_rows(session, scatter, combine, shape, extra):
    """Indices repeat, so that the order of the updates shows."""
    random = np.random.RandomState(2)
    before = random.normal(size=(4, *extra))
    indices = random.randint(0, 4, shape).astype(np.int32)
    updates = random.normal(size=(*shape, *extra))
    after = before.copy()
    for place in np.ndindex(*shape):
        after[indices[place]] = combine(after[indices[place]], updates[place])
    v = started(session, before)
    found = session.run(scatter(v, tf.constant(indices), updates))
    np.testing.assert_allclose(found, after, rtol=1e-13)
    np.testing.assert_array_equal(session.run(v), found)


@pytest.mark.parametrize("scatter", [tf.scatter_update, tf.scatter_add, tf.scatter_sub])
@pytest.mark.parametrize(("indices", "words"), [
    ([2, 0, 6], r"indices[2] = 6 is not in [0, 6)"), ([-1, 0, 5], r"indices[0] = -1 is not in [0, 6)"),
    ([[0, 1], [7, 2]], r"indices[1,0] = 7 is not in [0, 6)"), (9, "indices = 9 is not in [0, 6)"),
])
def test_rows_out_of_range(session, scatter, indices, words):
    v = started(session, np.arange(6.0))
    step = scatter(v, tf.constant(indices, tf.int64), np.ones(np.shape(indices)))
    with pytest.raises(errors.InvalidArgumentError) as caught:
        session.run(step.op)
    assert caught.value.message == words
    np.testing.assert_array_equal(session.run(v), np.arange(6.0))


def test_rows_of_bools(session):
    v = started(session, [True, False])
    session.run([tf.scatter_update(v, 1, True), tf.scatter_update(v, tf.constant(0, tf.int64), False)])
    np.testing.assert_array_equal(session.run(v), [False, True])


def test_rows_written_then_read_in_one_run(session):
    v = started(session, [1.0, 2.0, 3.0])
    write = tf.scatter_add(v, [0], [10.0])
    again = tf.scatter_add(write, [0, 2], [100.0, 200.0])
    with tf.control_dependencies([again]):
        read = tf.identity(v)
    np.testing.assert_array_equal(session.run(read), [111.0, 2.0, 203.0])


def test_rows_are_undone_by_a_check_that_fails_later(session):
    v = started(session, [1.0, 2.0, 3.0])
    w = started(session, [1.0])
    first, second = tf.scatter_add(v, [0], [10.0]), tf.scatter_add(w, [3], [1.0])
    with pytest.raises(errors.InvalidArgumentError, match="is not in"):
        session.run([first.op, second.op])
    np.testing.assert_array_equal(session.run(v), [1.0, 2.0, 3.0])


def test_init_variable(session):
    """Names and places as TensorFlow 0.12.1 gives them."""
    from tracer.ops.state import init_variable

    v, w = tf.Variable([0.0, 0.0], name="v"), tf.Variable([1.0, 2.0], name="w")
    with tf.name_scope("out"):
        made = [init_variable(v, [3.0, 4.0]), init_variable(w, tf.constant_initializer(5.0), name="begin"),
                init_variable(v, w.value() + 1.0)]
    assert [t.name for t in made] == ["v/init:0", "w/begin:0", "v/init_1:0"]
    assert [t.op.inputs[1].name for t in made] == ["v/init/init:0", "w/begin/Const:0", "out/add:0"]
    assert [t.op.colocation_groups() for t in made] == [[b"loc:@v"], [b"loc:@w"], [b"loc:@v"]]
    assert np.array_equal(session.run(made[:2]), [[3.0, 4.0], [5.0, 5.0]])
    with pytest.raises(AssertionError, match=r"Variable shape unknown\."):
        init_variable(tf.Variable(0.0, validate_shape=False), tf.constant_initializer(1.0))


def test_count_up_to(session):
    v = started(session, tf.constant(0, tf.int64))
    count = v.count_up_to(2)
    assert count.dtype == tf.int64
    assert [session.run(count), session.run(count)] == [0, 1]
    for _ in range(2):
        with pytest.raises(errors.OutOfRangeError) as caught:
            session.run(count)
        assert caught.value.message == "Reached limit of 2"
        assert caught.value.op is count.op
    assert session.run(v) == 2


def test_count_up_to_wants_a_scalar():
    with pytest.raises(ValueError, match=r"Shape \(2,\) must have rank 0"):
        tf.count_up_to(tf.Variable([1, 2]), 3)


def test_is_variable_initialized(session):
    v = tf.Variable(1.0)
    known = tf.is_variable_initialized(v)
    assert known.get_shape() == []
    assert not session.run(known)
    session.run(v.initializer)
    assert session.run(known)
    w = tf.Variable(2.0)
    with tf.control_dependencies([w.initializer]):
        after = tf.is_variable_initialized(w)
    assert session.run(after)


def test_writers_stand_where_their_variable_does():
    with tf.device("/job:ps"):
        v = tf.Variable(1.0, name="v")
    with tf.device("/job:worker/task:7"):
        step = v.assign(2.0)
    assert step.device == "/job:ps"
    assert step.op.colocation_groups() == [b"loc:@v"]


def test_many_threads_add_up():
    with tf.Session() as session:
        v = started(session, np.zeros([50, 50], np.float32))
        steps = [tf.assign_add(v, tf.ones([50, 50]), use_locking=True).op for _ in range(8)]
        threads = [threading.Thread(target=session.run, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(session.run(v), np.full([50, 50], 8))


temporary, destroy = raw_op("temporary_variable"), raw_op("destroy_temporary_variable")


def test_a_temporary_variable(session):
    memory = temporary([1, 2], tf.float32, var_name="sum")
    memory = tf.assign_add(tf.assign(memory, [[4.0, 5.0]]), [[6.0, 7.0]])
    total = destroy(memory, var_name="sum")
    for _ in range(2):
        np.testing.assert_array_equal(session.run(total), [[10.0, 12.0]])
    assert not session.state.variables


def test_a_temporary_variable_need_not_be_written(session):
    first, second = temporary([1, 2], tf.float32), temporary([1, 2], tf.float32)
    assert session.run(tf.add(first, second)).shape == (1, 2)
    assert session.run(tf.identity(first)).shape == (1, 2)
    assert session.run(first).shape == (1, 2)


def test_wrong_temporary_variables(session):
    memory = temporary([2], tf.float32)
    with pytest.raises(errors.NotFoundError, match="Resource tmp_var/other"):
        session.run(destroy(memory, var_name="other"))
    with pytest.raises(errors.NotFoundError):
        session.run(tf.add(destroy(memory, var_name=memory.op.name), destroy(memory, var_name=memory.op.name)))
    twins = [tf.assign(temporary([2], tf.float32, var_name="twin"), [1.0, 2.0]) for _ in range(2)]
    with pytest.raises(errors.AlreadyExistsError, match="Resource tmp_var/twin"):
        session.run(tf.add(*twins))
    with pytest.raises(errors.InvalidArgumentError, match="Missing var_name attribute"):
        session.run(destroy(memory, var_name=""))


def test_no_gradient_flows_through_what_is_written():
    # TensorFlow's assignments have none, even where the gradient is taken of something else as well.
    x, v = tf.constant([1.0, 2.0]), tf.Variable([0.0, 0.0])
    gradient, = tf.gradients([tf.reduce_sum(x * x), tf.identity(tf.assign_sub(v, x * 2))], x)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(gradient), [2, 4])


PLACES = {
    "last": (lambda v, i: v[-1], [[1, 2], [3, 4], [8, 9]], [8, 9]),
    "column": (lambda v, i: v[:, 1], [[1, 7], [3, 8], [5, 9]], [7, 8, 9]),
    "range": (lambda v, i: v[0:2, 0:1], [[7, 2], [8, 4], [5, 6]], [[7], [8]]),
    "steps": (lambda v, i: v[::-2], [[9, 9], [3, 4], [8, 8]], [[8, 8], [9, 9]]),
    "ellipsis": (lambda v, i: v[..., 0], [[7, 2], [8, 4], [9, 6]], [7, 8, 9]),
    "new axis": (lambda v, i: v[tf.newaxis, 1], [[1, 2], [8, 9], [5, 6]], [[8, 9]]),
    "tensor": (lambda v, i: v[i], [[1, 2], [8, 9], [5, 6]], [8, 9]),
    "tensor and number": (lambda v, i: v[i, 1], [[1, 2], [3, 8], [5, 6]], 8),
    "none": (lambda v, i: v[2:1], [[1, 2], [3, 4], [5, 6]], np.zeros((0, 2))),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_part_of_a_variable_is_written(session, place):
    part, expected, value = PLACES[place]
    v = started(session, np.float32([[1, 2], [3, 4], [5, 6]]))
    i = tf.placeholder(tf.int32, [])
    step = part(v, i).assign(value)
    assert step.get_shape().as_list() == [3, 2]
    np.testing.assert_array_equal(session.run(step, {i: 1}), expected)
    np.testing.assert_array_equal(session.run(v), expected)


def test_a_part_is_written_by_what_it_was(session):
    v = started(session, [1.0, 2.0])
    step = v[-1].assign(v[-1] - 3)
    np.testing.assert_array_equal([session.run(step) for _ in range(2)], [[1, -1], [1, -4]])


@pytest.mark.parametrize(("key", "value", "error", "words"), [
    (0, 3.0, errors.UnimplementedError,
     "sliced l-value shape [2] does not match r-value shape []. Automatic broadcasting not yet implemented."),
    (0, [[3.0, 4.0]], errors.UnimplementedError,
     "sliced l-value shape [2] does not match r-value shape [1,2]. Automatic broadcasting not yet implemented."),
    (3, [3.0, 4.0], errors.InvalidArgumentError, "slice index 3 of dimension 0 out of bounds."),
])
def test_a_part_takes_what_fits(session, key, value, error, words):
    v = started(session, [[1.0, 2.0], [3.0, 4.0]])
    i = tf.placeholder(tf.int32, [])
    with pytest.raises(error) as caught:
        session.run(v[i].assign(value), {i: key})
    assert caught.value.message == words
    np.testing.assert_array_equal(session.run(v), [[1, 2], [3, 4]])


def test_a_part_of_no_variable_is_not_written():
    assert not hasattr(tf.constant([1.0])[0], "assign")
