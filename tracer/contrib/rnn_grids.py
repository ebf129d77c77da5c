"""Cells of `tf.contrib.rnn` that step over the frequencies of a frame within each step over time."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

from tracer.initializers import constant_initializer
from tracer.ir import Tensor
from tracer.nn import rnn_cell, states
from tracer.ops import array, blocks, clip, constants, math, nn
from tracer.variable_scope import get_variable, variable_scope


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
        columns = _columns(inputs)
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
        num_frequency_blocks: from 0.10 on, as the next ones: how many windows each block of frequencies has. Each block
            has its own weights. Without it there is one block, whose variables have the names of 0.8.
        start_freqindex_list, end_freqindex_list: the columns where the blocks begin and end; one block has them all.
        couple_input_forget_gates: whether the forget gate is one minus the input gate.
        state_is_tuple: whether the state is a tuple with the `c` and the `m` of every window.

    Raises ValueError for blocks that have another number of windows, and for a tuple without `num_frequency_blocks`.
    """

    def __init__(self, num_units: int, use_peepholes: bool = False, share_time_frequency_weights: bool = False,
                 cell_clip: float | None = None, initializer: Any = None, num_unit_shards: int = 1,
                 forget_bias: float = 1.0, feature_size: int | None = None, frequency_skip: int | None = None,
                 num_frequency_blocks: Sequence[int] | None = None, start_freqindex_list: Sequence[int] | None = None,
                 end_freqindex_list: Sequence[int] | None = None, couple_input_forget_gates: bool = False,
                 state_is_tuple: bool = False) -> None:
        super().__init__(num_units, use_peepholes, cell_clip, initializer, num_unit_shards, forget_bias, feature_size,
                         frequency_skip)
        self._share = share_time_frequency_weights
        self._names = "IJO" if couple_input_forget_gates else "IJFO"
        self._counts = None if num_frequency_blocks is None else list(num_frequency_blocks)
        if state_is_tuple and self._counts is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._starts, self._ends = start_freqindex_list, end_freqindex_list
        self._state_tuple_type = self._tuple("GridLSTMStateTuple", ["state"]) if state_is_tuple else None

    def _tuple(self, name: str, prefixes: list[str]) -> Any:
        """The type of states: `c` and `m` of every window of every block."""
        return collections.namedtuple(name, [
            f"{prefix}_f{window:02d}_b{block:02d}_{part}" for prefix in prefixes
            for block, count in enumerate(self._counts or ()) for window in range(count) for part in "cm"])

    @property
    def output_size(self) -> int:
        return self._num_units if self._counts is None else 2 * self._num_units * sum(self._counts)

    @property
    def state_size(self) -> Any:
        if self._state_tuple_type is not None:
            return self._state_tuple_type(*[self._num_units] * len(self._state_tuple_type._fields))
        return 2 * self._num_units * (1 if self._counts is None else sum(self._counts))

    @property
    def state_tuple_type(self) -> Any:
        """The named tuple of its states; None where they are tensors."""
        return self._state_tuple_type

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        blocks = self._blocks(inputs)
        with self._scope(scope):
            if self._state_tuple_type is None:
                # as TensorFlow does: every block begins with the first part of the state again
                parts = [self._state_of(state, at) for block in blocks for at in range(len(block))]
            else:
                parts = _pairs(state)
            outputs, new = self._all(blocks, parts)
            joined = array.concat(1, new) if self._state_tuple_type is None else self._state_tuple_type(*new)
            return array.concat(1, outputs), joined

    def _blocks(self, inputs: Any, offset: int = 0) -> list[list[Tensor]]:
        """The windows of every block, `offset` columns further on; what is missing there is zero."""
        if self._counts is None:
            return [self._windows(inputs)]
        columns, width, skip = _columns(inputs), self._feature_size, self._frequency_skip
        starts, ends = self._starts, self._ends
        if not starts:
            if len(self._counts) != 1:
                raise ValueError(f"Length of num_frequency_blocks is not 1, but instead is {len(self._counts)}")
            starts, ends = [0], [columns]
        if not len(starts) == len(ends or ()) == len(self._counts):
            raise ValueError("Length of num_frequency_blocks is not equal to start_freqindex_list "
                             f"{len(self._counts)} {len(starts)}")
        if width is None or skip is None:
            raise TypeError(f"{type(self).__name__} needs feature_size and frequency_skip, not {width} and {skip}.")
        if offset:
            inputs = blocks.pad(inputs, [[0, 0], [max(-offset, 0), max(offset, 0)]])
        cut = []
        for start, end, count in zip(starts, ends, self._counts, strict=True):  # type: ignore[arg-type]
            found = int((end - start - width) / skip) + 1
            if found != count:
                raise ValueError(f"Invalid num_frequency_blocks, requires {count} but gets {found}, please check the input "
                                 "size and filter config are correct.")
            cut.append([array.slice(inputs, [0, start + max(offset, 0) + at * skip], [-1, width]) for at in range(count)])
        return cut

    def _all(self, blocks: list[list[Tensor]], parts: list[tuple[Any, Any]]) -> tuple[list[Tensor], list[Tensor]]:
        """The outputs and the new states of all blocks."""
        outputs, new, rest = [], [], iter(parts)
        for number, windows in enumerate(blocks):
            block = self._block(windows, [next(rest) for _ in windows], "" if self._counts is None else f"_{number}")
            outputs += block[0]
            new += block[1]
        return outputs, new

    def _block(self, windows: list[Tensor], parts: list[tuple[Any, Any]],
               suffix: str) -> tuple[list[Tensor], list[Tensor]]:
        """One step over the windows of a block, whose variables have this suffix."""
        first = windows[0]
        weights = self._weights(first.get_shape()[1].value + 2 * self._num_units, first.dtype, suffix)  # type: ignore[index]
        peepholes = self._peepholes(first.dtype, suffix)
        m_below, c_below = self._nothing(first), self._nothing(first)
        new_states, outputs = [], []
        for window, (c, m) in zip(windows, parts, strict=True):
            joined = array.concat(1, [window, m, m_below])
            gates = [dict(zip(self._names, array.split(1, len(self._names), nn.bias_add(math.matmul(joined, w), b)),
                              strict=True)) for w, b in weights]
            over_frequency, over_time = gates[0], gates[-1]
            new_below = self._cell(over_frequency, c_below, c_below, c, peepholes[0])
            new = self._cell(over_time, c, c_below, c, peepholes[-1])
            m_below = self._output(over_frequency, new_below, new_below, new, peepholes[0])
            m = self._output(over_time, new, new_below, new, peepholes[-1])
            c_below = new_below
            new_states += [new, m]
            outputs += [m, m_below]
        return outputs, new_states

    def _weights(self, columns: int, dtype: Any, suffix: str) -> list[tuple[Any, Any]]:
        """Weights and bias over frequency, and over time where those are others."""
        gates = len(self._names) * self._num_units
        return [(rnn_cell._get_concat_variable(f"W_{name}{suffix}", [columns, gates], dtype, self._num_unit_shards,
                                               self._initializer),
                 _bias(f"B_{name}{suffix}", gates, dtype)) for name in ("f" if self._share else "ft")]

    def _peepholes(self, dtype: Any, suffix: str) -> list[dict[str, tuple[Any, Any]] | None]:
        """For each direction and gate, the weights by which it sees both cell states."""
        if not self._use_peepholes:
            return [None]
        return [{gate: tuple(_diagonal(f"W_{gate}_diag_{direction}{seen}{suffix}", self._num_units,  # type: ignore[misc]
                                       dtype, self._initializer) for seen in "ft") for gate in "FIO"
                 if gate in self._names} for direction in (("freq",) if self._share else ("freq", "time"))]

    @staticmethod
    def _seeing(gate: Any, name: str, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        if peepholes is None:
            return gate
        by_frequency, by_time = peepholes[name]
        return gate + by_frequency * c_frequency + by_time * c_time

    def _cell(self, gates: dict[str, Any], c: Any, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        """The new cell state of one direction."""
        taken = math.sigmoid(self._seeing(gates["I"], "I", c_frequency, c_time, peepholes))
        if "F" in gates:
            kept = math.sigmoid(self._seeing(gates["F"] + self._forget_bias, "F", c_frequency, c_time, peepholes))
        else:
            kept = 1.0 - taken
        return self._clipped(kept * c + taken * math.tanh(gates["J"]))

    def _output(self, gates: dict[str, Any], c: Any, c_frequency: Any, c_time: Any, peepholes: Any) -> Any:
        """The output of one direction."""
        return math.sigmoid(self._seeing(gates["O"], "O", c_frequency, c_time, peepholes)) * math.tanh(c)


class BidirectionalGridLSTMCell(GridLSTMCell):
    """Two grids of LSTMs with weights of their own, one over the windows from below and one from above; from 0.12 on.

    The state is a tuple with the `c` and the `m` of every window of both.

    Args:
        num_units, use_peepholes, share_time_frequency_weights, cell_clip, initializer, num_unit_shards, forget_bias,
            feature_size, frequency_skip, start_freqindex_list, end_freqindex_list: as for `GridLSTMCell`.
        num_frequency_blocks: how many windows each block has; must be given.
        couple_input_forget_gates: has no effect, as in TensorFlow 0.12.
        backward_slice_offset: how many columns further on the windows from above begin.

    Raises ValueError without `num_frequency_blocks`.
    """

    def __init__(self, num_units: int, use_peepholes: bool = False, share_time_frequency_weights: bool = False,
                 cell_clip: float | None = None, initializer: Any = None, num_unit_shards: int = 1,
                 forget_bias: float = 1.0, feature_size: int | None = None, frequency_skip: int | None = None,
                 num_frequency_blocks: Sequence[int] | None = None, start_freqindex_list: Sequence[int] | None = None,
                 end_freqindex_list: Sequence[int] | None = None, couple_input_forget_gates: bool = False,
                 backward_slice_offset: int = 0) -> None:
        super().__init__(num_units, use_peepholes, share_time_frequency_weights, cell_clip, initializer, num_unit_shards,
                         forget_bias, feature_size, frequency_skip, num_frequency_blocks, start_freqindex_list,
                         end_freqindex_list, False, True)
        self._offset = backward_slice_offset
        self._state_tuple_type = self._tuple("BidirectionalGridLSTMStateTuple", ["fwd_state", "bwd_state"])

    @property
    def output_size(self) -> int:
        return 2 * super().output_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        ways = {"fwd": self._blocks(inputs), "bwd": [block[::-1] for block in self._blocks(inputs, self._offset)]}
        parts, outputs, new = _pairs(state), [], []
        half = len(parts) // 2
        with self._scope(scope):
            for (way, blocks), own in zip(ways.items(), (parts[:half], parts[half:]), strict=True):
                with variable_scope(way):
                    found = self._all(blocks, own)
                outputs += found[0]
                new += found[1]
            return array.concat(1, outputs), self._state_tuple_type(*new)


def _pairs(state: Any) -> list[tuple[Any, Any]]:
    """The `c` and `m` of every window."""
    leaves = states.flatten(state)
    return list(zip(leaves[::2], leaves[1::2], strict=True))


def _columns(inputs: Any) -> int:
    columns = inputs.get_shape().with_rank(2)[1].value
    if columns is None:
        raise ValueError("Cannot infer input_size from static shape inference.")
    return columns


def _bias(name: str, size: int, dtype: Any) -> Any:
    return get_variable(name, [size], dtype=dtype, initializer=constant_initializer(0.0, dtype=dtype))


def _diagonal(name: str, size: int, dtype: Any, initializer: Any) -> Any:
    return get_variable(name, [size], dtype=dtype, initializer=initializer)
