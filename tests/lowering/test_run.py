"""What must hold when a program runs: transactions, static values, cuts, one forward pass, stable compilation."""

import re

import jax
import numpy as np
import pytest

import tracer as tf
from lowering.programs.program import Program
from tests.stress import runs
from tracer import errors


def started():
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return session


def programs(session):
    """The programs of the session's last run."""
    return [step for step in session.runs()[-1].steps if isinstance(step, Program)]


# -- transactions


def test_failed_check_leaves_every_variable_as_it_was():
    x = tf.placeholder(tf.float32)
    a, b = tf.Variable(1.0), tf.Variable([1.0, 2.0])
    with tf.control_dependencies([a.assign_add(1.0), b.assign(tf.zeros([2]))]):
        checked = tf.check_numerics(x, "bad")
    session = started()
    with pytest.raises(errors.InvalidArgumentError, match="bad : Tensor had NaN values"):
        session.run(checked, {x: np.nan})
    assert session.run(a) == 1.0
    assert session.run(b).tolist() == [1.0, 2.0]
    session.run(checked, {x: 1.0})
    assert session.run([a, b])[0] == 2.0


def test_failed_host_step_leaves_every_variable_as_it_was(monkeypatch):
    a = tf.Variable(1.0)
    with tf.control_dependencies([a.assign_add(1.0)]):
        shown = tf.Print(tf.constant(1.0), [a], "value ")
    session = started()
    assert session.run(shown) == 1.0
    assert session.run(a) == 2.0

    def broken(*_, **__):
        raise OSError("no terminal")

    monkeypatch.setattr("builtins.print", broken)
    with pytest.raises(OSError, match="no terminal") as caught:
        session.run(shown)
    monkeypatch.undo()
    assert any("Print 'Print'" in note for note in caught.value.__notes__)
    assert session.run(a) == 2.0


def test_index_out_of_range_is_an_error_and_no_step():
    table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
    index = tf.placeholder(tf.int32, [None])
    rows = tf.gather(table, index)
    (slices,) = tf.gradients(tf.reduce_sum(rows), [table])
    step = table.scatter_sub(slices)
    session = started()
    before = session.run(table)
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = 7 is not in \[0, 3\)") as caught:
        session.run(step.op, {index: [0, 7]})
    assert caught.value.op.type == "Gather"
    assert (session.run(table) == before).all()
    session.run(step.op, {index: [0, 2]})
    assert (session.run(table) == before - [[1, 1], [0, 0], [1, 1]]).all()


# -- static values


def test_fed_shape_is_part_of_the_key():
    size = tf.placeholder(tf.int32, [])
    zeros = tf.fill(tf.pack([size, 2]), 7.0)
    session = tf.Session()
    for n in (3, 4, 3, 4, 3):
        assert session.run(zeros, {size: n}).shape == (n, 2)
    (program,) = programs(session)
    assert len(program._jitted) == 2


def test_shape_of_a_fed_tensor_is_known():
    x = tf.placeholder(tf.float32)
    y = tf.reshape(x, tf.pack([tf.shape(x)[0] * 2, -1]))
    session = tf.Session()
    assert session.run(y, {x: np.zeros((3, 4))}).shape == (6, 2)
    assert session.run(y, {x: np.zeros((5, 2))}).shape == (10, 1)
    assert [len(p._jitted) for p in programs(session)] == [1]


def test_device_value_that_shapes_is_fetched_first():
    v = tf.Variable(3)
    w = tf.Variable(2.0)
    y = tf.fill(tf.expand_dims(v + 1, 0), 2.0) * w
    total = tf.reduce_sum(y)
    (gradient,) = tf.gradients(total, [w])
    session = started()
    assert session.run([total, gradient]) == [16.0, 8.0]
    assert len(programs(session)) == 2
    session.run(v.assign(5))
    assert session.run([total, gradient]) == [24.0, 12.0]


# -- gradients


def test_two_losses_share_one_forward_pass():
    x = tf.placeholder(tf.float32, [4, 4])
    w, u = tf.Variable(np.eye(4, dtype=np.float32)), tf.Variable(np.eye(4, dtype=np.float32))
    hidden = tf.tanh(tf.matmul(x, w))
    one, two = tf.reduce_sum(tf.matmul(hidden, u)), tf.reduce_sum(hidden * hidden)
    (g1,), (g2,) = tf.gradients(one, [u]), tf.gradients(two, [w])
    session = started()
    session.run([g1, g2, one, two, hidden], {x: np.ones((4, 4))})
    feeds = {x: np.ones((4, 4), np.float32)}
    (program,) = programs(session)
    with jax.enable_x64(True):
        jitted, _ = program.compiled({})
        text = jitted.lower(*program.arguments(session.state, feeds)).compile().as_text()
    assert len(re.findall(r" = f32\[4,4\]\S* tanh\(", text)) == 1
    assert len(re.findall(r" = f32\[4,4\]\S* dot\(", text)) == 4  # x w, h u; and back: h' for u, x' for w


def test_gradients_of_gradients_and_of_intermediate_tensors():
    x = tf.placeholder(tf.float64, [])
    h = x * x
    y = h * x
    first = tf.gradients(y, [x, h])
    second = tf.gradients(first[0], [x])
    session = tf.Session()
    value = session.run([*first, *second], {x: 2.0})
    assert value == [12.0, 2.0, 12.0]


def test_gradient_sees_the_values_before_the_write():
    w = tf.Variable(3.0)
    loss = w * w
    (g,) = tf.gradients(loss, [w])
    step = w.assign_sub(0.1 * g)
    session = started()
    loss_value, after, g_value = session.run([loss, step, g])
    assert (loss_value, g_value) == (9.0, 6.0)
    assert after == np.float32(3.0) - np.float32(0.1) * np.float32(6.0)


@pytest.mark.parametrize(("write", "expected"), [  # loss and weight of three runs, as 0.12.1 has them
    (lambda w, x: w.assign(tf.clip_by_value(w, -0.4, 0.4)), [(1.44, 0.3), (0.81, 0.201742879), (0.366301697, 0.107396011)]),
    (lambda w, x: tf.group(w.assign(tf.fill([3, 2], 0.2))), [(0.36, 0.1), (0.36, 0.1000003), (0.36, 0.1000007)]),
    (lambda w, x: w.assign(tf.minimum(w, x[0, 0])), [(2.25, 0.4), (1.44, 0.301187813), (0.816426873, 0.20487231)]),
])
@pytest.mark.parametrize("before", [True, False])
def test_weights_that_a_run_trains_and_clips_are_trained(before, write, expected):
    """What waits for less comes first; a value that was clipped before the step and kept after it would undo the step."""
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(np.full((3, 2), 0.5, np.float32))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
    written = write(w, x) if before else None
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    written = write(w, x) if written is None else written
    session = started()
    got = []
    for _ in range(3):
        seen = session.run([train, loss, written], {x: np.ones((4, 3))})[1]
        got.append((seen, session.run(w)[0, 0]))
    np.testing.assert_allclose(got, expected, rtol=2e-6)


def test_what_a_run_copies_is_what_was_there_before_the_step():
    """As 0.12.1 has it, though the copy is made after the step is."""
    w, copy = tf.Variable(np.full((3, 2), 0.5, np.float32)), tf.Variable(np.zeros((3, 2), np.float32))
    x = tf.placeholder(tf.float32, [None, 3])
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(tf.matmul(x, w))))
    copied = copy.assign(w)
    session = started()
    got = []
    for _ in range(3):
        session.run([train, copied], {x: np.ones((4, 3))})
        got.append([value[0, 0] for value in session.run([w, copy])])
    np.testing.assert_allclose(got, [(0.35, 0.5), (0.245, 0.35), (0.1715, 0.245)], rtol=2e-6)


@pytest.mark.parametrize("before", [True, False])
def test_a_step_takes_the_rate_that_its_run_assigns(before):
    """As 0.12.1 has it, in whatever order they are made."""
    w, rate = tf.Variable(np.full((3, 2), 0.5, np.float32)), tf.Variable(0.1, trainable=False)
    x = tf.placeholder(tf.float32, [None, 3])
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
    halved = rate.assign(rate * 0.5) if before else None
    train = tf.train.GradientDescentOptimizer(rate).minimize(loss, var_list=[w])
    session = started()
    halved = rate.assign(rate * 0.5) if halved is None else halved
    got = []
    for _ in range(3):
        session.run([train, halved], {x: np.ones((4, 3))})
        got.append(session.run(w)[0, 0])
    np.testing.assert_allclose(got, [0.425, 0.39312, 0.37838], atol=1e-5)


def test_two_writes_that_wait_for_equally_much_keep_the_order_of_their_creation():
    w = tf.Variable(1.0)
    writes = [w.assign_add(2.0), w.assign(w * 0.0 + 5.0)]
    session = started()
    session.run(writes[::-1])
    assert session.run(w) == 5.0


def test_rows_of_a_table_give_indexed_slices():
    table = tf.Variable(np.arange(8, dtype=np.float32).reshape(4, 2))
    index = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_sum(tf.square(tf.gather(table, index)))
    (slices,) = tf.gradients(loss, [table])
    assert isinstance(slices, tf.IndexedSlices)
    session = started()
    value = session.run(slices, {index: [3, 1, 3]})
    assert value.indices.tolist() == [3, 1, 3]
    assert value.values.tolist() == [[12, 14], [4, 6], [12, 14]]
    assert value.dense_shape.tolist() == [4, 2]


def test_registered_gradient_replaces_the_rules():
    @tf.RegisterGradient("TimesTen")
    def times_ten(op, grad):
        return grad * op.inputs[1] * 10.0, grad * op.outputs[0]

    x, v = tf.placeholder(tf.float32, []), tf.Variable(3.0)
    with tf.get_default_graph().gradient_override_map({"Mul": "TimesTen"}):
        y = x * v
    z = y * y
    session = started()
    assert session.run([z, *tf.gradients(z, [x, v])], {x: 2.0}) == [36.0, 360.0, 72.0]


# -- compilation


def test_large_constants_are_passed_in():
    big = np.arange(10_000, dtype=np.float32)
    y = tf.reduce_sum(tf.constant(big))
    session = tf.Session()
    assert session.run(y) == big.sum()
    (program,) = programs(session)
    assert len(program.constants) == 1


def test_seen_signature_is_planned_once():
    v = tf.Variable(1.0)
    session = started()
    for _ in range(3):
        session.run([v, v])
    assert len(session.runs()) == 2  # the initializer, and this one


def test_recompiled_for_a_new_shape_only(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "padding,masking")
    x = tf.placeholder(tf.float32, [None])
    y = x * 2.0
    session = tf.Session()
    for n in (3, 5, 3, 5, 3):
        session.run(y, {x: np.zeros(n)})
    (program,) = programs(session)
    assert program.compiled({})[0]._cache_size() == 2


def test_says_once_that_a_program_is_compiled_again_and_again(caplog, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "masking")
    x = tf.placeholder(tf.float32, [None], name="ragged")
    y = tf.square(x, name="squares")
    session = tf.Session()
    for n in range(1, 20):
        session.run(y, {x: np.zeros(n)})
    (record,) = caplog.records
    assert "computes squares:0 has been compiled 16 times" in record.getMessage()
    assert "ragged:0 of shape [16]" in record.getMessage()


# -- what waits


def test_what_waits_for_a_constant_that_waits():
    counter, total = tf.Variable(0), tf.Variable(0.0)
    queue = tf.FIFOQueue(2, [tf.float32], shapes=[()])
    added = total.assign_add(queue.dequeue())
    with tf.control_dependencies([added.op]):
        step = counter.assign_add(1)  # its constant waits, and so it needs no dependency of its own
    assert not step.op.control_inputs
    session = started()
    session.run(queue.enqueue(2.0))
    session.run(step)
    assert len(programs(session)) == 1
    assert session.run([counter, total]) == [1, 2.0]


def test_what_was_fed_may_change_as_soon_as_a_run_returns(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    size = 400
    x = tf.placeholder(tf.float32, [size, size])
    total = tf.Variable(tf.zeros([size, size]))
    slow = x
    for _ in range(5):
        slow = tf.matmul(slow, tf.constant(np.eye(size, dtype=np.float32)))
    add = total.assign_add(slow).op
    array = np.zeros([size, size], np.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for step in range(30):
            array[:] = step
            session.run(add, {x: array})
        array[:] = -1
        np.testing.assert_array_equal(session.run(total), np.full([size, size], sum(range(30)), np.float32))
        staging = next(e.staging for e in session.runs() if add in e.targets)
        assert 1 <= len(staging.pools[0]) <= 4


@pytest.mark.parametrize(("offset", "pools"), [(0, 0), (16, 1)])
def test_a_run_that_waits_reads_large_feeds_where_xla_can(offset, pools, monkeypatch):
    """What starts where XLA would copy it is copied to the same memory each time, where the calling thread computes; the
    caller's array stays its own."""
    memory = np.empty(4 * 128 * 128 + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    array = memory[start:start + 4 * 128 * 128].view(np.float32).reshape(128, 128)
    for without in ("", "staging", "inline"):
        monkeypatch.setenv("TRACER_WITHOUT", without)
        tf.reset_default_graph()
        x = tf.placeholder(tf.float32, [128, 128])
        kept = tf.Variable(tf.zeros([128, 128]))
        fetches = [tf.reduce_sum(x, 0), kept.assign(x)]
        session = started()
        for i in range(8):
            array[:] = i
            summed, assigned = session.run(fetches, {x: array})
            array[:] = -1
            np.testing.assert_array_equal(summed, np.full(128, 128 * i))
            np.testing.assert_array_equal(assigned, np.full([128, 128], i))
            np.testing.assert_array_equal(session.run(kept), np.full([128, 128], i))
        for _ in range(3):
            session.run(fetches[0], {x: array})
        held = [e.staging.pools for e in session.runs() if e.simple and e.sources]
        assert held
        assert all(len(pool) == (pools if not without else 0) for pool in held)
        assert all(len(arrays) == 1 for pool in held for arrays in pool.values())


def test_a_long_compilation_is_announced(monkeypatch, caplog):
    monkeypatch.setenv("TRACER_ANNOUNCE", "0")
    w = tf.Variable(tf.ones([3]))
    add = w.assign_add(tf.exp(w))
    session = started()
    caplog.clear()
    session.run(add)
    session.run(add)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert re.fullmatch(r"Compiling what computes AssignAdd \(.*test_run\.py:\d+\), \d+ operations, for longer than 0 s "
                        r"now\.", told[0])


def test_what_initializes_is_computed_without_being_compiled(monkeypatch):
    drawn = [tf.Variable(tf.truncated_normal([50, 7], stddev=0.3, seed=1)), tf.Variable(tf.zeros([2])),
             tf.Variable(tf.random_uniform([3], -1, 5, seed=2)), tf.Variable(tf.random_normal([70001], seed=3))]
    found = []
    for switch in ("on", "off"):
        monkeypatch.setenv("TRACER_WITHOUT", "" if switch == "on" else "first")
        session = started()
        program, = programs(session)
        assert bool(program._jitted) == (switch == "off")
        assert len(program.variants) == 1
        found.append(session.run(drawn))
        session.run(tf.initialize_all_variables())  # another program, further along the streams
        found.append(session.run(drawn))
    for computed, compiled in zip([*found[0], *found[1]], [*found[2], *found[3]], strict=True):
        np.testing.assert_array_max_ulp(computed, compiled, 1)
    assert not np.array_equal(found[0][0], found[1][0])


def test_what_follows_from_constants_alone_is_computed_once(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    rows = np.random.RandomState(1).rand(70, 70).astype(np.float32)
    a, b = tf.constant(rows), tf.constant(rows.T)
    v = tf.Variable(tf.ones([70, 70]))
    y = tf.reduce_sum(v * tf.nn.relu(tf.matmul(a, b) - tf.cast(tf.constant(17), tf.float32)))
    session = started()
    value = session.run(y)
    program, = programs(session)
    assert [op.type for op in program.hoisted] == ["MatMul", "Cast", "Sub", "Relu"]
    assert program.constants == program.results
    np.testing.assert_allclose(value, np.maximum(rows @ rows.T - 17, 0).sum(), rtol=1e-4)
    by_a, by_v = session.run(tf.gradients(y, [a, v]))
    above = (rows @ rows.T > 17).astype(np.float32)
    np.testing.assert_allclose(by_a, above @ rows.T.T, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_v, np.maximum(rows @ rows.T - 17, 0), rtol=1e-3, atol=1e-4)
    assert not any(step.hoisted for step in programs(session))  # differentiated by what they follow from


def test_a_check_of_what_is_computed_once_fails_the_run():
    v = tf.Variable(1.0)
    table = tf.matmul(tf.constant(np.ones([70, 70], np.float32)), tf.constant(np.ones([70, 70], np.float32)))
    step = v.assign_add(tf.reduce_sum(tf.gather(table, tf.constant([3, 70]))))
    session = started()
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = 70 is not in \[0, 70\)"):
        session.run(step)
    assert session.run(v) == 1.0


class _Interrupted(dict):
    """A session's variables, whose next change an interrupt comes into."""

    armed = False

    def update(self, *given):
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt
        super().update(*given)


@pytest.mark.parametrize("rows", [3, 5])  # as before, and so many for the first time
def test_an_interrupt_while_new_values_are_kept_loses_none(rows):
    x = tf.placeholder(tf.float32, [None])
    counter, total = tf.Variable(0), tf.Variable(0.0)
    step = tf.group(counter.assign_add(1), total.assign_add(tf.reduce_sum(x)))
    session = started()
    for _ in range(3):
        session.run(step, {x: np.ones(3)})
    session.state.variables = _Interrupted(session.state.variables)
    session.state.variables.armed = True
    with pytest.raises(KeyboardInterrupt):
        session.run(step, {x: np.ones(rows)})
    assert session.run([counter, total]) == [4, 9 + rows]
    session.run(step, {x: np.ones(3)})
    assert session.run([counter, total]) == [5, 12 + rows]


def test_many_threads_and_interrupts_lose_no_update():
    runs.check(800)  # `python -m tests.stress runs` does it sixty times as long


def test_a_step_on_rows_of_a_table_touches_those_rows_alone(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    table = tf.Variable(tf.zeros([5000, 16]))
    at = tf.placeholder(tf.int32, [8])
    loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, at) - 1.0))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session = started()
    feeds = {at: np.arange(8, dtype=np.int32)}
    session.run([step, loss], feeds)
    program, = programs(session)
    with jax.enable_x64(True):
        jitted, _ = program.compiled({})
        text = jitted.lower(*program.arguments(session.state, feeds)).compile().as_text()
    entry = text[text.index("ENTRY"):]
    made = re.findall(r"= f32\[5000,16\]\S* (\w+)\(", entry)
    assert sorted(made) == ["fusion", "parameter"], made  # no copy to choose from when a check fails
    assert session.run(loss, feeds) < 8 * 16


def test_what_is_only_run_is_computed():
    x, weight = tf.placeholder(tf.float32, [None, 5]), tf.Variable(tf.ones([5, 5]))
    product = tf.matmul(x, weight)
    gradient, = tf.gradients(product, weight)
    counter = tf.Variable(0.0)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    assign, loop = counter.assign_add(1.0), tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])
    for target, results in ((product.op, 1), (tf.group(product, gradient), 2), (tf.group(tf.group(gradient)), 1),
                            (tf.group(product, assign), 1), (assign.op, 0), ([product, gradient.op], 1), (loop.op, 1)):
        assert session.run([target], {x: np.ones((2, 5))})[0] is None or isinstance(target, list)
        assert len(session.runs()[-1].awaited) == results
    assert session.run(counter) == 2


def test_an_error_tells_of_the_shapes_of_its_own_run():
    rows, indices = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
    sums = tf.foldl(lambda total, row: total + row, rows)
    gathered = tf.gather(rows, indices) + tf.Variable(0.0)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for _ in range(2):  # each time after a run with other shapes
            for count in (3, 2, 4):
                assert session.run(sums, {rows: np.ones([count, 3])}).tolist() == [count] * 3
                with pytest.raises(errors.InvalidArgumentError, match=rf"indices\[1\] = 9 is not in \[0, {count}\)"):
                    session.run(gathered, {rows: np.ones([count, 3]), indices: [0, 9]})
            with pytest.raises(errors.InvalidArgumentError, match="read from index 0 but array size is: 0"):
                session.run(sums, {rows: np.ones([0, 3])})
            with pytest.raises(errors.InvalidArgumentError, match=r"indices\[0\] = 0 is not in \[0, 0\)"):
                session.run(gathered, {rows: np.ones([0, 3]), indices: [0]})
