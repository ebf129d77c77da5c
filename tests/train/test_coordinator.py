"""`Coordinator` and `LooperThread`: stopping, waiting, and which exception comes out."""

import re
import threading
import time

import pytest

import tracer as tf
from tracer import errors


def thread(function):
    made = threading.Thread(target=function, daemon=True)
    made.start()
    return made


def test_a_request_is_seen_by_all():
    coord = tf.train.Coordinator()
    assert not coord.should_stop()
    assert not coord.wait_for_stop(0.01)
    waiting = thread(coord.wait_for_stop)
    coord.request_stop()
    assert coord.should_stop()
    assert coord.wait_for_stop(0.01)
    coord.join([waiting])
    coord.clear_stop()
    assert not coord.should_stop()


def test_join_waits_for_threads_that_end_by_themselves():
    coord = tf.train.Coordinator()
    ended = []
    coord.join([thread(lambda: (time.sleep(0.03), ended.append(1))) for _ in range(3)])
    assert ended == [1, 1, 1]
    coord.join([])


def test_stragglers_are_named():
    coord = tf.train.Coordinator()
    stuck = thread(threading.Event().wait)
    coord.request_stop()
    words = f"Coordinator stopped with threads still running: {stuck.name}"
    with pytest.raises(RuntimeError, match=f"^{re.escape(words)}$"):
        coord.join([stuck], stop_grace_period_secs=0.02)


@pytest.mark.parametrize("report", ["exception", "info", "context"])
def test_the_first_exception_is_raised(report):
    coord = tf.train.Coordinator()
    first_done = threading.Event()

    def fail(error, after):
        import sys

        after.wait(5)
        if report == "context":
            with coord.stop_on_exception():
                raise error
        else:
            try:
                raise error
            except RuntimeError as caught:
                coord.request_stop(caught if report == "exception" else sys.exc_info())
        first_done.set()

    now = threading.Event()
    now.set()
    threads = [thread(lambda: fail(RuntimeError("first"), now)), thread(lambda: fail(RuntimeError("late"), first_done))]
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"^first$"):
            coord.join(threads)
    coord.clear_stop()
    with pytest.raises(RuntimeError, match=r"^first$"):
        coord.join([])


def test_the_end_of_the_input_is_a_clean_end():
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise errors.OutOfRangeError(None, None, "no more")
    assert coord.should_stop()
    coord.join([])


def test_an_exception_after_a_clean_stop_is_a_consequence_of_it():
    coord = tf.train.Coordinator()
    coord.request_stop()
    coord.request_stop(ValueError("cancelled"))
    coord.join([])


def test_only_exceptions_are_reasons():
    with pytest.raises(TypeError, match="request_stop needs an exception"):
        tf.train.Coordinator().request_stop("because")


def test_registered_threads_are_joined():
    coord = tf.train.Coordinator()
    ended = []
    coord.register_thread(thread(lambda: (time.sleep(0.03), ended.append(1))))
    coord.join()
    assert ended == [1]


def test_a_looper_calls_until_the_stop():
    coord = tf.train.Coordinator()
    calls = []
    looper = tf.train.LooperThread.loop(coord, 0.005, target=calls.append, args=(7,))
    assert looper.daemon
    assert looper.isAlive()
    while len(calls) < 3:
        time.sleep(0.005)
    coord.request_stop()
    coord.join([looper])
    assert set(calls) == {7}


def test_a_looper_of_ones_own():
    class Counter(tf.train.LooperThread):
        def __init__(self, coord):
            super().__init__(coord, None)
            self.events = []

        def start_loop(self):
            self.events.append("start")

        def run_loop(self):
            self.events.append("run")
            if len(self.events) == 4:
                self._coord.request_stop()

        def stop_loop(self):
            self.events.append("stop")

    coord = tf.train.Coordinator()
    counter = Counter(coord)
    counter.start()
    coord.join([counter])
    assert counter.events == ["start", "run", "run", "run", "stop"]


def test_what_a_looper_raises_comes_out_of_join():
    coord = tf.train.Coordinator()
    looper = tf.train.LooperThread.loop(coord, 0.001, target=lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        coord.join([looper])
    with pytest.raises(ValueError, match=r"^'coord' argument must be a Coordinator: None$"):
        tf.train.LooperThread(None, 1)


def test_write_graph(tmp_path):
    from google.protobuf import text_format

    from tracer import protos

    tf.constant(1.0, name="one")
    graph_def = tf.get_default_graph().as_graph_def()
    tf.train.write_graph(graph_def, str(tmp_path / "a" / "b"), "graph.pbtxt")
    read = text_format.Parse((tmp_path / "a" / "b" / "graph.pbtxt").read_text(), protos.GraphDef())
    assert read == graph_def
    tf.train.write_graph(graph_def, str(tmp_path), "graph.pb", as_text=False)
    assert protos.GraphDef.FromString((tmp_path / "graph.pb").read_bytes()) == graph_def
