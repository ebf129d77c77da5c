"""What lies outside of a graph: tensors that a session keeps, a file that is a constant, the end of a run."""

import gc

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.declare import raw_op

MISSING = "The tensor with handle '{}' is not in the session store"


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_a_tensor_stays_in_the_session(session):
    x = tf.placeholder(tf.float32)
    kept = session.run({"double": [tf.get_session_handle(x * 2)], "x": x}, {x: [1, 2]})
    handle = kept["double"][0]
    assert kept["x"].tolist() == [1, 2]
    assert handle.handle == str(handle) == "GetSessionHandle;0;/job:localhost/replica:0/task:0/cpu:0"
    assert handle.eval().tolist() == [2, 4]
    holder, tensor = tf.get_session_tensor(tf.float32)
    assert session.run(tensor + 1, {holder: handle.handle}).tolist() == [3, 5]


def test_names_of_what_is_kept(session):
    handle = tf.get_session_handle(tf.constant(1))
    holder, tensor = tf.get_session_tensor(tf.int32, name="found")
    _, deleter = tf.delete_session_tensor()
    assert [handle.op.name, holder.op.name, tensor.op.name, deleter.name] == [
        "GetSessionHandle", "Placeholder", "found", "DeleteSessionTensor"]
    assert handle.get_shape() == ()
    assert tensor.get_shape().ndims is None


def test_a_variable_is_kept_as_it_was(session):
    v = tf.Variable([1.0, 2.0])
    session.run(v.initializer)
    handle = session.run(tf.get_session_handle(v.value()))
    session.run(v.assign([5.0, 6.0]))
    assert handle.eval().tolist() == [1, 2]


@pytest.mark.parametrize("value", ["text", [b"a", b"b"], 3, np.float64([[1, 2]])])
def test_kept_types(session, value):
    handle = session.run(tf.get_session_handle(tf.constant(value)))
    np.testing.assert_array_equal(handle.eval(), session.run(tf.constant(value)))


def test_a_tensor_goes_with_its_handle(session):
    handle = session.run(tf.get_session_handle(tf.constant(1)))
    name = handle.handle
    holder, tensor = tf.get_session_tensor(tf.int32)
    del handle
    gc.collect()
    with pytest.raises(errors.InvalidArgumentError, match=MISSING.format(name)):
        session.run(tensor, {holder: name})


def test_a_raw_handle_keeps_it_until_it_is_deleted(session):
    name = session.run(tf.get_session_handle(tf.constant(7))).get_raw_handle()
    gc.collect()
    holder, tensor = tf.get_session_tensor(tf.int32)
    assert session.run(tensor, {holder: name}) == 7
    place, deleter = tf.delete_session_tensor()
    session.run(deleter, {place: name})
    with pytest.raises(errors.InvalidArgumentError, match=f"Failed to delete a tensor with handle '{name}'"):
        session.run(deleter, {place: name})


def test_misuse_of_handles(session):
    handle = session.run(tf.get_session_handle(tf.constant(1)))
    holder, tensor = tf.get_session_tensor(tf.float32)
    with pytest.raises(errors.InternalError, match="Output 0 of type int32 does not match declared output type float32"):
        session.run(tensor, {holder: handle.handle})
    handle.delete()
    for use in (handle.eval, handle.delete):
        with pytest.raises(TypeError, match=rf"Persistent tensor {handle} may have already been deleted\."):
            use()
    with pytest.raises(TypeError, match="`data` must be of type Tensor"):
        tf.get_session_handle(3)


def test_a_file_is_a_constant(session, tmp_path):
    path = tmp_path / "numbers"
    np.arange(6, dtype=np.float32).tofile(path)
    read = raw_op("immutable_const")
    assert session.run(read(tf.float32, [2, 3], str(path))).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert session.run(read(tf.float32, [2], str(path))).tolist() == [0, 1]
    with pytest.raises(errors.InternalError, match=r"Readonly memory region has wrong length \(24\) when allocating 32"):
        session.run(read(tf.float32, [8], str(path)))
    with pytest.raises(errors.NotFoundError, match="nothing"):
        session.run(read(tf.float32, [8], str(tmp_path / "nothing")))


def test_abort_ends_the_run(session):
    with pytest.raises(errors.AbortedError, match="Abort_op intentional failure; enough"):
        session.run(raw_op("abort")("enough"))


def test_the_example_of_an_operation_of_ones_own(session):
    fact = tf.user_ops.my_fact()
    assert session.run(fact) == b"0! == 1"
    assert (fact.name, fact.get_shape()) == ("Fact:0", ())
