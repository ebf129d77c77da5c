"""Damaged files end in an error with a name, never in a wrong value; queues lose and double nothing."""

import random
import threading

import numpy as np
import pytest

import tracer as tf
from tracer import errors

TRIALS = 60


def damaged(data, draw):
    """The data with some bytes changed, cut off, or taken out."""
    changed = bytearray(data)
    kind = draw.randrange(3)
    at = draw.randrange(len(changed))
    if kind == 0:
        changed[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        del changed[at:]
    else:
        del changed[at:at + draw.randrange(1, 9)]
    return bytes(changed)


@pytest.mark.parametrize("version", [1, 2])
def test_damaged_checkpoints(tmp_path, version):
    values = {"a": np.arange(300, dtype=np.float32), "b": np.array([[1, -2], [3, 4]], np.int64)}
    with tf.Graph().as_default(), tf.Session() as sess:
        for name, value in values.items():
            tf.Variable(value, name=name)
        sess.run(tf.initialize_all_variables())
        tf.train.Saver(write_version=version).save(sess, str(tmp_path / "model"), write_meta_graph=False)
    files = [path for path in tmp_path.iterdir() if path.name.startswith("model")]
    draw = random.Random(version)
    refused = 0
    for _ in range(TRIALS):
        path = draw.choice(files)
        whole = path.read_bytes()
        path.write_bytes(damaged(whole, draw))
        try:
            reader = tf.train.NewCheckpointReader(str(tmp_path / "model"))
            for name in reader.get_variable_to_shape_map():
                np.testing.assert_array_equal(reader.get_tensor(name), values[name])
        except errors.OpError:
            refused += 1
        path.write_bytes(whole)
    assert refused > TRIALS // 2


def test_damaged_records(tmp_path):
    path = tmp_path / "records"
    records = [bytes([i]) * (i * 7) for i in range(20)]
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    whole = path.read_bytes()
    draw = random.Random(3)
    refusals = []
    for _ in range(TRIALS):
        path.write_bytes(damaged(whole, draw))
        seen = []
        try:
            seen.extend(tf.python_io.tf_record_iterator(str(path)))
        except errors.DataLossError as error:
            refusals.append(str(error))
        assert seen == records[:len(seen)]
    assert len(refusals) > TRIALS // 2
    assert all(str(path) in words for words in refusals)


def test_many_producers_and_consumers():
    producers, consumers, each = 8, 2, 250
    queue = tf.FIFOQueue(20, [tf.int64], shapes=[()])
    number = tf.placeholder(tf.int64, ())
    put, take, close = queue.enqueue(number), queue.dequeue(), queue.close()
    taken = [[] for _ in range(consumers)]
    with tf.Session() as sess:
        def produce(first):
            for i in range(each):
                sess.run(put, {number: first * each + i})

        def consume(into):
            try:
                while True:
                    into.append(int(sess.run(take)))
            except errors.OutOfRangeError:
                pass

        filling = [threading.Thread(target=produce, args=(i,)) for i in range(producers)]
        emptying = [threading.Thread(target=consume, args=(into,)) for into in taken]
        for thread in filling + emptying:
            thread.start()
        for thread in filling:
            thread.join(60)
        sess.run(close)
        for thread in emptying:
            thread.join(60)
    assert sorted(taken[0] + taken[1]) == list(range(producers * each))
    for into in taken:  # of one producer's elements each consumer sees a part, in order
        for i in range(producers):
            own = [n for n in into if n // each == i]
            assert own == sorted(own)
