"""Runs that are host operations alone: the function written for them does what the steps one by one did."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import tracer as tf


def test_a_run_is_written_out_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_WITHOUT", "")
    text = tf.placeholder(tf.string, [])
    raw = tf.decode_raw(text, tf.uint8)
    raw.set_shape([4])
    scaled = tf.cast(raw, tf.float32) * (1.0 / 255) - 0.5
    queue = tf.FIFOQueue(10, [tf.float32], shapes=[[4]])
    put, take = queue.enqueue([scaled]), queue.dequeue()
    bytes_ = np.array([0, 1, 128, 255], np.uint8)
    expected = bytes_.astype(np.float32) * np.float32(1.0 / 255) - np.float32(0.5)
    with tf.Session() as session:
        for _ in range(3):
            session.run(put, {text: bytes_.tobytes()})
        assert session.runs()[-1].straight is not None
        for _ in range(3):
            np.testing.assert_array_equal(session.run(take), expected)


def test_an_error_names_the_operation_and_the_line() -> None:
    text = tf.placeholder(tf.string)
    number = tf.decode_raw(text, tf.int32, name="numbers")
    with tf.Session() as session:
        for _ in range(2):
            assert session.run(number, {text: b"\1\0\0\0"}).tolist() == [1]
        with pytest.raises(tf.errors.InvalidArgumentError, match="not a multiple of 4") as caught:
            session.run(number, {text: b"\1\0\0"})
    assert caught.value.op is number.op


def test_arithmetic_of_the_wrong_shape_is_tensorflows_error() -> None:
    text = tf.placeholder(tf.string)
    raw = tf.decode_raw(text, tf.uint8)
    raw.set_shape([2])
    queue = tf.FIFOQueue(9, [tf.float32], shapes=[[2]])
    put = queue.enqueue([tf.cast(raw, tf.float32) + tf.constant([1.0, 2.0])])
    with tf.Session() as session:
        for _ in range(2):
            session.run(put, {text: b"ab"})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Incompatible shapes: \[3\] vs. \[2\]"):
            session.run(put, {text: b"abc"})
        assert session.run(queue.dequeue_many(2)).tolist() == [[98.0, 100.0], [98.0, 100.0]]


def test_what_is_fetched_and_fed_is_the_callers_own() -> None:
    words = tf.placeholder(tf.string)
    joined = tf.string_to_number(words)
    kept = tf.identity(joined)
    fed = np.array([b"1", b"2"], object)
    with tf.Session() as session:
        for _ in range(3):
            values, same, given = session.run([joined, kept, words], {words: fed})
            assert values.tolist() == same.tolist() == [1, 2]
            values[0], given[0] = 5, b"9"
            assert same.tolist() == [1, 2]
            assert fed.tolist() == [b"1", b"2"]
        assert session.run(joined, {words: "7"}) == 7
        assert session.run(kept, {joined: 3.0}) == 3


def test_a_closed_session_ends_it() -> None:
    queue = tf.FIFOQueue(1, [tf.int64], shapes=[()])
    text = tf.placeholder(tf.string, [])
    put = queue.enqueue([tf.string_to_hash_bucket(text, 10)])
    session = tf.Session()
    session.run(put, {text: "a"})
    problems: list[Exception] = []

    def wait() -> None:
        try:
            session.run(put, {text: "b"})
        except Exception as problem:
            problems.append(problem)

    thread = threading.Thread(target=wait)
    thread.start()
    while not queue_waits(session):
        time.sleep(0.001)
    session.close()
    thread.join(20)
    assert [type(problem) for problem in problems] == [tf.errors.CancelledError]


def queue_waits(session: tf.Session) -> bool:
    """Whether an enqueue waits for room."""
    found = [value for key, value in list(session.state.resources.items()) if key[0] == "queue"]
    return bool(found and found[0]._enqueues)


def test_a_trace_tells_of_each_operation() -> None:
    text = tf.placeholder(tf.string, [])
    raw = tf.decode_raw(text, tf.uint8, name="raw")
    raw.set_shape([4])
    scaled = tf.mul(tf.cast(raw, tf.float32, name="numbers"), 0.5, name="scaled")
    queue = tf.FIFOQueue(10, [tf.float32], shapes=[[4]], name="queue")
    put = queue.enqueue([scaled], name="put")
    with tf.Session() as session:
        for _ in range(3):
            session.run(put, {text: "abcd"})
        told = tf.RunMetadata()
        session.run(put, {text: "abcd"}, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=told)
        names = [node.node_name for device in told.step_stats.dev_stats for node in device.node_stats]
        assert session.run(queue.size()) == 4
    assert {"raw", "numbers", "scaled", "queue", "put"} <= set(names)
    assert all(names.count(name) == 1 for name in set(names))
