"""The files of checkpoints: byte for byte those of TensorFlow 0.12.1, and damage is named."""

import os
import pathlib
import random

import numpy as np
import pytest

import tracer as tf
from lowering.host import checkpoint_v1, checkpoint_v2, slices, snappy, table
from lowering.host.checkpoint import open_checkpoint
from tests.reference import checkpoint_values
from tracer import errors
from tracer.ops import io

RECORDED = pathlib.Path(__file__).resolve().parent.parent / "reference" / "checkpoints"
VERSIONS = {"v1": 1, "v2": 2}


def typed(name, value):
    """The recorded tensor called `name`, of its own type."""
    value = np.asarray(value)
    return value.view(tf.as_dtype(name).as_numpy_dtype) if name in checkpoint_values.QUANTIZED else value


def types():
    return {name: typed(name, value) for name, value in sorted(checkpoint_values.types().items())}


def type_items():
    return [checkpoint_v1.Item(name.encode(), "", value) for name, value in types().items()]


def slice_items():
    for name, shape, parts in checkpoint_values.SLICES:
        whole = checkpoint_values.whole(shape)
        for offset, sizes in parts:
            spec = " ".join(map(str, shape)) + " " + ":".join(f"{o},{s}" for o, s in zip(offset, sizes, strict=True))
            window = tuple(slice(o, o + s) for o, s in zip(offset, sizes, strict=True))
            yield checkpoint_v1.Item(name.encode(), spec, whole[window])


def everything(reader):
    return {name: reader.read(name, (slices.WHOLE,) * len(shape)) for name, (_, shape) in reader.tensors.items()}


# -- the formats, against what TensorFlow wrote


@pytest.mark.parametrize("name", ["types", "sliced"])
def test_one_file_is_written_as_tensorflow_writes_it(tmp_path, name):
    path = tmp_path / "file"
    checkpoint_v1.write(str(path), type_items() if name == "types" else list(slice_items()))
    assert path.read_bytes() == (RECORDED / f"{name}.v1").read_bytes()
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["types", "sliced"])
def test_index_and_data_are_written_as_tensorflow_writes_them(tmp_path, name):
    checkpoint_v2.write(str(tmp_path / "file"), type_items() if name == "types" else list(slice_items()))
    for ending in (".index", ".data-00000-of-00001"):
        assert (tmp_path / f"file{ending}").read_bytes() == (RECORDED / f"{name}.v2{ending}").read_bytes()
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", checkpoint_values.types())
def test_every_type_is_read(version, name):
    got = tf.train.NewCheckpointReader(str(RECORDED / f"types.{version}")).get_tensor(name)
    want = checkpoint_values.types()[name]  # quantized numbers are plain ones to whoever reads them
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("spec", "window"), [
    ("", np.s_[:, :, :]), ("2 70 3 -:-:-", np.s_[:, :, :]), ("2 70 3 0,2:0,64:0,1", np.s_[:, :64, :1]),
    ("2 70 3 1,1:60,8:-", np.s_[1:, 60:68]), ("2 70 3 -:-:2,1", np.s_[:, :, 2:]),
])  # fmt: skip
def test_slices_are_put_together(version, spec, window):
    with tf.Session() as sess:
        got = sess.run(io._restore_slice(str(RECORDED / f"sliced.{version}"), "blocks", spec, tf.float32))
    np.testing.assert_array_equal(got, checkpoint_values.whole([2, 70, 3])[window])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reader_lists_what_there_is(version):
    reader = tf.train.NewCheckpointReader(str(RECORDED / "saver" / version / "model-8"))
    want = checkpoint_values.layers()
    assert reader.get_variable_to_shape_map() == {name: list(np.shape(value)) for name, value in want.items()}
    assert reader.get_variable_to_dtype_map()["global_step"] == tf.int64
    assert reader.has_tensor("layer0/biases")
    assert not reader.has_tensor("layer9/biases")
    assert b"layer0/biases (DT_FLOAT) [3]\n" in reader.debug_string()
    with pytest.raises(errors.NotFoundError, match="not found in checkpoint"):
        reader.get_tensor("layer9/biases")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_saver_restores_what_tensorflow_saved(version):
    want = checkpoint_values.layers()
    variables = {name: tf.Variable(np.zeros_like(value), name=name) for name, value in want.items()}
    folder = str(RECORDED / "saver" / version)
    assert tf.train.latest_checkpoint(folder) == os.path.join(folder, "model-8")
    with tf.Session() as sess:
        tf.train.Saver().restore(sess, tf.train.latest_checkpoint(folder))
        for name, value in sess.run(variables).items():
            np.testing.assert_array_equal(value, want[name])


# -- tables


def rows(count, size):
    generator = random.Random(1)
    return sorted({b"%08d" % generator.randrange(10**8): generator.randbytes(generator.randrange(size))
                   for _ in range(count)}.items())


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 10), (100, 5), (3000, 1000), (20, 700_000)])
def test_a_table_gives_back_its_entries(tmp_path, count, size):
    entries = rows(count, size)
    with open(tmp_path / "table", "wb") as file:
        writer = table.TableWriter(file)
        for key, value in entries:
            writer.add(key, value)
        writer.finish()
    with table.Table(str(tmp_path / "table")) as read:
        assert [(key, bytes(value)) for key, value in read.items()] == entries
        assert all(bytes(read.get(key)) == value for key, value in entries[::7])
        assert read.get(b"00000000x") is None
        assert read.get(b"99999999x") is None


# Written by hand from the description of the format.
@pytest.mark.parametrize(("compressed", "plain"), [
    (b"\x03\x08abc", b"abc"),
    (b"\x00", b""),
    (b"\x0c\x00a\x11\x01\x08bcd", b"aaaaaaaaabcd"),
])  # fmt: skip
def test_small_snappy_streams(compressed, plain):
    assert snappy.decompress(compressed) == plain


def compressed(data):
    """`data` as a Snappy stream with literals of every length and back references of every kind."""
    out = bytearray(checkpoint_v1.varint(len(data)))
    at = 0
    generator = random.Random(2)
    while at < len(data):
        length = generator.choice([1, 7, 60, 61, 300, 70_000])
        found = -1
        for copy in (64, 11, 4):
            found = data.rfind(data[at:at + copy], 0, at + copy - 1) if at + copy <= len(data) else -1
            if 0 <= found < at:
                break
        if 0 <= found < at:
            offset = at - found
            if copy <= 11 and offset < 2048:
                out += bytes([1 | copy - 4 << 2 | offset >> 8 << 5, offset & 255])
            elif offset < 65536:
                out += bytes([2 | copy - 1 << 2]) + offset.to_bytes(2, "little")
            else:
                out += bytes([3 | copy - 1 << 2]) + offset.to_bytes(4, "little")
            at += copy
            continue
        literal = data[at:at + length]
        size = len(literal) - 1
        width = 0 if size < 60 else (size.bit_length() + 7) // 8
        tail = size.to_bytes(width, "little") if width else b""
        out += bytes([(59 + width if width else size) << 2]) + tail + literal
        at += len(literal)
    return bytes(out)


def with_compressed_blocks(source):
    """The bytes of a table whose blocks are Snappy streams."""
    with table.Table(source) as read:
        file = bytearray()
        places = []
        for key, offset, size in read._blocks:
            places.append((key, append_block(file, bytes(read._block(offset, size)))))
    meta = append_block(file, b"\0\0\0\0\1\0\0\0")
    index = b"".join(checkpoint_v1.varint(0) + checkpoint_v1.varint(len(key)) + checkpoint_v1.varint(len(place)) + key
                     + place for key, place in places)
    at = append_block(file, index + b"\0\0\0\0\1\0\0\0")
    return bytes(file + (meta + at).ljust(40, b"\0") + table.MAGIC.to_bytes(8, "little"))


def append_block(file, contents):
    stream = compressed(contents)
    place = checkpoint_v1.varint(len(file)) + checkpoint_v1.varint(len(stream))
    file += stream + b"\1" + table.masked(table.crc32c(stream + b"\1")).to_bytes(4, "little")
    return place


def test_compressed_blocks_are_read(tmp_path):
    large = np.arange(200_000, dtype=np.int64) % 1000
    checkpoint_v1.write(str(tmp_path / "plain"), [*type_items(), checkpoint_v1.Item(b"zz", "", large)])
    (tmp_path / "packed").write_bytes(with_compressed_blocks(str(tmp_path / "plain")))
    assert os.path.getsize(tmp_path / "packed") < os.path.getsize(tmp_path / "plain")
    got = everything(checkpoint_v1.Reader([str(tmp_path / "packed")]))
    np.testing.assert_array_equal(got.pop(b"zz"), large)
    for name, value in checkpoint_values.types().items():
        np.testing.assert_array_equal(got[name.encode()], value)


@pytest.mark.parametrize("stream", [
    b"", b"\x05", b"\x05\x00", b"\x05\xf0", b"\x01\x00ab", b"\x04\x01\x01", b"\x04\x02\x05\x00",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00a"])  # fmt: skip
def test_broken_snappy_streams(stream):
    with pytest.raises(ValueError, match=r"cut off|points nowhere|came out"):
        snappy.decompress(stream)


# -- damage


def damaged(data, generator):
    data = bytearray(data)
    for _ in range(generator.choice([1, 1, 3])):
        kind, at = generator.randrange(4), generator.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << generator.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at:at + generator.randrange(1, 9)]
        else:
            data[at:at + 4] = generator.randbytes(4)
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("file", ["types.v1", "sliced.v1", "types.v2.index", "types.v2.data-00000-of-00001",
                                  "sliced.v2.index", "sliced.v2.data-00000-of-00001"])  # fmt: skip
def test_damage_is_an_error_and_never_another_value(tmp_path, file):
    name = file.split(".")[0] + "." + file.split(".")[1]
    for path in RECORDED.glob(name + "*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    whole = everything(open_checkpoint(str(tmp_path / name)))
    generator = random.Random(3)
    messages = []
    for _ in range(300):
        (tmp_path / file).write_bytes(damaged((RECORDED / file).read_bytes(), generator))
        try:
            got = everything(open_checkpoint(str(tmp_path / name)))
        except errors.DataLossError as error:
            messages.append(error.message)
        else:
            for key, value in got.items():
                np.testing.assert_array_equal(value, whole[key])
    assert len(messages) > 250  # the rest fell on padding
    assert all(str(tmp_path) in message for message in messages)
    assert all("offset" in message or "no entry" in message for message in messages)


def test_a_damaged_tensor_is_named(tmp_path):
    values = {b"first": np.arange(3.0), b"second": np.arange(300_000.0)}
    checkpoint_v1.write(str(tmp_path / "one"), [checkpoint_v1.Item(k, "", v) for k, v in values.items()])
    data = bytearray((tmp_path / "one").read_bytes())
    data[2_000_000] ^= 1
    (tmp_path / "one").write_bytes(data)
    reader = tf.train.NewCheckpointReader(str(tmp_path / "one"))
    np.testing.assert_array_equal(reader.get_tensor("first"), values[b"first"])
    with pytest.raises(errors.DataLossError, match=r"one: a block with a wrong checksum at offset \d+, in tensor 'sec"):
        reader.get_tensor("second")
    checkpoint_v2.write(str(tmp_path / "two"), [checkpoint_v1.Item(k, "", v) for k, v in values.items()])
    data = bytearray((tmp_path / "two.data-00000-of-00001").read_bytes())
    data[2_000_000] ^= 1
    (tmp_path / "two.data-00000-of-00001").write_bytes(data)
    reader = tf.train.NewCheckpointReader(str(tmp_path / "two"))
    with pytest.raises(errors.DataLossError, match=r"-of-00001: Checksum does not match.* offset 24, in tensor 'sec"):
        reader.get_tensor("second")
