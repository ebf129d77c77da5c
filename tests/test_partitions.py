"""Variables cut into slices, and functions whose calls share variables."""

import numpy as np
import pytest

import tracer as tf
from tracer.variable_scope import _get_partitioned_variable_list


def halves(shape, **_):
    return [2] + [1] * (len(shape) - 1)


def test_a_partitioned_variable_is_one_tensor():
    with tf.variable_scope("s", partitioner=halves):
        whole = tf.get_variable("p", [3, 2], initializer=tf.ones_initializer)
    assert (whole.name, whole.get_shape().as_list()) == ("s/p:0", [3, 2])
    assert [v.name for v in tf.all_variables()] == ["s/p_0:0", "s/p_1:0"]
    assert [v.get_shape().as_list() for v in tf.all_variables()] == [[2, 2], [1, 2]]
    assert [v._save_slice_info.spec for v in tf.all_variables()] == ["3 2 0,2:0,2", "3 2 2,1:0,2"]
    assert tf.get_collection(tf.GraphKeys.CONCATENATED_VARIABLES) == [whole]
    assert whole.op.inputs[0].op.name == "s/p/ConcatPartitions/concat"
    with tf.variable_scope("s", reuse=True, partitioner=halves):
        assert tf.get_variable("p", [3, 2]) is whole
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(whole), np.ones([3, 2]))


def test_one_slice_is_still_a_slice():
    whole = tf.get_variable("p", [2, 2], partitioner=lambda **_: [1, 1])
    assert (whole.op.type, whole.name) == ("Identity", "p:0")
    assert [v.name for v in tf.all_variables()] == ["p_0:0"]


@pytest.mark.parametrize(("partitioning", "words"), [
    (3, "Partitioner must return a sequence, but saw: 3"),
    ([2], "does not match the shape's rank"),
    ([0, 1], "Partitioner returned zero partitions for some axes"),
    ([2, 2], "Can only slice a variable along one dimension"),
    ([5, 1], "Cannot slice a dimension of size 4 into 5"),
])
def test_wrong_partitions(partitioning, words):
    with pytest.raises(ValueError, match=words):
        tf.get_variable("p", [4, 4], partitioner=lambda **_: partitioning)


def test_a_partitioning_may_not_change():
    tf.get_variable("p", [4, 2], partitioner=halves)
    with pytest.raises(ValueError, match="Partitioner returned a different partitioning"):
        tf.get_variable("p", [4, 2], partitioner=lambda **_: [4, 1])


@pytest.mark.parametrize(("axis", "limit", "counts"), [
    (0, 32768, (1, 1, 1, 1)), (1, 8192, (1, 1, 1, 1)), (2, 2048, (1, 1, 2, 1)), (3, 64, (1, 1, 1, 32)),
    (3, 32, (1, 1, 1, 32)),
])
def test_partitions_by_size(axis, limit, counts):
    partitioner = tf.variable_axis_size_partitioner(limit, axis=axis)
    parts, found = _get_partitioned_variable_list("v", (4, 8, 16, 32), tf.float32, partitioner=partitioner)
    assert found == counts
    assert len(parts) == max(counts)


def test_create_partitioned_variables():
    with tf.Session() as session, tf.variable_scope("hi"):
        value = np.arange(43.0 * 4).reshape(4, 43)
        first = tf.create_partitioned_variables([4, 43], [1, 4], tf.constant(value))
        second = tf.create_partitioned_variables([4, 43], [4, 1], tf.zeros_initializer)
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(tf.concat(1, first)), value)
    assert [v.name for v in first] == [f"hi/PartitionedVariable/part_{i}:0" for i in range(4)]
    assert second[0].name == "hi/PartitionedVariable_1/part_0:0"
    assert [v._save_slice_info.spec for v in first] == [
        "4 43 0,4:0,11", "4 43 0,4:11,11", "4 43 0,4:22,11", "4 43 0,4:33,10"]
    assert [v.dtype.base_dtype for v in (first[0], second[0])] == [tf.float64, tf.float32]


@pytest.mark.parametrize(("shape", "slicing"), [([4], [1, 1]), ([4, 3], [1]), ([4, 3], [5, 1]), ([4, 3], [2, 3]),
                                                ([4, 4], [1, 2])])
def test_wrong_slicings(shape, slicing):
    with pytest.raises(ValueError, match=r"(?i)slic|compatible"):
        tf.create_partitioned_variables(shape, slicing, tf.zeros([4, 3]))


# -- templates


def scaled(x, name="w"):
    return tf.mul(x, tf.get_variable(name, [], initializer=tf.ones_initializer))


def test_a_template_shares_its_variables():
    first, second = tf.make_template("scale", scaled), tf.make_template("scale", scaled)
    first(1.0), first(2.0), second(3.0)
    assert [v.name for v in tf.all_variables()] == ["scale/w:0", "scale_2/w:0"]
    with tf.variable_scope("other"):
        first(4.0)
        third = tf.make_template("scale", scaled, name="u")
        third(5.0)
    assert [v.name for v in tf.all_variables()][2:] == ["other/scale_1/u:0"]
    assert first.var_scope.name == "scale"


def test_templates_inside_of_templates():
    def outer():
        for _ in range(2):
            tf.make_template("nested", scaled)(1.0)

    template = tf.make_template("s", outer)
    template()
    template()
    assert [v.name for v in tf.all_variables()] == ["s/nested/w:0", "s/nested_1/w:0"]


def test_what_a_template_refuses():
    with pytest.raises(ValueError, match="name cannot be None"):
        tf.make_template(None, scaled)
    template = tf.make_template("t", lambda trainable: tf.Variable(1.0, trainable=trainable))
    template(True)
    template(False)
    with pytest.raises(ValueError, match=r"Trainable variable created when calling a template after the first time, "
                                         r"perhaps you used tf.Variable when you meant tf.get_variable") as caught:
        template(True)
    assert "\n\noriginally defined at:\n  File " in str(caught.value)
    named = tf.make_template("n", lambda name: scaled(1.0, name))
    named("a")
    with pytest.raises(ValueError, match="Variable n/b does not exist, disallowed"):
        named("b")
