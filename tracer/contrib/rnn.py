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
from tracer.contrib.rnn_stacks import stack_bidirectional_dynamic_rnn as stack_bidirectional_dynamic_rnn
from tracer.contrib.rnn_stacks import stack_bidirectional_rnn as stack_bidirectional_rnn
from tracer.contrib.rnn_wrappers import AttentionCellWrapper as AttentionCellWrapper
from tracer.contrib.rnn_wrappers import LayerNormBasicLSTMCell as LayerNormBasicLSTMCell
from tracer.initializers import constant_initializer
from tracer.ir import Tensor
from tracer.nn import rnn_cell
from tracer.ops import array, clip, constants, math, nn
from tracer.variable_scope import get_variable


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


class _FrequencyCell(rnn_cell.RNNCell):
    """What the two cells share that step over windows of the inputs' columns."""

    def __init__(self, num_units: int, use_peepholes: bool, cell_clip: float | None, initializer: Any,
                 num_unit_shards: int, forget_bias: float, feature_size: int | None,
                 frequency_skip: int | None) -> None:
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size = feature_size
        self._frequency_skip = frequency_skip

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> int:
        return 2 * self._num_units

    def _windows(self, inputs: Any) -> list[Tensor]:
        """The inputs' columns, `feature_size` of them from every `frequency_skip`-th on."""
        columns = _columns(inputs, "Cannot infer input_size from static shape inference.")
        width, skip = self._feature_size, self._frequency_skip
        if width is None or skip is None:
            raise TypeError(f"{type(self).__name__} needs feature_size and frequency_skip, not {width} and {skip}.")
        return [array.slice(inputs, [0, at * skip], [-1, width]) for at in range(int((columns - width) / skip) + 1)]

    def _state_of(self, state: Any, at: int) -> tuple[Tensor, Tensor]:
        """Both parts of the state of a window at the step before."""
        size = self._num_units
        return (array.slice(state, [0, 2 * at * size], [-1, size]),
                array.slice(state, [0, (2 * at + 1) * size], [-1, size]))

    def _nothing(self, inputs: Tensor) -> Tensor:
        return constants.zeros([int(inputs.get_shape()[0]), self._num_units], inputs.dtype)  # type: ignore[index]

    def _clipped(self, c: Any) -> Any:
        return c if self._cell_clip is None else clip.clip_by_value(c, -self._cell_clip, self._cell_clip)


class TimeFreqLSTMCell(_FrequencyCell):
    """An LSTM over time whose step is one over frequency: windows of the input, each seeing the one below it.

    After Li et al., "LSTM time and frequency recurrence for automatic speech recognition" (2015). The state has the
    parts `[c, m]` of every window side by side; the output has the `m` of all of them.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the cell state.
        cell_clip: the largest absolute value of the cell state.
        initializer: for the weights.
        num_unit_shards: into how many variables the weights are split.
        forget_bias: added to the forget gate.
        feature_size: the columns of a window.
        frequency_skip: from one window to the next.
    """

    def __init__(self, num_units: int, use_peepholes: bool = False, cell_clip: float | None = None,
                 initializer: Any = None, num_unit_shards: int = 1, forget_bias: float = 1.0,
                 feature_size: int | None = None, frequency_skip: int | None = None) -> None:
        super().__init__(num_units, use_peepholes, cell_clip, initializer, num_unit_shards, forget_bias, feature_size,
                         frequency_skip)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        size, windows = self._num_units, self._windows(inputs)
        with self._scope(scope):
            columns = windows[0].get_shape()[1].value + 2 * size  # type: ignore[index]
            weights = rnn_cell._get_concat_variable("W", [columns, 4 * size], inputs.dtype, self._num_unit_shards,
                                                    self._initializer)
            bias = _bias("B", 4 * size, inputs.dtype)
            below = self._nothing(windows[0])
            to_f = to_i = to_o = None
            if self._use_peepholes:
                to_f, to_i, to_o = (_diagonal(f"W_{g}_diag", size, inputs.dtype, self._initializer) for g in "FIO")
            states, outputs = [], []
            for at, window in enumerate(windows):
                c, m = self._state_of(state, at)
                gates = nn.bias_add(math.matmul(array.concat(1, [window, m, below]), weights), bias)
                i, j, f, o = array.split(1, 4, gates)
                kept = f + self._forget_bias if to_f is None else f + self._forget_bias + to_f * c
                c = self._clipped(math.sigmoid(kept) * c
                                  + math.sigmoid(i if to_i is None else i + to_i * c) * math.tanh(j))
                below = math.sigmoid(o if to_o is None else o + to_o * c) * math.tanh(c)
                states += [c, below]
                outputs.append(below)
            return array.concat(1, outputs), array.concat(1, states)


class GridLSTMCell(_FrequencyCell):
    """A grid of LSTMs: at each window of the input one over time and one over frequency, which see each other.

    After Kalchbrenner et al., "Grid long short-term memory" (arXiv:1507.01526). The state has the parts `[c, m]` over
    time of every window side by side; the output has, for each window, both `m`.

    Args:
        num_units, use_peepholes, cell_clip, initializer, num_unit_shards, forget_bias, feature_size, frequency_skip:
            as for `TimeFreqLSTMCell`.
        share_time_frequency_weights: whether both directions have the same weights.
    """

    def __init__(self, num_units: int, use_peepholes: bool = False, share_time_frequency_weights: bool = False,
                 cell_clip: float | None = None, initializer: Any = None, num_unit_shards: int = 1,
                 forget_bias: float = 1.0, feature_size: int | None = None,
                 frequency_skip: int | None = None) -> None:
        super().__init__(num_units, use_peepholes, cell_clip, initializer, num_unit_shards, forget_bias, feature_size,
                         frequency_skip)
        self._share = share_time_frequency_weights

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        size, windows = self._num_units, self._windows(inputs)
        with self._scope(scope):
            columns = windows[0].get_shape()[1].value + 2 * size  # type: ignore[index]
            weights = self._weights(columns, inputs.dtype)
            peepholes = self._peepholes(inputs.dtype)
            m_below, c_below = self._nothing(windows[0]), self._nothing(windows[0])
            states, outputs = [], []
            for at, window in enumerate(windows):
                c, m = self._state_of(state, at)
                joined = array.concat(1, [window, m, m_below])
                gates = [array.split(1, 4, nn.bias_add(math.matmul(joined, w), b)) for w, b in weights]
                over_frequency, over_time = gates[0], gates[-1]
                new_below = self._cell(over_frequency, c_below, c_below, c, peepholes[0])
                new = self._cell(over_time, c, c_below, c, peepholes[-1])
                m_below = self._output(over_frequency, new_below, new_below, new, peepholes[0])
                m = self._output(over_time, new, new_below, new, peepholes[-1])
                c_below = new_below
                states += [new, m]
                outputs += [m, m_below]
            return array.concat(1, outputs), array.concat(1, states)

    def _weights(self, columns: int, dtype: Any) -> list[tuple[Any, Any]]:
        """Weights and bias over frequency, and over time where those are others."""
        shape = [columns, 4 * self._num_units]
        return [(rnn_cell._get_concat_variable(f"W_{name}", shape, dtype, self._num_unit_shards, self._initializer),
                 _bias(f"B_{name}", 4 * self._num_units, dtype)) for name in ("f" if self._share else "ft")]

    def _peepholes(self, dtype: Any) -> list[dict[str, tuple[Any, Any]] | None]:
        """For each direction and gate, the weights by which it sees both cell states."""
        if not self._use_peepholes:
            return [None]
        return [{gate: tuple(_diagonal(f"W_{gate}_diag_{direction}{seen}", self._num_units, dtype,  # type: ignore[misc]
                                       self._initializer) for seen in "ft") for gate in "FIO"}
                for direction in (("freq",) if self._share else ("freq", "time"))]

    @staticmethod
    def _seeing(gate: Any, name: str, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        if peepholes is None:
            return gate
        by_frequency, by_time = peepholes[name]
        return gate + by_frequency * c_frequency + by_time * c_time

    def _cell(self, gates: Any, c: Any, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        """The new cell state of one direction."""
        i, j, f, _ = gates
        taken = math.sigmoid(self._seeing(i, "I", c_frequency, c_time, peepholes))
        kept = math.sigmoid(self._seeing(f + self._forget_bias, "F", c_frequency, c_time, peepholes))
        return self._clipped(kept * c + taken * math.tanh(j))

    def _output(self, gates: Any, c: Any, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        """The output of one direction."""
        return math.sigmoid(self._seeing(gates[3], "O", c_frequency, c_time, peepholes)) * math.tanh(c)


def _columns(inputs: Any, message: str) -> int:
    columns = inputs.get_shape().with_rank(2)[1].value
    if columns is None:
        raise ValueError(message)
    return columns


def _bias(name: str, size: int, dtype: Any) -> Any:
    return get_variable(name, [size], dtype=dtype, initializer=constant_initializer(0.0, dtype=dtype))


def _diagonal(name: str, size: int, dtype: Any, initializer: Any) -> Any:
    return get_variable(name, [size], dtype=dtype, initializer=initializer)


def _gates(weights: str, bias: str, joined: list[Any], rows: int, columns: int, dtype: Any, shards: int,
           initializer: Any) -> Any:
    matrix = rnn_cell._get_concat_variable(weights, [rows, columns], dtype, shards, initializer)
    return nn.bias_add(math.matmul(array.concat(1, joined), matrix), _bias(bias, columns, dtype))
