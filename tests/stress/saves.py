"""Processes killed while they save: what was saved before is whole, and `latest_checkpoint` names it or a newer one."""

from __future__ import annotations

import os
import pathlib
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator

import numpy as np

import tracer as tf
from lowering import registry
from tracer.train.checkpoint_state import checkpoint_exists
from tracer.train.meta_graph import read_meta_graph_file

SIZES = {"bias": (3,), "weights": (40, 25), "table": (500, 31)}
WAYS = ("bytes", "calls", "time")
SAVES = 12  # in one life, if nobody ends it


def values(step: int) -> dict[str, np.ndarray]:
    """What the variables hold at a step."""
    return {name: np.full(shape, step, np.float32) + np.arange(shape[-1], dtype=np.float32)
            for name, shape in SIZES.items()}


def live(folder: str, version: int, sharded: bool, way: str, draw: random.Random, said: int) -> None:
    """Goes on from the newest checkpoint, saving at every step and writing each step it has saved to `said`."""
    with tf.Graph().as_default(), tf.Session() as sess:
        fed = {name: tf.placeholder(tf.float32, shape) for name, shape in SIZES.items()}
        variables = {name: tf.Variable(tf.zeros(shape), name=name) for name, shape in SIZES.items()}
        step = tf.Variable(0, name="step")
        number = tf.placeholder(tf.int32, ())
        change = tf.group(step.assign(number), *(variables[name].assign(fed[name]) for name in SIZES))
        saver = tf.train.Saver(max_to_keep=2, write_version=version, sharded=sharded)
        state = tf.train.get_checkpoint_state(folder)
        sess.run(tf.initialize_all_variables())
        if state is not None:
            saver.recover_last_checkpoints(list(state.all_model_checkpoint_paths))
            saver.restore(sess, state.model_checkpoint_path)
        first = int(sess.run(step)) + 1
        _arm(way, folder, draw)
        for now in range(first, first + SAVES):
            sess.run(change, {number: now, **{fed[name]: value for name, value in values(now).items()}})
            saver.save(sess, os.path.join(folder, "model"), global_step=now)
            os.write(said, b"%d " % now)


def _arm(way: str, folder: str, draw: random.Random) -> None:
    """Has this process killed soon: in a write at some byte, at some call to the file system, or at some time."""
    if way == "bytes":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the system ends who writes beyond the limit
        limit = draw.randrange(90_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    elif way == "calls":
        left = [draw.randrange(1, 60)]

        def heard(event: str, arguments: tuple) -> None:
            if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir") and (
                    folder in str(arguments[0])):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(heard)


def trial(folder: str, version: int, sharded: bool, way: str, draw: random.Random) -> str:
    """One life, ended early or not; then looks at what it left."""
    before = newest(folder)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking: no thread of JAX runs here yet
        child = os.fork()
    if not child:
        try:
            os.close(reading)
            live(folder, version, sharded, way, draw, writing)
            os._exit(0)
        except BaseException as problem:
            os.write(2, f"{problem!r}\n".encode())
            os._exit(1)
    os.close(writing)
    if way == "time":
        os.set_blocking(reading, True)
        first = os.read(reading, 1)  # it has begun to save
        time.sleep(draw.uniform(0, 0.2) if first else 0)
        os.kill(child, signal.SIGKILL)
    else:
        first = b""
    with os.fdopen(reading, "rb") as file:
        told = [int(word) for word in (first + file.read()).decode().split()]
    _, status = os.waitpid(child, 0)
    assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, "the process that saves met an error"
    saved = newest(folder)
    least = max([before, *told[:-1]], default=0) if way == "time" else max([before, *told], default=0)
    assert least <= saved <= max([before, *told]) + 1, (before, told, saved)
    return "killed" if os.WIFSIGNALED(status) else "lived on"


def newest(folder: str) -> int:
    """The step of the newest checkpoint, which must be whole, as must be the one before it that is listed."""
    state = tf.train.get_checkpoint_state(folder)
    if state is None:
        assert not os.path.exists(os.path.join(folder, "checkpoint"))
        return 0
    path = tf.train.latest_checkpoint(folder)
    assert path == state.model_checkpoint_path == state.all_model_checkpoint_paths[-1]
    for one in state.all_model_checkpoint_paths:
        if one != path and not checkpoint_exists(one):
            continue  # it was being deleted
        reader = tf.train.NewCheckpointReader(one)
        step = int(reader.get_tensor("step"))
        for name, value in values(step).items():
            np.testing.assert_array_equal(reader.get_tensor(name), value)
    read_meta_graph_file(path.partition("-?????")[0] + ".meta")
    return step


def trials(count: int, seed: int) -> Iterator[str]:
    """Lives in turn, each in the folder of the ones before; now and then a new folder."""
    draw = random.Random(seed)
    registry.load()  # once for all, which starts no threads yet
    with tempfile.TemporaryDirectory() as root:
        for number in range(count):
            version, sharded = draw.choice([1, 2]), draw.random() < 0.3
            folder = pathlib.Path(root, f"v{version}")
            if number % 40 == 0:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(exist_ok=True)
            way = WAYS[number % len(WAYS)]
            yield f"{trial(str(folder), version, sharded, way, random.Random(draw.random()))} by {way}"
            litter = [path for path in folder.iterdir() if ".tempstate" in path.name]
            for path in litter:  # of the killed: nobody ever reads it
                path.unlink()
