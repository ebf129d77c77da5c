"""What all cells of recurrent networks are: one step, from an input and a state to an output and a state."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tracer import variable_scope
from tracer.initializers import constant_initializer
from tracer.ir import Tensor
from tracer.nn import states
from tracer.ops import array, constants, math
from tracer.shapes import TensorShape


class RNNCell:
    """One step: `output, new_state = cell(inputs, state)`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """Runs the step on `inputs` of shape (batch, input size); variables are made below `scope`."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The number of columns of the output."""
        raise NotImplementedError("Abstract method")

    @property
    def state_size(self) -> Any:
        """The number of columns of the state; nested like the state where that is a tuple."""
        raise NotImplementedError("Abstract method")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for `batch_size` rows."""
        return states.apply(lambda size: self._zeros(batch_size, size, dtype), self.state_size)

    @staticmethod
    def _zeros(batch_size: Any, size: Any, dtype: Any) -> Tensor:
        sizes = size.as_list() if isinstance(size, TensorShape) else [size]  # one of many dimensions, as since 0.10
        zeros = constants.zeros(array.pack([batch_size, *sizes]), dtype=dtype)
        zeros.set_shape([None, *sizes])
        return zeros

    @contextlib.contextmanager
    def _scope(self, scope: Any) -> Iterator[Any]:
        with variable_scope.variable_scope(scope or type(self).__name__) as opened:
            yield opened


def linear(args: Any, output_size: int, bias: bool, bias_start: float = 0.0, scope: Any = None) -> Tensor:
    """The sum of `args[i] * W[i]`, plus a bias where `bias` is true.

    Args:
        args: a 2-D tensor of shape (batch, n), or a list of those.
        output_size: the number of columns of the result.
        bias: whether to add a bias.
        bias_start: its initial value.
        scope: the variable scope; "Linear" by default.

    Raises:
        ValueError: an argument is not 2-D, or its number of columns is not known.
    """
    if args is None or (isinstance(args, (list, tuple)) and not args):
        raise ValueError("`args` must be specified")
    args = list(args) if isinstance(args, (list, tuple)) else [args]
    total = 0
    for shape in (a.get_shape().as_list() for a in args):
        if len(shape) != 2:
            raise ValueError(f"Linear is expecting 2D arguments: {[a.get_shape().as_list() for a in args]}")
        if not shape[1]:
            raise ValueError(f"Linear expects shape[1] of arguments: {[a.get_shape().as_list() for a in args]}")
        total += shape[1]
    kind = args[0].dtype
    with variable_scope.variable_scope(scope or "Linear"):
        matrix = variable_scope.get_variable("Matrix", [total, output_size], dtype=kind)
        joined = args[0] if len(args) == 1 else array.concat(1, args)
        result = math.matmul(joined, matrix)
        if not bias:
            return result
        term = variable_scope.get_variable("Bias", [output_size], dtype=kind,
                                           initializer=constant_initializer(bias_start, dtype=kind))
    return result + term  # type: ignore[operator]
