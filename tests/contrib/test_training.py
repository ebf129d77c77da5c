"""`tf.contrib.training`: batches by length, balanced samples, and the training loop."""

import numpy as np
import pytest

import tracer as tf
from tests.contrib.draining import drained
from tracer.contrib import training


def numbers(count):
    return tf.train.range_input_producer(count, num_epochs=1, shuffle=False).dequeue()


@pytest.mark.parametrize("smaller", [False, True])
def test_batches_of_about_the_same_length(smaller):
    n = numbers(40)
    length = n % 12 + 1
    steps = tf.tile(tf.expand_dims(n, 0), tf.expand_dims(length, 0))
    steps.set_shape([None])
    lengths, tensors = training.bucket_by_sequence_length(
        length, {"steps": steps, "n": n}, 4, [4, 8], dynamic_pad=True, allow_smaller_final_batch=smaller)
    assert lengths.get_shape().as_list() == [None if smaller else 4]
    assert tensors["steps"].get_shape().as_list() == [None if smaller else 4, None]
    seen = []
    for sizes, padded, which in drained([lengths, tensors["steps"], tensors["n"]]):
        assert len({int(np.searchsorted([4, 8], size, "right")) for size in sizes}) == 1
        assert padded.shape == (len(sizes), max(sizes))
        for row, size, value in zip(padded, sizes, which, strict=True):
            assert row.tolist() == [value] * size + [0] * (max(sizes) - size)
        seen += which.tolist()
    assert len(set(seen)) == len(seen) == (40 if smaller else 36)  # 4 of 40 fill no batch


def test_buckets_and_what_goes_nowhere():
    n = numbers(24)
    which, [value, twice] = training.bucket([n, n * 2], n % 3, 4, 3, keep_input=n < 18, allow_smaller_final_batch=True)
    seen = []
    for bucket, values, doubled in drained([which, value, twice]):
        assert set(values % 3) == {bucket}
        assert (values * 2 == doubled).all()
        seen += values.tolist()
    assert sorted(seen) == list(range(18))


@pytest.mark.parametrize(("boundaries", "problem", "message"), [
    ([], ValueError, "bucket_boundaries must not be empty"),
    ([3, 3], ValueError, "Buckets must contain sequential increasing lengths, but saw: 3 before 3"),
    ([3, "a"], TypeError, "bucket boundaries must be integers, but saw: 3 and a"),
])
def test_boundaries(boundaries, problem, message):
    with pytest.raises(problem, match=message):
        training.bucket_by_sequence_length(tf.constant(1), [tf.constant(1)], 2, boundaries)


def test_nothing_to_bucket():
    with pytest.raises(ValueError, match=r"Expected at least one tensor in bucket\(\)"):
        training.bucket([], tf.constant(0), 2, 2)


@pytest.mark.parametrize(("known", "many"), [(True, False), (False, True)])
def test_classes_come_equally_often(known, many):
    tf.set_random_seed(1)
    label = tf.to_int32(tf.random_uniform([5] if many else []) < 0.1)
    [value], labels = training.stratified_sample([tf.to_float(label) * 2], label, [0.5, 0.5], 50,
                                                 init_probs=[0.9, 0.1] if known else None, enqueue_many=many)
    if not known:
        assert [v.op.name for v in tf.all_variables()] == ["stratified_sample/class_count"]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        batches = [session.run([value, labels]) for _ in range(4)]
        coordinator.request_stop()
        coordinator.join(threads)
    assert all((values == 2 * classes).all() for values, classes in batches)
    assert 0.35 < np.mean([classes for _, classes in batches[1:]]) < 0.65


def test_samples_that_a_function_takes():
    n = numbers(20)
    [value] = training.rejection_sample([n], lambda one: tf.to_float(one[0] % 2), 5, runtime_checks=True)
    assert [batch.tolist() for batch in drained(value)] == [[1, 3, 5, 7, 9], [11, 13, 15, 17, 19]]


def test_training_until_a_hook_says_so(tmp_path):
    w = tf.Variable(5.0)
    seen = []

    def halved(pairs):
        seen.append(len(pairs))
        return [(gradient / 2, variable) for gradient, variable in pairs]

    step = training.create_train_op(tf.square(w), tf.train.GradientDescentOptimizer(0.5), transform_grads_fn=halved)
    loss = training.train(step, str(tmp_path), hooks=[tf.train.StopAtStepHook(num_steps=3)], save_summaries_steps=None)
    assert seen == [1]
    assert loss == np.float32(25 / 16)  # w is halved in each of three steps
    path = next(training.checkpoints_iterator(str(tmp_path), timeout=1))
    assert tf.train.NewCheckpointReader(path).get_tensor("Variable") == np.float32(5 / 8)
    assert training.wait_for_new_checkpoint(str(tmp_path), path, seconds_to_sleep=0.01, timeout=0.02) is None


def test_training_needs_a_folder_for_what_it_writes():
    with pytest.raises(ValueError, match="logdir cannot be None"):
        training.train(tf.constant(1.0), None)


def test_tasks_with_the_least_load():
    strategy = training.GreedyLoadBalancingStrategy(2, training.byte_size_load_fn)
    sizes = [[10], [2], [4], [3], [20]]
    assert [strategy(tf.placeholder(tf.float32, size).op) for size in sizes] == [0, 1, 1, 1, 1]
    with pytest.raises(ValueError, match="must be known"):
        strategy(tf.placeholder(tf.float32, [None]).op)


def test_runners_and_the_errors_that_end_them():
    queue = tf.FIFOQueue(1, tf.float32)
    with pytest.raises(TypeError, match="must be a non-empty tuple of error types"):
        tf.train.QueueRunner(queue, [queue.enqueue(1.0)], queue_closed_exception_types=())


def test_rows_come_as_often_as_their_rates_say():
    tf.set_random_seed(1)
    rates = tf.constant([1.0, 0.5, 2.5, 0.0])
    rows = training.resample_at_rate([tf.constant([10, 20, 30, 40]), tf.constant([[1.0], [2], [3], [4]])], rates, seed=3)
    assert [row.get_shape().as_list() for row in rows] == [[None], [None, 1]]
    with tf.Session() as session:
        runs = [[part.reshape(-1).tolist() for part in session.run(rows)] for _ in range(6)]
    assert [run[0] for run in runs] == [  # what 0.12.1 drew
        [10, 20, 30, 10, 30, 30, 30, 30, 30], [10, 30, 10, 10], [30], [30, 30, 30, 30, 30], [10, 30, 30, 30],
        [30, 30, 30, 30]]
    assert all(number == 10 * row for run in runs for number, row in zip(*run, strict=True))


def test_rows_come_as_often_as_their_weights_say():
    tf.set_random_seed(1)
    [row], rate = training.weighted_resample([tf.constant([10, 20, 30, 40])], tf.constant([1.0, 2, 3, 2]), 0.5, seed=7,
                                             scope="wr")
    assert [v.name for v in tf.local_variables()] == ["wr/resample_count:0", "wr/estimated_mean:0"]
    with tf.Session() as session:
        session.run(tf.initialize_local_variables())
        runs = [session.run([row, rate]) for _ in range(8)]
    assert [run[0].tolist() for run in runs] == [
        [10, 20, 30, 40, 30, 30], [30, 30], [20, 30, 40, 40], [10, 20, 40, 40], [40, 40], [30], [10, 20, 10], [20]]
    for numbers, rates in runs:
        np.testing.assert_allclose(rates, np.float32([0, 0.25, 0.5, 0.75, 0.5])[numbers // 10])


def test_no_row_comes():
    rows = training.resample_at_rate([tf.constant([1, 2])], tf.constant([0.0, 0.0]))
    with tf.Session() as session:
        assert session.run(rows[0]).shape == (0,)


@pytest.fixture
def checkpoints(tmp_path):
    """A folder with two of them: steps 0 and 7."""
    with tf.Graph().as_default(), tf.Session() as session:
        v, step = tf.Variable([1.0, 2.0], name="v"), tf.contrib.framework.get_or_create_global_step()
        session.run(tf.initialize_all_variables())
        saver = tf.train.Saver()
        saver.save(session, str(tmp_path / "m"), global_step=step)
        session.run([v.assign([3.0, 4.0]), step.assign(7)])
        saver.save(session, str(tmp_path / "m"), global_step=step)
    return tmp_path


def summing():
    """A model whose evaluation adds up its variable."""
    v, step = tf.Variable([0.0, 0.0], name="v"), tf.contrib.framework.get_or_create_global_step()
    total = tf.Variable(0.0, name="total", trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    return v, step, total, total.assign_add(tf.reduce_sum(v))


def test_a_checkpoint_is_evaluated(checkpoints):
    v, step, total, update = summing()
    tf.scalar_summary("x", tf.reduce_sum(v))
    hooks = [training.StopAfterNEvalsHook(3), training.SummaryAtEndHook(str(checkpoints / "events"))]
    found = training.evaluate_once(str(checkpoints / "m-7"), eval_ops=update, final_ops={"t": total, "s": step},
                                   hooks=hooks)
    assert found == {"t": 21.0, "s": 7}
    events = [event for path in (checkpoints / "events").iterdir() for event in tf.train.summary_iterator(str(path))]
    assert [(event.step, [(value.tag, value.simple_value) for value in event.summary.value])
            for event in events if event.HasField("summary")] == [(7, [("x", 7.0)])]


def test_what_is_restored_alone(checkpoints):
    v, *_ = summing()
    other = tf.Variable(5.0, name="other")
    assert [np.asarray(x).tolist() for x in training.evaluate_once(
        str(checkpoints / "m-0"), final_ops=[v, other], variables_to_restore=[v])] == [[1, 2], 5]


def test_checkpoints_are_evaluated_as_they_come(checkpoints):
    v, step, total, update = summing()
    tf.scalar_summary("x", tf.reduce_sum(v))
    grown, saver, rounds = [v.assign_add([1.0, 1.0]), step.assign_add(1)], tf.train.Saver(), []

    class Training(tf.train.SessionRunHook):
        def end(self, session):
            rounds.append(session.run([total, step]))
            session.run(grown)
            saver.save(session, str(checkpoints / "m"), global_step=step)

    hooks = [training.StopAfterNEvalsHook(2), training.SummaryAtEndHook(str(checkpoints / "events")), Training()]
    found = training.evaluate_repeatedly(str(checkpoints), eval_ops={"u": update}, final_ops=step, hooks=hooks,
                                         eval_interval_secs=0, max_number_of_evaluations=2)
    assert rounds == [[14.0, 7], [18.0, 8]]
    assert found == 9


def test_the_count_of_evaluations():
    step = training.get_or_create_eval_step()
    assert training.get_or_create_eval_step() is step
    assert (step.name, tf.get_collection(tf.GraphKeys.EVAL_STEP)) == ("eval_step:0", [step])
    tf.add_to_collection(tf.GraphKeys.EVAL_STEP, step)
    with pytest.raises(ValueError, match="Multiple tensors"):
        training.get_or_create_eval_step()
