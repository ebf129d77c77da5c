"""What follows a gradient: optimizers' updates and clipping, for 3.2 million weights in 6 variables; and dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import tracer as tf
from tests.benchmarks.steps import tensorflow
from tests.benchmarks.timing import Row, interleaved

SHAPES = ((3136, 1024), (1024,), (1024, 10), (10,), (5, 5, 32, 64), (64,))
RNG = np.random.RandomState(0)
GRADIENTS = [np.asarray(RNG.standard_normal(shape), np.float32) for shape in SHAPES]
NORM = 5.0
OPTIMIZERS: dict[str, tuple[Callable[[Any], Any], optax.GradientTransformation]] = {
    "gradient descent": (lambda train: train.GradientDescentOptimizer(0.01), optax.sgd(0.01)),
    "momentum": (lambda train: train.MomentumOptimizer(0.01, 0.9), optax.sgd(0.01, 0.9)),
    "AdaGrad": (lambda train: train.AdagradOptimizer(0.01), optax.adagrad(0.01)),
    "RMSProp": (lambda train: train.RMSPropOptimizer(0.01, 0.9), optax.rmsprop(0.01, 0.9, momentum=0.0)),
    "Adam": (lambda train: train.AdamOptimizer(0.01), optax.adam(0.01)),
}


def updates() -> Iterator[Row]:
    """Each measurement as a step of a session, against plain JAX with optax and against TensorFlow's v1 session."""
    for name, (optimizer, transformation) in OPTIMIZERS.items():
        yield from _measured(name, lambda tf, optimizer=optimizer: _update(tf, optimizer, clip=False),
                             _optax(transformation))
    yield from _measured("clip_by_global_norm, descent",
                         lambda tf: _update(tf, OPTIMIZERS["gradient descent"][0], clip=True),
                         _optax(optax.chain(optax.clip_by_global_norm(NORM), optax.sgd(0.01))))
    yield from _measured("dropout of 1024x1024, gradient", _dropout, _plain_dropout)


def _measured(name: str, build: Callable[[Any], Any], by_hand: Callable[[], Callable[[], None]]) -> Iterator[Row]:
    seconds = interleaved(_step(tf, build), by_hand(), rounds=9, repeats=10)
    yield Row(name, seconds[0] * 1e3, "ms", seconds[1] * 1e3, "plain JAX")
    v1 = tensorflow()
    if v1 is not None:
        seconds = interleaved(_step(tf, build), _step(v1, build), rounds=9, repeats=10)
        yield Row(name, seconds[0] * 1e3, "ms", seconds[1] * 1e3, "TensorFlow's v1 session")


def _step(api: Any, build: Callable[[Any], Any]) -> Callable[[], None]:
    with api.Graph().as_default():
        target, awaited = build(api)
        session = api.Session()
        session.run(api.global_variables_initializer())

    return lambda: session.run([target, awaited])  # without a fetch, ours would run ahead


def _update(api: Any, optimizer: Callable[[Any], Any], clip: bool) -> tuple[Any, Any]:
    # The gradients are variables: of constants, TensorFlow would compute some of it once.
    gradients = [_variable(api, gradient, trainable=False) for gradient in GRADIENTS]
    variables = [_variable(api, np.zeros_like(gradient)) for gradient in GRADIENTS]
    given = [gradient + 0.0 for gradient in gradients]
    if clip:
        given, _ = api.clip_by_global_norm(given, NORM)
    return optimizer(api.train).apply_gradients(zip(given, variables, strict=True)), variables[-1]


def _variable(api: Any, value: np.ndarray, trainable: bool = True) -> Any:
    later = {} if api is tf else {"use_resource": False}
    return api.Variable(value, trainable=trainable, **later)


def _dropout(api: Any) -> tuple[Any, Any]:
    x = _variable(api, np.ones([1024, 1024], np.float32))
    y = api.nn.dropout(x * 1.0, 0.5) if api is tf else api.nn.dropout(x * 1.0, rate=0.5)
    total = _variable(api, np.zeros([1024], np.float32), trainable=False)
    (gradient,) = api.gradients(y * y, [x])
    return total.assign(api.reduce_sum(gradient, 0)).op, total


def _optax(transformation: optax.GradientTransformation) -> Callable[[], Callable[[], None]]:
    def made() -> Callable[[], None]:
        gradients = [jnp.asarray(gradient) for gradient in GRADIENTS]
        variables = [jnp.zeros_like(gradient) for gradient in gradients]
        box = [variables, transformation.init(variables)]

        def update(variables: Any, state: Any, gradients: Any) -> tuple:
            changes, state = transformation.update(gradients, state, variables)
            return optax.apply_updates(variables, changes), state

        compiled = jax.jit(update, donate_argnums=(0, 1))

        def step() -> None:
            box[:] = compiled(*box, gradients)
            np.asarray(box[0][-1])

        return step

    return made


def _plain_dropout() -> Callable[[], None]:
    def summed(key: Any, x: Any) -> tuple:
        key, drawn = jax.random.split(key)
        kept = jax.random.bernoulli(drawn, 0.5, x.shape)
        return key, jax.grad(lambda x: (jnp.where(kept, x / 0.5, 0) ** 2).sum())(x).sum(0)

    compiled = jax.jit(summed)
    box = [jax.random.key(0)]
    x = jnp.ones([1024, 1024])

    def step() -> None:
        box[0], total = compiled(box[0], x)
        np.asarray(total)

    return step
