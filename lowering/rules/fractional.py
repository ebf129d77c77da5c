"""Rules of pooling over windows of random sizes, drawn as TensorFlow's kernels draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.host import philox
from lowering.kernels import random
from lowering.registry import Static, lowers
from lowering.rules.array import text


def _starts(stream: Any, size: int, count: int, pseudo_random: bool) -> tuple[Any, Any]:
    """Where so many windows start, with the end behind them, and the stream behind what was drawn for that.

    Of a stream that is known while tracing, they are known as well.
    """
    now = isinstance(stream, np.ndarray)
    xp: Any = np if now else jnp
    least, longer = divmod(size, count)
    if not longer:
        return np.arange(count + 1) * least, stream
    after = random.advanced if now else random.advance
    if pseudo_random:
        words = philox.words(stream, 0, 1)[:2] if now else random.words(stream, 0, 2).astype(jnp.uint64)
        bits = (words[:1] & xp.uint64(0xFFFFF)) << xp.uint64(32) | words[1:] | xp.uint64(1023 << 52)
        unit = (bits.view(np.float64) if now else lax.bitcast_convert_type(bits, jnp.float64)) - 1
        ratio = size / count
        shift = unit * min((least + 2) / ratio - 1, (size + 1 - least) / ratio - (count - 1))
        inner = xp.ceil(ratio * (np.arange(1, count) + shift)).astype(np.int64) - 1
        return xp.concatenate([np.zeros(1, np.int64), inner, np.full(1, size)]), after(stream, 1)
    sizes = np.full(count, least)
    sizes[:longer] += 1
    order, _ = (philox if now else random).permutation(stream, count)
    ends = xp.cumsum(xp.asarray(sizes)[order])
    return xp.concatenate([np.zeros(1, ends.dtype), ends]), after(stream, -(-count // 4))


def _drawn(value: Any, pooling_ratio: Any, pseudo_random: bool, stream: Any) -> tuple[Any, Any, Any]:
    if np.ndim(value) != 4:
        raise ValueError(f"tensor_in must be 4-dimensional, got shape {text(np.shape(value))}")
    height, width = np.shape(value)[1:3]
    counts = [int(np.floor(np.float32(size) / np.float32(ratio)))
              for size, ratio in zip((height, width), pooling_ratio[1:3], strict=True)]
    if 0 in counts:
        raise ValueError(f"pooling_ratio {list(pooling_ratio)} leaves nothing of a value of shape {text(np.shape(value))}")
    rows, after = _starts(stream, height, counts[0], pseudo_random)
    columns, after = _starts(after, width, counts[1], pseudo_random)
    return rows.astype(np.int64), columns.astype(np.int64), after


def _line(starts: Any, size: int, overlapping: bool) -> tuple[Any, Any]:
    """The places of each window's elements, one more row of them for each tap; and which of them it has."""
    ends = jnp.minimum(starts[1:] + int(overlapping), size)
    longest = -(-size // (np.shape(starts)[0] - 1)) + int(overlapping)
    places = starts[:-1] + np.arange(longest)[:, None]
    return jnp.minimum(places, ends - 1), places < ends


def _taps(value: Any, rows: Any, columns: Any, overlapping: bool) -> tuple[Any, Any]:
    """What is at each place of all windows, and whether the window has that place: taps first."""
    down, has_row = _line(rows, value.shape[1], overlapping)
    across, has_column = _line(columns, value.shape[2], overlapping)
    count = down.shape[0] * across.shape[0]
    found = value[:, down[:, None, :, None], across[None, :, None, :]]
    has = has_row[:, None, :, None] & has_column[None, :, None, :]
    found = jnp.moveaxis(found, 0, 2)
    return found.reshape(count, *found.shape[2:]), has.reshape(count, 1, *has.shape[2:], 1)


def _largest(value: Any, rows: Any, columns: Any, overlapping: bool) -> Any:
    """A place behind a window repeats its last one: the first of those that are equally large is within it."""
    taps, _ = _taps(value, rows, columns, overlapping)
    return jnp.take_along_axis(taps, jnp.argmax(taps, 0)[None], 0)[0]


def _mean(value: Any, rows: Any, columns: Any, overlapping: bool) -> Any:
    taps, has = _taps(value, rows, columns, overlapping)
    total = jnp.where(has, taps, jnp.zeros((), value.dtype)).sum(0, dtype=value.dtype)
    return lax.div(total, jnp.broadcast_to(has.sum(0).astype(value.dtype), total.shape))


def _pooled(pool: Callable, value: Any, ratio: Any, pseudo_random: bool, overlapping: bool, stream: Any) -> tuple[Any, Any]:
    """What is pooled and its windows; and the stream after they are drawn."""
    rows, columns, after = _drawn(value, ratio, pseudo_random, stream)
    return (pool(jnp.asarray(value), rows, columns, overlapping), rows, columns), after


@lowers("FractionalMaxPool")
def fractional_max_pool(value: Any, *, pooling_ratio: Any, pseudo_random: bool, overlapping: bool, deterministic: bool,
                        seed: int, seed2: int, stream: Any) -> Any:
    known = _same(stream, deterministic, seed, seed2)
    found, after = _pooled(_largest, value, pooling_ratio, pseudo_random, overlapping, known)
    return found, stream if deterministic else after


@lowers("FractionalAvgPool")
def fractional_avg_pool(value: Any, *, pooling_ratio: Any, pseudo_random: bool, overlapping: bool, deterministic: bool,
                        seed: int, seed2: int, stream: Any) -> Any:
    known = _same(stream, deterministic, seed, seed2)
    found, after = _pooled(_mean, value, pooling_ratio, pseudo_random, overlapping, known)
    return found, stream if deterministic else after


def _same(stream: Any, deterministic: bool, seed: int, seed2: int) -> Any:
    """The stream to draw from: one that never goes on begins where its seeds say, where it has some."""
    return random.stream_of(seed, seed2) if deterministic and (seed or seed2) else stream


def _checked(starts: Any, size: int, check: Any) -> Any:
    """Windows as these operations draw them: one row more at most than the sizes' quotient."""
    longest = -(-size // (np.shape(starts)[0] - 1))
    starts = jnp.asarray(starts)
    sizes = starts[1:] - starts[:-1]
    check(((sizes > 0) & (sizes <= longest)).all() & (starts[0] == 0) & (starts[-1] == size),
          f"the windows of a pooling sequence must cut {size} into pieces of 1 to {longest}")
    return starts


def _gradient(pool: Callable, value: Any, out_backprop: Any, starts: tuple[Any, Any], overlapping: bool, check: Any) -> Any:
    rows, columns = (_checked(some, size, check) for some, size in zip(starts, value.shape[1:3], strict=True))
    return jax.vjp(lambda x: pool(x, rows, columns, overlapping), value)[1](jnp.asarray(out_backprop))[0]


@lowers("FractionalMaxPoolGrad")
def fractional_max_pool_grad(orig_input: Any, orig_output: Any, out_backprop: Any, row_pooling_sequence: Any,
                             col_pooling_sequence: Any, *, overlapping: bool, check: Any) -> Any:
    starts = row_pooling_sequence, col_pooling_sequence
    return _gradient(_largest, jnp.asarray(orig_input), out_backprop, starts, overlapping, check)


@lowers("FractionalAvgPoolGrad")
def fractional_avg_pool_grad(orig_input_tensor_shape: Static, out_backprop: Any, row_pooling_sequence: Any,
                             col_pooling_sequence: Any, *, overlapping: bool, check: Any) -> Any:
    starts = row_pooling_sequence, col_pooling_sequence
    value = jnp.zeros([int(size) for size in orig_input_tensor_shape], jnp.asarray(out_backprop).dtype)
    return _gradient(_mean, value, out_backprop, starts, overlapping, check)
