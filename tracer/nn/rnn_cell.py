"""`tf.nn.rnn_cell`: one step of a recurrent network, as an object.

A state is one 2-D tensor, its parts side by side: an LSTM's is `[c, h]`. With `state_is_tuple=True`, which scripts a
little younger pass, it is an `LSTMStateTuple` (for several layers a tuple of the layers' states).
"""

from __future__ import annotations

import collections
import importlib
from collections.abc import Callable
from typing import Any

from tracer import scopes, variable_scope
from tracer.initializers import constant_initializer
from tracer.nn import states
from tracer.nn.cell import RNNCell as RNNCell
from tracer.nn.cell import linear as linear
from tracer.nn.cell_wrappers import DropoutWrapper as DropoutWrapper
from tracer.nn.cell_wrappers import EmbeddingWrapper as EmbeddingWrapper
from tracer.nn.cell_wrappers import InputProjectionWrapper as InputProjectionWrapper
from tracer.nn.cell_wrappers import MultiRNNCell as MultiRNNCell
from tracer.nn.cell_wrappers import OutputProjectionWrapper as OutputProjectionWrapper
from tracer.nn.cell_wrappers import SlimRNNCell as SlimRNNCell
from tracer.ops import array, clip, math, nn
from tracer.ops.math import sigmoid as sigmoid
from tracer.ops.math import tanh as tanh
from tracer.shapes import as_shape


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: `c`, and `h`, which is its output as well."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The type of both (from 0.10 on). Raises TypeError when they are of different ones."""
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype!r} vs {self.h.dtype!r}")
        return self.c.dtype


class _PlainState(RNNCell):
    """A cell whose state is its output, of `num_units` columns."""

    def __init__(self, num_units: int, input_size: Any = None, activation: Callable = math.tanh) -> None:
        self._num_units = num_units
        self._activation = activation

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> int:
        return self._num_units


class BasicRNNCell(_PlainState):
    """The plain cell: `output = state = tanh(W [inputs, state] + b)`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            output = self._activation(linear([inputs, state], self._num_units, True))
        return output, output


class GRUCell(_PlainState):
    """The gated recurrent unit of Cho et al. (arXiv:1406.1078): `h' = u h + (1 - u) tanh(W [inputs, r h])`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            with variable_scope.variable_scope("Gates"):  # their bias starts at 1: neither reset nor update at first
                reset, update = array.split(1, 2, linear([inputs, state], 2 * self._num_units, True, 1.0))
                reset, update = math.sigmoid(reset), math.sigmoid(update)
            with variable_scope.variable_scope("Candidate"):
                candidate = self._activation(linear([inputs, reset * state], self._num_units, True))
            new = update * state + (1 - update) * candidate
        return new, new


class BasicLSTMCell(RNNCell):
    """The LSTM of Zaremba et al. (arXiv:1409.2329), gates in the order i, j, f, o.

    Args:
        num_units: the size of `c` and of `h`.
        forget_bias: added to the forget gate, so that the cell remembers at first.
        input_size: accepted and not used.
        state_is_tuple: whether the state is an `LSTMStateTuple` instead of `[c, h]` in one tensor.
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0, input_size: Any = None,
                 state_is_tuple: bool = False, activation: Callable = math.tanh) -> None:
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self._num_units)
        return 2 * self._num_units

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        tuples = self._state_is_tuple or states.in_parts(state)
        with self._scope(scope):
            c, h = state if tuples else array.split(1, 2, state)
            i, j, f, o = array.split(1, 4, linear([inputs, h], 4 * self._num_units, True))
            new_c = c * math.sigmoid(f + self._forget_bias) + math.sigmoid(i) * self._activation(j)
            new_h = self._activation(new_c) * math.sigmoid(o)
            if tuples:
                return new_h, LSTMStateTuple(new_c, new_h)
            new_state = array.concat(1, [new_c, new_h])
        return new_h, new_state


class LSTMCell(RNNCell):
    """The LSTM with peepholes, clipping and projection of Sak et al. (2014), gates in the order i, j, f, o.

    Args:
        num_units: the size of `c`.
        use_peepholes: whether the gates look at `c` through diagonal weights.
        cell_clip: where `c` is clipped, on both sides.
        initializer: that of weights and projection.
        num_proj: the size that `m` is projected to; not projected by default.
        num_unit_shards, num_proj_shards: into how many variables the weights are split.
        forget_bias: added to the forget gate.
        proj_clip: where the projection is clipped, on both sides; from 0.11 on.
    """

    _gates = 4

    def __init__(self, num_units: int, input_size: Any = None, use_peepholes: bool = False, cell_clip: Any = None,
                 initializer: Any = None, num_proj: int | None = None, num_unit_shards: int = 1,
                 num_proj_shards: int = 1, forget_bias: float = 1.0, state_is_tuple: bool = False,
                 activation: Callable = math.tanh, proj_clip: float | None = None) -> None:
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation

    @property
    def output_size(self) -> int:
        return self._num_proj or self._num_units

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return LSTMStateTuple(self._num_units, self.output_size)
        return self._num_units + self.output_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        size, out = self._num_units, self.output_size
        tuples = self._state_is_tuple or states.in_parts(state)
        if tuples:
            c, m = state
        else:
            c, m = array.slice(state, [0, 0], [-1, size]), array.slice(state, [0, size], [-1, out])
        columns = inputs.get_shape().with_rank(2)[1].value
        if columns is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        with self._scope(scope):
            wide = self._gates * size
            weights = _get_concat_variable("W", [columns + out, wide], inputs.dtype, self._num_unit_shards,
                                           self._initializer)
            bias = variable_scope.get_variable("B", [wide], dtype=inputs.dtype,
                                               initializer=constant_initializer(0.0, dtype=inputs.dtype))
            gates = nn.bias_add(math.matmul(array.concat(1, [inputs, m]), weights), bias)
            new_c, new_m = self._update(c, *array.split(1, self._gates, gates), dtype=inputs.dtype)
            if self._num_proj is not None:
                projection = _get_concat_variable("W_P", [size, self._num_proj], inputs.dtype, self._num_proj_shards,
                                                  self._initializer)
                new_m = math.matmul(new_m, projection)
                if self._proj_clip is not None:
                    new_m = clip.clip_by_value(new_m, -self._proj_clip, self._proj_clip)
        if tuples:
            return new_m, LSTMStateTuple(new_c, new_m)
        return new_m, array.concat(1, [new_c, new_m])

    def _diagonals(self, gates: str, dtype: Any) -> list[Any]:
        return [variable_scope.get_variable(f"W_{gate}_diag", [self._num_units], dtype=dtype,
                                            initializer=self._initializer) for gate in gates]

    def _update(self, c: Any, i: Any, j: Any, f: Any, o: Any, *, dtype: Any) -> tuple[Any, Any]:
        """The new `c` and `m` of one step, in TensorFlow's order of operations."""
        forget_bias, act, cell_clip = self._forget_bias, self._activation, self._cell_clip
        if not self._use_peepholes:
            new_c = math.sigmoid(f + forget_bias) * c + math.sigmoid(i) * act(j)
            leave = None
        else:
            to_f, to_i, to_o = self._diagonals("FIO", dtype)
            new_c = math.sigmoid(f + forget_bias + to_f * c) * c + math.sigmoid(i + to_i * c) * act(j)
            leave = to_o
        if cell_clip is not None:
            new_c = clip.clip_by_value(new_c, -cell_clip, cell_clip)
        return new_c, math.sigmoid(o if leave is None else o + leave * new_c) * act(new_c)


def _get_sharded_variable(name: str, shape: list[int], dtype: Any, num_shards: int, initializer: Any = None) -> list[Any]:
    """A weight split by rows into variables `name_0`, `name_1` ..."""
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    each, more = divmod(shape[0], num_shards)
    return [variable_scope.get_variable(f"{name}_{i}", [each + (i < more), *shape[1:]], dtype=dtype, initializer=initializer)
            for i in range(num_shards)]


def _get_concat_variable(name: str, shape: list[int], dtype: Any, num_shards: int, initializer: Any = None) -> Any:
    """The parts of such a weight, joined; the steps of a sequence share the join."""
    parts = _get_sharded_variable(name, shape, dtype, num_shards, initializer)
    if len(parts) == 1:
        return parts[0]
    full_name = f"{variable_scope.get_variable_scope().name}/{name}/concat:0"
    for tensor in scopes.get_collection(scopes.GraphKeys.CONCATENATED_VARIABLES):
        if tensor.name == full_name:
            return tensor
    joined = array.concat(0, parts, name=f"{name}/concat")
    scopes.add_to_collection(scopes.GraphKeys.CONCATENATED_VARIABLES, joined)
    return joined


def _state_size_with_prefix(state_size: Any, prefix: list[Any] | None = None) -> list[Any]:
    """The sizes that a number, a list or a shape stands for, after those of `prefix`."""
    if prefix is not None and not isinstance(prefix, list):
        raise TypeError("prefix of _state_size_with_prefix should be a list.")
    return [*(prefix or []), *as_shape(state_size).as_list()]


# The private names above are those that scripts reach for, this one since 0.9.
_linear = linear


def __getattr__(name: str) -> Any:
    return importlib.import_module("tracer.legacy.left_open").in_cells(__name__, name)
