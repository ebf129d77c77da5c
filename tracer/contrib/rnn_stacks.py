"""Networks of several layers, each with a cell forwards and one backwards, whose outputs the next layer takes."""

from __future__ import annotations

from typing import Any

from tracer.nn import recurrent, rnn_cell
from tracer.ops import array
from tracer.variable_scope import variable_scope
from tracer.younger.nn import bidirectional_dynamic_rnn


def _checked(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> tuple[Any, Any]:
    if not cells_fw:
        raise ValueError("Must specify at least one fw cell for BidirectionalRNN.")
    if not cells_bw:
        raise ValueError("Must specify at least one bw cell for BidirectionalRNN.")
    if not isinstance(cells_fw, list):
        raise ValueError("cells_fw must be a list of RNNCells (one per layer).")
    if not isinstance(cells_bw, list):
        raise ValueError("cells_bw must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    found = []
    for states, cells, word in ((states_fw, cells_fw, "fw"), (states_bw, cells_bw, "bw")):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells)):
            raise ValueError(f"initial_states_{word} must be a list of state tensors (one per layer).")
        found.append([None] * len(cells) if states is None else states)
    return found[0], found[1]


def stack_bidirectional_rnn(cells_fw: Any, cells_bw: Any, inputs: Any, initial_states_fw: Any = None,
                            initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
                            scope: Any = None) -> tuple[list[Any], tuple[Any, ...], tuple[Any, ...]]:
    """Layers over a list of steps: the last one's outputs side by side, and the states of all forwards and backwards.

    Args:
        cells_fw, cells_bw: a list of cells each, one for every layer.
        inputs: a list of tensors of shape (batch, input size).
        initial_states_fw, initial_states_bw: a list of states each; zeros by default.
        dtype: the type of those; needed where there are none.
        sequence_length: of shape (batch,).
        scope: the variable scope; "StackRNN" by default.

    Raises ValueError where there are no cells, or not as many forwards as backwards.
    """
    before_fw, before_bw = _checked(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw, layer = [], [], inputs
    with variable_scope(scope or "StackRNN"):
        for at, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"Layer{at}"), variable_scope("BiRNN"):
                layer, state_fw, state_bw = _both(cell_fw, cell_bw, layer, before_fw[at], before_bw[at], dtype,
                                                  sequence_length)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)


def _both(cell_fw: Any, cell_bw: Any, inputs: Any, before_fw: Any, before_bw: Any, dtype: Any,
          lengths: Any) -> tuple[list[Any], Any, Any]:
    """One layer. From 0.10 on its scopes are called FW and BW within BiRNN."""
    if not isinstance(cell_fw, rnn_cell.RNNCell):
        raise TypeError("cell_fw must be an instance of RNNCell")
    if not isinstance(cell_bw, rnn_cell.RNNCell):
        raise TypeError("cell_bw must be an instance of RNNCell")
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")
    inputs = list(inputs)
    with variable_scope("FW") as forward:
        outputs_fw, state_fw = recurrent.rnn(cell_fw, inputs, before_fw, dtype, lengths, scope=forward)
    with variable_scope("BW") as backward:
        turned, state_bw = recurrent.rnn(cell_bw, recurrent._reverse_seq(inputs, lengths), before_bw, dtype, lengths,
                                         scope=backward)
    pairs = zip(outputs_fw, recurrent._reverse_seq(turned, lengths), strict=True)
    return [array.concat(1, list(pair)) for pair in pairs], state_fw, state_bw


def stack_bidirectional_dynamic_rnn(cells_fw: Any, cells_bw: Any, inputs: Any, initial_states_fw: Any = None,
                                    initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
                                    scope: Any = None) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Layers over a tensor of shape (batch, time, input size), in loops. The rest is as in `stack_bidirectional_rnn`."""
    before_fw, before_bw = _checked(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    states_fw, states_bw, layer = [], [], inputs
    with variable_scope(scope or "StackRNN"):
        for at, (cell_fw, cell_bw) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"Layer{at}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    cell_fw, cell_bw, layer, sequence_length, before_fw[at], before_bw[at], dtype)
                layer = array.concat(2, list(outputs))
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)
