"""Each test starts with an empty default graph and NumPy's generator in a known state."""

import numpy as np
import pytest

import tracer


@pytest.fixture(autouse=True)
def fresh_graph():
    tracer.reset_default_graph()
    np.random.seed(0)
    yield
    tracer.reset_default_graph()
