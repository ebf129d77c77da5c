"""A tensor: one output of a recorded operation, with its type and static shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracer import dtypes, shapes

if TYPE_CHECKING:
    from tracer.ir import Graph, Operation

    class Operators:
        """The operators that `tracer.ops.operators` sets on tensors and variables, slicing among them."""

        def _binary(self, other: Any) -> Tensor: ...
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _binary
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __getitem__ = _binary
        __lt__ = __le__ = __gt__ = __ge__ = __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _binary
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
else:
    Operators = object


class Tensor(Operators):
    """One output of an operation. Holds no value: `Session.run` computes it."""

    __array_priority__ = 100  # ndarray + tensor goes to the tensor's reflected operator
    __slots__ = ("__dict__",  # libraries of the time note things on tensors: Keras its shapes, layers their aliases
                 "__weakref__", "_readers", "_shape", "dtype", "op", "value_index")

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType, sizes: shapes.Sizes = None) -> None:
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self._shape = shapes.TensorShape.of(sizes)
        self._readers: Operation | list[Operation] | None = None  # a list of one for each would be a burden to Python

    @property
    def graph(self) -> Graph:
        """The graph that holds it."""
        return self.op.graph

    @property
    def _value_index(self) -> int:
        return self.value_index

    @property
    def name(self) -> str:
        """`operation:index`."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def device(self) -> str:
        """The device string of its operation."""
        return self.op.device

    @property
    def sizes(self) -> shapes.Sizes:
        """The static shape as a tuple of int or None; None when the rank is unknown."""
        return self._shape.sizes

    def get_shape(self) -> shapes.TensorShape:
        """The static shape."""
        return self._shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.sizes is None else list(self.sizes)

    def set_shape(self, shape: Any) -> None:
        """Refines the static shape. ValueError when it contradicts what is known."""
        self._shape = self._shape.merge_with(shape)

    def consumers(self) -> list[Operation]:
        """The operations that read it."""
        return list(self._consumers)

    @property
    def _consumers(self) -> list[Operation]:
        readers = self._readers
        return readers if type(readers) is list else [] if readers is None else [readers]  # type: ignore[list-item]

    def add_consumer(self, op: Operation) -> None:
        """Notes that `op` reads it."""
        readers = self._readers
        if readers is None:
            self._readers = op
        elif type(readers) is list:
            readers.append(op)
        else:
            self._readers = [readers, op]  # type: ignore[list-item]

    def remove_consumer(self, op: Operation) -> None:
        """Notes that `op` reads it one time less."""
        readers = self._consumers
        readers.remove(op)
        self._readers = readers

    def eval(self, feed_dict: Mapping | None = None, session: Any = None) -> Any:
        """Runs the default session (or `session`) for this tensor."""
        from tracer.session import session_for

        return session_for(self.graph, session, "tensor").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.sizes is None else f", shape={self._shape}"
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}{device})'

    def __iter__(self) -> Any:
        if self.op.type == "SelfAdjointEig":  # `values, vectors = tf.self_adjoint_eig(x)`, as from 0.11 on
            from tracer.ops.later_maths import eigenvalues_and_vectors

            return iter(eigenvalues_and_vectors(self.op.inputs[0]))
        raise TypeError("'Tensor' object is not iterable.")

    def __bool__(self) -> bool:
        if self.dtype.is_floating and _follows_a_gradient(self):
            return True  # programs of 0.5 and 0.6 ask so whether there is a gradient, or None
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of `if t:` to test "
            "if a tensor is defined, and use the logical TensorFlow ops to test the value of a tensor."
        )

    def _as_node_def_input(self) -> str:
        return f"{self.op.name}:{self.value_index}" if self.value_index else self.op.name

    OVERLOADABLE_OPERATORS = frozenset({
        "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__div__", "__rdiv__", "__truediv__",
        "__rtruediv__", "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__lt__", "__le__", "__gt__", "__ge__",
        "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__rxor__", "__getitem__", "__pow__", "__rpow__",
        "__invert__", "__neg__", "__abs__",
    })

    @staticmethod
    def _override_operator(operator: str, function: Any) -> None:
        if operator in Tensor.__dict__:
            raise ValueError(f"operator {operator} cannot be overwritten again on class {Tensor}.")
        setattr(Tensor, operator, function)


def _follows_a_gradient(tensor: Tensor) -> bool:
    """Whether it is one, clipped or averaged perhaps: something computed from one by a few operations."""
    seen, waiting = {tensor.op}, [tensor.op]
    while waiting and len(seen) < _FEW:
        op = waiting.pop()
        if op.type == "Gradients":
            return True
        before = {t.op for t in op.inputs} - seen
        seen |= before
        waiting.extend(before)
    return False


_FEW = 100
