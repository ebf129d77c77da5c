"""Operations that a program defines in Python, in the place of compiled ones; and what operations cost."""

import numpy as np
import pytest

import tracer as tf
from tracer import statistics

LIBRARY = '''
from lowering.registry import lowers
from tracer.declare import op

@op("ZeroOutForTest", inputs="to_zero:int32", outputs="zeroed:int32")
def zero_out(to_zero, name=None):
    return to_zero.get_shape()

@lowers("ZeroOutForTest")
def rule(to_zero):
    return to_zero.at[1:].set(0)
'''


def test_a_python_file_in_the_place_of_a_library(tmp_path):
    (tmp_path / "zero_out.py").write_text(LIBRARY)
    library = tf.load_op_library(str(tmp_path / "zero_out.so"))
    assert tf.load_op_library(str(tmp_path / "zero_out.so")) is library
    y = library.zero_out(tf.placeholder(tf.int32, [3], name="x"))
    assert (y.op.type, y.get_shape().as_list()) == ("ZeroOutForTest", [3])
    np.testing.assert_array_equal(tf.Session().run(y, {"x:0": [5, 4, 3]}), [5, 0, 0])


@pytest.mark.parametrize("load", [tf.load_op_library, tf.load_file_system_library])
def test_compiled_libraries_are_refused(tmp_path, load):
    with pytest.raises(tf.errors.NotFoundError, match=r"nope\.so: cannot open shared object file"):
        load("nope.so")
    (tmp_path / "there.so").write_bytes(b"")
    with pytest.raises(tf.errors.UnimplementedError, match=r"there\.so: a compiled library cannot be loaded"):
        load(str(tmp_path / "there.so"))


def test_statistics():
    # What 0.12.1 counts.
    graph = tf.get_default_graph()
    product = tf.matmul(tf.ones([3, 4]), tf.ones([4, 5]))
    images, filters = tf.placeholder(tf.float32, [2, 8, 8, 3]), tf.placeholder(tf.float32, [3, 3, 3, 6])
    convolved = tf.nn.conv2d(images, filters, [1, 2, 2, 1], "SAME")
    flops = [statistics.get_stats_for_node_def(graph, t.op.node_def, "flops").value
             for t in (product, convolved, tf.nn.bias_add(product, tf.ones([5])), images)]
    assert flops == [120, 10368, 15, None]
