"""Examples read by the arrangement of earlier ones: what comes out is what the protobuf library reads."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import tracer as tf
from tests.stress.damage import damaged

FEATURES = {
    "image": tf.FixedLenFeature([], tf.string), "label": tf.FixedLenFeature([], tf.int64),
    "numbers": tf.FixedLenFeature([2, 2], tf.float32), "pair": tf.FixedLenFeature([2], tf.int64),
    "scale": tf.FixedLenFeature([], tf.float32), "words": tf.FixedLenFeature([2], tf.string),
    "maybe": tf.FixedLenFeature([], tf.int64, default_value=7), "ids": tf.VarLenFeature(tf.int64),
    "names": tf.VarLenFeature(tf.string), "weights": tf.VarLenFeature(tf.float32),
}


def _message(draw: random.Random) -> Any:
    """An example; those of one draw differ mostly in their values."""
    message = tf.train.Example()
    feature = message.features.feature
    feature["image"].bytes_list.value.append(draw.randbytes(8))
    feature["label"].int64_list.value.append(draw.choice([0, 3, 127, 128, 1 << 40, -1, -(1 << 63)]))
    feature["numbers"].float_list.value.extend(draw.random() for _ in range(4))
    feature["pair"].int64_list.value.extend(draw.choice([1, 2, 300, -5]) for _ in range(2))
    feature["scale"].float_list.value.append(draw.random())
    feature["words"].bytes_list.value.extend([draw.randbytes(3), draw.randbytes(2)])
    feature["ids"].int64_list.value.extend(draw.choice([5, 500, -1]) for _ in range(draw.choice([0, 2, 2, 2])))
    feature["other"].int64_list.value.extend([draw.randrange(200), 1])
    if draw.random() < 0.3:
        feature["maybe"].int64_list.value.append(draw.randrange(100))
    if draw.random() < 0.8:
        feature["names"].bytes_list.value.extend(draw.randbytes(2) for _ in range(3))
    return message


def _expected(message: Any) -> dict[str, Any]:
    """What the library says of a message."""
    feature = message.features.feature
    lists = {key: list(getattr(feature[key], kind).value) for key, kind in (
        ("image", "bytes_list"), ("label", "int64_list"), ("numbers", "float_list"), ("pair", "int64_list"),
        ("scale", "float_list"), ("words", "bytes_list"), ("ids", "int64_list"), ("names", "bytes_list"),
        ("weights", "float_list"))}
    lists["maybe"] = list(feature["maybe"].int64_list.value) if "maybe" in feature else [7]
    return lists


def test_many_examples_one_after_the_other() -> None:
    draw = random.Random(1)
    serialized = tf.placeholder(tf.string, [])
    parsed = tf.parse_single_example(serialized, FEATURES)
    with tf.Session() as session:
        for _ in range(300):
            message = _message(draw)
            expected = _expected(tf.train.Example.FromString(message.SerializeToString()))
            found = session.run(parsed, {serialized: message.SerializeToString()})
            for key, values in expected.items():
                value = found[key].values if isinstance(FEATURES[key], tf.VarLenFeature) else found[key]
                wanted = np.array(values, object if value.dtype == object else value.dtype) if isinstance(
                    value, np.ndarray) else values[0]
                np.testing.assert_array_equal(np.reshape(value, -1), np.reshape(wanted, -1))


def test_a_batch_of_examples() -> None:
    draw = random.Random(2)
    messages = [_message(draw) for _ in range(64)]
    parsed = tf.parse_example([message.SerializeToString() for message in messages], FEATURES)
    with tf.Session() as session:
        first, second = session.run(parsed), session.run(parsed)
    for found in (first, second):
        assert found["label"].tolist() == [_expected(message)["label"][0] for message in messages]
        assert found["ids"].values.tolist() == [n for message in messages for n in _expected(message)["ids"]]
        assert found["ids"].shape.tolist() == [64, 2]
        np.testing.assert_array_equal(
            found["numbers"], np.array([_expected(m)["numbers"] for m in messages], np.float32).reshape(64, 2, 2))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_examples_are_what_the_library_says_of_them(seed: int) -> None:
    draw = random.Random(seed)
    whole = _message(draw).SerializeToString()
    serialized = tf.placeholder(tf.string, [])
    known = tf.parse_single_example(serialized, {"label": FEATURES["label"], "pair": FEATURES["pair"],
                                                 "image": FEATURES["image"]})
    with tf.Session() as session:
        session.run(known, {serialized: whole})
        for _ in range(150):
            data = damaged(whole, draw)
            try:
                feature = tf.train.Example.FromString(data).features.feature
                lists = [list(feature[key].int64_list.value) for key in ("label", "pair")]
                image = list(feature["image"].bytes_list.value)
                fits = [len(values) for values in (*lists, image)] == [1, 2, 1]
            except Exception:
                fits = False
            if not fits:
                with pytest.raises(tf.errors.InvalidArgumentError):
                    session.run(known, {serialized: data})
                continue
            found = session.run(known, {serialized: data})
            assert [[found["label"]], found["pair"].tolist(), [found["image"]]] == [*lists, image]
