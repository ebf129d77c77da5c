"""What is emitted here: the models of `tests.models`, small, and the examples, with what a step of theirs fetches."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import pathlib
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

import tracer as tf
from lowering.emit import handed_over
from tracer import bridge, commands

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"
MODELS: dict[str, dict[str, Any]] = {
    "neuron": {}, "softmax": {"batch": 8}, "mlp": {"batch": 8, "hidden": 32},
    "mnist_deep": {"batch": 6, "depth": 4, "hidden": 32}, "cifar": {"batch": 4, "size": 16, "depth": 8, "hidden": 24},
    "resnet": {"batch": 4, "size": 16, "depth": 4}, "lstm": {"batch": 4, "steps": 6, "hidden": 8, "count": 20},
    "seq2seq": {"batch": 3, "steps": 4, "hidden": 6, "count": 12},
    "word2vec": {"batch": 6, "count": 30, "size": 8, "noise": 4}, "gan": {"batch": 5, "hidden": 8},
    "vae": {"batch": 5, "hidden": 16, "latent": 3}, "qnetwork": {"batch": 6, "hidden": 16}, "style": {"size": 16},
    "pipeline": {},
}
"""The sizes of each model."""


class Script(NamedTuple):
    """How an example is run, small; what is fetched of its graph, and what is fed besides placeholders."""

    flags: list[str]
    fetches: list[str]
    feeds: tuple[str, ...] = ()


_SEQUENCE_LOSS = "reverser/model_with_buckets/sequence_loss/truediv:0"
SCRIPTS = {
    "hello_tensorflow": Script([], ["GradientDescent", "loss:0"]),
    "mnist_softmax": Script([], ["GradientDescent", "Mean:0", "Mean_1:0"]),
    "mnist_convnet": Script([], ["Adam", "Mean:0", "Mean_1:0"]),
    "mnist_mlp_summaries": Script([], ["train/Adam", "cross_entropy/Mean:0", "accuracy/Mean:0"]),
    "mnist_tfrecords": Script(["--train_dir=.", "--batch_size=6"], ["ExponentialMovingAverage", "loss/Mean:0"]),
    "char_lstm": Script(["--hidden=8", "--num_steps=6", "--batch_size=3"],
                        ["Adam", "writer/Mean:0", "writer/cells/concat_5:0"], ("writer/zeros:0",)),
    "reverse_seq2seq": Script(["--longest=4", "--hidden=6", "--batch_size=3"], ["Adam", _SEQUENCE_LOSS]),
    "adaptive_computation": Script(["--size=3", "--limit=4", "--hidden=8"], ["Adam", "Mean:0", "Mean_2:0"]),
    "word_language_model": Script(["--hidden=8", "--num_steps=4", "--batch_size=3"],
                                  ["model/GradientDescent", "model/truediv:0", "model/RNN/concat_3:0"],
                                  ("model/zeros:0",)),
}


class Subject(NamedTuple):
    """A graph, what is fetched of it, and what is fed, in the order of the emitted functions' arguments."""

    graph: Any
    fetches: list[Any]
    feeds: dict[Any, np.ndarray]


def subject(name: str) -> Subject:
    """The model or the example of this name."""
    return model(name) if name in MODELS else example(name)


def model(name: str) -> Subject:
    """One of `tests.models`."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        made = importlib.import_module(f"tests.models.programs.{name}").build(**MODELS[name])
        return Subject(graph, made.fetches, fed(graph, made.fetches, made.feeds))


def example(name: str) -> Subject:
    """An example, stopped before its first run."""
    script = SCRIPTS[name]
    with commands.watching(building=True), tf.Graph().as_default() as graph, contextlib.suppress(commands.Stopped):
        tf.set_random_seed(1)
        graph_of(EXAMPLES / f"{name}.py", script.flags)
    graph._finalized = False  # a supervisor has seen it
    with graph.as_default():
        fetches = [graph.as_graph_element(fetch) for fetch in script.fetches]
        return Subject(graph, fetches, fed(graph, fetches, dict.fromkeys(script.feeds)))


def graph_of(path: pathlib.Path, flags: list[str]) -> None:
    """Runs a script up to its first run, in a process of which it is not the only one; the digits are made up."""
    from tracer.legacy.datasets import mnist

    tf.app.flags._parsers.clear()
    tf.app.flags.FLAGS.__dict__["__flags"].clear()
    real = mnist.read_data_sets
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(path), *flags])
        patch.setattr(mnist, "read_data_sets", lambda *args, **options: real(*args, **options, fake_data=True))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.main(None)


def fed(graph: Any, fetches: list[Any], feeds: dict[Any, Any]) -> dict[Any, np.ndarray]:
    """The feeds, with numbers for all placeholders and all that queues give."""
    tensors = [t for t in fetches if isinstance(t, tf.Tensor)]
    targets = [t for t in fetches if not isinstance(t, tf.Tensor)]
    found = {graph.as_graph_element(key): value for key, value in feeds.items()}
    given = [*found, *(t for t in bridge.placeholders(tensors, targets) if t not in found)]
    random = np.random.RandomState(0)
    for tensor in [*given, *handed_over(tensors, targets, given)]:
        if found.get(tensor) is None:
            if tensor.sizes is None:
                tensor.set_shape([])  # a rate
            found[tensor] = numbers(tensor, random)
    return {tensor: np.asarray(value) for tensor, value in found.items()}


def numbers(tensor: Any, random: Any) -> np.ndarray:
    """Something that a tensor may hold."""
    sizes = [6 if size is None else size for size in tensor.sizes]
    dtype = np.dtype(tensor.dtype.as_numpy_dtype)
    if not sizes:
        return np.asarray(0.5, dtype)
    if dtype.kind == "f":
        scale = 2 / sizes[-1] if sizes[-1] <= 32 else 0.25  # short rows add up to about one, as labels do
        return (random.rand(*sizes) * scale).astype(dtype)
    return random.randint(0, 2, sizes).astype(dtype)
