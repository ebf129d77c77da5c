"""Recipes about cells over whole sequences, and about loops that a function steers."""

import numpy as np


def waves(shape, dtype=None, **_):
    """Weights that all differ, and are the same whenever they are made."""
    sizes = [int(size) for size in shape]
    return np.cos(np.arange(np.prod(sizes)) * 1.7).reshape(sizes).astype(np.float32)


def fixed(tf):
    """A scope in which variables without an initializer of their own start with such weights."""
    return tf.variable_scope("all", initializer=lambda *args, **more: tf.constant(waves(*args, **more)))


def named(tf, found):
    """The tensors, and the names and sizes of all variables."""
    names = ["%s %s" % (v.op.name, v.get_shape().as_list()) for v in tf.all_variables()]
    found = list(found)
    found.append(tf.constant("\n".join(sorted(names))))
    return found


def fused(tf, cell, inputs, lengths=None, initial=None, reverse=False, as_list=False):
    """A cell over a sequence: its outputs, its last state, its variables."""
    rnn = tf.contrib.rnn
    cells = {"plain": lambda: rnn.LSTMBlockFusedCell(3), "clipped": lambda: rnn.LSTMBlockFusedCell(3, 0.5, 0.3),
             "peephole": lambda: rnn.LSTMBlockFusedCell(3, use_peephole=True, cell_clip=-1.0),
             "adapted": lambda: rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(3), use_dynamic_rnn=True),
             "unrolled": lambda: rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.GRUCell(3))}
    with fixed(tf):
        made = rnn.TimeReversedFusedRNN(cells[cell]()) if reverse else cells[cell]()
        steps = tf.unpack(inputs) if as_list else inputs
        outputs, state = made(steps, initial, None if initial is not None else tf.float32, lengths)
    outputs = tf.pack(outputs) if as_list else outputs
    # Not the other part of a pair: it is an output, and TensorFlow's gradients lose what one of them has of the other.
    return named(tf, [outputs, state[0] if isinstance(state, tuple) else state])


def block(tf, kind, inputs, options):
    """Two steps of a cell with one operation for each."""
    cell = getattr(tf.contrib.rnn, kind)(3, **options)
    with fixed(tf):
        one, state = cell(inputs, cell.zero_state(2, tf.float32))
        tf.get_variable_scope().reuse_variables()
        two, state = cell(inputs * 2.0, state)
    return named(tf, [one, two] + (list(state) if isinstance(state, tuple) else [state]))


def stacked(tf, inputs, lengths, dynamic):
    """Two layers in both directions."""
    cell = tf.nn.rnn_cell.GRUCell
    forwards, backwards = [cell(2), cell(3)], [cell(2), cell(3)]
    with fixed(tf):
        if dynamic:
            outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
                forwards, backwards, inputs, dtype=tf.float32, sequence_length=lengths)
        else:
            outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_rnn(
                forwards, backwards, tf.unpack(tf.transpose(inputs, [1, 0, 2])), dtype=tf.float32,
                sequence_length=lengths)
            outputs = tf.pack(outputs)
    found = [outputs]
    found.extend(fw)
    found.extend(bw)
    return named(tf, found)


def refused(tf, fw, bw, initial=None):
    """A stack that cannot be."""
    cell = tf.nn.rnn_cell.GRUCell
    return tf.contrib.rnn.stack_bidirectional_rnn(
        [cell(2)] * fw, [cell(2)] * bw, [tf.zeros([1, 2])], initial_states_fw=initial, dtype=tf.float32)[0]


def raw(tf, inputs, lengths, emit):
    """A cell over a sequence by `raw_rnn`, fed with what it gave; `emit` says what goes out."""
    cell = tf.nn.rnn_cell.LSTMCell(2, state_is_tuple=True)
    steps = tf.TensorArray(tf.float32, size=inputs.get_shape()[0].value).unpack(inputs)
    last = inputs.get_shape()[0].value

    def next_input(time):
        return tf.cond(time < last, lambda: steps.read(time), lambda: tf.zeros([3, 2]))

    def loop(time, output, state, carried):
        ended = time >= lengths
        if output is None:
            shown = {"output": None, "pair": (tf.zeros([], tf.int32), tf.zeros([4]))}[emit]
            return ended, steps.read(0), cell.zero_state(3, tf.float32), shown, tf.constant(1.0)
        row = tf.concat(1, [output, output * 2.0])
        shown = output if emit == "output" else (tf.fill([3], time), row)
        value = next_input(time)
        value.set_shape([3, 2])
        return ended, value, state, shown, carried * 2.0

    with fixed(tf):
        emitted, state, carried = tf.nn.raw_rnn(cell, loop)
    emitted = [emitted] if emit == "output" else list(emitted)
    return named(tf, [one.pack() for one in emitted] + list(state) + [carried])
