"""Emitted models stand alone, train as the session trains, are formatted, short, and read as they did when reviewed.

`golden/` holds each emitted module as text. After a change of the emitter, write them anew and read the difference:

    python -m tests.emit.test_models

`by_hand/` has some of the models as a person writes them in JAX, to compare the size.
"""

import importlib
import os
import pathlib
import re
import subprocess
import sys

import jax
import numpy as np
import pytest

import tracer as tf
from lowering import plain, program
from tests.emit.alone import STEPS
from tests.emit.models import MODELS
from tests.lowering.plainly import Plainly

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "golden"
BY_HAND = ["gan", "lstm_lm", "mlp", "resnet", "vae"]
ADAM = {"mlp", "gan", "vae", "style_transfer"}
"""Trained by Adam for ten steps with a high rate: 1 - 0.999 ** t rounds in the sixth place in either form."""


def emitted(name, folder):
    """The model's source, made in a graph of its own; nothing is computed."""
    with tf.Graph().as_default(), tf.Session() as session:
        model = MODELS[name]()
        return tf.emit(model.fetches, list(model.feeds), str(folder / f"{name}_jax.py"), session, f"{name} as JAX.")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """For each model, what the session gives in ten steps, and what the module alone gives."""
    folder = tmp_path_factory.mktemp("models")
    wanted = {name: _by_session(name, folder) for name in MODELS}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, str(HERE / "alone.py"), str(folder), *MODELS], check=True, env=environment)
    return folder, wanted


def _by_session(name, folder):
    found = {}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        model = MODELS[name]()
        with pytest.MonkeyPatch.context() as patch:  # to compile what runs once takes longer than to compute it
            patch.setattr(program, "jax", Plainly())
            session.run(tf.initialize_all_variables())
        tf.emit(model.fetches, list(model.feeds), str(folder / f"{name}_jax.py"), session)
        np.savez(folder / f"{name}_feeds.npz", **{f"{i:02}": value for i, value in enumerate(model.feeds.values())})
        for step in range(STEPS):
            values = [value for value in session.run(model.fetches, model.feeds) if value is not None]
            found.update({f"value {i} of step {step}": value for i, value in enumerate(values)})
        found.update({f"variable {v.op.name}": session.run(v) for v in tf.all_variables()})
    return found


@pytest.mark.parametrize("name", MODELS)
def test_alone_it_trains_as_the_session_does(trained, name):
    folder, wanted = trained
    failed = folder / f"{name}_failed.txt"
    assert not failed.exists(), failed.read_text()
    with np.load(folder / f"{name}_got.npz") as found:
        assert len(found.files) > STEPS
        for key in found.files:
            want = wanted[name].get(key)
            if want is None:  # a slot: its name comes first in the module
                slot, _, variable = key.removeprefix("variable ").partition("/")
                want = wanted[name][f"variable {variable}/{slot}"]
            close = 5e-6 if name in ADAM and key != "value 0 of step 0" else 1e-6
            assert found[key].dtype == want.dtype
            np.testing.assert_allclose(found[key], want, rtol=close, atol=close * np.abs(want).max(), err_msg=key)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return folder, {name: emitted(name, folder) for name in MODELS}


@pytest.mark.parametrize("name", MODELS)
def test_it_reads_as_it_did_when_reviewed(sources, name):
    assert sources[1][name] == (GOLDEN / f"{name}.py").read_text()


def test_ruff_finds_nothing(sources):
    folder, _ = sources
    for command in (["check", "--select", "E4,E7,E9,F,I,B"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "--isolated", str(folder)], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def lines(source):
    """How many lines of code there are: no comments, no words of what a function does, no empty ones."""
    source = re.sub(r'(?m)^ *""".*"""$', "", source)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


@pytest.mark.parametrize("name", BY_HAND)
def test_it_is_not_much_longer_than_by_hand(sources, name):
    assert lines(sources[1][name]) <= 1.5 * lines((HERE / "by_hand" / f"{name}.py").read_text())


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_written_by_hand_is_the_same_model(trained, name):
    folder, wanted = trained
    model = importlib.import_module(f"tests.emit.by_hand.{name}")
    params = model.load(folder / f"{name}_jax.npz")
    trees = list(params) if isinstance(params, tuple) else [params]
    start = getattr(model, "init_optimizers", None) or model.optimizer.init
    with np.load(folder / f"{name}_feeds.npz") as feeds:
        inputs = [feeds[key] for key in sorted(feeds.files)]
    arguments = [*trees, start(trees[0]), *inputs]
    traced, shape = jax.make_jaxpr(model.train_step, return_shape=True)(*arguments)
    results = jax.tree.unflatten(jax.tree.structure(shape), plain.evaluate(
        traced.jaxpr, traced.consts, jax.tree.leaves(arguments)))
    np.testing.assert_allclose(results[len(trees) + 1], wanted[name]["value 0 of step 0"], rtol=1e-5)


if __name__ == "__main__":
    for one in sys.argv[1:] or MODELS:
        emitted(one, pathlib.Path("/tmp"))
        (GOLDEN / f"{one}.py").write_text((pathlib.Path("/tmp") / f"{one}_jax.py").read_text())
