"""Imports JAX such that the script's random numbers stay where they are.

JAX draws from NumPy's global generator while it is imported, which happens at the first run: after the script's
`np.random.seed`.
"""

import importlib

import numpy as np


def import_jax() -> None:
    """Imports JAX, and puts NumPy's global generator back to where it was before."""
    before = np.random.get_state()
    importlib.import_module("jax")
    np.random.set_state(before)


import_jax()
