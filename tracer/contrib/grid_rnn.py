"""`tf.contrib.grid_rnn`: cells with a state in each of several dimensions (Kalchbrenner et al., arXiv:1507.01526)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer.contrib import layers
from tracer.nn import rnn_cell
from tracer.ops import array, constants, math, nn
from tracer.variable_scope import get_variable, get_variable_scope, variable_scope

Dims = int | Sequence[int] | None


class GridRNNCell(rnn_cell.RNNCell):
    """A cell of `num_dims` dimensions, each with a memory of its own that sees the outputs of all of them.

    The state holds the memories of the recurrent dimensions side by side. Dimensions are updated together; those with
    priority afterwards, so that they see the new outputs of the others.

    Args:
        num_units: the number of units of a dimension.
        num_dims: the number of dimensions.
        input_dims: the dimensions that read the input, each an equal part of its columns.
        output_dims: the dimensions whose outputs, side by side, are the cell's.
        priority_dims: the dimensions that are updated last.
        non_recurrent_dims: the dimensions without a memory: fully connected, with `non_recurrent_fn`.
        tied: whether all dimensions have the same weights.
        cell_fn: from a number of units and an input size to an `RNNCell`; an LSTM by default.
        non_recurrent_fn: the activation of dimensions without a memory; `tf.nn.relu` by default.

    Raises:
        ValueError: there is no dimension, or one is named that is not there.
    """

    def __init__(self, num_units: int, num_dims: int = 1, input_dims: Dims = None, output_dims: Dims = None,
                 priority_dims: Dims = None, non_recurrent_dims: Dims = None, tied: bool = False,
                 cell_fn: Callable | None = None, non_recurrent_fn: Callable | None = None) -> None:
        if num_dims < 1:
            raise ValueError(f"dims must be >= 1: {num_dims}")
        self._num_units = num_units
        self._num_dims = num_dims
        self._inputs = _dims(input_dims, num_dims)
        self._outputs = _dims(output_dims, num_dims)
        self._priority = _dims(priority_dims, num_dims)
        self._plain = _dims(non_recurrent_dims, num_dims)
        self._recurrent = [dim for dim in range(num_dims) if dim not in self._plain]
        self._tied = tied
        self._non_recurrent_fn = non_recurrent_fn or nn.relu
        make = cell_fn or (lambda n, i: rnn_cell.LSTMCell(num_units=n, input_size=i))
        self._cell = make(num_units, (num_dims - 1) * num_units)
        self._parts = self._cell.state_size // num_units if num_units else 1  # an LSTM's state has two

    @property
    def input_size(self) -> int:
        """The number of units in the dimensions that read the input; its columns may be any number."""
        return self._num_units * len(self._inputs)

    @property
    def output_size(self) -> int:
        return self._num_units * len(self._outputs)

    @property
    def state_size(self) -> int:
        return self._num_units * len(self._recurrent) * self._parts

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        dtype = inputs.dtype if inputs is not None else state.dtype
        memory = self._memories(state)
        with self._scope(scope):
            self._read(inputs, memory)
            states: dict[int, Any] = {}
            later = self._priority
            for group in ([dim for dim in range(self._num_dims) if dim not in later], later):
                self._update(group, memory, states, dtype)
            outputs = [memory[dim][-1] for dim in self._outputs]
            output = array.concat(1, outputs) if outputs else constants.zeros([0, 0], dtype)
            after = [states[dim] for dim in self._recurrent]
            return output, array.concat(1, after) if after else constants.zeros([0, 0], dtype)

    def _memories(self, state: Any) -> dict[int, list[Any]]:
        """For each dimension the parts of its state; the last of them is its output."""
        size, memory, at = self._num_units, {}, 0
        for dim in self._recurrent:
            memory[dim] = [array.slice(state, [0, at + part * size], [-1, size]) for part in range(self._parts)]
            at += self._parts * size
        return memory

    def _read(self, inputs: Any, memory: dict[int, list[Any]]) -> None:
        """Projects the input's parts to the memories of the dimensions that read it."""
        if inputs is None or not self._inputs:
            return
        columns = inputs.get_shape().with_rank(2)[1].value
        if columns is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        if not columns:
            return  # a step without input: the memories go on from themselves
        count = len(self._inputs)
        if columns % count:
            raise ValueError(f"Dimension size must be evenly divisible by {count} but is {columns}")
        for i, (dim, part) in enumerate(zip(self._inputs, array.split(1, count, inputs), strict=True)):
            found = [math.matmul(part, get_variable(
                f"project_{name}_{i}", [columns // count, self._num_units], dtype=inputs.dtype))
                for name in ("m", "c")[:self._parts]]
            memory[dim] = found[::-1]

    def _update(self, group: list[int], memory: dict[int, list[Any]], states: dict[int, Any], dtype: Any) -> None:
        """Updates the dimensions of a group, which all see what was there before."""
        found: dict[int, list[Any]] = {}
        for order, dim in enumerate(group):
            missing = [other for other in range(self._num_dims) if other not in memory]
            if missing:
                raise ValueError(f"Dimensions {missing} have neither a memory nor an input.")
            last = memory[self._num_dims - 1][-1]
            others = [memory[other][-1] for other in range(self._num_dims - 1)]
            if dim in self._plain:
                with self._cell_scope("non_recurrent", dim, bool(order) or self._is_later(group, self._plain)):
                    joined = array.concat(1, [array.concat(1, others), last]) if others else last
                    found[dim] = [self._connected(joined)]
                continue
            with self._cell_scope("recurrent", dim, bool(order) or self._is_later(group, self._recurrent)):
                seen = array.concat(1, others) if others else constants.zeros(
                    [int(last.get_shape()[0]), 0], dtype)  # type: ignore[index]
                before = array.concat(1, [memory[dim][0], last]) if self._parts == 2 else last
                output, states[dim] = self._cell(seen, before)
                found[dim] = [memory[dim][0]] * (self._parts - 1) + [output]
        memory.update(found)

    def _is_later(self, group: list[int], kind: list[int]) -> bool:
        """Whether another group with dimensions of this kind came before."""
        return group is self._priority and any(dim in kind for dim in range(self._num_dims) if dim not in group)

    def _cell_scope(self, name: str, dim: int, again: bool) -> Any:
        path = name if self._tied else f"{name}/cell_{dim}"
        return variable_scope(path, reuse=True if self._tied and again else None)

    def _connected(self, joined: Any) -> Any:
        start = get_variable_scope().initializer or layers.xavier_initializer()
        return layers.fully_connected(joined, self._num_units, activation_fn=self._non_recurrent_fn, weight_init=start)


def _dims(dims: Dims, count: int) -> list[int]:
    """Dimensions as a sorted list."""
    found = sorted(set(() if dims is None else [dims] if isinstance(dims, int) else dims))
    if any(not 0 <= dim < count for dim in found):
        raise ValueError(f"Invalid dims: {found}. Must be in [0, {count})")
    return found


class Grid1BasicRNNCell(GridRNNCell):
    """One dimension with a `BasicRNNCell`."""

    def __init__(self, num_units: int) -> None:
        super().__init__(num_units, 1, 0, 0, 0, cell_fn=lambda n, i: rnn_cell.BasicRNNCell(num_units=n, input_size=i))


class Grid2BasicRNNCell(GridRNNCell):
    """Two dimensions with `BasicRNNCell`s; the first reads, writes and goes last."""

    def __init__(self, num_units: int, tied: bool = False, non_recurrent_fn: Callable | None = None) -> None:
        super().__init__(num_units, 2, 0, 0, 0, None if non_recurrent_fn is None else 0, tied,
                         lambda n, i: rnn_cell.BasicRNNCell(num_units=n, input_size=i), non_recurrent_fn)


class Grid1BasicLSTMCell(GridRNNCell):
    """One dimension with a `BasicLSTMCell`."""

    def __init__(self, num_units: int, forget_bias: float = 1) -> None:
        super().__init__(num_units, 1, 0, 0, 0,
                         cell_fn=lambda n, i: rnn_cell.BasicLSTMCell(n, forget_bias=forget_bias, input_size=i))


class Grid2BasicLSTMCell(GridRNNCell):
    """Two dimensions with `BasicLSTMCell`s; the first reads, writes and goes last."""

    def __init__(self, num_units: int, tied: bool = False, non_recurrent_fn: Callable | None = None,
                 forget_bias: float = 1) -> None:
        super().__init__(num_units, 2, 0, 0, 0, None if non_recurrent_fn is None else 0, tied,
                         lambda n, i: rnn_cell.BasicLSTMCell(n, forget_bias=forget_bias, input_size=i),
                         non_recurrent_fn)


class Grid1LSTMCell(GridRNNCell):
    """One dimension with an `LSTMCell`."""

    def __init__(self, num_units: int, use_peepholes: bool = False, forget_bias: float = 1.0) -> None:
        super().__init__(num_units, 1, 0, 0, 0, cell_fn=_lstm(use_peepholes, forget_bias))


class Grid2LSTMCell(GridRNNCell):
    """Two dimensions with `LSTMCell`s; the first reads, writes and goes last."""

    def __init__(self, num_units: int, tied: bool = False, non_recurrent_fn: Callable | None = None,
                 use_peepholes: bool = False, forget_bias: float = 1.0) -> None:
        super().__init__(num_units, 2, 0, 0, 0, None if non_recurrent_fn is None else 0, tied,
                         _lstm(use_peepholes, forget_bias), non_recurrent_fn)


class Grid3LSTMCell(GridRNNCell):
    """Three dimensions with `LSTMCell`s; the first reads, writes and goes last."""

    def __init__(self, num_units: int, tied: bool = False, non_recurrent_fn: Callable | None = None,
                 use_peepholes: bool = False, forget_bias: float = 1.0) -> None:
        super().__init__(num_units, 3, 0, 0, 0, None if non_recurrent_fn is None else 0, tied,
                         _lstm(use_peepholes, forget_bias), non_recurrent_fn)


class Grid2GRUCell(GridRNNCell):
    """Two dimensions with `GRUCell`s; the first reads, writes and goes last."""

    def __init__(self, num_units: int, tied: bool = False, non_recurrent_fn: Callable | None = None) -> None:
        super().__init__(num_units, 2, 0, 0, 0, None if non_recurrent_fn is None else 0, tied,
                         lambda n, i: rnn_cell.GRUCell(num_units=n, input_size=i), non_recurrent_fn)


def _lstm(use_peepholes: bool, forget_bias: float) -> Callable:
    return lambda n, i: rnn_cell.LSTMCell(num_units=n, input_size=i, use_peepholes=use_peepholes,
                                          forget_bias=forget_bias)
