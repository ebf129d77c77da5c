"""List comprehensions of Python 2, whose names stay behind."""

import pytest

# What Python 2.7.18 prints for each.
PROGRAMS = [
    ("print [x for x in 'abc'], x", "['a', 'b', 'c'] c"),
    ("for i in range(2):\n    [i for i in range(10, 12)]\n    print i", "11\n11"),
    ("def f(n):\n    [k * v for k, v in [(1, 2), (3, n)] if k]\n    return k, v\nprint f(7)", "(3, 7)"),
    ("def f():\n    [j for j in range(3)]\n    def g(): return j\n    return g()\nprint f()", "2"),
    ("def f():\n    global last\n    [last for last in (5, 6)]\nf(); print last", "6"),
    ("def f(x):\n    r = [s for s in x if s for t in range(s)]\n    return r, s, t\nprint f([0, 1])", "([1], 1, 0)"),
    ("fs = [(lambda: z) for z in range(3)]\nprint [f() for f in fs], z", "[2, 2, 2] 2"),
    ("print [[w for w in row] for row in [[1, 2], [3]]], row", "[[1, 2], [3]] [3]"),
    ("m = [[1, 2], [3, 4]]\nprint [v for r in m for v in r], v, r", "[1, 2, 3, 4] 4 [3, 4]"),
    ("n = 1; [n for n in []]; print n", "1"),
    ("t = [t for t in (1, 2)]; print t", "[1, 2]"),
    ("x = 5\nprint sum(x for x in range(3)), {x: 0 for x in [1]}, x", "3 {1: 0} 5"),
    ("class A:\n    y = [q for q in range(3)]\n    def f(self): return [q for q in self.y]\nprint A().f()", "[0, 1, 2]"),
    ("a = [i for i in range(2)]; b = [i for i in range(3)]\ndef f(i): return i\nprint a, b, f(7)", "[0, 1] [0, 1, 2] 7"),
]


@pytest.mark.parametrize(("program", "output"), PROGRAMS)
def test_names_stay_behind(printed, program, output):
    assert printed(program) == output + "\n"


def test_names_do_not_stay_behind_in_python_3(printed):
    assert printed("x = 1\nprint([x for x in range(3)], x)") == "[0, 1, 2] 1\n"
