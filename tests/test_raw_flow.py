"""Conditionals and loops in TensorFlow's own form: graphs that it wrote run here, and ours run there."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tracer as tf
from lowering.plan.slice import is_raw
from tests.reference.recipes import flows

REFERENCE = pathlib.Path(__file__).parent / "reference"
RECORDED = np.load(REFERENCE / "flows.npz")
NAMES = [name for name in RECORDED.files if not name.endswith(".json")]
OURS = [name for name in NAMES if not name.startswith("gradients")]
OPERATION_BY_OPERATION = {"gradients_of_gradients_of_branches"}  # TensorFlow's look at the number of the branch


def about(name):
    return json.loads(RECORDED[f"{name}.json"].tobytes())


def build(name):
    """The graph that we make of a program, as a message; and what to know about it."""
    with tf.Graph().as_default() as graph:
        _, fetches = flows.builders()[name](tf)
        initialize = tf.initialize_all_variables()
    return graph.as_graph_def(), {**about(name), "fetches": [t.name for t in fetches], "initialize": initialize.name}


def imported(message):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message, name="")
    return graph


def check(graph, about):
    """A run of a program computes what TensorFlow did."""
    feeds = dict(about["feeds"])
    others = {name: not value if isinstance(value, bool) else value for name, value in feeds.items()}
    with tf.Session(graph=graph) as session:
        for fed, wanted in ((feeds, about["values"]), (others, about["otherwise"])):
            if fed is others and others == feeds:
                continue
            session.run(graph.get_operation_by_name(about["initialize"]))
            values = session.run(about["fetches"], fed)
            for value, expected in zip(values, wanted, strict=True):
                np.testing.assert_allclose(value, expected, 1e-4, 1e-6)


def forms(message):
    return {node.name: (node.op, sorted(node.input)) for node in message.node}


@pytest.mark.parametrize("name", NAMES)
def test_graphs_of_tensorflow_run(name):
    check(imported(tf.GraphDef.FromString(RECORDED[name].tobytes())), about(name))


@pytest.mark.parametrize("name", NAMES)
def test_they_are_given_regions(name):
    graph = imported(tf.GraphDef.FromString(RECORDED[name].tobytes()))
    raw = [op for op in graph.get_operations() if is_raw(op) and op not in graph._shadows]
    assert bool(raw) == (name in OPERATION_BY_OPERATION)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_written_as_they_came(name):
    message = tf.GraphDef.FromString(RECORDED[name].tobytes())
    again = forms(imported(message).as_graph_def())
    assert again.keys() == forms(message).keys()
    assert {name: type for name, (type, _) in again.items()} == {node.name: node.op for node in message.node}


@pytest.mark.parametrize("name", OURS)
def test_our_graphs_come_back(name):
    message, told = build(name)
    assert not {"Cond", "While", "LoopVariable", "TensorArrayStart"} & {node.op for node in message.node}
    check(imported(message), told)


@pytest.mark.parametrize("name", ["branches", "loop", "nested_loops", "branches_in_a_loop", "loop_in_a_branch",
                                  "writing_branches", "branches_of_operations", "loop_over_memory"])
def test_our_graphs_are_those_of_tensorflow(name):
    ours = forms(build(name)[0])
    theirs = forms(tf.GraphDef.FromString(RECORDED[name].tobytes()))
    assert ours == {key: theirs[key] for key in ours}
    assert len(ours) == len(theirs)


def test_loops_below_a_scope_and_inside_of_a_branch():
    message = tf.GraphDef.FromString(RECORDED["nested_loops"].tobytes())
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        result = tf.cond(x > 1, lambda: tf.import_graph_def(message, {"x": x}, ["while/Exit_1:0"], name="one")[0],
                         lambda: x)
        twice, = tf.import_graph_def(message, {"x": result}, ["while/Exit_1:0"], name="two")
        slope, = tf.gradients(twice, x)
        once = about("nested_loops")["values"][1] / 2  # for each unit of x
        assert session.run([result, twice, slope], {x: 2.}) == [once * 2, once * once * 2, once * once]
        assert session.run([result, twice, slope], {x: .5}) == [.5, once * .5, once]


def exported(path):
    """Writes our graphs for `record_flows.py` to check under another TensorFlow."""
    found = {name: (message.SerializeToString().decode("latin-1"), told)
             for name, (message, told) in ((name, build(name)) for name in OURS)}
    pathlib.Path(path).write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="the extra `parity` is not installed")
def test_our_graphs_run_in_todays_tensorflow(tmp_path):
    exported(tmp_path / "graphs.json")
    done = subprocess.run([sys.executable, REFERENCE / "record_flows.py", tmp_path / "graphs.json"],
                          capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [f"compared {len(OURS)}"], done.stderr[-2000:]


if __name__ == "__main__":
    exported(sys.argv[1])
