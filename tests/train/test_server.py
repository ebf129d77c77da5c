"""Clusters, the server of one process, and where `replica_device_setter` puts things."""

import itertools
import re
import threading

import numpy as np
import pytest

import tracer as tf
from tracer import errors
from tracer.train import tasks
from tracer.train.server_lib import Server

CLUSTER = {"ps": ["ps0:2222", "ps1:2222"], "worker": ["worker0:2222", "worker1:2222", "worker2:2222"]}


# -- descriptions


@pytest.mark.parametrize("form", ["dict", "spec", "message", "numbered"])
def test_a_cluster_in_each_of_its_forms(form):
    spec = tf.train.ClusterSpec(CLUSTER)
    given = {"dict": CLUSTER, "spec": spec, "message": spec.as_cluster_def(),
             "numbered": {job: dict(enumerate(tasks)) for job, tasks in CLUSTER.items()}}[form]
    cluster = tf.train.ClusterSpec(given)
    assert cluster.as_dict() == CLUSTER
    assert sorted(cluster.jobs) == ["ps", "worker"]
    assert cluster.job_tasks("ps") == ["ps0:2222", "ps1:2222"]
    assert cluster == spec
    assert bool(cluster)
    assert {job.name: dict(job.tasks) for job in cluster.as_cluster_def().job} == {
        "ps": {0: "ps0:2222", 1: "ps1:2222"},
        "worker": {0: "worker0:2222", 1: "worker1:2222", 2: "worker2:2222"}}


def test_a_cluster_with_gaps():
    cluster = tf.train.ClusterSpec({"worker": {1: "b:1"}})
    assert cluster.as_dict() == {"worker": {1: "b:1"}}
    assert cluster.job_tasks("worker") == [None, "b:1"]
    assert not tf.train.ClusterSpec({})


@pytest.mark.parametrize(("given", "words"), [
    (3, "`cluster` must be a dictionary mapping one or more job names to lists of network addresses, or a "
        "`ClusterDef` protocol buffer"),
    ({"a": 3}, "The tasks for job 'a' must be a list or a dictionary from integers to strings."),
    ({"a": [3]}, "Task address 3 must be bytes or unicode"),
    ({3: ["a"]}, "Job name 3 must be bytes or unicode"),
])
def test_what_is_no_cluster(given, words):
    with pytest.raises(TypeError, match=f"^{re.escape(words)}$"):
        tf.train.ClusterSpec(given)


def test_a_job_that_is_not_there():
    with pytest.raises(ValueError, match=r"^No such job in cluster: 'x'$"):
        tf.train.ClusterSpec(CLUSTER).job_tasks("x")


# -- servers


@pytest.mark.parametrize(("words", "error", "message"), [
    (dict(job_name="foo", task_index=0), errors.InternalError, 'Job "foo" was not defined in cluster'),
    (dict(job_name="ps", task_index=3), errors.InvalidArgumentError, 'Task 3 was not defined in job "ps"'),
    (dict(job_name="ps"), ValueError, "Must specify an explicit `task_index`."),
    ({}, ValueError, "Must specify an explicit `job_name`."),
])
def test_which_task_a_server_is(words, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        tf.train.Server(CLUSTER, **words)


@pytest.mark.parametrize("address", ["localhost", "localhost:x"])
def test_a_server_needs_a_port(address):
    with pytest.raises(errors.InvalidArgumentError, match=f'^Could not parse port for local server from "{address}"$'):
        tf.train.Server({"local": [address]})


def test_a_server_of_another_protocol():
    with pytest.raises(errors.NotFoundError, match="No server factory registered for the given ServerDef: cluster"):
        tf.train.Server({"local": ["localhost:2222"]}, protocol="http")


def test_a_server_by_its_message():
    message = tf.train.ServerDef(cluster=tf.train.ClusterSpec(CLUSTER).as_cluster_def(), job_name="worker",
                                 task_index=2)
    server = tf.train.Server(message, start=False)
    assert server.target == "grpc://localhost:2222"
    assert (server.server_def.job_name, server.server_def.task_index, server.server_def.protocol) == ("worker", 2, "grpc")


def test_more_than_one_process_is_refused(monkeypatch):
    monkeypatch.setattr(tasks, "_WAIT", 0.01)
    worker = tf.train.Server(CLUSTER, job_name="worker", task_index=0)
    others = r"has other tasks: /job:ps/task:0 at ps0:2222, /job:ps/task:1 "
    with pytest.raises(errors.UnimplementedError, match=others):
        tf.Session(worker.target)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with pytest.raises(errors.UnimplementedError, match="has other tasks: /job:ps/task:1 at ps1:2222, /job:worker"):
        tf.train.Server(CLUSTER, job_name="ps", task_index=0).join()
    with pytest.raises(errors.UnimplementedError, match="No server of this process has the target grpc://far:1"):
        tf.Session("grpc://far:1")
    with pytest.raises(errors.NotFoundError, match="No session factory registered for the given session options"):
        tf.Session("http://far:1")


def _started(first_port):
    """All tasks of a cluster, by job and number."""
    address = itertools.count(first_port)
    cluster = {job: [f"127.0.0.1:{next(address)}" for _ in range(count)] for job, count in (("ps", 2), ("worker", 3))}
    return {(job, number): tf.train.Server(cluster, job_name=job, task_index=number)
            for job in cluster for number in range(len(cluster[job]))}


def test_tasks_of_one_process_are_a_cluster(capfd):
    servers = _started(41200)
    # What TensorFlow 0.12.1 gave, whichever of the tasks the session was of.
    places = {"": "ps 0", "/job:ps": "ps 0", "/job:worker": "worker 0", "/job:worker/task:1": "worker 1", "/task:1": "ps 1",
              "/cpu:0": "ps 0", "/job:ps/task:1/cpu:0": "ps 1", "/job:ps/replica:0/task:1": "ps 1", "/task:2": "worker 2"}
    variables = []
    for i, device in enumerate(places):
        with tf.device(device or None):
            variables.append(tf.Variable(float(i), name=f"v{i}"))
    first = tf.Session(servers["worker", 1].target, config=tf.ConfigProto(log_device_placement=True))
    first.run([v.initializer for v in variables])
    told = capfd.readouterr().err
    for i, place in enumerate(places.values()):
        job, task = place.split()
        assert re.search(rf"^v{i}: .*/job:{job}/replica:0/task:{task}/cpu:0$", told, re.M), i
    second, third = tf.Session(servers["ps", 0].target), tf.Session("grpc://127.0.0.1:41204")
    second.run([tf.assign_add(v, 10.0) for v in variables])
    assert third.run(variables) == [i + 10.0 for i in range(len(variables))]


def test_a_device_that_no_task_of_a_cluster_has():
    servers = _started(41210)
    with tf.device("/job:worker/task:7"):
        x = tf.constant(1.0) + 1.0
    available = ", ".join(f"/job:{job}/replica:0/task:{number}/cpu:0"
                          for job, count in (("ps", 2), ("worker", 3)) for number in range(count))
    with pytest.raises(errors.InvalidArgumentError, match=f"device specification '/job:worker/task:7' .*: {available}"):
        tf.Session(servers["ps", 1].target).run(x)


def test_variables_of_one_name_on_two_tasks_are_not_taken_for_one():
    servers = _started(41220)
    with tf.device("/job:worker/task:0"):
        own = tf.Variable(1.0, name="own")
    tf.Session(servers["worker", 0].target).run(own.initializer)
    with tf.Graph().as_default(), tf.device("/job:worker/task:1"):
        own = tf.Variable(2.0, name="own")
        with pytest.raises(errors.UnimplementedError, match="there is another of this name on /job:worker/task:0"):
            tf.Session(servers["worker", 1].target).run(own.initializer)


def test_a_session_waits_for_tasks_that_threads_start():
    cluster = {"ps": ["localhost:41230"], "worker": ["localhost:41231", "localhost:41232"]}
    thread = threading.Timer(0.2, tf.train.Server, [cluster], {"job_name": "worker", "task_index": 1})
    thread.start()
    worker = tf.train.Server(cluster, job_name="worker", task_index=0)
    with tf.device(tf.train.replica_device_setter(cluster=cluster)):
        v = tf.Variable(3.0)
    with tf.Session(worker.target) as sess:
        sess.run(v.initializer)
        assert sess.run(v) == 3.0
    thread.join()


def test_a_worker_alone_with_parameter_servers_does_without(capfd, monkeypatch):
    monkeypatch.setattr(tasks, "_WAIT", 0.01)
    cluster = {"ps": ["localhost:41250", "localhost:41251"], "worker": ["localhost:41252"]}
    worker = tf.train.Server(cluster, job_name="worker", task_index=0)
    with tf.device(tf.train.replica_device_setter(cluster=cluster)):
        first, second = tf.Variable(3.0), tf.Variable(4.0)
        total = first + second
    for _ in range(2):
        with tf.Session(worker.target) as sess:
            sess.run([first.initializer, second.initializer])
            assert sess.run(total) == 7.0
    assert capfd.readouterr().err.count("this one holds what /job:ps/task:0 at localhost:41250, /job:ps/task:1") == 1


def test_a_cluster_of_parameter_servers_alone():
    server = tf.train.Server({"ps": ["localhost:41270"]})
    assert tf.Session(server.target).run(tf.constant(2.0)) == 2.0


def test_a_parameter_server_alone_is_refused(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    server = tf.train.Server({"ps": ["localhost:41260"], "worker": ["localhost:41261"]}, job_name="ps", task_index=0)
    with pytest.raises(errors.UnimplementedError, match="has other tasks: /job:worker/task:0 at localhost:41261"):
        server.join()


def test_a_task_that_is_started_anew_begins_a_new_cluster():
    _started(41240)
    servers = _started(41240)
    v = tf.Variable(3.0)
    with pytest.raises(errors.FailedPreconditionError, match="uninitialized value"):
        tf.Session(servers["ps", 0].target).run(v)


def test_sessions_of_a_server_share_variables():
    server = Server.create_local_server()
    v = tf.Variable(1.0, name="v")
    add = v.assign_add(1.0)
    first, second = tf.Session(server.target), tf.Session(server.target)
    first.run(v.initializer)
    first.run(add)
    assert second.run(v) == 2.0
    with tf.Graph().as_default():
        w = tf.Variable(5.0, name="v")
        assert tf.Session(server.target).run(w) == 2.0
    first.close()
    assert second.run(add) == 3.0
    with pytest.raises(errors.FailedPreconditionError, match="uninitialized value v"):
        tf.Session(Server.create_local_server().target).run(v)


def test_sessions_of_a_server_share_named_queues_only():
    server = Server.create_local_server()
    named, own = (tf.FIFOQueue(10, tf.float32, [()], shared_name=name) for name in ("q", None))
    put = tf.group(named.enqueue(3.0), own.enqueue(3.0))
    first, second = tf.Session(server.target), tf.Session(server.target)
    first.run(put)
    assert second.run([named.size(), own.size()]) == [1, 0]
    first.close()
    assert second.run(named.dequeue()) == 3.0


def test_closing_one_session_wakes_its_own_threads_only():
    import time

    server = Server.create_local_server()
    queue = tf.FIFOQueue(10, tf.float32, [()], shared_name="q")
    take, put, size = queue.dequeue(), queue.enqueue(7.0), queue.size()
    sessions = [tf.Session(server.target) for _ in range(2)]
    results = [None, None]

    def wait(i):
        try:
            results[i] = sessions[i].run(take)
        except errors.OpError as error:
            results[i] = type(error)

    for session in sessions:
        session.run(size)
    threads = [threading.Thread(target=wait, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    sessions[0].close()
    threads[0].join(10)
    assert results == [errors.CancelledError, None]
    tf.Session(server.target).run(put)
    threads[1].join(10)
    assert results[1] == 7.0


def test_a_reset_of_the_process_ends_its_sessions():
    """As in 0.12.1."""
    v = tf.Variable(1.0, name="v")
    used, unused = tf.Session(), tf.Session()
    used.run(v.initializer)
    other = tf.Session(Server.create_local_server().target)
    other.run(v.initializer)
    tf.Session.reset("")
    for session in (used, unused):
        with pytest.raises(errors.CancelledError, match=r"Session has been closed\."):
            session.run(v)
    assert other.run(v) == 1.0
    with pytest.raises(errors.FailedPreconditionError, match="uninitialized value v"):
        tf.Session().run(v)


def _in_two_containers():
    v = tf.Variable(1.0, name="v")
    with tf.container("c"):
        u = tf.Variable(3.0, name="u")
    return v, u, tf.initialize_all_variables()


def test_a_reset_of_a_server_forgets_variables():
    server = Server.create_local_server()
    v, u, start = _in_two_containers()
    session = tf.Session(server.target)
    session.run(start)
    tf.Session.reset(server.target)
    with pytest.raises(errors.AbortedError, match=r"Session [0-9a-f]{16} is not found\."):
        session.run(v)
    for variable in (v, u):
        with pytest.raises(errors.FailedPreconditionError, match="uninitialized value"):
            tf.Session(server.target).run(variable)


def test_a_reset_of_a_container_leaves_the_others():
    server = Server.create_local_server()
    v, u, start = _in_two_containers()
    session = tf.Session(server.target)
    session.run(start)
    tf.Session.reset(server.target, ["elsewhere"])
    assert tf.Session(server.target).run([v, u]) == [1.0, 3.0]
    tf.Session.reset(server.target, ["c"])
    assert tf.Session(server.target).run(v) == 1.0
    with pytest.raises(errors.FailedPreconditionError, match="uninitialized value u"):
        tf.Session(server.target).run(u)


def test_a_reset_forgets_named_queues():
    server = Server.create_local_server()
    queue = tf.FIFOQueue(10, tf.float32, [()], shared_name="q")
    tf.Session(server.target).run(queue.enqueue(3.0))
    assert tf.Session(server.target).run(queue.size()) == 1
    tf.Session.reset(server.target)
    assert tf.Session(server.target).run(queue.size()) == 0


def test_a_reset_checks_what_it_is_given():
    with pytest.raises(errors.NotFoundError, match="No session factory registered"):
        tf.Session.reset("nonsense")
    with pytest.raises(TypeError, match="Expected binary or unicode string, got 1"):
        tf.Session.reset(Server.create_local_server().target, [1])


def test_a_server_takes_no_part_in_random_numbers():
    server = Server.create_local_server()
    x = tf.random_uniform([3], seed=1)
    np.testing.assert_array_equal(tf.Session(server.target).run(x), tf.Session(server.target).run(x))


# -- devices: what TensorFlow 0.12.1 gave


@pytest.mark.parametrize(("words", "expected"), [
    (dict(ps_tasks=2), "/job:ps/task:0 /job:ps/task:1/device:GPU:0 /job:zz/task:0 /job:zz/task:7 /job:ps/task:0 "
                       "/job:worker /job:worker/device:GPU:0 /job:zz"),
    (dict(ps_tasks=2, merge_devices=False), "/job:ps/task:0 /device:GPU:0 /job:zz /job:zz/task:7 /job:ps/task:1 "
                                            "/job:worker /device:GPU:0 /job:zz"),
    (dict(cluster={"ps": ["a:1"]}), "/job:ps/task:0 /job:ps/task:0/device:GPU:0 /job:zz/task:0 /job:zz/task:7 "
                                    "/job:ps/task:0 /job:worker /job:worker/device:GPU:0 /job:zz"),
    (dict(ps_tasks=2, ps_device="/cpu:0"),
     "/task:0/device:CPU:0 /task:1/device:GPU:0 /job:zz/task:0/device:CPU:0 /job:zz/task:7/device:CPU:0 "
     "/task:0/device:CPU:0 /job:worker /job:worker/device:GPU:0 /job:zz"),
    (dict(ps_tasks=3, ps_device="/job:ps/task:1", worker_device="/job:worker/task:3/gpu:1"),
     "/job:ps/task:0 /job:ps/task:1/device:GPU:0 /job:zz/task:2 /job:zz/task:7 /job:ps/task:1 "
     "/job:worker/task:3/device:GPU:1 /job:worker/task:3/device:GPU:0 /job:zz/task:3/device:GPU:1"),
])
def test_devices(words, expected):
    with tf.device(tf.train.replica_device_setter(**words)):
        first = tf.Variable(1.0)
        with tf.device("/gpu:0"):
            second, constant = tf.Variable(2.0), tf.constant(1.0)
        with tf.device("/job:zz"):
            third, other = tf.Variable(2.0), tf.constant(1.0)
        with tf.device("/job:zz/task:7"):
            fourth = tf.Variable(2.0)
        fifth = tf.Variable(3.0)
    found = [v.device for v in (first, second, third, fourth, fifth, first.initial_value, constant, other)]
    assert " ".join(found) == expected
    assert first.initializer.device == first.device == first.value().device


def test_a_setter_may_be_asked_about_a_node():
    setter = tf.train.replica_device_setter(2)
    assert setter(tf.NodeDef(name="x", op="Variable")) == "/job:ps/task:0"
    assert setter(tf.NodeDef(name="x", op="Add", device="/cpu:1")) == "/job:worker/device:CPU:1"


def test_no_parameter_servers_no_devices():
    assert tf.train.replica_device_setter() is None
    assert tf.train.replica_device_setter(cluster={"worker": ["a:1"]}) is None
    with pytest.raises(TypeError, match="`cluster` must be a dictionary"):
        tf.train.replica_device_setter(cluster=3)


def test_a_server_has_a_configuration_for_its_sessions():
    server = Server.create_local_server(config=tf.ConfigProto(graph_options=tf.GraphOptions(infer_shapes=True)))
    assert server.server_def.default_session_config.graph_options.infer_shapes
    tf.constant([1.0, 2.0], name="c")

    def shapes(*config):
        node = tf.Session(server.target, *config).graph_def.node[0]
        return "_output_shapes" in node.attr

    assert shapes()
    assert not shapes(None, tf.ConfigProto())
