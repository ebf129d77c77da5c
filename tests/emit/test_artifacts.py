"""Artifacts of all models and examples: for any batch, for CPU, CUDA and TPU, and with the session's numbers here."""

import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

from tests.emit.artifacts import PLATFORMS
from tests.emit.subjects import MODELS, SCRIPTS

NAMES = [*MODELS, *SCRIPTS]
ADAM = {"reverse_seq2seq"}
"""Its first step of Adam divides gradients of rounding errors' size by themselves."""
ANY_BATCH = {"softmax", "mlp", "mnist_deep", "resnet", "vae", "gan", "qnetwork", "mnist_softmax", "mnist_convnet",
             "mnist_mlp_summaries", "reverse_seq2seq", "adaptive_computation"}
"""Those whose script leaves the size of a batch open."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifacts")
    (folder / "train.tfrecords").touch()
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent.parent.parent),
                   "XLA_FLAGS": "--xla_backend_optimization_level=0", "TRACER_WITHOUT": "convolutions,narrow"}
    subprocess.run([sys.executable, "-m", "tests.emit.artifacts", str(folder), *NAMES], check=True, cwd=folder,
                   env=environment, stderr=subprocess.DEVNULL)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_it_computes_what_the_session_does(folder, name):
    with np.load(folder / f"{name}_pair.npz") as found:
        keys = [key.removeprefix("artifact ") for key in found.files if key.startswith("artifact ")]
        assert any(key.startswith("value") for key in keys)
        for key in keys:
            got, want = found[f"artifact {key}"], found[f"session {key}"]
            assert got.dtype == want.dtype
            close = 5e-6 if name in ADAM and key.startswith("variable") else 1e-6
            np.testing.assert_allclose(got, want, rtol=close, atol=close * np.abs(want).max(), err_msg=key)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_for_all_platforms(folder, name):
    artifact = jax.export.deserialize((folder / f"{name}.jax").read_bytes())
    assert artifact.platforms == tuple(PLATFORMS)
    batches = {size for aval in artifact.in_avals for size in aval.shape if jax.export.is_symbolic_dim(size)}
    assert bool(batches) == (name in ANY_BATCH)
