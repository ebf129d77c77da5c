"""The real TensorBoard, started on what programs write, shows their graphs, numbers, histograms and images."""

import io
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from PIL import Image

import tracer as tf

ROOT = pathlib.Path(__file__).parent.parent
PATIENCE = 120  # seconds, on a busy machine


def train(folder):
    """A program with histograms, images and sounds, in two runs."""
    for name, size in (("small", 2), ("large", 20)):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            with tf.name_scope("layer"):
                weights = tf.Variable(np.arange(size, dtype=np.float32), name="weights")
            merged = tf.merge_summary([
                tf.scalar_summary("size", tf.constant(float(size))), tf.histogram_summary("weights", weights),
                tf.image_summary("picture", np.ones([1, 4, 5, 3], np.float32), max_images=1),
                tf.audio_summary("sound", np.zeros([1, 100], np.float32), 8000.0, max_outputs=1)])
            session.run(tf.initialize_all_variables())
            writer = tf.train.SummaryWriter(os.path.join(folder, name), graph)
            for step in range(3):
                writer.add_summary(session.run(merged), step)
            writer.close()


class Board:
    """A TensorBoard that runs."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", "0", "--host", "127.0.0.1",
             "--load_fast=false", "--reload_interval=1"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = []
        self.address = self._address()

    def _address(self):
        for line in self.process.stdout:
            self.said.append(line)
            found = re.search(r"at (http://\S+?)/? ", line)
            if found:
                threading.Thread(target=self.process.stdout.read, daemon=True).start()  # so that it never blocks
                return found[1]
        raise AssertionError("".join(self.said))

    def read(self, path, **arguments):
        query = "?" + urllib.parse.urlencode(arguments) if arguments else ""
        with urllib.request.urlopen(f"{self.address}/data/{path}{query}", timeout=PATIENCE) as answer:
            return answer.read()

    def ask(self, path, **arguments):
        return json.loads(self.read(path, **arguments))

    def wait(self, path, ready):
        """What it says once `ready` holds: it loads the files in the background."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(path)
            if ready(answer):
                return answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    example = ROOT / "examples" / "hello_tensorflow.py"
    subprocess.run([sys.executable, "-m", "tracer", str(example)], check=True, cwd=folder,
                   env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    train(str(folder))
    board = Board(str(folder))
    yield board
    board.close()


def test_the_example_shows_its_numbers(board):
    tags = board.wait("plugin/scalars/tags", lambda runs: len(runs.get("log_simple_stats", ())) == 5)
    assert set(tags["log_simple_stats"]) == {"input", "weight", "output", "correct_value", "loss"}
    points = board.wait("plugin/scalars/scalars?run=log_simple_stats&tag=output", lambda points: len(points) == 100)
    assert [point[1] for point in points] == list(range(100))
    # What TensorFlow computed before steps 0, 1, 98 and 99.
    expected = [0.800000011921, 0.759999990463, 0.00524811353534, 0.00498570781201]
    assert [points[step][2] for step in (0, 1, 98, 99)] == pytest.approx(expected, rel=1e-7)


def test_the_example_shows_its_graph(board):
    board.wait("plugin/graphs/info", lambda runs: runs.get("log_simple_stats", {}).get("run_graph"))
    graph = board.read("plugin/graphs/graph", run="log_simple_stats").decode()
    nodes = dict(re.findall(r'^node \{\n  name: "([^"]+)"\n  op: "([^"]+)"', graph, re.M))
    assert (nodes["input"], nodes["weight"], nodes["output"]) == ("Const", "Variable", "Mul")
    assert (nodes["weight/Assign"], nodes["loss"]) == ("Assign", "Pow")
    assert nodes["MergeSummary/MergeSummary"] == "MergeSummary"
    output = graph[graph.index('name: "output"'):]
    assert re.findall(r'input: "([^"]+)"', output[:output.index("\nnode")]) == ["weight/read", "input"]


def test_runs_show_side_by_side(board):
    tags = board.wait("plugin/scalars/tags", lambda runs: {"small", "large"} <= set(runs))
    assert (set(tags["small"]), set(tags["large"])) == ({"size"}, {"size"})
    last = {run: board.ask("plugin/scalars/scalars", run=run, tag="size")[-1] for run in ("small", "large")}
    assert {run: (step, value) for run, (_, step, value) in last.items()} == {"small": (2, 2), "large": (2, 20)}


def test_histograms_images_and_sounds_show(board):
    board.wait("plugin/histograms/tags", lambda runs: "large" in runs)
    histograms = board.ask("plugin/histograms/histograms", run="large", tag="weights")
    assert [step for _, step, _ in histograms] == [0, 1, 2]
    assert sum(count for _, _, count in histograms[0][2]) == pytest.approx(20)
    image, = board.ask("plugin/images/images", run="small", tag="picture/image", sample=0)[-1:]
    assert image["step"] == 2
    assert Image.open(io.BytesIO(board.read("plugin/images/individualImage?" + image["query"]))).size == (5, 4)
    sound, = board.ask("plugin/audio/audio", run="small", tag="sound/audio", sample=0)[-1:]
    assert (sound["contentType"], sound["step"]) == ("audio/wav", 2)
