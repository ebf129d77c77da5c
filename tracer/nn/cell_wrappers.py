"""Cells made of cells: several in layers, or one with a projection, an embedding or dropout around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import variable_scope
from tracer.initializers import random_uniform_initializer
from tracer.nn import embedding, regularization, states
from tracer.nn.cell import RNNCell, linear
from tracer.ops import array


class _Around(RNNCell):
    """A cell around another, of its sizes."""

    _no_cell = "The parameter cell is not RNNCell."

    def __init__(self, cell: RNNCell) -> None:
        if not isinstance(cell, RNNCell):
            raise TypeError(self._no_cell)
        self._cell = cell

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def state_size(self) -> Any:
        return self._cell.state_size


class OutputProjectionWrapper(_Around):
    """A cell whose output is projected to `output_size` columns."""

    def __init__(self, cell: RNNCell, output_size: int) -> None:
        super().__init__(cell)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size

    @property
    def output_size(self) -> int:
        return self._output_size

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        output, new = self._cell(inputs, state)
        with self._scope(scope):
            return linear(output, self._output_size, True), new


class InputProjectionWrapper(_Around):
    """A cell whose inputs are projected to `num_proj` columns."""

    def __init__(self, cell: RNNCell, num_proj: int, input_size: Any = None) -> None:
        super().__init__(cell)
        self._num_proj = num_proj

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            projected = linear(inputs, self._num_proj, True)
        return self._cell(projected, state)


class DropoutWrapper(_Around):
    """A cell with dropout on its inputs and outputs.

    Args:
        cell: the cell.
        input_keep_prob, output_keep_prob: numbers or tensors; 1 is no dropout.
        seed: the operation seed of both.
    """

    _no_cell = "The parameter cell is not a RNNCell."

    def __init__(self, cell: RNNCell, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0,
                 seed: int | None = None) -> None:
        super().__init__(cell)
        for word, probability in (("input", input_keep_prob), ("output", output_keep_prob)):
            if isinstance(probability, float) and not 0.0 <= probability <= 1.0:
                raise ValueError(f"Parameter {word}_keep_prob must be between 0 and 1: {probability}")
        self._input_keep_prob = input_keep_prob
        self._output_keep_prob = output_keep_prob
        self._seed = seed

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        if not isinstance(self._input_keep_prob, float) or self._input_keep_prob < 1:
            inputs = regularization.dropout(inputs, self._input_keep_prob, seed=self._seed)
        output, new = self._cell(inputs, state, scope)
        if not isinstance(self._output_keep_prob, float) or self._output_keep_prob < 1:
            output = regularization.dropout(output, self._output_keep_prob, seed=self._seed)
        return output, new


class EmbeddingWrapper(_Around):
    """A cell whose inputs are integers, of shape (batch,) or (batch, 1), that select rows of an embedding.

    Args:
        cell: the cell.
        embedding_classes: how many rows the embedding has.
        embedding_size: how many columns.
        initializer: that of the embedding; uniform in +-sqrt(3) by default, of variance 1.
    """

    def __init__(self, cell: RNNCell, embedding_classes: int = 0, embedding_size: int = 0,
                 initializer: Any = None) -> None:
        super().__init__(cell)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, "
                             f"{embedding_size}.")
        self._shape = [embedding_classes, embedding_size]
        self._initializer = initializer

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        with self._scope(scope):
            initializer = (self._initializer or variable_scope.get_variable_scope().initializer
                           or random_uniform_initializer(-(3 ** 0.5), 3 ** 0.5))
            kind = states.flatten(state)[0].dtype
            table = variable_scope.get_variable("embedding", self._shape, initializer=initializer, dtype=kind)
            embedded = embedding.embedding_lookup(table, array.reshape(inputs, [-1]))
        return self._cell(embedded, state)


class _Unsaid(int):
    """False where nobody said so."""

    def __repr__(self) -> str:
        return "False"


class MultiRNNCell(RNNCell):
    """Several cells on top of each other: each takes the output of the one below.

    Args:
        cells: the cells, from below.
        state_is_tuple: whether the state is a tuple of theirs, or they stand side by side. Where a cell's own is a tuple,
            0.8 wanted this said, and from 0.11 on it need not be.
    """

    def __init__(self, cells: Any, state_is_tuple: bool = _Unsaid()) -> None:  # type: ignore[assignment]
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        self._cells = cells
        tuples = any(isinstance(cell.state_size, tuple) for cell in cells)
        self._state_is_tuple = tuples if isinstance(state_is_tuple, _Unsaid) else state_is_tuple
        if tuples and not self._state_is_tuple:
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
        tuples = self._state_is_tuple or states.in_parts(state)
        with self._scope(scope):
            at, output, new = 0, inputs, []
            for i, cell in enumerate(self._cells):
                with variable_scope.variable_scope(f"Cell{i}"):
                    if tuples:
                        part = state[i]
                    else:
                        part = array.slice(state, [0, at], [-1, cell.state_size])
                        at += cell.state_size
                    output, after = cell(output, part)
                    new.append(after)
        return output, tuple(new) if tuples else array.concat(1, new)


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
