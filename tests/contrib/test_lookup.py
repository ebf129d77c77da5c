"""Tables: lookups of every kind of key, sharing, filling once, and what is wrong before a table exists."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import lookup


def table_of(keys=("brain", "salad", "surgery"), values=(0, 1, 2), key_dtype=tf.string, value_dtype=tf.int64,
             default=-1, **kwargs):
    pairs = lookup.KeyValueTensorInitializer(list(keys), list(values), key_dtype, value_dtype)
    return lookup.HashTable(pairs, default, **kwargs)


@pytest.mark.parametrize(("keys", "values", "key_dtype", "value_dtype", "default", "wanted", "found"), [
    (["a", "b"], [5, 7], tf.string, tf.int64, -1, [["b", "c"], ["a", "a"]], [[7, -1], [5, 5]]),
    ([3, 9], ["x", "y"], tf.int64, tf.string, "none", [9, 4], [b"y", b"none"]),
    ([3, 9], [0.5, 0.25], tf.int32, tf.float32, 0, 9, 0.25),
    (["a"], ["b"], tf.string, tf.string, "", ["a", "b"], [b"b", b""]),
])
def test_lookup(keys, values, key_dtype, value_dtype, default, wanted, found):
    table = table_of(keys, values, key_dtype, value_dtype, default)
    result = table.lookup(tf.constant(wanted, key_dtype))
    with tf.Session() as session:
        session.run(tf.initialize_all_tables())
        value, size = session.run([result, table.size()])
    assert size == len(keys)
    assert result.get_shape() == np.shape(wanted)
    assert result.dtype == value_dtype
    np.testing.assert_array_equal(value, found)


def test_names_are_tensorflows():
    table = table_of()
    table.lookup(tf.constant(["a"], name="words"))
    table.size()
    table_of(name="mine", shared_name="ours")
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names == [
        "key_value_init/keys", "key_value_init/values", "hash_table/HashTable", "hash_table/Const", "key_value_init",
        "words", "HashTable_lookup_table_find", "HashTable_Size",
        "key_value_init_1/keys", "key_value_init_1/values", "mine/mine", "mine/Const", "key_value_init_1"]
    assert table.name == "HashTable"


def test_rows_of_a_sparse_tensor():
    table = table_of()
    words = tf.SparseTensor([[0, 0], [1, 2]], tf.constant(["salad", "?"]), [2, 3])
    with tf.Session() as session:
        session.run(table.init)
        found = session.run(table.lookup(words))
    np.testing.assert_array_equal(found.values, [1, -1])
    np.testing.assert_array_equal(found.indices, [[0, 0], [1, 2]])
    np.testing.assert_array_equal(found.shape, [2, 3])


def test_what_a_table_gives_chooses_rows_on_the_device():
    table = table_of()
    words = tf.placeholder(tf.string, [None])
    rows = tf.Variable([[1., 2.], [3., 4.], [5., 6.]])
    vectors = tf.gather(rows, table.lookup(words))
    (slope,) = tf.gradients(vectors, [rows])
    with tf.Session() as session:
        session.run([tf.initialize_all_variables(), tf.initialize_all_tables()])
        found, slope = session.run([vectors, tf.convert_to_tensor(slope)], {words: ["surgery", "brain", "brain"]})
    np.testing.assert_array_equal(found, [[5, 6], [1, 2], [1, 2]])
    np.testing.assert_array_equal(slope, [[2, 2], [0, 0], [1, 1]])


def test_a_table_is_filled_once_in_each_session():
    table = table_of()
    result = table.lookup(tf.constant(["salad"]))
    with tf.Session() as session:
        assert session.run(table.size()) == 0
        with pytest.raises(tf.errors.FailedPreconditionError, match="Table not initialized"):
            session.run(result)
        session.run(table.init)
        with pytest.raises(tf.errors.FailedPreconditionError, match="Table already initialized"):
            session.run(table.init)
        assert session.run(result) == 1
    with tf.Session() as other, pytest.raises(tf.errors.FailedPreconditionError, match="Table not initialized"):
        other.run(result)


def test_tables_of_one_shared_name_are_one():
    first, second = table_of(shared_name="ours"), table_of(shared_name="ours")
    third = table_of([1], [1], tf.int64, shared_name="ours")
    with tf.Session() as session:
        session.run(first.init)
        assert session.run(second.size()) == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match="Conflicting key/value dtypes int64->int64"):
            session.run(third.size())


def test_equal_keys_need_equal_values():
    alike, different = table_of(["a", "a"], [1, 1]), table_of(["a", "a"], [1, 2])
    with tf.Session() as session:
        session.run(alike.init)
        assert session.run(alike.size()) == 1
        with pytest.raises(tf.errors.FailedPreconditionError,
                           match=r"HashTable has different value for same key\. Key a has 1 and trying to add value 2"):
            session.run(different.init)


def test_vectors_of_different_lengths():
    with pytest.raises(ValueError, match="2 and 1"):
        table_of(["a", "b"], [1])
    keys, values = tf.placeholder(tf.string), tf.placeholder(tf.int64)
    table = lookup.HashTable(lookup.KeyValueTensorInitializer(keys, values), -1)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="the same size 2 vs 1"):
        session.run(table.init, {keys: ["a", "b"], values: [1]})


@pytest.mark.parametrize(("call", "message"), [
    (lambda: table_of().lookup(tf.constant([1], tf.int64)), "Signature mismatch. Keys must be dtype"),
    (lambda: table_of(default="UNK"), "Expected int64, got 'UNK' of type 'str' instead"),
    (lambda: lookup.index_to_string(tf.constant([1]), ["a"]), "Signature mismatch. Keys must be dtype"),
    (lambda: lookup.KeyValueTensorInitializer(["a"], [1], [tf.string], tf.int64), "Cannot convert value"),
])
def test_wrong_types(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_vocabularies():
    vocabulary = tf.constant(["brain", "salad", "surgery"])
    places = lookup.string_to_index(tf.constant(["salad", "tarkus"]), vocabulary)
    other = lookup.string_to_index(tf.constant(["tarkus"]), vocabulary, default_value=9, name="place")
    words = lookup.index_to_string(tf.constant([2, 5], tf.int64), vocabulary)
    renamed = lookup.index_to_string(tf.constant([5], tf.int64), vocabulary, default_value="?")
    assert [t.op.name for t in (places, other, words)] == ["string_to_index", "place", "index_to_string"]
    with tf.Session() as session:
        session.run(tf.initialize_all_tables())
        found = session.run([places, other, words, renamed])
    for value, expected in zip(found, ([1, -1], [9], [b"surgery", b"UNK"], [b"?"]), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_table_comes_back_from_a_graph_def():
    table = table_of()
    result = table.lookup(tf.placeholder(tf.string, [None], name="words"))
    definition = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        session.run(table.init.name)
        words = graph.get_tensor_by_name("words:0")
        np.testing.assert_array_equal(session.run(result.name, {words: ["surgery", ""]}), [2, -1])


@pytest.fixture
def vocabulary(tmp_path):
    """A file of three lines, and one of two columns."""
    (tmp_path / "words").write_text("a\nb\nc\n")
    (tmp_path / "pairs").write_text("x\t5\ny\t6\n")
    return lambda name: str(tmp_path / name)


@pytest.mark.parametrize(("kind", "file", "args", "options", "wanted", "found", "size"), [
    (lookup.TextFileIdTableInitializer, "words", (), {}, ["b", "c", "x"], [1, 2, -1], 3),
    (lookup.TextFileIdTableInitializer, "words", (), {"vocab_size": 2}, ["b", "c", "x"], [1, -1, -1], 2),
    (lookup.TextFileIdTableInitializer, "pairs", (0,), {}, ["y", "b"], [1, -1], 2),
    (lookup.TextFileStringTableInitializer, "words", (), {}, [0, 2, 9], [b"a", b"c", b"?"], 3),
    (lookup.TextFileStringTableInitializer, "pairs", (), {"value_column_index": 1}, [1], [b"6"], 2),
    (lookup.TextFileInitializer, "pairs", (tf.string, 0, tf.int64, 1), {}, ["x", "n"], [5, -1], 2),
    (lookup.TextFileInitializer, "pairs", (tf.int64, 1, tf.float32, 1), {}, [6], [6.0], 2),
])
def test_tables_from_files(vocabulary, kind, file, args, options, wanted, found, size):
    initializer = kind(vocabulary(file), *args, **options)
    table = lookup.HashTable(initializer, "?" if initializer.value_dtype == tf.string else -1)
    assert table.init.type == "InitializeTableFromTextFile"
    assert tf.get_collection("asset_filepaths")[0].op.name.endswith("/asset_filepath")
    with tf.Session() as session:
        session.run(tf.initialize_all_tables())
        value, count = session.run([table.lookup(tf.constant(wanted, initializer.key_dtype)), table.size()])
    assert value.tolist() == found
    assert count == size


@pytest.mark.parametrize(("file", "args", "options", "problem", "message"), [
    ("none", (tf.string, 0, tf.int64, 1), {}, tf.errors.NotFoundError, "none"),
    ("pairs", (tf.string, 0, tf.int64, 2), {}, tf.errors.InvalidArgumentError,
     r"Invalid number of columns in .*pairs line 0 \(x\t5\) : expected 2 got 2"),
    ("pairs", (tf.string, 0, tf.int64, 1), {"delimiter": ","}, tf.errors.InvalidArgumentError,
     r"Invalid number of columns in .*pairs line 0 \(x\t5\) : expected 1 got 1"),
    ("pairs", (tf.string, 1, tf.int64, 0), {}, tf.errors.InvalidArgumentError, "Field x in line 0 is not a valid int64."),
    ("words", (tf.string, -2, tf.int64, -1), {"vocab_size": 5}, tf.errors.InvalidArgumentError,
     "Invalid vocab_size in .*words: expected 5 but got 3"),
])
def test_files_that_do_not_fit(vocabulary, file, args, options, problem, message):
    table = lookup.HashTable(lookup.TextFileInitializer(vocabulary(file), *args, **options), -1)
    with tf.Session() as session, pytest.raises(problem, match=message):
        session.run(table.init)


@pytest.mark.parametrize(("args", "options", "message"), [
    (("", tf.string, -2, tf.int64, -1), {}, "Filename required for None."),
    (("f", tf.string, -5, tf.int64, -1), {}, "Invalid key index -5."),
    (("f", tf.string, -2, tf.int64, -3), {}, "Invalid value index -3."),
    (("f", tf.string, -2, tf.int64, -1), {"vocab_size": 0}, "Invalid vocab_size 0."),
    (("f", tf.int64, -2, tf.int64, -1), {}, "Keys must be dtype tf.string, got tf.int64."),
    (("f", tf.string, -1, tf.int64, -1), {}, "Keys must be dtype tf.int64, got tf.string."),
])
def test_wrong_files_and_columns(args, options, message):
    with pytest.raises(ValueError, match=message):
        lookup.TextFileInitializer(*args, **options)
