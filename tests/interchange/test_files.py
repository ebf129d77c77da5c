"""Records, examples, events and graphs go both ways between us and the TensorFlow that is installed, if one is."""

import os

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from tests.interchange.test_period import assert_parsed, freeze, parsed, write_events
from tests.reference.recipes import frozen, pipeline
from tracer import graph_util

real = pytest.importorskip("tensorflow")
old = real.compat.v1
RECORDS = [b"", b"one", b"\0\xff" * 40_000, *(b"%d" % i for i in range(30))]


def as_theirs(message, kind):
    return kind.FromString(message.SerializeToString())


# -- records and examples


def test_records(tmp_path):
    path = str(tmp_path / "ours")
    with tf.python_io.TFRecordWriter(path) as writer:
        for record in RECORDS:
            writer.write(record)
    assert [record.numpy() for record in real.data.TFRecordDataset(path)] == RECORDS
    theirs = str(tmp_path / "theirs")
    with real.io.TFRecordWriter(theirs) as writer:
        for record in RECORDS:
            writer.write(record)
    assert list(tf.python_io.tf_record_iterator(theirs)) == RECORDS
    with open(path, "rb") as one, open(theirs, "rb") as other:
        assert one.read() == other.read()


def test_our_examples_are_parsed():
    examples = [tf.train.Example(features=tf.train.Features(feature=pipeline.features(tf, i))) for i in range(7)]
    found = real.io.parse_example([example.SerializeToString() for example in examples], {
        "image": real.io.FixedLenFeature([2, 3], real.float32), "label": real.io.FixedLenFeature([], real.int64),
        "name": real.io.FixedLenFeature([1], real.string), "numbers": real.io.VarLenFeature(real.int64),
        "seldom": real.io.VarLenFeature(real.float32)})
    assert_parsed({name: value.numpy() if hasattr(value, "numpy") else old.SparseTensorValue(
        value.indices.numpy(), value.values.numpy(), value.dense_shape.numpy()) for name, value in found.items()})


def test_their_examples_are_parsed():
    examples = [real.train.Example(features=real.train.Features(feature=pipeline.features(real, i))) for i in range(7)]
    assert_parsed(parsed([example.SerializeToString() for example in examples]))


def sequence(package):
    """A sequence of frames and words, with what holds for all of it."""
    train = package.train
    frames = [train.Feature(float_list=train.FloatList(value=[i, i + 0.5])) for i in range(3)]
    words = [train.Feature(bytes_list=train.BytesList(value=[b"w%d" % j for j in range(i)])) for i in range(3)]
    return train.SequenceExample(
        context=train.Features(feature={"length": train.Feature(int64_list=train.Int64List(value=[3]))}),
        feature_lists=train.FeatureLists(feature_list={
            "frames": train.FeatureList(feature=frames), "words": train.FeatureList(feature=words)}))


def test_sequences():
    assert sequence(tf) == as_theirs(sequence(real), tf.train.SequenceExample)
    context, lists = tf.parse_single_sequence_example(
        sequence(real).SerializeToString(), {"length": tf.FixedLenFeature([], tf.int64)},
        {"frames": tf.FixedLenSequenceFeature([2], tf.float32), "words": tf.VarLenFeature(tf.string)})
    with tf.Session() as sess:
        context, lists = sess.run([context, lists])
    their_context, their_lists = real.io.parse_single_sequence_example(
        sequence(tf).SerializeToString(), {"length": real.io.FixedLenFeature([], real.int64)},
        {"frames": real.io.FixedLenSequenceFeature([2], real.float32), "words": real.io.VarLenFeature(real.string)})
    assert context["length"] == their_context["length"].numpy() == 3
    assert lists["frames"].tolist() == their_lists["frames"].numpy().tolist() == [[0, 0.5], [1, 1.5], [2, 2.5]]
    assert lists["words"].indices.tolist() == their_lists["words"].indices.numpy().tolist() == [[1, 0], [2, 0], [2, 1]]
    assert lists["words"].values.tolist() == their_lists["words"].values.numpy().tolist() == [b"w0", b"w0", b"w1"]


# -- events


def test_our_events_are_read(tmp_path):
    path = write_events(str(tmp_path))
    theirs = list(old.train.summary_iterator(path))
    assert [event.WhichOneof("what") for event in theirs] == [
        "file_version", "graph_def", "summary", "tagged_run_metadata", "session_log"]
    ours = list(tf.train.summary_iterator(path))
    assert [as_theirs(event, old.Event) for event in ours] == theirs
    assert theirs[2].summary.value[0].simple_value == 3.5
    with real.Graph().as_default(), old.Session() as sess:
        merged, = old.import_graph_def(old.GraphDef.FromString(theirs[1].graph_def), name="",
                                       return_elements=["MergeSummary/MergeSummary:0"])
        assert old.Summary.FromString(sess.run(merged)) == theirs[2].summary


def test_their_events_are_read(tmp_path):
    with real.Graph().as_default() as graph, old.Session() as sess:
        value = real.constant([1.0, -2.0, 3.5], name="value")
        merged = old.summary.merge([old.summary.scalar("largest", real.reduce_max(value)),
                                    old.summary.histogram("values", value),
                                    old.summary.image("image", np.ones([1, 2, 2, 3], np.float32))])
        writer = old.summary.FileWriter(str(tmp_path), graph)
        writer.add_summary(sess.run(merged), 2**33)
        writer.close()
    path, = tmp_path.iterdir()
    ours = list(tf.train.summary_iterator(str(path)))
    theirs = list(old.train.summary_iterator(str(path)))
    assert [as_theirs(event, old.Event) for event in ours] == theirs
    assert ours[-1].step == 2**33
    assert [value.tag for value in ours[-1].summary.value] == ["largest", "values", "image/image/0"]


# -- graphs


@pytest.mark.parametrize("text", [False, True])
def test_our_frozen_network_runs_there(tmp_path, text):
    freeze(str(tmp_path / "frozen.pb"))
    graph_def = old.GraphDef()
    if text:
        text_format.Merge((tmp_path / "frozen.pbtxt").read_text(), graph_def)
    else:
        graph_def.ParseFromString((tmp_path / "frozen.pb").read_bytes())
    with real.Graph().as_default(), old.Session() as sess:
        old.import_graph_def(graph_def, name="")
        theirs = sess.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})
        again = old.get_default_graph().as_graph_def()  # written anew by it, with what its defaults are
    tf.import_graph_def(as_theirs(again, tf.GraphDef), name="")
    with tf.Session() as sess:
        ours = sess.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})
    for got, want in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


def test_their_frozen_network_runs_here():
    """A network that it records with its own functions."""
    rng = np.random.RandomState(0)
    image = rng.rand(2, 8, 8, 3).astype(np.float32)
    with real.Graph().as_default() as graph, old.Session() as sess:
        x = old.placeholder(real.float32, [None, 8, 8, 3], name="x")
        kernel = old.Variable(rng.randn(3, 3, 3, 4).astype(np.float32), name="kernel", use_resource=False)
        hidden = old.nn.relu(old.nn.bias_add(old.nn.conv2d(x, kernel, [1, 2, 2, 1], "SAME"), [0.1, 0.2, -0.3, 0.0]))
        pooled = old.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
        flat = real.reshape(pooled, [-1, 16])
        stacked = real.stack([flat, real.tanh(flat) / 3.0, real.math.floordiv(flat, 0.7)], 1)
        first, _, third = real.unstack(stacked, axis=1)
        joined = real.concat([first * first, third, real.math.reciprocal(flat + 2.0), flat[:, 3:5]], 1)
        real.nn.softmax(real.matmul(joined, rng.randn(50, 3).astype(np.float32)), name="y")
        sess.run(old.global_variables_initializer())
        want = sess.run("y:0", {"x:0": image})
        frozen_def = old.graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), ["y"])
    tf.import_graph_def(as_theirs(frozen_def, tf.GraphDef), name="")
    with tf.Session() as sess:
        np.testing.assert_allclose(sess.run("y:0", {"x:0": image}), want, rtol=1e-5)


# -- a graph with its collections and a checkpoint


@pytest.mark.parametrize("version", [1, 2])
def test_a_whole_program_there_and_back(tmp_path, monkeypatch, version):
    monkeypatch.chdir(tmp_path)
    pipeline.write_records(tf, ".")
    with tf.Graph().as_default(), tf.Session() as sess:
        pipeline.build(tf, trains=False)
        saver = tf.train.Saver(write_version=version)
        sess.run(tf.initialize_all_variables())
        pipeline.train(tf, sess)
        path = saver.save(sess, "./ours")
    with real.Graph().as_default(), old.Session() as sess:
        old.train.import_meta_graph(path + ".meta").restore(sess, path)
        losses, values = run_there(sess)
        theirs = old.train.Saver(write_version=version).save(sess, "./theirs")
    ours = pipeline.trained_on(tf, path)
    np.testing.assert_allclose(ours["losses"], losses, rtol=1e-5)
    assert sorted(values) == sorted(ours["variables"])
    for name, value in values.items():
        np.testing.assert_allclose(ours["variables"][name], value, rtol=1e-5)
    again = pipeline.trained_on(tf, theirs)
    assert again["variables"]["global_step"] == 3 * pipeline.STEPS
    assert os.path.exists(theirs + ".meta")


def test_a_program_that_trains_there_and_back(tmp_path, monkeypatch):
    """What it learns there, from the gradients that are ours, it learns here too; and here again from theirs."""
    monkeypatch.chdir(tmp_path)
    pipeline.write_records(tf, ".")
    with tf.Graph().as_default(), tf.Session() as sess:
        pipeline.build(tf)
        sess.run(tf.initialize_all_variables())
        pipeline.train(tf, sess)
        path = tf.train.Saver().save(sess, "./ours")
    ours = pipeline.trained_on(tf, path)
    with real.Graph().as_default(), old.Session() as sess:
        old.train.import_meta_graph(path + ".meta").restore(sess, path)
        losses, values = run_there(sess)
        theirs = old.train.Saver().save(sess, "./theirs")
    np.testing.assert_allclose(losses, ours["losses"], rtol=1e-5)
    for name, value in ours["variables"].items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5, atol=1e-7)
    assert pipeline.trained_on(tf, theirs)["variables"]["global_step"] == 3 * pipeline.STEPS


def run_there(sess):
    """What `pipeline.train` does, by the names of today."""
    coordinator = real.train.Coordinator()
    threads = old.train.start_queue_runners(sess, coordinator)
    update, loss = old.get_collection("train")[0], old.get_collection("loss")[0]
    losses = [sess.run([update, loss])[1] for _ in range(pipeline.STEPS)]
    summary = old.Summary.FromString(sess.run(old.get_collection("summary")[0]))
    assert {value.tag for value in summary.value} >= {"loss", "logits", "image/image"}
    assert old.get_collection("answer") == [42]
    coordinator.request_stop()
    coordinator.join(threads)
    variables = old.global_variables()
    return losses, dict(zip([v.op.name for v in variables], sess.run(variables), strict=True))


def test_extracting_here_what_was_recorded_there():
    with real.Graph().as_default() as graph:
        real.add(real.constant(1.0, name="a"), real.constant(2.0, name="b"), name="c")
        real.multiply(3.0, 4.0, name="d")
    part = graph_util.extract_sub_graph(as_theirs(graph.as_graph_def(), tf.GraphDef), ["c"])
    c, = tf.import_graph_def(part, return_elements=["c:0"])
    assert tf.Session().run(c) == 3
