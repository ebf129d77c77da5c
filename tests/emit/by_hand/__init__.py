"""Models of `tests.emit.models` as a person writes them in JAX, with the same parameters: to compare the size."""
