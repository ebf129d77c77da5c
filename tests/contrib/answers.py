"""What distributions answer, compared with what TensorFlow answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import tracer as tf

_OF_VALUES = ("log_prob", "prob", "cdf", "log_cdf", "survival_function", "log_survival_function")


def check_answers(make: Callable[[], Any], values: Any, expected: Mapping[str, Any], seed: int, atol: float) -> Any:
    """Asks a distribution all that is `expected`, by name: of `values`, for two drawn ones, or of itself. Returns it."""
    tf.set_random_seed(seed)
    made = make()
    arguments = {"sample": (2, 3), **dict.fromkeys(_OF_VALUES, (values,))}
    found = {key: getattr(made, key) for key in expected}
    asked = {key: one(*arguments.get(key, ())) if callable(one) else one for key, one in found.items()}
    with tf.Session() as session:
        results = session.run(asked)
    for key, value in expected.items():
        np.testing.assert_allclose(results[key], value, rtol=2e-5, atol=atol, err_msg=key)
    return made
