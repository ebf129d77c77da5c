"""`SyncReplicasOptimizer`: one replica, several of one server, and what it refuses."""

import contextlib
import threading
import time

import numpy as np
import pytest

import tracer as tf
from tracer import errors

ROWS = [0, 2, 2]


def model(replica, replicas, needed=None, **words):
    """A step of one replica: moves a dense variable by x, and rows of another, for each replica."""
    x = tf.placeholder(tf.float32, [])
    step = tf.Variable(0, name="global_step", trainable=False)
    dense, rows = tf.Variable([1.0, 2.0], name="dense"), tf.Variable([[1.0], [2.0], [3.0]], name="rows")
    loss = tf.reduce_sum(dense * x) + tf.reduce_sum(tf.nn.embedding_lookup(rows, ROWS) * x)
    opt = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.5), needed or replicas,
                                         replica_id=replica, total_num_replicas=replicas, **words)
    return opt, x, step, opt.minimize(loss, global_step=step), [dense, rows]


def test_one_replica():
    opt, x, step, train, variables = model(0, 1)
    tokens, runner, init = opt.get_init_tokens_op(0), opt.get_chief_queue_runner(), tf.initialize_all_variables()
    with tf.Session() as sess:
        sess.run(init)
        coord = tf.train.Coordinator()
        threads = runner.create_threads(sess, coord, daemon=True, start=True)
        # Without tokens to begin with, a replica waits for the step that its own gradients are part of.
        sess.run(tokens)
        for value in (1.0, 2.0, 4.0):
            sess.run(train, {x: value})
        taken, dense, rows = sess.run([step, *variables])
        coord.request_stop()
    for thread in threads:
        thread.join(10)
    assert taken == 3
    np.testing.assert_allclose(dense, [1 - 3.5, 2 - 3.5])
    np.testing.assert_allclose(rows, [[1 - 3.5], [2], [3 - 7]])


def test_several_replicas_take_the_same_steps():
    server = tf.train.Server.create_local_server()
    count = 3
    sessions, steps, threads = [], [], []

    def replica(sess, train, x):
        with contextlib.suppress(errors.CancelledError, RuntimeError):  # the end of the test closes its session
            while True:
                sess.run(train, {x: 1.0})

    for number in range(count):
        with tf.Graph().as_default():
            opt, x, step, train, variables = model(number, count)
            init, runner = tf.initialize_all_variables(), opt.get_chief_queue_runner()
            sess = tf.Session(server.target)
            if number == 0:
                sess.run(init)
                threads += runner.create_threads(sess, tf.train.Coordinator(), daemon=True)[:1]
        sessions.append(sess)
        steps.append([step, *variables])
        threads.append(threading.Thread(target=replica, args=(sess, train, x), daemon=True))
    for thread in threads:
        thread.start()
    end = time.monotonic() + 100
    while sessions[0].run(steps[0][0]) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    for sess, values in zip(sessions, steps, strict=True):
        taken, dense, rows = sess.run(values)
        assert taken >= 4
        moved = 0.5 * count * taken
        np.testing.assert_allclose(dense, [1 - moved, 2 - moved])
        np.testing.assert_allclose(rows, [[1 - moved], [2], [3 - 2 * moved]])
    for sess in sessions:
        sess.close()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_the_names_that_it_records():
    opt, _, _, train, _ = model(0, 2)
    graph = tf.get_default_graph()
    assert train.name == "sync_replicas:0"
    queues = {op.name: (op.attrs["shared_name"], op.attrs["capacity"]) for op in graph.get_operations()
              if op.type == "FIFOQueue"}
    assert queues == {
        "sync_replicas/fifo_queue": ("dense:0", 4), "sync_replicas/fifo_queue_1": ("sparse_grad_q_rows:0", -1),
        "sync_replicas/fifo_queue_2": ("sparse_token_q_rows:0", 4), "fifo_queue": ("sync_token_q", -1),
        "fifo_queue_1": ("dummy_queue", 1)}
    assert [v.name for v in tf.all_variables()] == ["global_step:0", "dense:0", "rows:0", "local_steps:0"]
    assert [op.name for op in opt.get_chief_queue_runner().enqueue_ops] == ["fifo_queue_EnqueueMany"]
    assert opt.get_init_tokens_op().name == "fifo_queue_EnqueueMany_1"
    assert opt.get_init_tokens_op(num_tokens=0).name == "no_init_tokens"
    assert graph.get_tensor_by_name("local_steps:0").get_shape() == [2]


def test_averages_follow_the_steps():
    averages = tf.train.ExponentialMovingAverage(0.5)
    dense = tf.Variable([1.0], name="v")
    step = tf.Variable(0, trainable=False)
    opt = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(1.0), 1, averages, [dense], replica_id=0)
    train = opt.apply_gradients([(tf.constant([2.0]), dense)], global_step=step)
    tokens, runner, init = opt.get_init_tokens_op(), opt.get_chief_queue_runner(), tf.initialize_all_variables()
    with tf.Session() as sess:
        sess.run([init])
        sess.run(tokens)
        sess.run(train)
        sess.run(runner.enqueue_ops)
        assert sess.run([step, dense, averages.average(dense)]) == [1, [-1.0], [0.0]]


def test_slots_are_those_of_the_optimizer():
    v, step = tf.Variable([1.0], name="v"), tf.Variable(0, trainable=False)
    inner = tf.train.MomentumOptimizer(0.1, 0.9)
    opt = tf.train.SyncReplicasOptimizer(inner, 1, replica_id=0)
    opt.minimize(tf.reduce_sum(v), global_step=step)
    assert opt.get_slot_names() == ["momentum"]
    assert opt.get_slot(v, "momentum") is inner.get_slot(v, "momentum")


@pytest.mark.parametrize(("ask", "words"), [
    (lambda opt, pairs: opt.apply_gradients(pairs), "Global step is required to check staleness"),
    (lambda opt, pairs: opt.apply_gradients([]), "Must supply at least one variable"),
    (lambda opt, pairs: opt.get_chief_queue_runner(), "Should be called after apply_gradients()."),
    (lambda opt, pairs: opt.get_init_tokens_op(), "get_init_tokens_op() should be called after apply_gradients()."),
    (lambda opt, pairs: opt.get_clean_up_op(), "get_clean_up_op() should be called after apply_gradients()."),
])
def test_what_it_refuses(ask, words):
    opt = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 1, replica_id=0)
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        ask(opt, [(tf.constant(1.0), tf.Variable(1.0))])
    assert str(raised.value) == words


def test_cleaning_up_fails_for_all():
    opt, *_ = model(0, 1)
    with pytest.raises(errors.AbortedError, match="From sync_replicas"):
        tf.Session().run(opt.get_clean_up_op())
