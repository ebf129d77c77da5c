"""The examples run unedited, and what they print is right."""

import os
import pathlib
import random
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


def test_char_lstm(tmp_path):
    (tmp_path / "text").write_text("the quick brown fox jumps over the lazy dog\n" * 100, encoding="utf-8")
    output = run(tmp_path, "char_lstm.py", "--text=text", "--max_steps=80", "--hidden=32", "--num_steps=8", "--layers=1",
                 "--sample=12")
    first, last = (float(number) for number in re.findall(r"loss:? ([0-9.]+)", output))
    assert first == pytest.approx(3.3, abs=.2)  # the logarithm of 28 characters
    assert last < 2
    written = output[output.index("final"):].partition("\n")[2]
    assert len(written) == 14  # the first, those that were asked for, and the line's end


def test_word_language_model(tmp_path):
    # Which of two sentences comes is all that is not known, for every three and a half words.
    lines = random.Random(1).choices(["one two three\n", "four five\n"], k=2500)
    (tmp_path / "text").write_text("".join(lines), encoding="utf-8")
    output = run(tmp_path, "word_language_model.py", "--text=text", "--hidden=24", "--num_steps=4", "--batch_size=10",
                 "--epochs=2", "--steady_epochs=1", "--keep=1.0", "--vocabulary=6", "--learning_rate=3")
    assert re.findall(r"learning rate ([0-9.]+)", output) == ["3.000", "2.100"]
    perplexities = [float(number) for number in re.findall(r"validation perplexity ([0-9.]+)", output)]
    assert perplexities[0] > perplexities[1] > 2 ** (1 / 3.5)
    assert perplexities[1] < 2


def test_reverse_seq2seq(tmp_path):
    output = run(tmp_path, "reverse_seq2seq.py", "--hidden=16", "--longest=4", "--max_steps=100", "--learning_rate=0.01")
    short, long = (float(number) for number in re.search(r"losses (\S+) (\S+)", output).groups())
    assert short < 0.6
    assert long < 1.2
    assert float(re.search(r"bucket 0: ([0-9.]+)", output).group(1)) > 0.5


def test_adaptive_computation(tmp_path):
    output = run(tmp_path, "adaptive_computation.py", "--size=3", "--limit=4", "--hidden=16", "--max_steps=200",
                 "--learning_rate=0.01")
    loss, steps = re.search(r"loss ([0-9.]+), .* ([0-9.]+) steps of thinking", output).groups()
    assert float(loss) < 0.1
    assert 1 < float(steps) <= 4
