"""`tracer.dump`: what the runs of a program became."""

import json
import pathlib
import re

import numpy as np
import pytest

import tracer as tf
from lowering import view
from tracer.commands import watching
from tracer.dump.choice import Filter
from tracer.dump.operations import Places
from tracer.dump.report import Settings, ran, report
from tracer.dump.text import text as text_of

ROOT = pathlib.Path(__file__).parent.parent
HERE = str(pathlib.Path(__file__).parent)


def reported(watcher, *sections, wanted=None, times=None):
    settings = Settings(sections or ("ir", "stages"), wanted or Filter(), Places(HERE), times=times)
    return report(ran(watcher.runs, watcher.state_of), [], settings)


def shown(watcher, *sections, **settings):
    return text_of(reported(watcher, *sections, **settings))


def lines_without_places(text):
    """The text without the line numbers of this file."""
    return [line.split("  # ")[0] for line in text.splitlines()]


def test_a_run_shows_its_operations_under_the_names_of_the_script():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[0.1], [2.0]], name="w")
    y = tf.matmul(x, w, transpose_b=False, name="layer/y")
    session = tf.Session()
    with watching() as watcher:
        session.run(tf.initialize_all_variables())
        for _ in range(3):
            session.run(y, {x: [[1, 2]]})
    assert lines_without_places(shown(watcher)) == [
        "run 1 (session 1)",
        "  runs  init",
        "",
        "ir",
        "  w/initial_value = Const([[0.1], [2.0]])  float32[2,1]",
        "  w = Variable(shape=(2, 1))  float32_ref[2,1]",
        "  w/Assign = Assign(w, w/initial_value)  float32_ref[2,1]",
        "  init = NoOp(^w/Assign)",
        "",
        "stages",
        "  device program 1 of 1",
        "    writes  w",
        "    runs  w/initial_value to init, 4 operations",
        "",
        "run 2 (session 1)",
        "  fetches  layer/y:0",
        "  feeds  x:0 float32[?,2]",
        "",
        "ir",
        "  w = Variable(shape=(2, 1))  float32_ref[2,1]",
        "  w/read = Identity(w)  float32[2,1]",
        "  layer/y = MatMul(x, w/read)  float32[?,1]",
        "",
        "stages",
        "  device program 1 of 1",
        "    takes  x:0 float32[?,2]",
        "    gives  layer/y:0 float32[?,1]",
        "    reads  w",
        "    runs  w to layer/y, 3 operations",
    ]
    assert f"  # test_dump.py:{y.op.where.line}" in shown(watcher)


def test_what_is_watched_ends_with_the_block():
    x = tf.constant(1.0)
    with watching() as watcher:
        tf.Session().run(x)
    tf.Session().run(x)
    assert len(watcher.runs) == 1


def test_gradients_steps_and_host_steps_show():
    w = tf.Variable(3.0, name="w")
    loss = tf.mul(w, w, name="loss")
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss, name="step")
    summary = tf.scalar_summary("cost", loss, name="summary")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with watching() as watcher:
        session.run([step, loss])
        session.run(summary)
    text = shown(watcher)
    assert "  gradients/Gradients = Gradients(loss; w)  float32[]" in text
    assert "    reads  w\n    writes  w\n" in text
    assert "  device program 1 of 2" in text
    assert "  summary = ScalarSummary(summary/tags, loss)  string[]" in text
    assert "  host step 2 of 2\n    runs  summary/tags, summary\n" in text


def test_bodies_of_conditionals_show_inside():
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")
    y = tf.cond(p, lambda: tf.mul(x, 3.0, name="tripled"), lambda: tf.add(x, 0.5, name="moved"), name="choice")
    with watching() as watcher:
        tf.Session().run(y, {p: True})
    lines = lines_without_places(shown(watcher))
    at = next(i for i, line in enumerate(lines) if " = Cond(" in line)
    assert [line.strip() for line in lines[at + 1:at + 9]] == [
        "body 0", "choice/tripled/y = Const(3.0)  float32[]", "choice/tripled = Mul(x, choice/tripled/y)  float32[]",
        "gives choice/tripled", "body 1", "choice/moved/y = Const(0.5)  float32[]",
        "choice/moved = Add(x, choice/moved/y)  float32[]", "gives choice/moved"]


def test_bodies_that_the_host_runs_show_their_own_programs():
    def body(i, total):
        return i + 1, total + tf.py_func(lambda n: np.float32(2 * n), [tf.sin(total)], [tf.float32], name="called")[0]

    _, total = tf.while_loop(lambda i, total: i < 3, body, [tf.constant(0), tf.constant(1.0)], name="loop")
    with watching() as watcher:
        tf.Session().run(total)
    run = reported(watcher, "ir", "stages", "jaxpr")["runs"][0]
    inside = {stage["inside"] for stage in run["stages"]}
    assert inside >= {"", "loop/While, body 1"}
    assert len([op for op in run["ir"] if op["type"] == "While"]) == 1
    assert any("= sin " in line["text"] for program in run["programs"] for line in program["jaxpr"])
    assert re.search(r"device program \d of \d \(in loop/While, body 1\)", shown(watcher, "stages"))


@pytest.fixture
def trained():
    x = tf.placeholder(tf.float32, [None, 2], name="pixels")
    w = tf.Variable(np.ones([2, 3], np.float32), name="weights")
    with tf.name_scope("layer"):
        y = tf.matmul(x, w, name="product")
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with watching() as watcher:
        for rows in (4, 5, 4):
            session.run([y, tf.get_default_graph().get_operation_by_name("weights/Assign")],
                        {x: np.ones([rows, 2])})
    return watcher


def test_programs_for_jax_show_once_for_each_shape(trained):
    text = shown(trained, "jaxpr")
    assert (text.count("program 1, compilation"), text.count("compilation 2")) == (2, 1)
    assert "  takes  weights float32[2,3], pixels:0 float32[4,2]\n" in text
    assert "  gives  layer/product:0, weights\n" in text
    assert "f32[5,2]" in text
    line, = {line.strip() for line in text.splitlines() if "f32[4,3] = dot_general" in line}
    op = tf.get_default_graph().get_operation_by_name("layer/product")
    assert line.endswith(f"# layer/product  test_dump.py:{op.where.line}")
    assert "stablehlo" not in text


def test_stablehlo_shows_the_names_of_the_script(trained):
    text = shown(trained, "stablehlo")
    assert "module @jit_run_1_program_1" in text
    assert "tensor<4x2xf32> /*inputs['pixels:0']*/" in text
    assert "/*variables['weights']*/" in text
    assert "result['fetches']['layer/product:0']" in text
    product, = [line for line in text.splitlines() if "dot_general" in line and "tensor<4x2xf32>" in line]
    op = tf.get_default_graph().get_operation_by_name("layer/product")
    assert product.endswith(f"// layer/product/dot_general  test_dump.py:{op.where.line}")
    assert "#loc" not in text
    assert str(ROOT) not in text


def test_optimized_hlo_shows_the_names_of_the_script(trained):
    text = shown(trained, "hlo")
    assert "HloModule jit_run_1_program_1" in text
    assert "layer/product" in text
    assert "pixels" in text
    for ours in ("stack_frame_id", "FileNames", str(ROOT)):
        assert ours not in text


def test_a_value_fixed_while_compiling_shows():
    size = tf.placeholder(tf.int32, [2], name="size")
    y = tf.reshape(tf.constant([1.0, 2.0, 3.0, 4.0]), size)
    with watching() as watcher:
        tf.Session().run(y, {size: [2, 2]})
    text = shown(watcher, "stages", "jaxpr")
    assert "takes  size:0 int32[2] (while compiling)" in text
    assert "program 1, compilation 1, size:0 = [2, 2]" in text


def program_of(watcher, *sections, **settings):
    program, = reported(watcher, *sections, **settings)["runs"][-1]["programs"]
    return program


def test_filters_leave_what_is_in_a_scope_or_of_a_type(trained):
    wanted = Filter(["layer"])
    found = reported(trained, "ir", "stages", "jaxpr", "hlo", "cost", wanted=wanted)
    run = found["runs"][0]
    assert [op["name"] for op in run["ir"]] == ["layer/product"]
    assert run["stages"][0]["operations"] == ["layer/product"]
    for program in run["programs"]:
        assert {row["operation"] for row in program["costs"]} == {"layer/product"}
        for section in ("jaxpr", "hlo"):
            assert {line["operation"] for line in program[section]} == {"layer/product"}
    by_type = reported(trained, "ir", wanted=Filter((), ["Var*"]))["runs"][0]["ir"]
    assert [op["name"] for op in by_type] == ["weights"]
    assert not Filter()
    with pytest.raises(SystemExit, match=r"No operation is in the scope laier\. Near it: layer"):
        Filter(["laier"]).check([tf.get_default_graph()])
    with pytest.raises(SystemExit, match=r"No operation has the type or the name MatMull\. Near it: .*MatMul"):
        Filter((), ["MatMull"]).check([tf.get_default_graph()])


def test_every_entry_tells_the_place(trained):
    found = reported(trained, "ir", "jaxpr", "stablehlo", "hlo", "cost")
    line = tf.get_default_graph().get_operation_by_name("layer/product").where.line
    for program in found["runs"][0]["programs"]:
        for section in ("jaxpr", "stablehlo", "hlo"):
            own = [entry for entry in program[section] if entry.get("operation") == "layer/product"]
            assert own
            assert {(entry["file"], entry["line"]) for entry in own} == {("test_dump.py", line)}


def test_times_are_told_where_they_were_taken(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "first")  # the first call compiles
    x = tf.placeholder(tf.float32, [None], name="x")
    y = x * 2.0
    session = tf.Session()
    with watching() as watcher, view.timed() as times:
        for size in (3, 3, 3, 4):
            session.run(y, {x: np.ones(size)})
    session.run(y, {x: np.ones(3)})
    three, four = reported(watcher, "cost", times=times)["runs"][0]["programs"]
    assert (three["calls"]["count"], four["calls"]["count"]) == (3, 1)
    assert three["calls"]["first"] > three["calls"]["median"] > 0
    assert four["calls"]["median"] is None
    assert set(three["seconds"]) == {"trace", "lower", "compile"}
    assert "more of" in shown(watcher, "cost", times=times)
    assert "times" not in shown(watcher, "cost")


def test_from_python_a_run_that_was_never_made():
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    w = tf.Variable(tf.ones([4, 2]), name="w")
    y = tf.matmul(x, w, name="y")
    text = tf.dump(y, sections="jaxpr", size=9)
    assert text.startswith("run 1 (not run)\n  fetches  y:0\n  feeds  x:0 float32[?,4]\n")
    assert "f32[9,2] = dot_general" in text
    assert "f32[3,2] = dot_general" in tf.dump(y, {x: np.ones([3, 4])}, "jaxpr")
    assert "f32[5,2] = dot_general" in tf.dump("y:0", {"x:0": np.ones([5, 4])}, "jaxpr")
    assert f"test_dump.py:{y.op.where.line}" in tf.dump(y, [x])


def test_from_python_the_runs_of_a_session():
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.mul(x, 2.0, name="y")
    with tf.Session() as session:
        session.run(y, {x: np.ones([6, 4])})
        assert "f32[6,4] = mul" in tf.dump(y, [x], "jaxpr")
        assert tf.dump(sections="jaxpr") == tf.dump(y, [x], "jaxpr")


def test_from_python_what_is_worth_showing_of_a_graph():
    x = tf.placeholder(tf.float32, [3], name="x")
    w = tf.Variable(tf.ones([3]), name="w")
    loss = tf.reduce_sum(w * x, name="loss")
    found = json.loads(tf.dump(format="json"))["runs"][0]
    assert (found["fetches"], found["targets"]) == (["loss:0"], [])
    tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, tf.Variable(0, name="count"), name="learn")
    found = json.loads(tf.dump(format="json"))["runs"][0]
    assert (found["fetches"], found["targets"]) == (["loss:0"], ["learn"])
    other = tf.reduce_sum(tf.square(w), name="decay")
    tf.add_to_collection("losses", other)
    tf.add_to_collection("train_op", tf.group(other.op, name="chosen"))
    found = json.loads(tf.dump(format="json"))["runs"][0]
    assert (found["fetches"], found["targets"]) == (["decay:0", "loss:0"], ["chosen", "learn"])


def test_from_python_the_ends_of_a_graph_that_trains_nothing():
    x = tf.placeholder(tf.float32, [3], name="x")
    tf.while_loop(lambda i: tf.less(i, 3), lambda i: tf.add(i, 1), [tf.constant(0)], name="loop")
    tf.cond(tf.less(x[0], 1.0), lambda: x, lambda: x * 2.0, name="choice")
    tf.scalar_summary("kept", tf.reduce_sum(x, name="sum"))
    tf.neg(x, name="negative")
    found = json.loads(tf.dump(format="json", sections="stages"))["runs"][0]
    assert found["fetches"] == ["loop/Exit:0", "choice/Merge:0", "negative:0"]
    assert [stage["kind"] for stage in found["stages"]] == ["device program"]


def test_the_source_is_that_of_the_emitter():
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.tanh(x, name="y")
    queue = tf.FIFOQueue(3, tf.float32, name="queue")
    with tf.Session():
        text = tf.dump(y, [x], "source")
        assert "def apply(x):" in text
        assert "jnp.tanh(x)" in text
        assert "queue" in tf.dump(queue.dequeue(), [], "source").partition("failed  UnsupportedError")[2]


def test_what_is_not_known_before_a_run_is_told():
    made, = tf.py_func(lambda: np.float32(1), [], [tf.float32], name="anything")
    text = tf.dump(tf.tanh(made), sections="ir,jaxpr")
    assert "failed  NotKnownError: anything:0 has an unknown rank" in text
    assert f"(anything, test_dump.py:{made.op.where.line})" in text.replace("tests/", "")
    assert " = Tanh(anything)" in text


def test_a_placeholder_of_unknown_rank_is_taken_as_a_scalar():
    keep = tf.placeholder(tf.float32, name="keep")
    text = tf.dump(tf.mul(tf.ones([3]), keep), sections="jaxpr,source")
    assert "  feeds  keep:0 float32[...] taken as a scalar\n" in text
    assert "f32[3] = mul" in text
    assert "def apply(keep):" in text


def test_graphviz():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    with tf.name_scope("inner"):
        y = tf.square(x, name="y")
    with tf.control_dependencies([y]):
        z = tf.neg(x, name="z")
    lines = tf.dump([z], format="dot").splitlines()
    assert lines[0] == "digraph program {"
    assert '  subgraph "cluster_inner" {' in lines
    assert '  "x" -> "inner/y" [label="float32[2,3]"];' in lines
    assert '  "x" -> "z" [label="float32[2,3]"];' in lines
    assert '  "inner/y" -> "z" [style=dashed];' in lines
    assert lines[-1] == "}"


def test_bad_sections_and_formats_are_refused():
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="There is no section 'jaxprs': they are ir, stages, jaxpr"):
        tf.dump(x, sections="jaxprs")
    with pytest.raises(ValueError, match="There is no format 'pdf'"):
        tf.dump(x, format="pdf")
    with pytest.raises(ValueError, match="cannot be interpreted as a Tensor"):
        tf.dump("nothing")


def test_colours_change_no_word(trained):
    plain = shown(trained, "ir", "stages", "jaxpr", "hlo", "cost")
    coloured = text_of(reported(trained, "ir", "stages", "jaxpr", "hlo", "cost"), colour=True)
    assert coloured != plain
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_host_work_of_ours_is_on_the_line_of_what_it_is_for():
    ids, table = tf.sparse_placeholder(tf.int64), tf.Variable(tf.ones([4, 2]))
    found = json.loads(tf.dump(tf.nn.embedding_lookup_sparse(table, ids, None), sections="ir", format="json"))
    assert {op["file"] for op in found["runs"][0]["ir"]} == {"tests/test_dump.py"}
