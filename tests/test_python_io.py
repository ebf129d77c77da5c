"""TFRecord files, against the bytes that TensorFlow 0.12.1 wrote."""

import gzip
import pathlib
import zlib

import pytest

import tracer as tf
from tracer import errors, python_io

# What TensorFlow 0.12.1's TFRecordWriter wrote for these three records.
RECORDS = [b"hello", b"", b"\x00\xff" * 3]
WRITTEN = bytes.fromhex(
    "0500000000000000eab2043e68656c6c6fbb1f1c19000000000000000029039807d8ea82a206000000000000007369d53700ff00ff00ff4c812478"
)


@pytest.fixture
def records(tmp_path):
    return str(tmp_path / "records")


def test_records_are_written_as_tensorflow_writes_them(records):
    with python_io.TFRecordWriter(records) as writer:
        writer.write("hello")
        writer.write(b"")
        writer.write(RECORDS[2])
    assert pathlib.Path(records).read_bytes() == WRITTEN


@pytest.mark.parametrize("sizes", [[1 << 18, 0, 3], [(1 << 18) - 20, 5, 7], [(1 << 18) - 16, 1], [700_000, 12, 300_000]])
def test_records_may_be_longer_than_what_is_read_at_once(records, sizes):
    written = [bytes([i + 1]) * size for i, size in enumerate(sizes * 2)]
    with python_io.TFRecordWriter(records) as writer:
        for record in written:
            writer.write(record)
    assert list(python_io.tf_record_iterator(records)) == written
    whole = pathlib.Path(records).read_bytes()
    for cut in (1, 5, 30):
        read, message = read_until_damage(records, whole[:-cut])
        assert read == written[:len(read)]
        assert len(read) < len(written)
        assert message.startswith("truncated record at ")


def read_until_damage(path, contents):
    pathlib.Path(path).write_bytes(contents)
    read = []
    try:
        for record in python_io.tf_record_iterator(path):
            read.append(record)
    except errors.DataLossError as error:
        return read, error.message
    return read, "no damage found"


def test_records_are_read_as_tensorflow_wrote_them(records):
    pathlib.Path(records).write_bytes(WRITTEN)
    assert list(python_io.tf_record_iterator(records)) == RECORDS
    with pytest.raises(IOError, match="No such file"):
        list(python_io.tf_record_iterator(records + "none"))


@pytest.mark.parametrize(
    ("place", "before", "message"),
    [(0, 0, "corrupted record at 0"), (13, 0, "corrupted record at 0"), (22, 1, "corrupted record at 21"),
     (34, 1, "corrupted record at 21"), (50, 2, "corrupted record at 37")],
)  # fmt: skip
def test_a_flipped_bit_is_found(records, place, before, message):
    damaged = bytearray(WRITTEN)
    damaged[place] ^= 1
    assert read_until_damage(records, bytes(damaged)) == (RECORDS[:before], f"{message} of {records}")


@pytest.mark.parametrize(
    ("length", "before", "message"),
    [(5, 0, "truncated record at 0"), (17, 0, "truncated record at 0"), (25, 1, "truncated record at 21"),
     (58, 2, "truncated record at 37")],
)  # fmt: skip
def test_a_missing_end_is_found(records, length, before, message):
    assert read_until_damage(records, WRITTEN[:length]) == (RECORDS[:before], f"{message} of {records}")


# What TensorFlow 0.12.1 wrote for "record 0record 0record 0" and its like, by compression.
COMPRESSED = {
    "ZLIB": bytes.fromhex(
        "789c63658080579b58ec32527372f277cbcb4842c518349967b0df78d5b4880dca2fcebc6acef01f047d1a552a00775e0f0c"
        ""),
    "GZIP": bytes.fromhex(
        "1f8b080000000000000363658080579b58ec32527372f277cbcb4842c518349967b0df78d5b4880dca2fcebc6acef01f047d"
        "1a552a00713486853b000000"),
}


def options(compression):
    return python_io.TFRecordOptions(getattr(python_io.TFRecordCompressionType, compression))


def keys_and_records(path, compression):
    with tf.Graph().as_default():
        queue = tf.FIFOQueue(1, tf.string, shapes=())
        reader = tf.TFRecordReader(options=options(compression))
        pair = reader.read(queue)
        with tf.Session() as session:
            session.run(queue.enqueue([path]))
            session.run(queue.close())
            found = []
            try:
                while True:
                    found.append(tuple(session.run(pair)))
            except tf.errors.OutOfRangeError:
                return found


@pytest.mark.parametrize("compression", ["ZLIB", "GZIP"])
def test_compressed_records_are_read_as_tensorflow_wrote_them(records, compression):
    pathlib.Path(records).write_bytes(COMPRESSED[compression])
    assert list(python_io.tf_record_iterator(records, options(compression))) == RECORDS
    name = records.encode()  # the keys count what was compressed
    assert keys_and_records(records, compression) == [(name + b":0", RECORDS[0]), (name + b":21", b""),
                                                      (name + b":37", RECORDS[2])]


@pytest.mark.parametrize(("compression", "unpack"), [("ZLIB", zlib.decompress), ("GZIP", gzip.decompress)])
def test_records_are_compressed(records, compression, unpack):
    with python_io.TFRecordWriter(records, options(compression)) as writer:
        for record in RECORDS:
            writer.write(record)
    assert unpack(pathlib.Path(records).read_bytes()) == WRITTEN


@pytest.mark.parametrize("compression", ["ZLIB", "GZIP"])
@pytest.mark.parametrize("contents", [WRITTEN, COMPRESSED["ZLIB"][:-9], COMPRESSED["GZIP"][:-9]])
def test_what_was_not_compressed_so_is_damaged(records, compression, contents):
    pathlib.Path(records).write_bytes(contents)
    with pytest.raises(errors.DataLossError, match="inflate"):
        list(python_io.tf_record_iterator(records, options(compression)))
    with pytest.raises(errors.DataLossError, match="inflate"):
        keys_and_records(records, compression)


def test_compressions_have_names():
    names = python_io.TFRecordOptions.compression_type_map
    assert names == {0: "", 1: "ZLIB", 2: "GZIP"}
    assert python_io.TFRecordOptions.get_compression_type_string(None) == ""
    with pytest.raises(KeyError):
        python_io.TFRecordOptions.get_compression_type_string(python_io.TFRecordOptions(7))
