"""Networks from sequence to sequence: what a missing size of the embedding means."""

import numpy as np
import pytest

import tracer as tf


def _symbols():
    return [tf.placeholder(tf.int32, [4]) for _ in range(2)]


def _read():
    return [tf.placeholder(tf.float32, [4, 3]) for _ in range(2)]


def _by_decoder(cell, *size):
    wrapped = tf.nn.rnn_cell.OutputProjectionWrapper(cell, 5)
    return tf.nn.seq2seq.embedding_rnn_decoder(_symbols(), tf.zeros([4, 3]), wrapped, 5, *size, feed_previous=True)


def _by_attention_decoder(cell, *size):
    attended = tf.pack([tf.zeros([4, 3]), tf.ones([4, 3])])
    attended = tf.transpose(attended, [1, 0, 2])
    return tf.nn.seq2seq.embedding_attention_decoder(_symbols(), tf.zeros([4, 3]), attended, cell, 5, *size)


@pytest.mark.parametrize("build", [
    lambda cell, *size: tf.nn.seq2seq.embedding_rnn_seq2seq(_symbols(), _symbols(), cell, 6, 5, *size),
    lambda cell, *size: tf.nn.seq2seq.embedding_tied_rnn_seq2seq(_symbols(), _symbols(), cell, 6, *size),
    lambda cell, *size: tf.nn.seq2seq.embedding_attention_seq2seq(_symbols(), _symbols(), cell, 6, 5, *size),
    lambda cell, *size: tf.nn.seq2seq.one2many_rnn_seq2seq(
        _symbols(), {"one": _symbols()}, cell, 6, {"one": 5}, *size),
    _by_decoder,
    _by_attention_decoder,
])
def test_a_missing_embedding_size_is_that_of_the_cells_outputs_before_projection(build):
    """So it was up to 0.7, whose functions had no such argument; 0.8 refused the call."""
    graphs = []
    for size in ((), (3,)):
        with tf.Graph().as_default() as graph:
            build(tf.nn.rnn_cell.GRUCell(3), *size)
            tables = [v.get_shape().as_list() for v in tf.trainable_variables() if v.op.name.endswith("/embedding")]
        assert tables
        assert all(shape[1] == 3 for shape in tables)
        graphs.append(graph.as_graph_def())
    assert graphs[0] == graphs[1]


def test_the_linear_layer_of_cells_is_there_too():
    with tf.Graph().as_default():
        result = tf.nn.seq2seq.linear([tf.zeros([2, 3]), tf.zeros([2, 1])], 5, True)
        assert [v.get_shape().as_list() for v in tf.trainable_variables()] == [[4, 5], [5]]
    assert result.get_shape().as_list() == [2, 5]


def test_the_embedding_of_what_was_most_likely():
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    loop = tf.nn.seq2seq._extract_argmax_and_embed(table, update_embedding=False)
    through = tf.nn.seq2seq._extract_argmax_and_embed(table, (tf.constant([[0.0, 0, 1], [0, 0, 1]]), [0.0, 9, 0]))
    symbols = tf.constant([[0.1, 0.9, 0.0], [0.7, 0.2, 0.1]])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(loop(symbols, 1)), [[3, 4], [1, 2]])
        np.testing.assert_array_equal(session.run(through(tf.constant([[7.0, 7.0], [1.0, 1.0]]), 1)), [[5, 6], [3, 4]])
    assert tf.gradients(loop(symbols, 1), table) == [None]
    assert tf.gradients(through(symbols[:, :2], 1), table) != [None]
