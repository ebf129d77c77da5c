"""Primitives evaluated by NumPy give what JAX gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from lowering.programs import plain

rng = np.random.RandomState(1)
A = rng.randn(3, 4).astype(np.float32)
B = np.abs(rng.randn(3, 4)).astype(np.float32) + np.float32(0.1)
N = rng.randint(-9, 9, (3, 4)).astype(np.int32)
U = rng.randint(0, 2**32, (3, 4), np.uint32)
AT = np.int32([[2, 0], [1, 5]])

FUNCTIONS = {
    **{name: (getattr(lax, name), (A,)) for name in (
        "abs", "cbrt", "ceil", "cos", "exp", "exp2", "expm1", "floor", "is_finite", "logistic", "neg", "sign", "sin",
        "square", "tan", "tanh")},
    **{name: (getattr(lax, name), (B,)) for name in ("log", "log1p", "rsqrt", "sqrt")},
    **{name: (getattr(lax, name), (A, B)) for name in (
        "add", "sub", "mul", "div", "rem", "max", "min", "eq", "ne", "lt", "le", "gt", "ge", "nextafter")},
    **{name + " of integers": (getattr(lax, name), (N, np.int32([[2, -3, 4, 5]] * 3)))
       for name in ("div", "rem", "bitwise_xor")},
    **{name + " of the least integer": (getattr(lax, name), (np.int32([-2**31, 1, -2**31, 7]),
                                                             np.int32([3, -2**31, -2**31, 2**31 - 1])))
       for name in ("div", "rem")},
    **{name: (getattr(lax, name), (U, np.uint32([[0, 5, 31, 40]] * 3))) for name in ("shift_left", "shift_right_logical")},
    "pow": (lax.pow, (B, A)), "integer_pow": (lambda x: lax.integer_pow(x, -3), (B,)),
    "clamp": (lambda x: lax.clamp(np.float32(-0.5), x, np.float32(0.5)), (A,)),
    "round away": (lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), (np.float32([0.5, 1.5, -2.5, 0.49]),)),
    "round to even": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), (np.float32([0.5, 1.5, -2.5, 0.49]),)),
    "select": (lambda x, y: jnp.where(x > 0, x, y), (A, B)),
    "select of many": (lambda x, y: lax.select_n(jnp.abs(N) % 3, x, y, x + y), (A, B)),
    "broadcast": (lambda x: jnp.broadcast_to(x[:, None], (2, 3, 5, 4)), (A,)),
    "concatenate": (lambda x, y: jnp.concatenate([x, y], 1), (A, B)),
    "slice": (lambda x: lax.slice(x, (0, 1), (3, 4), (2, 1)), (A,)),
    "dynamic_slice": (lambda x, i: lax.dynamic_slice(x, (i[0], i[1]), (2, 2)), (A, np.int32([2, -1]))),
    "dynamic_update_slice": (lambda x, y, i: lax.dynamic_update_slice(x, y, (i[0], i[1])), (A, B[:2, :2], np.int32([2, 1]))),
    **{f"pad {config}": (lambda x, config=config: lax.pad(x, np.float32(7), config), (A,)) for config in (
        ((1, 2, 0), (0, 0, 0)), ((-1, 0, 0), (2, -3, 1)), ((0, 0, 2), (-2, 3, 1)), ((-3, 5, 0), (-9, 20, 0)))},
    "transpose": (lambda x: x.T, (A,)), "rev": (lambda x: jnp.flip(x, 1), (A,)),
    "iota": (lambda x: x + lax.iota(np.float32, 4), (A,)),
    "sums": (lambda x: (x.sum(0), x.prod(1), x.max(), x.min(1), jnp.argmax(x, 0), jnp.argmin(x), jnp.cumsum(x, 1)), (A,)),
    "booleans": (lambda x: ((x > 0).all(0), (x > 0).any(), ~(x > 0) & (x < 1) | (x == 0)), (A,)),
    "bitcast": (lambda x: lax.bitcast_convert_type(x, np.uint32), (A,)),
    "bitcast to smaller": (lambda x: lax.bitcast_convert_type(x, np.uint8), (A,)),
    "dot": (lambda x, y: x @ y.T, (A, B)),
    "einsum": (lambda x, y: jnp.einsum("bij,bkj->bki", x, y), (rng.randn(2, 3, 4), rng.randn(2, 5, 4))),
    **{f"take {mode} along {axis}": (lambda x, i, axis=axis, mode=mode: jnp.take(x, i, axis, mode=mode), (A, AT))
       for axis in (0, 1) for mode in ("clip", "fill", "wrap")},
    "integers from nowhere": (lambda x, i: jnp.take(x, i, 0, mode="fill"), (N, AT)),
    "single elements": (lambda x, i: x[i[:, 0], i[:, 1]], (A, AT)),
    "rows and columns": (lambda x, i: jnp.stack([x, x])[:, i[:, 0][:, None], i[:, 1][None]], (A, AT)),
    "windows": (lambda x, i: jax.vmap(lambda at: lax.dynamic_slice(x, (at, at), (2, 2)))(i[:, 0]), (A, AT)),
    "several whiles at once": (jax.vmap(lambda n, x: lax.while_loop(
        lambda state: state[0] < n, lambda state: (state[0] + 1, state[1] * 2 + x), (0, x))[1]), (np.int32([0, 3, 1]), A)),
    "while": (lambda x: lax.fori_loop(0, x.astype(int).max(), lambda i, s: s + i, 0), (N,)),
    "cond": (lambda x: lax.cond(x[0, 0] > 0, lambda y: y + 1, lambda y: y * 2, x), (A,)),
    "scan": (lambda x: lax.scan(lambda s, row: (s + row, s.max()), x[0], x), (A,)),
    "scan backwards": (lambda x: lax.scan(lambda s, row: (s + row, s.max()), x[0], x, reverse=True), (A,)),
    "scan of nothing": (lambda x: lax.scan(lambda s, row: (s + row, s.max()), x[0], x[:0]), (A,)),
    "stack": (lambda x, y: jnp.stack([x, y], 1), (A, B)),
    "sort": (lambda x: jnp.sort(x, 1), (A,)),
    "jit": (lambda x: jax.jit(lambda y: jnp.clip(y, 0, 1))(x), (A,)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_primitive_is_what_jax_has(name):
    function, arguments = FUNCTIONS[name]
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(function)(*arguments)
        found = plain.evaluate(closed.jaxpr, closed.consts, arguments)
        expected = jax.tree.leaves(jax.jit(function)(*arguments))
    for got, want in zip(found, expected, strict=True):
        assert (type(got), got.dtype, got.shape) == (np.ndarray, want.dtype, want.shape)
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-6)


def test_images_need_no_compilation(monkeypatch):
    """What resizes and converts images is in the table: JAX is not asked for a primitive of it."""
    from lowering.rules import image, resizing

    def refuse(*arguments, **parameters):
        raise AssertionError("a primitive went to JAX")

    size = np.int32([5, 6])
    picture = rng.rand(1, 7, 4, 3).astype(np.float32)
    jaxprs = [jax.make_jaxpr(function)(picture) for function in (
        lambda x: resizing.resize_bilinear(x, size, align_corners=False),
        lambda x: resizing.resize_area(x, size, align_corners=True),
        lambda x: resizing.resize_bicubic(x, size, align_corners=False),
        lambda x: resizing.resize_nearest_neighbor(x, size, align_corners=False), image.rgb_to_hsv, image.hsv_to_rgb,
        lambda x: image.draw_bounding_boxes(x, np.float32([[[0.1, 0.1, 0.5, 0.5]]])),
        lambda x: image.adjust_contrastv2(x, np.float32(2)))]
    monkeypatch.setattr(jax, "ensure_compile_time_eval", refuse)
    for closed in jaxprs:
        plain.evaluate(closed.jaxpr, closed.consts, [picture])
