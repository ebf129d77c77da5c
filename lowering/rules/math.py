"""Rules of the mathematics family."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from lowering.registry import direct, lowers

direct(Add=jnp.add, Sub=jnp.subtract, Mul=jnp.multiply)


@lowers("Pow")
def pow(x: Any, y: Any) -> Any:
    return jnp.power(x, y)


@lowers("MatMul")
def matmul(a: Any, b: Any, *, transpose_a: bool, transpose_b: bool) -> Any:
    return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)
