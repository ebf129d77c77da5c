"""Gradients as an export writes them: the TensorFlow that is installed computes from them what we do, and trains on."""

import numpy as np
import pytest

import tracer as tf
from tests.interchange import models
from tests.interchange.gradient_rows import OLDER, ROWS, UNKNOWN
from tracer.derivatives import name_of
from tracer.derivatives.registry import rules

real = pytest.importorskip("tensorflow")
old = real.compat.v1
ELSEWHERE = frozenset("""
    MaxPoolWithArgmax Mod RefIdentity RefMerge RefSwitch StopGradient TopK
""".split())
"""Operations that have a rule and no row: kernels for a GPU alone, what passes on like another."""


def as_theirs(graph):
    return old.GraphDef.FromString(graph.as_graph_def().SerializeToString())


# -- operation by operation


class Maker:
    """Makes the constants that the graphs are differentiated by, all different and none at a kink."""

    def __init__(self):
        self.rng = np.random.RandomState(3)
        self.made = []

    def __call__(self, *shape):
        self.made.append(tf.constant(np.float32(self.rng.rand(*shape) * 1.5 - 0.7)))
        return self.made[-1]


def build(rows):
    """For each row what it is differentiated by, what is differentiated, and the gradients, in the default graph."""
    found = {}
    for name, make in rows.items():
        x = Maker()
        y = make(x)
        ys = [tf.square(one) for one in (y if isinstance(y, list) else [y])]
        gradients = [None if g is None else tf.convert_to_tensor(g) for g in tf.gradients(ys, x.made)]
        found[name] = [pair for pair in zip(x.made, gradients, strict=True) if pair[1] is not None], ys
        assert found[name][0], name
    return found


def own_gradients(graph, xs, ys):
    """The gradients that TensorFlow makes of the imported graph itself; None where it has none, or nothing connected."""
    there = [graph.get_tensor_by_name(tensor.name) for tensor in xs]
    try:
        found = old.gradients([graph.get_tensor_by_name(tensor.name) for tensor in ys], there)
        return [real.convert_to_tensor(gradient) for gradient in found]
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return None


@pytest.mark.parametrize(("rows", "version"), [(ROWS, 9), (OLDER, 8)], ids=["today", "older"])
def test_each_operation(rows, version):
    with tf.Graph().as_default() as graph:
        graph.graph_def_versions.producer = version
        found = build(rows)
    message = as_theirs(graph)
    assert not [node.name for node in message.node if node.op == "PyFunc"], graph._expansion.problems
    with real.Graph().as_default() as there, old.Session() as sess:
        old.import_graph_def(message, name="")
        own = {name: own_gradients(there, [x for x, _ in pairs], ys) for name, (pairs, ys) in found.items()}
        names = {name: [name_of(gradient) for _, gradient in found[name][0]] for name in rows}
        written, wanted = sess.run([names, {name: gradients for name, gradients in own.items() if gradients is not None}])
    with graph.as_default(), tf.Session() as sess:  # for the few that are left
        left = [name for name in rows if name not in wanted]
        for name in left:
            wanted[name] = sess.run([gradient for _, gradient in found[name][0]])
    # Today's TensorFlow differentiates none of 0.8's arrays of tensors.
    assert len([name for name in left if not name.startswith("TensorArray")]) < 14
    wrong = [(name, mine, other) for name in rows for mine, other in zip(written[name], wanted[name], strict=True)
             if not np.allclose(mine, other, rtol=1e-4, atol=1e-5 * max(float(np.abs(other).max()), 1))]
    assert not wrong


def test_they_come_home():
    """Every gradient's operations are ours too, and give the shapes that the gradients have."""
    with tf.Graph().as_default() as graph:
        found = build({**ROWS, **UNKNOWN})
    message = graph.as_graph_def()
    with tf.Graph().as_default() as copy:
        tf.import_graph_def(message, name="")
        assert not [op for op in copy.get_operations() if op.type in ("Gradients", "PyFunc")]
        for pairs, _ in found.values():
            for _, gradient in pairs:
                assert copy.get_tensor_by_name(name_of(gradient)).get_shape().is_compatible_with(gradient.get_shape())


def test_every_rule_has_a_row():
    rows = {word for name in (*ROWS, *OLDER, *UNKNOWN) for word in name.split()}
    assert set(rules()) - rows == ELSEWHERE


# -- models, trained on


def trained(model, step):
    """The model's graph and its collections, with what to feed, and the variables after some steps of ours."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        loss, feeds = model()
        tf.add_to_collection("step", models.TRAINED[step](loss))
        tf.add_to_collection("init", tf.initialize_all_variables())
        message = tf.train.export_meta_graph()
        assert not [node.name for node in message.graph_def.node if node.op == "PyFunc"], graph._expansion.problems
        variables = run(tf, sess, {tensor.name: value for tensor, value in feeds.items()}, tf.all_variables())
        return message, {tensor.name: value for tensor, value in feeds.items()}, variables


def run(package, sess, feeds, variables):
    sess.run(package.get_collection("init"))
    for _ in range(models.STEPS):
        sess.run(package.get_collection("step"), feeds)
    return dict(zip([v.op.name for v in variables], sess.run(variables), strict=True))


@pytest.mark.parametrize(("model", "step"), [
    *((model, "descent") for model in models.MODELS),
    *((models.words, step) for step in ("momentum", "adagrad", "adam", "ftrl", "clipped")),
    *((models.perceptron, step) for step in ("adam", "rmsprop", "changed")),
], ids=lambda value: getattr(value, "__name__", value))
def test_a_model_is_trained_there(model, step):
    message, feeds, ours = trained(model, step)
    with real.Graph().as_default(), old.Session() as sess:
        old.train.import_meta_graph(old.MetaGraphDef.FromString(message.SerializeToString()))
        theirs = run(old, sess, feeds, old.global_variables())
    assert_same(theirs, ours)
    if step == "descent":
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.train.import_meta_graph(message)
            assert_same(run(tf, sess, feeds, tf.all_variables()), ours)


def assert_same(found, wanted):
    """The same variables, with the same values."""
    assert sorted(found) == sorted(wanted)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5, err_msg=name)


# -- by the script's own rules


def test_what_a_script_registered():
    """Gradients of its own, among them one that uses the operation's, and none for what has none."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        x = tf.constant([1.0, -2.0, 3.0])
        with graph.gradient_override_map({"Square": "Interchange", "Tanh": "Halved", "Exp": "Stopped"}):
            squared, bent, grown = tf.square(x), tf.tanh(x), tf.exp(x)
        y = squared * tf.stop_gradient(x) + bent + grown + 3.0 * x
        first, = tf.gradients(y, x)
        tf.add_to_collection("gradient", first)
        message = tf.train.export_meta_graph()
        wanted = sess.run(first)
    assert np.allclose(wanted, (2 * np.float32([1, -2, 3]) + 1) * [1, -2, 3] + (1 - np.tanh([1, -2, 3]) ** 2) / 2 + 3)
    with real.Graph().as_default(), old.Session() as sess:
        old.train.import_meta_graph(old.MetaGraphDef.FromString(message.SerializeToString()))
        assert np.allclose(sess.run(old.get_collection("gradient")), wanted)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.train.import_meta_graph(message)
        assert np.allclose(sess.run(tf.get_collection("gradient")), wanted)


@tf.RegisterGradient("Interchange")
def _one_more(op, grad):
    return grad * (2 * op.inputs[0] + 1.0)


@tf.RegisterGradient("Halved")
def _halved(op, grad):
    return 0.5 * grad * (1 - tf.square(op.outputs[0]))


tf.NoGradient("Stopped")


def test_gradients_of_gradients():
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        x, w = tf.constant([[1.0, -2.0], [0.5, 3.0]]), tf.constant([[0.3, 0.1], [-0.2, 0.7]])
        y = tf.reduce_sum(tf.sigmoid(tf.matmul(x, w)) * tf.exp(0.3 * x))
        slopes = tf.gradients(y, [x, w], name="slopes")
        second = tf.gradients(tf.add_n([tf.reduce_sum(tf.square(slope)) for slope in slopes]), [x, w])
        third = tf.gradients([tf.pow(second[0], 2.0)], [w])
        names = [name_of(tensor) for tensor in (*second, *third)]
        wanted = sess.run([*second, *third])
    with real.Graph().as_default(), old.Session() as sess:
        old.import_graph_def(as_theirs(graph), name="")
        for found, want in zip(sess.run(names), wanted, strict=True):
            np.testing.assert_allclose(found, want, rtol=1e-4)


def test_a_loop_says_so():
    """Its gradient is not written out: the rest of the graph is as usable as before, and comes home as it was."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        x = tf.constant(1.5)
        power = tf.while_loop(lambda i, y: tf.less(i, 3), lambda i, y: [i + 1, y * x], [tf.constant(0), x])[1]
        slope, = tf.gradients(power, x)
        other, = tf.gradients(tf.stop_gradient(power) * tf.square(x), x)
        name, wanted = power.name, sess.run([slope, other, power])
        message = as_theirs(graph)
    with real.Graph().as_default(), old.Session() as sess:
        old.import_graph_def(message, name="")
        np.testing.assert_allclose(sess.run([name_of(other), name]), wanted[1:])
        with pytest.raises(real.errors.OpError, match=r"Gradients, an operation of Tracer: nothing says how TensorFlow "
                                                      r"differentiates Exit 'while/Exit_1', which comes out of a loop"):
            sess.run(slope.name)
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.import_graph_def(tf.GraphDef.FromString(message.SerializeToString()), name="")
        np.testing.assert_allclose(sess.run([slope.name, name_of(other), name]), wanted)


def test_rows_of_what_is_computed(recwarn):
    """The rows of a tensor of any size that is no variable: an export does not warn of how large it may be."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        slope, = tf.gradients(tf.reduce_sum(tf.gather(tf.square(x), [1, 1])), x)
        wanted, message = sess.run(slope, {x: np.ones([3, 2])}), as_theirs(graph)
    with real.Graph().as_default(), old.Session() as sess:
        old.import_graph_def(message, name="")
        found = sess.run(name_of(slope), {"x:0": np.ones([3, 2])})
    assert found.tolist() == wanted.tolist() == [[0, 0], [4, 4], [0, 0]]
    assert not recwarn.list
