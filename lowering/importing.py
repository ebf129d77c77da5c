"""Imports JAX such that the script's random numbers stay where they are.

JAX draws from NumPy's global generator while it is imported, which happens at the first run: after the script's
`np.random.seed`.
"""

import numpy as np

_before = np.random.get_state()
import jax as jax  # noqa: E402 - between the two

np.random.set_state(_before)
