"""What all distributions have, from TensorFlow 0.10 on: sampling, probabilities and moments."""

from __future__ import annotations

import hashlib
from operator import add, mul, sub
from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, check, constants, math, reduction
from tracer.static import constant_value


class Distribution:
    """A distribution, or a batch of them: subclasses define the methods that begin with `_`.

    Args:
        dtype: the type of its values.
        parameters: what it was made of, by name.
        is_continuous: whether it has a density.
        is_reparameterized: whether gradients go through what is sampled.
        validate_args: whether a run checks the parameters.
        allow_nan_stats: whether a moment that is not defined is NaN, rather than an error.
        name: of the scope of its operations.
    """

    _alike: tuple[str, ...] = ()
    """The parameters that have the shape of a value, where that is all there is to their shapes."""

    def __init__(self, dtype: Any, parameters: dict[str, Any] | None = None, is_continuous: bool = True,
                 is_reparameterized: bool = False, validate_args: bool = False, allow_nan_stats: bool = True,
                 graph_parents: Any = None, name: str | None = None) -> None:
        self._dtype = dtypes.as_dtype(dtype)
        self._parameters = dict(parameters or {})
        self._is_continuous, self._is_reparameterized = is_continuous, is_reparameterized
        self._validate_args, self._allow_nan_stats = validate_args, allow_nan_stats
        self._graph_parents = list(graph_parents or ())
        with scopes.op_scope([], None, name or type(self).__name__) as scope:
            self._name = scope

    # -- what differs

    def _batch(self) -> Tensor:
        """A tensor of the shape that a batch of such distributions has."""
        raise NotImplementedError(f"{type(self).__name__} defines no _batch")

    def _event(self) -> Any:
        """A tensor of the shape of a value, or None where values are single numbers."""
        return None

    def _batch_shape(self) -> Tensor:
        return array.shape(self._batch())

    def _get_batch_shape(self) -> shapes.TensorShape:
        return self._batch().get_shape()

    def _event_shape(self) -> Tensor:
        event = self._event()
        return array.constant(np.zeros(0, np.int32)) if event is None else array.shape(event)

    def _get_event_shape(self) -> shapes.TensorShape:
        event = self._event()
        return shapes.TensorShape([]) if event is None else event.get_shape()

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        raise NotImplementedError("sample_n is not implemented")

    def _log_prob(self, value: Tensor) -> Tensor:
        raise NotImplementedError("log_prob is not implemented")

    def _prob(self, value: Tensor) -> Tensor:
        return math.exp(self._log_prob(value))

    def _cdf(self, value: Tensor) -> Tensor:
        raise NotImplementedError("cdf is not implemented")

    def _log_cdf(self, value: Tensor) -> Tensor:
        return math.log(self._cdf(value))

    def _survival_function(self, value: Tensor) -> Tensor:
        return sub(1.0, self._cdf(value))

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return math.log(self._survival_function(value))

    def _entropy(self) -> Tensor:
        raise NotImplementedError("entropy is not implemented")

    def _mean(self) -> Tensor:
        raise NotImplementedError("mean is not implemented")

    def _variance(self) -> Tensor:
        raise NotImplementedError("variance is not implemented")

    def _std(self) -> Tensor:
        return math.sqrt(self._variance())

    def _mode(self) -> Tensor:
        raise NotImplementedError("mode is not implemented")

    # -- what they share

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def dtype(self) -> dtypes.DType:
        """The type of its values."""
        return self._dtype

    @property
    def parameters(self) -> dict[str, Any]:
        """What it was made of, by name."""
        return self._parameters

    @property
    def is_continuous(self) -> bool:
        """Whether it has a density."""
        return self._is_continuous

    @property
    def is_reparameterized(self) -> bool:
        """Whether gradients go through what is sampled."""
        return self._is_reparameterized

    @property
    def allow_nan_stats(self) -> bool:
        """Whether a moment that is not defined is NaN."""
        return self._allow_nan_stats

    @property
    def validate_args(self) -> bool:
        """Whether a run checks the parameters."""
        return self._validate_args

    def copy(self, **override: Any) -> Distribution:
        """The same distribution, with some parameters replaced."""
        return type(self)(**{**self._parameters, **override})

    @classmethod
    def param_shapes(cls, sample_shape: Any, name: str = "DistributionParamShapes") -> dict[str, Tensor]:
        """The shapes that the parameters have, by name, so that one value of all has the shape `sample_shape`."""
        with scopes.op_scope([sample_shape], None, name):
            shape = sample_shape if isinstance(sample_shape, Tensor) else constants.constant(
                shapes.as_shape(sample_shape).as_list(), dtypes.int32)
            return cls._param_shapes(shape)

    @classmethod
    def param_static_shapes(cls, sample_shape: Any) -> dict[str, shapes.TensorShape]:
        """`param_shapes` as they are known while recording. Raises ValueError where `sample_shape` is not known."""
        if isinstance(sample_shape, Tensor):
            known = constant_value(sample_shape)
            if known is None:
                raise ValueError("sample_shape must be known")
            sample_shape = known.tolist()
        whole = shapes.as_shape(sample_shape)
        return dict.fromkeys(cls._param_shapes(constants.constant(whole.as_list(), dtypes.int32)), whole)

    @classmethod
    def _param_shapes(cls, sample_shape: Tensor) -> dict[str, Tensor]:
        """The shape of each parameter, of the shape of a value."""
        if not cls._alike:
            raise NotImplementedError("_param_shapes not implemented")
        return dict.fromkeys(cls._alike, sample_shape)

    def _scope(self, name: str, values: Any = ()) -> Any:
        return scopes.op_scope([value for value in values if isinstance(value, Tensor)], None, f"{self._name}{name}")

    def batch_shape(self, name: str = "batch_shape") -> Tensor:
        """The shape of the batch."""
        with self._scope(name):
            return self._batch_shape()

    def get_batch_shape(self) -> shapes.TensorShape:
        """The shape of the batch, as far as it is known."""
        return self._get_batch_shape()

    def event_shape(self, name: str = "event_shape") -> Tensor:
        """The shape of a value."""
        with self._scope(name):
            return self._event_shape()

    def get_event_shape(self) -> shapes.TensorShape:
        """The shape of a value, as far as it is known."""
        return self._get_event_shape()

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str = "sample") -> Tensor:
        """Values: `sample_shape` of each distribution."""
        with self._scope(name):
            wanted = convert_to_tensor(np.asarray(sample_shape, np.int32) if not isinstance(sample_shape, Tensor)
                                       else sample_shape, name="sample_shape")
            if wanted.get_shape().ndims == 0:
                return self.sample_n(wanted, seed)
            known = constant_value(wanted)
            drawn = self.sample_n(reduction.reduce_prod(wanted) if known is None else int(np.prod(known)), seed)
            whole = array.concat(0, [casting.to_int32(wanted), array.shape(drawn)[1:]])  # type: ignore[index]
            return self._named(array.reshape(drawn, whole), None if known is None else known.tolist())

    def sample_n(self, n: Any, seed: int | None = None, name: str = "sample_n") -> Tensor:
        """`n` values of each distribution, along a new first dimension."""
        with self._scope(name):
            count = convert_to_tensor(n, name="n")
            return self._named(self._sample_n(count, seed), [_known(count)])

    def _named(self, drawn: Tensor, first: list[Any] | None) -> Tensor:
        batch, event = self.get_batch_shape(), self.get_event_shape()
        if first is not None and batch.ndims is not None and event.ndims is not None:
            drawn.set_shape([*first, *batch.as_list(), *event.as_list()])
        return drawn

    def _given(self, value: Any) -> Tensor:
        return convert_to_tensor(value, dtype=self._value_type(), name="value")

    def _value_type(self) -> Any:
        return self.dtype.base_dtype

    def log_prob(self, value: Any, name: str = "log_prob") -> Tensor:
        """The logarithm of the density, or of the probability, at values."""
        with self._scope(name, [value]):
            return self._log_prob(self._given(value))

    def prob(self, value: Any, name: str = "prob") -> Tensor:
        """The density, or the probability, at values."""
        with self._scope(name, [value]):
            return self._prob(self._given(value))

    def log_pdf(self, value: Any, name: str = "log_pdf") -> Tensor:
        """`log_prob` of a continuous distribution. TypeError for another."""
        if not self.is_continuous:
            raise TypeError("log_pdf is undefined for non-continuous distributions.")
        return self.log_prob(value, name)

    def pdf(self, value: Any, name: str = "pdf") -> Tensor:
        """`prob` of a continuous distribution. TypeError for another."""
        if not self.is_continuous:
            raise TypeError("pdf is undefined for non-continuous distributions.")
        return self.prob(value, name)

    def log_pmf(self, value: Any, name: str = "log_pmf") -> Tensor:
        """`log_prob` of a distribution that is not continuous. TypeError for another."""
        if self.is_continuous:
            raise TypeError("log_pmf is undefined for continuous distributions.")
        return self.log_prob(value, name)

    def pmf(self, value: Any, name: str = "pmf") -> Tensor:
        """`prob` of a distribution that is not continuous. TypeError for another."""
        if self.is_continuous:
            raise TypeError("pmf is undefined for continuous distributions.")
        return self.prob(value, name)

    def cdf(self, value: Any, name: str = "cdf") -> Tensor:
        """The probability of a value up to this."""
        with self._scope(name, [value]):
            return self._cdf(self._given(value))

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Tensor:
        """The logarithm of `cdf`."""
        with self._scope(name, [value]):
            return self._log_cdf(self._given(value))

    def survival_function(self, value: Any, name: str = "survival_function") -> Tensor:
        """The probability of a value above this."""
        with self._scope(name, [value]):
            return self._survival_function(self._given(value))

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Tensor:
        """The logarithm of `survival_function`."""
        with self._scope(name, [value]):
            return self._log_survival_function(self._given(value))

    def entropy(self, name: str = "entropy") -> Tensor:
        """The entropy, in nats."""
        with self._scope(name):
            return self._entropy()

    def mean(self, name: str = "mean") -> Tensor:
        """The mean."""
        with self._scope(name):
            return self._mean()

    def variance(self, name: str = "variance") -> Tensor:
        """The variance."""
        with self._scope(name):
            return self._variance()

    def std(self, name: str = "std") -> Tensor:
        """The standard deviation."""
        with self._scope(name):
            return self._std()

    def mode(self, name: str = "mode") -> Tensor:
        """The most probable value."""
        with self._scope(name):
            return self._mode()

    # -- for subclasses

    def _parameter(self, value: Any, name: str, positive: bool = False, dtype: Any = None) -> Tensor:
        """A parameter as a tensor, checked where that is asked for."""
        from tracer.ops import control_flow

        tensor = convert_to_tensor(value, dtype, name=name)
        if not (positive and self._validate_args):
            return array.identity(tensor, name=name)
        return control_flow.with_dependencies([check.assert_positive(tensor)], tensor, name=name)

    def _sample_sizes(self, n: Any) -> Tensor:
        """The shape of `n` values of each distribution of the batch."""
        return array.concat(0, [array.reshape(casting.to_int32(n), [1]), array.shape(self._batch())])

    def _undefined(self, inside: Any, value: Tensor, what: str) -> Tensor:
        """A moment where it is defined, and NaN, or an error, elsewhere."""
        from tracer.ops import control_flow, logic

        if not self._allow_nan_stats:
            from tracer.ops.control_flow import Assert

            return control_flow.with_dependencies([Assert(reduction.reduce_all(inside), [what])], value)
        nan = mul(array.ones_like(value), np.array(np.nan, self.dtype.as_numpy_dtype))
        return logic.select(inside, value, nan)


def _known(count: Tensor) -> int | None:
    value = constant_value(count)
    return None if value is None else int(value)


def spread(first: Tensor, *others: Tensor) -> Tensor:
    """Zeros of the shape that tensors have together."""
    total = array.zeros_like(first)
    for other in others:
        total = add(total, casting.cast(array.zeros_like(other), total.dtype))
    return total


def new_seed(seed: int | None, salt: str) -> int | None:
    """A second seed for a distribution that draws twice."""
    if seed is None:
        return None
    return int(hashlib.md5(f"{seed}{salt}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF
