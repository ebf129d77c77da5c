"""Ten steps of every optimizer: all variables and slots, by name, are the real TensorFlow's after each step."""

import pathlib

import numpy as np
import pytest

import tracer as tf
from tests.reference import codec
from tests.reference.recipes import training

READER = codec.Reader(pathlib.Path(__file__).parent.parent / "reference" / "training.npz")


def name_of(run):
    options = [f"{key}={value}" for key, value in sorted(run["options"].items())]
    return "-".join([run["optimizer"], run["problem"], *map(str, run["arguments"]), *options])


@pytest.mark.parametrize("run", READER.index, ids=name_of)
def test_trajectory(run):
    wanted = {name: READER.decode(value) for name, value in run["values"].items()}
    with tf.Graph().as_default():
        values = training.trajectory(tf, run["optimizer"], run["problem"], run["arguments"], run["options"])
    assert sorted(values) == sorted(wanted)
    for name, want in wanted.items():
        got = values[name]
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got[0], want[0], err_msg=f"{name} before the first step")
        for step in range(1, training.STEPS + 1):
            np.testing.assert_allclose(got[step], want[step], rtol=1e-5, atol=1e-6 * np.abs(want).max(),
                                       err_msg=f"{name} after step {step}")
