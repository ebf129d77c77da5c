"""Each test starts with an empty default graph and NumPy's generator in a known state."""

import os

import numpy as np
import pytest

import tracer

os.environ["TRACER_ANNOUNCE"] = "off"  # a slow machine has nothing to say where a test expects silence


@pytest.fixture(autouse=True)
def fresh_graph():
    tracer.reset_default_graph()
    np.random.seed(0)
    yield
    tracer.reset_default_graph()


@pytest.fixture
def fast_paths(monkeypatch):
    """All of them, whatever the environment leaves out: for tests of what they do."""
    monkeypatch.delenv("TRACER_WITHOUT", raising=False)
