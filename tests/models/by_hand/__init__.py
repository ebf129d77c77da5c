"""The models of `tests.models.programs` as one writes them in JAX today, each file alone.

`init(key)` gives parameters, in nested dictionaries by the names in the program or in lists in the order of creation;
`begin(params)` what a step takes besides, `(optimizer.init(params),)` where it is not there. A step is
`train_step(params, *begun, *inputs)`, with a `key` at the end where it draws, and returns what it was given, as it is
afterwards, and the loss.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def begin(model: Any, params: Any) -> tuple:
    """What a step takes after the parameters, at first."""
    return (
        model.begin(params)
        if hasattr(model, "begin")
        else (model.optimizer.init(params),)
    )


def load(model: Any, arrays: Any) -> Any:
    """The parameters, from arrays by the names of the program's variables."""
    paths, tree = jax.tree.flatten_with_path(
        jax.eval_shape(model.init, jax.random.key(0))
    )
    leaves = []
    for number, (path, _) in enumerate(paths):
        name = "/".join(getattr(key, "key", "") for key in path)
        name = (
            name if name in arrays else f"Variable_{number}" if number else "Variable"
        )
        leaves.append(jnp.asarray(arrays[name]))
    return jax.tree.unflatten(tree, leaves)


def draws(step: Any) -> bool:
    """Whether a step takes a key."""
    code = step.__code__
    return "key" in code.co_varnames[:code.co_argcount]
