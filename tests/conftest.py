"""Each test starts with an empty default graph and NumPy's generator in a known state."""

import os
import threading

import numpy as np
import pytest

import tracer

_OF_QUEUE_RUNNERS = ("(_run)", "(_close_on_stop)")  # as threads are named by what they call

os.environ["TRACER_ANNOUNCE"] = "off"  # a slow machine has nothing to say where a test expects silence


@pytest.fixture(autouse=True)
def fresh_graph():
    tracer.reset_default_graph()
    np.random.seed(0)
    before = set(threading.enumerate())
    yield
    tracer.reset_default_graph()
    for thread in set(threading.enumerate()) - before:
        if isinstance(thread, tracer.train.LooperThread) or thread.name.endswith(_OF_QUEUE_RUNNERS):
            thread.join(10)
            assert not thread.is_alive(), f"{thread.name} would run a session in the middle of other tests"


@pytest.fixture
def fast_paths(monkeypatch):
    """All of them, whatever the environment leaves out: for tests of what they do."""
    monkeypatch.delenv("TRACER_WITHOUT", raising=False)
