"""NumPy's functions as programs of 2016 called them. What is expected was printed by NumPy 1.16, but for truths (1.11's)."""


def test_generators_are_joined_and_added(printed):
    assert printed("""
        import numpy as np
        rows = [np.ones(2), np.zeros(2)]
        print(np.vstack(row * 2 for row in rows).tolist(), np.hstack(map(np.cumsum, rows)).tolist())
        print(np.sum(x for x in [1, 2]), np.sum([[1, 2], [3, 4]], 0).tolist(), np.sum(np.ones(3), axis=0))
    """) == "[[2.0, 2.0], [0.0, 0.0]] [1.0, 2.0, 0.0, 0.0]\n3 [4, 6] 3.0\n"


def test_an_inverse_is_flat(printed):
    assert printed("""
        import numpy as np
        x = np.array([[3, 1], [1, 2]])
        print(np.unique(x).tolist(), [part.tolist() for part in np.unique(x, return_inverse=True)])
        print([part.tolist() for part in np.unique(x, True, True)], [part.tolist() for part in np.unique(x, True)])
        print([part.tolist() for part in np.unique(x, return_inverse=True, return_counts=True)])
    """) == """\
[1, 2, 3] [[1, 2, 3], [2, 0, 0, 1]]
[[1, 2, 3], [1, 3, 0], [2, 0, 0, 1]] [[1, 2, 3], [1, 3, 0]]
[[1, 2, 3], [2, 0, 0, 1], [2, 1, 1]]
"""


def test_names_and_defaults(printed):
    assert printed("""
        import numpy as np
        print(np.percentile([1, 2, 4], 40, interpolation="lower"), np.percentile([1, 2, 4], 50),
              np.bincount([0, 2], minlength=None).tolist(), np.bincount([1], minlength=3).tolist())
        print([np.issubdtype(np.float32, float), np.issubdtype(np.int32, int), np.issubdtype(np.int32, float),
               np.issubdtype(np.float32, np.floating), np.issubdtype(np.float32, np.float64),
               np.issubdtype("int64", "int32")])
        print(np.nbytes[np.float32], np.recfromcsv(["A,b", "1,2.5", "3,4.5"]).a.tolist())
        a = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-15]])
        print(np.linalg.lstsq(a, np.ones(2))[2], np.linalg.lstsq(a, np.ones(2), 1e-6)[2])
    """) == """\
1 2.0 [1, 0, 1] [0, 1, 0]
[True, True, False, True, False, True]
4 [1, 3]
2 1
"""


def test_truths_are_subtracted_and_negated(printed):
    assert printed("""
        import numpy as np
        x, y = np.array([1.0, np.nan, 3.0]), np.array([True, True, False])
        print(x[-np.isnan(x)].tolist(), (y - np.isnan(x)).tolist(), -x[0], -np.float32(2), -(1 + 1))
        try:
            print([] - y)
        except ValueError as error:
            print("shapes")
        try:
            "a" - x
        except TypeError:
            print("no number")
    """) == "[1.0, 3.0] [True, False, False] -1.0 -2.0 -2\nshapes\nno number\n"
