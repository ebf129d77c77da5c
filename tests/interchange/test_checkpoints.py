"""Checkpoints go both ways between us and the TensorFlow that is installed, if one is."""

import numpy as np
import pytest

import tracer as tf
from lowering.host import checkpoint_v1, checkpoint_v2, snappy, tensors
from lowering.host.messages import read_varint
from tests.train.test_checkpoint_files import slice_items, types, with_compressed_blocks

real = pytest.importorskip("tensorflow")

TYPES = {name: value for name, value in types().items() if value.dtype.names is None}


def large():
    """Tensors that fill more than one block."""
    return {f"tensor{i:03}": np.arange(i * 1000, i * 1000 + 7000, dtype=np.int64) - 3500 for i in range(20)}


def items(values):
    return [checkpoint_v1.Item(name.encode(), "", value) for name, value in values.items()]


def restore(path, name, value, spec=""):
    kind = real.string if value.dtype == object else real.as_dtype(value.dtype)
    return real.raw_ops.RestoreSlice(file_pattern=path, tensor_name=name, shape_and_slice=spec, dt=kind).numpy()


def same(got, want):
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("values", [TYPES, large()], ids=["types", "large"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "compressed"])
def test_tensorflow_reads_our_file(tmp_path, values, packed):
    path = str(tmp_path / "file")
    checkpoint_v1.write(path, items(values))
    if packed:
        data = with_compressed_blocks(path)
        path = str(tmp_path / "packed")
        (tmp_path / "packed").write_bytes(data)
    for name, value in values.items():
        same(restore(path, name, value), value)


@pytest.mark.parametrize("values", [TYPES, large()], ids=["types", "large"])
def test_tensorflow_reads_our_bundle(tmp_path, values):
    path = str(tmp_path / "bundle")
    checkpoint_v2.write(path, items(values))
    names = list(values)
    kinds = [real.string if value.dtype == object else real.as_dtype(value.dtype) for value in values.values()]
    got = real.raw_ops.RestoreV2(prefix=path, tensor_names=names, shape_and_slices=[""] * len(names), dtypes=kinds)
    for name, tensor in zip(names, got, strict=True):
        same(tensor.numpy(), values[name])


def test_tensorflow_reads_our_slices(tmp_path):
    checkpoint_v1.write(str(tmp_path / "file"), list(slice_items()))
    checkpoint_v2.write(str(tmp_path / "bundle"), list(slice_items()))
    whole = np.arange(420, dtype=np.float32).reshape(2, 70, 3) / 8
    same(restore(str(tmp_path / "file"), "blocks", whole), whole)
    same(restore(str(tmp_path / "file"), "blocks", whole, "2 70 3 0,1:60,9:-"), whole[:1, 60:69])
    (got,) = real.raw_ops.RestoreV2(prefix=str(tmp_path / "bundle"), tensor_names=["blocks"],
                                    shape_and_slices=["2 70 3 0,1:60,9:-"], dtypes=[real.float32])
    same(got.numpy(), whole[:1, 60:69])


@pytest.mark.parametrize("values", [TYPES, large()], ids=["types", "large"])
@pytest.mark.parametrize("bundle", [False, True], ids=["file", "bundle"])
def test_we_read_what_tensorflow_writes(tmp_path, values, bundle):
    path = str(tmp_path / "saved")
    names = list(values)
    tensors = [real.constant(value) for value in values.values()]
    if bundle:
        real.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors)
    else:
        real.raw_ops.Save(filename=path, tensor_names=names, data=tensors)
    reader = tf.train.NewCheckpointReader(path)
    for name, value in values.items():
        got = reader.get_tensor(name)
        assert got.dtype == value.dtype
        same(got, value)


def test_tensorflow_writes_snappy_and_we_read_it():
    """Its own compressor: an element of a dataset is compressed by it."""
    data = np.concatenate([np.arange(50_000, dtype=np.int64) % 1000, np.random.RandomState(1).randint(0, 9, 5000)])
    variant = real.raw_ops.CompressElement(components=[real.constant(data)])
    message = memoryview(real.io.serialize_tensor(variant).numpy())
    for number in (4, 2, 1):  # the tensor's content, in which are the metadata of the one variant, in them the data
        found = dict(tensors.fields(message))[number]
        message = found[read_varint(found, 0)[1]:] if number == 4 else found
    packed = bytes(message)
    assert len(packed) < data.nbytes // 2
    assert data.tobytes() in snappy.decompress(packed)


VERSIONS = pytest.mark.parametrize("version", [1, 2])
WHOLE = np.arange(35, dtype=np.float32).reshape(7, 5)


@VERSIONS
def test_its_partitioned_variables_are_ours(tmp_path, version):
    old = real.compat.v1
    with real.Graph().as_default(), old.Session() as sess:
        rows = old.get_variable("layer/weights", [7, 5], partitioner=old.fixed_size_partitioner(3), use_resource=False)
        sess.run([part.assign(WHOLE[at:at + 3 - bool(at)]) for part, at in zip(rows, (0, 3, 5), strict=True)])
        path = old.train.Saver(write_version=version, sharded=True).save(sess, str(tmp_path / "model"))
    same(tf.train.NewCheckpointReader(path).get_tensor("layer/weights"), WHOLE)
    parts = tf.create_partitioned_variables([7, 5], [1, 2], tf.zeros_initializer, name="layer/weights")
    with tf.Session() as sess:
        tf.train.Saver(parts).restore(sess, path)
        left, right = sess.run(parts)
    same(np.concatenate([left, right], 1), WHOLE)


@VERSIONS
def test_our_partitioned_variables_are_its(tmp_path, version):
    parts = tf.create_partitioned_variables([7, 5], [1, 2], tf.constant(WHOLE), name="weights")
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver(parts, write_version=version).save(sess, str(tmp_path / "model"))
    old = real.compat.v1
    with real.Graph().as_default(), old.Session() as sess:
        whole = old.get_variable("weights", [7, 5], use_resource=False)
        rows = old.get_variable("rows", [7, 5], partitioner=old.fixed_size_partitioner(3), use_resource=False)
        old.train.Saver({"weights": whole}).restore(sess, path)
        same(sess.run(whole), WHOLE)
        for part in rows:
            part._save_slice_info.full_name = "weights"
        old.train.Saver({"weights": rows}).restore(sess, path)
        same(np.concatenate(sess.run(list(rows))), WHOLE)


@VERSIONS
def test_a_graph_with_its_checkpoint(tmp_path, version):
    tf.Variable(np.arange(6, dtype=np.float32).reshape(2, 3), name="weights")
    tf.Variable(np.int64(7), name="step")
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        path = tf.train.Saver(write_version=version).save(sess, str(tmp_path / "model"), global_step=7)
    old = real.compat.v1
    with real.Graph().as_default(), old.Session() as sess:
        assert old.train.latest_checkpoint(str(tmp_path)) == path
        old.train.import_meta_graph(path + ".meta").restore(sess, path)
        weights, step = sess.run(["weights:0", "step:0"])
    assert weights.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert step == 7
