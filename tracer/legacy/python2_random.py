"""Python 2's way from random numbers to choices, so that `random.seed(1)` gives a program the order it gave then.

The generator is the same in both Pythons. Python 2 made every whole number from one `random()`; Python 3 draws bits.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from tracer.legacy.python2_order import hash_of, iterated

Draw = Callable[[], float]


def _below(draw: Draw, bound: int) -> int:
    return int(draw() * bound)


def _randrange(draw: Draw, start: int, stop: int | None = None, step: int = 1) -> int:
    values = range(int(start)) if stop is None else range(int(start), int(stop), int(step))
    if not values:
        raise ValueError(f"empty range for randrange() ({start}, {stop}, {step})")
    return values[_below(draw, len(values))]


def _randint(draw: Draw, a: int, b: int) -> int:
    return _randrange(draw, a, b + 1)


def _choice(draw: Draw, seq: Any) -> Any:
    return seq[_below(draw, len(seq))]


def shuffle_with(draw: Draw, x: Any, random: Draw | None = None) -> None:
    draw = random or draw
    for last in range(len(x) - 1, 0, -1):
        chosen = _below(draw, last + 1)
        x[last], x[chosen] = x[chosen], x[last]


def _sample(draw: Draw, population: Any, k: int) -> list:
    if isinstance(population, set | frozenset | Mapping):
        population = list(iterated(population))
    size = len(population)
    if not 0 <= k <= size:
        raise ValueError("sample larger than population")
    # A small population is copied and emptied; from a large one, what is drawn twice is drawn again.
    if size <= 21 + (4 ** math.ceil(math.log(k * 3, 4)) if k > 5 else 0):
        pool, result = list(population), []
        for left in range(size, size - k, -1):
            chosen = _below(draw, left)
            result.append(pool[chosen])
            pool[chosen] = pool[left - 1]
        return result
    taken: dict[int, None] = {}
    while len(taken) < k:
        taken.setdefault(_below(draw, size))
    return [population[index] for index in taken]


def _seed_of(value: Any) -> Any:
    """The whole number that stood for a seed: of what is none its hash, without a sign."""
    return value if value is None or isinstance(value, int) else hash_of(value) % 2**64


_FUNCTIONS = {"choice": _choice, "randint": _randint, "randrange": _randrange, "sample": _sample, "shuffle": shuffle_with}


class Random(random.Random):
    """A generator of its own."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(_seed_of(a))

    def choice(self, seq: Any) -> Any:
        return _choice(self.random, seq)

    def randint(self, a: int, b: int) -> int:
        return _randint(self.random, a, b)

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return _randrange(self.random, start, stop, step)

    def sample(self, population: Any, k: int) -> list:  # type: ignore[override]
        return _sample(self.random, population, k)

    def shuffle(self, x: Any, random: Draw | None = None) -> None:  # type: ignore[override]
        shuffle_with(self.random, x, random)


def names(module: ModuleType) -> dict[str, Any]:
    """The functions of the module `random`, on the generator that all of the program shares."""

    def of_module(function: Callable) -> Callable:
        return lambda *given, **named: function(module.random, *given, **named)

    functions = {name: of_module(function) for name, function in _FUNCTIONS.items()}
    return {"Random": Random, "seed": lambda a=None: module.seed(_seed_of(a)), **functions}
