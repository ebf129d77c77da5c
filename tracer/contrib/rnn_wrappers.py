"""Cells of `tf.contrib.rnn` that 0.9 to 0.12 added: an LSTM whose gates are normalized, and attention to earlier outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.layers.normalization import layer_norm as normalized
from tracer.initializers import constant_initializer
from tracer.ir import Tensor
from tracer.nn import regularization, rnn_cell, states
from tracer.ops import array, convolution, math, nn, reduction
from tracer.variable_scope import get_variable, variable_scope


class LayerNormBasicLSTMCell(rnn_cell.RNNCell):
    """An LSTM with layer normalization (arXiv:1607.06450) and dropout of what it takes in (arXiv:1603.05118).

    The state is an `LSTMStateTuple`.

    Args:
        num_units: the size of `c` and of `h`.
        forget_bias: added to the forget gate.
        input_size: accepted and not used.
        activation: of the inner states.
        layer_norm: whether gates and cell state are normalized.
        norm_gain, norm_shift: the first values of the normalizations' `gamma` and `beta`.
        dropout_keep_prob: the share of candidates that is kept, a number or a scalar tensor.
        dropout_prob_seed: the seed of what is dropped.
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0, input_size: Any = None,
                 activation: Callable = math.tanh, layer_norm: bool = True, norm_gain: float = 1.0,
                 norm_shift: float = 0.0, dropout_keep_prob: Any = 1.0, dropout_prob_seed: int | None = None) -> None:
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._activation = activation
        self._layer_norm = layer_norm
        self._gain = norm_gain
        self._shift = norm_shift
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> Any:
        return rnn_cell.LSTMStateTuple(self._num_units, self._num_units)

    def _norm(self, value: Any, name: str) -> Any:
        if not self._layer_norm:
            return value
        with variable_scope(name) as scope:
            size = value.get_shape()[-1:]
            get_variable("gamma", size, initializer=constant_initializer(self._gain))
            get_variable("beta", size, initializer=constant_initializer(self._shift))
        return normalized(value, reuse=True, scope=scope)

    def _gates(self, joined: Any) -> Any:
        columns = 4 * self._num_units
        with variable_scope("linear"):
            weights = get_variable("weights", [joined.get_shape()[-1], columns])
            gates = math.matmul(joined, weights)
            return gates if self._layer_norm else nn.bias_add(gates, get_variable("b", [columns]))

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            c, h = state
            parts = array.split(1, 4, self._gates(array.concat(1, [inputs, h])))
            i, j, f, o = (self._norm(part, name)
                          for part, name in zip(parts, ("input", "transform", "forget", "output"), strict=True))
            candidate = self._activation(j)
            if isinstance(self._keep_prob, Tensor) or self._keep_prob < 1:
                candidate = regularization.dropout(candidate, self._keep_prob, seed=self._seed)
            new_c = c * math.sigmoid(f + self._forget_bias) + math.sigmoid(i) * candidate
            new_c = self._norm(new_c, "state")
            new_h = self._activation(new_c) * math.sigmoid(o)
            return new_h, rnn_cell.LSTMStateTuple(new_c, new_h)


class AttentionCellWrapper(rnn_cell.RNNCell):
    """A cell that looks at its own last outputs (arXiv:1601.06733).

    The state is the cell's, then what was read last, then the outputs that are looked at: a tuple, or side by side.

    Args:
        cell: an `RNNCell`.
        attn_length: how many outputs are looked at.
        attn_size: the size of the output; that of the cell's by default.
        attn_vec_size: the size that outputs and state are compared in; `attn_size` by default.
        input_size: the size of what the cell takes in; that of the input by default.
        state_is_tuple: whether the state is a tuple of its three parts.
    """

    def __init__(self, cell: Any, attn_length: int, attn_size: int | None = None, attn_vec_size: int | None = None,
                 input_size: int | None = None, state_is_tuple: bool = False) -> None:
        if not isinstance(cell, rnn_cell.RNNCell):
            raise TypeError("The parameter cell is not RNNCell.")
        if isinstance(cell.state_size, tuple) and not state_is_tuple:
            raise ValueError("Cell returns tuple of states, but the flag state_is_tuple is not set. "
                             f"State size is: {cell.state_size}")
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        self._cell = cell
        self._length = attn_length
        self._size = cell.output_size if attn_size is None else attn_size
        self._compared = self._size if attn_vec_size is None else attn_vec_size
        self._input_size = input_size
        self._state_is_tuple = state_is_tuple

    @property
    def output_size(self) -> int:
        return self._size

    @property
    def state_size(self) -> Any:
        sizes = self._cell.state_size, self._size, self._size * self._length
        return sizes if self._state_is_tuple else sum(sizes)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            inner, read, outputs = state if self._state_is_tuple else self._parts(state)
            outputs = array.reshape(outputs, [-1, self._length, self._size])
            size = self._input_size or inputs.get_shape().as_list()[1]
            output, new_inner = self._cell(rnn_cell.linear([inputs, read], size, True), inner)
            query = array.concat(1, states.flatten(new_inner)) if self._state_is_tuple else new_inner
            new_read, newer = self._read(query, outputs)
            with variable_scope("AttnOutputProjection"):
                output = rnn_cell.linear([output, new_read], self._size, True)
            kept = array.concat(1, [newer, array.expand_dims(output, 1)])
            new_state = new_inner, new_read, array.reshape(kept, [-1, self._length * self._size])
            return output, new_state if self._state_is_tuple else array.concat(1, list(new_state))

    def _parts(self, state: Any) -> list[Any]:
        begins, parts = 0, []
        for size in (self._cell.state_size, self._size, self._size * self._length):
            parts.append(array.slice(state, [0, begins], [-1, size]))
            begins += size
        return parts

    def _read(self, query: Any, outputs: Any) -> tuple[Any, Any]:
        """The mean of the last outputs, weighed by how they compare with the state; and all of them but the first."""
        with variable_scope("Attention"):
            matrix = get_variable("AttnW", [1, 1, self._size, self._compared])
            vector = get_variable("AttnV", [self._compared])
            pictures = array.reshape(outputs, [-1, self._length, 1, self._size])
            features = convolution.conv2d(pictures, matrix, [1, 1, 1, 1], "SAME")
            wanted = array.reshape(rnn_cell.linear(query, self._compared, True), [-1, 1, 1, self._compared])
            scores = reduction.reduce_sum(vector * math.tanh(features + wanted), [2, 3])
            weights = array.reshape(nn.softmax(scores), [-1, self._length, 1, 1])
            read = array.reshape(reduction.reduce_sum(weights * pictures, [1, 2]), [-1, self._size])
            return read, array.slice(outputs, [0, 1, 0], [-1, -1, -1])
