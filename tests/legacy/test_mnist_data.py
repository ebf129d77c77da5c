"""`input_data`: reading IDX files, batches as TensorFlow 0.8 handed them out, downloads, and damaged files."""

import gzip
import hashlib
import http.server
import importlib
import os
import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import tracer as tf
from tracer import legacy
from tracer.legacy.datasets import idx, mnist

DIGITS = Path(os.environ.get("TRACER_MNIST") or Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist")
needs_digits = pytest.mark.skipif(not (DIGITS / mnist.TRAIN_IMAGES).exists(), reason="set TRACER_MNIST to the digits")
TRAIN, TEST = 5007, 12


def images_file(count, seed=0):
    pixels = np.random.RandomState(seed).randint(0, 256, (count, 28, 28), np.uint8)
    return struct.pack(">4I", 2051, count, 28, 28) + pixels.tobytes(), pixels


def labels_file(count, seed=1):
    labels = np.random.RandomState(seed).randint(0, 10, count).astype(np.uint8)
    return struct.pack(">2I", 2049, count) + labels.tobytes(), labels


def contents():
    """The four files, small, by name; unpacked."""
    return {
        mnist.TRAIN_IMAGES: images_file(TRAIN)[0],
        mnist.TRAIN_LABELS: labels_file(TRAIN)[0],
        mnist.TEST_IMAGES: images_file(TEST, 2)[0],
        mnist.TEST_LABELS: labels_file(TEST, 3)[0],
    }


@pytest.fixture
def folder(tmp_path):
    """A folder with the four files, small ones."""
    for name, data in contents().items():
        (tmp_path / name).write_bytes(gzip.compress(data, 1))
    return tmp_path


def test_three_sets_in_order(folder):
    sets = mnist.read_data_sets(str(folder))
    pixels, labels = images_file(TRAIN)[1], labels_file(TRAIN)[1]
    assert sets._fields == ("train", "validation", "test")
    assert [part.num_examples for part in sets] == [TRAIN - 5000, 5000, TEST]
    assert sets.train.images.shape == (TRAIN - 5000, 784)
    assert sets.train.images.dtype == np.float32
    np.testing.assert_allclose(sets.validation.images[3], pixels[3].ravel() / 255.0, rtol=1e-6)
    np.testing.assert_array_equal(sets.validation.labels, labels[:5000])
    np.testing.assert_array_equal(sets.train.labels, labels[5000:])


def test_one_hot_and_uint8(folder):
    sets = mnist.read_data_sets(str(folder), one_hot=True, dtype=tf.uint8)
    np.testing.assert_array_equal(sets.test.labels.argmax(1), labels_file(TEST, 3)[1])
    np.testing.assert_array_equal(sets.test.labels.sum(1), np.ones(TEST))
    np.testing.assert_array_equal(sets.test.images, images_file(TEST, 2)[1].reshape(TEST, 784))


def test_pictures_may_keep_their_shape_and_validation_its_size(folder):
    """Arguments of 0.10 and 0.12."""
    sets = mnist.read_data_sets(str(folder), reshape=False, validation_size=7)
    assert [part.images.shape for part in sets] == [(TRAIN - 7, 28, 28, 1), (7, 28, 28, 1), (TEST, 28, 28, 1)]
    with pytest.raises(ValueError, match=rf"Validation size should be between 0 and {TRAIN}. Received: -1"):
        mnist.read_data_sets(str(folder), validation_size=-1)


def test_another_dtype_is_refused(folder):
    with pytest.raises(TypeError, match=r"Invalid image dtype tf\.int32, expected uint8 or float32"):
        mnist.read_data_sets(str(folder), dtype=tf.int32)


def test_what_is_extracted_is_said(folder, capsys):
    mnist.read_data_sets(str(folder))
    assert capsys.readouterr().out.splitlines()[0] == f"Extracting {folder / mnist.TRAIN_IMAGES}"


def test_an_open_file_is_read_too(folder, capsys):
    with open(folder / mnist.TRAIN_IMAGES, "rb") as images, open(folder / mnist.TRAIN_LABELS, "rb") as labels:
        np.testing.assert_array_equal(mnist.extract_images(images)[..., 0], images_file(TRAIN)[1])
        np.testing.assert_array_equal(mnist.extract_labels(labels), labels_file(TRAIN)[1])
        assert not images.closed
    assert capsys.readouterr().out.splitlines()[0] == f"Extracting {folder / mnist.TRAIN_IMAGES}"


def test_unpacked_files_are_read(folder):
    for name, data in contents().items():
        (folder / name).unlink()
        (folder / name.removesuffix(".gz")).write_bytes(data)
    assert mnist.read_data_sets(str(folder)).train.num_examples == TRAIN - 5000


def test_batches_go_through_all_in_order_then_shuffle(folder):
    train = mnist.read_data_sets(str(folder)).test
    order = images_file(TEST, 2)[1].reshape(TEST, 784).astype(np.float32) * np.float32(1 / 255)
    np.testing.assert_array_equal(train.next_batch(5)[0], order[:5])
    np.testing.assert_array_equal(train.next_batch(5)[0], order[5:10])
    assert train.epochs_completed == 0
    np.random.seed(7)
    images, labels = train.next_batch(5)  # two are left: they are skipped
    shuffled = np.arange(TEST)
    np.random.RandomState(7).shuffle(shuffled)
    np.testing.assert_array_equal(images, order[shuffled[:5]])
    np.testing.assert_array_equal(labels, labels_file(TEST, 3)[1][shuffled[:5]])
    assert train.epochs_completed == 1


def test_a_batch_of_all_ends_an_epoch_only_when_the_next_begins(folder):
    train = mnist.read_data_sets(str(folder)).test
    train.next_batch(TEST)
    assert train.epochs_completed == 0
    train.next_batch(TEST)
    assert train.epochs_completed == 1


def test_a_batch_larger_than_the_set_is_refused(folder):
    with pytest.raises(AssertionError):
        mnist.read_data_sets(str(folder)).test.next_batch(TEST + 1)


def test_fake_data_needs_no_files(tmp_path):
    sets = mnist.read_data_sets(str(tmp_path / "nowhere"), fake_data=True, one_hot=True)
    images, labels = sets.train.next_batch(2, True)
    assert sets.train.num_examples == 10000
    assert np.array(images).tolist() == np.ones((2, 784)).tolist()
    assert labels == [[1] + [0] * 9] * 2
    assert mnist.read_data_sets("", fake_data=True).train.next_batch(1, True)[1] == [0]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda packed, data: packed[:-100], "truncated"),
        (lambda packed, data: packed[:40] + b"\0\0\0\0" + packed[44:], "corrupt"),
        (lambda packed, data: data[:-1], "truncated: its header promises"),
        (lambda packed, data: data + b"x", "corrupt: its header promises"),
        (lambda packed, data: data[:3], "too few even for the header"),
        (lambda packed, data: b"\0\0\0\7" + data[4:], "Invalid magic number 7 in MNIST image file"),
    ],
)
def test_a_damaged_file_is_named_and_kept(folder, damage, says):
    data = contents()[mnist.TRAIN_IMAGES]
    path = folder / mnist.TRAIN_IMAGES
    damaged = damage(gzip.compress(data, 1), data)
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=says) as caught:
        mnist.read_data_sets(str(folder))
    assert str(path) in str(caught.value)
    assert path.read_bytes() == damaged


def test_as_a_module_of_its_own_name(folder, monkeypatch):
    legacy.install()
    try:
        module = importlib.import_module("input_data")
        assert module.read_data_sets(str(folder)).test.num_examples == TEST
    finally:
        legacy.uninstall()
    assert "input_data" not in sys.modules


def test_a_module_beside_the_script_comes_first(tmp_path, monkeypatch):
    (tmp_path / "input_data.py").write_text("mine = True\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    legacy.install([str(tmp_path)])
    try:
        assert importlib.import_module("input_data").mine
    finally:
        legacy.uninstall()


# Downloads


@pytest.fixture
def server(monkeypatch):
    """A server on this machine; `server.files` maps names to what it sends, `server.cut` shortens them on the way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            data = httpd.files.get(self.path.strip("/"))
            if data is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(data) + httpd.cut))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            pass

    httpd = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    httpd.files = {name: gzip.compress(data, 1) for name, data in contents().items()}
    httpd.cut = 0
    address = f"http://127.0.0.1:{httpd.server_address[1]}/"
    monkeypatch.setattr(mnist, "SOURCE_URL", address)
    monkeypatch.setattr(idx, "MIRRORS", (address,))
    digests = {n: idx._Contents(len(d), hashlib.sha256(d).hexdigest()) for n, d in contents().items()}
    monkeypatch.setattr(idx, "_DIGITS", digests)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_missing_files_are_downloaded_with_a_progress_bar(server, tmp_path, capsys):
    sets = mnist.read_data_sets(str(tmp_path / "new"))
    assert sets.train.num_examples == TRAIN - 5000
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(server.files)
    assert mnist.TRAIN_IMAGES in capsys.readouterr().err


def test_what_is_there_is_not_downloaded(server, folder):
    server.files.clear()
    assert mnist.read_data_sets(str(folder)).test.num_examples == TEST


@pytest.mark.parametrize("wrong", ["checksum", "length", "cut"])
def test_a_wrong_download_leaves_nothing(server, tmp_path, wrong):
    data = contents()[mnist.TRAIN_IMAGES]
    if wrong == "checksum":
        server.files[mnist.TRAIN_IMAGES] = gzip.compress(data[:-1] + b"\0" if data[-1] else data[:-1] + b"\1", 1)
    elif wrong == "length":
        server.files[mnist.TRAIN_IMAGES] = gzip.compress(data[:-1], 1)
    else:
        server.cut = 10
    with pytest.raises(OSError, match=r"bytes came|IncompleteRead|wrong checksum|instead of"):
        mnist.read_data_sets(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_one_line_says_which_files_to_put_where(server, folder):
    server.files.clear()
    (folder / mnist.TRAIN_LABELS).unlink()
    (folder / mnist.TEST_IMAGES).unlink()
    with pytest.raises(OSError, match="cannot be downloaded") as caught:
        mnist.read_data_sets(str(folder))
    message = str(caught.value)
    assert f"put {mnist.TRAIN_LABELS}, {mnist.TEST_IMAGES} into {folder}" in message
    assert "\n" not in message


# The digits themselves


@needs_digits
def test_the_digits_are_the_ones_the_download_would_be_checked_against():
    for name, wanted in idx._DIGITS.items():
        data = gzip.decompress((DIGITS / name).read_bytes())
        assert len(data) == wanted.length
        assert hashlib.sha256(data).hexdigest() == wanted.sha256


@needs_digits
def test_the_digits_come_as_tensorflow_0_12_1_gave_them():
    """MD5 of the arrays that the real TensorFlow's read_data_sets and next_batch(100), 601 times, gave."""

    def md5(array):
        return hashlib.md5(np.ascontiguousarray(array).tobytes()).hexdigest()

    np.random.seed(3)
    sets = mnist.read_data_sets(str(DIGITS), one_hot=True)
    assert md5(sets.train.images) == "0530f260a588e0e5b4e6fa4d01c1f577"
    assert md5(sets.train.labels) == "c3a8d3cc0ddd2610d16c5b13e8c6ad50"
    assert md5(sets.validation.images) == "245ff294503c9d5416972a7652f6871e"
    assert md5(sets.test.labels) == "66bf07c20ddae6ea27a13ee0e47f4dd8"
    assert md5(sets.train.next_batch(100)[0]) == "d856e70cdb4f6c5959575041466606dd"
    for _ in range(600):
        images, labels = sets.train.next_batch(100)
    assert (md5(images), md5(labels)) == ("1caaece77415415b2e6015403f06936e", "66db5d4f9eb0aa46a025008429bb761b")
    assert sets.train.epochs_completed == 1
