"""The models that are written by hand, as steps to measure."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.models import by_hand, data


def stepping(name: str, sizes: dict[str, int]) -> Callable[[], float]:
    """A function that makes one step, compiled, and returns the loss."""
    model = importlib.import_module(f"tests.models.by_hand.{name}")
    params = model.init(jax.random.key(0))
    box = [params, *by_hand.begin(model, params)]
    inputs = getattr(data, name)(**sizes)
    update = jax.jit(model.train_step, donate_argnums=tuple(range(len(box))))
    draws = by_hand.draws(model.train_step)
    keys = iter(jax.random.split(jax.random.key(0), 100_000) if draws else ())

    def step() -> float:
        *box[:], loss = update(*box, *inputs, *([next(keys)] if draws else []))[:len(box) + 1]
        return float(loss)

    return _moving(model, box, update, inputs) if name == "qnetwork" else step


def _moving(model: Any, box: list[Any], update: Callable, inputs: tuple) -> Callable[[], float]:
    """A step of Q-learning: four moves, then one that learns."""
    states, moves, rewards = inputs
    values, chosen = jax.jit(model.apply), jax.jit(lambda params, x: jnp.argmax(model.apply(params, x), 1))

    def learning() -> float:
        for i in range(4):
            np.asarray(chosen(box[0], states[i:i + 1]))
        best = np.asarray(values(box[0], states)).max(1)
        *box[:], loss = update(*box, states, moves, rewards + np.float32(0.99) * best)
        return float(loss)

    return learning
