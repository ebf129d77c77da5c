"""Several runs of a queue runner at once: what comes of them, and what can be seen meanwhile, is that of single runs."""

from __future__ import annotations

import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tracer as tf
from lowering.run.bursts import Burst
from tests.stress.damage import damaged_at

COUNT = 300
FEATURES = {"name": tf.FixedLenFeature([], tf.string), "numbers": tf.FixedLenFeature([2, 2], tf.float32),
            "label": tf.FixedLenFeature([], tf.int64), "maybe": tf.FixedLenFeature([1], tf.int64, default_value=[7])}


@pytest.fixture(params=["bursts", "single"])
def counted(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Both ways; the list tells how many runs each burst did."""
    monkeypatch.setenv("TRACER_WITHOUT", "" if request.param == "bursts" else "bursts")
    sizes: list[int] = []
    plain = Burst._columns

    def columns(self: Burst, reader: Any, records: list[Any], drawn: Any) -> list[Any]:
        found = plain(self, reader, records, drawn)
        sizes.append(len(records))
        return found

    monkeypatch.setattr(Burst, "_columns", columns)
    yield sizes
    assert bool(sizes) == (request.param == "bursts")


def example(i: int) -> Any:
    """An example that tells its number in each feature; now and then arranged in another way."""
    message = tf.train.Example()
    feature = message.features.feature
    feature["name"].bytes_list.value.append(b"x" * (i % 3) + b"%d" % i)
    feature["numbers"].float_list.value.extend([i, -i, i / 3, 1])
    feature["label"].int64_list.value.append(i * (-1) ** i)
    if i % 5 == 0:
        feature["maybe"].int64_list.value.append(i)
    return message


def written(path: pathlib.Path, numbers: range = range(COUNT)) -> str:
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        for i in numbers:
            writer.write(example(i).SerializeToString())
    return str(path)


def parsed(path: str, **how: Any) -> tuple[Any, list[Any]]:
    """A reader, and what is made of its records."""
    reader = tf.TFRecordReader()
    key, serialized = reader.read(tf.train.string_input_producer([path], shuffle=False, **how))
    found = tf.parse_single_example(serialized, FEATURES)
    numbers = tf.reshape(found["numbers"], [4]) * tf.constant([[2.0], [4.0]]) - 1.0
    return reader, [key, found["name"], numbers, found["label"], found["maybe"]]


def taken(queue: Any, session: Any) -> list[Any]:
    """All elements up to the end."""
    found = []
    take = queue.dequeue()
    try:
        while True:
            found.append(session.run(take))
    except tf.errors.OutOfRangeError:
        return found


def running(session: Any, queue: Any, enqueue: Any, threads: int = 1) -> tuple[Any, list[threading.Thread]]:
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [enqueue] * threads))
    session.run(tf.initialize_all_variables())
    coordinator = tf.train.Coordinator()
    return coordinator, tf.train.start_queue_runners(session, coordinator)


def test_elements_and_order_are_those_of_single_runs(tmp_path: pathlib.Path, counted: list[int]) -> None:
    path = written(tmp_path / "records")
    reader, components = parsed(path, num_epochs=2)
    queue = tf.FIFOQueue(50, [t.dtype for t in components], [[], [], [2, 4], [], [1]])
    with tf.Session() as session:
        coordinator, threads = running(session, queue, queue.enqueue(components))
        found = taken(queue, session)
        coordinator.request_stop()
        coordinator.join(threads)
        assert session.run([reader.num_records_produced(), reader.num_work_units_completed()]) == [2 * COUNT, 2]
    at = 0
    for i, (key, name, numbers, label, maybe) in zip([*range(COUNT)] * 2, found, strict=True):
        message = example(i).SerializeToString()
        at = 0 if i == 0 else at
        assert (key, name) == (f"{path}:{at}".encode(), b"x" * (i % 3) + b"%d" % i)
        at += len(message) + 16
        row = np.array([i, -i, i / 3, 1], np.float32)
        np.testing.assert_array_equal(numbers, row * np.float32([[2], [4]]) - np.float32(1))
        assert (label, maybe.tolist()) == (i * (-1) ** i, [i if i % 5 == 0 else 7])
        numbers[:] = 0  # the caller's own


def test_lines_and_records_of_one_length(tmp_path: pathlib.Path, counted: list[int]) -> None:
    (tmp_path / "lines").write_text("".join(f"{i},{i / 4},w{i}\n" for i in range(COUNT)))
    (tmp_path / "rows").write_bytes(np.arange(COUNT * 3, dtype=np.int16).tobytes())
    _, line = tf.TextLineReader().read(tf.train.string_input_producer([str(tmp_path / "lines")], num_epochs=1))
    _, row = tf.FixedLengthRecordReader(6).read(tf.train.string_input_producer([str(tmp_path / "rows")], num_epochs=1))
    raw = tf.decode_raw(row, tf.int16)
    raw.set_shape([3])
    cut = tf.expand_dims(tf.squeeze(tf.expand_dims(tf.slice(tf.cast(raw, tf.float32), [1], [2]) / 2.0, -1), [1]), 0)
    lines = tf.train.batch(tf.decode_csv(line, [[0], [0.0], [""]]), 10, capacity=40)
    rows = tf.train.batch([cut], 10, capacity=40)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        for start in range(0, COUNT, 10):
            numbers = np.arange(start, start + 10)
            whole, parts, words = session.run(lines)
            assert whole.tolist() == numbers.tolist()
            assert parts.tolist() == (numbers / 4).tolist()
            assert words.tolist() == [b"w%d" % i for i in numbers]
            wanted = np.stack([numbers * 3 + 1, numbers * 3 + 2], 1)[:, None] / 2
            np.testing.assert_array_equal(session.run(rows), wanted.astype(np.float32))
        coordinator.request_stop()
        coordinator.join(threads)


def test_arithmetic_is_as_quiet_and_as_wide(tmp_path: pathlib.Path, counted: list[int]) -> None:
    (tmp_path / "rows").write_bytes(bytes(range(200)))
    _, row = tf.FixedLengthRecordReader(2).read(tf.train.string_input_producer([str(tmp_path / "rows")], num_epochs=1))
    raw = tf.decode_raw(row, tf.uint8)
    raw.set_shape([2])
    wide = tf.transpose(tf.reshape(tf.cast(raw, tf.float32), [2, 1]) / tf.constant([0.0, 2.0, 4.0]))
    queue = tf.FIFOQueue(60, [tf.float32, tf.float32], [[3, 2], [2, 3, 2]])
    twice = wide + tf.constant([[[1.0]], [[2.0]]])
    with tf.Session() as session:
        coordinator, threads = running(session, queue, queue.enqueue([wide, twice]))
        found = taken(queue, session)
        coordinator.request_stop()
        coordinator.join(threads)
    assert len(found) == 100
    for i, (value, more) in enumerate(found):
        with np.errstate(all="ignore"):
            expected = (np.float32([[2 * i], [2 * i + 1]]) / np.float32([0, 2, 4])).T
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(more, expected + np.float32([[[1]], [[2]]]))


def _nothing_is_lost(path: str, seen: int, error: type[Exception], about: str) -> None:
    """What stood before the damage comes out, then the error."""
    _, components = parsed(path)
    queue = tf.FIFOQueue(1000, [tf.string], [[]])
    with tf.Session() as session:
        coordinator, threads = running(session, queue, queue.enqueue(components[1]))
        with pytest.raises(error, match=about):
            coordinator.join(threads)
        assert session.run(queue.size()) == seen
        found = session.run(queue.dequeue_many(seen)).tolist()
    assert found == [b"x" * (i % 3) + b"%d" % i for i in range(seen)]


def test_a_damaged_record_ends_what_follows(tmp_path: pathlib.Path, counted: list[int]) -> None:
    path = pathlib.Path(written(tmp_path / "records"))
    data = path.read_bytes()
    at = sum(len(example(i).SerializeToString()) + 16 for i in range(187))
    path.write_bytes(damaged_at(data, at + 20))
    _nothing_is_lost(str(path), 187, tf.errors.DataLossError, f"corrupted record at {at} of {path}")


def test_a_damaged_record_is_met_by_all_who_read_on(tmp_path: pathlib.Path) -> None:
    path = pathlib.Path(written(tmp_path / "records", range(3)))
    path.write_bytes(damaged_at(path.read_bytes(), len(example(0).SerializeToString()) + 16 + 14))
    queue = tf.FIFOQueue(1, [tf.string], [[]])
    reader = tf.TFRecordReader()
    value = reader.read(queue)[1]
    with tf.Session() as session:
        session.run(queue.enqueue([str(path)]))
        assert session.run(value) == example(0).SerializeToString()
        for _ in range(3):  # as with TensorFlow 0.12.1
            with pytest.raises(tf.errors.DataLossError, match="corrupted record"):
                session.run(value)
        assert session.run([reader.num_records_produced(), reader.num_work_units_completed()]) == [1, 0]


def test_a_record_that_cannot_be_parsed_ends_what_follows(tmp_path: pathlib.Path, counted: list[int]) -> None:
    path = str(tmp_path / "records")
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(COUNT):
            message = example(i)
            if i == 150:
                del message.features.feature["label"]
            writer.write(message.SerializeToString())
    _nothing_is_lost(path, 150, tf.errors.InvalidArgumentError, "label is required but could not be found")


def test_nobody_sees_more_records_than_threads_between_reader_and_queue(
        tmp_path: pathlib.Path, counted: list[int]) -> None:
    reader, components = parsed(written(tmp_path / "records"))
    queue = tf.FIFOQueue(4000, [tf.string], [[]])
    enqueue = queue.enqueue(components[1])
    with tf.Session() as session:
        coordinator, threads = running(session, queue, enqueue, 3)
        size, produced = queue.size(), reader.num_records_produced()
        seen = 0
        while seen < 4000:
            before = session.run(produced)
            seen = session.run(size)
            assert before - 3 <= seen <= session.run(produced)
        coordinator.request_stop()
        coordinator.join(threads)
        assert 4000 <= session.run(produced) <= 4003


@pytest.mark.parametrize("kind", ["shuffle", "fifo"])
def test_who_waits_gets_what_single_enqueues_give(kind: str) -> None:
    from lowering.host.waiting import _DEQUEUE, _Attempt, _Take

    def queue(graph_seed: int) -> Any:
        with tf.Graph().as_default():
            if kind == "fifo":
                return tf.FIFOQueue(50, [tf.int64], [[]]), tf.Session()
            return tf.RandomShuffleQueue(50, 10, [tf.int64], [[]], seed=graph_seed), tf.Session()

    orders = []
    for together in (False, True):
        made, session = queue(3)
        session.run(made.size())
        held = next(v for k, v in session.state.resources.items() if k[0] == "queue")
        attempts = [_Attempt(_Take(held, n, [], False), _DEQUEUE) for n in (7, 1, 20)]
        held._dequeues.extend(attempts)
        elements = [(np.int64(i),) for i in range(50)]

        class Run:
            state = session.state
            timeout = None

        noted: list[int] = []
        if together:
            assert held.enqueue_some(elements[:45], Run, noted.append) == 45
            assert noted == [45]
        else:
            for element in elements[:45]:
                held.enqueue(list(element), Run)
        orders.append([element for attempt in attempts for element in attempt.step.taken])
        assert [attempt.done for attempt in attempts] == [True, True, True]
        assert held.size() == 17
        assert held.enqueue_some(elements, Run, noted.append) == 33 or not together
    assert orders[0] == orders[1]


def test_closing_ends_it_at_once(tmp_path: pathlib.Path, counted: list[int]) -> None:
    _, components = parsed(written(tmp_path / "records"))
    queue = tf.FIFOQueue(100, [tf.string], [[]])
    enqueue, size, close = queue.enqueue(components[1]), queue.size(), queue.close(cancel_pending_enqueues=True)
    with tf.Session() as session:
        coordinator, threads = running(session, queue, enqueue, 2)
        while session.run(size) < 100:
            time.sleep(0.001)
        session.run(close)
        with pytest.raises((tf.errors.CancelledError, tf.errors.AbortedError)):
            coordinator.join(threads)
        assert session.run(size) == 100


def test_who_replaces_run_sees_every_run(tmp_path: pathlib.Path) -> None:
    _, components = parsed(written(tmp_path / "records"))
    queue = tf.FIFOQueue(1000, [tf.string], [[]])
    enqueue = queue.enqueue(components[1])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        calls = []

        def run(*arguments: Any) -> Any:
            calls.extend(operation for operation in arguments if operation is enqueue)
            if arguments[0] is enqueue and len(calls) > 40:
                raise tf.errors.OutOfRangeError(None, None, "enough")
            return tf.Session.run(session, *arguments)

        session.run = run
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        runner, = tf.train.QueueRunner(queue, [enqueue]).create_threads(session, start=True)
        runner.join()
        del session.run
        coordinator.request_stop()
        coordinator.join(threads)
        assert session.run(queue.size()) == 40 == len(calls) - 1


def _counted(value: Any) -> Any:
    return value + tf.Variable(1.0)


def _by_python(value: Any) -> Any:
    made = tf.py_func(lambda x: x, [value], [tf.float32])[0]
    made.set_shape([])
    return made


@pytest.mark.parametrize("change", [_counted, _by_python])
def test_what_could_be_told_from_single_runs_is_none(
        tmp_path: pathlib.Path, change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Burst, "__init__", lambda *_: pytest.fail("a burst"))
    (tmp_path / "numbers").write_text("".join(f"{i}\n" for i in range(20)))
    _, line = tf.TextLineReader().read(tf.train.string_input_producer([str(tmp_path / "numbers")], num_epochs=1))
    queue = tf.FIFOQueue(100, [tf.float32], [[]])
    enqueue = queue.enqueue(change(tf.string_to_number(line)))
    with tf.Session() as session:
        coordinator, threads = running(session, queue, enqueue)
        found = taken(queue, session)
        coordinator.request_stop()
        coordinator.join(threads)
    assert len(found) == 20
