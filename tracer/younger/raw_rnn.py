"""`tf.nn.raw_rnn`: a cell in a loop whose inputs, states and end a function decides on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import rnn_cell, states
from tracer.ops import array, constants, logic, loops, reduction
from tracer.ops.tensor_array import TensorArray
from tracer.variable_scope import variable_scope

__all__ = ["raw_rnn"]


def raw_rnn(cell: Any, loop_fn: Callable, parallel_iterations: int | None = None, swap_memory: bool = False,
            scope: Any = None) -> tuple[Any, Any, Any]:
    """`cell`, step after step, until `loop_fn` says that every row has ended.

    Args:
        cell: an `RNNCell`.
        loop_fn: a function of the time, the cell's output, its state and a loop state. It returns which rows have ended
            (of shape [batch]), the next input, the next state, what to emit, and the next loop state. Before the
            first step it is called with three times None beside the time: what it returns then is the first input, the
            first state, one emission without its rows (or None for such as the cell's output) and the first loop state.
        parallel_iterations, swap_memory: accepted; a compiled loop schedules itself.
        scope: the variable scope; "RNN" by default.

    Returns:
        The emissions as `TensorArray`s, the last state, and the last loop state. A row that has ended emits zeros and
        keeps its state.

    Raises:
        TypeError: `cell` is no RNNCell, or `loop_fn` no function.
    """
    if not isinstance(cell, rnn_cell.RNNCell):
        raise TypeError("cell must be an instance of RNNCell")
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with variable_scope(scope or "RNN") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        time = constants.constant(0, dtype=dtypes.int32)
        ended, value, state, emitted, carried = loop_fn(time, None, None, None)
        return _loop(cell, loop_fn, time, ended, value, state, emitted, carried,
                     parallel_iterations=parallel_iterations or 32, swap_memory=swap_memory)


def _loop(cell: Any, loop_fn: Callable, time: Tensor, ended: Any, value: Any, state: Any, emitted: Any, carried: Any,
          **options: Any) -> tuple[Any, Any, Any]:
    value = states.apply(convert_to_tensor, value)
    state = states.apply(convert_to_tensor, state)
    forms = value, state, (constants.constant(0, dtype=dtypes.int32) if carried is None else carried)
    sizes = [len(states.flatten(form)) for form in forms]
    of_one, kinds, row = _emission(cell, emitted, states.flatten(value)[0], states.flatten(state)[0].dtype)
    arrays = [TensorArray(kind, size=0, dynamic_size=True, tensor_array_name=f"rnn_output_{at}")
              for at, kind in enumerate(kinds)]
    zeros = [_zeros(row, size, kind) for size, kind in zip(states.flatten(of_one), kinds, strict=True)]
    count = len(arrays)

    def parts(leaves: tuple) -> tuple[Any, Any, Any]:
        ends = [0, sizes[0], sizes[0] + sizes[1], sum(sizes)]
        return tuple(states.pack(form, list(leaves[begin:end]))  # type: ignore[return-value]
                     for form, begin, end in zip(forms, ends, ends[1:], strict=False))

    def body(time: Tensor, ended: Tensor, *rest: Any) -> list[Any]:
        written, (value, state, carried) = rest[:count], parts(rest[count:])
        output, after = cell(value, state)
        later = time + 1  # type: ignore[operator]
        now_ended, value, after, emission, new = loop_fn(later, output, after, carried)
        emission = states.flatten(output if emission is None else emission)
        if emitted is None and len(emission) != count:
            raise ValueError(f"emit_output must be built like the cell's output, not {emission}")
        written = [one.write(time, _where_going(ended, nothing, convert_to_tensor(made)))
                   for one, nothing, made in zip(written, zeros, emission, strict=True)]
        after = [_where_going(ended, old, new) for old, new in
                 zip(states.flatten(state), states.flatten(after), strict=True)]
        return [later, logic.logical_or(ended, now_ended), *written, *states.flatten(value), *after,
                *states.flatten(carried if new is None else new)]

    results = loops.while_loop(
        lambda time, ended, *_: logic.logical_not(reduction.reduce_all(ended)), body,
        [time, convert_to_tensor(ended), *arrays, *states.flatten(value), *states.flatten(state),
         *states.flatten(forms[2])], **options)
    _, final, last = parts(tuple(results[2 + count:]))
    return states.pack(of_one, list(results[2:2 + count])), final, None if carried is None else last


def _emission(cell: Any, emitted: Any, value: Tensor, state_type: Any) -> tuple[Any, list[Any], Any]:
    """What one row emits, as the sizes of each part, with their types; and how many rows there are."""
    known = value.get_shape().with_rank_at_least(1)[0].value
    rows = array.shape(value)[0] if known is None else known  # type: ignore[index]
    if emitted is None:
        sizes = states.apply(lambda size: size, cell.output_size)
        return sizes, [state_type] * len(states.flatten(sizes)), rows
    given = states.apply(convert_to_tensor, emitted)
    return (states.apply(lambda one: one if not one.get_shape().is_fully_defined() else one.get_shape(), given),
            [one.dtype.base_dtype for one in states.flatten(given)], rows)


def _zeros(rows: Any, size: Any, kind: Any) -> Tensor:
    """The emission of rows that have ended."""
    if isinstance(size, Tensor):
        shape = array.concat(0, [array.pack([rows]), array.shape(size)])
        return constants.zeros(shape, kind)
    sizes = [size] if isinstance(size, int) else size.as_list()
    return constants.zeros(array.pack([rows, *sizes]) if isinstance(rows, Tensor) else [rows, *sizes], kind)


def _where_going(ended: Tensor, old: Any, new: Any) -> Any:
    """`new` in the rows that have not ended, `old` in the others; as it is where it has no rows."""
    if not isinstance(new, Tensor) or new.get_shape().ndims == 0:
        return new
    chosen = logic.select(ended, old, new)
    chosen.set_shape(new.get_shape())
    return chosen
