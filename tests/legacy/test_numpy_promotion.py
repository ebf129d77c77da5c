"""Types of results as NumPy 1 gave them. What is expected was printed by NumPy 1.16 on Python 2.7."""

import ast
import subprocess
import sys
import textwrap

import pytest

from tracer.legacy import ordinary, rewrite

# One array or number of NumPy's, an operator, one number, and the type and value of what comes out.
RESULTS = """
np.array([1, 2], 'u1') + 300 -> uint16 [301, 302]
np.array([1, 2], 'u1') * -1 -> int16 [-1, -2]
np.array([1, 2], 'u1') + 100 -> uint8 [101, 102]
np.array([1, 2], 'i1') + 100 -> int8 [101, 102]
np.array([1, 2], 'i1') + 200 -> int16 [201, 202]
np.array([1, 2], 'u1') + np.int64(300) -> uint16 [301, 302]
np.array([1, 2], 'u1') + 0.5 -> float64 [1.5, 2.5]
np.array([1, 2], 'f4') * np.float64(1.5) -> float32 [1.5, 3.0]
np.array([1, 2], 'f4') / np.float64(4) -> float32 [0.25, 0.5]
np.array([1, 2], 'f4') - np.array(1.0) -> float32 [0.0, 1.0]
np.array([1, 2], 'f4') * 70000 -> float64 [70000.0, 140000.0]
np.array([1, 2], 'f4') * 1e39 -> float64 [1e+39, 2e+39]
np.array([1, 2], 'f2') * 1e6 -> float32 [1000000.0, 2000000.0]
np.array([1, 2], 'f4') ** 2 -> float32 [1.0, 4.0]
np.array([1, 2], 'f4') * 1j -> complex64 [1j, 2j]
np.array([True, False]) + 1 -> int64 [2, 1]
np.array([True, False]) * np.uint8(3) -> uint8 [3, 0]
np.array([5, 7]) % np.uint8(4) -> int64 [1, 3]
np.array([1, 2], 'u8') + -1 -> float64 [0.0, 1.0]
np.uint8(200) + 100 -> int64 300
np.uint8(250) << 8 -> int64 64000
np.uint8(6) & 3 -> int64 2
np.int8(3) // 2 -> int64 1
np.float32(0.5) + 1 -> float64 1.5
np.float32(0.5) * 0.1 -> float64 0.05
np.float16(3) * 1e6 -> float64 3000000.0
np.complex64(1j) * 2 -> complex128 2j
np.uint8(200) + 2**63 -> uint64 9223372036854776008
"""


@pytest.mark.parametrize("line", RESULTS.strip().splitlines())
@pytest.mark.parametrize("imports", ["import numpy as np\n", "import numpy as np, cPickle\n"])
def test_a_number_beside_an_array_and_beside_a_number(read, line, imports):
    expression, result = line.split(" -> ")
    parts = ast.parse(expression, mode="eval").body
    left, right = (ast.get_source_segment(expression, part) for part in (parts.left, parts.right))
    between = expression[len(left):len(expression) - len(right)]
    module = read(f"{imports}here = {expression}\na = {left}\nb = {right}\nthere = a {between} b\n")
    for value in (module.here, module.there):
        assert f"{value.dtype.name} {value.tolist()!r}" == result


def test_from_the_right_and_by_name(printed):
    assert printed("""
        import numpy as np
        x = np.ones(2, np.float32)
        for value in (np.sqrt(2.0) * x, 2 - np.uint8([1, 3]), 300 - np.uint8([1, 3]), 1.0 / x, np.multiply(x, np.sqrt(4.0)),
                      np.maximum(np.uint8([1, 2]), 300), np.where(x > 0, np.uint8([1, 2]), -1), np.where([True], 1, 2.5)):
            print value.dtype, value.tolist()
    """) == """\
float32 [1.4142135381698608, 1.4142135381698608]
uint8 [1, 255]
uint16 [299, 297]
float32 [1.0, 1.0]
float32 [2.0, 2.0]
uint16 [300, 300]
int16 [1, 2]
float64 [1.0]
"""


def test_sums_begin_with_a_number_of_python(printed):
    assert printed("""
        import numpy as np
        losses, total = [np.float32(0.1)] * 3, 0.0
        for loss in losses:
            total += loss
        print repr(total), sum(losses) / 3, sum(np.array([200, 100], np.uint8)), sum([[1], [2]], [])
        mean, counts = np.uint8(250), {}
        mean += 10
        counts["a"] = counts.get("a", 0) + np.float32(0.5)
        counts["a"] += np.float32(0.1)
        print mean, type(mean).__name__, type(counts["a"]).__name__, "a" * 3 + "b", [0] * 2, (1,) + (2,)
    """) == """\
0.30000000447034836 0.10000000149 300 [1, 2]
260 int64 float64 aaab [0, 0] (1, 2)
"""


def test_a_sum_is_added_up_while_a_generator_goes_on(printed):
    """So that the operations of a graph come in the order in which they came then, and draw by that."""
    assert printed("""
        class Term(object):
            def __init__(self, name):
                print name,
            def __radd__(self, other):
                print "+",
                return self
            __add__ = __radd__
        sum(Term(name) for name in "abc")
        print sum((x for x in [[1], [2]]), []), sum(iter([1, 2.5]))
    """) == "a + b + c + [1, 2] 3.5\n"


def test_numbers_that_an_array_has_no_room_for(printed):
    assert printed("""
        import numpy as np
        a = np.array([1, 2], np.uint8)
        a[0] = 300
        print a,
        a[:] = -1
        print a,
        a[a > 1] = -2
        print a,
        a[0] += 300
        print a,
        a += 254
        print a,
        key, value = 1, 513
        a[key] = value
        print a, np.array([-1, 300], np.uint8), np.asarray([200], np.int8)
    """) == "[44  2] [255 255] [254 254] [ 42 254] [ 40 252] [40  1] [255  44] [-56]\n"


def test_an_array_stays_where_it_is(printed):
    assert printed("""
        import numpy as np
        class Holder(object):
            pass
        holder = Holder()
        holder.x = x = np.ones(2, np.float32)
        holder.x *= np.float64(3)
        y = x
        y -= 1
        rows = [x]
        rows[0] /= np.sqrt(4.0)
        print x, x.dtype, holder.x is x, y is x, rows[0] is x
    """) == "[ 1.  1.] float32 True True True\n"


def test_python3_and_a_sum_of_numpys(printed):
    assert printed("""
        from numpy import *
        x = ones((2, 2), float32) * sqrt(4.0)
        print(x.dtype, sum(x, 1))
    """) == "float32 [ 4.  4.]\n"


def test_what_is_no_number_is_as_it_is(printed):
    """Times, texts, tables of the script's own, and functions of other modules that have the name of one of NumPy's."""
    assert printed("""
        import numpy as np, operator

        class Own(object):
            def __radd__(self, other):
                return "own", other

            def add(self, a, b):
                return "added", a, b

            def power(self, *arguments):
                return arguments

        print(np.timedelta64(2, "D") * 2, np.float32(1) + Own(), Own().add(1, 2), Own().power(*[1, 2]))
        print(np.array(["a"], object) * 2, np.multiply([1, 2], 3), np.ones(2, np.float32) * [1.0, 2.0])
    """) == ("4 days ('own', 1.0) ('added', 1, 2) (1, 2)\n['aa'] [3 6] [ 1.  2.]\n")


def test_index_arithmetic_is_left_alone():
    tree = ast.parse(textwrap.dedent("""
        n = len(x)
        for i in range(n):
            j = i * 2 + 1
            k = j + y
        m = 1
        m += f()
        for p, q in enumerate(x):
            (r, s), t = (1, 2), f()
        [u * 2 for u in range(3)]
        with f() as v:
            v = 1
        w = w2 = 0.5
    """))
    known = ordinary.Ordinary(tree)
    names = "i j k m n p q r s t u v w w2 x y".split()
    assert [name for name in names if known.is_surely(ast.Name(name))] == "i j n p r s u w w2".split()


def test_a_text_is_lengthened_in_place():
    """A call would hold it, so that each step copied it."""
    tree = ast.parse("s += c\ns = s + c\n")
    rewrite.rewrite(tree, 2)
    assert ast.unparse(tree).splitlines() == [
        "if s.__class__ is __legacy_text_type__:", "    s += c", "else:", "    s = __legacy_Add_in_place__(s, c)",
        "if s.__class__ is __legacy_text_type__:", "    s = s + c", "else:", "    s = __legacy_Add__(s, c)",
    ]  # fmt: skip


def test_a_warning_names_the_line_of_the_program(tmp_path):
    (tmp_path / "program.py").write_text("import numpy as np\nx = np.float32(1e38)\n\ny = x * np.float32(1e38)\n")
    command = [sys.executable, "-m", "tracer", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stderr == (f"{tmp_path / 'program.py'}:4: RuntimeWarning: overflow encountered in scalar multiply\n"
                           "  y = x * np.float32(1e38)\n")
