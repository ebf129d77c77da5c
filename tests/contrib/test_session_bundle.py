"""`tf.contrib.session_bundle`: exports written and read, with what 0.12.1 put into them."""

import os
import pathlib

import numpy as np
import pytest

import tracer as tf
from tracer.contrib.session_bundle import exporter, gc, manifest_pb2, session_bundle


@pytest.fixture
def model(tmp_path):
    """A session with a graph, its tensors, and the constant that names a file."""
    x = tf.placeholder(tf.float32, [None], name="x")
    y = tf.mul(x, tf.Variable(2.0, name="v"), name="y")
    (tmp_path / "words.txt").write_text("hello")
    asset = tf.constant(str(tmp_path / "words.txt"), name="asset")
    text = tf.Variable("", name="text", trainable=False)
    start = tf.group(text.assign(asset), name="start")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return session, x, y, asset, start


def init(model, **options):
    session, x, y, _, _ = model
    made = exporter.Exporter(tf.train.Saver([v for v in tf.all_variables() if v.op.name == "v"], **options))
    made.init(session.graph.as_graph_def(), clear_devices=True,
              default_graph_signature=exporter.classification_signature(x, y, y),
              named_graph_signatures={"inputs": exporter.generic_signature({"x": x})})
    return made


@pytest.mark.parametrize("options", [{}, {"sharded": True}, {"write_version": tf.train.SaverDef.V2}])
def test_an_export_is_read(model, tmp_path, options):
    folder = init(model, **options).export(str(tmp_path / "out"), tf.constant(7), model[0])
    assert folder == str(tmp_path / "out" / "00000007")
    assert {"checkpoint", "export.meta"} < set(os.listdir(folder))
    with tf.Graph().as_default():
        session, message = session_bundle.load_session_bundle_from_path(folder)
        assert session.run("y:0", {"x:0": [1, 2]}).tolist() == [2, 4]
    packed = message.collection_def["serving_signatures"].any_list.value[0]
    assert packed.type_url == "type.googleapis.com/tensorflow.serving.Signatures"
    assert packed.value == (b"\n\027\022\025\n\005\n\003x:0\022\005\n\003y:0\032\005\n\003y:0"
                            b"\022\030\n\006inputs\022\016\032\014\n\n\n\001x\022\005\n\003x:0")
    signatures = manifest_pb2.Signatures()
    assert packed.Unpack(signatures)
    assert signatures.named_signatures["inputs"].generic_signature.map["x"].tensor_name == "x:0"


def test_assets_and_what_runs_first(model, tmp_path):
    session, _, _, asset, start = model
    made = exporter.Exporter(tf.train.Saver())
    made.init(init_op=start, assets_collection=[asset])
    folder = made.export(str(tmp_path), tf.constant(1), session)
    with tf.Graph().as_default():
        loaded, _ = session_bundle.load_session_bundle_from_path(folder)
        assert loaded.run("text:0") == os.path.join(folder, "assets", "words.txt").encode()
    assert pathlib.Path(folder, "assets", "words.txt").read_text() == "hello"


def test_old_exports_go(model, tmp_path):
    made = init(model)
    for step in (1, 2, 3):
        made.export(str(tmp_path / "out"), tf.constant(step), model[0],
                    exports_to_keep=gc.largest_export_versions(2))
    assert sorted(os.listdir(tmp_path / "out")) == ["00000002", "00000003"]
    with pytest.raises(RuntimeError, match="Overwriting exports can cause corruption and are not allowed"):
        made.export(str(tmp_path / "out"), tf.constant(3), model[0])


def test_misuse(model, tmp_path):
    made = init(model)
    with pytest.raises(RuntimeError, match="init should be called only once"):
        made.init()
    with pytest.raises(RuntimeError, match="init must be called first"):
        exporter.Exporter(tf.train.Saver()).export(str(tmp_path), tf.constant(1), model[0])
    with pytest.raises(TypeError, match="init_op needs to be an Operation"):
        exporter.Exporter(tf.train.Saver()).init(init_op=tf.constant(1))
    with pytest.raises(ValueError, match="must be a string constant"):
        exporter.Exporter(tf.train.Saver()).init(assets_collection=[model[1]])
    with pytest.raises(RuntimeError, match="Expected meta graph file missing"):
        session_bundle.load_session_bundle_from_path(str(tmp_path / "none"))


def test_which_versions_stay():  # the answers are those of 0.12.1
    paths = [gc.Path(f"a/{version}", version) for version in (1, 2, 3, 10, 5, 7)]

    def kept(choice):
        return [path.export_version for path in choice(paths)]

    assert kept(gc.largest_export_versions(2)) == [10, 7]
    assert kept(gc.one_of_every_n_export_versions(3)) == [10, 3, 5, 7]
    assert kept(gc.mod_export_version(2)) == [10, 2]
    assert kept(gc.negation(gc.mod_export_version(2))) == [1, 3, 5, 7]
    assert kept(gc.union(gc.largest_export_versions(1), gc.mod_export_version(5))) == [10, 5]


def test_signatures():
    x, y = tf.placeholder(tf.float32, name="x"), tf.constant(np.float32(1), name="y")
    assert exporter.regression_signature(x, y).regression_signature.output.tensor_name == "y:0"
    assert not exporter.classification_signature(x).classification_signature.HasField("scores")
