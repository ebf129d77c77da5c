"""`tf.contrib.rnn`: LSTMs that also step over the frequencies of one frame, and one whose gates are coupled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.rnn_blocks import FusedRNNCell as FusedRNNCell
from tracer.contrib.rnn_blocks import FusedRNNCellAdaptor as FusedRNNCellAdaptor
from tracer.contrib.rnn_blocks import GRUBlockCell as GRUBlockCell
from tracer.contrib.rnn_blocks import LSTMBlockCell as LSTMBlockCell
from tracer.contrib.rnn_blocks import LSTMBlockFusedCell as LSTMBlockFusedCell
from tracer.contrib.rnn_blocks import LSTMBlockWrapper as LSTMBlockWrapper
from tracer.contrib.rnn_blocks import TimeReversedFusedRNN as TimeReversedFusedRNN
from tracer.contrib.rnn_grids import BidirectionalGridLSTMCell as BidirectionalGridLSTMCell
from tracer.contrib.rnn_grids import GridLSTMCell as GridLSTMCell
from tracer.contrib.rnn_grids import TimeFreqLSTMCell as TimeFreqLSTMCell
from tracer.contrib.rnn_stacks import stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn
from tracer.contrib.rnn_stacks import stack_bidirectional_rnn as stack_bidirectional_rnn
from tracer.contrib.rnn_wrappers import AttentionCellWrapper as AttentionCellWrapper
from tracer.contrib.rnn_wrappers import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from tracer.nn import rnn_cell
from tracer.ops import math


class CoupledInputForgetGateLSTMCell(rnn_cell.LSTMCell):
    """An LSTM that takes in what it forgets: its input gate is one minus its forget gate (arXiv:1503.04069).

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the cell state.
        initializer: for the weights and projections.
        num_proj: the size of the output, when it is projected.
        proj_clip: the largest absolute value of a projected output.
        num_unit_shards, num_proj_shards: into how many variables the weights are split.
        forget_bias: added to the forget gate.
        state_is_tuple: whether the state is an `LSTMStateTuple`.
        activation: of the inner states.
    """

    _gates = 3

    def __init__(self, num_units: int, use_peepholes: bool = False, initializer: Any = None,
                 num_proj: int | None = None, proj_clip: float | None = None, num_unit_shards: int = 1,
                 num_proj_shards: int = 1, forget_bias: float = 1.0, state_is_tuple: bool = False,
                 activation: Callable = math.tanh) -> None:
        super().__init__(num_units, None, use_peepholes, None, initializer, num_proj, num_unit_shards, num_proj_shards,
                         forget_bias, state_is_tuple, activation)
        self._proj_clip = proj_clip

    def _update(self, c: Any, j: Any, f: Any, o: Any, *, dtype: Any) -> tuple[Any, Any]:  # type: ignore[override]
        act, to_f, to_o = self._activation, None, None
        if self._use_peepholes:
            to_f, to_o = self._diagonals("FO", dtype)
        kept = math.sigmoid(f + self._forget_bias if to_f is None else f + self._forget_bias + to_f * c)
        new_c = kept * c + (1 - kept) * act(j)
        return new_c, math.sigmoid(o if to_o is None else o + to_o * new_c) * act(new_c)
