"""Answers a request with what today's TensorFlow computes through its v1 API; runs where `tensorflow` is installed.

    python worker_live.py REQUEST ANSWER FOLDER_OF_RECIPES

The worker of 0.12.1 does the work; this one gives it a `tensorflow` with the names of that time.
"""

import sys
import types

import tensorflow

v1 = tensorflow.compat.v1
v1.disable_v2_behavior()

NAMES = {
    "mul": "multiply", "sub": "subtract", "neg": "negative", "pack": "stack", "unpack": "unstack", "select": "where",
    "inv": "reciprocal", "complex_abs": "abs", "all_variables": "global_variables", "listdiff": "setdiff1d",
    "initialize_all_variables": "global_variables_initializer", "batch_matmul": "matmul", "mod": "truncatemod",
}


class Old(types.ModuleType):
    """The v1 API, with what was renamed since under its old name. Other names than those are not there."""

    def __getattr__(self, name):
        return getattr(v1, NAMES.get(name, name))


class SparseTensor(v1.SparseTensor):
    """Its shape went by another name."""

    shape = property(lambda self: self.dense_shape)


old = Old("tensorflow")
old.__path__ = []
old.SparseTensor = SparseTensor
sys.modules["tensorflow"] = old

import worker012  # noqa: E402 - it takes the module of that name

if __name__ == "__main__":
    worker012.main(*sys.argv[1:])
