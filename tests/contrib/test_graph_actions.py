"""Training, evaluating and running graphs, and the monitors that came with 0.9."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import learn
from tracer.contrib.learn import monitors
from tracer.train.event_accumulator import EventAccumulator


def quadratic(summarized=False):
    """A graph with one variable, its square as the loss, a step towards zero, and the variable."""
    graph = tf.Graph()
    with graph.as_default():
        step = tf.contrib.framework.create_global_step()
        weight = tf.Variable(4.0, name="weight")
        loss = tf.square(weight, name="loss")
        train_op = tf.train.GradientDescentOptimizer(0.25).minimize(loss, step)
        if summarized:
            tf.scalar_summary("size", weight)
    return graph, train_op, loss, weight


def trained(folder, told=None, **arguments):
    """Trains the quadratic; returns its last loss."""
    graph, train_op, loss, _ = quadratic()
    return learn.train(graph, str(folder), train_op, loss, monitors=told, **arguments)


def test_training_goes_on_from_the_newest_checkpoint(tmp_path):
    assert trained(tmp_path, max_steps=3) == 1.0
    assert trained(tmp_path, steps=2) == 0.0625
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-5")
    assert trained(tmp_path, max_steps=5) is None


def test_summaries_of_steps(tmp_path):
    graph, train_op, loss, _ = quadratic(summarized=True)
    learn.train(graph, str(tmp_path), train_op, loss, steps=5, supervisor_save_summaries_steps=2)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("size")] == [(1, 4.0), (3, 1.0), (5, 0.25)]


def test_what_feeds_a_training_finds_its_session(tmp_path):
    """A script of 2016 feeds words that it takes out of a queue with `eval()`."""
    graph = tf.Graph()
    with graph.as_default():
        step = tf.contrib.framework.create_global_step()
        given, three = tf.placeholder(tf.float32, []), tf.constant(3.0)
        train_op = tf.group(step.assign_add(1))
        loss = given + 1.0
    assert learn.train(graph, str(tmp_path), train_op, loss, steps=2, feed_fn=lambda: {given: three.eval()}) == 4


def test_a_training_ends_with_what_feeds_it(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        step = tf.contrib.framework.create_global_step()
        given = tf.placeholder(tf.float32, [])
        total = tf.Variable(0.0, name="total")
        train_op = tf.group(total.assign_add(given), step.assign_add(1))
        loss = tf.identity(given)
    feeds = iter([{given: 1.0}, {given: 2.0}, {given: 4.0}])
    assert learn.train(graph, str(tmp_path), train_op, loss, feed_fn=lambda: next(feeds)) == 4
    with tf.Graph().as_default():
        total = tf.Variable(0.0, name="total")
        assert learn.infer(tf.train.latest_checkpoint(str(tmp_path)), {"total": total}) == {"total": 7}


@pytest.mark.parametrize(("change", "kind", "message"), [
    ({"output_dir": ""}, ValueError, "Output directory should be non-empty"),
    ({"train_op": None}, ValueError, "Missing train_op"),
    ({"loss_op": None}, ValueError, "Missing loss_op"),
    ({"steps": 1, "max_steps": 1}, ValueError, "Can not provide both steps and max_steps"),
])
def test_what_a_training_needs(tmp_path, change, kind, message):
    graph, train_op, loss, _ = quadratic()
    arguments = {"graph": graph, "output_dir": str(tmp_path), "train_op": train_op, "loss_op": loss, **change}
    with pytest.raises(kind, match=message):
        learn.train(**arguments)


def test_a_graph_without_a_step(tmp_path):
    with pytest.raises(ValueError, match='No "global_step" was provided or found in the graph'):
        learn.train(tf.get_default_graph(), str(tmp_path), tf.constant(1), tf.constant(1.0), steps=1)


def test_a_loss_that_is_no_number(tmp_path):
    for fail in (True, False):
        graph, train_op, loss, _ = quadratic()
        with graph.as_default():
            broken = loss * float("nan")
        if fail:
            with pytest.raises(learn.NanLossDuringTrainingError, match="NaN loss during training"):
                learn.train(graph, str(tmp_path / "failing"), train_op, broken, steps=3)
        else:
            assert np.isnan(learn.train(graph, str(tmp_path), train_op, broken, steps=3, fail_on_nan_loss=False))


def test_evaluation(tmp_path):
    trained(tmp_path, steps=2)
    graph, _, loss, weight = quadratic()
    results = learn.evaluate(graph, str(tmp_path / "eval"), str(tmp_path / "model.ckpt-2"),
                             {"loss": loss, "weight": weight}, max_steps=2)
    assert results == ({"loss": 1.0, "weight": 1.0}, 2)
    events = EventAccumulator(str(tmp_path / "eval"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(2, 1.0)]


def test_evaluation_of_what_all_steps_come_to():
    graph = tf.Graph()
    with graph.as_default():
        value = tf.placeholder(tf.float32, [])
        mean, update = tf.contrib.metrics.streaming_mean(value)
    feeds = iter([{value: 1.0}, {value: 2.0}, {value: 6.0}])
    results, step = learn.evaluate(graph, None, None, {"mean": mean}, update_op=update, feed_fn=lambda: next(feeds))
    assert (results, step) == ({"mean": 3.0}, 0)


def test_running():
    graph, _, _, weight = quadratic()
    with graph.as_default():
        given = tf.placeholder(tf.float32)
        total = given + weight
    assert learn.infer(None, {"weight": weight}) == {"weight": 4.0}
    assert learn.run_n({"total": total}, {given: 1.0}, n=2) == [{"total": 5.0}] * 2
    assert learn.run_feeds({"total": total}, [{given: 1.0}, {given: 2.0}]) == [{"total": 5.0}, {"total": 6.0}]
    with pytest.raises(ValueError, match="output_dict is invalid: None"):
        learn.run_feeds(None, [{}])
    with pytest.raises(ValueError, match=r"feed_dicts is invalid: \[\]"):
        learn.run_feeds({"total": total}, [])


def test_supervisor_params():
    assert learn.SupervisorParams() == (True, "", 600, 10)
    assert learn.SupervisorParams(master="there").master == "there"


# -- monitors


class Noting(monitors.EveryN):
    """Notes what it is told."""

    def __init__(self, *arguments, stop_at=None):
        super().__init__(*arguments)
        self.stop_at = stop_at
        self.told = []

    def every_n_step_begin(self, step):
        return ["loss:0"]

    def every_n_step_end(self, step, outputs):
        self.told.append((step, float(outputs["loss:0"])))
        return step == self.stop_at

    def every_n_post_step(self, step, session):
        self.told.append(int(session.run("global_step:0")))


@pytest.mark.parametrize(("arguments", "steps", "expected"), [
    ((3, 1), 8, [1, 4, 7, 8]), ((3, 2), 8, [1, 2, 5, 8]), ((4, 0), 9, [4, 8, 9]),
])
def test_every_n_steps(tmp_path, arguments, steps, expected):
    told = Noting(*arguments)
    trained(tmp_path, [told], steps=steps)
    assert told.told[1::2] == expected
    assert told.told[0::2] == [(step, 16.0 / 4 ** (step - 1)) for step in expected]


def test_a_monitor_ends_a_training(tmp_path):
    told = Noting(1, 1, stop_at=3)
    assert trained(tmp_path, [told], steps=50) == 1.0
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-3")


def test_stopping_at_a_step(tmp_path):
    trained(tmp_path, [monitors.StopAtStep(num_steps=2)], steps=50)
    trained(tmp_path, [monitors.StopAtStep(last_step=5)], steps=50)
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-5")
    for arguments, message in (((), "One of num_steps or last_step must be specified"),
                               ((1, 2), "Only one of num_steps or last_step can be specified")):
        with pytest.raises(ValueError, match=message):
            monitors.StopAtStep(*arguments)


def test_what_monitors_log_and_keep(tmp_path, capfd):
    captured = monitors.CaptureVariable("weight:0", every_n=2)
    dump, other = monitors.GraphDump(), monitors.GraphDump()
    tf.logging.set_verbosity(tf.logging.INFO)
    try:
        trained(tmp_path / "first", [captured, dump, monitors.PrintTensor({"L": "loss"}, every_n=2),
                                     monitors.LoggingTrainable(every_n=2)], steps=3)
    finally:
        tf.logging.set_verbosity(tf.logging.WARN)
    logged = capfd.readouterr().err
    assert "Step 1: L = 16.0" in logged
    assert "Step 3: L = 1.0" in logged
    assert "Logging Trainable: Step 3: weight:0 = 0.5" in logged
    assert captured.values == {1: 2.0, 3: 0.5}
    assert dump.data[2]["loss:0"] == 4.0
    trained(tmp_path / "second", [other], steps=3)
    matched, different = dump.compare(other, 2)
    assert "loss:0" in matched
    assert not different


def test_a_nan_monitor(tmp_path):
    graph, train_op, loss, _ = quadratic()
    with graph.as_default():
        broken = tf.mul(loss, float("nan"), name="broken")
    with pytest.raises(learn.NanLossDuringTrainingError):
        learn.train(graph, str(tmp_path), train_op, loss, steps=3, monitors=[monitors.NanLoss("broken:0")])
    graph, train_op, loss, _ = quadratic()
    with graph.as_default():
        broken = loss * float("nan")
    told = [monitors.NanLoss(broken, fail_on_nan_loss=False)]
    assert learn.train(graph, str(tmp_path / "on"), train_op, loss, steps=3, monitors=told) == 16.0


def test_checkpoints_and_summaries_by_monitors(tmp_path):
    graph, train_op, loss, _ = quadratic(summarized=True)
    with graph.as_default():
        merged = tf.merge_all_summaries()
    told = [monitors.CheckpointSaver(str(tmp_path / "saved"), save_steps=2),
            monitors.SummarySaver(merged, save_steps=2, output_dir=str(tmp_path / "events")),
            monitors.StepCounter(every_n_steps=2, output_dir=str(tmp_path / "rate"))]
    learn.train(graph, str(tmp_path / "run"), train_op, loss, steps=4, monitors=told)
    assert {path.name for path in (tmp_path / "saved").glob("model.ckpt-?")} == {
        "model.ckpt-1", "model.ckpt-3", "model.ckpt-4"}
    events, rate = EventAccumulator(str(tmp_path / "events")), EventAccumulator(str(tmp_path / "rate"))
    events.Reload()
    rate.Reload()
    assert [(event.step, event.value) for event in events.Scalars("size")] == [(1, 4.0), (3, 1.0), (4, 0.5)]
    assert [event.step for event in rate.Scalars("global_step/sec")] == [3, 4]
    for arguments in ({}, {"save_secs": 1, "save_steps": 1}):
        with pytest.raises(ValueError, match="save_steps"):
            monitors.CheckpointSaver("somewhere", **arguments)


def test_monitors_of_both_ages_in_both_loops(tmp_path, capsys):
    told = monitors.BaseMonitor(print_steps=2)
    trained(tmp_path, [told], steps=4)
    assert capsys.readouterr().out == (
        "Step #2, avg. train loss: 10.00000\nStep #4, avg. train loss: 0.62500\n")
    captured = monitors.CaptureVariable("linear_regression/bias:0", every_n=1)
    regressor = learn.TensorFlowLinearRegressor(batch_size=4, verbose=0)
    regressor.fit(x=np.float32([[1], [2], [3], [4]]), y=[1, 2, 3, 4], steps=3, monitors=[captured])
    assert sorted(captured.values) == [1, 2, 3]
    assert captured.values[3] == regressor.bias_
