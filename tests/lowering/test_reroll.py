"""Loops that a script unrolled, put back into loops: the same values and gradients, and nothing else rolled."""

import jax
import numpy as np
import pytest

import tracer as tf
from lowering.flow import ordering, rounds
from lowering.programs.program import Program
from tests.lowering import plainly

STEPS, BATCH, SIZE = 8, 3, 4
rng = np.random.RandomState(0)
INPUTS = rng.randn(BATCH, STEPS, SIZE).astype(np.float32)
WORDS = rng.randint(0, 11, (BATCH, STEPS)).astype(np.int32)


@pytest.fixture(autouse=True)
def seeded():
    tf.set_random_seed(1)


def run(fetches, feeds=None, switch="on"):
    """What a new session fetches, and which loops its last run put together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACER_WITHOUT", "" if switch == "on" else "reroll")
        plainly.use(patch)
        with tf.Session() as session:
            session.run(tf.initialize_all_variables())
            first = session.run(fetches, feeds)
            second = session.run(fetches, feeds)  # random streams go on
            steps = [step for step in session.runs()[-1].steps if isinstance(step, Program)]
    return [first, second], [line for step in steps for line in step.rolled]


def flat(values):
    return jax.tree.leaves([list(v) if isinstance(v, tuple) else v for v in values])


def equal(fetches, feeds=None):
    """That nothing changes when loops are rolled. Returns those that were."""
    plain, nothing = run(fetches, feeds, "off")
    found, rolled = run(fetches, feeds)
    assert not nothing
    for a, b in zip(flat(plain), flat(found), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6)
    return rolled


def check(fetches, feeds=None, rounds=STEPS, chains=1):
    """That nothing changes when loops are rolled, and that `chains` of so many rounds are."""
    rolled = equal(fetches, feeds)
    scans = [line for line in rolled if " rounds of " in line]
    assert len(scans) == chains, rolled
    assert all(line.startswith(f"{rounds} rounds") for line in scans), rolled
    return rolled


def with_gradients(loss, *more):
    """The loss, its gradients by all variables, and what else is asked for."""
    return [loss, *tf.gradients(loss, tf.trainable_variables()), *more]


def by_hand(cell, inputs, state, name="hand"):
    """The loop that a script writes."""
    outputs = []
    with tf.variable_scope(name):
        for t, value in enumerate(inputs):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(value, state)
            outputs.append(output)
    return outputs, state


def steps_of(x):
    return [x[:, t, :] for t in range(STEPS)]


def placeholder():
    return tf.placeholder(tf.float32, [BATCH, STEPS, SIZE])


# -- what is rolled


CELLS = {
    "basic": lambda: tf.nn.rnn_cell.BasicRNNCell(5),
    "gru": lambda: tf.nn.rnn_cell.GRUCell(5),
    "lstm": lambda: tf.nn.rnn_cell.BasicLSTMCell(5),
    "peepholes": lambda: tf.nn.rnn_cell.LSTMCell(5, SIZE, use_peepholes=True, cell_clip=0.5, num_proj=3),
    "two layers": lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(5)] * 2),
    "two kinds": lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(5), tf.nn.rnn_cell.BasicLSTMCell(5)]),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells(name):
    x, cell = placeholder(), CELLS[name]()
    outputs, state = by_hand(cell, steps_of(x), cell.zero_state(BATCH, tf.float32))
    joined = tf.concat(1, outputs)
    check(with_gradients(tf.reduce_sum(tf.square(joined)) + tf.reduce_sum(state), joined, state), {x: INPUTS})


@pytest.mark.parametrize("name", ["lstm", "two layers"])
def test_state_that_nothing_needs_in_the_end(name):
    x, cell = placeholder(), CELLS[name]()
    outputs, _ = by_hand(cell, steps_of(x), cell.zero_state(BATCH, tf.float32))
    rolled = check(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2)), {x: INPUTS})
    assert len([line for line in rolled if "rounds" in line]) == 1


def test_only_the_last_output_is_used():
    x, cell = placeholder(), CELLS["gru"]()
    outputs, _ = by_hand(cell, steps_of(x), tf.zeros([BATCH, 5]))
    check(with_gradients(tf.reduce_sum(outputs[-1] ** 2), tf.gradients(outputs[-1], x)[0]), {x: INPUTS})


def test_states_as_tuples_carry_each_part():
    x = placeholder()
    cell = tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.BasicLSTMCell(5, state_is_tuple=True)] * 2, state_is_tuple=True)
    outputs, state = by_hand(cell, steps_of(x), cell.zero_state(BATCH, tf.float32))
    check(with_gradients(tf.reduce_sum(tf.add_n(outputs)), *[part for layer in state for part in layer]), {x: INPUTS})


def test_rnn_with_layers_and_dropout():
    x, keep = placeholder(), tf.placeholder(tf.float32, [])
    cell = tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.BasicLSTMCell(5), output_keep_prob=keep)
    cell = tf.nn.rnn_cell.MultiRNNCell([cell] * 2)
    inputs = [tf.squeeze(part, [1]) for part in tf.split(1, STEPS, tf.nn.dropout(x, keep))]
    outputs, state = tf.nn.rnn(cell, inputs, dtype=tf.float32)
    rolled = check(with_gradients(tf.reduce_sum(tf.concat(1, outputs) ** 2), state), {x: INPUTS, keep: 0.6})
    assert any("random_uniform" in line for line in rolled)
    assert any("Squeeze" in line for line in rolled)


def test_sequence_length():
    x, lengths = placeholder(), tf.placeholder(tf.int32, [BATCH])
    outputs, state = tf.nn.rnn(CELLS["lstm"](), steps_of(x), dtype=tf.float32, sequence_length=lengths)
    check(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2), state, *outputs), {x: INPUTS, lengths: [2, 8, 5]})


def test_two_directions():
    x = placeholder()
    outputs, first, second = tf.nn.bidirectional_rnn(
        tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(4), steps_of(x), dtype=tf.float32)
    rolled = check(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2), first, second, outputs[2]), {x: INPUTS}, chains=2)
    assert any("concat" in line for line in rolled if "at once" in line)


def test_two_directions_with_lengths():
    x, lengths = placeholder(), tf.placeholder(tf.int64, [BATCH])
    outputs, *_ = tf.nn.bidirectional_rnn(tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(4), steps_of(x),
                                          dtype=tf.float32, sequence_length=lengths)
    check(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2), *outputs), {x: INPUTS, lengths: [8, 3, 1]}, chains=2)


@pytest.mark.parametrize("inside", [True, False])
def test_embeddings(inside):
    words = tf.placeholder(tf.int32, [BATCH, STEPS])
    table = tf.Variable(rng.randn(11, SIZE).astype(np.float32), name="table")
    cell = CELLS["lstm"]()
    if inside:
        state, outputs = cell.zero_state(BATCH, tf.float32), []
        for t in range(STEPS):
            with tf.variable_scope("RNN", reuse=t > 0 or None):
                output, state = cell(tf.nn.embedding_lookup(table, words[:, t]), state)
            outputs.append(output)
    else:
        outputs, state = by_hand(cell, steps_of(tf.nn.embedding_lookup(table, words)), cell.zero_state(BATCH, tf.float32))
    loss = tf.reduce_sum(tf.pack(outputs) ** 2)
    gradients = [tf.convert_to_tensor(g) for g in tf.gradients(loss, tf.trainable_variables())]
    check([loss, state, *gradients], {words: WORDS})


def test_a_table_whose_rows_the_state_decides_on_and_that_is_used_as_a_whole():
    table, state = tf.Variable(rng.randn(11, SIZE).astype(np.float32)), tf.constant(INPUTS[:, 0])
    for _ in range(STEPS):
        state = tf.tanh(state * 0.5 + tf.gather(table, tf.cast(tf.argmax(tf.abs(state), 1), tf.int32)))
    loss = tf.reduce_sum(tf.matmul(state, table, transpose_b=True) ** 2) + tf.reduce_sum(table ** 2)
    first = tf.convert_to_tensor(tf.gradients(loss, table)[0])
    second = tf.convert_to_tensor(tf.gradients(loss + tf.reduce_sum(first ** 2) * 0.01, table)[0])
    check([loss, first])
    check([loss, first, second])


def test_indices_out_of_range_are_found_in_their_round():
    words = tf.placeholder(tf.int32, [BATCH, STEPS])
    table, cell, state = tf.Variable(tf.ones([11, 3])), CELLS["gru"](), tf.zeros([BATCH, 5])
    lookups = []
    for t in range(STEPS):
        with tf.variable_scope("RNN", reuse=t > 0 or None):
            lookups.append(tf.gather(table, words[:, t]))
            _, state = cell(lookups[-1], state)
    wrong = WORDS.copy()
    wrong[2, 5] = 11
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[2\] = 11 is not in \[0, 11\)") as caught:
            session.run(state, {words: wrong})
        assert caught.value.op is lookups[5].op
        assert session.run(state, {words: WORDS}).shape == (BATCH, 5)


def test_losses_of_each_step_add_up():
    x, targets = placeholder(), tf.placeholder(tf.int64, [BATCH, STEPS])
    w, b = tf.Variable(rng.randn(5, 11).astype(np.float32)), tf.Variable(tf.zeros([11]))
    cell, state, loss, losses = CELLS["lstm"](), tf.zeros([BATCH, 10]), 0.0, []
    for t in range(STEPS):
        with tf.variable_scope("RNN", reuse=t > 0 or None):
            output, state = cell(x[:, t, :], state)
        logits = tf.matmul(output, w) + b
        losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, targets[:, t]))
        loss += tf.reduce_mean(losses[-1])
    rolled = check(with_gradients(loss, tf.add_n(losses), losses[3]), {x: INPUTS, targets: WORDS}, chains=2)
    assert any("at once" in line and "MatMul" in line for line in rolled)  # the logits of all steps are one product


def test_losses_beside_the_loop():
    x, targets = placeholder(), tf.placeholder(tf.int32, [BATCH, STEPS])
    w, b = tf.Variable(rng.randn(5, 11).astype(np.float32)), tf.Variable(tf.zeros([11]))
    outputs, _ = by_hand(CELLS["gru"](), steps_of(x), tf.zeros([BATCH, 5]))
    logits = [tf.matmul(output, w) + b for output in outputs]
    loss = tf.nn.seq2seq.sequence_loss(logits, [targets[:, t] for t in range(STEPS)],
                                       [tf.ones([BATCH])] * STEPS, 11)
    check(with_gradients(loss), {x: INPUTS, targets: WORDS})


def test_everything_is_fetched_by_its_name():
    x = placeholder()
    _, state = tf.nn.rnn(CELLS["two layers"](), steps_of(x), dtype=tf.float32)
    graph = tf.get_default_graph()
    names = [op.outputs[0] for op in graph.get_operations()
             if "RNN" in op.name and op.type in ("MatMul", "Sigmoid", "Concat", "Mul", "Tanh", "Split")]
    names = [tensor for tensor in names if "Initializer" not in tensor.name]
    assert len(names) > 100
    check([state, *names], {x: INPUTS})
    check([state, graph.get_tensor_by_name("RNN/MultiRNNCell_3/Cell1/BasicLSTMCell/Sigmoid_1:0")], {x: INPUTS})


def test_a_value_fed_in_the_middle():
    x = placeholder()
    outputs, state = by_hand(CELLS["gru"](), [x[:, t % STEPS, :] for t in range(20)], tf.zeros([BATCH, 5]))
    fed = np.full((BATCH, 5), 0.25, np.float32)
    loss = tf.reduce_sum(tf.pack(outputs) ** 2)
    rolled = equal(with_gradients(loss, state), {x: INPUTS, outputs[9]: fed})
    assert len([line for line in rolled if "rounds" in line]) == 2  # before, and behind


def test_a_first_state_of_one_row_grows_to_the_batch():
    x = placeholder()
    w = tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32))
    state = tf.zeros([1, SIZE])
    for t in range(STEPS):
        state = tf.tanh(tf.matmul(x[:, t, :] + state, w) + state)
    check(with_gradients(tf.reduce_sum(state ** 2), state), {x: INPUTS}, rounds=STEPS - 1)


def test_an_unknown_batch():
    x = tf.placeholder(tf.float32, [None, STEPS, SIZE])
    outputs, state = tf.nn.rnn(CELLS["lstm"](), steps_of(x), dtype=tf.float32)
    check(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2), state), {x: INPUTS})


def test_gradients_of_gradients():
    x = placeholder()
    outputs, _ = by_hand(CELLS["lstm"](), steps_of(x), tf.zeros([BATCH, 10]))
    loss = tf.reduce_sum(tf.pack(outputs) ** 2)
    variables = tf.trainable_variables()
    penalty = tf.add_n([tf.reduce_sum(g ** 2) for g in tf.gradients(loss, variables)])
    check([loss, penalty, *tf.gradients(loss + 0.1 * penalty, variables)], {x: INPUTS})


def test_a_gradient_of_a_gradient_beside_another_loop():
    w, found = tf.Variable((rng.randn(SIZE, SIZE) / 2).astype(np.float32)), []
    for _ in range(2):
        state = tf.constant(rng.randn(BATCH, SIZE).astype(np.float32) / 4)
        for _ in range(STEPS):
            state = tf.tanh(tf.sin(tf.matmul(state, w)) * 0.5) + tf.exp(-state * state) * 0.1
        loss = tf.reduce_sum(state ** 2)
        (gradient,) = tf.gradients(loss, w)
        found.append((gradient, tf.gradients(loss + 0.1 * tf.reduce_sum(gradient ** 2), w)[0]))
    check([found[0][1], found[1][0]], chains=2)


def test_gradients_by_tensors_in_the_middle():
    x = placeholder()
    outputs, _ = by_hand(CELLS["gru"](), steps_of(x), tf.zeros([BATCH, 5]))
    loss = tf.reduce_sum(tf.pack(outputs) ** 2)
    gradients = tf.gradients(loss, [outputs[0], outputs[4], outputs[-1], x])
    second = tf.gradients(gradients[-1], [outputs[2], x])
    check([loss, *gradients, *second], {x: INPUTS})


def test_weights_on_the_left_and_transposed():
    x = placeholder()
    left, right = (tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32) / 2) for _ in range(2))
    state = tf.zeros([SIZE, BATCH])
    for t in range(STEPS):
        mixed = tf.matmul(left, state, transpose_a=True) + tf.matmul(right, x[:, t, :], transpose_b=True)
        state = tf.tanh(mixed + tf.transpose(tf.matmul(state, left, transpose_a=True)))
    check(with_gradients(tf.reduce_sum(state ** 2), state), {x: INPUTS})


def test_a_step_of_training():
    x = placeholder()
    outputs, _ = tf.nn.rnn(CELLS["two layers"](), steps_of(x), dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(tf.pack(outputs) - 0.5))
    variables = tf.trainable_variables()
    gradients, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 0.1)
    step = tf.train.AdamOptimizer(0.1).apply_gradients(zip(gradients, variables, strict=True))
    with tf.control_dependencies([step]):
        after = [tf.identity(v.ref()) for v in variables]
    check([loss, norm, *after], {x: INPUTS})


def test_a_conditional_in_each_step():
    x, chance = placeholder(), tf.placeholder(tf.float32, [])
    cell, state = CELLS["gru"](), tf.zeros([BATCH, 5])
    output = state
    w = tf.Variable(rng.randn(5, SIZE).astype(np.float32))
    for t in range(STEPS):
        with tf.variable_scope("RNN", reuse=t > 0 or None):
            own, given = tf.matmul(output, w), x[:, t, :]
            taken = tf.cond(tf.random_uniform([]) < chance, lambda own=own: own * 0.5, lambda given=given: given)
            output, state = cell(taken, state)
    check(with_gradients(tf.reduce_sum(state ** 2), state, tf.gradients(state, x)[0]), {x: INPUTS, chance: 0.5})


def test_a_loop_in_each_step():
    x, state = placeholder(), tf.zeros([BATCH, SIZE])
    for t in range(STEPS):
        state = tf.while_loop(lambda v: tf.reduce_sum(tf.abs(v)) > 1.5, lambda v: v * 0.7, [state + x[:, t, :]])
        state = tf.tanh(state + tf.sin(state))
    check([state], {x: INPUTS})


def test_bodies_that_differ():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    y = x
    for t in range(STEPS):
        y = tf.cond(tf.reduce_sum(y) > 0, lambda y=y, t=t: y * (0.5 + 0.1 * t), lambda y=y: y + 1)
        y = tf.tanh(y + tf.sin(x) * tf.exp(y))
    nothing([y, tf.gradients(y, x)[0]], {x: INPUTS[:, 0]})


def test_a_constant_of_one_step_is_fed():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    y, halves = x, []
    for _ in range(STEPS):
        halves.append(tf.constant(0.5))
        y = tf.tanh(y * halves[-1] + tf.sin(x + y))
    check([y, tf.gradients(y, x)[0]], {x: INPUTS[:, 0], halves[3]: 2.0})
    (same, _), _ = run([y], {x: INPUTS[:, 0]})
    (other, _), _ = run([y], {x: INPUTS[:, 0], halves[3]: 2.0})
    assert (same[0] != other[0]).any()


def decoder(loop):
    """A decoder with attention over an encoder's outputs."""
    sources = [tf.placeholder(tf.int32, [BATCH]) for _ in range(STEPS)]
    targets = [tf.placeholder(tf.int32, [BATCH]) for _ in range(STEPS + 1)]
    outputs, state = tf.nn.seq2seq.embedding_attention_seq2seq(
        sources, targets[:-1], tf.nn.rnn_cell.GRUCell(6), 11, 11, 5, feed_previous=loop)
    weights = [tf.ones([BATCH])] * STEPS
    loss = tf.nn.seq2seq.sequence_loss(outputs, targets[1:], weights)
    feeds = {source: WORDS[:, t] for t, source in enumerate(sources)}
    feeds.update({target: WORDS[:, -t % STEPS] for t, target in enumerate(targets)})
    return loss, outputs, state, feeds


@pytest.mark.parametrize("loop", [False, True])
def test_attention(loop):
    loss, outputs, state, feeds = decoder(loop)
    gradients = [tf.convert_to_tensor(g) for g in tf.gradients(loss, tf.trainable_variables())]
    rolled = equal([loss, *outputs, state, *gradients], feeds)
    scans = [line for line in rolled if " rounds of " in line]
    assert len(scans) == 2, rolled
    assert scans[0].startswith(f"{STEPS} rounds")
    assert scans[1].startswith(f"{STEPS - loop} rounds")  # the first step is given its input where there is a loop


def size_of_program(steps):
    """The lines of a compiled training step."""
    x = tf.placeholder(tf.float32, [BATCH, steps, SIZE])
    cell = CELLS["lstm"]()
    outputs, _ = by_hand(cell, [x[:, t, :] for t in range(steps)], cell.zero_state(BATCH, tf.float32))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.concat(1, outputs) ** 2))
    fed = np.zeros([BATCH, steps, SIZE], np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(train, {x: fed})
        step = session.runs()[-1].steps[0]
        with jax.enable_x64(True):
            jitted, _ = step.compiled({}, session.state)
            lowered = jitted.lower(*step.arguments(session.state, {x: fed}, {}))
    return len((lowered.compile().as_text() or "").splitlines())


def test_programs_are_of_one_size_whatever_the_number_of_steps(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    sizes = []
    for steps in (10, 30):
        with tf.Graph().as_default():
            sizes.append(size_of_program(steps))
    assert sizes[0] == sizes[1]


# -- variables that rounds write


def averages(kept, shared, t):
    """The moving average of round t: one of its own, or one for all."""
    if not shared or not kept:
        kept.append(tf.Variable(tf.ones([SIZE]) * (1 + t), trainable=False))
    return kept[-1]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_moving_averages_of_each_round(training, shared):
    x, flag, kept, state = placeholder(), tf.placeholder(tf.bool, []), [], tf.zeros([BATCH, SIZE])
    w = tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32))
    for t in range(STEPS):
        average = averages(kept, shared, t)
        now = tf.matmul(state + x[:, t, :], w)
        mean = tf.reduce_mean(now, 0)

        def updated(average=average, mean=mean):
            with tf.control_dependencies([tf.assign_sub(average, 0.5 * (average - mean))]):
                return tf.identity(mean)

        state = tf.tanh(now - tf.cond(flag, updated, lambda average=average: average * 1.0))
    with tf.control_dependencies([state]):
        after = [tf.identity(v.ref()) for v in kept]
    loss = tf.reduce_sum(state ** 2)
    check([loss, state, *after, *tf.gradients(loss, [x, w])], {x: INPUTS, flag: training})


@pytest.mark.parametrize("shared", [True, False])
def test_assignments_that_a_round_waits_for(shared):
    x, kept, state = placeholder(), [], tf.zeros([BATCH, SIZE])
    w = tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32))
    for t in range(STEPS):
        average = averages(kept, shared, t)
        now = tf.matmul(state + x[:, t, :], w)
        with tf.control_dependencies([tf.assign_sub(average, 0.5 * (average - tf.reduce_mean(now, 0)))]):
            state = tf.tanh(now - average.ref())
    with tf.control_dependencies([state]):
        after = [tf.identity(v.ref()) for v in kept]
    loss = tf.reduce_sum(state ** 2)
    check([loss, state, *after, *tf.gradients(loss, [x, w])], {x: INPUTS})


def test_a_variable_that_the_next_round_sees_by_its_name_is_no_constant():
    x, state = placeholder(), tf.zeros([BATCH, SIZE])
    seen = tf.Variable(tf.zeros([SIZE]), trainable=False)
    others = [tf.Variable(tf.zeros([SIZE]), trainable=False) for _ in range(STEPS + 1)]
    for t in range(STEPS):  # round t writes one variable and reads the one that round t - 1 wrote
        with tf.control_dependencies([tf.assign(others[t + 1], tf.reduce_mean(state + x[:, t, :], 0) + seen)]):
            state = tf.tanh(state * 0.5 + others[t].ref() + tf.sin(x[:, t, :]))
    nothing([state], {x: INPUTS})


def test_what_reads_between_rounds_sees_what_was_written():
    x, state, total = placeholder(), tf.zeros([BATCH, SIZE]), tf.Variable(tf.zeros([SIZE]), trainable=False)
    between = []
    for t in range(STEPS):
        with tf.control_dependencies([tf.assign_add(total, tf.reduce_mean(state + x[:, t, :], 0))]):
            state = tf.tanh(state * 0.5 + tf.sin(x[:, t, :]) + tf.exp(-tf.square(state)))
            between.append(tf.reduce_sum(total.ref() * (t + 1.0)))
    equal([state, *between], {x: INPUTS})


def test_a_gradient_by_what_rounds_write():
    x, state, scale = placeholder(), tf.zeros([BATCH, SIZE]), tf.Variable(tf.ones([SIZE]))
    for t in range(STEPS):
        with tf.control_dependencies([tf.assign_add(scale, tf.reduce_mean(state + x[:, t, :], 0))]):
            state = tf.tanh(state * scale.ref() + tf.sin(x[:, t, :]) + tf.exp(-tf.square(state)))
    equal([state, tf.gradients(state, scale.ref())[0]], {x: INPUTS})


# -- what looks like a loop and is none


def nothing(fetches, feeds=None):
    assert not [line for line in equal(fetches, feeds) if " rounds of " in line]


def test_layers_with_weights_of_their_own():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    y = x
    for _ in range(STEPS):
        w = tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32))
        y = tf.tanh(tf.matmul(y, w) + y)
    nothing(with_gradients(tf.reduce_sum(y), y), {x: INPUTS[:, 0]})


def test_a_step_that_looks_back_twice():
    x = placeholder()
    before, state = tf.zeros([BATCH, SIZE]), tf.zeros([BATCH, SIZE])
    for t in range(STEPS):
        before, state = state, tf.tanh(x[:, t, :] + state * before)
    check([state, tf.gradients(state, x)[0]], {x: INPUTS}, rounds=STEPS - 1)  # two values are carried: that is a loop
    history = [tf.zeros([BATCH, SIZE])] * 3
    for t in range(STEPS):
        history.append(tf.tanh(x[:, t, :] + tf.exp(history[-1] * history[-3])))
    nothing([history[-1], tf.gradients(history[-1], x)[0]], {x: INPUTS})


def test_a_state_that_grows():
    x = placeholder()
    state = tf.zeros([BATCH, 1])
    for t in range(STEPS):
        state = tf.concat(1, [tf.tanh(state * 2 + 1), tf.exp(state), x[:, t, :1]])
    nothing([state, tf.gradients(state, x)[0]], {x: INPUTS})


def test_a_constant_that_decides_the_shape():
    x = tf.placeholder(tf.float32, [STEPS, STEPS])
    total = tf.zeros([])
    for t in range(STEPS):
        total = tf.reduce_sum(tf.slice(x, [0, 0], [t + 1, t + 1])) * tf.sigmoid(tf.exp(total))
    check([total], {x: INPUTS[0][:, :1] * INPUTS[1][:, 1]})


def test_constants_that_differ_are_taken_in_each_round():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    y = x
    for t in range(STEPS):
        y = tf.tanh(y * np.float32(0.1 * t) + tf.sin(x + y))
    check([y, tf.gradients(y, x)[0]], {x: INPUTS[:, 0]})


def test_attributes_that_differ():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    w = tf.Variable(rng.randn(SIZE, SIZE).astype(np.float32))
    y = x
    for t in range(STEPS):
        y = tf.tanh(tf.matmul(y, w, transpose_b=t in (3, 4)) + x)
    nothing(with_gradients(tf.reduce_sum(y), y), {x: INPUTS[:, 0]})


def test_a_variable_written_between_steps_is_read_anew():
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    scale = tf.Variable(1.0)
    y, last = x, None
    for _ in range(STEPS):
        with tf.control_dependencies([] if last is None else [last]):
            y = tf.tanh(y * scale.ref() + tf.sin(x + y))
            last = scale.assign_add(0.5)
    nothing([y, last], {x: INPUTS[:, 0]})


def test_a_round_that_another_operation_stands_in():
    x = placeholder()
    cell, state, outputs = CELLS["gru"](), tf.zeros([BATCH, 5]), []
    with tf.variable_scope("RNN"):
        for t in range(20):
            if t:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(x[:, t % STEPS, :], state)
            if t == 10:
                state = tf.nn.relu(state)
            outputs.append(output)
    rolled = equal(with_gradients(tf.reduce_sum(tf.pack(outputs) ** 2), state), {x: INPUTS})
    assert len([line for line in rolled if " rounds of " in line]) == 2


# -- elements taken one by one


def convolved(values, kernel, switch):
    """A circular convolution as scripts wrote it, element by element."""
    size, reach = values.get_shape()[0].value, kernel.get_shape()[0].value // 2
    places = [[(i + j) % size for j in range(reach, -reach - 1, -1)] for i in range(size)]
    parts = [tf.reduce_sum(tf.gather(values, line) * kernel, 0) for line in places]
    if switch == "stitched":
        return tf.dynamic_stitch(list(range(size)), parts)
    if switch == "stitched backwards":
        return tf.dynamic_stitch(list(reversed(range(size))), parts)
    return tf.pack(parts)


@pytest.mark.parametrize("switch", ["stitched", "stitched backwards", "packed"])
def test_elements_taken_by_constant_places(switch):
    v, k = tf.placeholder(tf.float32, [20]), tf.placeholder(tf.float32, [3])
    y = convolved(v, k, switch)
    values, kernel = rng.randn(20).astype(np.float32), np.array([0.25, 0.5, -1], np.float32)
    rolled = equal([y, *tf.gradients(tf.reduce_sum(y * y), [v, k])], {v: values, k: kernel})
    assert [line[:11] for line in rolled] == ["20 at once:"] * 3
    wanted = sum(np.roll(values, shift) * weight for shift, weight in zip((-1, 0, 1), kernel, strict=True))
    with tf.Session() as session:
        found = session.run(y, {v: values, k: kernel})
    np.testing.assert_allclose(found[::-1] if "back" in switch else found, wanted, rtol=1e-5, atol=1e-6)


def test_a_place_of_what_is_stitched_may_be_fed():
    v, k, place = tf.placeholder(tf.float32, [20]), tf.placeholder(tf.float32, [3]), tf.constant(0)
    parts = [tf.reduce_sum(tf.gather(v, [i, i, i]) * k, 0) for i in range(20)]
    y = tf.dynamic_stitch([place, *range(1, 20)], parts)
    rolled = equal([y], {v: INPUTS.reshape(-1)[:20], k: np.ones(3), place: 20})
    assert len(rolled) == 3


def test_random_numbers_of_equal_layers_are_drawn_one_after_the_other():
    """All at once they would all have to be kept."""
    x = tf.placeholder(tf.float32, [BATCH, SIZE])
    parts = [tf.reduce_sum(tf.random_uniform([BATCH, SIZE]) * x, 0) for _ in range(20)]
    assert equal([parts[0], parts[-1]], {x: INPUTS[:, 0]}) == []
    assert equal(parts, {x: INPUTS[:, 0]}) == []


def test_loops_within_rounds_that_are_no_loop():
    """Each round of 20 elements reads two before it, so that nothing comes of the rounds themselves."""
    k = tf.placeholder(tf.float32, [3])
    history = [tf.placeholder(tf.float32, [20])] * 3
    for _ in range(6):
        history.append(tf.tanh(convolved(history[-3], k, "packed") + history[-1]))
    feeds = {history[0]: rng.randn(20), k: np.array([0.25, 0.5, -1])}
    rolled = equal([history[-1], *tf.gradients(history[-1], [history[0], k])], feeds)
    assert [line[:11] for line in rolled] == ["20 at once:"] * 18


@pytest.mark.parametrize("columns", [4, 400])
def test_what_stands_in_each_others_way_is_given_up_in_few_steps(monkeypatch, columns):
    """Two kinds of operations in each column, each of which needs the other one of the column before: no two can be one."""
    sorts, one = [], ordering._sorted
    monkeypatch.setattr(ordering, "_sorted", lambda *told: sorts.append(None) or one(*told))
    x = tf.placeholder(tf.float32, [])
    rows = []
    for _ in range(columns):
        first = tf.sin(x)
        second = tf.cos(first)
        third = tf.sin(second)
        rows.append((first.op, third.op))
    wides = [rounds.Wide([first, third]) for first, third in rows]
    nodes = [op for op in tf.get_default_graph().get_operations() if op.type in ("Sin", "Cos")]
    assert ordering.ordered(nodes, wides) == nodes
    assert len(sorts) <= 50
