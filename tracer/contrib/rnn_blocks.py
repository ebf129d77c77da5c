"""Cells whose step is one operation in TensorFlow, and cells that take a whole sequence."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.convert import convert_to_tensor
from tracer.initializers import constant_initializer
from tracer.ir import Tensor
from tracer.nn import recurrent, rnn_cell, states
from tracer.ops import array, clip, constants, indexing, math, nn
from tracer.variable_scope import get_variable, variable_scope

_CLIP = 3.0  # of the cell state, where nothing is said


class LSTMBlockCell(rnn_cell.RNNCell):
    """An LSTM with weights `W` and `b`, whose state is a pair `(c, h)` and whose cell state stays within -3 and 3.

    Args:
        num_units: the number of units.
        forget_bias: added to the forget gate.
        use_peephole: whether the gates see the cell state.
        use_compatible_names: whether the variables are called as those of `LSTMCell`.
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0, use_peephole: bool = False,
                 use_compatible_names: bool = False) -> None:
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._compatible = use_compatible_names

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> tuple[int, int]:
        return self._num_units, self._num_units

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with variable_scope(scope or ("LSTMCell" if self._compatible else "LSTMBlockCell")):
            inputs = convert_to_tensor(inputs)
            if len(state) != 2:
                raise ValueError("Expecting state to be a tuple with length 2.")
            columns = inputs.get_shape().with_rank(2)[1].value
            if columns is None:
                raise ValueError("Expecting inputs_shape[1] to be set: " + str(inputs.get_shape()))
            names = ("W_0", "B", "W_I_diag", "W_O_diag", "W_F_diag") if self._compatible else (
                "W", "b", "wci", "wco", "wcf")
            weights = _lstm_weights(names, columns, self._num_units, inputs.dtype, self._use_peephole)
            c, h = _lstm_step(inputs, state[0], state[1], weights, self._forget_bias, _CLIP)
            return h, (c, h)


class GRUBlockCell(rnn_cell.RNNCell):
    """A gated recurrent unit with weights `w_ru`, `w_c` and biases `b_ru`, `b_c`."""

    def __init__(self, cell_size: int) -> None:
        self._cell_size = cell_size

    @property
    def output_size(self) -> int:
        return self._cell_size

    @property
    def state_size(self) -> int:
        return self._cell_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            inputs = convert_to_tensor(inputs)
            columns = inputs.get_shape().with_rank(2)[1].value
            if columns is None:
                raise ValueError("Expecting input_size to be set.")
            size = self._cell_size
            if state.get_shape().with_rank(2)[1].value != size:
                raise ValueError(f"Expecting cell_size of {size} got {state.get_shape()[1].value}")
            gates = get_variable("w_ru", [columns + size, 2 * size], inputs.dtype)
            gates_bias = get_variable("b_ru", [2 * size], inputs.dtype, constant_initializer(1.0))
            candidate = get_variable("w_c", [columns + size, size], inputs.dtype)
            candidate_bias = get_variable("b_c", [size], inputs.dtype, constant_initializer(0.0))
            both = nn.bias_add(math.matmul(array.concat(1, [inputs, state]), gates), gates_bias)
            reset, update = array.split(1, 2, math.sigmoid(both))
            seen = array.concat(1, [inputs, reset * state])
            new = math.tanh(nn.bias_add(math.matmul(seen, candidate), candidate_bias))
            h = update * state + (1 - update) * new
            return h, h


def _lstm_weights(names: tuple[str, ...], columns: int, size: int, dtype: Any, use_peephole: bool) -> list[Any]:
    """Weights, bias, and the peepholes of the input, output and forget gates or None."""
    weights = [get_variable(names[0], [columns + size, 4 * size], dtype),
               get_variable(names[1], [4 * size], dtype, constant_initializer(0.0))]
    return weights + [get_variable(name, [size], dtype) if use_peephole else None for name in names[2:]]


def _lstm_step(inputs: Any, c: Any, h: Any, weights: list[Any], forget_bias: float, cell_clip: float) -> tuple[Any, Any]:
    """The new `c` and `h`. As in TensorFlow's kernel, the gradient goes through the clipping as if it were not there."""
    matrix, bias, to_i, to_o, to_f = weights
    gates = nn.bias_add(math.matmul(array.concat(1, [inputs, h]), matrix), bias)
    i, j, f, o = array.split(1, 4, gates)
    f = f + forget_bias
    if to_i is not None:
        i, f = i + to_i * c, f + to_f * c
    c = math.sigmoid(f) * c + math.sigmoid(i) * math.tanh(j)
    if cell_clip > 0:
        clipped = clip.clip_by_value(c, -cell_clip, cell_clip)
        c = array.stop_gradient(clipped) + (c - array.stop_gradient(c))
    return c, math.sigmoid(o if to_o is None else o + to_o * c) * math.tanh(c)


class FusedRNNCell:
    """A cell over a whole sequence: `outputs, state = cell(inputs, initial_state, dtype, sequence_length)`.

    `inputs` have the shape (time, batch, input size).
    """

    def __call__(self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
                 scope: Any = None) -> tuple[Any, Any]:
        raise NotImplementedError("Abstract method")


class FusedRNNCellAdaptor(FusedRNNCell):
    """A plain cell as one over a whole sequence; in a loop with `use_dynamic_rnn`, otherwise step by step."""

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
                 scope: Any = None) -> tuple[Any, Any]:
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            outputs, state = recurrent.dynamic_rnn(
                self._cell, array.pack(inputs) if is_list else inputs, sequence_length, initial_state, dtype,
                time_major=True, scope=scope)
            return (array.unpack(outputs) if is_list else outputs), state
        outputs, state = recurrent.rnn(self._cell, inputs if is_list else array.unpack(inputs), initial_state, dtype,
                                       sequence_length, scope)
        return (outputs if is_list else array.pack(outputs)), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A cell over the sequence backwards: inputs and outputs are reversed, each row within its own length."""

    def __init__(self, cell: FusedRNNCell) -> None:
        self._cell = cell

    def __call__(self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
                 scope: Any = None) -> tuple[Any, Any]:
        def turned(sequence: Any) -> Any:
            if isinstance(sequence, list):
                return recurrent._reverse_seq(sequence, sequence_length)
            if sequence_length is None:
                return indexing.reverse(sequence, [True, *[False] * (sequence.get_shape().ndims - 1)])
            lengths = math.cast(convert_to_tensor(sequence_length), dtypes.int64)
            return indexing.reverse_sequence(sequence, lengths, 0, 1)

        outputs, state = self._cell(turned(inputs), initial_state, dtype, sequence_length, scope)
        return states.apply(turned, outputs) if isinstance(outputs, tuple) else turned(outputs), state


class LSTMBlockWrapper(FusedRNNCell):
    """What LSTMs over whole sequences share: the zero state, the lengths of the rows, lists of steps."""

    @property
    def num_units(self) -> int:
        """The number of units."""
        raise NotImplementedError("Abstract method")

    def _cell(self, inputs: Tensor, dtype: Any) -> Any:
        """The step as a cell, its variables made."""
        raise NotImplementedError("Abstract method")

    def __call__(self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
                 scope: Any = None) -> tuple[Any, Any]:
        """Runs the cell.

        Args:
            inputs: of shape (time, batch, input size), or a list of the steps.
            initial_state: a pair `(c, h)`; zeros by default.
            dtype: the type of that state; needed without `initial_state`.
            sequence_length: of shape (batch,): past a row's length its outputs are zero and its state stays.
            scope: the variable scope; the class's name by default.

        Raises ValueError where neither `initial_state` nor `dtype` is given.
        """
        with variable_scope(scope or type(self).__name__):
            is_list = isinstance(inputs, list)
            value = array.pack(inputs) if is_list else convert_to_tensor(inputs)
            shape = value.get_shape().with_rank(3)
            if shape[2].value is None:
                raise ValueError(f"Expecting inputs_shape[2] to be set: {shape}")
            rows = array.shape(value)[1] if shape[1].value is None else shape[1].value  # type: ignore[index]
            if initial_state is None:
                if dtype is None:
                    raise ValueError("Either initial_state or dtype needs to be specified")
                zero = constants.zeros(array.pack([rows, self.num_units]), dtype)
                initial_state = zero, zero
            elif len(initial_state) != 2:
                raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
            kind = dtype or initial_state[0].dtype
            outputs, state = recurrent._dynamic_rnn_loop(
                self._cell(value, kind), value, tuple(initial_state), 32, False, sequence_length)
            return (array.unpack(outputs) if is_list else outputs), state


class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over a whole sequence, whose variables are called as those of `LSTMCell`.

    Args:
        num_units: the number of units.
        forget_bias: added to the forget gate.
        cell_clip: the largest absolute value of the cell state; 3 by default, and none where it is 0 or less.
        use_peephole: whether the gates see the cell state.
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0, cell_clip: float | None = None,
                 use_peephole: bool = False) -> None:
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = _CLIP if cell_clip is None else cell_clip
        self._use_peephole = use_peephole

    @property
    def num_units(self) -> int:
        return self._num_units

    def _cell(self, inputs: Tensor, dtype: Any) -> Any:
        columns = inputs.get_shape()[2].value  # type: ignore[index]
        names = "W_0", "B", "W_I_diag", "W_O_diag", "W_F_diag"
        return _Step(self, _lstm_weights(names, columns, self._num_units, dtype, self._use_peephole))  # type: ignore[arg-type]


class _Step:
    """One step of a fused cell."""

    def __init__(self, cell: LSTMBlockFusedCell, weights: list[Any]) -> None:
        self.output_size = cell.num_units
        self._cell, self._weights = cell, weights

    def __call__(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        c, h = _lstm_step(inputs, state[0], state[1], self._weights, self._cell._forget_bias, self._cell._cell_clip)
        return h, (c, h)
