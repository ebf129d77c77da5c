"""`tf.nn.rnn_cell`: one step of a recurrent network, as an object.

A state is one 2-D tensor, its parts side by side: an LSTM's is `[c, h]`. With `state_is_tuple=True`, which scripts a
little younger pass, it is an `LSTMStateTuple` (for several layers a tuple of the layers' states).
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tracer import scopes, variable_scope
from tracer.initializers import constant_initializer, random_uniform_initializer
from tracer.ir import Tensor
from tracer.nn import embedding, regularization, states
from tracer.ops import array, clip, constants, math, nn
from tracer.shapes import TensorShape

LSTMStateTuple = collections.namedtuple("LSTMStateTuple", ("c", "h"))


class RNNCell:
    """One step: `output, new_state = cell(inputs, state)`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """Runs the step on `inputs` of shape (batch, input size); variables are made below `scope`."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The number of columns of the output."""
        raise NotImplementedError("Abstract method")

    @property
    def state_size(self) -> Any:
        """The number of columns of the state; nested like the state where that is a tuple."""
        raise NotImplementedError("Abstract method")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for `batch_size` rows."""
        return states.apply(lambda size: self._zeros(batch_size, size, dtype), self.state_size)

    @staticmethod
    def _zeros(batch_size: Any, size: Any, dtype: Any) -> Tensor:
        sizes = size.as_list() if isinstance(size, TensorShape) else [size]  # one of many dimensions, as since 0.10
        zeros = constants.zeros(array.pack([batch_size, *sizes]), dtype=dtype)
        zeros.set_shape([None if isinstance(batch_size, Tensor) else batch_size, *sizes])
        return zeros

    @contextlib.contextmanager
    def _scope(self, scope: Any) -> Iterator[Any]:
        with variable_scope.variable_scope(scope or type(self).__name__) as opened:
            yield opened


def linear(args: Any, output_size: int, bias: bool, bias_start: float = 0.0, scope: Any = None) -> Tensor:
    """The sum of `args[i] * W[i]`, plus a bias where `bias` is true.

    Args:
        args: a 2-D tensor of shape (batch, n), or a list of those.
        output_size: the number of columns of the result.
        bias: whether to add a bias.
        bias_start: its initial value.
        scope: the variable scope; "Linear" by default.

    Raises:
        ValueError: an argument is not 2-D, or its number of columns is not known.
    """
    if args is None or (isinstance(args, (list, tuple)) and not args):
        raise ValueError("`args` must be specified")
    args = list(args) if isinstance(args, (list, tuple)) else [args]
    total = 0
    for shape in (a.get_shape().as_list() for a in args):
        if len(shape) != 2:
            raise ValueError(f"Linear is expecting 2D arguments: {[a.get_shape().as_list() for a in args]}")
        if not shape[1]:
            raise ValueError(f"Linear expects shape[1] of arguments: {[a.get_shape().as_list() for a in args]}")
        total += shape[1]
    kind = args[0].dtype
    with variable_scope.variable_scope(scope or "Linear"):
        matrix = variable_scope.get_variable("Matrix", [total, output_size], dtype=kind)
        joined = args[0] if len(args) == 1 else array.concat(1, args)
        result = math.matmul(joined, matrix)
        if not bias:
            return result
        term = variable_scope.get_variable("Bias", [output_size], dtype=kind,
                                           initializer=constant_initializer(bias_start, dtype=kind))
    return result + term  # type: ignore[operator]


class BasicRNNCell(RNNCell):
    """The plain cell: `output = state = tanh(W [inputs, state] + b)`."""

    def __init__(self, num_units: int, input_size: Any = None, activation: Callable = math.tanh) -> None:
        self._num_units = num_units
        self._activation = activation

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> int:
        return self._num_units

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            output = self._activation(linear([inputs, state], self._num_units, True))
        return output, output


class GRUCell(RNNCell):
    """The gated recurrent unit of Cho et al. (arXiv:1406.1078): `h' = u h + (1 - u) tanh(W [inputs, r h])`."""

    def __init__(self, num_units: int, input_size: Any = None, activation: Callable = math.tanh) -> None:
        self._num_units = num_units
        self._activation = activation

    @property
    def output_size(self) -> int:
        return self._num_units

    @property
    def state_size(self) -> int:
        return self._num_units

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
        with self._scope(scope):
            c, h = state if self._state_is_tuple else array.split(1, 2, state)
            i, j, f, o = array.split(1, 4, linear([inputs, h], 4 * self._num_units, True))
            new_c = c * math.sigmoid(f + self._forget_bias) + math.sigmoid(i) * self._activation(j)
            new_h = self._activation(new_c) * math.sigmoid(o)
            if self._state_is_tuple:
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
    """

    _gates = 4

    def __init__(self, num_units: int, input_size: Any = None, use_peepholes: bool = False, cell_clip: Any = None,
                 initializer: Any = None, num_proj: int | None = None, num_unit_shards: int = 1,
                 num_proj_shards: int = 1, forget_bias: float = 1.0, state_is_tuple: bool = False,
                 activation: Callable = math.tanh) -> None:
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip: float | None = None
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
        if self._state_is_tuple:
            c, m = state
        else:
            c, m = array.slice(state, [0, 0], [-1, size]), array.slice(state, [0, size], [-1, out])
        columns = inputs.get_shape().with_rank(2)[1].value
        if columns is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        with self._scope(scope):
            wide = self._gates * size
            weights = _sharded("W", [columns + out, wide], inputs.dtype, self._num_unit_shards, self._initializer)
            bias = variable_scope.get_variable("B", [wide], dtype=inputs.dtype,
                                               initializer=constant_initializer(0.0, dtype=inputs.dtype))
            gates = nn.bias_add(math.matmul(array.concat(1, [inputs, m]), weights), bias)
            new_c, new_m = self._update(c, *array.split(1, self._gates, gates), dtype=inputs.dtype)
            if self._num_proj is not None:
                projection = _sharded("W_P", [size, self._num_proj], inputs.dtype, self._num_proj_shards,
                                      self._initializer)
                new_m = math.matmul(new_m, projection)
                if self._proj_clip is not None:
                    new_m = clip.clip_by_value(new_m, -self._proj_clip, self._proj_clip)
        if self._state_is_tuple:
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


def _sharded(name: str, shape: list[int], dtype: Any, shards: int, initializer: Any) -> Any:
    """A weight split by rows into variables `name_0`, `name_1` ..., joined; the steps of a sequence share the join."""
    if shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={shards}")
    each, more = divmod(shape[0], shards)
    parts = [variable_scope.get_variable(f"{name}_{i}", [each + (i < more), *shape[1:]], dtype=dtype,
                                         initializer=initializer) for i in range(shards)]
    if shards == 1:
        return parts[0]
    full_name = f"{variable_scope.get_variable_scope().name}/{name}/concat:0"
    for tensor in scopes.get_collection(scopes.GraphKeys.CONCATENATED_VARIABLES):
        if tensor.name == full_name:
            return tensor
    joined = array.concat(0, parts, name=f"{name}/concat")
    scopes.add_to_collection(scopes.GraphKeys.CONCATENATED_VARIABLES, joined)
    return joined


class OutputProjectionWrapper(RNNCell):
    """A cell whose output is projected to `output_size` columns."""

    def __init__(self, cell: RNNCell, output_size: int) -> None:
        if not isinstance(cell, RNNCell):
            raise TypeError("The parameter cell is not RNNCell.")
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._cell = cell
        self._output_size = output_size

    @property
    def output_size(self) -> int:
        return self._output_size

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        output, new = self._cell(inputs, state)
        with self._scope(scope):
            return linear(output, self._output_size, True), new


class InputProjectionWrapper(RNNCell):
    """A cell whose inputs are projected to `num_proj` columns."""

    def __init__(self, cell: RNNCell, num_proj: int, input_size: Any = None) -> None:
        if not isinstance(cell, RNNCell):
            raise TypeError("The parameter cell is not RNNCell.")
        self._cell = cell
        self._num_proj = num_proj

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            projected = linear(inputs, self._num_proj, True)
        return self._cell(projected, state)


class DropoutWrapper(RNNCell):
    """A cell with dropout on its inputs and outputs.

    Args:
        cell: the cell.
        input_keep_prob, output_keep_prob: numbers or tensors; 1 is no dropout.
        seed: the operation seed of both.
    """

    def __init__(self, cell: RNNCell, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0,
                 seed: int | None = None) -> None:
        if not isinstance(cell, RNNCell):
            raise TypeError("The parameter cell is not a RNNCell.")
        for word, probability in (("input", input_keep_prob), ("output", output_keep_prob)):
            if isinstance(probability, float) and not 0.0 <= probability <= 1.0:
                raise ValueError(f"Parameter {word}_keep_prob must be between 0 and 1: {probability}")
        self._cell = cell
        self._input_keep_prob = input_keep_prob
        self._output_keep_prob = output_keep_prob
        self._seed = seed

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        if not isinstance(self._input_keep_prob, float) or self._input_keep_prob < 1:
            inputs = regularization.dropout(inputs, self._input_keep_prob, seed=self._seed)
        output, new = self._cell(inputs, state, scope)
        if not isinstance(self._output_keep_prob, float) or self._output_keep_prob < 1:
            output = regularization.dropout(output, self._output_keep_prob, seed=self._seed)
        return output, new


class EmbeddingWrapper(RNNCell):
    """A cell whose inputs are integers, of shape (batch,) or (batch, 1), that select rows of an embedding.

    Args:
        cell: the cell.
        embedding_classes: how many rows the embedding has.
        embedding_size: how many columns.
        initializer: that of the embedding; uniform in +-sqrt(3) by default, of variance 1.
    """

    def __init__(self, cell: RNNCell, embedding_classes: int = 0, embedding_size: int = 0,
                 initializer: Any = None) -> None:
        if not isinstance(cell, RNNCell):
            raise TypeError("The parameter cell is not RNNCell.")
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, "
                             f"{embedding_size}.")
        self._cell = cell
        self._shape = [embedding_classes, embedding_size]
        self._initializer = initializer

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            initializer = (self._initializer or variable_scope.get_variable_scope().initializer
                           or random_uniform_initializer(-(3 ** 0.5), 3 ** 0.5))
            kind = states.flatten(state)[0].dtype
            table = variable_scope.get_variable("embedding", self._shape, initializer=initializer, dtype=kind)
            embedded = embedding.embedding_lookup(table, array.reshape(inputs, [-1]))
        return self._cell(embedded, state)


class MultiRNNCell(RNNCell):
    """Several cells on top of each other: each takes the output of the one below."""

    def __init__(self, cells: Any, state_is_tuple: bool = False) -> None:
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        self._cells = cells
        self._state_is_tuple = state_is_tuple
        if not state_is_tuple and any(isinstance(cell.state_size, tuple) for cell in cells):
            raise ValueError("Some cells return tuples of states, but the flag state_is_tuple is not set.  State sizes "
                             f"are: {[cell.state_size for cell in cells]}")

    @property
    def output_size(self) -> Any:
        return self._cells[-1].output_size

    @property
    def state_size(self) -> Any:
        if self._state_is_tuple:
            return tuple(cell.state_size for cell in self._cells)
        return sum(cell.state_size for cell in self._cells)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            at, output, new = 0, inputs, []
            for i, cell in enumerate(self._cells):
                with variable_scope.variable_scope(f"Cell{i}"):
                    if self._state_is_tuple:
                        part = state[i]
                    else:
                        part = array.slice(state, [0, at], [-1, cell.state_size])
                        at += cell.state_size
                    output, after = cell(output, part)
                    new.append(after)
        return output, tuple(new) if self._state_is_tuple else array.concat(1, new)


class SlimRNNCell(RNNCell):
    """A function `(inputs, state, scope) -> (output, state)` as a cell; `(None, None)` gives it the sizes."""

    def __init__(self, cell_fn: Callable) -> None:
        if not callable(cell_fn):
            raise TypeError(f"cell_fn {cell_fn} needs to be callable")
        self._cell_fn = cell_fn
        output, state = cell_fn(None, None)
        self._output_size = output.get_shape().with_rank(2)[1].value
        self._state_size = state.get_shape().with_rank(2)[1].value

    @property
    def output_size(self) -> Any:
        return self._output_size

    @property
    def state_size(self) -> Any:
        return self._state_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        return self._cell_fn(inputs, state, scope=scope or getattr(self._cell_fn, "__name__", "slim_rnn_cell"))


_linear = linear  # the name that scripts of 0.9 and later reach for
