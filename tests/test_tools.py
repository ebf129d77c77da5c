"""The tools beside a graph: freezing, stripping, counting, and the names of TensorFlow's compiled part."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from tracer import errors, freeze_graph, graph_metrics, inspect_checkpoint, optimize_for_inference, protos, strip_unused
from tracer.legacy import pywrap
from tracer.train import basic_loops, gcs, gcs_file_loader, tensorboard_logging, training_util

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def saved(tmp_path):
    """A graph and a checkpoint of a linear layer, with more than its output needs."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        with tf.device("/cpu:0"):
            weights = tf.Variable([[1.0], [2.0]], name="weights")
        bias = tf.Variable(5.0, name="bias")
        y = tf.add(tf.matmul(x, weights), bias, name="y")
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))
        saver = tf.train.Saver()
        sess.run(tf.initialize_all_variables())
        sess.run(weights.assign([[3.0], [4.0]]))
        saver.save(sess, str(tmp_path / "model"))
        tf.train.write_graph(graph.as_graph_def(), str(tmp_path), "graph.pbtxt")
        tf.train.write_graph(graph.as_graph_def(), str(tmp_path), "graph.pb", as_text=False)
        (tmp_path / "saver.pb").write_bytes(saver.as_saver_def().SerializeToString())
    return tmp_path


def frozen(folder, **words):
    options = {"input_graph": "graph.pbtxt", "input_saver": "", "input_binary": False, "input_checkpoint": "model",
               "output_node_names": "y", "restore_op_name": "save/restore_all", "filename_tensor_name": "save/Const:0",
               "output_graph": "frozen.pb", "clear_devices": False, "initializer_nodes": "", **words}
    for name in ("input_graph", "input_checkpoint", "output_graph", "input_saver"):
        options[name] = options[name] and str(folder / options[name])
    return freeze_graph.freeze_graph(**options)


@pytest.mark.parametrize("words", [
    {}, {"input_graph": "graph.pb", "input_binary": True},
    {"input_graph": "graph.pb", "input_binary": True, "input_saver": "saver.pb"}])
def test_freezing(saved, words):
    frozen(saved, **words)
    graph_def = tf.GraphDef.FromString((saved / "frozen.pb").read_bytes())
    kinds = {node.name: node.op for node in graph_def.node}
    assert kinds == {"x": "Placeholder", "weights": "Const", "weights/read": "Identity", "MatMul": "MatMul",
                     "bias": "Const", "bias/read": "Identity", "y": "Add"}
    x, y = tf.import_graph_def(graph_def, return_elements=["x:0", "y:0"])
    np.testing.assert_allclose(tf.Session().run(y, {x: [[1.0, 2.0]]}), [[16.0]])


def test_freezing_clears_devices(saved):
    assert {node.name: node.device for node in frozen(saved).node}["weights"] == "/device:CPU:0"
    assert not any(node.device for node in frozen(saved, clear_devices=True).node)


def test_freezing_runs_initializers_after_restoring(saved):
    frozen(saved, initializer_nodes="weights/Assign")
    x, y = tf.import_graph_def(tf.GraphDef.FromString((saved / "frozen.pb").read_bytes()),
                               return_elements=["x:0", "y:0"])
    np.testing.assert_allclose(tf.Session().run(y, {x: [[1.0, 2.0]]}), [[10.0]])


@pytest.mark.parametrize(("words", "problem"), [
    ({"input_graph": "none.pb"}, "Input graph file '{}/none.pb' does not exist!"),
    ({"input_saver": "none.pb"}, "Input saver file '{}/none.pb' does not exist!"),
    ({"input_checkpoint": "none"}, "Input checkpoint '{}/none' doesn't exist!"),
    ({"output_node_names": ""}, "You need to supply the name of a node to --output_node_names."),
])
def test_what_freezing_needs(saved, capsys, words, problem):
    assert frozen(saved, **words) == -1
    assert capsys.readouterr().err.strip() == problem.format(saved)


def test_a_graph_of_the_other_form(saved):
    with pytest.raises(errors.DataLossError, match=r"graph\.pbtxt is no binary GraphDef"):
        frozen(saved, input_binary=True)
    with pytest.raises(errors.DataLossError, match=r"graph\.pb is no text GraphDef"):
        frozen(saved, input_graph="graph.pb")


def test_freezing_as_a_command(saved):
    words = [f"--input_graph={saved}/graph.pb", "--input_binary=true", f"--input_checkpoint={saved}/model",
             f"--output_graph={saved}/frozen.pb"]
    command = [sys.executable, "-m", "tracer.freeze_graph", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "--output_node_names=y"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "7 ops in the final graph.\n"), done.stderr
    assert freeze_graph.main([*words, "--output_node_names=nothing"]) == 1
    assert freeze_graph.main(words) == 1


def test_stripping():
    x = tf.placeholder(tf.float32, [1], name="x")
    y = tf.neg(tf.square(x, name="squared"), name="y")
    tf.neg(y, name="unused")
    graph_def = tf.get_default_graph().as_graph_def()
    part = strip_unused.strip_unused(graph_def, ["squared"], ["y"], tf.float32.as_datatype_enum)
    assert {node.name: node.op for node in part.node} == {"squared": "Placeholder", "y": "Neg"}
    with pytest.raises(KeyError, match="nothing"):
        strip_unused.strip_unused(graph_def, ["nothing"], ["y"], 1)


def test_stripping_files(saved):
    strip_unused.strip_unused_from_files(str(saved / "graph.pb"), True, str(saved / "part.pbtxt"), False, "MatMul", "y",
                                         1)
    part = text_format.Parse((saved / "part.pbtxt").read_text(), tf.GraphDef())
    assert [node.name for node in part.node] == ["bias", "bias/read", "MatMul", "y"]


def normalized(scaled, more=""):
    """A graph as 0.7 wrote them: a convolution, its normalization, and a check of numbers."""
    graph = text_format.Parse("""
        node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }
        node { name: 'w' op: 'Const' } node { name: 'mean' op: 'Const' } node { name: 'variance' op: 'Const' }
        node { name: 'beta' op: 'Const' } node { name: 'gamma' op: 'Const' }
        node { name: 'conv' op: 'Conv2D' input: 'x' input: 'w' attr { key: 'T' value { type: DT_FLOAT } }
               attr { key: 'strides' value { list { i: 1 i: 1 i: 1 i: 1 } } }
               attr { key: 'padding' value { s: 'SAME' } } }
        node { name: 'bn' op: 'BatchNormWithGlobalNormalization' input: 'conv' input: 'mean' input: 'variance'
               input: 'beta' input: 'gamma' attr { key: 'T' value { type: DT_FLOAT } }
               attr { key: 'variance_epsilon' value { f: 0.5 } } }
        node { name: 'checked' op: 'CheckNumerics' input: 'bn' attr { key: 'T' value { type: DT_FLOAT } }
               attr { key: 'message' value { s: 'no' } } }
        node { name: 'y' op: 'Relu' input: 'checked' attr { key: 'T' value { type: DT_FLOAT } } }
    """ + more, protos.GraphDef())
    values = {"w": [[[[1, 2], [3, -1]]]], "mean": [1, 2], "variance": [3.5, 0.5], "beta": [0.25, 5], "gamma": [3, 0.5]}
    for node in graph.node:
        if node.name in values:
            node.attr["dtype"].type = tf.float32.as_datatype_enum
            node.attr["value"].tensor.CopyFrom(tf.contrib.util.make_tensor_proto(values[node.name], tf.float32))
        if node.name == "bn":
            node.attr["scale_after_normalization"].b = scaled
    return graph


@pytest.mark.parametrize(("scaled", "expected"), [(True, [9.25, 4]), (False, [3.25, 3])])
def test_optimizing_for_inference(scaled, expected):
    # x = (1, 2): the convolution gives 7 and 0, of which 1 and 2 are taken; divided by 2 and 1, times gamma, plus beta
    part = optimize_for_inference.optimize_for_inference(
        normalized(scaled, "node { name: 'after' op: 'Relu' input: 'y' }"), ["x"], ["y"], 1)
    assert [(node.name, node.op, list(node.input)) for node in part.node] == [
        ("x", "Placeholder", []), ("y", "Relu", ["bn"]), ("w", "Const", []), ("conv", "Conv2D", ["x", "w"]),
        ("conv_bn_offset", "Const", []), ("bn", "BiasAdd", ["conv", "conv_bn_offset"])]
    (y,) = tf.import_graph_def(part, return_elements=["y:0"])
    with tf.Session() as session:
        found = session.run(y, {"import/x:0": [[[[1.0, 2.0]]]]})
    np.testing.assert_allclose(found[0, 0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("more", [
    "node { name: 'other' op: 'Relu' input: 'conv' }", "node { name: 'other' op: 'Square' input: 'w' }"])
def test_a_convolution_that_others_read_keeps_its_weights(more, caplog):
    part = optimize_for_inference.fold_batch_norms(normalized(True, more))
    assert [node.name for node in part.node if node.op.startswith("Batch")] == ["bn"]
    assert "bn is not folded: other reads" in caplog.text


def test_graphs_that_cannot_be_optimized():
    graph = normalized(True, "node { name: 'x' op: 'Relu' }")
    with pytest.raises(ValueError, match="Duplicate node names detected"):
        optimize_for_inference.optimize_for_inference(graph, ["x"], ["y"], 1)
    with pytest.raises(ValueError, match="not found"):
        optimize_for_inference.ensure_graph_is_valid(normalized(True, "node { name: 'z' op: 'Relu' input: 'nothing:1' }"))


def test_counting():
    x = tf.placeholder(tf.float32, [7, 20], name="x")
    tf.matmul(x, tf.zeros([20, 5]), name="product")
    graph_def = tf.get_default_graph().as_graph_def()
    total, nodes = graph_metrics.calculate_graph_metrics(graph_def, ["flops", "weight_parameters"], "x:0", None, 10)
    assert total["flops"].value == nodes["flops"]["product"].value == 2 * 10 * 20 * 5
    assert total["weight_parameters"].value == 100
    total, _ = graph_metrics.calculate_graph_metrics(graph_def, ["flops"], "x:0", [3, 20], 10)
    assert total["flops"].value == 2 * 3 * 20 * 5


def test_inspecting(saved, capsys):
    inspect_checkpoint.print_tensors_in_checkpoint_file(str(saved / "model"), "bias")
    assert capsys.readouterr().out == "tensor_name:  bias\n5.0\n"
    inspect_checkpoint.print_tensors_in_checkpoint_file(str(saved / "model"))
    assert capsys.readouterr().out == "bias (DT_FLOAT) []\nweights (DT_FLOAT) [2,1]\n\n"
    inspect_checkpoint.print_tensors_in_checkpoint_file(str(saved / "none"), "bias")
    assert "none" in capsys.readouterr().out


# -- training


def test_the_basic_loop():
    v = tf.Variable(0.0)
    add = v.assign_add(1.0)
    sv = tf.train.Supervisor()

    def step(sess, limit, kept):
        kept.append(sess.run(add))
        if len(kept) == limit:
            sv.request_stop()

    seen = []
    basic_loops.basic_train_loop(sv, step, args=(3,), kwargs={"kept": seen})
    assert seen == [1.0, 2.0, 3.0]


def test_the_step_counter_of_a_graph():
    assert training_util.get_global_step() is None
    step = tf.Variable(0, name="global_step")
    assert training_util.get_global_step() is step.ref()
    with pytest.raises(TypeError, match=r'^Existing "global_step" is not scalar: \(1,\)$'):
        training_util.assert_global_step(tf.Variable([1]))
    with pytest.raises(TypeError, match=r'^Existing "global_step" does not have integer type: '):
        training_util.assert_global_step(tf.Variable(1.0))


def test_log_messages_in_an_event_file(tmp_path, capsys):
    writer = tf.train.SummaryWriter(str(tmp_path))
    tensorboard_logging.set_summary_writer(writer)
    try:
        tensorboard_logging.error("step %d", 3)
        tensorboard_logging.info("not of the level")
    finally:
        tensorboard_logging._clear_summary_writer()
    writer.close()
    _, event = tf.train.summary_iterator(str(next(tmp_path.iterdir())))
    assert (event.log_message.level, event.log_message.message) == (tf.LogMessage.ERROR, "step 3")
    assert "step 3" in capsys.readouterr().err
    with pytest.raises(RuntimeError, match="Must call set_summary_writer before"):
        tensorboard_logging.warn("nobody listens")
    with pytest.raises(ValueError, match="Level loud is not a valid tensorboard_logging level"):
        tensorboard_logging.set_verbosity("loud")


# -- the compiled part, and files elsewhere


def test_writing_events_without_a_thread(tmp_path):
    writer = pywrap.EventsWriter(str(tmp_path / "events"))
    writer.WriteEvent(tf.Event(step=3))
    with pytest.raises(TypeError, match=r"Expected an event_pb2\.Event proto,  but got"):
        writer.WriteEvent("3")
    assert writer.Close()
    path = next(tmp_path.iterdir())
    assert path.name.startswith("events.out.tfevents.")
    assert [(event.file_version, event.step) for event in tf.train.summary_iterator(str(path))] == [
        ("brain.Event:2", 0), ("", 3)]


def test_records_from_an_offset_on(tmp_path):
    path = str(tmp_path / "records")
    writer = pywrap.PyRecordWriter_New(path)
    for record in (b"one", b"three", b""):
        writer.WriteRecord(record)
    writer.Close()
    reader = pywrap.PyRecordReader_New(path, 0)
    assert reader.GetNext()
    later = pywrap.PyRecordReader_New(path, reader.offset())
    assert [reader.record(), *(later.record() for _ in range(2) if later.GetNext())] == [b"one", b"three", b""]
    assert not later.GetNext()
    assert pywrap.PyRecordReader_New(path + "none", 0) is None
    reader.Close()


def test_comparing_graphs():
    one = tf.constant(1.0).graph.as_graph_def().SerializeToString()
    assert pywrap.EqualGraphDefWrapper(one, one) == b""
    assert b"Const" in pywrap.EqualGraphDefWrapper(one, b"")


def test_files_of_cloud_storage(tmp_path, monkeypatch):
    """A command `gsutil` that knows one file, which grows."""
    stored = tmp_path / "stored"
    (tmp_path / "gsutil").write_text(f"""#!/bin/sh
case $1 in
du) echo "$(wc -c < {stored}) $2" ;;
cat) tail -c +$((${{3%-}} + 1)) {stored} ;;
ls) if [ "$2" = gs://none ]; then exit 1; fi; echo gs://a/b; echo gs://a/c/d ;;
esac
""")
    (tmp_path / "gsutil").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    loader = gcs_file_loader.GCSFileLoader("gs://bucket/events")
    for step in (1, 2):
        with tf.python_io.TFRecordWriter(str(tmp_path / "more")) as writer:
            writer.write(tf.Event(step=step).SerializeToString())
        with open(stored, "ab") as file:
            file.write((tmp_path / "more").read_bytes())
        assert [event.step for event in loader.Load()] == [step]
    assert list(loader.Load()) == []
    assert gcs.ListRecursively("gs://a") == [("gs://a/", ["gs://a/b"]), ("gs://a/c/", ["gs://a/c/d"])]
    assert (gcs.Exists("gs://a"), gcs.Exists("gs://none")) == (True, False)


def test_cloud_storage_needs_its_command(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OSError, match="gsutil"):
        gcs.ListDirectory("gs://a")
    with pytest.raises(ValueError, match="A GCS path is required"):
        gcs_file_loader.GCSFileLoader("/tmp/events")
