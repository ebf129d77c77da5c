"""`tf.nn.raw_rnn`, and the cells and stacks of `tf.contrib.rnn` that take whole sequences."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import sequences

rng = np.random.RandomState(0)
STEPS = rng.randn(4, 3, 2).astype(np.float32)  # time, batch, columns
LENGTHS = np.int32([4, 2, 3])
PAIR = rng.randn(2, 2).astype(np.float32)


@parity([
    case(sequences.fused, "plain", STEPS, feed=False, gradient=False),
    case(sequences.fused, "clipped", STEPS, LENGTHS, feed=False),
    case(sequences.fused, "peephole", STEPS, np.int32([0, 4, 1]), feed=False),
    case(sequences.fused, "plain", STEPS, LENGTHS, reverse=True, feed=False, gradient=False),
    case(sequences.fused, "plain", STEPS, as_list=True, feed=False, gradient=False),
    case(sequences.fused, "adapted", STEPS, LENGTHS, reverse=True, feed=False, gradient=False),
    case(sequences.fused, "unrolled", STEPS, np.int32([4, 2, 3]), as_list=True, feed=False, gradient=False),
    case(sequences.fused, "unrolled", STEPS, reverse=True, feed=False, gradient=False),
])
def test_fused(case):
    case.check()


@parity([
    case(sequences.block, "LSTMBlockCell", PAIR, {}, feed=False),
    case(sequences.block, "LSTMBlockCell", PAIR, {"use_peephole": True, "forget_bias": 0.3}, feed=False),
    case(sequences.block, "LSTMBlockCell", PAIR, {"use_peephole": True, "use_compatible_names": True}, feed=False),
    case(sequences.block, "GRUBlockCell", PAIR, {}, feed=False),
])
def test_blocks(case):
    case.check()


@parity([
    case(sequences.stacked, STEPS, np.int32([3, 2, 1, 3]), False, feed=False, gradient=False),
    case(sequences.stacked, STEPS, np.int32([3, 2, 1, 3]), True, feed=False, gradient=False),
    case(sequences.refused, 0, 1, raises=True), case(sequences.refused, 1, 0, raises=True),
    case(sequences.refused, 1, 2, raises=True),
])
def test_stacks(case):
    case.check()


@parity([
    case(sequences.raw, STEPS, LENGTHS, "output", feed=False, gradient=False),
    case(sequences.raw, STEPS, LENGTHS, "pair", feed=False, gradient=False),
])
def test_raw_rnn(case):
    case.check()


def test_what_raw_rnn_needs():
    with pytest.raises(TypeError, match="cell must be an instance of RNNCell"):
        tf.nn.raw_rnn(None, print)
    with pytest.raises(TypeError, match="loop_fn must be a callable"):
        tf.nn.raw_rnn(tf.nn.rnn_cell.GRUCell(2), None)
