"""Device strings and `DeviceSpec`, as TensorFlow 0.12.1 reads and writes them."""

import pytest

import tracer as tf
from tracer.device import canonical_name, check_valid


@pytest.mark.parametrize(("spec", "canonical"), [
    ("", ""), ("//", ""), ("/cpu", "/device:CPU:*"), ("gpu:0", "/device:GPU:0"), ("/gpu:*", "/device:GPU:*"),
    ("/job:a/job:b", "/job:b"), ("/job:", "/job:"), ("/device:CPU:*", "/device:CPU:*"), ("/cpu:-1", "/device:CPU:-1"),
    ("/device:XLA:3", "/device:XLA:3"), ("/device:cpu:0", "/device:cpu:0"),
    ("/gpu:1/task:2/replica:3/job:w", "/job:w/replica:3/task:2/device:GPU:1"),
])
def test_strings(spec, canonical):
    assert tf.DeviceSpec.from_string(spec).to_string() == canonical_name(spec) == canonical


@pytest.mark.parametrize(("spec", "message"), [
    ("/job:a/replica:x", "invalid literal for int.* with base 10: 'x'"),
    ("/task:", "invalid literal for int.* with base 10: ''"),
    ("/device:GPU:x", "invalid literal for int"),
    ("/cpu:0/gpu:1", "Cannot specify multiple device types: /cpu:0/gpu:1"),
    ("/device:CPU:0/cpu:1", "Cannot specify multiple device types"),
    ("/bar:1", "Unknown attribute: 'bar' in '/bar:1'"),
    ("/cpu:0:1", "Unknown attribute: 'cpu' in '/cpu:0:1'"),
    ("/JOB:a", "Unknown attribute: 'JOB'"),
    ("device", "Unknown attribute: 'device'"),
])
def test_wrong_strings(spec, message):
    with pytest.raises(ValueError, match=message):
        check_valid(spec)


def test_fields():
    spec = tf.DeviceSpec(job="a", replica="3", device_type="gpu")
    assert (spec.job, spec.replica, spec.task) == ("a", 3, None)
    assert spec.to_string() == "/job:a/replica:3/device:GPU:*"
    spec.job, spec.task = "", "2"
    assert spec.to_string() == "/job:/replica:3/task:2/device:GPU:*"
    spec.merge_from(tf.DeviceSpec(task=0, device_index=1))
    assert spec.to_string() == "/job:/replica:3/task:0/device:GPU:1"
    with pytest.raises(ValueError, match="invalid literal for int"):
        spec.task = "x"


def test_specs_are_device_scopes():
    with tf.device(tf.DeviceSpec(job="ps", device_type="CPU")), tf.device("/task:1/cpu:0"):
        assert tf.constant(1.0).device == "/job:ps/task:1/device:CPU:0"


def test_a_function_gives_the_string_as_it_is():
    with tf.device(lambda op: "/cpu:0"):
        assert tf.constant(1.0).device == "/cpu:0"
    for wrong in (None, 3):
        with pytest.raises(TypeError, match="has type"), tf.device(lambda op, wrong=wrong: wrong):
            tf.constant(1.0)


def test_a_group_is_where_its_first_operation_is(capfd):
    with tf.device("/gpu:0"):
        a = tf.constant(1.0, name="a")
    with tf.Graph().as_default() as graph, graph.device("/cpu:1"):
        pass
    with tf.get_default_graph().colocate_with(a.op):
        assert tf.constant(2.0).device == "/device:GPU:0"
        with tf.device("/cpu:0"):
            assert tf.constant(2.0, name="b").device == "/device:CPU:0"
    assert "Tried to colocate b with an op a that had a different device" in capfd.readouterr().err
