"""Two gigabytes of variables to a checkpoint: how fast against plain writing to the same disk, and the memory it takes."""

from __future__ import annotations

import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Iterator

import numpy as np

import tracer as tf
from tests.benchmarks.timing import Row

COUNT, SIZE = 8, 256 << 20


def saving() -> Iterator[Row]:
    """Both formats, in turns with the peer."""
    with tf.Graph().as_default(), tf.Session() as session, tempfile.TemporaryDirectory() as folder:
        variables = [tf.Variable(tf.fill([SIZE // 4], float(i)), name=f"v{i}") for i in range(COUNT)]
        for variable in variables:
            session.run(variable.initializer)
        savers = {f"V{version}": tf.train.Saver(write_version=version) for version in (1, 2)}
        times: dict[str, list[float]] = {"V1": [], "V2": [], "plain": []}
        extra = {}
        for turn in range(3):
            for name in [*times][turn:] + [*times][:turn]:  # the disk remembers what came before
                if name not in savers:
                    times[name].append(_plain(folder))
                    continue
                before = _forget_peak()
                start = time.perf_counter()
                path = savers[name].save(session, str(pathlib.Path(folder, name)), write_meta_graph=False)
                times[name].append(time.perf_counter() - start)
                extra[name] = _peak() - before
                for file in pathlib.Path(folder).glob(f"{name}*"):
                    file.unlink()
                assert path
        rates = {name: COUNT * SIZE / statistics.median(found) / 2**20 for name, found in times.items()}
        for name in savers:
            yield Row(f"saving 2 GB, {name}", rates[name], "MB/s", rates["plain"], "plain writing", "budget 1, or more")
            yield Row(f"memory of it, {name}", extra[name] / 2**20, "MB", SIZE / 2**20, "the largest tensor", "budget 1.2")


def _plain(folder: str) -> float:
    """The seconds that it takes to write as many bytes and to see them on the disk."""
    block = np.ones(1 << 20, np.uint8)
    start = time.perf_counter()
    with open(os.path.join(folder, "plain"), "wb", buffering=0) as file:
        for _ in range(COUNT * SIZE >> 20):
            file.write(block)
        os.fsync(file.fileno())
    taken = time.perf_counter() - start
    os.unlink(os.path.join(folder, "plain"))
    return taken


def _forget_peak() -> int:
    """Bytes of memory now, from which the highest is counted anew."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(field: str) -> int:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field))
