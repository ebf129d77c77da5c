"""Distributions that are one of several, by chance."""

from __future__ import annotations

from operator import add, mul
from typing import Any

from tracer import dtypes
from tracer.contrib.distributions.discrete import Categorical, log_softmax
from tracer.contrib.distributions.distribution import Distribution, new_seed
from tracer.ir import Tensor
from tracer.ops import array, casting, logic, math
from tracer.younger.maths import reduce_logsumexp


class Mixture(Distribution):
    """A mixture of `components`, of which `cat` draws one for each value.

    >>> tf.contrib.distributions.Mixture(
    ...     cat=Categorical(p=[0.3, 0.7]), components=[Normal(mu=-1.0, sigma=0.1), Normal(mu=1.0, sigma=0.5)])

    Args:
        cat: a `Categorical`, whose batch has the shape that the components' have.
        components: a list of distributions of one type, batch and event shape.

    Raises:
        TypeError: `cat` or a component is no such distribution, or their types differ.
        ValueError: there are no components, not as many as classes, or their shapes differ.
    """

    def __init__(self, cat: Any, components: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Mixture") -> None:
        if not isinstance(cat, Categorical):
            raise TypeError(f"cat must be a Categorical distribution, but saw: {cat}")
        if not components or not isinstance(components, (list, tuple)):
            raise ValueError("components must be a non-empty list or tuple")
        components = list(components)
        if not all(isinstance(one, Distribution) for one in components):
            raise TypeError(f"all entries in components must be Distribution instances but saw: {components}")
        kind = components[0].dtype
        if not all(one.dtype == kind for one in components):
            raise TypeError("All components must have the same dtype, but saw dtypes: "
                            f"{[(one.name, one.dtype) for one in components]}")
        count = cat.logits.get_shape()[-1].value
        if count is not None and count != len(components):
            raise ValueError(f"cat.num_classes != len(components): {count} vs. {len(components)}")
        batch, event = cat.get_batch_shape(), components[0].get_event_shape()
        for one in components:
            batch = batch.merge_with(one.get_batch_shape())
            event = event.merge_with(one.get_event_shape())
        parameters = {"cat": cat, "components": components, "validate_args": validate_args,
                      "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(kind, parameters, components[0].is_continuous, False, validate_args, allow_nan_stats, name=name)
        self._cat, self._components = cat, components

    @property
    def cat(self) -> Any:
        """What draws the component."""
        return self._cat

    @property
    def components(self) -> list[Any]:
        """The components."""
        return self._components

    @property
    def num_components(self) -> int:
        """How many components there are."""
        return len(self._components)

    def _batch(self) -> Tensor:
        return self._components[0]._batch()

    def _event(self) -> Any:
        return self._components[0]._event()

    def _value_type(self) -> Any:
        return self._components[0]._value_type()

    def _log_chances(self) -> list[Tensor]:
        """The logarithm of each component's chance, of the shape of the batch."""
        logs = log_softmax(self._cat.logits)
        rank = logs.get_shape().ndims or 1
        parts = array.split(rank - 1, len(self._components), logs)
        return [array.squeeze(part, [rank - 1]) for part in parts]

    def _beside(self, chance: Tensor) -> Tensor:
        """A number for each distribution of the batch, beside a value of each."""
        for _ in range(self.get_event_shape().ndims or 0):
            chance = array.expand_dims(chance, -1)
        return chance

    def _log_prob(self, value: Tensor) -> Tensor:
        each = [add(one.log_prob(value), log) for one, log in zip(self._components, self._log_chances(), strict=True)]
        return reduce_logsumexp(array.pack(each), [0])

    def _mean(self) -> Tensor:
        return math.add_n([mul(self._beside(math.exp(log)), one.mean())
                           for one, log in zip(self._components, self._log_chances(), strict=True)])

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        chosen = self._cat.sample_n(n, seed=seed)
        found = None
        for at, one in enumerate(self._components):
            seed = new_seed(seed, "mixture")
            drawn = one.sample_n(n, seed=seed)
            taken = self._beside(logic.equal(casting.to_int32(chosen), at))
            whole = logic.logical_and(taken, casting.cast(array.ones_like(drawn), dtypes.bool))
            found = drawn if found is None else logic.select(whole, drawn, found)
        assert found is not None
        return found

    def entropy_lower_bound(self, name: str = "entropy_lower_bound") -> Tensor:
        """The mean of the components' entropies by their chances; the entropy of the mixture is at least that."""
        with self._scope(name):
            return math.add_n([mul(math.exp(log), one.entropy())
                               for one, log in zip(self._components, self._log_chances(), strict=True)])
