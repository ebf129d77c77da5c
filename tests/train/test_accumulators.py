"""Accumulators, and `SyncReplicasOptimizerV2` on them, as 0.12.1 has them."""

import contextlib
import threading
import time

import numpy as np
import pytest

import tracer as tf
from tracer import errors


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_the_mean_of_gradients(session):
    accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2], name="acc")
    assert (accumulator.name, accumulator.dtype) == ("acc", tf.float32)
    first = accumulator.apply_grad(tf.constant([1.0, 2.0]), local_step=0)
    mean, count = accumulator.take_grad(2), accumulator.num_accumulated()
    assert [first.name, mean.op.name, count.op.name] == ["AccumulatorApplyGradient", "AccumulatorTakeGradient",
                                                         "acc_NumAccumulated"]
    session.run(first)
    session.run(accumulator.apply_grad([3.0, 4.0], local_step=0))
    assert [np.asarray(session.run(x)).tolist() for x in (count, mean, count)] == [2, [2, 3], 0]
    session.run(first)  # of an earlier step now
    assert session.run(count) == 0
    session.run(accumulator.apply_grad([1.0, 1.0], local_step=1))
    session.run(accumulator.set_global_step(5))
    session.run(accumulator.set_global_step(3))
    session.run(accumulator.apply_grad([1.0, 1.0], local_step=4))
    assert session.run(count) == 1


def test_rows_are_averaged_where_they_stand(session):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[4, 2])
    rows = tf.IndexedSlices(tf.constant([[10.0, 20], [5, 5]]), np.int64([2, 3]), tf.constant([4, 2], tf.int64))
    first = accumulator.apply_grad([0, 2], [[1.0, 2.0], [3.0, 4.0]], [4, 2])
    session.run(first)
    session.run(accumulator.apply_indexed_slices_grad(rows))
    indices, values, shape = session.run(accumulator.take_grad(2))
    assert (indices.tolist(), values.tolist(), shape.tolist()) == ([0, 2, 3], [[1, 2], [6.5, 12], [5, 5]], [4, 2])
    session.run(first)
    assert session.run(accumulator.num_accumulated()) == 0
    session.run(accumulator.apply_grad([1], [[7.0, 7.0]], local_step=1))
    slices = session.run(accumulator.take_indexed_slices_grad(1))
    assert (slices.indices.tolist(), slices.values.tolist(), slices.dense_shape.tolist()) == ([1], [[7, 7]], [4, 2])


def test_rows_of_a_shape_that_is_not_known(session):
    accumulator = tf.SparseConditionalAccumulator(tf.float32)
    session.run(accumulator.apply_grad([0, 2], [[1.0, 2.0], [3.0, 4.0]]))
    session.run(accumulator.apply_grad([1], [[1.0, 2.0]]))
    indices, _, shape = session.run(accumulator.take_grad(2))
    assert (indices.tolist(), shape.tolist()) == ([0, 1, 2], [-1, 2])


@pytest.mark.parametrize(("gradient", "words"), [
    (([0], [[1.0, 2.0, 3.0]]), "Shape mismatch: expected values dim 1 to be 2, got 3"),
    (([7], [[1.0, 2.0]]), "Shape mismatch: index of slice 0 exceeded limits of shape; index is 7 exceeded 4"),
    (([0], [[1.0, 2.0]], [5, 2]), "Shape mismatch: expected shape dim 0 to be 4, got 5"),
    (([[0]], [[1.0, 2.0]]), "Input indices should be vector but received shape: [1,1]"),
    (([0, 1], [[1.0, 2.0]]), "Expected 2 non-empty input values, got 1"),
])
def test_rows_that_do_not_fit(session, gradient, words):
    accumulator = tf.SparseConditionalAccumulator(tf.float32, shape=[4, 2])
    with pytest.raises(errors.InvalidArgumentError) as raised:
        session.run(accumulator.apply_grad(*gradient))
    assert words in str(raised.value)


def test_gradients_that_do_not_fit(session):
    accumulator, other = tf.ConditionalAccumulator(tf.float32, shape=[2]), tf.ConditionalAccumulator(tf.float32)
    with pytest.raises(ValueError, match=r"Shapes \(3,\) and \(2,\) are"):
        accumulator.apply_grad(tf.constant([1.0, 2.0, 3.0]))
    fed = tf.placeholder(tf.float32)
    session.run(other.apply_grad([1.0, 2.0]))
    for one, value in ((accumulator, [1, 2, 3]), (other, [1])):
        with pytest.raises(errors.InvalidArgumentError, match=rf"Shape mismatch: expected \[2\], got \[{len(value)}\]"):
            session.run(one.apply_grad(fed), {fed: value})
    with pytest.raises(errors.InvalidArgumentError, match="Argument num_required must be positive, but was 0"):
        session.run(accumulator.take_grad(0))


def test_who_waits_gets_the_mean_or_the_end_of_the_session():
    accumulator = tf.ConditionalAccumulator(tf.float32)
    mean, give = accumulator.take_grad(2), accumulator.apply_grad(4.0)
    session, found = tf.Session(), []

    def take():
        try:
            found.append(session.run(mean))
        except errors.CancelledError as error:
            found.append(error.message)

    for _ in range(2):
        thread = threading.Thread(target=take)
        thread.start()
        if not found:
            session.run(give)
            session.run(accumulator.apply_grad(2.0))
        else:
            time.sleep(0.05)
            session.close()
        thread.join(20)
        assert not thread.is_alive()
    assert found == [3.0, "TakeGrad operation was cancelled"]


def model(replicas):
    x = tf.placeholder(tf.float32, [])
    step = tf.Variable(0, name="global_step", trainable=False)
    dense, rows = tf.Variable([1.0, 2.0], name="dense"), tf.Variable([[1.0], [2.0], [3.0]], name="rows")
    loss = tf.reduce_sum(dense * x) + tf.reduce_sum(tf.nn.embedding_lookup(rows, [0, 2]) * x)
    opt = tf.train.SyncReplicasOptimizerV2(tf.train.GradientDescentOptimizer(0.5), replicas)
    return opt, x, step, opt.minimize(loss, global_step=step), [dense, rows]


def test_replicas_take_steps_along_the_mean():
    server = tf.train.Server.create_local_server()
    sessions, steps, threads = [], [], []

    def replica(sess, train, x, value):
        with contextlib.suppress(errors.CancelledError, RuntimeError):  # the end of the test closes its session
            while True:
                sess.run(train, {x: value})

    for number in range(2):
        with tf.Graph().as_default():
            opt, x, step, train, variables = model(2)
            init, runner, tokens = tf.initialize_all_variables(), opt.get_chief_queue_runner(), opt.get_init_tokens_op()
            sess = tf.Session(server.target)
            if number == 0:
                sess.run(init)
                sess.run(opt.chief_init_op)
                sess.run(tokens)
                threads += runner.create_threads(sess, tf.train.Coordinator(), daemon=True)[:1]
            else:
                assert sess.run(opt.ready_for_local_init_op).size == 0
                sess.run(opt.local_step_init_op)
        sessions.append(sess)
        steps.append([step, *variables])
        threads.append(threading.Thread(target=replica, args=(sess, train, x, 1.0 + 2 * number), daemon=True))
    for thread in threads:
        thread.start()
    end = time.monotonic() + 100
    while sessions[0].run(steps[0][0]) < 5 and time.monotonic() < end:  # the end takes back a step that is under way
        time.sleep(0.01)
    for sess in sessions:
        sess.close()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    with tf.Session(server.target, graph=steps[0][0].graph) as sess:
        taken, dense, rows = sess.run(steps[0])
    assert taken >= 4
    for got, start in ((dense, [1, 2]), (rows[[0, 2]], [[1], [3]])):  # each step moves by half of 1, 2 or 3
        moved = np.subtract(start, got)
        assert np.ptp(moved) <= 1e-6  # a third gradient makes means that float32 rounds
        assert 0.5 * taken <= moved.flat[0] <= 1.5 * taken
    assert rows[1] == [2]


def test_names_and_shared_names():
    opt, _, _, train, _ = model(2)
    graph = tf.get_default_graph()
    made = {op.name: op.attrs["shared_name"] for op in graph.get_operations()
            if "Accumulator" in op.type and "shared_name" in op.attrs}
    assert made == {"sync_replicas/conditional_accumulator": "dense:0/grad_accum",
                    "sync_replicas/sparse_conditional_accumulator": "rows:0/grad_accum"}
    assert [train.name, opt.chief_init_op.name, opt.local_step_init_op.name] == [
        "Assign_1:0", "sync_replicas/group_deps", "Assign:0"]
    assert [v.name for v in tf.local_variables()] == ["sync_rep_local_step:0"]
    assert {"sync_replicas/AccumulatorTakeGradient", "sync_replicas/SetGlobalStep", "fifo_queue", "fifo_queue_1",
            "fifo_queue_EnqueueMany", "sync_rep_local_step/initial_value", "GradientDescent/update_rows/ScatterSub"} <= {
        op.name for op in graph.get_operations()}
    assert opt.get_init_tokens_op(0).name == "no_init_tokens"


@pytest.mark.parametrize(("ask", "words"), [
    (lambda opt, pairs: opt.apply_gradients(pairs), "Global step is required to check staleness"),
    (lambda opt, pairs: opt.apply_gradients([]), "Must supply at least one variable"),
    (lambda opt, pairs: opt.get_chief_queue_runner(), "Should be called after apply_gradients()."),
    (lambda opt, pairs: opt.get_init_tokens_op(), "get_init_tokens_op() should be called after apply_gradients()."),
    (lambda opt, pairs: (opt.apply_gradients(pairs, tf.Variable(0)), opt.get_init_tokens_op(1)),
     "Too few tokens to finish the first step: 1 (given) vs 3 (needed)"),
])
def test_what_it_refuses(ask, words):
    opt = tf.train.SyncReplicasOptimizerV2(tf.train.GradientDescentOptimizer(0.1), 5, 2)
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        ask(opt, [(tf.constant(1.0), tf.Variable(1.0))])
    assert str(raised.value) == words
