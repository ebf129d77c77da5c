"""Records in `random.npz` what the random operations of the real TensorFlow draw on the CPU.

Runs under Python 2.7 with TensorFlow 0.12.1:

    python2.7 tests/reference/record_random.py

Each case is one operation run several times in one session: row `i` of its array is what run `i` gave. The cases stand
beside the arrays as JSON, with the operation's own `seed` and `seed2`.
"""

import json
import os

import numpy as np
import tensorflow as tf

RUNS = 3
SEEDS = [(1, 7), (None, 3), (123456789012345, -2), (0, 5)]
SHAPES = [[], [1], [3], [2, 5], [3, 3, 3], [0, 4]]
FLOATS = [tf.float16, tf.float32, tf.float64]
RANGES = {
    tf.int32: [(0, 10), (-3, 4), (-(2**31), 2**31 - 1), (5, 6), (-7, 1000000007)],
    tf.int64: [(0, 10), (-3, 4), (-(2**63), 2**63 - 1), (-7, 10**18 + 9)],
}
LOGITS = [  # as text, for JSON knows no infinity
    [["0.3", "-1.2", "2.5"]],
    [["0", "0", "0", "0", "0"], ["-4", "1000", "999", "3", "998.5"], ["1", "2", "3", "4", "5"], ["-1", "7", "7", "6", "-2"]],
    [["nan", "1", "2"], ["inf", "0", "1"], ["-inf", "0", "-inf"], ["0", "0", "nan"], ["-inf", "-inf", "nan"]],
]
DRAWS = {"uniform": "RandomUniform", "normal": "RandomStandardNormal", "truncated_normal": "TruncatedNormal"}


def float_cases():
    for kind in sorted(DRAWS):
        for dtype in FLOATS:
            for shape in SHAPES:
                yield {"kind": kind, "dtype": dtype.name, "shape": shape, "seeds": SEEDS[0], "runs": RUNS}
            for seeds in SEEDS[1:]:
                yield {"kind": kind, "dtype": dtype.name, "shape": [7], "seeds": seeds, "runs": RUNS}
        # So many groups that some of the truncated ones reject five candidates of eight; every 997th value is kept.
        yield {"kind": kind, "dtype": "float32", "shape": [300007], "seeds": SEEDS[0], "runs": 1, "every": 997}
        yield {"kind": kind, "dtype": "float64", "shape": [100001], "seeds": SEEDS[0], "runs": 1, "every": 997}
    # The second run begins 2**32 samples behind the first: the counter carries into its second word.
    yield {"kind": "uniform", "dtype": "float32", "shape": [2**24], "seeds": SEEDS[0], "runs": 2, "every": 2**20 + 1}


def other_cases():
    for dtype in sorted(RANGES, key=lambda dtype: dtype.name):
        for low, high in RANGES[dtype]:
            for shape in ([9], [2, 3]):
                yield {"kind": "uniform_int", "dtype": dtype.name, "shape": shape, "seeds": SEEDS[0], "runs": RUNS,
                       "low": low, "high": high}
    for shape in ([], [1], [2], [3], [10], [100], [1001], [5, 2], [6, 0], [4, 2, 2], [1, 5]):
        yield {"kind": "shuffle", "dtype": "int32", "shape": shape, "seeds": SEEDS[0], "runs": RUNS}
    yield {"kind": "shuffle", "dtype": "float64", "shape": [7, 3], "seeds": SEEDS[1], "runs": RUNS}
    for dtype in ("float32", "float64"):
        for logits in LOGITS:
            for samples in (1, 3, 8, 11):
                yield {"kind": "multinomial", "dtype": dtype, "shape": [len(logits), samples], "seeds": SEEDS[0],
                       "runs": RUNS, "logits": logits}


def operation(case):
    """The case's output, drawn by the operation itself: no scaling, no offset."""
    kind, shape, seed = case["kind"], case["shape"], case["seeds"][1]
    dtype = tf.as_dtype(case["dtype"])
    if kind == "uniform":
        return tf.random_uniform(shape, 0, 1, dtype=dtype, seed=seed)
    if kind == "normal":
        return tf.random_normal(shape, 0.0, 1.0, dtype=dtype, seed=seed)
    if kind == "truncated_normal":
        return tf.truncated_normal(shape, 0.0, 1.0, dtype=dtype, seed=seed)
    if kind == "uniform_int":
        return tf.random_uniform(shape, case["low"], case["high"], dtype=dtype, seed=seed)
    if kind == "multinomial":
        return tf.multinomial(np.array(case["logits"], np.float64).astype(case["dtype"]), shape[1], seed=seed)
    size = int(np.prod(shape))
    return tf.random_shuffle(tf.constant(np.arange(size).reshape(shape), dtype), seed=seed)


def record(case):
    """What each run of the case gave; completes the case by the seeds of its operation."""
    graph = tf.Graph()
    with graph.as_default(), tf.device("/cpu:0"):
        if case["seeds"][0] is not None:
            tf.set_random_seed(case["seeds"][0])
        output = operation(case)
        drawing = next(op for op in graph.get_operations() if op.type.startswith(("Random", "Truncated", "Multinomial")))
        case["seed"], case["seed2"] = int(drawing.get_attr("seed")), int(drawing.get_attr("seed2"))
        with tf.Session() as session:
            values = [session.run(output) for _ in range(case["runs"])]
    return np.array([value[::case["every"]] if "every" in case else value for value in values])


def main():
    cases = list(float_cases()) + list(other_cases())
    arrays = {str(i): record(case) for i, case in enumerate(cases)}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "random.npz")
    np.savez_compressed(path, cases=np.array(json.dumps(cases)), **arrays)


if __name__ == "__main__":
    main()
