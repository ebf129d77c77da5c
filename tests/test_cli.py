"""`python -m tracer script.py` behaves as `python script.py` does."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lowering import fast
from tracer import __main__ as cli
from tracer.legacy import cache

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path):
    """An empty folder to run in."""
    return tmp_path


def run(folder, *words, command=("-m", "tracer"), **keywords):
    """Runs the command in the folder, with this project on the path."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1", **keywords.pop("env", {})}
    return subprocess.run(
        [sys.executable, *command, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        **keywords,
    )


def write(folder, source, name="script.py"):
    """Writes a source file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source))
    return path


def test_a_script_sees_itself_as_under_python(folder):
    source = """
    import sys
    print(sys.argv, __name__, __file__, sys.path[0], __doc__, __package__)
    print(sys.modules["__main__"].__dict__ is globals())
    """
    write(folder, source, "deep/script.py")
    arguments = ("deep/script.py", "-v", "--flag", "x")
    ours, pythons = run(folder, *arguments), run(folder, *arguments, command=())
    assert ours.returncode == 0
    assert (ours.stdout, ours.stderr) == (pythons.stdout, pythons.stderr)


def test_both_packages_are_of_the_same_copy_of_the_project(folder):
    # A folder on PYTHONPATH counts as the user's, and an installed copy of the project as another one.
    write(folder, "import lowering, tracer; print(lowering.__file__, tracer.__file__)")
    shown = run(folder, "script.py").stdout.split()
    assert shown == [str(PROJECT / package / "__init__.py") for package in ("lowering", "tracer")]


@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.exit(3)",
        "import sys; sys.exit('a message')",
        "raise SystemExit",
        "def f():\n    raise ValueError('wrong')\nf()",
        "import beside",
        "try:\n    1 / 0\nexcept Exception:\n    raise KeyError('second')",
        "x = 1\nif x:\nprint(x)",
        "import sys\nsys.excepthook = lambda *e: print('hook', e[0].__name__)\n1 / 0",
    ],
)
def test_exit_codes_and_tracebacks_are_pythons(folder, source):
    write(folder, source)
    write(folder, "value = 1\nraise RuntimeError('in a module')\n", "beside.py")
    ours, pythons = run(folder, "script.py"), run(folder, "script.py", command=())
    assert (ours.returncode, ours.stdout, ours.stderr) == (pythons.returncode, pythons.stdout, pythons.stderr)


def test_a_script_that_is_not_there(folder):
    ours, pythons = run(folder, "nope.py"), run(folder, "nope.py", command=())
    assert ours.returncode == pythons.returncode == 2
    assert ours.stderr == pythons.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_control_c_ends_it_by_the_signal(folder):
    path = write(folder, "import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    # a shell's background job ignores the interrupt, and so would what it starts
    listening = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", listening, sys.executable, "-m", "tracer", str(path)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert errors.splitlines()[1] == f'  File "{path}", line 3, in <module>'
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert errors.count("Traceback") == 1


LOCAL_MODULES = (
    "import random, string, queue, jax, six\nprint(random.mine, string.mine, queue.mine, jax.mine, six.mine)\n"
)
STANDARD_MODULES = """
import tempfile, json, tensorflow as tf
print(len(tempfile.mkdtemp()) > 0, tf.__name__)
"""


def test_files_with_standard_names_beside_the_script_break_nothing(folder):
    for name in ("random", "string", "queue", "jax", "six", "typing", "re", "enum", "tokenize", "lowering"):
        write(folder, "mine = 'mine'\n", f"{name}.py")
    write(folder, LOCAL_MODULES + STANDARD_MODULES)
    done = run(folder, "script.py")
    assert (done.stdout, done.stderr) == ("mine mine mine mine mine\nTrue tracer\n", "")


def test_the_console_command_survives_a_types_module(folder):
    write(folder, "mine = 'mine'\n", "types.py")
    write(folder, STANDARD_MODULES)
    console = write(folder, "import sys\nfrom tracer.__main__ import main\nsys.exit(main())\n", "bin/tracer")
    done = run(folder, "script.py", command=(str(console),))
    assert (done.stdout, done.stderr) == ("True tracer\n", "")


def test_a_python_2_script(folder):
    write(
        folder,
        """
        import numpy as np
        from helper import half
        print "half of 7:", half(7), np.float32(0.8), [np.float32(0.8)], 1 / 3.0
        raise ValueError, "the end"
        """,
    )
    write(folder, "def half(n):\n    return n / 2 if `n` <> '' else 0L\n", "helper.py")
    done = run(folder, "script.py")
    assert done.stdout == "half of 7: 3 0.8 [0.80000001] 0.333333333333\n"
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        f'  File "{folder / "script.py"}", line 5, in <module>',
        '    raise ValueError, "the end"',
        "ValueError: the end",
    ]


def test_modules_of_a_python_2_script_are_python_2(folder):
    write(folder, "from clean import half\nfrom modern import exact\nprint half(7), exact(7)\n")
    write(folder, "def half(n):\n    return n / 2\n", "clean.py")
    write(folder, "def exact(n: int) -> float:\n    return n / 2\n", "modern.py")
    assert run(folder, "script.py").stdout == "3 3.5\n"


def test_options_come_before_the_script(folder):
    write(folder, "import sys, numpy as np\nprint(repr(np.float32(0.8)), sys.argv[1:])\nfor i in xrange(1): pass\n")
    done = run(folder, "--python", "3", "--no-float-format", "script.py", "--python", "2")
    assert done.stdout == "np.float32(0.8) ['--python', '2']\n"
    assert "NameError: name 'xrange' is not defined" in done.stderr


def test_a_clean_script_starts_without_jax_and_fissix(folder):
    source = "import sys\nheavy = {'jax', 'fissix', 'scipy', 'PIL', 'tqdm'}\nprint(heavy & set(sys.modules))\n"
    write(folder, source)
    assert run(folder, "script.py").stdout == "set()\n"


def test_a_program_named_as_a_module(folder):
    source = """
    import sys
    from . import neighbour
    from package.neighbour import value
    print(sys.argv, __name__, __package__, __file__, sys.path[0], value, neighbour.value)
    """
    write(folder, source, "package/train.py")
    write(folder, "value = 3\n", "package/neighbour.py")
    write(folder, "", "package/__init__.py")
    ours = run(folder, "-m", "package.train", "-x")
    pythons = run(folder, "package.train", "-x", command=("-m",))
    assert (ours.returncode, ours.stdout, ours.stderr) == (0, pythons.stdout, "")
    assert run(folder, "-m", "package.nope").stderr.endswith(": No module named package.nope\n")


def test_a_unittest_file_runs(folder):
    source = """
    from tensorflow.python.platform import googletest
    class SomeTest(googletest.TestCase):
      def testItems(self):
        self.assertItemsEqual([1, 2], [2, 1])
    if __name__ == '__main__':
      googletest.main()
    """
    write(folder, source)
    done = run(folder, "script.py", "-v")
    assert done.returncode == 0
    assert "testItems (__main__.SomeTest.testItems) ... ok" in done.stderr


def test_help_shows_every_switch(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for flag in (
        "--python",
        "--no-numpy-names",
        "--no-library-names",
        "--no-scipy-misc",
        "--no-six",
        "--no-float-format",
    ):
        assert flag in shown
    assert "--no-cache" in shown
    assert all(f"`{path}`" in " ".join(shown.split()) for path in fast.PATHS)


def test_no_script_is_a_usage_error(capsys):
    assert cli.main([]) == 2
    assert "script.py" in capsys.readouterr().err


def test_the_compilation_cache_is_the_users(monkeypatch, tmp_path, capsys):
    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "7")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.enable()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path / "tracer" / "xla")
    assert os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0"
    assert os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] == "7"
    (tmp_path / "tracer" / "xla" / "entry").write_bytes(b"x" * 2**20)
    assert cli.main(["--cache"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'tracer' / 'xla'}\n1 files, 1.0 MiB\n"


def test_modules_lists_the_paths_that_can_be_imported(capsys):
    assert cli.main(["--modules"]) == 0
    listed = capsys.readouterr().out.split()
    assert "tensorflow.examples.tutorials.mnist.input_data" in listed
    assert "tensorflow.models.embedding.word2vec" not in listed


def test_both_halves_of_the_project_come_from_one_place(folder):
    write(folder, "mark = 1", "elsewhere/lowering/__init__.py")
    write(folder, """
        import importlib, os
        for name in ("tracer", "lowering"):
            print(os.path.dirname(importlib.import_module(name).__path__[0]))
    """)
    environment = {"PYTHONPATH": os.pathsep.join([str(folder / "elsewhere"), str(PROJECT)])}
    assert run(folder, "script.py", env=environment).stdout.split() == [str(PROJECT)] * 2


def test_an_empty_entry_of_the_path_is_the_current_folder_and_the_users(folder):
    write(folder, "import helper", "scripts/main.py")
    write(folder, "import numpy\nprint(numpy.float(1))", "helper.py")
    environment = {"PYTHONPATH": os.pathsep + str(PROJECT)}
    assert run(folder, "scripts/main.py", env=environment).stdout == "1.0\n"


SHIPPED = "from tensorflow.models.embedding import word2vec\n" \
          "import tensorflow.models.embedding.word2vec as same\n" \
          "print(word2vec.half(3), same is word2vec, same.__name__)"
HALF = "import tensorflow as tf\ndef half(n):\n    print 'of', n\n    return n / 2\n"


@pytest.mark.parametrize("place", ["word2vec.py", "../word2vec.py",
                                   "../../../../tensorflow/models/embedding/word2vec.py"])
def test_a_program_that_tensorflow_shipped(folder, place):
    script = write(folder, SHIPPED, "tree/tensorflow/models/image/train/script.py")
    write(script.parent, HALF, place)
    found = run(folder, str(script))
    if place == "../word2vec.py":
        assert "put its file beside the script" in found.stderr
    else:
        assert found.stdout.splitlines() == ["of 3", "1 True tensorflow.models.embedding.word2vec"]


@pytest.mark.parametrize(("place", "expected"), [
    ("reader.py", "tracer.legacy.programs.ptb_reader"), ("../ptb/reader.py", "tensorflow.models.rnn.ptb.reader")])
def test_a_program_of_a_checkout_goes_before_ours(folder, place, expected):
    source = "from tensorflow.models.rnn.ptb import reader\nprint(reader.__name__)"
    script = write(folder, source, "tree/tensorflow/models/rnn/train/script.py")
    write(script.parent, HALF, place)
    assert run(folder, str(script)).stdout.splitlines() == [expected]


STARTS_OTHERS = """
import os, subprocess, sys
print "first", sys.argv[1:]
sys.stdout.flush()
subprocess.call([sys.executable, "-u", "worker.py", "--index=1"])
os.system(sys.executable + " worker.py 2")
subprocess.call([sys.executable, "-c", "import sys; print('tensorflow' in sys.modules)"])
"""


def test_scripts_that_a_script_starts_run_as_it_does(folder):
    write(folder, STARTS_OTHERS)
    write(folder, "import tensorflow as tf, sys\nprint sys.argv[1:], 0.8, tf.Session().run(tf.constant(7) / 2)\n",
          "worker.py")
    ours = run(folder, "script.py", "x")
    assert (ours.returncode, ours.stderr) == (0, "")
    assert ours.stdout.splitlines() == ["first ['x']", "['--index=1'] 0.8 3", "['2'] 0.8 3", "False"]
    alone = run(folder, "--no-children", "script.py")
    assert alone.stdout.splitlines() == ["first []", "False"]
    assert "SyntaxError" in alone.stderr


def test_the_sitecustomize_that_was_there_is_asked_too(folder):
    asked = "import sys; print(sys.mine, sys.path[1:3])"
    write(folder, f"import subprocess, sys\nsubprocess.call([sys.executable, '-c', {asked!r}])\n")
    write(folder, "import sys\nsys.mine = 'mine'\n", "site/sitecustomize.py")
    places = [str(PROJECT), str(folder / "site")]
    ours = run(folder, "script.py", env={"PYTHONPATH": os.pathsep.join(places)})
    assert (ours.stdout, ours.stderr) == (f"mine {places}\n", "")


@pytest.mark.parametrize(("words", "expected"), [
    (["test_cli.py", "-x"], ["-m", "tracer", "--python", "2", "test_cli.py", "-x"]),
    (["-u", "-W", "ignore", "test_cli.py"], ["-u", "-W", "ignore", "-m", "tracer", "--python", "2", "test_cli.py"]),
    (["-m", "tracer", "test_cli.py"], None), (["-c", "pass", "test_cli.py"], None), (["-", "test_cli.py"], None),
    (["missing.py"], None), (["parity"], None), ([], None),
])
def test_command_lines_of_other_processes(words, expected, monkeypatch):
    from tracer.legacy.children.sitecustomize import command

    monkeypatch.chdir(PROJECT / "tests")
    assert command(words, ["--python", "2"]) == expected
