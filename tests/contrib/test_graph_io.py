"""`tf.contrib.learn.read_batch_examples` and its kin."""

import contextlib

import numpy as np
import pytest

import tracer as tf
from tests.contrib.draining import drained
from tracer.contrib import learn

FEATURES = {"x": tf.FixedLenFeature([], tf.int64), "s": tf.VarLenFeature(tf.int64)}


@pytest.fixture
def records(tmp_path):
    """The pattern of two files with seven examples."""
    for file, values in enumerate(((0, 1, 2, 3), (4, 5, 6))):
        with contextlib.closing(tf.python_io.TFRecordWriter(str(tmp_path / f"{file}.tfr"))) as writer:
            for value in values:
                example = tf.train.Example()
                example.features.feature["x"].int64_list.value.append(value)
                example.features.feature["s"].int64_list.value.extend(range(value))
                writer.write(example.SerializeToString())
    return str(tmp_path / "*.tfr")


def test_serialized_examples(records):
    batch = learn.read_batch_examples(records, 3, tf.TFRecordReader, randomize_input=False, num_epochs=1)
    assert (batch.dtype, batch.get_shape().as_list()) == (tf.string, [None])
    assert batch.op.name == "read_batch_examples"
    parsed = [tf.train.Example.FromString(one) for serialized in drained(batch) for one in serialized]
    assert [example.features.feature["x"].int64_list.value[0] for example in parsed] == list(range(7))


def test_batches_have_their_size_where_the_input_does_not_end(records):
    assert learn.read_batch_examples(records, 3, tf.TFRecordReader).get_shape().as_list() == [3]


def test_keys_and_what_a_function_makes_of_examples(records):
    keys, parsed = learn.read_keyed_batch_examples(
        records, 3, tf.TFRecordReader, randomize_input=False, num_epochs=1,
        parse_fn=lambda one: tf.parse_single_example(one, {"x": FEATURES["x"]}))
    batches = drained([keys, parsed["x"]])
    assert [values.tolist() for _, values in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches[0][0][0].endswith(b"0.tfr:0")


def test_parsed_features(records):
    found = learn.read_batch_record_features(records, 3, FEATURES, num_epochs=2, reader_num_threads=2)
    assert isinstance(found["s"], tf.SparseTensor)
    seen = []
    for values, sparse in drained([found["x"], found["s"]]):
        np.testing.assert_array_equal(np.bincount(sparse.indices[:, 0], minlength=len(values)), values)
        seen += values.tolist()
    assert sorted(seen) == sorted([*range(7), *range(7)])


def test_features_with_keys(records):
    keys, found = learn.read_keyed_batch_features(records, 4, {"x": FEATURES["x"]}, tf.TFRecordReader,
                                                  randomize_input=False, num_epochs=1, num_queue_runners=1)
    assert sorted(value for _, values in drained([keys, found["x"]]) for value in values) == list(range(7))


@pytest.mark.parametrize(("pattern", "options", "message"), [
    (None, {"batch_size": 0}, "Invalid batch_size 0, with queue_capacity 10000."),
    (None, {"queue_capacity": 2}, "Invalid batch_size 3, with queue_capacity 2."),
    (None, {"num_threads": 0}, "Invalid num_threads 0."), (None, {"num_epochs": 0}, "Invalid num_epochs 0."),
    (None, {"read_batch_size": 0}, "Invalid read_batch_size 0."), ("/no/such*", {}, "No files match /no/such"),
    ("", {}, "No files match ."), ([], {}, "No files given to dequeue_examples."),
])
def test_misuse(records, pattern, options, message):
    with pytest.raises(ValueError, match=message):
        learn.read_batch_examples(records if pattern is None else pattern,
                                  **{"batch_size": 3, "reader": tf.TFRecordReader, **options})


def test_they_are_in_io_too():
    """Where most programs of 0.9 to 0.12 look for them."""
    assert learn.io.read_batch_features is learn.read_batch_features
    assert learn.io.graph_io.read_keyed_batch_examples is learn.io.read_keyed_batch_examples
    with pytest.raises(AttributeError, match="has no attribute 'read_batch'"):
        _ = learn.io.read_batch
