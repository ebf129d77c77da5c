"""CTC: the loss with every way to merge labels, what cannot be, greedy and beam search, and wrong arguments."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity, sparse
from tracer.declare import raw_op

GENERATOR = np.random.RandomState(3)
SCORES = GENERATOR.randn(6, 3, 5).astype(np.float32)
LENGTHS = np.int32([6, 4, 5])
PADDED = np.where(np.arange(6)[:, None, None] < LENGTHS[:, None], SCORES, np.float32(np.nan))
WIDE = (GENERATOR.randn(8, 2, 6) * 2).astype(np.float32)
ROWS = [[1, 1, 0], [2], [0, 3, 3]]


def labels(rows):
    places = np.int64([[i, at] for i, row in enumerate(rows) for at in range(len(row))])
    return sparse(places, np.int32([label for row in rows for label in row]), np.int64([len(rows), 3]))


LABELS = labels(ROWS)


@parity([
    case("nn.ctc_loss", SCORES, LABELS, LENGTHS),
    case("nn.ctc_loss", SCORES, LABELS, LENGTHS, True, feed=False, gradient=False),
    case("nn.ctc_loss", SCORES, LABELS, LENGTHS, False, False, feed=False),
    case("nn.ctc_loss", SCORES, LABELS, LENGTHS, True, False, feed=False),
    case("nn.ctc_loss", SCORES.transpose(1, 0, 2).copy(), LABELS, LENGTHS, time_major=False, gradient=False),
    case("nn.ctc_loss", SCORES, labels([[1, 4, 4], [2, 4], [0, 5]]), LENGTHS, feed=False),  # the last class ends a row
    case("nn.ctc_loss", SCORES[:2], labels([[1, 1], [2], [0, 3]]), np.int32([2, 2, 2]), feed=False),  # no way leads to [1, 1]
    case("nn.ctc_loss", SCORES * 4, LABELS, LENGTHS, feed=False),  # far from each other
    case("nn.ctc_loss", PADDED, LABELS, LENGTHS, gradient=False),
    *(case("nn.ctc_loss", SCORES, sparse_labels, lengths, raises=("InvalidArgumentError", message))
      for sparse_labels, lengths, message in [
          (labels([[1], [], [0]]), LENGTHS, "Labels length is zero in batch 1"),
          (labels([[1], [-1], [0]]), LENGTHS, "All labels must be nonnegative integers, batch: 1 labels: -1"),
          (labels([[1], [4, 1], [0]]), LENGTHS, r"Saw a non-null label \(index >= num_classes - 1\) following a null "
                                                "label, batch: 1 num_classes: 5 labels: "),
          (LABELS, np.int32([2, 4, 5]), r"Not enough time for target transition sequence \(required: 3, available: 2\), "
                                        "skipping data instance in batch: 0"),
          (LABELS, np.int32([6, 7, 5]), r"sequence_length\(1\) <= 6"),
          (LABELS, np.int32([6, -1, 5]), r"seq_len\(1\) < 0"),
          (sparse(np.int64([[0, 1], [0, 0]]), np.int32([1, 1]), np.int64([3, 3])), LENGTHS,
           r"label SparseTensor is not valid: indices\[1\] = \[0,0\] is out of order"),
          (sparse(np.int64([[0, 1], [3, 0]]), np.int32([1, 1]), np.int64([4, 3])), LENGTHS,
           r"label SparseTensor is not valid: indices\[1\] = \[3,0\] is out of bounds"),
          (sparse(np.int64([[0, 0], [1, 0], [2, 6]]), np.int32([1, 1, 1]), np.int64([3, 7])), LENGTHS,
           r"label SparseTensor is not valid: indices\[2\] = \[2,6\] is out of bounds: need 0 <= index < \[3,6\]"),
      ]),
    case("nn.ctc_loss", SCORES, LABELS, LENGTHS[:2], raises=True),
    case("nn.ctc_loss", SCORES[0], LABELS, LENGTHS, raises=True),
    case("nn.ctc_loss", SCORES, SCORES, LENGTHS, raises=("TypeError", "Expected labels to be a SparseTensor")),
])
def test_loss(case):
    case.check()


@parity([
    case("nn.ctc_greedy_decoder", SCORES, LENGTHS, gradient=False),
    case("nn.ctc_greedy_decoder", SCORES, np.int32([1, 0, -1]), gradient=False),
    case("nn.ctc_greedy_decoder", np.repeat(SCORES, 2, 0), LENGTHS, merge_repeated=False, gradient=False),
    case("nn.ctc_greedy_decoder", np.zeros((3, 1, 3), np.float32), np.int32([3]), gradient=False),
    case("nn.ctc_greedy_decoder", SCORES, np.int32([6, 7, 5]), raises=True),
    case("nn.ctc_greedy_decoder", SCORES, LENGTHS[:2], raises=True),
    case("nn.ctc_beam_search_decoder", SCORES, LENGTHS, gradient=False),
    case("nn.ctc_beam_search_decoder", WIDE, np.int32([8, 5]), beam_width=20, top_paths=5, merge_repeated=False,
         gradient=False),
    case("nn.ctc_beam_search_decoder", WIDE, np.int32([8, 5]), beam_width=6, top_paths=3, gradient=False),
    # Narrow beams show what TensorFlow takes out of the search when a beam becomes full.
    *(case("nn.ctc_beam_search_decoder", WIDE, np.int32([8, 6]), beam_width=width, top_paths=min(width, 2),
           merge_repeated=False, gradient=False) for width in (1, 2, 3, 4, 5)),
    case("nn.ctc_beam_search_decoder", WIDE, np.int32([0, -3]), gradient=False),
    case("nn.ctc_beam_search_decoder", WIDE, np.int32([8, 9]), raises=True),
    case("nn.ctc_beam_search_decoder", WIDE, np.int32([8, 8]), top_paths=0, raises=True),
    case("nn.ctc_beam_search_decoder", WIDE[:1], np.int32([1, 1]), top_paths=10,
         raises=("InvalidArgumentError", "Less leaves in the beam search than requested")),  # there, the process ends
])
def test_decoders(case):
    case.check()


def test_the_operation_gives_the_gradient_as_well():
    scores = tf.constant(SCORES)
    indices, values, _ = LABELS.parts
    loss, slope = raw_op("ctc_loss")(scores, indices, values, LENGTHS)
    with tf.Session() as session:
        given, derived = session.run([slope, tf.gradients(loss, scores)[0]])
    assert np.abs(given).max() > 0.1
    np.testing.assert_allclose(given, derived, rtol=1e-6)


def test_padding_has_no_gradient():
    scores = tf.constant(PADDED)
    places = tf.SparseTensor(*LABELS.parts)
    gradient = tf.gradients(tf.nn.ctc_loss(scores, places, LENGTHS), scores)[0]
    with tf.Session() as session:
        found = session.run(gradient)
    assert np.isfinite(found).all()
    assert not found[4:, 1].any()


def test_a_row_of_blanks_has_their_probability():
    """TensorFlow's kernel looks beyond its table there."""
    places = tf.SparseTensor([[0, 0]], [4], [1, 1])
    with tf.Session() as session:
        found = session.run(tf.nn.ctc_loss(SCORES[:, :1], places, [6]))
    probabilities = np.exp(SCORES[:, 0]) / np.exp(SCORES[:, 0]).sum(1, keepdims=True)
    np.testing.assert_allclose(found, [-np.log(probabilities[:, 4]).sum()], rtol=1e-5)


def test_other_labels_compile_nothing_anew():
    scores = tf.constant(SCORES)
    indices, values = tf.placeholder(tf.int64, [None, 2]), tf.placeholder(tf.int32, [None])
    loss = tf.nn.ctc_loss(scores, tf.SparseTensor(indices, values, [3, 4]), LENGTHS)
    slope = tf.gradients(loss, scores)[0]
    with tf.Session() as session:
        for rows in (ROWS, [[1, 1, 0], [2, 0, 1], [0, 3, 3]], [[0, 1, 2, 3], [1], [2]]):
            places = [[i, at] for i, row in enumerate(rows) for at in range(len(row))]
            session.run([loss, slope], {indices: places, values: [label for row in rows for label in row]})
        (prepared,) = session._prepared.values()
        assert len(prepared.executable.steps[-1].variants) == 1


def test_the_loss_has_second_derivatives():
    point = SCORES[:, :1].astype(np.float32)
    scores = tf.placeholder(tf.float32, [6, 1, 5])
    places = tf.SparseTensor([[0, 0], [0, 1]], [1, 2], [1, 2])
    slope = tf.gradients(tf.nn.ctc_loss(scores, places, [6]), scores)[0]
    curve = tf.gradients(slope[0, 0, 1], scores)[0]
    with tf.Session() as session:
        found = session.run(curve, {scores: point})
        for t, k in ((0, 1), (2, 3), (5, 4)):
            move = np.zeros_like(point)
            move[t, 0, k] = 1e-2
            up, down = (session.run(slope, {scores: at})[0, 0, 1] for at in (point + move, point - move))
            assert found[t, 0, k] == pytest.approx((up - down) / 2e-2, abs=1e-4)
