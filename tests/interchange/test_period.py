"""Files of TensorFlow 0.12.1 are read, restored and trained on; and it does so with ours, where it is at hand.

The first half reads `reference/files/`. The second needs a Python 2.7 with TensorFlow 0.12.1, named in the environment as
TENSORFLOW_012, to which `reference/read_files.py` is given.
"""

import os
import pathlib
import subprocess

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from tests.reference import codec
from tests.reference.recipes import frozen, pipeline
from tracer import graph_util

REFERENCE = pathlib.Path(__file__).resolve().parent.parent / "reference"
FILES = REFERENCE / "files"
READER = codec.Reader(FILES / "answers.npz")
ANSWERS = READER.decode(READER.index)


def assert_alike(got, want):
    """The same losses, keys and variables."""
    assert got["keys"].tolist() == want["keys"].tolist()
    assert sorted(got["variables"]) == sorted(want["variables"])
    np.testing.assert_allclose(got["losses"], want["losses"], rtol=1e-5)
    for name, value in want["variables"].items():
        np.testing.assert_allclose(got["variables"][name], value, rtol=2e-4, atol=1e-6, err_msg=name)
    assert set(got["mixed"].tolist()) <= {0, 1, 2}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder to work in that has the recorded records."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / pipeline.RECORDS).write_bytes((FILES / pipeline.RECORDS).read_bytes())
    return tmp_path


# -- theirs


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_program_is_restored_and_trained_on(files, version):
    assert_alike(pipeline.trained_on(tf, str(FILES / version / "model-6")), ANSWERS[version])


def test_its_collections_are_restored(files):
    tf.train.import_meta_graph(str(FILES / "v1" / "model-6.meta"))
    assert tf.get_collection("answer") == [42]
    assert tf.get_collection("words") == ["h\xc3\xa9".encode("latin-1")]
    assert [v.name for v in tf.trainable_variables()] == ["cells/part_0:0", "cells/part_1:0", "layer/bias:0"]
    assert [v.name for v in tf.moving_average_variables()] == ["cells/part_0:0", "cells/part_1:0", "layer/bias:0"]
    assert len(tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)) == 4
    with tf.Session() as sess:
        tf.train.Saver().restore(sess, str(FILES / "v1" / "model-6"))
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coordinator)
        summary = tf.Summary.FromString(sess.run(tf.get_collection("summary")[0]))
        coordinator.request_stop()
        coordinator.join(threads)
    assert {value.tag for value in summary.value} >= {"loss", "logits", "image/image"}


def test_its_records_are_read(files):
    ours = files / "ours"
    ours.mkdir()
    pipeline.write_records(tf, str(ours))
    mine, theirs = (list(tf.python_io.tf_record_iterator(str(folder / pipeline.RECORDS))) for folder in (ours, FILES))
    assert [tf.train.Example.FromString(record) for record in mine] == [
        tf.train.Example.FromString(record) for record in theirs]
    assert_parsed(parsed(theirs))


def parsed(records):
    """What a batch of the records holds: dense and sparse."""
    found = tf.parse_example(records, {
        "image": tf.FixedLenFeature([2, 3], tf.float32), "label": tf.FixedLenFeature([], tf.int64),
        "name": tf.FixedLenFeature([1], tf.string), "numbers": tf.VarLenFeature(tf.int64),
        "seldom": tf.VarLenFeature(tf.float32)})
    with tf.Session() as sess:
        return sess.run(found)


def assert_parsed(found):
    count = len(found["label"])
    rng = [np.random.RandomState(i).rand(6).astype(np.float32).reshape(2, 3) for i in range(count)]
    np.testing.assert_array_equal(found["image"], rng)
    assert found["label"].tolist() == [i % 3 for i in range(count)]
    assert found["name"].tolist() == [[b"\xff\0name%d" % i] for i in range(count)]
    assert found["numbers"].values.reshape(count, 4).tolist() == [[-2**63, 2**63 - 1, 0, i] for i in range(count)]
    assert found["seldom"].indices[:, 0].tolist() == [i for i in range(0, count, 3) for _ in range(2)]
    assert found["seldom"].values[::2].tolist() == list(range(0, count, 3))


def test_its_events_are_read():
    events = list(tf.train.summary_iterator(str(FILES / "events")))
    kinds = [event.WhichOneof("what") for event in events]
    assert kinds == ["file_version", "graph_def", "meta_graph_def", "summary", "tagged_run_metadata", "session_log",
                     "summary"]
    assert events[0].file_version == "brain.Event:2"
    del events[2]
    graph = tf.GraphDef.FromString(events[1].graph_def)
    with tf.Graph().as_default(), tf.Session() as sess:
        merged, = tf.import_graph_def(graph, return_elements=["MergeSummary/MergeSummary:0"], name="")
        assert tf.Summary.FromString(sess.run(merged)) == tf.Summary.FromString(events[2].summary.SerializeToString())
    assert (events[2].step, events[2].summary.value[0].simple_value) == (3, 3.5)
    metadata = tf.RunMetadata.FromString(events[3].tagged_run_metadata.run_metadata)
    names = {stats.node_name for device in metadata.step_stats.dev_stats for stats in device.node_stats}
    assert any(name.startswith("MergeSummary") for name in names)  # the rest it had folded
    assert (events[4].step, events[4].session_log.status) == (4, tf.SessionLog.START)
    assert (events[5].wall_time, events[5].step) == (12.5, 2**40)
    assert events[5].summary.value[0].simple_value == np.float32(0.1)


@pytest.mark.parametrize("text", [False, True])
def test_a_frozen_network_runs(text):
    graph_def = tf.GraphDef()
    if text:
        text_format.Merge((FILES / "frozen.pbtxt").read_text(), graph_def)
    else:
        graph_def.ParseFromString((FILES / "frozen.pb").read_bytes())
    tf.import_graph_def(graph_def, name="")
    with tf.Session() as sess:
        answers = sess.run(frozen.OUTPUTS, {frozen.INPUT: frozen.images()})
    for got, want in zip(answers, ANSWERS["frozen"], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


# -- ours


def save(version, folder):
    """Runs and saves. Returns the name of the checkpoint."""
    os.makedirs(folder)
    with tf.Graph().as_default(), tf.Session() as sess:
        pipeline.build(tf, trains=False)
        saver = tf.train.Saver(write_version=version)
        sess.run(tf.initialize_all_variables())
        pipeline.train(tf, sess)
        return saver.save(sess, f"{folder}/model", global_step=pipeline.STEPS)


def freeze(path):
    """The frozen network as a file."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        frozen.build(tf)
        sess.run(tf.initialize_all_variables())
        names = sorted({name.split(":")[0] for name in frozen.OUTPUTS})
        message = graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), names)
    pathlib.Path(path).write_bytes(message.SerializeToString())
    pathlib.Path(path + "txt").write_text(text_format.MessageToString(message))


def write_events(folder):
    """An event file with everything that a writer adds. Returns its path."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        value = tf.constant([1.0, -2.0, 3.5], name="value")
        merged = tf.merge_summary([tf.scalar_summary("largest", tf.reduce_max(value)),
                                   tf.histogram_summary("value", value)])
        writer = tf.train.SummaryWriter(folder, graph)
        metadata = tf.RunMetadata()
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        writer.add_summary(sess.run(merged, options=options, run_metadata=metadata), 3)
        writer.add_run_metadata(metadata, "step 3", 3)
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 4)
        writer.close()
    name, = os.listdir(folder)
    return os.path.join(folder, name)


def test_our_files_are_read(files):
    python = os.environ.get("TENSORFLOW_012")
    if not python:
        pytest.skip("no TENSORFLOW_012 in the environment names a Python 2.7 with TensorFlow 0.12.1")
    pipeline.write_records(tf, ".")
    paths = {version: save(number, version) for number, version in ((1, "v1"), (2, "v2"))}
    with tf.Graph().as_default(), tf.Session() as sess:
        pipeline.build(tf)
        sess.run(tf.initialize_all_variables())
        trained = tf.train.Saver().save(sess, "./trained")
    freeze("frozen.pb")
    events = write_events("run")
    done = subprocess.run([python, str(REFERENCE / "read_files.py"), "answers.npz", events], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    reader = codec.Reader("answers.npz")
    answers = reader.decode(reader.index)
    for version, path in paths.items():
        assert_alike(pipeline.trained_on(tf, path), answers[version])
    for got, want in zip(answers["frozen"], ANSWERS["frozen"], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)
    assert_alike(pipeline.trained_on(tf, trained), answers["trained"])
    assert answers["events"] == ["file_version", "graph_def", "summary", "tagged_run_metadata", "session_log"]
    assert answers["nodes"] == ["MergeSummary/MergeSummary", "Max", "value"]
    assert answers["largest"] == 3.5
