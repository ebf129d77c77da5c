"""The print statement of Python 2, and what its function printed."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("print np.float32(0.8), [np.float32(0.8)]", "0.8 [0.80000001]\n"),
        ("print 0.1 + 0.2, [0.1 + 0.2], 1e22, 3.0", "0.3 [0.30000000000000004] 1e+22 3.0\n"),
        ("print np.array([0.8, 1], np.float32)", "[ 0.8  1. ]\n"),
        ("print", "\n"),
        ("print ('a', 1)", "('a', 1)\n"),
        ("print('a %s') % 'b'", "a b\n"),
        ("print 'a',; print 'b'", "a b\n"),
        ("print 'a\\n', 'b\\n',; print 'c'", "a\nb\nc\n"),
        ("print b'bytes'", "bytes\n"),
        ("for i in range(3): print i,\nprint", "0 1 2\n"),
        ("print 'a',; sys.stdout.write('b'); print 'c'", "abc\n"),
        ("print 'a',; print ''", "a \n"),
        ("print 'a',", "a"),
        ("print 'a',; print >>sys.stderr, 'other',; print 'b'", "a b\n"),
        ("f = StringIO(); print >>f, 1,; print >>f, 2,; f.write('c'); print >>f, 3\nprint repr(f.getvalue())",
         "'1 2c 3\\n'\n"),
    ],
)
def test_print_statement(printed, statement, text):
    assert printed(f"import sys\nfrom StringIO import StringIO\nimport numpy as np\n{statement}\nxrange(1)\n") == text


def test_a_file_gets_the_space_of_the_next_statement(read, tmp_path):
    read(f"""
        with open({str(tmp_path / "file")!r}, "w") as f:
            print >>f, "a",; print >>f, "b",; f.write("c"); print >>f, "d"
    """)
    assert (tmp_path / "file").read_text() == "a bcd\n"


def test_an_object_that_only_writes(printed):
    assert printed("""
        import sys
        class Plain(object):
            __slots__ = ()
            def write(self, text): sys.stdout.write(text.upper())
        print >>Plain(), "a", 1,
        print >>Plain(), "b"
    """) == "A 1 B\n"


def test_an_object_with_a_space_of_its_own(printed):
    assert printed("""
        import sys
        class Twice(object):
            softspace = 0
            def write(self, text): sys.stdout.write(text)
        to = Twice()
        print >>to, "a",
        print >>to, "b"
        print >>to, "c"
        print >>to, "d",
        to.write("e")
        print >>to, "f",
        print >>to
        print >>to, "g"
    """) == "a b\nc\nde f\ng\n"  # as 2.7.18 printed


def test_the_function_is_todays(printed):
    assert printed("""
        from __future__ import print_function
        xrange(1)
        print("a\\n", "b", end=" ")
        print(0.1 + 0.2)
    """) == "a\n b 0.3\n"


def test_an_open_line_ends_with_the_program(tmp_path):
    (tmp_path / "program.py").write_text("print 'a',\n")
    done = subprocess.run([sys.executable, "-m", "tracer", "program.py"], cwd=tmp_path, capture_output=True, timeout=120)
    assert done.stdout == b"a\n"
