"""Devices that a session has, has not, and says it uses; the messages are TensorFlow 0.12.1's."""

import pytest

import tracer as tf
from lowering.programs import devices
from tracer import device_lib, placement

GPUS = [devices.Device("CPU", 0, 1 << 28, ""), devices.Device("GPU", 0, 1 << 30, "device: 0, name: A"),
        devices.Device("GPU", 1, 1 << 30, "device: 1, name: A")]


def run(device, **config):
    with tf.device(device):
        total = tf.add(1.0, 2.0)
    with tf.Session(config=tf.ConfigProto(**config)) as session:
        return session.run(total)


@pytest.mark.parametrize(("device", "config"), [
    ("/cpu:0", {}), ("/job:localhost", {}), ("/job:localhost/replica:0/task:0", {}), (None, {}),
    ("/cpu:1", {"allow_soft_placement": True}), ("/device:Funny:0", {"allow_soft_placement": True}),
    ("/cpu:1", {"device_count": {"CPU": 2}}), ("/gpu:0", {"allow_soft_placement": True}),
])
def test_devices_that_are_there(device, config):
    assert run(device, **config) == 3


@pytest.mark.parametrize(("device", "config"), [
    ("/cpu:1", {}), ("/job:ps/task:0", {}), ("/job:ps/task:0", {"allow_soft_placement": True}),
    ("/job:localhost/task:1", {}), ("/replica:1", {}), ("/device:Funny:0", {}),
])
def test_devices_that_are_not_there(device, config):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        run(device, **config)
    canonical = tf.DeviceSpec.from_string(device).to_string()
    assert caught.value.message == (
        f"Cannot assign a device to node 'Add': Could not satisfy explicit device specification '{canonical}' because "
        "no devices matching that specification are registered in this process; available devices: "
        "/job:localhost/replica:0/task:0/cpu:0")
    assert caught.value.op.name == "Add"


def test_a_malformed_device():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Malformed device specification '/foo:1'"):
        run(lambda op: "/foo:1")


def test_scripts_for_gpus_run_without(capfd, monkeypatch):
    monkeypatch.setattr(placement, "_told", set())
    assert run("/gpu:0") == run("/gpu:3") == 3
    told = [line for line in capfd.readouterr().err.splitlines() if "There is no" in line]
    assert told == ["WARNING:tensorflow:There is no /device:GPU:0 here: operations that ask for one run on CPU. (TensorFlow "
                    "refuses that unless the session's configuration has allow_soft_placement.)"]


def test_a_test_that_wants_a_gpu_gets_an_error():
    class Wanting(tf.test.TestCase):
        def test(self):
            with self.test_session(force_gpu=True):
                with pytest.raises(tf.errors.InvalidArgumentError, match="Cannot assign a device to node 'Neg'"):
                    tf.neg(1.0).eval()
            with self.test_session():
                assert tf.neg(1.0).eval() == -1

    Wanting("test").debug()


def test_what_runs_where_is_printed(capfd):
    with tf.Session(config=tf.ConfigProto(log_device_placement=True)) as session:
        total = tf.add(1.0, 2.0, name="total")
        session.run(total)
        session.run(total)
    assert capfd.readouterr().err.splitlines() == ["Device mapping: no known devices.", *(
        f"{name}: /job:localhost/replica:0/task:0/cpu:0" for name in ("total/x", "total/y", "total"))]


def test_gpus_are_counted_named_and_left_out(monkeypatch, capfd):
    monkeypatch.setattr(devices, "local", lambda: GPUS)
    both = placement.Placement(tf.ConfigProto(log_device_placement=True), None)
    assert capfd.readouterr().err.splitlines() == ["Device mapping:", *(
        f"/job:localhost/replica:0/task:0/gpu:{i} -> device: {i}, name: A" for i in (0, 1))]
    op = tf.neg(1.0).op
    assert both.of(op, False) == "/job:localhost/replica:0/task:0/gpu:0"
    assert both.of(op, True) == "/job:localhost/replica:0/task:0/cpu:0"
    one = placement.Placement(tf.ConfigProto(device_count={"GPU": 1}), None)
    assert one.counts == {"CPU": 1, "GPU": 1}
    none = placement.Placement(tf.ConfigProto(device_count={"GPU": 0}), None)
    assert none.of(op, False) == "/job:localhost/replica:0/task:0/cpu:0"


def test_a_server_names_its_task():
    server = tf.train.Server(tf.train.ClusterSpec({"ps": ["localhost:2222"]}))
    with tf.device("/job:ps/task:0"):
        x = tf.neg(1.0)
    with tf.Session(server.target) as session:
        assert session.run(x) == -1


def test_local_devices():
    first = device_lib.list_local_devices()[0]
    assert (first.name, first.device_type, first.memory_limit) == ("/cpu:0", "CPU", 268435456)


def test_operations_without_a_kernel():
    tf.RegisterShape("NobodyKnows")(None)
    op = tf.get_default_graph().create_op("NobodyKnows", [], [], name="f")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"NobodyKnows 'f', recorded at .*test_placement") as caught:
        tf.Session().run(op)
    assert caught.value.op is op
    assert isinstance(caught.value, NotImplementedError)
