"""`tf.contrib.tfprof`, against what TensorFlow 0.12.1 prints."""

import pytest

import tracer as tf
from tracer import errors, protodefs
from tracer.contrib.tfprof import model_analyzer, tfprof_logger

TREES = {
    "trained": ({}, """\
_TFProfRoot (--/752 params)
  net/c1/b (4, 4/4 params)
  net/c1/w (3x3x3x4, 108/108 params)
  out/w (64x10, 640/640 params)
  scalar (0/0 params)
"""),
    "arithmetic": (model_analyzer.FLOAT_OPS_OPTIONS, """\
_TFProfRoot (0/14.72k flops)
  net/c1/Conv2D (6.91k/6.91k flops)
  gradients/out/MatMul_grad/MatMul (2.56k/2.56k flops)
  gradients/out/MatMul_grad/MatMul_1 (2.56k/2.56k flops)
  out/MatMul (2.56k/2.56k flops)
  net/c1/BiasAdd (128/128 flops)
"""),
    "large": ({"min_params": 100, "order_by": "params"}, """\
_TFProfRoot (--/748 params)
  out/w (64x10, 640/640 params)
  net/c1/w (3x3x3x4, 108/108 params)
"""),
    "hidden": ({"hide_name_regexes": ["net.*"]}, """\
_TFProfRoot (--/640 params)
  out/w (64x10, 640/640 params)
  scalar (0/0 params)
"""),
    "hidden and counted": ({"hide_name_regexes": ["net.*"], "account_displayed_op_only": False}, """\
_TFProfRoot (--/752 params)
  out/w (64x10, 640/640 params)
  scalar (0/0 params)
"""),
    "trimmed": ({"trim_name_regexes": ["net.*"], "account_displayed_op_only": False}, """\
_TFProfRoot (--/752 params)
  out/w (64x10, 640/640 params)
  scalar (0/0 params)
"""),
    "below": ({"start_name_regexes": ["net.*"]}, """\
_TFProfRoot (--/112 params)
  net/c1/b (4, 4/4 params)
  net/c1/w (3x3x3x4, 108/108 params)
"""),
    "scopes": ({"select": ["params", "float_ops", "op_types"], "account_type_regexes": [".*"], "max_depth": 2}, """\
_TFProfRoot (0/0 params, 0/0 flops, _kTFScopeParent)
  global_step (0/0 params, 0/0 flops, Variable)
  gradients (0/0 params, 0/0 flops, _kTFScopeParent)
  net (0/0 params, 0/0 flops, _kTFScopeParent)
  out (0/0 params, 0/0 flops, _kTFScopeParent)
  scalar (0/0 params, 0/0 flops, Variable|_trainable_variables)
"""),
}


def network():
    with tf.variable_scope("net"):
        x = tf.placeholder(tf.float32, [2, 8, 8, 3], name="x")
        with tf.variable_scope("c1"):
            w, b = tf.get_variable("w", [3, 3, 3, 4]), tf.get_variable("b", [4])
            y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"), b))
    with tf.variable_scope("out"):
        w2 = tf.get_variable("w", [64, 10])
        z = tf.matmul(tf.reshape(y, [-1, 64]), w2)
    tf.get_variable("scalar", [])
    tf.Variable(0, trainable=False, name="global_step")
    tf.gradients(z, [w, w2])
    return tf.get_default_graph()


@pytest.mark.parametrize("name", TREES)
def test_trees_are_tensorflows(tmp_path, name):
    asked, wanted = TREES[name]
    options = {**model_analyzer.TRAINABLE_VARS_PARAMS_STAT_OPTIONS, **asked, "dump_to_file": str(tmp_path / "tree")}
    model_analyzer.print_model_analysis(network(), tfprof_options=options)
    assert (tmp_path / "tree").read_text() == wanted


def test_the_tree_is_printed_and_returned(capsys):
    found = tf.contrib.tfprof.model_analyzer.print_model_analysis(network())
    printed = capsys.readouterr().out
    assert f"==================Model Analysis Report======================\n{TREES['trained'][1]}\n" in printed
    assert "-account_type_regexes       _trainable_variables\n" in printed
    assert found.total_parameters == 752
    assert [(child.name, child.parameters) for child in found.children] == [
        ("net/c1/b", 4), ("net/c1/w", 108), ("out/w", 640), ("scalar", 0)]
    assert [dim.size for dim in found.children[1].shapes[0].dim] == [3, 3, 3, 4]


def test_the_log_names_what_is_trained_and_the_arithmetic(tmp_path):
    more = protodefs.message_class("OpLog")()
    more.log_entries.add(name="out/MatMul", types=["product"])
    tfprof_logger.write_op_log(network(), str(tmp_path), more)
    log = protodefs.message_class("OpLog").FromString((tmp_path / "tfprof_log").read_bytes())
    entries = {entry.name: (entry.float_ops, list(entry.types)) for entry in log.log_entries}
    assert entries["net/c1/w"] == (0, ["_trainable_variables"])
    assert entries["out/MatMul"] == (2560, ["product"])
    assert "global_step" not in entries


def test_unknown_shapes_are_counted(capsys):
    x = tf.placeholder(tf.float32)
    tf.matmul(x, x)
    model_analyzer.print_model_analysis(tf.get_default_graph())
    assert "1 ops no flops stats due to incomplete shapes" in capsys.readouterr().err


@pytest.mark.parametrize(("keywords", "message"), [
    ({"tfprof_cmd": "graph"}, "no view 'graph'"), ({"tfprof_options": {"select": ["micros"]}}, "no micros"),
])
def test_what_is_not_shown_says_so(keywords, message):
    with pytest.raises(errors.UnsupportedError, match=message):
        model_analyzer.print_model_analysis(tf.get_default_graph(), **keywords)
