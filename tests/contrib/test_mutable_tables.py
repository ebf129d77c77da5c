"""Tables that keys and values are inserted into, as 0.12.1 has them."""

import numpy as np
import pytest

import tracer as tf
from tests.naming import written
from tracer.contrib import lookup

INT = tf.int64


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_what_is_inserted_is_found(session):
    table = lookup.MutableHashTable(tf.string, INT, -1, name="tab")
    inserting = table.insert(tf.constant(["a", "b", "a"]), np.int64([1, 2, 3]))
    found = table.lookup(tf.constant([["a", "z"]]))
    keys, values = table.export()
    assert [inserting.name, found.name, keys.name] == [
        "tab_lookup_table_insert", "tab_lookup_table_find:0", "tab_lookup_table_export_values_1:0"]
    assert [x.get_shape().as_list() for x in (found, keys, values)] == [[1, 2], [None], [None]]
    assert session.run(table.size()) == 0
    session.run(inserting)
    size, values_of = session.run([table.size(), found])
    assert (size, values_of.tolist()) == (2, [[3, -1]])
    assert dict(zip(*(part.tolist() for part in session.run([keys, values])), strict=True)) == {b"a": 3, b"b": 2}


def test_values_that_are_vectors(session):
    table = lookup.MutableHashTable(tf.string, INT, [-1, -1])
    session.run(table.insert(tf.constant(["x", "y"]), np.int64([[1, 2], [3, 4]])))
    found = table.lookup(tf.constant(["x", "q"]))
    assert found.get_shape().as_list() == [2, 2]
    assert session.run(found).tolist() == [[1, 2], [-1, -1]]
    assert table.export()[1].get_shape().as_list() == [None, 2]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Expected shape \[1,2\] for value, got \[1,3\]"):
        session.run(table.insert(tf.constant(["x"]), np.int64([[1, 2, 3]])))


def test_buckets(session):
    table = lookup.MutableDenseHashTable(INT, INT, default_value=-1, empty_key=0, initial_num_buckets=4)
    session.run(table.insert(np.int64([11, 12]), np.int64([5, 6])))
    assert session.run(table.lookup(np.int64([12, 15]))).tolist() == [6, -1]
    assert [part.reshape(-1).tolist() for part in session.run(table.export())] == [[12, 0, 0, 11], [6, 0, 0, 5]]
    session.run(table.insert(np.int64([19, 3]), np.int64([7, 8])))  # more than four hold
    assert session.run([table.size(), table.lookup(np.int64([19]))]) == [4, [7]]
    assert session.run(table.export())[0].shape == (8, 1)
    for use in (lambda key: table.lookup(key), lambda key: table.insert(key, np.int64([1]))):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Using the empty_key as a table key is not allowed"):
            session.run(use(np.int64([0])))


def test_buckets_of_vectors(session):
    table = lookup.MutableDenseHashTable(INT, INT, [-1, -2], empty_key=[0, 0], initial_num_buckets=8)
    session.run(table.insert(np.int64([[0, 1], [1, 2]]), np.int64([[1, 2], [3, 4]])))
    found = table.lookup(np.int64([[0, 1], [9, 9]]))
    assert found.get_shape().as_list() == [2, 2]
    assert session.run(found).tolist() == [[1, 2], [-1, -2]]
    keys, values = session.run(table.export())
    assert keys.tolist() == [[0, 0], [0, 1], [0, 0], [1, 2]] + [[0, 0]] * 4
    assert values.tolist() == [[0, 0], [1, 2], [0, 0], [3, 4]] + [[0, 0]] * 4


@pytest.mark.parametrize(("call", "problem", "words"), [
    (lambda table: table.lookup(tf.constant([1])), TypeError,
     "Signature mismatch. Keys must be dtype tf.string, got tf.int32."),
    (lambda table: table.insert(tf.constant(["a"]), tf.constant([1.0])), TypeError, "Invalid value dtype, expected"),
    (lambda table: table.insert(tf.constant([1]), tf.constant([1], INT)), TypeError, "Invalid key dtype, expected"),
    (lambda table: table.insert(tf.constant(["a", "b"]), tf.constant([1], INT)), tf.errors.InvalidArgumentError,
     "Expected shape [2] for value, got [1]"),
    (lambda table: lookup.MutableHashTable(tf.string, INT, [[1], [2]]).size(), tf.errors.InvalidArgumentError,
     "Default value must be a vector, got shape [2,1]"),
    (lambda table: lookup.MutableDenseHashTable(INT, INT, -1, 0, initial_num_buckets=12).size(),
     tf.errors.InvalidArgumentError, "Number of buckets must be at least 4 and a power of 2, got: 12"),
], ids=written)
def test_what_they_refuse(session, call, problem, words):
    table = lookup.MutableHashTable(tf.string, INT, -1)
    with pytest.raises(problem) as raised:
        session.run(call(table))
    assert words in str(raised.value)


@pytest.mark.parametrize("version", [1, 2])
def test_checkpoints_hold_them(tmp_path, version):
    v = tf.Variable(1.0, name="v")
    words = lookup.MutableHashTable(tf.string, INT, -1, name="words")
    dense = lookup.MutableDenseHashTable(INT, tf.float32, -1.0, 0, initial_num_buckets=8, name="dense")
    lookup.MutableHashTable(tf.string, INT, -1, name="forgotten", checkpoint=False)
    saver, init = tf.train.Saver(write_version=version), tf.initialize_all_variables()
    restoring = [(op.name, [x.op.type for x in op.inputs]) for op in tf.get_default_graph().get_operations()
                 if op.type == "LookupTableImport"]
    assert [name for name, _ in restoring] == ["save/LookupTableImport", "save/LookupTableImport_1"]
    with tf.Session() as session:
        session.run(init)
        session.run([words.insert(tf.constant(["q", "r"]), np.int64([5, 6])),
                     dense.insert(np.int64([5, 13]), np.float32([0.5, 1.5]))])
        path = saver.save(session, str(tmp_path / "model"))
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {
        "v": [], "words-keys": [2], "words-values": [2], "dense-keys": [8, 1], "dense-values": [8, 1]}
    with tf.Session() as session:
        session.run([words.insert(tf.constant(["old"]), np.int64([7]))])
        saver.restore(session, path)
        assert session.run([v, words.size(), dense.size()]) == [1.0, 2, 2]
        assert session.run(words.lookup(tf.constant(["old", "q", "r"]))).tolist() == [-1, 5, 6]
        assert session.run(dense.lookup(np.int64([13, 5, 21]))).tolist() == [1.5, 0.5, -1]
