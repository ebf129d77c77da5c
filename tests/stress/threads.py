"""Queues under many threads: nothing is lost and nothing doubled."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import tracer as tf
from tracer import errors

PRODUCERS, CONSUMERS = 8, 2
EACH = 100  # elements of a trial


def _queue(kind: str) -> Any:
    if kind == "shuffle":
        return tf.RandomShuffleQueue(50, 10, [tf.int64], shapes=[()])
    return (tf.PaddingFIFOQueue if kind == "padding" else tf.FIFOQueue)(20, [tf.int64], shapes=[()])


def passed(kind: str, count: int, many: int = 1) -> list[list[int]]:
    """What each consumer took of `count` numbers that went through a queue; `many` are put and taken at a time."""
    with tf.Graph().as_default(), tf.Session() as sess:
        queue = _queue(kind)
        number = tf.placeholder(tf.int64)
        put = queue.enqueue(number) if many == 1 else queue.enqueue_many(number)
        take = queue.dequeue() if many == 1 else queue.dequeue_up_to(many)
        close = queue.close()
        taken: list[list[int]] = [[] for _ in range(CONSUMERS)]
        problems: list[BaseException] = []

        def produce(first: int) -> None:
            for i in range(first, count, PRODUCERS * many):
                sess.run(put, {number: i if many == 1 else range(i, min(i + many, count))})

        def consume(into: list[int]) -> None:
            try:
                while True:
                    found = sess.run(take)
                    into.extend([int(found)] if many == 1 else found.tolist())
            except errors.OutOfRangeError:
                pass

        def guarded(work: Any, *arguments: Any) -> None:
            try:
                work(*arguments)
            except BaseException as problem:
                problems.append(problem)

        filling = [threading.Thread(target=guarded, args=(produce, i * many)) for i in range(PRODUCERS)]
        emptying = [threading.Thread(target=guarded, args=(consume, into)) for into in taken]
        for thread in filling + emptying:
            thread.start()
        for thread in filling:
            thread.join()
        sess.run(close)
        for thread in emptying:
            thread.join()
        if problems:
            raise problems[0]
    return taken


def check(kind: str, count: int, many: int = 1) -> None:
    """Nothing lost, nothing doubled; where order counts, of one producer's elements each consumer sees its part in order."""
    taken = passed(kind, count, many)
    assert sorted(taken[0] + taken[1]) == list(range(count))
    if kind != "shuffle":
        for into in taken:
            for i in range(PRODUCERS):
                own = [n for n in into if n // many % PRODUCERS == i]
                assert own == sorted(own)


def read(path: str, count: int, many: int) -> list[int]:
    """What came of `count` numbers in the lines of two files, through queue runners of eight threads, sorted."""
    for i in range(2):
        with open(f"{path}{i}", "w", encoding="ascii") as file:
            file.writelines(f"{number},{number % 7}\n" for number in range(i, count, 2))
    with tf.Graph().as_default(), tf.Session() as sess:
        names = tf.train.string_input_producer([f"{path}0", f"{path}1"], num_epochs=1)
        lines = [tf.decode_csv(tf.TextLineReader().read(names)[1], [[0], [0.0]]) for _ in range(2)]
        queue = tf.RandomShuffleQueue(50, 10, [tf.int32, tf.float32], shapes=[(), ()])
        runner = tf.train.QueueRunner(queue, [queue.enqueue(line) for line in lines] * (PRODUCERS // 2))
        tf.train.add_queue_runner(runner)
        sess.run(tf.initialize_all_variables())
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coordinator)
        take = queue.dequeue_up_to(many)
        taken: list[list[int]] = [[] for _ in range(CONSUMERS)]

        def consume(into: list[int]) -> None:
            with coordinator.stop_on_exception():
                while True:
                    numbers, rests = sess.run(take)
                    assert (numbers % 7 == rests).all()
                    into.extend(numbers.tolist())

        emptying = [threading.Thread(target=consume, args=(into,)) for into in taken]
        for thread in emptying:
            thread.start()
        for thread in emptying:
            thread.join()
        coordinator.request_stop()
        coordinator.join(threads)
    return sorted(taken[0] + taken[1])


def trials(count: int, seed: int) -> Iterator[str]:
    """`count` times a hundred elements: 100,000 in a thousand trials."""
    for kind in ("fifo", "padding", "shuffle"):
        for many in (1, 7):
            check(kind, count * EACH, many)
            yield f"{kind}, {many} at a time: {count * EACH} elements"
    with tempfile.TemporaryDirectory() as folder:
        for many in (1, 7, 60):
            assert read(f"{folder}/lines", count * EACH, many) == list(range(count * EACH))
            yield f"of files, {many} at a time: {count * EACH} elements"
