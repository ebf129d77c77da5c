"""Rule of `NegTrain`: stochastic gradient descent on pairs of words, each step from where the last one ended."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels import random
from lowering.registry import lowers


@lowers("NegTrain", writes="w_in w_out")
def neg_train(w_in: Any, w_out: Any, examples: Any, labels: Any, lr: Any, *, vocab_count: list[int],
              num_negative_samples: int, stream: Any, check: Any) -> Any:
    check(w_in.shape == w_out.shape and w_in.ndim == 2, f"w_in and w_out must be two matrices of one shape, not "
                                                        f"{list(w_in.shape)} and {list(w_out.shape)}")
    check(len(vocab_count) == w_in.shape[0], f"vocab_count vs. w_in: {len(vocab_count)} vs. {w_in.shape[0]}")
    check(examples.shape == labels.shape and examples.ndim == 1, f"examples and labels must be vectors of one length, not "
                                                                 f"{list(examples.shape)} and {list(labels.shape)}")
    for name, words in (("example", examples), ("label", labels)):
        inside = ((words >= 0) & (words < w_in.shape[0])).all()
        check(inside, lambda low, high, name=name: f"An {name} is no word: they lie between {int(low)} and {int(high)}, and "
                                                   f"there are {len(vocab_count)} words", words.min(), words.max())
    drawn, stream = _drawn(stream, (examples.shape[0], num_negative_samples), vocab_count)

    def pair(tables: tuple, words: tuple) -> tuple:
        w_in, w_out = tables
        example, label, others = words
        vector = w_in[example]

        def toward(state: tuple, word: Any, wanted: Any) -> tuple:
            w_out, change = state
            found = vector @ w_out[word]
            step = jnp.where(wanted, 1 - jax.nn.sigmoid(found), jnp.where(word == label, 0, -jax.nn.sigmoid(found))) * lr
            return w_out.at[word].add(step * vector), change + step * w_out[word]

        state = toward((w_out, jnp.zeros_like(vector)), label, True)
        (w_out, change), _ = lax.scan(lambda state, word: (toward(state, word, False), None), state, others)
        return (w_in.at[example].add(change), w_out), None

    (w_in, w_out), _ = lax.scan(pair, (w_in, w_out), (examples, labels, drawn))
    return (w_in, w_out), stream


def _drawn(stream: Any, shape: tuple[int, int], vocab_count: list[int]) -> tuple[Any, Any]:
    """Numbers of words, each drawn by its count to the power 0.75."""
    shares = np.cumsum(np.asarray(vocab_count, np.float64) ** 0.75)
    numbers, stream = random.uniform(stream, shape, np.dtype(np.float64))
    words = jnp.searchsorted(jnp.asarray(shares), numbers * shares[-1], side="right", method="scan")
    return jnp.minimum(words, len(vocab_count) - 1).astype(jnp.int32), stream
