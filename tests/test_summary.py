"""Summaries and event files. `reference/summaries.json` holds what TensorFlow 0.12.1's operations gave."""

import base64
import bisect
import glob
import io
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import wave

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from lowering.host import summary
from tracer import protos

RECORDED = json.loads((pathlib.Path(__file__).parent / "reference" / "summaries.json").read_text())


def numbers(*shape):
    """As `reference/record_summaries.py` makes them."""
    count = int(np.prod(shape))
    return ((np.arange(count) * 37 % 101 - 50) ** 3 / 7.0).reshape(shape)


def image(depth, positive):
    values = numbers(2, 3, 4, depth).astype(np.float32)
    values = abs(values) if positive else values
    values[0, 1, 2, 0] = np.nan
    values[1, 0, 0, depth - 1] = np.inf
    return values


CASES = {
    "scalar": lambda: tf.scalar_summary("loss", 0.1),
    "scalars": lambda: tf.scalar_summary(["a", "b"], [10, -20]),
    "large": lambda: tf.scalar_summary("x", np.float64(1e300)),
    **{f"histogram_{kind}": lambda kind=kind: tf.histogram_summary("h", numbers(6, 50).astype(kind))
       for kind in ("float32", "float64", "int32")},
    "histogram_uint8": lambda: tf.histogram_summary("h", (abs(numbers(6, 50)) % 256).astype(np.uint8)),
    "histogram_of_one": lambda: tf.histogram_summary("h", 10.0),
    "histogram_of_nothing": lambda: tf.histogram_summary("h", np.zeros([0], np.float32)),
    "histogram_far_out": lambda: tf.histogram_summary(
        "h", np.array([0, -0.0, 1e-13, -1e-13, 1e30, -1e30, 1e-12, 1e20])),
    **{f"image_{depth}_{positive}":
       lambda depth=depth, positive=positive: tf.image_summary("i", image(depth, positive), max_images=2)
       for depth in (1, 3, 4) for positive in (False, True)},
    "image_uint8": lambda: tf.image_summary("i", (abs(numbers(3, 2, 2, 3)) % 256).astype(np.uint8), max_images=1),
    "image_dark": lambda: tf.image_summary("i", np.full([1, 2, 2, 1], 1e-7, np.float32), max_images=5),
    "audio_mono": lambda: tf.audio_summary("s", numbers(2, 9).astype(np.float32) / 10000, 8000.0, max_outputs=1),
    "audio": lambda: tf.audio_summary("s", numbers(2, 5, 1).astype(np.float32) / 10000, 44100.0),
    "merged": lambda: tf.merge_summary([tf.scalar_summary("x", 1.0), tf.scalar_summary(["y", "z"], [2.0, 3.0])]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_summary_is_what_tensorflow_gives(name):
    result = CASES[name]().eval(session=tf.Session())
    assert type(result) is bytes
    ours, theirs = (tf.Summary.FromString(data) for data in (result, base64.b64decode(RECORDED[name])))
    assert ours == theirs  # image files to the last byte


def test_every_recorded_summary_is_compared():
    assert set(RECORDED) == {*CASES, "graph", "graph_results"}


def test_a_graph_that_tensorflow_exported_runs():
    graph = text_format.Parse("\n".join(RECORDED["graph"]), tf.GraphDef())
    loss, right = tf.import_graph_def(graph, return_elements=["loss:0", "right:0"], name="")
    feeds = {"x:0": numbers(5, 4) / 5000, "labels:0": [0, 1, 2, 0, 1]}
    results = tf.Session().run([loss, right], feeds)
    np.testing.assert_allclose(results[0], RECORDED["graph_results"][0], rtol=1e-5)
    assert results[1].tolist() == RECORDED["graph_results"][1]


def test_sounds_of_several_channels():
    samples = np.array([[[0.5, -0.5], [1.0, -1.5], [0.25, 2.0]]], np.float32)
    value, = tf.Summary.FromString(tf.audio_summary("s", samples, 16000).eval(session=tf.Session())).value
    assert (value.tag, value.audio.num_channels, value.audio.length_frames) == ("s/audio/0", 2, 3)
    with wave.open(io.BytesIO(value.audio.encoded_audio_string)) as file:
        assert file.getparams()[:4] == (2, 2, 16000, 3)
        frames = np.frombuffer(file.readframes(3), "<i2").reshape(3, 2)
    assert frames.tolist() == [[16384, -16384], [32767, -32768], [8192, 32767]]


def test_names_and_collections():
    loss = tf.scalar_summary("loss", 1.0)
    named = tf.histogram_summary("h", [1.0], name="histo", collections=["mine"])
    merged, again = tf.merge_summary([loss, named]), tf.merge_summary([loss], name="m", collections=["mine"])
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names == ["ScalarSummary/tags", "ScalarSummary/values", "ScalarSummary", "histo/tag", "histo/values",
                     "histo", "MergeSummary/MergeSummary", "m/m"]
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [loss]
    assert tf.get_collection("mine") == [named, again]
    assert (merged.op.type, list(merged.op.inputs), merged.get_shape().as_list()) == ("MergeSummary", [loss, named], [])
    assert list(tf.merge_all_summaries().op.inputs) == [loss]
    assert tf.merge_all_summaries("nobody's") is None


BAD = {
    "tags and values not the same shape: [2] != [3]": lambda: tf.scalar_summary(["a", "b"], [1.0, 2.0, 3.0]),
    "tags and values not the same shape: [] != [2] (tag 'a')": lambda: tf.scalar_summary("a", [1.0, 2.0]),
    "Nan in summary histogram for: where": lambda: tf.histogram_summary("h", [1.0, np.nan], name="where"),
    "Nan in summary histogram for: far": lambda: tf.histogram_summary("h", [np.inf], name="far"),
    "tags must be scalar": lambda: tf.histogram_summary(["a", "b"], 1.0),
    "Tensor must be 4-D with last dim 1, 3, or 4, not [2,2]":
        lambda: tf.image_summary("i", np.ones([2, 2], np.float32)),
    "Tensor must be 4-D with last dim 1, 3, or 4, not [1,2,2,2]":
        lambda: tf.image_summary("i", np.ones([1, 2, 2, 2], np.float32)),
    "Tensor must be 3-D or 2-D, got: [2]": lambda: tf.audio_summary("s", np.ones([2], np.float32), 1.0),
    "sample_rate must be > 0": lambda: tf.audio_summary("s", np.ones([2, 2], np.float32), 0.0),
    "num_frames must be positive.": lambda: tf.audio_summary("s", np.ones([2, 0], np.float32), 1.0),
    "Duplicate tag x found in summary inputs":
        lambda: tf.merge_summary([tf.scalar_summary("x", 1.0), tf.scalar_summary("x", 2.0)]),
    "Could not parse one of the summary inputs": lambda: tf.merge_summary([tf.constant("\x0f\xff")]),
}


@pytest.mark.parametrize("message", BAD)
def test_what_makes_no_summary(message):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        BAD[message]().eval(session=tf.Session())
    assert caught.value.message == message


def events(folder):
    """The events of the files in `folder`, without the first of each."""
    found = []
    for path in sorted(glob.glob(os.path.join(str(folder), "events.out.tfevents.*"))):
        first, *rest = list(tf.train.summary_iterator(path)) or [tf.Event(
            file_version="brain.Event:2", wall_time=time.time())]  # made, and not written yet
        assert (first.file_version, first.step) == ("brain.Event:2", 0)
        assert abs(first.wall_time - time.time()) < 60
        found += rest
    return found


def scalar(tag, value):
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=value)])


def test_what_is_added_is_in_the_file_in_order(tmp_path):
    x = tf.placeholder(tf.float32, [None], name="x")
    writer = tf.train.SummaryWriter(str(tmp_path / "a" / "b"), x.graph)
    writer.add_summary(scalar("loss", 0.5), np.int64(7))
    writer.add_summary(tf.scalar_summary("acc", 1.0).eval(session=tf.Session()), global_step=8)
    writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 9)
    writer.add_run_metadata(tf.RunMetadata(), "step 10", 10)
    writer.add_event(tf.Event(step=11, file_version="x"))
    with pytest.raises(ValueError, match="The provided tag was already used for this event type"):
        writer.add_run_metadata(tf.RunMetadata(), "step 10", 11)
    writer.close()
    graph, loss, accuracy, log, metadata, event = events(tmp_path / "a" / "b")
    node, = tf.GraphDef.FromString(graph.graph_def).node
    assert (node.name, node.attr["_output_shapes"].list.shape[0].dim[0].size) == ("x", -1)
    assert (loss.step, loss.summary.value[0].tag, loss.summary.value[0].simple_value) == (7, "loss", 0.5)
    assert (accuracy.step, accuracy.summary.value[0].tag) == (8, "acc")
    assert (log.step, log.session_log.status) == (9, tf.SessionLog.START)
    assert (metadata.step, metadata.tagged_run_metadata.tag) == (10, "step 10")
    assert (event.step, event.file_version) == (11, "x")


def test_the_name_of_the_file(tmp_path):
    import re
    import socket

    writer = tf.train.SummaryWriter(tmp_path)
    assert (writer.get_logdir(), os.listdir(tmp_path)) == (str(tmp_path), [])  # made for the first event
    writer.add_summary(scalar("x", 1.0))
    writer.flush()
    name, = os.listdir(tmp_path)
    assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\." + re.escape(socket.gethostname()), name)
    writer.close()


def test_the_first_event_is_safe_at_once_and_the_others_after_a_while(tmp_path):
    writer = tf.train.SummaryWriter(str(tmp_path), flush_secs=0.3)

    def wait_for(count):
        deadline = time.monotonic() + 20
        while len(events(tmp_path)) < count:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    writer.add_summary(scalar("x", 1.0), 1)
    wait_for(1)
    writer.add_summary(scalar("x", 2.0), 2)
    writer.add_summary(scalar("x", 3.0), 3)
    wait_for(3)
    writer.close()


def test_a_writer_goes_on_after_close_in_a_file_of_its_own(tmp_path):
    writer = tf.train.SummaryWriter(str(tmp_path))
    writer.add_summary(scalar("x", 1.0), 1)
    writer.close()
    writer.add_summary(scalar("x", 2.0), 2)
    writer.close()
    assert len(os.listdir(tmp_path)) == 2
    assert [event.step for event in events(tmp_path)] == [1, 2]


def test_two_writers_in_one_folder_do_not_touch_each_other(tmp_path):
    first, second = tf.train.SummaryWriter(str(tmp_path)), tf.train.SummaryWriter(str(tmp_path))
    for step in range(50):
        first.add_summary(scalar("a", step), step)
        second.add_summary(scalar("b", step), step)
    first.close()
    second.close()
    assert len(events(tmp_path)) == 100


def test_many_threads_add_to_one_writer(tmp_path):
    writer = tf.train.SummaryWriter(str(tmp_path), max_queue=3)
    threads = [threading.Thread(target=lambda i=i: [writer.add_summary(scalar(str(i), 1.0), k) for k in range(40)])
               for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = events(tmp_path)
    assert sorted({event.summary.value[0].tag for event in found}) == ["0", "1", "2", "3", "4"]
    for i in range(5):
        assert [event.step for event in found if event.summary.value[0].tag == str(i)] == list(range(40))


def test_a_program_that_just_ends_loses_nothing(tmp_path):
    code = ("import sys, tracer as tf; w = tf.train.SummaryWriter(sys.argv[1]); "
            "[w.add_summary(tf.Summary(value=[tf.Summary.Value(tag='x', simple_value=i)]), i) for i in range(30)]")
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert [event.step for event in events(tmp_path)] == list(range(30))


def test_a_file_that_disappears_is_told_and_a_new_one_made(tmp_path, capfd):
    folder = tmp_path / "gone"
    writer = tf.train.SummaryWriter(str(folder))
    writer.add_summary(scalar("x", 1.0), 1)
    writer.flush()
    for path in folder.iterdir():
        path.unlink()
    writer.add_summary(scalar("x", 2.0), 2)
    writer.flush()
    assert "has disappeared with 1 events" in capfd.readouterr().err
    writer.add_summary(scalar("x", 3.0), 3)
    writer.close()
    assert [event.step for event in events(folder)] == [3]


def test_a_folder_that_disappears_stops_nobody(tmp_path, capfd):
    folder = tmp_path / "gone"
    writer = tf.train.SummaryWriter(str(folder))
    folder.rmdir()
    writer.add_summary(scalar("x", 1.0), 1)
    writer.close()
    assert "Events are lost" in capfd.readouterr().err
    assert not folder.exists()


def test_arguments_that_are_no_graph_and_no_summary(tmp_path):
    graph = tf.get_default_graph()
    with pytest.raises(TypeError, match="The passed graph must be an instance of `Graph` or the deprecated `GraphDef`"):
        tf.train.SummaryWriter(str(tmp_path), "graph")
    with pytest.raises(ValueError, match=r"Please pass only graph, or graph_def \(deprecated\), but not both"):
        tf.train.SummaryWriter(str(tmp_path), graph, graph_def=tf.GraphDef())
    writer = tf.train.SummaryWriter(str(tmp_path), graph_def=tf.GraphDef())
    for bad in (3, tf.SessionLog()):
        with pytest.raises(TypeError, match="expected a Summary message"):
            writer.add_summary(bad)
    for damaged in ("text", b"\xff\xff"):
        with pytest.raises(Exception, match="Error parsing message"):
            writer.add_summary(damaged)
    writer.close()
    assert [event.WhichOneof("what") for event in events(tmp_path)] == ["graph_def"]


def test_an_event_file_that_is_cut_or_damaged(tmp_path):
    writer = tf.train.SummaryWriter(str(tmp_path))
    for step in range(3):
        writer.add_summary(scalar("x", step), step)
    writer.close()
    path, = tmp_path.iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-3])  # as a file that is being written may look
    assert [event.step for event in tf.train.summary_iterator(str(path))] == [0, 0, 1]
    path.write_bytes(data[:-8] + bytes([data[-8] ^ 1]) + data[-7:])
    with pytest.raises(tf.errors.DataLossError, match=r"corrupted record at \d+ of "):
        list(tf.train.summary_iterator(str(path)))


def test_events_are_of_the_classes_that_programs_name(tmp_path):
    assert tf.Event is protos.Event
    assert tf.Event(summary=scalar("x", 1.0)).summary.value[0].simple_value == 1


def test_programs_read_event_files_by_tag(tmp_path):
    from tracer.train import event_accumulator, event_multiplexer

    for run, factor in (("a", 1), ("b", 10)):
        writer = tf.train.SummaryWriter(str(tmp_path / run), tf.constant(1.0).graph)
        with tf.Session() as session:
            for step in range(3):
                writer.add_summary(session.run(tf.scalar_summary("loss", float(step * factor))), step)
                writer.add_summary(session.run(tf.histogram_summary("weights", [1.0, 2.0])), step)
        writer.add_run_metadata(tf.RunMetadata(), "traced")
        writer.close()
    accumulator = event_accumulator.EventAccumulator(str(tmp_path / "a"))
    with pytest.raises(RuntimeError, match="must be activated"):
        accumulator.Tags()
    accumulator.Reload()
    assert accumulator.Tags() == {
        "images": [], "audio": [], "histograms": ["weights"], "scalars": ["loss"],
        "compressedHistograms": ["weights"],
        "graph": True, "run_metadata": ["traced"]}
    times, steps, values = zip(*accumulator.Scalars("loss"), strict=True)
    assert (steps, values) == ((0, 1, 2), (0, 1, 2))
    assert all(abs(at - time.time()) < 60 for at in times)
    assert accumulator.Histograms("weights")[0].histogram_value.sum == 3
    assert accumulator.CompressedHistograms("weights")[0].compressed_histogram_values[0].basis_point == 0
    assert accumulator.Graph().node[0].op == "Const"
    assert type(accumulator.RunMetadata("traced")) is tf.RunMetadata
    runs = event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(tmp_path)).Reload()
    assert [event.value for event in runs.Scalars("b", "loss")] == [0, 10, 20]


def test_every_number_falls_into_the_bucket_below_whose_end_it_is():
    limits = summary._limits()
    with np.errstate(over="ignore"):
        near = np.concatenate([limits, np.nextafter(limits, -np.inf), np.nextafter(limits, np.inf)])
    spread = np.random.randn(5000) * 10.0 ** np.random.uniform(-30, 30, 5000)
    numbers = np.concatenate([near[np.isfinite(near)], spread, [0.0, -0.0, 5e-324, -5e-324]])
    expected = [min(bisect.bisect_right(limits, number), len(limits) - 1) for number in numbers.tolist()]
    assert summary._bucket_of(numbers).tolist() == expected


def test_a_graph_s_name_stood_where_the_queue_is_measured(tmp_path):
    tf.constant(1)
    writer = tf.train.SummaryWriter(str(tmp_path), tf.get_default_graph().as_graph_def(), "graph.pbtxt")
    for step in range(20):
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=1.0)]), step)
    writer.close()
    path, = tmp_path.iterdir()
    assert len([event for event in tf.train.summary_iterator(str(path)) if event.HasField("summary")]) == 20
