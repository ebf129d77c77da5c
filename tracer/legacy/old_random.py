"""What the module `random` took until Python 3.10: sets to draw from, and a function to shuffle with."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from tracer.legacy import python2_random


def _in_order(population: Any) -> Sequence[Any]:
    return population if isinstance(population, Sequence) else tuple(population)


class Random(random.Random):
    """A generator of its own."""

    def sample(self, population: Any, k: int, **counts: Any) -> list:  # type: ignore[override]
        return super().sample(_in_order(population), k, **counts)

    def shuffle(self, x: Any, random: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        _shuffle(super().shuffle, x, random)


def _shuffle(real: Callable[[Any], None], x: Any, random: Callable[[], float] | None) -> None:
    if random is None:
        real(x)
    else:
        python2_random.shuffle_with(random, x)


def names(module: ModuleType) -> dict[str, Any]:
    """The functions of the module, on the generator that all of the program shares, and the class."""
    return {"Random": Random,
            "sample": lambda population, k, **counts: module.sample(_in_order(population), k, **counts),
            "shuffle": lambda x, random=None: _shuffle(module.shuffle, x, random)}
