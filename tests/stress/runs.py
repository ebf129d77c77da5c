"""One session under many threads and interrupts: every update counts once, and memory stays what it was."""

from __future__ import annotations

import pathlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

import tracer as tf

THREADS = 16
EACH = 50  # runs of a trial, all threads together
SIZES = (3, 8, 21)


class _Interrupt(Exception):
    """What the alarm raises, wherever the main thread is."""


def _raise(*_: Any) -> None:
    raise _Interrupt


class _Model:
    """A counter, a sum of what was fed, and a step of momentum, all by one operation."""

    def __init__(self) -> None:
        self.count = tf.Variable(0, trainable=False)
        self.total = tf.Variable(0.0, trainable=False)
        self.weights = tf.Variable(tf.zeros([50, 50]))
        self.x = tf.placeholder(tf.float32, [None, 50])
        loss = tf.reduce_mean(tf.square(tf.matmul(self.x, self.weights) - 1.0))
        train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
        self.step = tf.group(train, self.count.assign_add(1), self.total.assign_add(tf.reduce_sum(self.x)))
        self.look = tf.tuple([self.count, tf.reduce_sum(self.weights)])

    def feed(self, number: int) -> dict[Any, np.ndarray]:
        """Ones, in one of a few shapes."""
        return {self.x: np.ones([SIZES[number % len(SIZES)], 50], np.float32)}


def _megabytes() -> float:
    pages = int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def hammered(runs: int) -> dict[str, float]:
    """Runs of 16 threads on one session, the main thread interrupted again and again: what was counted at the end."""
    with tf.Graph().as_default(), tf.Session() as sess:
        model = _Model()
        sess.run(tf.initialize_all_variables())
        finished = [0] * THREADS
        problems: list[BaseException] = []
        for i in range(len(SIZES)):
            sess.run(model.step, model.feed(i))

        def work(thread: int) -> None:
            try:
                for i in range(runs // THREADS):
                    sess.run(model.step, model.feed(i + thread))
                    finished[thread] += 1
                    if not i % 10:
                        sess.run(model.look)
            except BaseException as problem:
                problems.append(problem)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(1, THREADS)]
        before = signal.signal(signal.SIGALRM, _raise)
        for thread in threads:
            thread.start()
        interrupted, warm = _interrupted(sess, model, runs // THREADS, finished)
        for thread in threads:
            thread.join()
        signal.signal(signal.SIGALRM, before)
        if problems:
            raise problems[0]
        count, total, weights = sess.run([model.count, model.total, tf.reduce_sum(model.weights)])
        return {"finished": sum(finished) + len(SIZES), "interrupted": interrupted, "counted": int(count),
                "total": float(total), "grown": _megabytes() - warm, "weights": float(weights)}


def _interrupted(sess: Any, model: _Model, runs: int, finished: list[int]) -> tuple[int, float]:
    """The main thread's share of the runs; how many an alarm ended, and the memory in use after the first fifth."""
    interrupted, warm = 0, _megabytes()
    for i in range(runs):
        if i == runs // 5:
            warm = _megabytes()
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.0001 * (i % 17))
                sess.run(model.step, model.feed(i))
                finished[0] += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except _Interrupt:
            interrupted += 1
    return interrupted, warm


def check(runs: int) -> dict[str, float]:
    """No update is lost or counted twice: those of an interrupted run are there whole, or not at all."""
    found = hammered(runs)
    assert found["finished"] <= found["counted"] <= found["finished"] + found["interrupted"], found
    least, most = (50.0 * min(SIZES) * found["counted"], 50.0 * max(SIZES) * found["counted"])
    assert least <= found["total"] <= most, found
    assert np.isfinite(found["weights"]), found
    return found


def trials(count: int, seed: int) -> Iterator[str]:
    """`count` times fifty runs: 50,000 in a thousand trials, after which memory has not grown."""
    found = check(count * EACH)
    assert found["grown"] < 30, found
    yield (f"{found['finished']:.0f} runs finished, {found['interrupted']:.0f} interrupted, {found['counted']:.0f} counted, "
           f"{found['grown']:.1f} MiB more at the end")
