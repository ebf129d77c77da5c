"""The small public modules: flags, app, gfile, logging, compat, resource_loader, sysconfig."""

import errno
import io
import os
import pathlib
import pickle
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tracer import app, compat, errors, flags, gfile, logging, resource_loader, sysconfig

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPT = """
import tracer.app as app
flags = app.flags
flags.DEFINE_string("text", "default", "A text with 100%.")
flags.DEFINE_integer("number", 3, "A number.")
flags.DEFINE_float("rate", None, "A rate.")
flags.DEFINE_boolean("quick", False, "Quick?")
flags.DEFINE_bool("shuffle", True, "Shuffle?")
FLAGS = flags.FLAGS

def main(argv):
    print(FLAGS.text, FLAGS.number, FLAGS.rate, FLAGS.quick, FLAGS.shuffle, argv[1:])
    return 3

app.run()
"""


def run_script(*arguments):
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], "default 3 None False True []"),
        (["--text=foo", "--number", "9", "--quick", "--noshuffle"],
         "foo 9 None True False ['--text=foo', '--number', '9', '--quick', '--noshuffle']"),
        (["--rate=0.5", "--unknown=1", "rest"], "default 3 0.5 False True ['--rate=0.5', '--unknown=1', 'rest']"),
        (["--quick=1", "--shuffle=gibberish"], "default 3 None True False ['--quick=1', '--shuffle=gibberish']"),
        (["--quick=T", "--shuffle=False"], "default 3 None True False ['--quick=T', '--shuffle=False']"),
    ],
)  # fmt: skip
def test_a_script_reads_its_flags_and_exits_with_what_main_returns(arguments, printed):
    finished = run_script(*arguments)
    assert (finished.stdout.strip(), finished.returncode) == (printed, 3)


def test_a_flag_of_the_wrong_type_ends_the_script():
    finished = run_script("--number=x")
    assert finished.returncode == 2
    assert "argument --number: invalid int value: 'x'" in finished.stderr


def test_help_shows_the_texts_as_they_stand():
    finished = run_script("--help")
    assert finished.returncode == 0
    assert "A text with 100%." in finished.stdout


@pytest.fixture
def fresh_flags(monkeypatch):
    monkeypatch.setattr(flags, "_parsers", [])
    monkeypatch.setattr(flags, "FLAGS", flags._FlagValues())
    monkeypatch.setattr(sys, "argv", ["script", "--first=7", "--late=8"])
    return flags


def test_flags_can_be_set_and_listed(fresh_flags):
    fresh_flags.DEFINE_integer("first", 1, "")
    values = fresh_flags.FLAGS
    assert values.first == 7
    values.first = 9
    values.other = "made up"
    assert (values.first, values.other) == (9, "made up")
    assert values.__dict__["__flags"] == {"first": 9, "other": "made up"}
    with pytest.raises(AttributeError, match=r"^missing$"):
        _ = values.missing


def test_a_flag_defined_after_the_first_reading_is_parsed_too(fresh_flags):
    fresh_flags.DEFINE_integer("first", 1, "")
    fresh_flags.FLAGS.first = 9
    fresh_flags.DEFINE_integer("late", 2, "")
    assert (fresh_flags.FLAGS.late, fresh_flags.FLAGS.first) == (8, 9)


def test_flags_can_be_parsed_from_a_list(fresh_flags):
    fresh_flags.DEFINE_integer("first", 1, "")
    assert fresh_flags.FLAGS._parse_flags(["--first=5", "file"]) == ["file"]
    assert fresh_flags.FLAGS.first == 5


def test_a_flag_is_defined_once(fresh_flags):
    fresh_flags.DEFINE_integer("first", 1, "")
    with pytest.raises(Exception, match="conflicting option string: --first"):
        fresh_flags.DEFINE_float("first", 1.0, "")


def test_app_run_calls_the_function_it_is_given(fresh_flags):
    with pytest.raises(SystemExit) as end:
        app.run(lambda argv: len(argv))
    assert end.value.code == 3


def test_app_run_takes_a_command_line_as_since_0_11(fresh_flags):
    fresh_flags.DEFINE_integer("first", 1, "")
    with pytest.raises(SystemExit) as end:
        app.run(main=lambda argv: (fresh_flags.FLAGS.first, argv[1:]), argv=["program", "--first=5", "rest"])
    assert end.value.code == (5, ["rest"])


def test_a_file_is_written_and_read(tmp_path):
    path = str(tmp_path / "file")
    with gfile.GFile(path, "w") as file:
        file.writelines(["one\n", "zwei\n"])
        file.write("dreißig")
        assert file.Size() == 17
    assert file.closed
    with pytest.raises(ValueError, match="closed file"):
        file.write("more")
    with gfile.FastGFile(path) as file:
        assert file.readline() == "one\n"
        assert file.tell() == 4
        assert list(file) == ["zwei\n", "dreißig"]
        file.seek(0)
        assert file.read(3) == "one"
        file.seek(0)
        assert file.readlines() == ["one\n", "zwei\n", "dreißig"]
        with pytest.raises(io.UnsupportedOperation):
            file.write("more")
    with gfile.Open(path, "rb") as file:
        assert file.read() == b"one\nzwei\ndrei\xc3\x9fig"


def test_what_is_no_text_is_read_as_bytes_in_every_mode(tmp_path):
    path = str(tmp_path / "picture.jpg")
    with gfile.GFile(path, "w") as file:
        file.write(b"\xff\xd8\xff")
    with gfile.GFile(path, "r") as file:
        assert file.read() == b"\xff\xd8\xff"


@pytest.mark.parametrize("mode", ["r", "rb"])
def test_what_other_libraries_wrote_is_read_in_every_mode(tmp_path, mode):
    array = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)

    def read_back(write, read):
        with gfile.Open(str(tmp_path / "file"), "w") as file:
            write(file)
        with gfile.FastGFile(str(tmp_path / "file"), mode) as file:
            return read(file)

    np.testing.assert_array_equal(read_back(lambda file: np.save(file, array), np.load), array)
    np.testing.assert_array_equal(
        read_back(lambda file: np.savez(file, a=array), lambda file: np.load(file)["a"]), array)
    picture = Image.fromarray(array)
    np.testing.assert_array_equal(
        read_back(lambda file: picture.save(file, "PNG"), lambda file: np.asarray(Image.open(file))), array)
    # Nothing in it but its first byte is no text.
    assert read_back(lambda file: file.write(b"\x80\x02}q\x01U\x01aq\x02K!s."), pickle.load) == {"a": 33}


def test_text_stays_text_where_a_line_is_not(tmp_path):
    path = str(tmp_path / "file")
    with gfile.GFile(path, "w") as file:
        file.write(b"a text of more than sixty-four letters, then a line with a zero\n" * 150 + b"\0\n" + b"caf\xe9\n")
    with gfile.GFile(path) as file:
        lines = file.readlines()
    assert {type(line) for line in lines} == {str}
    assert lines[-2] == "\0\n"


def test_a_file_is_appended_to_and_cut(tmp_path):
    path = str(tmp_path / "file")
    with gfile.GFile(path, "w") as file:
        file.write("ababab")
    with gfile.GFile(path, "a+") as file:
        file.write("hjhjhj")
        assert file.Size() == 12
        file.truncate(6)
    with gfile.GFile(path) as file:
        assert file.read() == "ababab"


def test_text_that_is_not_utf8_is_text(tmp_path):
    path = tmp_path / "old"
    path.write_bytes("d\xe9j\xe0 vu\n".encode("latin-1"))
    with gfile.GFile(str(path)) as file:
        text = file.read()
    assert text.split()[-1] == "vu"
    assert compat.as_bytes(text) == path.read_bytes()
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with gfile.GFile(str(path)) as file:
        assert file.read() == path.read_bytes()


def test_a_file_has_one_of_six_modes(tmp_path):
    with pytest.raises(ValueError, match="not 'x'"):
        gfile.GFile(str(tmp_path / "file"), "x")
    with pytest.raises(IOError, match="No such file"):
        gfile.GFile(str(tmp_path / "none"))


def touch(path):
    with gfile.GFile(str(path), "w") as file:
        file.write("x")


def test_folders(tmp_path):
    folder = str(tmp_path / "a" / "b")
    gfile.MakeDirs(folder)
    gfile.MakeDirs(folder)
    gfile.MakeDirs("")
    with pytest.raises(OSError, match="File exists"):
        gfile.MkDir(folder)
    for name in ("two", "one", ".hidden"):
        touch(tmp_path / "a" / name)
    top = str(tmp_path / "a")
    assert gfile.IsDirectory(top)
    assert not gfile.IsDirectory(os.path.join(top, "one"))
    assert gfile.ListDirectory(top) == ["b", "one", "two"]
    assert gfile.ListDirectory(top, return_dotfiles=True) == [".hidden", "b", "one", "two"]
    assert gfile.Glob(os.path.join(top, "*o*")) == [os.path.join(top, "one"), os.path.join(top, "two")]
    assert [(at, folders, sorted(files)) for at, folders, files in gfile.Walk(top)] == [
        (top, ["b"], [".hidden", "one", "two"]), (folder, [], [])
    ]  # fmt: skip
    assert [at for at, _, _ in gfile.Walk(top, topdown=0)] == [folder, top]
    for refused in (gfile.Remove, gfile.RmDir):
        with pytest.raises(OSError):  # noqa: PT011 - the text is the operating system's
            refused(top)
    gfile.RmDir(folder)
    assert not gfile.Exists(folder)
    gfile.DeleteRecursively(top)
    assert not gfile.Exists(top)


@pytest.mark.parametrize("function", [gfile.Rename, gfile.Copy])
def test_an_existing_file_is_in_the_way_unless_overwritten(tmp_path, function):
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    touch(one)
    gfile.Open(two, "w").close()
    with pytest.raises(OSError, match="File exists") as error:
        function(one, two)
    assert error.value.errno == errno.EEXIST
    function(one, two, overwrite=True)
    assert gfile.Exists(one) == (function is gfile.Copy)
    assert gfile.Stat(two).length == 1


def test_an_empty_folder_is_not_in_the_way(tmp_path):
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    gfile.MkDir(one)
    gfile.MkDir(two)
    gfile.Rename(one, two)
    assert gfile.ListDirectory(str(tmp_path)) == ["two"]


def test_stat(tmp_path):
    touch(tmp_path / "file")
    status = gfile.Stat(str(tmp_path / "file"))
    assert abs(status.mtime - time.time()) < 20
    assert (status.length, status.is_directory) == (1, False)


@pytest.fixture
def log(capsys):
    before = logging._logger.level
    yield lambda: capsys.readouterr().err.splitlines()
    logging.set_verbosity(before)


def test_messages_go_to_standard_error(log):
    assert logging.get_verbosity() == logging.WARN
    logging.info("not yet")
    logging.warn("careful, %s", "you")
    logging.set_verbosity(logging.INFO)
    logging.info("step %d", 3)
    logging.debug("nothing")
    logging.error("bad")
    logging.fatal("worse")
    logging.vlog(logging.INFO, "at %s", "a level")
    logging.log(logging.ERROR, "and %d", 4)
    logging.TaskLevelStatusMessage("the task")
    assert log() == [
        "WARNING:tensorflow:careful, you", "INFO:tensorflow:step 3", "ERROR:tensorflow:bad",
        "CRITICAL:tensorflow:worse", "INFO:tensorflow:at a level", "ERROR:tensorflow:and 4",
        "ERROR:tensorflow:the task",
    ]  # fmt: skip


def test_messages_that_are_counted_by_the_line_they_come_from(log):
    logging.set_verbosity(logging.INFO)
    for i in range(5):
        logging.log_first_n(logging.INFO, "first %d", 2, i)
        logging.log_every_n(logging.INFO, "every %d", 2, i)
        logging.log_if(logging.INFO, "if %d", i == 3, i)
    assert log() == [
        f"INFO:tensorflow:{text}" for text in ("first 0", "every 0", "first 1", "every 2", "if 3", "every 4")
    ]


def test_the_prefix_of_google(monkeypatch):
    moment = time.mktime((2016, 4, 9, 17, 46, 40, 0, 0, -1)) + 0.25
    prefix = logging.google2_log_prefix(logging.WARN, moment, ("a/train.py", 3))
    assert re.fullmatch(r"W0409 17:46:40\.250000 +\d+ train\.py:3\] ", prefix)


def test_importing_sets_no_logger_up():
    code = "import tracer.logging, logging; assert not logging.getLogger('tensorflow').handlers"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_no_module_hides_the_function_of_its_name():
    code = """if True:
        import importlib, pkgutil, types, tracer
        functions = {name for name, value in vars(tracer).items() if callable(value)}
        for module in pkgutil.iter_modules(tracer.__path__):
            if module.name in functions:
                importlib.import_module(f"tracer.{module.name}")
        tracer.device("/cpu:0").__enter__()
        hidden = {name for name in functions if isinstance(getattr(tracer, name), types.ModuleType)}
        assert not hidden, hidden
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_text_and_bytes():
    assert compat.as_bytes("é") == compat.as_bytes(b"\xc3\xa9") == b"\xc3\xa9"
    assert compat.as_text(b"\xc3\xa9") == compat.as_str("é") == "é"
    assert (compat.as_str_any(b"x"), compat.as_str_any(3)) == ("x", "3")
    for function in (compat.as_bytes, compat.as_text):
        with pytest.raises(TypeError, match=r"^Expected binary or unicode string, got 3$"):
            function(3)


def test_resources(tmp_path, monkeypatch):
    here = os.path.dirname(os.path.abspath(__file__))
    assert resource_loader.get_data_files_path() == here
    assert resource_loader.get_path_to_datafile("data/x.png") == os.path.join(here, "data/x.png")
    assert resource_loader.readahead_file_path("x") == "x"
    with pytest.raises(IOError, match="No such file"):
        resource_loader.load_resource("/fake/file/path/dne")
    monkeypatch.delenv("TRACER_TEST_SRCDIR", raising=False)
    with pytest.raises(IOError, match="set TRACER_TEST_SRCDIR"):
        resource_loader.load_resource("some/file")
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "TAG").write_bytes(b"16")
    monkeypatch.setenv("TRACER_TEST_SRCDIR", str(tmp_path))
    assert resource_loader.load_resource("TAG") == b"16"


@pytest.mark.parametrize("function", [sysconfig.get_include, sysconfig.get_lib])
def test_there_is_no_c_plus_plus(function):
    with pytest.raises(errors.UnsupportedError, match=r"tf\.py_func"):
        function()


def test_names_that_were_others_before():
    """TensorFlow 0.6's names of what 0.8 still has."""
    import tracer as tf

    assert tf.types.float32 is tf.float32
    assert tf.nn.deconv2d is tf.nn.conv2d_transpose
    assert not {"types", "deconv2d"} & {*dir(tf), *dir(tf.nn)}
    with pytest.raises(AttributeError, match="has no attribute 'convolve'"):
        _ = tf.nn.convolve


def test_a_range_is_a_list_as_in_python_2():
    import tracer as tf

    assert tf.squeeze(tf.ones([1, 1, 3]), range(2)).get_shape().as_list() == [3]
    mean, variance = tf.nn.moments(tf.ones([4, 5, 3]), range(2))
    assert mean.get_shape().as_list() == variance.get_shape().as_list() == [3]


def test_functions_of_devices_can_be_added_to_a_graph():
    import tracer as tf

    graph = tf.Graph()
    graph._device_function_stack.append(lambda op: "/cpu:0")
    with graph.as_default():
        assert tf.constant(1.0).device == "/cpu:0"
