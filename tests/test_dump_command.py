"""`python -m tracer.dump`: the command."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import tracer as tf
from tracer.dump import loading
from tracer.dump.__main__ import main

ROOT = pathlib.Path(__file__).parent.parent


def command(tmp_path, script, *options):
    path = tmp_path / "script.py"
    path.write_text(script)
    return subprocess.run([sys.executable, "-m", "tracer.dump", *options, str(path), "argument"], cwd=tmp_path,
                          capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


SCRIPT = """
import sys
import tensorflow as tf
print "said", sys.argv[1]
with tf.Session() as session:
    session.run(tf.constant(7, name="seven"))
"""


def test_the_command_shows_what_a_script_ran(tmp_path):
    done = command(tmp_path, SCRIPT, "--section", "all")
    assert (done.returncode, done.stderr) == (0, "said argument\n")
    assert "  fetches  seven:0\n" in done.stdout
    assert "said" not in done.stdout
    again = command(tmp_path, SCRIPT, "--stage", "all", "--output", "out.txt")  # another name for the same
    assert again.stdout == ""
    assert (tmp_path / "out.txt").read_text() == done.stdout


LOOP = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [2, 8, 3], name="x")
state = tf.zeros([2, 3])
for t in range(8):
    state = tf.tanh(tf.sigmoid(state) * x[:, t, :] + state, name="state")
with tf.Session() as session:
    session.run(state, {x: [[[0.5] * 3] * 8] * 2})
"""


@pytest.mark.usefixtures("fast_paths")
def test_loops_that_a_script_unrolled_show_as_what_they_became(tmp_path):
    text = command(tmp_path, LOOP).stdout
    assert "  rolled  8 rounds of 4 operations: Sigmoid to state_7, 1 carried on\n" in text
    assert "  rolled  8 at once: Squeeze to Squeeze_7\n" in text
    assert "  state_7 = Tanh(add_7)" in text
    assert "rolled" not in command(tmp_path, LOOP, "--without", "reroll").stdout


def test_the_precision_of_products(tmp_path):
    product = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [2, 2])\ny = tf.matmul(x, x)\n"
    product += "tf.Session().run(y, {x: [[1.0, 2.0], [3.0, 4.0]]})\n"
    found = [re.findall("precision = \\[(\\w+)", command(tmp_path, product, "--section", "stablehlo", *words).stdout)
             for words in ((), ("--precision", "tf32"), ("--precision", "bf16"))]
    assert found == [["HIGHEST"], ["HIGH"], ["DEFAULT"]]


def test_a_script_that_fails_shows_what_it_ran_before(tmp_path):
    done = command(tmp_path, SCRIPT + "raise ValueError('oh')\n")
    assert done.returncode == 1
    assert "ValueError: oh" in done.stderr
    assert "  fetches  seven:0\n" in done.stdout
    assert command(tmp_path, SCRIPT + "sys.exit(3)\n").returncode == 3


def test_a_script_that_is_not_there(tmp_path):
    done = subprocess.run([sys.executable, "-m", "tracer.dump", "nowhere.py"], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere.py" in done.stderr


def test_the_dump_of_the_example_is_the_same_every_time(tmp_path):
    def once():
        return subprocess.run([sys.executable, "-m", "tracer.dump", "--section", "all",
                               str(ROOT / "examples" / "hello_tensorflow.py")], cwd=tmp_path, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout

    first = once()
    assert "output = Mul(weight/read, input)  float32[]  # hello_tensorflow.py:13" in first
    assert first.count("\nrun ") + 1 == 4
    assert once() == first


TRAINING = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4], name="x")
with tf.name_scope("layer"):
    w = tf.Variable(tf.ones([4, 2]), name="w")
    y = tf.matmul(x, w, name="y")
loss = tf.reduce_mean(tf.square(y), name="loss")
step = tf.train.AdamOptimizer(0.1).minimize(loss, name="step")
print "built"
with tf.Session() as session:
    session.run(tf.initialize_all_variables())
    session.run([step, loss], {x: [[1, 2, 3, 4]] * 3})
print "trained"
"""


def test_without_running_the_graph_is_made_and_its_training_shown(tmp_path):
    done = command(tmp_path, TRAINING, "--no-run", "--section", "ir,jaxpr", "--size", "5")
    assert (done.returncode, done.stderr) == (0, "built\n")
    lines = done.stdout.splitlines()
    assert lines[0] == "# stopped at script.py:11: the first run"
    assert lines[2:5] == ["run 1 (not run)", "  fetches  loss:0", "  runs  step"]
    assert "  layer/y = MatMul(x, layer/w/read)  float32[?,2]  # script.py:6" in lines
    assert any("f32[5,2] = dot_general" in line for line in lines)


def test_without_running_a_script_that_runs_nothing_is_run_to_its_end(tmp_path):
    done = command(tmp_path, TRAINING.partition("with tf.Session")[0], "--no-run", "--section", "stages")
    assert (done.returncode, done.stderr) == (0, "built\n")
    assert done.stdout.startswith("run 1 (not run)\n  fetches  loss:0\n  runs  step\n")


def test_a_script_that_fails_shows_what_it_had_made_and_where_it_stopped(tmp_path):
    script = TRAINING.replace('print "built"\n', 'tf.matmul(y, tf.zeros([3, 3]))\n')
    done = command(tmp_path, script)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("# stopped at script.py:9: ValueError: Dimensions 2 and 3 are not compatible")
    assert lines[2] == "graph 1 (nothing ran it)"
    assert any(line.startswith("  step = NoOp(") for line in lines)
    late = command(tmp_path, TRAINING.replace('[[1, 2, 3, 4]] * 3', '[[1, 2]]'))
    assert late.stdout.splitlines()[0].startswith("# stopped at script.py:12: ValueError: Cannot feed value of shape (1, 2)")
    assert "run 1 (session 1)\n  runs  init\n" in late.stdout


def test_an_interrupted_script_shows_what_it_ran(tmp_path):
    script = TRAINING + "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n"
    done = command(tmp_path, script, "--section", "stages")
    assert done.returncode == 130
    assert re.match(r"# stopped at script.py:1[567]: KeyboardInterrupt\n\nrun 1 \(session 1\)", done.stdout)
    assert "run 2 (session 1)\n  fetches  loss:0\n  runs  step\n" in done.stdout


def test_a_fetch_shows_the_run_that_made_it_or_prepares_one(tmp_path):
    made = command(tmp_path, TRAINING, "--fetch", "loss", "--section", "jaxpr").stdout
    assert made.startswith("run 1 (session 1)\n  fetches  loss:0\n  runs  step\n")
    prepared = command(tmp_path, TRAINING, "--fetch", "layer/y", "--section", "jaxpr").stdout
    assert prepared.startswith("run 1 (not run)\n  fetches  layer/y:0\n  feeds  x:0 float32[?,4]\n")
    assert "f32[3,2] = dot_general" in prepared  # the shape that was fed


def test_an_unknown_name_of_a_script_lists_the_nearest(tmp_path):
    done = command(tmp_path, TRAINING, "--fetch", "los", "--fetch", "layer/x:0", "--no-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The graph has no los. Near it: loss" in done.stderr
    assert "The graph has no layer/x:0. Near it: layer/y" in done.stderr


def test_filters_and_formats(tmp_path):
    done = command(tmp_path, TRAINING, "--no-run", "--format", "json", "--section", "ir,cost", "--operation", "MatMul")
    found = json.loads(done.stdout)
    assert found["stopped"] == {"problem": "the first run", "file": "script.py", "line": 11, "failed": False}
    run, = found["runs"]
    assert [(op["name"], op["file"], op["line"]) for op in run["ir"]] == [("layer/y", "script.py", 6)]
    assert {row["operation"] for row in run["programs"][0]["costs"]} == {"layer/y"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A graph that trains, in a file of each kind."""
    folder = tmp_path_factory.mktemp("graphs")
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        loss = tf.reduce_mean(tf.matmul(x, tf.Variable(tf.ones([4, 2]), name="w")), name="loss")
        tf.fill(tf.placeholder(tf.int32, [1], name="size"), 2.0, name="shaped")
        tf.add_to_collection("train_op", tf.train.GradientDescentOptimizer(0.1).minimize(loss, name="step"))
        tf.train.export_meta_graph(str(folder / "g.meta"))
        tf.train.write_graph(graph.as_graph_def(), str(folder), "g.pbtxt")
        tf.train.write_graph(graph.as_graph_def(), str(folder), "g.pb", as_text=False)
    return folder


def test_a_graph_from_a_file(files, capsys):
    def dumped(*words):
        assert main([*words[:-1], str(files / words[-1])]) == 0
        return capsys.readouterr().out

    meta = dumped("--section", "ir,cost", "g.meta")
    assert meta.startswith("run 1 (not run)\n  fetches  loss:0\n  runs  step\n  feeds  x:0 float32[?,4]\n")
    line = next(i for i, text in enumerate((files / "g.pbtxt").read_text().splitlines(), 1) if 'name: "MatMul"' in text)
    text = dumped("--section", "ir,jaxpr", "--shape", "x=6,4", "g.pbtxt")
    assert f"  # g.pbtxt:{line}\n" in text
    assert "f32[6,2] = dot_general" in text
    unknown = dumped("--fetch", "loss", "--section", "jaxpr", "g.pb")
    assert "  feeds  x:0 float32[...] taken as a scalar\n" in unknown
    assert "failed  InvalidArgumentError:" in unknown
    fed = dumped("--fetch", "loss", "--feed", "MatMul", "g.pb")
    assert "  feeds  MatMul:0 float32[?,?]\n" in fed
    assert " = MatMul(" not in fed
    shaped = dumped("--fetch", "shaped", "--section", "jaxpr", "--value", "size=[8]", "g.pb")
    assert "program 1, compilation 1, size:0 = [8]\n" in shaped
    assert "NotKnownError: the value of size:0 shapes the program" in dumped("--fetch", "shaped", "--section", "hlo", "g.pb")
    with pytest.raises(SystemExit, match=r"The graph has no los. Near it: loss.*\nThe graph has no y:0"):
        main(["--fetch", "los", "--fetch", "y:0", str(files / "g.pb")])
    with pytest.raises(SystemExit, match=r"No operation is in the scope stepp\. Near it: step"):
        main(["--scope", "stepp", str(files / "g.pb")])


@pytest.mark.parametrize(("name", "message"), [
    ("cut.pb", "cut.pb: the file is damaged, or holds no graph"), ("cut.meta", "cut.meta: the file is damaged"),
    ("cut.pbtxt", 'cut.pbtxt: the file is damaged, or holds no graph: '), ("empty.pb", "empty.pb: the file is empty"),
    ("nowhere.pb", "nowhere.pb: No such file or directory"), ("other.pb", "other.pb: the graph cannot be read: ")])
def test_a_damaged_file_is_named(files, name, message):
    kind = name.partition(".")[2]
    path = files / name
    if name.startswith("cut"):
        data = (files / f"g.{kind}").read_bytes()
        path.write_bytes(data[:len(data) * 2 // 3])
    elif name.startswith("empty"):
        path.write_bytes(b"")
    elif name.startswith("other"):
        path.write_bytes(tf.GraphDef(node=[tf.NodeDef(name="a", op="NoSuchOp")]).SerializeToString())
    with pytest.raises(SystemExit) as ended:
        loading.load(str(path))
    assert message in str(ended.value)


RAGGED = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 3], name="x")
rows, mean = tf.exp(x, name="rows"), tf.reduce_mean(x, 0, name="mean")
with tf.Session() as session:
    for size in (5, 4, 3, 4):
        session.run(rows, {x: [[1.0, 2.0, 3.0]] * size})
        session.run(mean, {x: [[1.0, 2.0, 3.0]] * size})
"""


@pytest.mark.usefixtures("fast_paths")
def test_which_sizes_ran_on_a_program_for_more(tmp_path):
    text = command(tmp_path, RAGGED).stdout
    rows, mean = re.split("^run 2", text, flags=re.MULTILINE)
    assert re.findall("  padded  (.*)", rows) == ["3 rows run as 5: 1 run", "4 rows run as 5: 2 runs"]
    assert re.findall("  padded  (.*)", mean) == ["3 rows run as 5, masked: 1 run", "4 rows run as 5, masked: 2 runs"]
