"""`tf.nn.rnn`, `dynamic_rnn` and their kin: cells over sequences."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, variable_scope
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import rnn_cell, states
from tracer.ops import array, constants, indexing, logic, loops, math
from tracer.ops.tensor_array import TensorArray


def rnn(cell: Any, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
        scope: Any = None) -> tuple[list[Any], Any]:
    """`cell` over a list of inputs, one step after the other.

    Args:
        cell: an `RNNCell`.
        inputs: a list of tensors of shape (batch, input size), one for each step.
        initial_state: the state before the first step; zeros by default.
        dtype: the type of that state; needed without `initial_state`.
        sequence_length: an int tensor of shape (batch,): past a row's length its outputs are zero and its state stays.
        scope: the variable scope; "RNN" by default.

    Returns:
        The list of outputs, and the last state.

    Raises:
        TypeError: `cell` is no RNNCell, or `inputs` no list.
        ValueError: there are no inputs, or neither `initial_state` nor `dtype` is given.
    """
    _check_given(inputs, cell=cell)
    outputs = []
    with variable_scope.variable_scope(scope or "RNN") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        state = _initial(cell, inputs[0], 0, initial_state, dtype)
        lengths = _lengths(sequence_length)
        for time, value in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()
            output, new = cell(value, state)
            if lengths is not None:
                output, new = _masked(logic.greater_equal(time, lengths), _zeros(output), output, new, state)
            outputs.append(output)
            state = new
    return outputs, state


def _initial(cell: Any, inputs: Tensor, batch_axis: int, initial_state: Any, dtype: Any) -> Any:
    if initial_state is not None:
        return initial_state
    if not dtype:
        raise ValueError("If no initial_state is provided, dtype must be.")
    known = inputs.get_shape()
    size = None if known.ndims is None else known[batch_axis].value
    return cell.zero_state(array.shape(inputs)[batch_axis] if size is None else size, dtype)  # type: ignore[index]


def _lengths(sequence_length: Any) -> Tensor | None:
    if sequence_length is None:
        return None
    return math.cast(convert_to_tensor(sequence_length, name="sequence_length"), dtypes.int32)


def _masked(ended: Any, zero: Any, output: Any, new: Any, old: Any) -> tuple[Any, Any]:
    """`zero` for the output and an unchanged state in the rows whose sequence has ended."""

    def choose(before: Tensor, after: Tensor) -> Tensor:
        chosen = logic.select(ended, before, after)
        chosen.set_shape(after.get_shape())
        return chosen

    return states.apply(choose, zero, output), states.apply(choose, old, new)


def _zeros(output: Any) -> Any:
    return states.apply(constants.zeros_like, output)


_state_size_with_prefix = rnn_cell._state_size_with_prefix


def _rnn_step(  # the name and arguments are those that scripts reach for, as `_dynamic_rnn_loop` and `_reverse_seq` below
    time: Any, sequence_length: Any, min_sequence_length: Any, max_sequence_length: Any, zero_output: Any, state: Any,
    call_cell: Any, state_size: Any, skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    """One step of a sequence: what `call_cell()` gives, and for rows that have ended `zero_output` and `state`.

    Every row goes on before `min_sequence_length` and none from `max_sequence_length` on, whatever its own length is,
    unless `skip_conditionals`. `state_size` is known from `state`.
    """
    output, after = call_cell()
    ended = logic.greater_equal(time, sequence_length)
    if not skip_conditionals:
        late = logic.logical_and(ended, logic.greater_equal(time, min_sequence_length))
        ended = logic.logical_or(late, logic.greater_equal(time, max_sequence_length))
    return _masked(ended, zero_output, output, after, state)


def state_saving_rnn(cell: Any, inputs: Any, state_saver: Any, state_name: Any, sequence_length: Any = None,
                     scope: Any = None) -> tuple[list[Any], Any]:
    """`rnn` whose state comes from `state_saver.state(name)` and goes back by `state_saver.save_state(name, state)`.

    Where the cell's state is a tuple, `state_name` is one of the same structure.
    """
    size, named = cell.state_size, isinstance(state_name, tuple)
    if isinstance(size, tuple) != named:
        raise ValueError(f"state_name should be the same type as cell.state_size.  state_name: {state_name}, "
                         f"cell.state_size: {size}")
    initial = states.apply(state_saver.state, state_name)
    outputs, state = rnn(cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope)
    saves = states.flatten(states.apply(state_saver.save_state, state_name, state))
    with state_saving_dependencies(saves):
        outputs[-1] = array.identity(outputs[-1])
    return outputs, state


def state_saving_dependencies(saves: list[Any]) -> Any:
    """What is made inside runs after the states have been saved."""
    from tracer.scopes import control_dependencies

    return control_dependencies(saves)


def _check_given(inputs: Any, **cells: Any) -> None:
    for name, cell in cells.items():
        if not isinstance(cell, rnn_cell.RNNCell):
            raise TypeError(f"{name} must be an instance of RNNCell")
    if not isinstance(inputs, list):
        raise TypeError("inputs must be a list")
    if not inputs:
        raise ValueError("inputs must not be empty")


def bidirectional_rnn(cell_fw: Any, cell_bw: Any, inputs: Any, initial_state_fw: Any = None,
                      initial_state_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
                      scope: Any = None) -> tuple[list[Any], Any, Any]:
    """One cell over the inputs, another over them backwards; outputs side by side, with both last states."""
    _check_given(inputs, cell_fw=cell_fw, cell_bw=cell_bw)
    name = scope or "BiRNN"
    with variable_scope.variable_scope(f"{name}_FW" if isinstance(name, str) else name) as forward:
        outputs_fw, state_fw = rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=forward)
    with variable_scope.variable_scope(f"{name}_BW" if isinstance(name, str) else name) as backward:
        reversed_bw, state_bw = rnn(cell_bw, _reverse_seq(inputs, sequence_length), initial_state_bw, dtype,
                                    sequence_length, scope=backward)
    outputs_bw = _reverse_seq(reversed_bw, sequence_length)
    outputs = [array.concat(1, [fw, bw]) for fw, bw in zip(outputs_fw, outputs_bw, strict=True)]
    return outputs, state_fw, state_bw


def _reverse_seq(input_seq: list[Any], lengths: Any) -> list[Any]:  # the name is one that scripts reach for
    """The steps in reverse; with `lengths`, each row's own steps are reversed and its padding stays at the end."""
    if lengths is None:
        return list(reversed(input_seq))
    shape = input_seq[0].get_shape()
    for step in input_seq:
        shape = shape.merge_with(step.get_shape())
    joined = array.pack(input_seq)
    turned = array.unpack(indexing.reverse_sequence(joined, math.cast(lengths, dtypes.int64), 0, 1), len(input_seq))
    for step in turned:
        step.set_shape(shape)
    return turned


def dynamic_rnn(cell: Any, inputs: Any, sequence_length: Any = None, initial_state: Any = None, dtype: Any = None,
                parallel_iterations: Any = None, swap_memory: bool = False, time_major: bool = False,
                scope: Any = None) -> tuple[Any, Any]:
    """`cell` over the steps of one tensor, in a loop.

    Args:
        cell: an `RNNCell`.
        inputs: of shape (batch, time, input size), or (time, batch, input size) with `time_major`.
        sequence_length, initial_state, dtype: as for `rnn`.
        parallel_iterations, swap_memory: accepted; a compiled loop schedules itself.
        time_major: the order of the first two dimensions of inputs and outputs.
        scope: the variable scope; "RNN" by default.

    Returns:
        The outputs as one tensor, ordered like the inputs, and the last state.
    """
    if not isinstance(cell, rnn_cell.RNNCell):
        raise TypeError("cell must be an instance of RNNCell")
    inputs = convert_to_tensor(inputs, name="inputs")
    if not time_major:
        inputs = array.transpose(inputs, [1, 0, 2])
    with variable_scope.variable_scope(scope or "RNN") as varscope:
        if varscope.caching_device is None:
            varscope.set_caching_device(lambda op: op.device)
        state = _initial(cell, inputs, 1, initial_state, dtype)
        outputs, final = _dynamic_rnn_loop(
            cell, inputs, state, parallel_iterations or 32, swap_memory, sequence_length)
        return outputs if time_major else array.transpose(outputs, [1, 0, 2]), final


def _dynamic_rnn_loop(
    cell: Any, inputs: Tensor, initial_state: Any, parallel_iterations: int, swap_memory: bool,
    sequence_length: Any = None, dtype: Any = None,
) -> tuple[Any, Any]:
    """`cell`, any function with an `output_size`, over the steps of `inputs` of shape (time, batch, ...).

    Returns the outputs, of shape (time, batch, output size) and of `dtype` or the inputs' type, and the last state.
    """
    lengths = _lengths(sequence_length)
    known = inputs.get_shape().with_rank_at_least(3)
    steps = array.shape(inputs)[0]  # type: ignore[index]
    time = constants.constant(0, dtype=dtypes.int32, name="time")
    given = TensorArray(dtype or inputs.dtype, size=steps)
    taken = TensorArray(inputs.dtype, size=steps).unpack(inputs)

    def body(time: Tensor, collected: TensorArray, *leaves: Any) -> list[Any]:
        before = states.pack(initial_state, list(leaves))
        value = taken.read(time)
        value.set_shape(known[1:])
        output, after = cell(value, before)
        if lengths is not None:
            output, after = _masked(logic.greater_equal(time, lengths), _zeros(output), output, after, before)
        return [time + 1, collected.write(time, output), *states.flatten(after)]  # type: ignore[operator]

    results = loops.while_loop(
        lambda time, *_: logic.less(time, steps), body, [time, given, *states.flatten(initial_state)],
        parallel_iterations=parallel_iterations, swap_memory=swap_memory)
    outputs = results[1].pack()
    outputs.set_shape([known[0], known[1], *([cell.output_size] if isinstance(cell.output_size, int) else [])])
    return outputs, states.pack(initial_state, results[2:])
