"""`MonitoredSession` and its hooks, as 0.12.1 has them."""

import os
import threading

import numpy as np
import pytest

import tracer as tf
from tracer.younger import hooks


@pytest.fixture
def model():
    step = tf.contrib.framework.get_or_create_global_step()
    value = tf.Variable(1.0, name="v")
    tf.scalar_summary("v", value)
    return step, value, tf.group(tf.assign_add(value, 1.0), tf.assign_add(step, 1))


class Recorder(tf.train.SessionRunHook):
    def __init__(self, step):
        self.step, self.events = step, []

    def begin(self):
        self.events.append(("begin", tf.get_default_graph().finalized))

    def before_run(self, run_context):
        self.events.append(("before", run_context.original_args.fetches, run_context.stop_requested))
        return tf.train.SessionRunArgs({"step": self.step})

    def after_run(self, run_context, run_values):
        self.events.append(("after", run_values.results))

    def end(self, session):
        self.events.append(("end", type(session)))


def test_a_training(model, tmp_path):
    step, value, train = model
    recorder = Recorder(step)
    with tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path), save_summaries_steps=2, hooks=[
            recorder, tf.train.StopAtStepHook(last_step=3)]) as session:
        assert session.graph is tf.get_default_graph()
        while not session.should_stop():
            session.run(train)
        with pytest.raises(RuntimeError, match="Run called even after should_stop requested"):
            session.run(train)
    with pytest.raises(RuntimeError, match="Session is already closed"):
        session.run(train)
    assert recorder.events == [("begin", False), *[
        event for n in (1, 2, 3) for event in (("before", train, False), ("after", {"step": n}))], ("end", tf.Session)]
    assert {name for name in os.listdir(tmp_path) if not name.startswith("events")} == {
        "checkpoint", "graph.pbtxt", *(f"model.ckpt-{n}.{end}" for n in (1, 3)
                                       for end in ("data-00000-of-00001", "index", "meta"))}
    events, = tmp_path.glob("events*")
    written = [(e.step, e.WhichOneof("what"), [v.simple_value for v in e.summary.value])
               for e in tf.train.summary_iterator(str(events))]
    assert [one for one in written if one[1] in ("summary", "session_log")][:4] == [
        (1, "session_log", []), (1, "summary", [1.0]), (1, "session_log", []), (3, "summary", [3.0])]
    tf.train.SummaryWriterCache.clear()
    with tf.train.MonitoredTrainingSession(checkpoint_dir=str(tmp_path)) as session:
        assert session.run([value, step]) == [4.0, 3]


def test_feeds_of_hooks():
    x = tf.placeholder(tf.float32)

    class Feeds(tf.train.SessionRunHook):
        def before_run(self, run_context):
            return tf.train.SessionRunArgs(None, feed_dict={x: 3.0})

    with tf.train.MonitoredSession(hooks=[Feeds()]) as session:
        assert session.run(x) == 3.0
        with pytest.raises(RuntimeError, match=r"Same tensor is fed by a SessionRunHook and user. Conflict"):
            session.run(x, {x: 1.0})
    with tf.train.MonitoredSession(hooks=[Feeds(), Feeds()]) as session, \
            pytest.raises(RuntimeError, match=r"Same tensor is fed by two hooks. Conflict"):
        session.run(x)


def test_ends_of_input_and_errors(model):
    with tf.train.MonitoredTrainingSession():
        raise tf.errors.OutOfRangeError(None, None, "the end")
    with pytest.raises(ValueError, match="wrong"), tf.train.MonitoredTrainingSession():
        raise ValueError("wrong")


def test_input_queues_run():
    numbers = tf.train.input_producer(tf.constant([1, 2, 3]), num_epochs=1, shuffle=False)
    number, seen = numbers.dequeue(), []
    before = set(threading.enumerate())
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            seen.append(int(session.run(number)))
    assert seen == [1, 2, 3]
    assert set(threading.enumerate()) <= before


def test_logging(model, monkeypatch):
    lines = []
    monkeypatch.setattr(tf.logging, "info", lambda text, *values: lines.append(text % values))
    _, value, train = model
    hook = tf.train.LoggingTensorHook({"vee": value, "at": "global_step:0"}, every_n_iter=2)
    with tf.train.MonitoredSession(hooks=[hook]) as session:
        for _ in range(3):
            session.run(train)
    assert [line.split(",")[1] for line in lines if line.startswith("vee")] == [" at = 1", " at = 3"]


def test_losses_that_are_no_numbers():
    loss = tf.Variable(float("nan"))
    with pytest.raises(tf.train.NanLossDuringTrainingError, match=r"NaN loss during training."), \
            tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss)]) as session:
        session.run(loss)
    with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss, fail_on_nan_loss=False)]) as session:
        assert np.isnan(session.run(loss))
        assert session.should_stop()


def test_scaffolds():
    local = tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    value, seen = tf.Variable(2.0), []
    scaffold = tf.train.Scaffold(init_fn=lambda scaffold, session: seen.append(scaffold))
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold)) as session:
        assert session.run([value, local]) == [2.0, 1.0]
    assert seen == [scaffold]
    assert scaffold.summary_op is None
    assert tf.get_default_graph().finalized
    with tf.Graph().as_default():
        tf.add_to_collection("things", 1)
        assert tf.train.Scaffold.get_or_default("x", "things", None) == 1
        tf.add_to_collection("things", 2)
        with pytest.raises(RuntimeError, match='More than one item in the collection "things"'):
            tf.train.Scaffold.get_or_default("x", "things", None)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: tf.train.StopAtStepHook(), "One of num_steps or last_step must be specified."),
    (lambda: tf.train.StopAtStepHook(1, 2), "Only one of num_steps or last_step can be specified."),
    (lambda: tf.train.CheckpointSaverHook("folder", 1), "Exactly one of saver or scaffold must be provided."),
    (lambda: tf.train.LoggingTensorHook([], every_n_iter=0), "invalid every_n_iter=0."),
    (lambda: tf.train.LoggingTensorHook([]), "exactly one of every_n_iter and every_n_secs must be provided."),
    (lambda: tf.train.SummarySaverHook(1), "Exactly one of scaffold or summary_op must be provided."),
])
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_timers_of_hooks(monkeypatch):
    timer = hooks._SecondOrStepTimer(every_steps=3)
    assert timer.last_triggered_step() is None
    assert (timer.should_trigger_for_step(5), timer.update_last_triggered_step(5)) == (True, (None, None))
    assert [timer.should_trigger_for_step(step) for step in (5, 7, 8)] == [False, False, True]
    timer = hooks._SecondOrStepTimer(every_secs=2.0)
    monkeypatch.setattr(hooks.time, "monotonic", lambda: 10.0)
    assert timer.update_last_triggered_step(1) == (None, None)
    monkeypatch.setattr(hooks.time, "monotonic", lambda: 11.5)
    assert not timer.should_trigger_for_step(4)
    monkeypatch.setattr(hooks.time, "monotonic", lambda: 12.0)
    assert (timer.should_trigger_for_step(1), timer.should_trigger_for_step(4)) == (False, True)
    assert (timer.update_last_triggered_step(4), timer.last_triggered_step()) == ((2.0, 3), 4)


@pytest.mark.parametrize("make", [lambda: tf.train.StopAtStepHook(3), lambda: tf.train.StepCounterHook()])
def test_a_step_is_needed(make):
    hook = make()
    with pytest.raises(RuntimeError, match=f"Global step should be created to use {type(hook).__name__}."):
        tf.train.MonitoredSession(hooks=[hook])
