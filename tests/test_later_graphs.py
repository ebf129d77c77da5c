"""Graphs that TensorFlow 0.12.1 made with what 0.8 had not, run here; and ours of the same programs, for ours to run."""

import json
import pathlib

import numpy as np
import pytest

import tracer as tf
from tests.reference.recipes import later_graphs
from tracer import protos

RECORDED = np.load(pathlib.Path(__file__).parent / "reference" / "later_graphs.npz")
NAMES = sorted({key.split("/")[0] for key in RECORDED.files})


def check(message, fetches, expected):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
        assert graph.as_graph_def() is not None
        with tf.Session() as session:
            found = session.run(fetches, {"x:0": later_graphs.X})
    for value, wanted in zip(found, expected, strict=True):
        if np.asarray(value).dtype == object:
            assert np.asarray(value).tolist() == wanted.tolist()
        else:
            assert np.asarray(value).dtype == wanted.dtype
            np.testing.assert_allclose(value, wanted, 1e-5, 1e-6)


def recorded(name):
    fetches = json.loads(RECORDED[f"{name}/fetches"].item())
    return fetches, [RECORDED[f"{name}/{i}"] for i in range(len(fetches))]


def as_made(name):
    message = protos.GraphDef()
    message.ParseFromString(RECORDED[f"{name}/graph"].tobytes())
    return message


@pytest.mark.parametrize("name", NAMES)
def test_graphs_of_later_releases_run(name):
    check(as_made(name), *recorded(name))


@pytest.mark.parametrize("name", NAMES)
def test_they_are_written_as_they_came(name):
    message = as_made(name)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
    check(graph.as_graph_def(), *recorded(name))
