"""Pictures from files through readers, distortions and queues to batches, as the programs of 2016 did it."""

import numpy as np
import pytest

import tracer as tf
from tracer import errors

rng = np.random.RandomState(5)
SIDE, CROPPED, BATCH = 8, 6, 4
PIXELS = rng.randint(0, 256, (12, SIDE, SIDE, 3)).astype(np.uint8)


@pytest.fixture
def records(tmp_path):
    """Files of fixed records: a label, then the image, one channel after the other."""
    paths = []
    for part in range(2):
        path = tmp_path / f"data_batch_{part + 1}.bin"
        numbers = range(part * 6, part * 6 + 6)
        path.write_bytes(b"".join(bytes([i]) + PIXELS[i].transpose(2, 0, 1).tobytes() for i in numbers))
        paths.append(str(path))
    return paths


def read_record(queue):
    """One image and its label."""
    _, value = tf.FixedLengthRecordReader(record_bytes=1 + SIDE * SIDE * 3).read(queue)
    record = tf.decode_raw(value, tf.uint8)
    label = tf.cast(tf.slice(record, [0], [1]), tf.int32)
    planes = tf.reshape(tf.slice(record, [1], [SIDE * SIDE * 3]), [3, SIDE, SIDE])
    return tf.transpose(planes, [1, 2, 0]), label


def batches(make, count):
    """What `count` runs of `make()` give, its queues running."""
    with tf.Session() as session:
        wanted = make()
        session.run([tf.initialize_all_variables(), tf.initialize_local_variables()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        try:
            return [session.run(wanted) for _ in range(count)]
        finally:
            coordinator.request_stop()
            coordinator.join(threads)


def test_records_come_as_they_were_written(records):
    def make():
        image, label = read_record(tf.train.string_input_producer(records, shuffle=False))
        return tf.train.batch([image, label], BATCH)

    for i, (images, labels) in enumerate(batches(make, 3)):
        assert labels.ravel().tolist() == list(range(i * BATCH, (i + 1) * BATCH))
        np.testing.assert_array_equal(images, PIXELS[i * BATCH:(i + 1) * BATCH])


def test_evaluation_crops_and_whitens(records):
    def make():
        image, label = read_record(tf.train.string_input_producer(records, shuffle=False))
        cropped = tf.image.resize_image_with_crop_or_pad(tf.cast(image, tf.float32), CROPPED, CROPPED)
        return tf.train.batch([tf.image.per_image_whitening(cropped), label], BATCH)

    ((images, _),) = batches(make, 1)
    middle = PIXELS[:BATCH, 1:-1, 1:-1].astype(np.float64)
    mean, deviation = (measure(middle, (1, 2, 3), keepdims=True) for measure in (np.mean, np.std))
    np.testing.assert_allclose(images, (middle - mean) / deviation, rtol=1e-3, atol=1e-4)


def test_training_distorts_and_shuffles(records):
    def make():
        image, label = read_record(tf.train.string_input_producer(records))
        image = tf.random_crop(tf.cast(image, tf.float32), [CROPPED, CROPPED, 3])
        image = tf.image.random_flip_left_right(image)
        image = tf.image.random_brightness(image, max_delta=63)
        image = tf.image.random_contrast(image, lower=0.2, upper=1.8)
        image = tf.image.per_image_whitening(image)
        images, labels = tf.train.shuffle_batch([image, label], BATCH, capacity=24, min_after_dequeue=8, num_threads=3)
        tf.image_summary("images", images)
        return images, tf.reshape(labels, [BATCH]), tf.merge_all_summaries()

    found = batches(make, 3)
    for images, labels, summary in found:
        assert images.shape == (BATCH, CROPPED, CROPPED, 3)
        np.testing.assert_allclose(images.mean((1, 2, 3)), 0, atol=1e-4)
        np.testing.assert_allclose(images.std((1, 2, 3)), 1, atol=1e-3)
        assert set(labels) <= set(range(12))
        values = [value for value in tf.Summary.FromString(summary).value if value.HasField("image")]
        assert [value.tag for value in values] == [f"images/image/{i}" for i in range(3)]
        assert {(value.image.height, value.image.width) for value in values} == {(CROPPED, CROPPED)}
    assert len({tuple(labels) for _, labels, _ in found}) > 1


def test_pictures_of_all_sizes_are_batched(tmp_path):
    sizes = [(9, 14), (12, 7), (7, 7), (20, 11), (8, 30), (16, 16)]
    colors = rng.randint(0, 256, (len(sizes), 3)).astype(np.uint8)
    with tf.Session() as session:
        for i, size in enumerate(sizes):
            picture = np.broadcast_to(colors[i], (*size, 3))
            (tmp_path / f"{i}.png").write_bytes(session.run(tf.image.encode_png(picture)))

    def make():
        paths = [str(tmp_path / f"{i}.png") for i in range(len(sizes))]
        _, contents = tf.WholeFileReader().read(tf.train.string_input_producer(paths, num_epochs=2, shuffle=False))
        picture = tf.image.convert_image_dtype(tf.image.decode_png(contents, channels=3), tf.float32)
        picture = tf.random_crop(tf.image.resize_images(picture, 7, 9), [5, 5, 3])
        return tf.train.batch([tf.image.random_flip_up_down(picture)], 3)

    found = batches(make, 4)
    for i, images in enumerate(found):
        expected = colors[[(3 * i + j) % len(sizes) for j in range(3)]] / 255
        np.testing.assert_allclose(images, np.broadcast_to(expected[:, None, None], images.shape), rtol=1e-5)


def test_a_damaged_file_ends_the_queue_with_its_error(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 no picture")
    _, contents = tf.WholeFileReader().read(tf.train.string_input_producer([str(tmp_path / "bad.jpg")]))
    images = tf.train.batch([tf.image.resize_images(tf.image.decode_jpeg(contents, channels=3), 4, 4)], 2)
    with tf.Session() as session:
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        with pytest.raises(errors.OutOfRangeError):
            session.run(images)
        with pytest.raises(errors.InvalidArgumentError, match="Invalid JPEG data, size 13"):
            coordinator.join(threads)


@pytest.mark.parametrize("shape", [[4, 5, 3], None])
def test_random_crop_of_an_image(shape):
    """What TensorFlow 0.6 had for images: all channels, of a height and width."""
    image = tf.placeholder(tf.float32, shape)
    crop = tf.image.random_crop(image, [2, 3], seed=1)
    assert crop.get_shape().as_list() == ([2, 3, 3] if shape else [None] * 3)
    pixels = np.arange(60, dtype=np.float32).reshape(4, 5, 3)
    with tf.Session() as session:
        found = session.run(crop, {image: pixels})
    row, column = divmod(int(found[0, 0, 0]) // 3, 5)
    np.testing.assert_array_equal(found, pixels[row:row + 2, column:column + 3])
