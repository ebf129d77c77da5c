"""Compiled programs that are kept on disk: found by what they compute, and by nothing less."""

import os
import subprocess
import sys

import numpy as np
import pytest

import tracer as tf
from lowering.kernels import random
from lowering.programs import kept
from lowering.programs.program import Program


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "lifted")  # which finds them in the process
    monkeypatch.setattr(kept, "folder", lambda: str(tmp_path))
    return tmp_path


@pytest.fixture
def traced(monkeypatch):
    """What has been traced, by its name."""
    found = []
    function = Program.function

    def noted(program, *arguments):
        call = function(program, *arguments)

        def traced(*values):
            found.append(program.what)
            return call(*values)

        return traced

    monkeypatch.setattr(Program, "function", noted)
    return found


def files(place):
    return sorted(path.name for path in place.iterdir())


def training(scale=2.0, rate=0.1, type=tf.float32, extra=False):
    """A new graph and session: two steps of a small training, which checks its labels, and what they give."""
    tf.reset_default_graph()
    if extra:
        tf.constant(0.0)  # is in no run, but moves numbers and names
    x = tf.placeholder(type, [None, 3])
    y = tf.placeholder(tf.int32, [None])
    w = tf.Variable(np.arange(12).reshape(3, 4), dtype=type)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(scale * tf.matmul(x, w), y))
    step = tf.train.GradientDescentOptimizer(rate).minimize(loss)
    session = tf.Session()
    session.run(tf.initialize_all_variables())

    def run(rows=2, label=1):
        return session.run([loss, step], {x: np.ones((rows, 3)), y: np.full(rows, label)})[0]

    return run, lambda: session.run(w)


def test_a_second_start_traces_nothing(place, traced):
    run, w = training()
    first = [run() for _ in range(3)]
    before = w()
    assert len(files(place)) == 1
    del traced[:]
    run, w = training(extra=True)
    assert [run() for _ in range(3)] == first
    np.testing.assert_array_equal(w(), before)
    assert [name for name in traced if "Mean" in name] == []
    assert len(files(place)) == 1


def test_random_numbers_of_first_runs_are_drawn_without_tracing(place, monkeypatch):
    def drawn():
        random._block.cache_clear()
        tf.reset_default_graph()
        return tf.Session().run([tf.random_normal([5], seed=3), tf.truncated_normal([9], seed=3)])

    first = drawn()
    assert len(files(place)) == 2
    monkeypatch.setattr(random, "_philox", None)  # what traces calls it
    for one, two in zip(drawn(), first, strict=True):
        np.testing.assert_array_equal(one, two)
    random._block.cache_clear()


@pytest.mark.parametrize("other", [{"scale": 3.0}, {"rate": 0.2}, {"type": tf.float64}])
def test_what_differs_is_another_program(place, other):
    values = []
    for sizes in ({}, other, {}, other):
        run, w = training(**sizes)
        run()
        values.append(w())
    assert len(files(place)) == 2
    np.testing.assert_array_equal(values[0], values[2])
    np.testing.assert_array_equal(values[1], values[3])
    assert np.abs(values[0] - values[1]).max() > 1e-9


def test_names_and_wiring(place, monkeypatch):
    """The same operations with their inputs the other way around are another program; other names are not."""
    monkeypatch.setenv("TRACER_WITHOUT", "first,lifted")
    for first, second, name in ((0, 1, "a"), (1, 0, "b"), (0, 1, "c")):
        tf.reset_default_graph()
        fed = [tf.placeholder(tf.float32, []) for _ in range(2)]
        difference = tf.sub(fed[first], fed[second], name=name)
        with tf.Session() as session:
            assert session.run(difference, {fed[0]: 5, fed[1]: 3}) == (2 if first == 0 else -2)
    assert len(files(place)) == 2


def test_shapes_take_turns(place, traced):
    run, _ = training()
    plain = [run(rows) for rows in (2, 3, 2, 2, 3, 4)]
    assert len(files(place)) == 3
    del traced[:]
    run, _ = training()
    assert [run(rows) for rows in (2, 3, 2, 2, 3, 4)] == plain
    assert [name for name in traced if "Mean" in name] == []


def test_a_masked_program_is_found_too(place, monkeypatch):
    """The program that is told how many rows there are is compiled in the first start alone."""
    compiled = []
    function = kept.Standing._made
    monkeypatch.setattr(kept.Standing, "_made", lambda self, arguments: compiled.append(self) or function(self, arguments))
    starts = []
    for _ in range(2):
        run, w = training()
        starts.append([[run(rows) for rows in (8, 6, 5, 7, 8)], w()])
    assert len(compiled) == 1
    assert starts[0][0] == starts[1][0]
    np.testing.assert_array_equal(starts[0][1], starts[1][1])
    training(scale=3.0)[0](8)
    run, _ = training(scale=3.0)
    assert run(8) != starts[0][0][0]
    assert run(6) != starts[0][0][1]
    assert len(compiled) == 2  # of another network


def test_a_check_that_fails(place, traced):
    training()[0]()
    del traced[:]
    run, w = training()
    run()
    before = w()
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="label"):
            run(label=7)
        np.testing.assert_array_equal(w(), before)
    assert len([name for name in traced if "Mean" in name]) == 1  # for the checks, once


def test_a_variable_of_another_shape(place):
    """The program is compiled for what a variable held when it first ran."""
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    total = tf.reduce_sum(v * 2)
    value = tf.placeholder(tf.float32)
    change = tf.assign(v, value, validate_shape=False)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert [session.run(total) for _ in range(3)] == [6, 6, 6]
        session.run(change, {value: [1.0, 2.0, 3.0]})
        assert [session.run(total) for _ in range(3)] == [12, 12, 12]


@pytest.mark.parametrize("start", ["first", "second"])
def test_a_variable_of_which_the_shape_alone_is_used(place, start):
    for _ in range(1 + (start == "second")):
        tf.reset_default_graph()
        x = tf.placeholder(tf.float32, [None])
        v, w = tf.Variable(np.ones(3, np.float32), validate_shape=False), tf.Variable(2.0)
        assign, count = tf.assign(v, x, validate_shape=False), tf.reduce_sum(tf.ones_like(v) * w)
        session = tf.Session()
        session.run(tf.initialize_all_variables())
        for size in (3, 4, 4, 2, 7, 3):
            session.run(assign, {x: np.zeros(size)})
            assert session.run(count) == 2 * size


@pytest.mark.parametrize("start", ["first", "second"])
def test_a_number_of_groups_of_which_nothing_else_is_used(place, start):
    for _ in range(1 + (start == "second")):
        tf.reset_default_graph()
        x, groups, w = tf.placeholder(tf.float32, [8, 2]), tf.placeholder(tf.int32, [8]), tf.Variable(1.0)
        sums = tf.segment_sum(x, groups) * w
        session = tf.Session()
        session.run(tf.initialize_all_variables())
        for of in (1, 2, 3, 4, 2):
            value = session.run(sums, {x: np.ones([8, 2]), groups: np.arange(8) // of})
            np.testing.assert_array_equal(value[:, 0], np.bincount(np.arange(8) // of))


def test_functions_of_the_script_are_not_kept(place):
    from tracer.bridge import from_jax

    for factor in (2, 3):
        tf.reset_default_graph()
        x = tf.placeholder(tf.float32, [])
        with tf.Session() as session:
            y = from_jax(lambda v, factor=factor: v * factor)(x)
            assert [session.run(y, {x: 5}) for _ in range(2)] == [5 * factor] * 2
    assert not files(place)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"no program", lambda data: data[:-1],
                                    lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:]])
def test_a_damaged_file(place, damage):
    value = training()[0]()
    (name,) = files(place)
    whole = (place / name).stat().st_size
    (place / name).write_bytes(damage((place / name).read_bytes()))
    assert training()[0]() == value
    assert abs((place / name).stat().st_size - whole) < 100


def test_another_jax_than_is_known_compiles(place, monkeypatch):
    value = training()[0]()
    monkeypatch.delattr(kept.loading, "_aval")
    assert training()[0]() == value


def test_loops_and_conditionals(place, traced):
    """Bodies are told too: another constant in one is another program."""
    def graph(step, otherwise):
        tf.reset_default_graph()
        n = tf.placeholder(tf.int32, [])
        total = tf.while_loop(lambda i, s: i < n, lambda i, s: [i + 1, s + step], [0, 0.0])[1]
        chosen = tf.cond(total > 4, lambda: total * 2, lambda: total - otherwise)
        with tf.Session() as session:
            return [session.run(chosen, {n: value}) for value in (3, 5)]

    assert graph(1.0, 1.0) == [2, 10]
    assert graph(1.0, 2.0) == [1, 10]
    assert graph(2.0, 1.0) == [12, 20]
    count = len(files(place))
    del traced[:]
    assert graph(1.0, 2.0) == [1, 10]
    assert len(files(place)) == count
    assert traced == []


def test_gradients_by_rows(place):
    """The gathers whose rows a gradient is taken by are found by what they are."""
    def graph(which):
        tf.reset_default_graph()
        table = tf.Variable(np.ones((4, 2), np.float32))
        other = tf.Variable(np.ones((4, 2), np.float32))
        rows = tf.nn.embedding_lookup([table, other][which], [1, 1, 2])
        step = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(rows) + tf.reduce_sum(other * table))
        with tf.Session() as session:
            session.run(tf.initialize_all_variables())
            session.run(step)
            return session.run([table, other])

    for which in (0, 1, 0):
        values = graph(which)
        np.testing.assert_array_equal(values[which], np.array([[0, 0], [-2, -2], [-1, -1], [0, 0]], np.float32))
        np.testing.assert_array_equal(values[1 - which], np.zeros((4, 2), np.float32))


def test_a_second_start_finds_lapack(tmp_path):
    """Only lowering had JAX look LAPACK up: a program from disk that needs it crashed the process."""
    script = tmp_path / "solve.py"
    script.write_text(
        "import tensorflow as tf\n"
        "rows = tf.placeholder(tf.float64, [2, 2])\n"
        "solved = tf.matrix_triangular_solve(rows, [[2.0], [4.0]])\n"
        "print(tf.Session().run(solved, {rows: [[2.0, 0.0], [0.5, 1.0]]}).tolist())\n")
    settings = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "cache"), "TRACER_WITHOUT": ""}
    for _ in range(2):
        process = subprocess.run([sys.executable, "-m", "tracer", str(script)], env=settings, capture_output=True, text=True)
        assert (process.returncode, process.stdout) == (0, "[[1.0], [3.5]]\n"), process.stderr
    assert list((tmp_path / "cache").glob("program-*"))
