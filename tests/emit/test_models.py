"""Emitted modules stand alone, train as the session trains, are formatted, short, and read as they did when reviewed.

`golden/` holds each as text: all models of `tests.models` and all examples. After a change of the emitter, write them
anew and read the difference:

    python -m tests.emit.test_models [name...]
"""

import importlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jax
import numpy as np
import pytest

from lowering.programs import plain
from tests.emit.alone import STEPS
from tests.emit.subjects import MODELS, SCRIPTS
from tests.models import by_hand

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "golden"
NAMES = [*MODELS, *SCRIPTS]
BY_HAND = [name for name in NAMES if name not in ("pipeline", "hello_tensorflow", "mnist_softmax")]
ALIKE = {**{name: name for name in BY_HAND}, "pipeline": "softmax", "hello_tensorflow": "neuron", "mnist_softmax": "softmax"}
"""What is written by hand, for each that has its like there."""
POWERS = {"vae": 4e-6, "adaptive_computation": 4e-6}
"""Adam's 1 - 0.999 ** t cancels four digits: TensorFlow multiplies 0.999 up from step to step, optax raises it to a power,
and the two differ in the fifth place of how large a step is. Measured after ten steps, as shares of the largest entry: with
optax 3.0e-6 and 2.1e-6; with `optax.tree.bias_correction` made to multiply 0.5e-6 and 1.5e-6, where the rest is the next
reason. The modules that have an Adam of their own, for tables, multiply: char_lstm came from 3.3e-6 to 0.24e-6."""
SMALL = {"reverse_seq2seq": {"Attention_0": 5e-6, "attention_decoder/Linear/Bias": 2e-6}}
"""Variables with gradients that almost cancel: Adam divides a gradient by its own size, and its roundings with it. Those of
the query of the attention are 1.5e-4 at most, where the other layers' are 0.05 and more; they come to 3.9e-6, the others to
0.12e-6. One entry of a bias has 0.002, the next 0.1: on one processor, with AVX2 alone, it comes to 1.6e-6."""
ROUNDED = {"gan": 2e-8}
"""So far may be apart what has come about by differences of almost equal numbers: a bias of the discriminator that real
and drawn pictures pull both ways, each by about 0.5, of which float32 knows 3e-8."""


def emitting(folder, names):
    """The process that emits and then runs in a session, once all that it emits is there; and its environment."""
    # To optimize what runs ten times takes longer than to run it. A module has the forms of convolutions for any device.
    # XLA's compiler folds convolutions of constants, which a session computes before, with other roundings than programs.
    flags = "--xla_backend_optimization_level=0 --xla_disable_hlo_passes=constant_folding"
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent), "XLA_FLAGS": flags,
                   "TRACER_WITHOUT": "convolutions,narrow"}
    (folder / "train.tfrecords").touch()
    process = subprocess.Popen([sys.executable, "-m", "tests.emit.in_session", str(folder), *names], env=environment,
                               cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout.readline() == "emitted\n"
    return process, environment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All modules, what the session gives in ten steps, and what each module alone gives."""
    folder = tmp_path_factory.mktemp("models")
    process, environment = emitting(folder, NAMES)
    with process:
        del environment["PYTHONPATH"]
        subprocess.run([sys.executable, str(HERE / "alone.py"), str(folder), *NAMES], check=True, env=environment)
    assert process.returncode == 0
    return folder


def wanted(folder, name):
    failed = folder / f"{name}_failed.txt"
    assert not failed.exists(), failed.read_text()
    with np.load(folder / f"{name}_wanted.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("name", NAMES)
def test_alone_it_trains_as_the_session_does(folder, name):
    wants = wanted(folder, name)
    with np.load(folder / f"{name}_got.npz") as found:
        assert len(found.files) > STEPS
        for key in found.files:
            want = wants.get(key)
            if want is None:  # a slot: its name comes first in the module
                slot, _, variable = key.removeprefix("variable ").partition("/")
                want = wants[f"variable {variable}/{slot}"]
            close = POWERS.get(name, 1e-6) if key != "value 0 of step 0" else 1e-6
            close = next((small for part, small in SMALL.get(name, {}).items() if part in key), close)
            assert found[key].dtype == want.dtype
            least = close * np.abs(want).max() + ROUNDED.get(name, 0.0)
            np.testing.assert_allclose(found[key], want, rtol=close, atol=least, err_msg=key)


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_as_it_did_when_reviewed(folder, name):
    assert (folder / f"{name}_jax.py").read_text() == (GOLDEN / f"{name}.py").read_text()


def test_ruff_finds_nothing(folder):
    files = [str(folder / f"{name}_jax.py") for name in NAMES]
    for command in (["check", "--select", "E4,E7,E9,F,I,B"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "--isolated", *files], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def lines(source):
    """How many lines of code there are: no comments, no words of what a function does, no empty ones, and without the
    functions that read checkpoints, which nobody writes who has none."""
    source = re.sub(r"(?m)^def \w+_from_checkpoint\(.*(?:\n(?:    .*)?$)*", "", source)
    source = re.sub(r'(?ms)^ *""".*?"""$', "", source)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


@pytest.mark.parametrize(("name", "other"), ALIKE.items())
def test_it_is_not_much_longer_than_by_hand(name, other):
    mine, theirs = (GOLDEN / f"{name}.py").read_text(), (HERE.parent / "models" / "by_hand" / f"{other}.py").read_text()
    assert lines(mine) <= 1.5 * lines(theirs)


@pytest.mark.parametrize("name", [name for name in BY_HAND if name != "word2vec"])  # its noise is drawn otherwise there
def test_what_is_written_by_hand_is_the_same_model(folder, name):
    wants = wanted(folder, name)
    model = importlib.import_module(f"tests.models.by_hand.{name}")
    with np.load(folder / f"{name}_jax.npz") as arrays:
        params = by_hand.load(model, arrays)
    with np.load(folder / f"{name}_feeds.npz") as feeds:
        inputs = [feeds[key] for key in sorted(feeds.files)]
    begun = [params, *by_hand.begin(model, params)]
    if by_hand.draws(model.train_step):
        results = jax.jit(model.train_step)(*begun, *inputs, jax.random.key(0))
    else:  # to compile what runs once takes longer than to compute it
        traced, shape = jax.make_jaxpr(model.train_step, return_shape=True)(*begun, *inputs)
        results = jax.tree.unflatten(jax.tree.structure(shape), plain.evaluate(
            traced.jaxpr, traced.consts, jax.tree.leaves([begun, inputs])))
    np.testing.assert_allclose(results[len(begun)], wants["value 0 of step 0"], rtol=1e-5)


def main(names):
    """Writes the modules of `names` into `golden`."""
    with tempfile.TemporaryDirectory() as folder:
        process, _ = emitting(pathlib.Path(folder), names)
        process.kill()
        for name in names:
            failed = pathlib.Path(folder, f"{name}_failed.txt")
            print(failed.read_text() if failed.exists() else name)
            if not failed.exists():
                (GOLDEN / f"{name}.py").write_text(pathlib.Path(folder, f"{name}_jax.py").read_text())
        process.wait()


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
