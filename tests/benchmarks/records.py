"""Records per second from a TFRecord file to shuffled batches, against the queues of today's TensorFlow."""

from __future__ import annotations

import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

import tracer as tf
from tests.benchmarks.steps import tensorflow
from tests.benchmarks.timing import Row

COUNT, BATCH, THREADS = 2000, 50, 4
BATCHES = 60  # in one round


def records() -> Iterator[Row]:
    """Digits of 784 floats and a label, parsed one by one before they are shuffled, or batch by batch after it."""
    v1 = tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder, "digits"))
        _write(path)
        for name, build in (("records, parsed one by one", _parsed_first), ("records, parsed in batches", _shuffled_first)):
            rates: dict[Any, list[float]] = {tf: [], v1: []}
            for _ in range(3):
                for package in rates:
                    if package is not None:
                        rates[package].append(_rate(package, build, path))
            peer = statistics.median(rates[v1]) / 1e3 if v1 is not None else None
            yield Row(name, statistics.median(rates[tf]) / 1e3, "k/s", peer, "TensorFlow's queues", "more is better")


def _write(path: str) -> None:
    rng = np.random.RandomState(0)
    with tf.python_io.TFRecordWriter(path) as writer:
        for i in range(COUNT):
            example = tf.train.Example(features=tf.train.Features(feature={
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[i % 10])),
                "image": tf.train.Feature(float_list=tf.train.FloatList(value=rng.rand(784).tolist()))}))
            writer.write(example.SerializeToString())


def _features(package: Any) -> dict[str, Any]:
    return {"label": package.FixedLenFeature([], package.int64), "image": package.FixedLenFeature([784], package.float32)}


def _read(package: Any, path: str) -> Any:
    return package.TFRecordReader().read(package.train.string_input_producer([path]))[1]


def _parsed_first(package: Any, path: str) -> Any:
    parsed = package.parse_single_example(_read(package, path), features=_features(package))
    return package.train.shuffle_batch([parsed["image"], parsed["label"]], BATCH, 2000, 500, num_threads=THREADS)


def _shuffled_first(package: Any, path: str) -> Any:
    serialized = package.train.shuffle_batch([_read(package, path)], BATCH, 2000, 500, num_threads=THREADS)
    parsed = package.parse_example(serialized, features=_features(package))
    return [parsed["image"], parsed["label"]]


def _rate(package: Any, build: Any, path: str) -> float:
    with package.Graph().as_default(), package.Session() as session:
        batch = build(package, path)
        coordinator = package.train.Coordinator()
        threads = package.train.start_queue_runners(session, coordinator)
        images = session.run(batch)[0]
        assert images.shape == (BATCH, 784)
        start = time.perf_counter()
        for _ in range(BATCHES):
            session.run(batch)
        taken = time.perf_counter() - start
        coordinator.request_stop()
        coordinator.join(threads)
    return BATCHES * BATCH / taken
