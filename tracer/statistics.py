"""What operations cost, by their NodeDefs: `RegisterStatistics`, and the arithmetic and weights of the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_functions: dict[tuple[str, str], Callable] = {}


class OpStats:
    """One number about an operation, such as how many `flops` it takes; None where nobody can say.

    >>> total = OpStats("flops")
    >>> total += OpStats("flops", 3)
    >>> total.value
    3
    """

    def __init__(self, statistic_type: str, value: Any = None) -> None:
        self.statistic_type = statistic_type
        self.value = value

    @property
    def statistic_type(self) -> str:
        """What the number says."""
        return self._statistic_type

    @statistic_type.setter
    def statistic_type(self, statistic_type: str) -> None:
        self._statistic_type = statistic_type

    @property
    def value(self) -> Any:
        """The number, or None."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    def __iadd__(self, other: OpStats) -> OpStats:
        if other.statistic_type != self.statistic_type:
            raise ValueError(f"Can't add an OpStat of type {self.statistic_type} to one of {other.statistic_type}.")
        if self.value is None:
            self.value = other.value
        elif other.value is not None:
            self.value += other.value
        return self


class RegisterStatistics:
    """Decorator: `function(graph, node_def)` gives the `OpStats` of this type of operations of type `op_type`.

    Raises KeyError when there is one already.
    """

    def __init__(self, op_type: str, statistic_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string.")
        if "," in op_type:
            raise TypeError("op_type must not contain a comma.")
        if not isinstance(statistic_type, str):
            raise TypeError("statistic_type must be a string.")
        if "," in statistic_type:
            raise TypeError("statistic_type must not contain a comma.")
        self._key = (op_type, statistic_type)

    def __call__(self, f: Callable) -> Callable:
        if self._key in _functions:
            raise KeyError(f"Registering two statistical functions with name '{','.join(self._key)}' !")
        _functions[self._key] = f
        return f


def get_stats_for_node_def(graph: Any, node: Any, statistic_type: str) -> OpStats:
    """The statistic of this type of a node of `graph`; its value is None where nothing is registered for it."""
    function = _functions.get((node.op, statistic_type))
    return OpStats(statistic_type) if function is None else function(graph, node)


def _size(graph: Any, name: str) -> tuple[list[int], int]:
    """The static shape of the tensor that a node's input or output is called, and how many elements it has."""
    from tracer.graph_util import tensor_shape_from_node_def_name

    shape = tensor_shape_from_node_def_name(graph, name)
    shape.assert_is_fully_defined()
    return shape.as_list(), shape.num_elements()


def _weights(graph: Any, node: Any) -> OpStats:
    return OpStats("weight_parameters", _size(graph, node.input[1])[1])


for _type in ("BiasAdd", "Conv2D", "DepthwiseConv2dNative", "MatMul"):
    RegisterStatistics(_type, "weight_parameters")(_weights)


@RegisterStatistics("MatMul", "flops")
def _product(graph: Any, node: Any) -> OpStats:
    sizes, _ = _size(graph, node.input[0])
    summed = sizes[0] if node.attr["transpose_a"].b else sizes[1]
    return OpStats("flops", 2 * summed * _size(graph, node.name)[1])


@RegisterStatistics("Conv2D", "flops")
def _convolution(graph: Any, node: Any) -> OpStats:
    height, width, channels, _ = _size(graph, node.input[1])[0]
    return OpStats("flops", 2 * height * width * channels * _size(graph, node.name)[1])


@RegisterStatistics("DepthwiseConv2dNative", "flops")
def _depthwise(graph: Any, node: Any) -> OpStats:
    height, width, _, _ = _size(graph, node.input[1])[0]
    return OpStats("flops", 2 * height * width * _size(graph, node.name)[1])


@RegisterStatistics("BiasAdd", "flops")
def _sum(graph: Any, node: Any) -> OpStats:
    return OpStats("flops", _size(graph, node.name)[1])
