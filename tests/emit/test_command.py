"""`python -m tracer.emit` where something is not as it should be: the message names it, and the way out."""

import sys

import numpy as np
import pytest

import tracer as tf
import tracer.legacy
from tracer.dump.__main__ import main as dump
from tracer.emit.__main__ import main

NET = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4], name="x")
weights = tf.Variable(tf.ones([4, 2]), name="weights")
bias = tf.Variable(tf.zeros([2]), name="bias")
y = tf.add(tf.matmul(x, weights), bias, name="y")
session = tf.Session()
session.run(tf.initialize_all_variables())
"""


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)  # another test may have loaded the real one to compare with it
    yield
    tracer.legacy.uninstall()


def saved(path, **arrays):
    with tf.Graph().as_default(), tf.Session() as session:
        variables = [tf.Variable(np.float32(array), name=name) for name, array in arrays.items()]
        session.run(tf.initialize_all_variables())
        return tf.train.Saver(variables).save(session, str(path))


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NET)
    return str(path)


def refused(command, *arguments):
    with pytest.raises(SystemExit) as problem:
        command([*map(str, arguments)])
    return str(problem.value)


def test_a_checkpoint_of_another_program(script, tmp_path):
    path = saved(tmp_path / "other.ckpt", weights=np.ones([4, 3]), bias=np.ones(2))
    message = refused(main, "--fetch", "y", "--checkpoint", path, "-o", tmp_path / "net_jax.py", script)
    assert "weights: (4, 3) in the checkpoint, (4, 2) in the program" in message
    assert "bias" not in message
    assert not (tmp_path / "net_jax.py").exists()


def test_what_is_not_in_a_checkpoint_is_named(script, tmp_path, capsys):
    path = saved(tmp_path / "part.ckpt", weights=np.full([4, 2], 5))
    assert main(["--fetch", "y", "--checkpoint", path, "-o", str(tmp_path / "net_jax.py"), script]) == 0
    assert f"Not in {path}, and so as the program leaves them: bias." in capsys.readouterr().err
    with np.load(tmp_path / "net_jax.npz") as arrays:
        assert arrays["weights"].tolist() == [[5, 5]] * 4
        assert arrays["bias"].tolist() == [0, 0]


def test_a_graph_is_no_script(tmp_path):
    path = tmp_path / "graph.pb"
    path.write_bytes(b"\x0a\x00")
    assert "tf.import_graph_def" in refused(main, "--fetch", "y", path)


@pytest.mark.parametrize("command", [dump, main])
def test_a_file_that_is_no_program(tmp_path, command):
    path = tmp_path / "model.ckpt"
    path.write_bytes(bytes(range(64)))
    message = refused(command, *(["--fetch", "y"] if command is main else []), path)
    assert f"{path} is no Python program" in message
    assert "inspect_checkpoint" in message


def test_a_script_that_stops_before_it_runs_a_session(tmp_path, capsys):
    path = tmp_path / "half.py"
    path.write_text(NET.replace("[4, 2]", "[5, 2]"))
    assert main(["--fetch", "y", str(path)]) == 1
    said = capsys.readouterr().err
    assert "ran no session" in said
    assert "It stopped at half.py:6: ValueError: Dimensions 4 and 5" in said
