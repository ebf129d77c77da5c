"""TensorFlow 0.8's optimizers as optax's, with what makes them the same."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """How one type of update is written."""

    function: str
    hyper: tuple[tuple[str, int], ...]
    """optax's name for each number that it takes, and which input of the operation it is."""
    gradient: int
    slots: tuple[int, ...]
    more: str = ""  # what else the function is given
    why: str = ""
    fields: tuple[tuple[str, int], ...] = ()
    """optax's name for each part of its state that is a slot, and which input of the operation that is."""


KINDS: dict[str, Kind] = {
    "ApplyGradientDescent": Kind("optax.sgd", (("learning_rate", 1),), 2, ()),
    "ApplyMomentum": Kind("optax.sgd", (("learning_rate", 2), ("momentum", 4)), 3, (1,), fields=(("trace", 1),)),
    "ApplyAdagrad": Kind("optax.adagrad", (("learning_rate", 2),), 3, (1,), "initial_accumulator_value={start}, eps=0.0",
                         fields=(("sum_of_squares", 1),)),
    "ApplyAdam": Kind(
        "optax.adam", (("learning_rate", 5), ("b1", 6), ("b2", 7)), 9, (1, 2, 3, 4),
        "eps=lambda count: {epsilon} / jnp.sqrt(1 - {b2} ** (count + 1))",
        "TensorFlow adds epsilon before it corrects the second moment, optax after it.", (("mu", 1), ("nu", 2))),
    "ApplyRMSProp": Kind("optax.rmsprop", (("learning_rate", 3), ("decay", 4), ("momentum", 5), ("eps", 6)), 7, (1, 2),
                         "initial_scale=1.0", fields=(("nu", 1), ("trace", 2))),
}
ADAM_BY_ROWS = Kind("lowering.emit.layers:adam", KINDS["ApplyAdam"].hyper, 9, (1, 2, 3, 4), "eps={epsilon}",
                    fields=(("m", 1), ("v", 2)))
"""Where some of the variables are tables of which only rows have a gradient."""

_DEFAULTS = {"momentum": "0.0", "b1": "0.9", "b2": "0.999"}


def made(kind: Kind, numbers: dict[str, str | None], extra: dict[str, str]) -> str:
    """The optimizer as source; a number that a step computes is None."""
    computed = any(text is None for text in numbers.values())
    given = {name: text or "0.0" for name, text in numbers.items()}
    words = [f"{name}={text}" if name != "learning_rate" else text for name, text in given.items()
             if text != _DEFAULTS.get(name)]
    more = kind.more.format(**given, **extra)
    words += [more] if more and more != "eps=1e-08" else []
    options = ', static_args=("b1", "b2", "eps")' if kind.more == ADAM_BY_ROWS.more else ""
    function = f"optax.inject_hyperparams({kind.function}{options})" if computed or "lambda" in kind.more else kind.function
    return f"{function}({', '.join(words)})"
