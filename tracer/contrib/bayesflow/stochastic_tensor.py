"""Random nodes of a graph: distributions that are used like tensors, with what their gradients need."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tracer import convert, scopes
from tracer.contrib.bayesflow import stochastic_gradient_estimators as sge
from tracer.contrib.distributions.distribution import Distribution
from tracer.ir import Tensor
from tracer.ops import array

STOCHASTIC_TENSOR_COLLECTION = "_stochastic_tensor_collection_"


class NoValueTypeSetError(ValueError):
    """No block says what the value of a random node is."""


class _StochasticValueType:
    """What the value of a random node is."""

    stop_gradient = False

    def draw(self, distribution: Any) -> Tensor:
        raise NotImplementedError


class MeanValue(_StochasticValueType):
    """The value is the mean; with `stop_gradient` no gradient passes through it."""

    def __init__(self, stop_gradient: bool = False) -> None:
        self.stop_gradient = stop_gradient

    def draw(self, distribution: Any) -> Tensor:
        return distribution.mean()


class SampleValue(_StochasticValueType):
    """The value is a sample of this shape; with `stop_gradient` no gradient passes through it."""

    def __init__(self, shape: Any = (), stop_gradient: bool = False) -> None:
        self.shape = shape
        self.stop_gradient = stop_gradient

    def draw(self, distribution: Any) -> Tensor:
        return distribution.sample(self.shape)


class SampleAndReshapeValue(_StochasticValueType):
    """As in 0.10: `n` samples, which make the first dimension of the value `n` times as long."""

    def __init__(self, n: int = 1, stop_gradient: bool = False) -> None:
        self.n = n
        self.stop_gradient = stop_gradient

    def draw(self, distribution: Any) -> Tensor:
        drawn = distribution.sample_n(self.n)
        if self.n == 1:
            return array.squeeze(drawn, [0])
        known = drawn.get_shape().as_list()
        if len(known) < 2:
            return drawn
        joined = array.reshape(drawn, array.concat(0, [[-1], array.shape(drawn)[2:]]))  # type: ignore[index]
        joined.set_shape([None if known[1] is None else self.n * known[1], *known[2:]])
        return joined


class _Stack(threading.local):
    def __init__(self) -> None:
        self.types: list[_StochasticValueType] = []


_stack = _Stack()


def _checked(kind: Any) -> Any:
    if not isinstance(kind, _StochasticValueType):
        raise TypeError("dist_value_type must be a Distribution Value Type")
    return kind


@contextlib.contextmanager
def value_type(dist_value_type: Any) -> Iterator[None]:
    """A block in which random nodes have values of this type.

    >>> with stochastic_tensor.value_type(stochastic_tensor.SampleValue()):
    ...     z = stochastic_tensor.StochasticTensor(distributions.Normal(mu, sigma))
    """
    _stack.types.append(_checked(dist_value_type))
    try:
        yield
    finally:
        _stack.types.pop()


def get_current_value_type() -> Any:
    """What the innermost block says. Raises NoValueTypeSetError where there is none."""
    if not _stack.types:
        raise NoValueTypeSetError(
            f"No value type currently set for this thread ({threading.get_ident()}).  Did you forget to wrap 'with "
            "stochastic_graph.value_type(...)'?")
    return _stack.types[-1]


class BaseStochasticTensor:
    """A random node: what stands for its value in the graph."""

    _name = ""

    def __init__(self) -> None:
        scopes.add_to_collection(STOCHASTIC_TENSOR_COLLECTION, self)

    @property
    def name(self) -> str:
        """The name scope of the node."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The type of the value."""
        return self.value().dtype

    @property
    def graph(self) -> Any:
        """The graph of the value."""
        return self.value().graph

    def value(self, name: str | None = None) -> Tensor:
        """The value, a tensor."""
        raise NotImplementedError("value not implemented")

    def loss(self, sample_loss: Any) -> Any:
        """What is to be added to a loss so that its gradient is right, or None."""
        raise NotImplementedError("surrogate_loss not implemented")

    def _as_graph_element(self) -> Tensor:
        return self.value()


class StochasticTensor(BaseStochasticTensor):
    """A distribution as a node of the graph.

    Args:
        dist: the distribution, or, as in 0.10 and 0.11, its class, whose arguments follow by name.
        name: the name of the node.
        dist_value_type: what its value is; by default what `value_type` says, otherwise a sample.
        loss_fn: from the node, its value and a loss to what that loss needs where no gradient passes; None for nothing.
    """

    def __init__(self, dist: Any, name: str | None = "StochasticTensor", dist_value_type: Any = None,
                 loss_fn: Callable | None = sge.score_function, **dist_args: Any) -> None:
        if isinstance(dist, type) and issubclass(dist, Distribution):
            dist = dist(**dist_args)
        elif dist_args:
            raise TypeError(f"a distribution that is made takes no arguments: {sorted(dist_args)}")
        if not isinstance(dist, Distribution):
            raise TypeError("dist must be an instance of Distribution")
        if dist_value_type is None:
            kind = _stack.types[-1] if _stack.types else SampleValue()
        else:
            kind = _checked(dist_value_type)
        if loss_fn is not None and not callable(loss_fn):
            raise TypeError("loss_fn must be callable")
        self._dist, self._value_type, self._loss_fn = dist, kind, loss_fn
        with scopes.op_scope([], name, "StochasticTensor") as scope:
            self._name = scope
            drawn = kind.draw(dist)
            passes = isinstance(kind, MeanValue) or dist.is_reparameterized
            self._stopped = kind.stop_gradient or not passes
            self._value = array.stop_gradient(drawn) if self._stopped else drawn
        super().__init__()

    @property
    def distribution(self) -> Any:
        """The distribution."""
        return self._dist

    @property
    def value_type(self) -> Any:
        """What the value is."""
        return self._value_type

    def value(self, name: str | None = "value") -> Tensor:
        return self._value

    def mean(self, name: str = "mean") -> Tensor:
        """The mean of the distribution."""
        return self._dist.mean(name=name)

    def entropy(self, name: str = "entropy") -> Tensor:
        """The entropy of the distribution."""
        return self._dist.entropy(name=name)

    def loss(self, final_loss: Any, name: str = "Loss") -> Any:  # type: ignore[override]
        """What `loss_fn` makes of a loss, or None where the gradient passes through the value."""
        if self._loss_fn is None or not self._stopped:
            return None
        with scopes.name_scope(self._name), scopes.op_scope([final_loss], name, "Loss"):
            return self._loss_fn(self, self._value, final_loss)


class ObservedStochasticTensor(StochasticTensor):
    """A distribution whose value is known.

    Raises ValueError where the value has not the shape of a sample, up to dimensions before it, or not its type.
    """

    def __init__(self, dist: Any, value: Any, name: str | None = None) -> None:
        if not isinstance(dist, Distribution):
            raise TypeError("dist must be an instance of Distribution")
        self._dist, self._value_type, self._loss_fn, self._stopped = dist, None, None, False
        with scopes.op_scope([value], name, "ObservedStochasticTensor") as scope:
            self._name = scope
            given = convert.convert_to_tensor(value)
            wanted = dist.get_batch_shape().concatenate(dist.get_event_shape())
            ranks = given.get_shape().ndims, wanted.ndims
            if None not in ranks:
                at = ranks[0] - ranks[1]  # type: ignore[operator]
                if at < 0 or not given.get_shape()[at:].is_compatible_with(wanted):
                    raise ValueError(f"Shape of observed value {given.get_shape()} is incompatible with the shape of a "
                                     f"sample from the distribution {wanted}.")
            if given.dtype != dist.dtype:
                raise ValueError(f"Type of observed value ({given.dtype}) does not match type of distribution "
                                 f"({dist.dtype}).")
            self._value = array.identity(given)
        BaseStochasticTensor.__init__(self)

    def loss(self, final_loss: Any, name: str | None = None) -> None:  # type: ignore[override]
        return None


def _to_tensor(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    tensor = value.value()
    if dtype is not None and not dtype.is_compatible_with(tensor.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
                         f"'{tensor.dtype.name}'")
    return tensor


convert.register_tensor_conversion_function(BaseStochasticTensor, _to_tensor)
