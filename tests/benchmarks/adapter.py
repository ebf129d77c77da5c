"""Today's TensorFlow under the names and argument orders of 0.8: what the models use of them, and no more.

`install()` puts it in the place of the module `tensorflow`.
"""

from __future__ import annotations

import sys
import types
from typing import Any


def install() -> None:
    """Lets `import tensorflow` give today's v1 API in 0.8's dialect."""
    import tensorflow

    v1 = tensorflow.compat.v1
    v1.disable_v2_behavior()
    shim: Any = types.ModuleType("tensorflow")
    shim.__dict__.update({name: getattr(v1, name) for name in dir(v1) if not name.startswith("__")})
    shim.nn = _names(v1.nn, softmax_cross_entropy_with_logits=lambda x, y, name=None: (
                         v1.nn.softmax_cross_entropy_with_logits_v2(y, x, name=name)),
                     sparse_softmax_cross_entropy_with_logits=lambda x, y, name=None: (
                         v1.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x, name=name)),
                     sigmoid_cross_entropy_with_logits=lambda x, y, name=None: (
                         v1.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x, name=name)),
                     dropout=lambda x, keep, name=None: v1.nn.dropout(x, keep_prob=keep, name=name),
                     nce_loss=lambda w, b, x, y, noise, count: v1.nn.nce_loss(w, b, y, x, noise, count),
                     rnn_cell=_cells(v1))
    shim.concat = lambda dim, values: v1.concat(values, dim)
    shim.mul, shim.sub, shim.neg = v1.multiply, v1.subtract, v1.negative
    shim.reduce_sum = lambda x, axes=None, keep_dims=False, name=None, reduction_indices=None: v1.reduce_sum(
        x, reduction_indices if axes is None else axes, keep_dims, name)
    shim.Variable = lambda value, **words: v1.Variable(value, use_resource=False, **words)
    shim.get_variable = lambda *args, **words: v1.get_variable(*args, use_resource=False, **words)
    shim.initialize_all_variables = v1.global_variables_initializer
    sys.modules["tensorflow"] = shim


def _names(module: Any, **changed: Any) -> Any:
    made: Any = types.SimpleNamespace(**{name: getattr(module, name) for name in dir(module) if not name.startswith("__")})
    made.__dict__.update(changed)
    return made


def _cells(v1: Any) -> Any:
    """The cells that today's package has given to Keras, of the same operations."""

    def linear(parts: list[Any], size: int, bias: float, scope: str) -> Any:
        with v1.variable_scope(scope):
            inputs = sum(int(part.get_shape()[1]) for part in parts)
            w = v1.get_variable("Matrix", [inputs, size], use_resource=False)
            b = v1.get_variable("Bias", [size], initializer=v1.constant_initializer(bias), use_resource=False)
            return v1.matmul(v1.concat(parts, 1), w) + b

    class BasicLSTMCell:
        def __init__(self, units: int, forget_bias: float) -> None:
            self.units, self.forget_bias, self.state_size = units, forget_bias, 2 * units

        def __call__(self, x: Any, state: Any) -> tuple:
            c, h = v1.split(state, 2, 1)
            i, j, f, o = v1.split(linear([x, h], 4 * self.units, 0.0, "Linear"), 4, 1)
            c = c * v1.sigmoid(f + self.forget_bias) + v1.sigmoid(i) * v1.tanh(j)
            h = v1.tanh(c) * v1.sigmoid(o)
            return h, v1.concat([c, h], 1)

    class GRUCell:
        def __init__(self, units: int) -> None:
            self.units = self.state_size = units

        def __call__(self, x: Any, state: Any) -> tuple:
            r, u = v1.split(v1.sigmoid(linear([x, state], 2 * self.units, 1.0, "Gates")), 2, 1)
            new = v1.tanh(linear([x, r * state], self.units, 0.0, "Candidate"))
            state = u * state + (1 - u) * new
            return state, state

    class MultiRNNCell:
        def __init__(self, cells: list[Any]) -> None:
            self.cells, self.state_size = cells, sum(cell.state_size for cell in cells)

        def zero_state(self, batch: int, dtype: Any) -> Any:
            return v1.zeros([batch, self.state_size], dtype)

        def __call__(self, x: Any, state: Any) -> tuple:
            after = []
            states = v1.split(state, [cell.state_size for cell in self.cells], 1)
            for i, (cell, part) in enumerate(zip(self.cells, states, strict=True)):
                with v1.variable_scope(f"Cell{i}"):
                    x, part = cell(x, part)
                after.append(part)
            return x, v1.concat(after, 1)

    return types.SimpleNamespace(BasicLSTMCell=BasicLSTMCell, GRUCell=GRUCell, MultiRNNCell=MultiRNNCell)
