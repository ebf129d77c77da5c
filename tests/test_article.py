"""The article "Hello, TensorFlow!" of 2016, as its readers typed it: every graph, name and number that it shows."""

import sys

import numpy as np
import pytest
from google.protobuf import message

from tracer import legacy

NODE = """name: "Const"
op: "Const"
attr {
  key: "dtype"
  value {
    type: DT_FLOAT
  }
}
attr {
  key: "value"
  value {
    tensor {
      dtype: DT_FLOAT
      tensor_shape {
      }
      float_val: 1.0
    }
  }
}
"""


@pytest.fixture
def tf(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)  # another test may have loaded the real one to compare with it
    legacy.install()
    try:
        import tensorflow

        tensorflow.reset_default_graph()
        yield tensorflow
    finally:
        legacy.uninstall()


def shown(value):
    """A float32 as NumPy printed it then."""
    assert type(value) is np.float32
    return f"{value:.8g}"


def test_the_simplest_graph(tf):
    graph = tf.get_default_graph()
    assert graph.get_operations() == []
    input_value = tf.constant(1.0)
    operations = graph.get_operations()
    assert [op.name for op in operations] == ["Const"]
    node = operations[0].node_def
    assert str(node) == NODE
    assert isinstance(node, message.Message)
    assert type(node).FromString(node.SerializeToString()) == node
    assert repr(input_value) == "<tf.Tensor 'Const:0' shape=() dtype=float32>"
    session = tf.Session()
    assert session.run(input_value) == 1.0


def test_the_simplest_neuron(tf):
    graph = tf.get_default_graph()
    input_value = tf.constant(1.0)
    weight = tf.Variable(0.8)
    names = ["Const", "Variable/initial_value", "Variable", "Variable/Assign", "Variable/read"]
    assert [op.name for op in graph.get_operations()] == names
    output_value = weight * input_value
    op = graph.get_operations()[-1]
    assert op.name == "mul"
    assert [str(tensor) for tensor in op.inputs] == [
        'Tensor("Variable/read:0", shape=(), dtype=float32)', 'Tensor("Const:0", shape=(), dtype=float32)']
    session = tf.Session()
    with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value Variable"):
        session.run(output_value)
    session.run(tf.initialize_all_variables())
    assert shown(session.run(output_value)) == "0.80000001"


def test_the_neuron_learns(tf):
    session = tf.Session()
    tf.Variable(0.8)  # the first variable, of before
    x = tf.constant(1.0, name="input")
    w = tf.Variable(0.8, name="weight")
    y = tf.mul(w, x, name="output")
    y_ = tf.constant(0.0)
    loss = (y - y_)**2
    optimizer = tf.train.GradientDescentOptimizer(learning_rate=0.025)
    pairs = optimizer.compute_gradients(loss)
    session.run(tf.initialize_all_variables())
    assert [variable.name for _, variable in pairs] == ["Variable:0", "weight:0"]
    assert pairs[0][0] is None
    assert shown(session.run(pairs[1][0])) == "1.6"
    session.run(optimizer.apply_gradients(pairs))
    assert shown(session.run(w)) == "0.75999999"
    train_step = tf.train.GradientDescentOptimizer(0.025).minimize(loss)
    for _ in range(100):
        session.run(train_step)
    assert shown(session.run(y)) == "0.0044996012"


def test_the_neuron_learns_from_a_fresh_start(tf):
    x = tf.constant(1.0, name="input")
    w = tf.Variable(0.8, name="weight")
    y = tf.mul(w, x, name="output")
    y_ = tf.constant(0.0, name="correct_value")
    loss = tf.pow(y - y_, 2, name="loss")
    train_step = tf.train.GradientDescentOptimizer(0.025).minimize(loss)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    before = {}
    for i in range(100):
        if i in (0, 1, 98, 99):
            before[i] = f"{float(session.run(y)):.12g}"
        session.run(train_step)
    assert before == {0: "0.800000011921", 1: "0.759999990463", 98: "0.00524811353534", 99: "0.00498570781201"}
