"""Constants that change from one program to the next: one compiled program serves them all."""

import numpy as np
import pytest

import tracer as tf
from lowering.programs import inline, kept, lifted

ROUNDS = 5
TABLE = np.arange(40, dtype=np.float32).reshape(10, 4) / 8


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """What has been compiled. There is no disk, and what others have compiled is not there."""
    monkeypatch.setenv("TRACER_WITHOUT", "")
    monkeypatch.setattr(kept, "folder", lambda: None)
    monkeypatch.setattr(inline, "possible", lambda: True)
    kept._here.clear()
    kept._recent.clear()
    lifted._seen.clear()
    found = []
    function = kept.Kept._compiled

    def noted(self, arguments):
        result = function(self, arguments)
        found.append(self.program)
        return result

    monkeypatch.setattr(kept.Kept, "_compiled", noted)
    return found


@pytest.fixture
def table():
    session = tf.InteractiveSession()
    table = tf.Variable(TABLE)
    session.run(table.initializer)
    yield table
    session.close()


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def conditional(table, number):
    return tf.cond(tf.reduce_sum(table) > 0, lambda: table * number, lambda: table)


def loop(table, number):
    return tf.while_loop(lambda n, x: n < 3, lambda n, x: [n + 1, x + number], [0, table])[1]


RECORDED = {
    "a counter": (lambda table, i: tf.reduce_sum(table) + i, lambda i: TABLE.sum() + np.float32(i)),
    "a row": (lambda table, i: table[i], lambda i: TABLE[i]),
    "a row from the end": (lambda table, i: table[-1 - i], lambda i: TABLE[-1 - i]),
    "an element": (lambda table, i: table[i, 2], lambda i: TABLE[i, 2]),
    "a column": (lambda table, i: table[:, i % 4], lambda i: TABLE[:, i % 4]),
    "a batch": (lambda table, i: table[i * 2:(i + 1) * 2], lambda i: TABLE[i * 2:(i + 1) * 2]),
    "the last rows": (lambda table, i: table[-3 - i:-1 - i], lambda i: TABLE[-3 - i:-1 - i]),
    "a window": (lambda table, i: tf.slice(table, [i, 1], [3, -1]), lambda i: TABLE[i:i + 3, 1:]),
    "gathered": (lambda table, i: tf.gather(table, i), lambda i: TABLE[i]),
    "looked up": (lambda table, i: tf.nn.embedding_lookup(table, [i, 0]), lambda i: TABLE[[i, 0]]),
    "one_hot": (lambda table, i: tf.one_hot([i, 2], 10), lambda i: np.eye(10)[[i, 2]]),
    "data": (lambda table, i: tf.matmul(np.full((2, 10), i, np.float32), table), lambda i: np.full((2, 10), i) @ TABLE),
    "much data": (lambda table, i: tf.matmul(np.full((1000, 10), i, np.float32), table),
                  lambda i: np.full((1000, 10), i) @ TABLE),
    "classes": (lambda table, i: tf.nn.sparse_softmax_cross_entropy_with_logits(table, [i % 4] * 10),
                lambda i: -np.log(softmax(TABLE)[:, i % 4])),
    "for a conditional": (lambda table, i: conditional(table, tf.constant(i, tf.float32)), lambda i: TABLE * i),
    "for a loop": (lambda table, i: loop(table, tf.constant(i, tf.float32)), lambda i: TABLE + 3 * i),
}


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("without", ["", "lifted"])
def test_what_is_recorded_in_each_round(name, without, table, compiled, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", without)
    make, expected = RECORDED[name]
    for i in range(ROUNDS):
        np.testing.assert_allclose(make(table, i).eval(), expected(i), rtol=2e-6, atol=1e-6)
    assert len(compiled) == (ROUNDS if without else 2)


def test_a_second_program_that_is_the_same(table, compiled):
    for _ in range(3):
        assert (tf.reduce_max(table) + 1.0).eval() == TABLE.max() + 1
    assert len(compiled) == 1


def test_further_constants_change(table, compiled):
    """Those that change later become arguments then, and in the end all that can."""
    def made(a, b, c, d):
        return tf.reduce_sum(table * a + b) * c + d

    rounds = [(1, 0, 1, 0), (2, 0, 1, 0), (3, 0, 1, 0), (3, 1, 1, 0), (2, 2, 1, 0), (2, 2, 2, 0), (5, 6, 7, 8), (1, 2, 3, 4)]
    for a, b, c, d in rounds:
        np.testing.assert_allclose(made(a, b, c, d).eval(), (TABLE * a + b).sum() * c + d, rtol=1e-5)
    assert [len(program.lifted) for program in compiled] == [0, 1, 2, 4]


def test_what_must_be_known_stays(table, compiled):
    """Each shape is a program of its own, in which other constants change."""
    for i in range(4):
        for rows in (2, 4):
            value = tf.tile(tf.reshape(table, [rows, -1]) + i, [1, rows]).eval()
            np.testing.assert_array_equal(value, np.tile(TABLE.reshape(rows, -1) + i, (1, rows)))
    assert len(compiled) == 4


def test_what_turns_out_to_be_needed(table, compiled):
    """A range in steps cannot begin at a place that only the run knows: a program for each."""
    for i in range(4):
        np.testing.assert_array_equal(table[i:i + 4:2].eval(), TABLE[i:i + 4:2])
        np.testing.assert_array_equal(table[i:i + 4:2].eval(), TABLE[i:i + 4:2])
    assert [program.lifted for program in compiled] == [{}] * 4


def test_an_exponent_stays(table):
    for i in range(4):
        np.testing.assert_allclose(tf.pow(table, i).eval(), TABLE ** i, rtol=1e-6)
    assert all(not seen.changed for seen in lifted._seen.values())


def test_a_place_that_is_not_there(table):
    """The error names the operation of this round, and what was recorded in it."""
    for i in (1, 2, 3, 99, 4, 98):
        row = tf.gather(table, i, name=f"row_{i}")
        if i < 10:
            np.testing.assert_array_equal(row.eval(), TABLE[i])
            continue
        with pytest.raises(tf.errors.InvalidArgumentError, match=rf"{i} is not in \[0, 10\)") as raised:
            row.eval()
        assert raised.value.op.name == f"row_{i}"


def train(rates, optimizer):
    """Trainings in graphs of their own, and what each gives."""
    found = []
    for rate in rates:
        with tf.Graph().as_default(), tf.Session() as session:
            tf.set_random_seed(7)
            x = tf.placeholder(tf.float32, [None, 4])
            w = tf.Variable(tf.random_normal([4, 2]))
            hidden = tf.nn.dropout(tf.nn.relu(tf.matmul(x, w)), 0.5)
            step = optimizer(rate).minimize(tf.reduce_mean(tf.square(hidden - 1)))
            session.run(tf.initialize_all_variables())
            for _ in range(4):
                session.run(step, {x: TABLE})
            found.append(session.run(w))
    return found


@pytest.mark.parametrize("optimizer", [
    tf.train.GradientDescentOptimizer, lambda rate: tf.train.MomentumOptimizer(rate, 0.9), tf.train.AdamOptimizer,
    tf.train.AdagradOptimizer, tf.train.FtrlOptimizer, lambda rate: tf.train.RMSPropOptimizer(rate, 0.8)],
    ids=["sgd", "momentum", "adam", "adagrad", "ftrl", "rmsprop"])
def test_trainings_of_many_rates(optimizer, compiled, monkeypatch):
    rates = [0.1, 0.03, 0.01, 0.003]
    found = train(rates, optimizer)
    assert len([program for program in compiled if program.updated]) == 2
    monkeypatch.setenv("TRACER_WITHOUT", "lifted")
    for one, other in zip(found, train(rates, optimizer), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_random_numbers_are_those_of_each_operation(table, compiled, monkeypatch):
    """A seed is where an argument starts: operations that draw with other seeds are one program."""
    def drawn():
        tf.set_random_seed(3)
        return [(tf.nn.dropout(table, 0.5) * i).eval() for i in range(1, 5)]

    found = drawn()
    assert len(compiled) == 2
    again = [(tf.nn.dropout(table, 0.5, seed=seed) + 1).eval() for seed in (1, 2, 1)]
    np.testing.assert_array_equal(again[0], again[2])
    assert np.any(again[0] != again[1])
    first, *rest = [value / i != 0 for i, value in enumerate(found, 1)]
    assert all(np.any(first != other) for other in rest)


def test_constants_computed_beforehand(table, compiled):
    """What follows from a constant alone is computed once where it stays the same, and with the rest where it changes."""
    for i in range(4):
        value = tf.matmul(tf.matmul(np.full((3, 5), i, np.float32), np.ones((5, 10), np.float32)), table)
        np.testing.assert_allclose(value.eval(), np.full((3, 10), 5.0 * i) @ TABLE, rtol=1e-6)
    assert len(compiled) == 2
    assert [bool(program.hoisted) for program in compiled] == [True, False]


def test_constants_are_let_go(table):
    """Of those that are large, what they were is remembered by a digest alone."""
    for i in range(3):
        tf.reduce_sum(tf.matmul(np.full((1000, 10), i, np.float32), table)).eval()
    kept = [value for seen in lifted._seen.values() for value in seen.first if isinstance(value, np.ndarray)]
    assert sum(value.nbytes for value in kept) < 1000


def test_a_second_start_finds_it_on_disk(table, compiled, monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "folder", lambda: str(tmp_path))
    monkeypatch.setenv("TRACER_WITHOUT", "few")  # whose programs are not there
    for start in range(2):
        for i in range(4):
            np.testing.assert_array_equal((tf.reduce_max(table) + i).eval(), TABLE.max() + i)
        assert len(compiled) == 2, start
        kept._here.clear()
        kept._recent.clear()
        lifted._seen.clear()


def test_a_run_that_is_watched(table):
    """What is traced in full runs by the program of this graph alone."""
    for i in range(3):
        total = tf.reduce_sum(table) + i
        options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), tf.RunMetadata()
        value = tf.get_default_session().run(total, options=options, run_metadata=metadata)
        np.testing.assert_allclose([value, total.eval()], TABLE.sum() + i)
