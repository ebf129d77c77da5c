"""The examples run unedited, and what they print is right."""

import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
MNIST = pathlib.Path(os.environ.get("TRACER_MNIST", ROOT.parent / "shared" / "data" / "mnist"))
digits = pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not here; TRACER_MNIST names their folder")


def run(folder, name, *arguments):
    done = subprocess.run([sys.executable, "-m", "tracer", str(ROOT / "examples" / name), *arguments], cwd=folder,
                          capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def accuracy(output):
    return float(re.search(r"test accuracy: ([0-9.]+)", output).group(1))


def test_hello_tensorflow(tmp_path):
    output = run(tmp_path, "hello_tensorflow.py")
    shown = [float(number) for number in re.findall(r"y is ([0-9.]+)", output)]
    # What the real TensorFlow 0.12.1 prints for this script, to the last bit of a float32.
    theirs = [0.800000011921, 0.286788702011, 0.10280970484, 0.0368558317423, 0.0132122989744, 0.00473642256111]
    assert shown == pytest.approx(theirs, rel=3e-8)
    assert list((tmp_path / "log_simple_stats").glob("events.out.tfevents.*"))


@digits
def test_mnist_softmax(tmp_path):
    assert accuracy(run(tmp_path, "mnist_softmax.py", f"--data_dir={MNIST}")) >= 0.91


@digits
def test_mnist_convnet_short(tmp_path):
    output = run(tmp_path, "mnist_convnet.py", f"--data_dir={MNIST}", "--max_steps=300", "--test_size=2000")
    assert accuracy(output) >= 0.85


@digits
def test_mnist_mlp_summaries(tmp_path):
    output = run(tmp_path, "mnist_mlp_summaries.py", f"--data_dir={MNIST}", f"--log_dir={tmp_path}/logs",
                 "--max_steps=100")
    assert accuracy(output) >= 0.85
    assert list((tmp_path / "logs" / "train").glob("events.out.tfevents.*"))
    assert list((tmp_path / "logs" / "test").glob("events.out.tfevents.*"))


@digits
def test_mnist_tfrecords_killed_and_resumed(tmp_path):
    words = [f"--data_dir={MNIST}", f"--train_dir={tmp_path}/run", "--save_secs=1"]
    program = subprocess.Popen([sys.executable, "-m", "tracer", str(ROOT / "examples" / "mnist_tfrecords.py"), *words,
                                "--max_steps=1000000"], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        assert "starting at step 0\n" in iter(program.stdout.readline, "")
        state = tmp_path / "run" / "checkpoint"
        end = time.monotonic() + 200
        while not (saved := re.search(r'^model_checkpoint_path: ".*-([1-9]\d*)"',
                                      state.read_text() if state.exists() else "")):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
    output = run(tmp_path, "mnist_tfrecords.py", *words, f"--max_steps={int(saved[1]) + 300}")
    assert int(re.search(r"starting at step (\d+)", output)[1]) >= int(saved[1])
    assert accuracy(output) >= 0.85
