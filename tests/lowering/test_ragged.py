"""Arrays of another shape in every run: what works on them moves to the host, what follows is compiled once."""

import threading

import numpy as np
import pytest

import tracer as tf
from lowering.programs.program import Program
from lowering.run import executable
from tracer import errors

OFTEN = 5
rng = np.random.RandomState(3)
SIZES = [(5, 4), (3, 9), (7, 7), (4, 4), (8, 3), (6, 5), (3, 3), (9, 2)]
PICTURES = [rng.randint(0, 256, (*size, 3)).astype(np.uint8) for size in SIZES]


@pytest.fixture(autouse=True)
def _often_is_soon(monkeypatch):
    monkeypatch.setattr(executable, "OFTEN", OFTEN)


def files():
    with tf.Graph().as_default(), tf.Session() as session:
        contents = tf.placeholder(tf.uint8)
        encoded = tf.image.encode_png(contents)
        return [session.run(encoded, {contents: picture}) for picture in PICTURES]


def programs(session):
    """The device programs of the session's one run, as it is planned now."""
    planned = session.runs()[-1]
    while planned.successor is not None:
        planned = planned.successor
    return [step for step in planned.steps if isinstance(step, Program) and step.stage.outputs]


def thumbnail(contents):
    picture = tf.image.convert_image_dtype(tf.image.decode_png(contents, channels=3), tf.float32)
    return tf.image.resize_images(tf.image.central_crop(picture, 0.5), 4, 4)


def bilinear(picture, size):
    """What the pixels of a resized picture are, by the formula."""
    height, width, _ = picture.shape
    rows, columns = (np.arange(size, dtype=np.float32) * np.float32(old / size) for old in (height, width))
    top, left = rows.astype(int), columns.astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, along = (rows - top)[:, None, None], (columns - left)[:, None]
    above, below = (picture[at][:, left] * (1 - along) + picture[at][:, right] * along for at in (top, bottom))
    return above * (1 - down) + below * down


def expected(picture):
    height, width = (side - side // 4 * 2 for side in picture.shape[:2])
    top, left = (side // 4 for side in picture.shape[:2])
    return bilinear(picture[top:top + height, left:left + width].astype(np.float32) / 255, 4)


def test_pictures_of_all_sizes_come_to_one_program():
    contents = tf.placeholder(tf.string)
    weights = tf.Variable(np.ones((48, 2), np.float32))
    scores = tf.matmul(tf.reshape(thumbnail(contents), [1, 48]), weights)
    session = tf.Session()
    session.run(weights.initializer)
    for file, picture in zip(files(), PICTURES, strict=True):
        np.testing.assert_allclose(session.run(scores, {contents: file}), [[expected(picture).sum()] * 2], rtol=1e-5)
    (network,) = programs(session)
    assert len(network.variants) == 1
    assert {node.type for node in network.stage.nodes} == {"Const", "Squeeze", "Reshape", "MatMul"}


def test_what_follows_the_first_picture_is_not_compiled_for_the_second():
    contents = tf.placeholder(tf.string)
    session = tf.Session()
    total = tf.reduce_sum(tf.matmul(tf.reshape(thumbnail(contents), [6, 8]), np.ones((8, 8), np.float32)))
    for file in files()[:2]:
        session.run(total, {contents: file})
    *light, heavy = programs(session)
    assert [node.type for node in heavy.stage.nodes if node.type == "MatMul"] == ["MatMul"]
    assert len(heavy.variants) == 1
    assert max(len(program.variants) for program in light) == 2


def test_threads_that_run_while_the_plan_changes():
    contents = tf.placeholder(tf.string)
    small = thumbnail(contents)
    session = tf.Session()
    written = files()
    failures = []

    def work(start):
        for at in range(start, start + len(written)):
            file, picture = written[at % len(written)], PICTURES[at % len(written)]
            if not np.allclose(session.run(small, {contents: file}), expected(picture), atol=1e-5):
                failures.append(at)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert not programs(session)  # the last operation takes an axis away, which the host does at once


def test_shapes_that_threads_bring_at_once_are_noticed():
    contents = tf.placeholder(tf.string)
    small = thumbnail(contents)
    session = tf.Session()
    first, second, third, *_ = files()
    for file in (first, second):
        session.run(small, {contents: file})
    for program in programs(session):  # as other threads leave it that are told before any of them acts
        program.variants += program.variants[-1:] * OFTEN
    session.run(small, {contents: third})
    assert not programs(session)


def test_an_error_on_the_host_names_the_operation():
    contents = tf.placeholder(tf.string)
    picture = tf.image.decode_png(contents, channels=3)
    cut = tf.slice(picture, [1, 1, 0], [2, 2, 3], name="cut")
    session = tf.Session()
    for file in files()[:6]:
        assert session.run(cut, {contents: file}).shape == (2, 2, 3)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        session.run(cut, {contents: files()[-1]})  # which is two pixels wide
    assert caught.value.op.name == "cut"


def test_a_network_on_any_batch_stays_a_program(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "masking")
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.nn.relu(tf.matmul(x, np.ones((3, 2), np.float32))) + 1.0
    session = tf.Session()
    for count in range(1, OFTEN + 3):
        np.testing.assert_array_equal(session.run(y, {x: np.ones((count, 3))}), np.full((count, 2), 4.0))
    assert [len(program.variants) for program in programs(session)] == [OFTEN + 2]


def test_gradients_stay_with_what_they_differentiate():
    x, v = tf.placeholder(tf.float32), tf.Variable(2.0)
    loss = tf.reduce_sum(tf.square(x)) * v
    slope = tf.gradients(loss, [v, x])
    session = tf.Session()
    session.run(v.initializer)
    for count in range(1, OFTEN + 3):
        by_v, by_x = session.run(slope, {x: np.ones(count)})
        assert by_v == count
        np.testing.assert_array_equal(by_x, np.full(count, 4.0))
    assert programs(session)


def test_what_has_moved_in_one_run_is_differentiated_in_another():
    contents = tf.placeholder(tf.string)
    picture = tf.cast(tf.image.decode_png(contents, channels=3), tf.float32)
    small = tf.image.resize_images(picture, 4, 4)
    session = tf.Session()
    for file in files()[:5]:
        session.run(small, {contents: file})
    (slope,) = tf.gradients(small, picture)
    for file, (height, width) in zip(files()[:3], SIZES, strict=False):
        found = session.run(slope, {contents: file})
        assert found.shape == (height, width, 3)
        np.testing.assert_allclose(found.sum(), 4 * 4 * 3, rtol=1e-5)


def test_light_work_on_feeds_is_compiled_for_a_few_shapes_only(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "masking")
    x = tf.placeholder(tf.float32)
    y = tf.reduce_max(x + x) - tf.cast(tf.size(x), tf.float32)
    session = tf.Session()
    for count in range(1, OFTEN + 6):
        if count == OFTEN:
            assert len(programs(session)) == 1
        assert session.run(y, {x: np.arange(count)}) == count - 2
    assert not programs(session)
