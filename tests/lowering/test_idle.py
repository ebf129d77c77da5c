"""Pictures distorted between host steps are NumPy's work, with the numbers that programs give."""

import numpy as np
import pytest

import tracer as tf
from lowering.host.philox import Drawn
from lowering.plan.stages import HostStage
from lowering.run.bursts import Burst

PICTURE = np.arange(10 * 8 * 3, dtype=np.uint8).tobytes()


def distorted(text):
    tf.set_random_seed(3)
    picture = tf.cast(tf.transpose(tf.reshape(tf.decode_raw(text, tf.uint8), [3, 10, 8]), [1, 2, 0]), tf.float32)
    picture = tf.image.random_flip_left_right(tf.random_crop(picture, [6, 5, 3]))
    picture = tf.image.random_contrast(tf.image.random_brightness(picture, max_delta=63), lower=0.2, upper=1.8)
    return tf.image.per_image_whitening(picture)


def all_runs(runs):
    text = tf.placeholder(tf.string, [])
    drawn = tf.random_uniform([], seed=5)
    queue = tf.FIFOQueue(100, [tf.float32, tf.float32])
    put = queue.enqueue([distorted(text), drawn])
    with tf.Session() as session:
        for _ in range(runs):
            session.run(put, {text: PICTURE})
        is_straight = session.runs()[-1].straight is not None
        found = [session.run(queue.dequeue()) for _ in range(runs)]
        alone = session.run(drawn)  # the stream goes on, in a program
        session.run(put, {text: PICTURE})
        return is_straight, [*found, (alone, alone), session.run(queue.dequeue())]


def test_distorted_pictures_are_those_of_programs(monkeypatch):
    monkeypatch.setattr(Drawn, "RUNS", 4)
    monkeypatch.setenv("TRACER_WITHOUT", "")
    is_straight, found = all_runs(10)
    tf.reset_default_graph()
    monkeypatch.setenv("TRACER_WITHOUT", "idle,straight")
    _, wanted = all_runs(10)
    assert is_straight
    for (picture, drawn), (same, as_drawn) in zip(found, wanted, strict=True):
        np.testing.assert_allclose(picture, same, rtol=1e-4, atol=1e-4)
        assert drawn == as_drawn
    assert len({float(drawn) for _, drawn in found}) == 12


@pytest.mark.parametrize("capacity", [9, 200])
def test_several_runs_at_once_draw_as_single_ones(capacity, tmp_path, monkeypatch):
    monkeypatch.setattr(Drawn, "RUNS", 16)
    (tmp_path / "pictures").write_bytes(np.random.RandomState(0).bytes(100 * len(PICTURE)))

    def pictures():
        tf.reset_default_graph()
        files = tf.train.string_input_producer([str(tmp_path / "pictures")], num_epochs=2)
        picture = distorted(tf.FixedLengthRecordReader(len(PICTURE)).read(files)[1])
        queue = tf.FIFOQueue(capacity, [tf.float32], [[6, 5, 3]])
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue([tf.image.flip_up_down(picture)])]))
        take = queue.dequeue()
        with tf.Session() as session:
            session.run(tf.initialize_all_variables())
            coordinator = tf.train.Coordinator()
            threads = tf.train.start_queue_runners(session, coordinator)
            found = [session.run(take) for _ in range(200)]
            coordinator.request_stop()
            coordinator.join(threads)
        return np.stack(found)

    counts = []
    columns = Burst._columns
    monkeypatch.setattr(Burst, "_columns", lambda *given: [counts.append(len(given[2])), columns(*given)][1])
    monkeypatch.setenv("TRACER_WITHOUT", "")
    found = pictures()
    assert sum(counts) > 50
    monkeypatch.setenv("TRACER_WITHOUT", "bursts")
    np.testing.assert_allclose(found, pictures(), rtol=1e-5, atol=1e-5)


def test_whole_numbers_are_drawn_as_in_programs(monkeypatch):
    def numbers():
        text = tf.placeholder(tf.string, [])
        drawn = tf.random_uniform([5], -3, 1000, tf.int32, seed=2) + tf.decode_raw(text, tf.int32)
        joined = tf.as_string(drawn)
        with tf.Session() as session:
            return [session.run(joined, {text: np.zeros(5, np.int32).tobytes()}).tolist() for _ in range(4)]

    monkeypatch.setenv("TRACER_WITHOUT", "")
    found = numbers()
    tf.reset_default_graph()
    monkeypatch.setenv("TRACER_WITHOUT", "all")
    assert found == numbers()


def test_a_crop_that_does_not_fit_is_tensorflows_error():
    text = tf.placeholder(tf.string, [])
    size = tf.decode_raw(text, tf.int32)
    picture = tf.random_crop(tf.reshape(size, [-1, 1]), [3, 1], seed=1)
    queue = tf.FIFOQueue(9, [tf.int32])
    put = queue.enqueue([picture])
    with tf.Session() as session:
        for _ in range(3):
            session.run(put, {text: np.arange(4, dtype=np.int32).tobytes()})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Need value\.shape >= size"):
            session.run(put, {text: np.arange(2, dtype=np.int32).tobytes()})
        assert session.run(queue.size()) == 3


def test_a_remainder_by_zero_is_tensorflows_error():
    text = tf.placeholder(tf.string, [])
    by = tf.decode_raw(text, tf.int32)
    by.set_shape([1])
    shown = tf.as_string(tf.mod(tf.constant([7]), by))
    with tf.Session() as session:
        for number in (4, 5, 3):
            assert session.run(shown, {text: np.int32(number).tobytes()}).tolist() == [str(7 % number).encode()]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"):
            session.run(shown, {text: np.int32(0).tobytes()})


def test_what_a_program_takes_as_well_stays_there(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    text = tf.placeholder(tf.string, [])
    numbers = tf.decode_raw(text, tf.float32)
    numbers.set_shape([4])
    scaled = numbers * tf.random_uniform([], seed=1)
    weight = tf.Variable(tf.ones([4]))
    loss = tf.reduce_sum(scaled * weight)
    shown = tf.as_string(scaled)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        values, total, slope = session.run([shown, loss, tf.gradients(loss, weight)[0]],
                                           {text: np.ones(4, np.float32).tobytes()})
        stages = session.runs()[-1].plan.stages
    moved = {node.type for stage in stages if isinstance(stage, HostStage) for node in stage.nodes}
    assert "DecodeRaw" in moved
    assert moved.isdisjoint({"Mul", "RandomUniform"})
    np.testing.assert_allclose([float(value) for value in values], slope, rtol=1e-5)
    np.testing.assert_allclose(total, slope.sum(), rtol=1e-6)


@pytest.mark.parametrize(("build", "message"), [
    (lambda x, one: tf.reshape(x, one), "sizes input must be 1-D"),
    (lambda x, one: tf.slice(x, one, one), "Expected begin and size arguments to be 1-D"),
])
def test_sizes_that_are_no_vectors(build, message):
    x, one = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
    y = build(x, one)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(y, {x: [7.0], one: 1})
