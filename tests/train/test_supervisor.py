"""`Supervisor` and `SessionManager`: what they record, start, write and raise, as TensorFlow 0.12.1 did or 0.8 said."""

import glob
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import tracer as tf
from tracer import errors

ROOT = Path(__file__).resolve().parents[2]


def events(folder):
    """The events in the newest event file of a folder, without the one that tells the version."""
    found = list(tf.train.summary_iterator(sorted(glob.glob(f"{folder}/*events*"))[-1]))
    assert found[0].file_version == "brain.Event:2"
    return found[1:]


def wait_for(condition, seconds=10):
    """Waits until something holds, for so long at most."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# -- what it records


def test_what_it_makes_by_default(tmp_path):
    step = tf.Variable(5, name="global_step", trainable=False)
    weight = tf.Variable(1.0, name="weight")
    tf.scalar_summary("weight", weight)
    sv = tf.train.Supervisor(logdir=str(tmp_path))
    graph = tf.get_default_graph()
    assert graph.finalized
    names = {key: [item.name for item in graph.get_collection(key)]
             for key in ("init_op", "local_init_op", "summary_op", "global_step")}
    assert names == {"init_op": ["init"], "local_init_op": ["group_deps"],
                     "summary_op": ["MergeSummary/MergeSummary:0"], "global_step": ["global_step:0"]}
    assert graph.get_collection("ready_op") == [sv.ready_op]
    assert graph.get_collection("savers") == [sv.saver]
    assert (sv.save_path, sv.save_model_secs, sv.save_summaries_secs) == (str(tmp_path / "model.ckpt"), 600, 120)
    assert sv.global_step is step.ref()
    assert sv.init_op.name == "init"
    assert sv.init_feed_dict is None
    assert isinstance(sv.session_manager, tf.train.SessionManager)
    assert isinstance(sv.coord, tf.train.Coordinator)
    sv.stop()


def test_it_takes_what_is_in_the_collections():
    tf.Variable(1.0)
    init, saver = tf.no_op(), tf.train.Saver()
    tf.add_to_collection("init_op", init)
    tf.add_to_collection("savers", saver)
    sv = tf.train.Supervisor(local_init_op=None, ready_op=None, summary_op=None)
    assert (sv.init_op, sv.saver, sv.ready_op, sv.summary_op) == (init, saver, None, None)
    assert not any(tf.get_collection(key) for key in ("ready_op", "local_init_op", "summary_op"))


@pytest.mark.parametrize(("value", "found"), [(5, True), ([5], True), (5.0, False)])
def test_which_step_counter_it_finds(value, found):
    tf.Variable(value, name="global_step")
    assert (tf.train.Supervisor().global_step is not None) == found


def test_variables_of_replicas_need_devices():
    tf.Variable(1.0, name="w")
    with pytest.raises(ValueError, match=r'^When using replicas, all Variables must have their device set: name: "w"'):
        tf.train.Supervisor(is_chief=False)


# -- what it writes


def test_the_events_of_a_run(tmp_path):
    step = tf.Variable(5, name="global_step", trainable=False)
    tf.scalar_summary("weight", tf.Variable(1.0))
    add = step.assign_add(1)
    sv = tf.train.Supervisor(logdir=str(tmp_path), save_summaries_secs=1000, save_model_secs=1000)
    with sv.managed_session() as sess:
        wait_for(lambda: tf.train.latest_checkpoint(str(tmp_path)))
        assert sess.run(add) == 6
        time.sleep(0.2)
    assert sv.should_stop()
    found = events(tmp_path)
    graph = tf.GraphDef.FromString(found[0].graph_def)
    assert [node.name for node in graph.node] == [op.name for op in tf.get_default_graph().get_operations()]
    assert tf.SessionLog.START == found[1].session_log.status
    assert found[1].step == 5
    assert tf.SessionLog.STOP == found[-1].session_log.status
    values = {value.tag: (event.step, value.simple_value) for event in found[2:-1] for value in event.summary.value}
    assert values == {"weight": (5, 1.0), "global_step/sec": (5, 0.0)}
    saved = [event for event in found[2:-1] if event.session_log.status == tf.SessionLog.CHECKPOINT]
    assert [event.session_log.checkpoint_path for event in saved] == [str(tmp_path / "model.ckpt")]
    assert len(found) == 6
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-5")
    assert (tmp_path / "graph.pbtxt").read_text().startswith('node {\n  name: "global_step/initial_value"\n')


def test_it_goes_on_from_the_newest_checkpoint(tmp_path):
    for expected in (0, 1, 2):
        with tf.Graph().as_default():
            step = tf.Variable(0, name="global_step", trainable=False)
            add = step.assign_add(1)
            sv = tf.train.Supervisor(logdir=str(tmp_path), save_model_secs=0, summary_writer=None)
            with sv.managed_session() as sess:
                assert sess.run(step) == expected
                sess.run(add)
                sv.saver.save(sess, sv.save_path, global_step=step)
    # What earlier runs saved is known, so that it can be deleted in its time.
    assert [os.path.basename(path) for path in sv.saver.last_checkpoints] == ["model.ckpt-1", "model.ckpt-2", "model.ckpt-3"]


def test_no_folder_no_services(capsys):
    tf.Variable(1.0)
    sv = tf.train.Supervisor()
    with sv.managed_session() as sess:
        assert sv.start_standard_services(sess) is None
        with pytest.raises(RuntimeError, match=r"^Writing a summary requires a summary writer\.$"):
            sv.summary_computed(sess, b"")
    assert "Standard services need a 'logdir' passed to the SessionManager" in capsys.readouterr().err


def test_only_the_chief_writes(tmp_path):
    sv = tf.train.Supervisor(logdir=str(tmp_path), is_chief=False)
    assert (sv.summary_writer, sv.save_path) == (None, None)
    with pytest.raises(RuntimeError, match=r"^Only chief supervisor can start standard services"):
        sv.start_standard_services(None)


# -- how it stops


@pytest.mark.parametrize("error", [RuntimeError("mine"), KeyboardInterrupt()])
def test_an_error_inside_comes_out(error):
    tf.constant(1)
    sv = tf.train.Supervisor()
    with pytest.raises(type(error)) as raised:
        with sv.managed_session() as sess:
            raise error
    assert raised.value is error
    assert sv.should_stop()
    with pytest.raises(RuntimeError, match=r"Attempted to use a closed Session\."):
        sess.run(tf.get_default_graph().get_operations()[0])


def test_an_error_of_a_thread_comes_out():
    tf.constant(1)
    sv = tf.train.Supervisor()

    def fail(text):
        raise ValueError(text)

    def train():
        with sv.managed_session():
            sv.loop(None, fail, args=("theirs",))
            sv.wait_for_stop()

    with pytest.raises(ValueError, match=r"^theirs$"):
        train()


def test_the_end_of_the_input_is_no_error():
    numbers = tf.train.range_input_producer(4, num_epochs=2, shuffle=False).dequeue()
    batch = tf.train.batch([numbers], 2)
    sv = tf.train.Supervisor()
    seen = []
    with sv.managed_session() as sess:
        while not sv.should_stop():
            seen += sess.run(batch).tolist()
    assert seen == [0, 1, 2, 3, 0, 1, 2, 3]


def test_it_can_be_used_again(tmp_path):
    summary = tf.scalar_summary("x", tf.constant(1.0))
    sv = tf.train.Supervisor(logdir=str(tmp_path), summary_op=None)
    for _ in range(2):
        with sv.managed_session() as sess:
            assert not sv.should_stop()
            sv.summary_computed(sess, sess.run(summary), 3)
        assert sv.should_stop()
    tags = [value.tag for path in glob.glob(f"{tmp_path}/*events*") for event in tf.train.summary_iterator(path)
            for value in event.summary.value]
    assert tags == ["x", "x"]


PROGRAM = """
    import sys
    import tensorflow as tf
    step = tf.Variable(0, name="global_step", trainable=False)
    total = tf.Variable(0.0)
    with tf.control_dependencies([step.assign_add(1)]):
        add = total.assign_add(2.0)
    sv = tf.train.Supervisor(logdir=sys.argv[1], save_model_secs=1)
    with sv.managed_session() as sess:
        print("%d %g" % tuple(sess.run([step, total])))
        while not sv.should_stop():
            sess.run(add)
"""


def saved_step(folder):
    """The step that the newest checkpoint holds: the name's number is older where training goes on meanwhile."""
    newest = tf.train.latest_checkpoint(str(folder))
    return int(tf.train.NewCheckpointReader(newest).get_tensor("global_step")) if newest else 0


def test_killed_and_started_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(PROGRAM))
    logdir = tmp_path / "run"
    for _ in range(2):
        before = saved_step(logdir)
        program = subprocess.Popen([sys.executable, "-m", "tracer", str(script), str(logdir)], stdout=subprocess.PIPE,
                                   text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            assert program.stdout.readline() == f"{before} {2 * before}\n"
            wait_for(lambda: saved_step(logdir) > before, 60)  # noqa: B023
        finally:
            program.send_signal(signal.SIGKILL)
            program.wait()
            program.stdout.close()


# -- SessionManager


def manager(**words):
    return tf.train.SessionManager(ready_op=tf.report_uninitialized_variables(), **words)


@pytest.mark.parametrize(("words", "message"), [
    ({}, "Model is not initialized and no init_op or init_fn was given"),
    ({"init_op": True}, "Init operations did not make model ready.  Init op: nothing, init fn: None, error: Variables "
                        "not initialized: v, w"),
])
def test_what_cannot_be_initialized(words, message):
    tf.Variable(1.0, name="v")
    tf.Variable(1.0, name="w")
    if "init_op" in words:
        words["init_op"] = tf.no_op(name="nothing")
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        manager().prepare_session("", **words)


def test_initializing_with_a_function_and_a_feed():
    x = tf.placeholder(tf.float32, ())
    v, w = tf.Variable(x), tf.Variable(2.0)
    sess = manager().prepare_session("", init_op=v.initializer, init_feed_dict={x: 7.0},
                                     init_fn=lambda sess: sess.run(w.initializer))
    assert sess.run([v, w]) == [7.0, 2.0]


def test_waiting_ends():
    tf.Variable(1.0)
    words = "Session was not ready after waiting 0.2 secs."
    with pytest.raises(errors.DeadlineExceededError, match=f"^{re.escape(words)}"):
        manager(recovery_wait_secs=0.05).wait_for_session("", max_wait_secs=0.2)


def test_waiting_for_another_session_of_a_server():
    v = tf.Variable(1.0)
    waiting = manager(recovery_wait_secs=0.02)
    server = tf.train.Server.create_local_server()
    initializer = threading.Timer(0.1, lambda: tf.Session(server.target, graph=v.graph).run(v.initializer))
    initializer.start()
    assert waiting.wait_for_session(server.target, max_wait_secs=10).run(v) == 1.0
    initializer.join()


def test_waiting_for_a_checkpoint(tmp_path):
    v = tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    sess, initialized = manager(recovery_wait_secs=0.02).recover_session(
        "", saver, str(tmp_path), wait_for_checkpoint=True, max_wait_secs=0.1)
    assert not initialized
    sess.run(v.assign(3.0))
    saver.save(sess, str(tmp_path / "model"))
    sess, initialized = manager().recover_session("", saver, str(tmp_path))
    assert initialized
    assert sess.run(v) == 3.0


def test_a_checkpoint_without_some_of_the_variables(tmp_path):
    v = tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(v.initializer)
        saver.save(sess, str(tmp_path / "model"))
    tf.Variable(2.0, name="w")
    assert not manager().recover_session("", saver, str(tmp_path))[1]
    assert manager().prepare_session("", tf.initialize_all_variables(), saver, str(tmp_path)).run(v) == 1.0


def test_a_damaged_checkpoint_is_an_error(tmp_path):
    tf.Variable(1.0)
    (tmp_path / "model").write_bytes(b"garbage")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model"\n')
    with pytest.raises(errors.DataLossError):
        manager().prepare_session("", tf.initialize_all_variables(), tf.train.Saver(), str(tmp_path))
