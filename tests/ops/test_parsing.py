"""Example messages, as programs of 0.5 and 0.6 asked for their features: by lists of keys and types."""

import pytest

import tracer as tf

EXAMPLE = tf.train.Example()
EXAMPLE.features.feature["label"].int64_list.value.append(7)
EXAMPLE.features.feature["pair"].float_list.value.extend([1.5, 2.5])
EXAMPLE.features.feature["words"].bytes_list.value.extend([b"a", b"bc"])
ASKED = {
    "dense_keys": ["label", "pair", "missing"], "dense_types": [tf.int64, tf.float32, tf.string],
    "dense_shapes": [(), (2,), ()], "dense_defaults": {"missing": "none"},
    "sparse_keys": ["words"], "sparse_types": [tf.string],
}


def test_features_of_one_example_by_lists():
    found = tf.parse_single_example(EXAMPLE.SerializeToString(), **ASKED)
    with tf.Session() as session:
        label, pair, missing, words = session.run([found[key] for key in ("label", "pair", "missing", "words")])
    assert (label, pair.tolist(), missing, words.values.tolist()) == (7, [1.5, 2.5], b"none", [b"a", b"bc"])


def test_features_of_a_batch_by_lists_are_numbers_by_default():
    found = tf.parse_example([EXAMPLE.SerializeToString()] * 2, names=["x", "y"], dense_keys=["label"], dense_types=[tf.int64])
    assert found["label"].get_shape().as_list() == [2]
    with tf.Session() as session:
        assert session.run(found["label"]).tolist() == [7, 7]


def test_the_default_of_a_text_stands_for_itself_in_each_row():
    found = tf.parse_example([EXAMPLE.SerializeToString()] * 2, dense_keys=["missing"], dense_types=[tf.string],
                             dense_shapes=[()], dense_defaults={"missing": "none"})
    with tf.Session() as session:
        rows, joined = session.run([found["missing"], tf.string_join([found["missing"], "."])])
    assert rows.tolist() == [b"none", b"none"]
    assert joined.tolist() == [b"none.", b"none."]


def test_a_type_for_each_key():
    with pytest.raises(ValueError, match=r"len\(dense_keys\) != len\(dense_types\): 1 vs. 0"):
        tf.parse_example(["x"], dense_keys=["label"])
    with pytest.raises(TypeError, match="features"):
        tf.parse_example(["x"])
