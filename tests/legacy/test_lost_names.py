"""What NumPy, the standard library and SciPy had in 2016 is back, for legacy code alone."""

import random
import sys
import unittest

import numpy as np
import pytest

from tracer import legacy


def test_numpy_names_are_back_for_legacy_code_alone(read):
    module = read("import numpy as np\nx = np.float, np.int, np.bool, np.object, np.Inf, np.asscalar(np.array(3))\n")
    assert module.x == (float, int, bool, object, np.inf, 3)
    assert module.np.dot is np.dot
    assert not hasattr(np, "asscalar")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("np.product([2, 3])", 6),
        ("np.alltrue([True, False])", False),
        ("np.in1d([1, 2], [2])", [False, True]),
        ("np.cumproduct([2, 3])", [2, 6]),
        ("np.trapz([1., 3.])", 2.0),
        ("np.row_stack([[1], [2]])", [[1], [2]]),
        ("np.array([1, 2]).tostring()", np.array([1, 2]).tobytes()),
        ("np.array([1, 5]).ptp()", 4),
        ("np.fromstring(b'\\x01\\x02', np.uint8)", [1, 2]),
        ("np.array([1.5], copy=False)", [1.5]),
        ("list(range(np.frombuffer(b'\\2', np.uint8) * 2))", [0, 1, 2, 3]),
        ("np.zeros(6).reshape(2, np.frombuffer(b'\\3', np.uint8)).shape", (2, 3)),
        ("np.histogram([1, 2], 2, normed=True)[0]", [1.0, 1.0]),
        ("np.cast['int32'](2.7)", 2),
        ("np.linspace(0, 1, 3.0)", [0.0, 0.5, 1.0]),
        ("np.squeeze(1, axis=1)", 1),
        ("np.squeeze(np.ones((1, 2, 1)), axis=2)", [[1.0, 1.0]]),
        ("np.expand_dims([[1, 2]], 4).shape", (1, 2, 1)),
        ("np.expand_dims([1, 2], axis=-2).shape", (1, 2)),
        ("np.zeros(2.0)", [0.0, 0.0]),
        ("np.zeros((1.0, 2))", [[0.0, 0.0]]),
        ("np.random.rand(2.0, 3.0).shape", (2, 3)),
        ("np.random.normal(0, 1, size=(2.0, 3)).shape", (2, 3)),
        ("np.random.uniform(0.5, 0.5, 2.0)", [0.5, 0.5]),
        ("np.zeros(2.5).shape", (2,)),
        ("np.reshape([1, 2], newshape=(2.0, 1)).shape", (2, 1)),
        ("np.tile([1, 2], 2.0)", [1, 2, 1, 2]),
        ("np.split(np.arange(4), 2.0)[1]", [2, 3]),
        ("np.arange(4).reshape((4 * 0.5, -1)).shape", (2, 2)),
        ("np.arange(4).reshape(2.0, -1).shape", (2, 2)),
    ],
)
def test_lost_function_of_numpy(read, expression, value):
    x = read(f"import numpy as np\nx = {expression}\n", "numpy_program").x
    sys.modules.pop("numpy_program")
    assert (x.tolist() if hasattr(x, "tolist") else x) == value


@pytest.mark.parametrize(
    ("expression", "value"),  # as NumPy 1.11.3 has them
    [
        ("np.array([1., 2.]) == None", False),
        ("None != np.array([1., 2.])", True),
        ("np.array([None, 1], object) == None", False),
        ("np.array(3) != None", True),
        ("np.array([1., 2.]) == 'a'", False),
        ("'a' != np.array([1., 2.])", True),
        ("np.array(['a', 'b']) == 'a'", [True, False]),
        ("np.array([None, 'a'], object) != 'a'", [True, False]),
        ("np.array([1, 2]) == 2", [False, True]),
        ("np.array([1, 2]) == []", False),
        ("[] != np.array([1, 2])", True),
        ("np.array([1, 2]) != (1, 2, 3)", True),
        ("np.array([[1, 2], [3, 4]]) == [1, 2]", [[True, True], [False, False]]),
        ("bool(np.array([1]) != []), bool(np.zeros(0) == [])", (False, False)),
        ("[1] == None", False),
        ("[1] != []", True),
        ("'a' == 'a'", True),
    ],
)
@pytest.mark.parametrize("python", ["", "print 1\n"])
def test_arrays_are_unlike_none_and_text_as_a_whole(read, expression, value, python):
    x = read(f"{python}import numpy as np\nx = {expression}\n", "numpy_program").x
    sys.modules.pop("numpy_program")
    assert (x.tolist() if hasattr(x, "tolist") else x) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("np.unique(r)", [[1, 2], [2, 1], [3]]),
        ("np.sort(r)", [[1, 2], [2, 1], [3]]),
        ("np.argsort(r)", [0, 2, 1]),
        ("np.concatenate([r, r[:1] + r[1:]])", [[1, 2], [3], [2, 1]] * 2),
        ("np.hstack((r, r))", [[1, 2], [3], [2, 1]] * 2),
        ("np.stack([r, r]).shape", (2, 3)),
        ("np.append(r, [4])", [[1, 2], [3], [2, 1], 4]),
        ("np.append([4], 5.0)", [4.0, 5.0]),
        ("np.delete(r, 0)", [[3], [2, 1]]),
        ("np.take(r, [1])", [[3]]),
        ("np.tile(r, 2.0)", [[1, 2], [3], [2, 1]] * 2),
        ("np.array_split(r, 2)[1]", [[2, 1]]),
        ("np.roll(r, 1)", [[2, 1], [1, 2], [3]]),
        ("np.reshape(r, (3, 1))", [[[1, 2]], [[3]], [[2, 1]]]),
        ("np.array_equal(r, list(r))", True),
        ("np.array_equal(r, r[::-1])", False),
        ("np.in1d(np.zeros(2), r)", [False, False]),
        ("np.sum(r)", [1, 2, 3, 2, 1]),
        ("sorted(np.random.permutation(r))", [[1, 2], [2, 1], [3]]),
        ("sorted(np.random.choice(r, 3, replace=False))", [[1, 2], [2, 1], [3]]),
    ],
)
def test_function_of_numpy_with_rows_of_unequal_length(read, expression, value):
    x = read(f"import numpy as np\nr = [[1, 2], [3], [2, 1]]\nx = {expression}\n", "numpy_program").x
    sys.modules.pop("numpy_program")
    assert (x.tolist() if hasattr(x, "tolist") else x) == value


def test_savez_keeps_rows_of_unequal_length(read, tmp_path):
    path = str(tmp_path / "rows.npz")
    read(f"import numpy as np\nnp.savez({path!r}, rows=[[1, 2], [3]])\n", "savez_program")
    with np.load(path, allow_pickle=True) as saved:
        assert saved["rows"].tolist() == [[1, 2], [3]]


def test_a_list_of_slices_is_an_index(read):
    module = read("""
        import numpy as np
        a = np.arange(12).reshape(3, 4)
        where = [slice(None)] * 2
        where[1] = slice(1, 3)
        part = a[where].copy()
        a[where] = 0
        a[[slice(2, 3), 0]] += 100
        rows = a[[0, 2]]
        table = {"key": 1}
        key = "key"
        value = table[key]
    """)
    assert module.part.tolist() == [[1, 2], [5, 6], [9, 10]]
    assert module.a.tolist() == [[0, 0, 0, 3], [4, 0, 0, 7], [108, 0, 0, 11]]
    assert module.rows.tolist() == [[0, 0, 0, 3], [108, 0, 0, 11]]
    assert module.value == 1


def test_arrays_are_indexed_by_floats(read):
    module = read(
        """
        from __future__ import division
        import numpy as np
        import tensorflow as tf
        tf.app.flags.DEFINE_float("part", 0.8, "")
        n = 11
        x = np.arange(11.0)
        train = int(n) * tf.app.flags.FLAGS.part
        class Data(object):
            def __init__(self):
                self.half = n / 2
        def last(at=2.0):
            return at
        first, rest = x[:train].copy(), x[train:]
        middle, end = x[Data().half], x[-last():]
        grid = x[:10].copy().reshape(n / 5, 5)
        corner = grid[:n / 10, np.floor(1.9)]
        taken = x[[1.0, n / 4]]
        x[n / 11] += 10
        x[:0.1 * n] = 7
        table = {0.5: "a"}
        by_key = table[n / 22]
        """
    )
    assert module.first.tolist() == list(range(8))
    assert module.rest.tolist() == [8, 9, 10]
    assert (module.middle, module.end.tolist()) == (5, [9, 10])
    assert module.grid.shape == (2, 5)
    assert module.corner.tolist() == [1]
    assert module.taken.tolist() == [1, 2]
    assert module.x.tolist() == [7, 11, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert module.by_key == "a"


def test_an_array_of_one_element_indexes_a_list(read):
    module = read(
        """
        import numpy as np
        names = ["a", "b", "c"]
        best = np.argmax([[0.1, 0.9, 0.3]], 1)
        scores = np.arange(3.0)
        by_name, by_call, in_text = names[best], tuple(names)[np.array([2])], "xyz"[best - 1]
        names[best] = "d"
        of_array = scores[best]
        table = {"key": 1}[str("key")]
        try:
            names[np.arange(2)]
        except TypeError as error:
            refused = str(error)
        """
    )
    assert (module.by_name, module.by_call, module.in_text) == ("b", "c", "x")
    assert module.names == ["a", "d", "c"]
    assert module.of_array.tolist() == [1]
    assert "only integer scalar arrays" in module.refused or "list indices must be" in module.refused


def test_a_list_of_sequences_indexes_an_array_as_their_tuple(read):
    """As NumPy did up to 1.22: today it makes an array of them, which means other elements."""
    module = read(
        """
        import numpy as np
        x = np.arange(9).reshape(3, 3)
        rows, columns = [0, 1], [2, 2]
        taken, literal, part = x[[rows, columns]], x[[[0, 1], [2, 0]]], list(x[[slice(0, 2), 1]])
        key = [np.arange(3), [0, 1, 2]]
        x[key] = 0
        x[[[0], [1]]] += 50
        n = 2
        of_rows = x[[0, n]]
        class Own(object):
            def __getitem__(self, key):
                return key
        untouched = Own()[[rows, columns]]
        """
    )
    assert module.taken.tolist() == [2, 5]
    assert module.literal.tolist() == [2, 3]
    assert module.part == [1, 4]
    assert module.x.tolist() == [[0, 51, 2], [3, 0, 5], [6, 7, 0]]
    assert module.of_rows.tolist() == [[0, 51, 2], [6, 7, 0]]
    assert module.untouched == [[0, 1], [2, 2]]


def test_items_are_set_at_places_given_as_floats(read):
    module = read("""
        import numpy as np
        x = np.zeros((2, 3))
        x.itemset((1, np.float32(2)), 5.0)
        x.itemset(1.0, 4.0)
    """)
    assert module.x.tolist() == [[0, 4, 0], [0, 0, 5]]


def test_division_of_integers_in_python_2_gives_no_float(read):
    module = read("import numpy as np\nx = np.arange(4)\nn = 3\ny = x[n / 2], x[:n * 0.5]\nprint 'Python 2'\n")
    assert module.y[0] == 1
    assert module.y[1].tolist() == [0]


@pytest.mark.parametrize("index", ["float('nan')", "1e400"])
def test_what_no_index_can_be(read, index):
    with pytest.raises((IndexError, TypeError, ValueError, OverflowError)):
        read(f"import numpy as np\nx = np.arange(4)[{index}]\n")


def test_an_array_of_one_element_stands_for_it(read):
    module = read(
        """
        import math
        import numpy as np
        a = np.array([[2.25]])
        x = int(a), float(a), math.sqrt(a), "%d %.1f %s" % (a, a, a), "%.2f" % a
        """
    )
    assert module.x == (2, 2.25, 1.5, "2 2.2 [[ 2.25]]", "2.25")


def test_a_place_of_an_array_takes_an_array_of_one_element(read):
    """As NumPy 1.11 and 1.16 have it."""
    module = read(
        """
        import numpy as np
        a, b, k = np.array([1.5]), np.array([[2]]), np.array([0])
        x, y, z, d = np.zeros(4), np.zeros((2, 2), int), np.zeros((2, 2)), {}
        x[0] = a
        x[1], y[0, 1] = b, a
        x[2] += a
        x[2] *= b
        y[1][k[0]] = b
        x[3.0] = a
        x[k] -= a
        for x[3] in [b, a]: pass
        z[0] = a
        def place(): return 1
        z[place(), 0] = a * 2
        z[1, place()] -= a
        def fill(t, u):
            t[0] = t[1] = u + 1
            t[1] /= u * 2
            return t
        t = fill(np.zeros(2), a)
        d["a"] = d[3] = a
        """
    )
    assert module.x.tolist() == [0.0, 2.0, 3.0, 1.5]
    assert module.y.tolist() == [[0, 1], [2, 0]]
    assert module.z.tolist() == [[1.5, 1.5], [3.0, -1.5]]
    assert module.t.tolist() == [2.5, 2.5 / 3]
    assert module.d["a"] is module.d[3] is module.a
    with pytest.raises(ValueError, match="setting an array element with a sequence"):
        read("import numpy as np\nx = np.zeros(2)\ny = np.zeros(3)\nx[0] = y\n", "other")


def test_the_size_of_a_text(read):
    module = read(
        """
        import os
        from PIL import Image, ImageDraw, ImageFont
        font = ImageFont.load_default()
        draw = ImageDraw.Draw(Image.new("L", (50, 50)))
        one, two = font.getsize("a"), font.getsize("aa")
        drawn = draw.textsize("aa", font=font)
        size = os.path.getsize(__file__)
        """
    )
    assert all(type(length) is int and length > 0 for length in module.one)
    assert module.two == module.drawn
    assert module.one[1] == module.two[1]
    assert abs(module.two[0] - 2 * module.one[0]) <= 1
    assert module.size > 100
    with pytest.raises(AttributeError, match="getsize"):
        read("x = [].getsize('a')", "other")


def test_star_import_of_numpy_leaves_the_builtins(read):
    assert read("from numpy import *\nx = int, float\ny = zeros(2)\n").x == (int, float)


def test_object_arrays_need_permission(read, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    source = f"import numpy as np\nx = np.load({str(tmp_path / 'objects.npy')!r})\n"
    with pytest.raises(ValueError, match="allow_pickle") as caught:
        read(source)
    assert "--allow-pickle" in caught.value.__notes__[0]
    legacy.uninstall()
    legacy.install([str(tmp_path)], allow_pickle=True)
    assert read(source).x[0] == {"a": 1}


def test_lost_names_of_the_standard_library(read):
    import collections
    import time

    module = read(
        """
        import collections, inspect, random, time
        import xml.etree.cElementTree as tree
        from collections import Mapping
        assert tree.fromstring("<a/>").tag == "a"
        x = (isinstance([], collections.Iterable), isinstance({}, Mapping), time.clock() >= 0,
             inspect.getargspec(lambda a, b=1: 0).args, random.sample({1}, 1))
        """
    )
    assert module.x == (True, True, True, ["a", "b"], [1])
    assert not hasattr(collections, "Iterable")
    assert not hasattr(time, "clock")


def test_sets_and_functions_that_random_took(read):
    module = read(
        """
        import random
        own, numbers, others = random.Random(7), [1, 2, 3, 4], [1, 2, 3, 4]
        drawn = own.sample(population={5}, k=1)
        numbers_of_own = own.sample(range(100), 3)
        own.shuffle(numbers, lambda: 0.0)
        random.shuffle(others, random=lambda: 0.99)
        random.seed(3)
        first = random.random()
        """
    )
    real = random.Random(7)
    assert (module.drawn, module.numbers_of_own) == (real.sample([5], 1), real.sample(range(100), 3))
    assert (module.numbers, module.others) == ([2, 3, 4, 1], [1, 2, 3, 4])
    assert module.first == random.Random(3).random()


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("assertItemsEqual", ([1, 2], [2, 1]), ([1, 2], [2, 2])),
        ("assertAlmostEqual", (np.array([1.00000001]), 1), (np.array([1.1]), 1)),
        ("assertNotAlmostEqual", (np.array([1.1]), 1), (np.array([1.00000001]), 1)),
        ("assertEquals", (1, 1), (1, 2)),
        ("assertRegexpMatches", ("abc", "b"), ("abc", "d")),
        ("assertDictContainsSubset", ({"a": 1}, {"a": 1, "b": 2}), ({"a": 2}, {"a": 1})),
        ("failUnless", (True,), (False,)),
    ],
)
def test_assertions_are_back_for_all_test_cases(read, name, holds, fails):
    check = getattr(unittest.TestCase(), name)
    check(*holds)
    with pytest.raises(AssertionError):
        check(*fails)


def test_json_writes_sums_of_what_numpy_gave(printed):
    """What Python 2 with NumPy 1.16 wrote, where such a sum of float32 is a float64."""
    source = ("import io, json\nimport numpy as np\nmean = 0.0\nfor loss in np.array([0.1, 0.2], np.float32):\n"
              "    mean += loss / 2\nhits = np.sum(np.array([1, 1, 0]) == 1)\n"
              "text = json.dumps({'mean': mean, 'hits': [hits]}, sort_keys=True)\nprint(text[:24], text[24:27])\n")
    assert printed(source) == '{"hits": [2], "mean": 0. 150\n'


def test_json_refuses_what_it_always_did():
    import json

    legacy.install()
    try:
        with pytest.raises(TypeError, match="ndarray is not JSON serializable"):
            json.dumps(np.zeros(3))
        assert json.loads(json.dumps({"a": np.float32(0.5), "b": np.int64(3)})) == {"a": 0.5, "b": 3}
    finally:
        legacy.uninstall()
    with pytest.raises(TypeError, match="float32 is not JSON serializable"):
        json.dumps(np.float32(0.5))


def test_pictures_through_scipy_misc(read, tmp_path):
    pytest.importorskip("PIL")
    module = read(
        f"""
        import numpy as np
        import scipy.misc
        from scipy.misc import imread, imresize
        from scipy import misc
        from PIL import Image
        path = {str(tmp_path / "picture.png")!r}
        scipy.misc.imsave(path, np.array([[0., 1.], [2., 4.]]))
        grey = imread(path)
        resized = misc.imresize(np.zeros((4, 6, 3), np.uint8), 0.5)
        filter = Image.ANTIALIAS
        """
    )
    assert module.grey.tolist() == [[0, 64], [128, 255]]
    assert (module.resized.shape, module.resized.dtype) == ((2, 3, 3), np.uint8)


def test_rows_of_unequal_length_make_an_array_of_objects(printed):
    """The shapes and types are NumPy 1.11's."""
    assert printed("""
        import numpy as np
        pairs = [(np.arange(5), np.arange(2))] * 3
        for made in (np.array(pairs), np.asarray([[1, 2], [3]]), np.asanyarray([np.arange(3), np.arange(2)])):
            print(made.shape, made.dtype, type(made.flat[0]).__name__)
        print(np.array([[1, 2], [3, 4]]).dtype == np.array([1]).dtype)
        for make in (np.array, np.asarray):
            try:
                make([[1, 2], [3]], dtype=float)
            except ValueError as problem:
                print(str(problem)[:41])
        """).splitlines() == [
            "(3, 2) object ndarray", "(2,) object list", "(2,) object ndarray", "True",
            *["setting an array element with a sequence."] * 2,
        ]


def test_arrays_of_one_element_beside_numbers_are_numbers_where_a_type_is_named(printed):
    """The values are NumPy 1.16's."""
    assert printed("""
        import numpy as np
        one = np.array([1.5], np.float32)
        print(np.array([one, 0.0], dtype=np.float32).tolist(), np.asarray([[one, 1], [2, one]], float).tolist())
        print(np.asarray([one, 0.0]).dtype, np.mean([one, 0.0]).tolist())
        """).splitlines() == ["[1.5, 0.0] [[1.5, 1.0], [2.0, 1.5]]", "object [0.75]"]


def test_rows_of_unequal_length_are_arguments_too(printed, tmp_path):
    """What NumPy 1.16 printed."""
    assert printed(f"""
        import numpy as np
        rows = [[1, 2], [3]]
        print(np.max(rows), np.amin(rows), np.sum(rows), np.shape(rows), np.size(rows), np.argmax(rows))
        np.save({str(tmp_path / "rows.npy")!r}, rows)
        print(np.max([[1, 2], [3, 4]], axis=0), np.shape([[1]]), np.max(np.float64(2), 1 / np.sqrt(9)))
        try:
            np.max("abc", axis=1)
        except ValueError as problem:
            print(type(problem).__name__)
        """).splitlines() == ["[3] [1, 2] [1, 2, 3] (2,) 2 1", "[3 4] (1, 1) 2.0", "AxisError"]
    assert np.load(tmp_path / "rows.npy", allow_pickle=True).tolist() == [[1, 2], [3]]
