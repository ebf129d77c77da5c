"""TensorFlow's random kernels for the CPU: Philox4x32-10 and the distributions drawn from it, number for number.

A stream is a `uint32[6]` array: two words of key and four of counter. Every drawing function takes the stream first
and returns the values with the stream as TensorFlow's kernel leaves it. Call them inside `jax.enable_x64(True)`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export, lax

from lowering.kernels.apart import apart, can_be_apart
from lowering.programs import kept, options

RESERVED = 256
"""The 128-bit samples that a kernel reserves for each value, however few it uses."""

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

BLOCK = 1 << 12
"""What is drawn outside of a program is drawn by so many groups of 2 or 4 values at a time."""

_FEW = 16  # samples
TRUNCATE_AT = 2.0  # standard deviations
FEW_SAMPLES = 8
"""Most samples of a row that are compared with the sums of all its classes; more are looked for by halving."""
SMALLEST_UNIFORM = 1.0e-7  # what the logarithm gets instead of zero, in both precisions


def stream_of(seed: int, seed2: int) -> np.ndarray:
    """The start of the stream of an operation with the attributes `seed` and `seed2`."""
    low, high = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    low2, high2 = seed2 & 0xFFFFFFFF, (seed2 >> 32) & 0xFFFFFFFF
    return np.array([low, high, 0, 0, low2, high2], np.uint32)


def advance(stream: Any, samples: Any) -> jax.Array:
    """The stream behind its next `samples` samples of 128 bits."""
    stream = jnp.asarray(stream)
    return jnp.stack([stream[0], stream[1], *_counters(stream, jnp.asarray(samples, jnp.uint64))])


def advanced(stream: np.ndarray, samples: int) -> np.ndarray:
    """As `advance`, at once."""
    words = np.asarray(stream).tolist()
    counter = sum(word << 32 * i for i, word in enumerate(words[2:])) + samples
    return np.array([*words[:2], *(counter >> 32 * i & 0xFFFFFFFF for i in range(4))], np.uint32)


def words(stream: Any, first: Any, count: int) -> jax.Array:
    """`count` words of 32 bits of the stream, from number `first` (a multiple of 4) on, for what is drawn one by one."""
    offsets = lax.iota(jnp.uint64, -(-count // 4)) + jnp.asarray(first, jnp.uint64) // jnp.uint64(4)
    return _interleave(_philox(jnp.asarray(stream), offsets))[:count]


def uniform(stream: Any, shape: Sequence[int], dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Uniform numbers of [0, 1)."""
    return _drawn(_uniform, stream, shape, _float_type(dtype))


def normal(stream: Any, shape: Sequence[int], dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Normal numbers of mean 0 and deviation 1."""
    return _drawn(_normal, stream, shape, _float_type(dtype))


def truncated_normal(stream: Any, shape: Sequence[int], dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Normal numbers of mean 0 and deviation 1, those beyond two deviations left out.

    Every group of values has samples of its own, `RESERVED` for each value, and takes the first accepted candidates
    of them in order.
    """
    return _drawn(_truncated_normal, stream, shape, _float_type(dtype))


def _drawn(draw: Callable, stream: Any, shape: Sequence[int], dtype: np.dtype) -> tuple[Any, Any]:
    """`shape` of the numbers that `draw(stream, first group, groups, dtype)` gives."""
    count = math.prod(shape)
    if not isinstance(stream, jax.core.Tracer):  # type: ignore[attr-defined]
        return _drawn_now(draw, np.asarray(stream), count, dtype).reshape(shape), advanced(stream, count * RESERVED)
    values = draw(jnp.asarray(stream), jnp.uint64(0), -(-count // _group(dtype)), dtype)
    return values[:count].reshape(shape), _after(stream, count)


def _drawn_now(draw: Callable, stream: np.ndarray, count: int, dtype: np.dtype) -> np.ndarray:
    """The first `count` numbers, by a program that all shapes share: what is drawn once is not worth a compilation."""
    size = BLOCK * _group(dtype)
    values = np.empty(count, dtype)
    device = jax.config.jax_default_device  # type: ignore[attr-defined]

    with jax.enable_x64(True), jax.default_device(device):
        block = _block(draw, dtype, device, stream.shape, stream.dtype)

    def fill(starts: range) -> None:
        with jax.enable_x64(True), jax.default_device(device):
            for start in starts:
                values[start:start + size] = np.asarray(block(stream, np.uint64(start // _group(dtype))))[:count - start]

    workers = min(options.cores(), count // (2 * size))
    if workers < 2:
        fill(range(0, count, size))
        return values
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, [range(i * size, count, workers * size) for i in range(workers)]))
    return values


@functools.cache
def _block(draw: Callable, dtype: np.dtype, device: Any, shape: tuple[int, ...], words: np.dtype) -> Callable:
    """The program that draws so many groups of a stream from the first one on that it is given."""
    arguments = jax.ShapeDtypeStruct(shape, words), jax.ShapeDtypeStruct((), np.uint64)
    drawn = jax.jit(lambda stream, first: draw(stream, first, BLOCK, dtype))
    name = f"{draw.__module__}.{draw.__name__} of {dtype.name}"
    return kept.standing(name, drawn, arguments) if device is None else drawn.lower(*arguments).compile()


def _offsets(first: jax.Array, groups: int) -> jax.Array:
    return first + lax.iota(jnp.uint64, groups)


def _uniform(stream: jax.Array, first: jax.Array, groups: int, dtype: np.dtype) -> jax.Array:
    words = _philox(stream, _offsets(first, groups))
    return _interleave(_doubles(words)) if dtype == np.float64 else _unit_float(_interleave(words), dtype)


def _normal(stream: jax.Array, first: jax.Array, groups: int, dtype: np.dtype) -> jax.Array:
    return _interleave(_box_muller(_philox(stream, _offsets(first, groups)), dtype)).astype(dtype)


def _truncated_normal(stream: jax.Array, first: jax.Array, groups: int, dtype: np.dtype) -> jax.Array:
    size = _group(dtype)
    working = np.dtype(np.float64 if dtype == np.float64 else np.float32)
    reserved = size * RESERVED // 4
    samples = _offsets(first, groups) * jnp.uint64(reserved)
    nothing = (jnp.zeros(groups, working),) * size

    def unfinished(state: tuple) -> jax.Array:
        return jnp.any(state[1] < size)

    def take(state: tuple) -> tuple:
        turn, filled, values = state
        # No group outlasts its samples. The condition is here because XLA fuses nothing across it; it would compute
        # the candidates anew for each of the values.
        candidates = lax.cond(
            turn < reserved, lambda: _box_muller(_philox(stream, samples + turn), dtype), lambda: nothing)
        for candidate in candidates:
            accepted = jnp.abs(candidate) < TRUNCATE_AT
            values = tuple(jnp.where(accepted & (filled == slot), candidate, value)
                           for slot, value in enumerate(values))
            filled = filled + accepted
        return turn + jnp.uint64(1), filled, values

    start = (jnp.uint64(0), jnp.zeros(groups, jnp.int32), nothing)
    return _interleave(lax.while_loop(unfinished, take, start)[2]).astype(dtype)


def uniform_int(stream: Any, shape: Sequence[int], low: Any, high: Any, dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Integers of [low, high), by remainder: the smaller ones are a little likelier when the range is no power of 2."""
    dtype = numpy_type_of(dtype)
    if dtype not in (np.int32, np.int64):
        raise TypeError(f"random integers are int32 or int64, not {dtype.name}")
    count = math.prod(shape)
    low, high = jnp.asarray(low, dtype), jnp.asarray(high, dtype)
    if dtype == np.int64:
        bits = _interleave(_pairs(_draw(stream, count, 2)))[:count]
    else:
        bits = _interleave(_draw(stream, count, 4))[:count]
    span = (high - low).astype(bits.dtype)  # unsigned: it may be too large for the signed type
    values = low + lax.rem(bits, jnp.broadcast_to(span, bits.shape)).astype(dtype)
    return values.reshape(shape), _after(stream, count)


def shuffle(stream: Any, value: Any) -> tuple[jax.Array, jax.Array]:
    """The rows of `value` in random order."""
    value = jnp.asarray(value)
    if value.size <= 1 or value.shape[0] <= 1:  # nothing to shuffle, and nothing drawn
        return value, jnp.asarray(stream)
    order, after = permutation(stream, value.shape[0])
    return value.at[order].get(mode="promise_in_bounds", unique_indices=True), after


def permutation(stream: Any, count: int) -> tuple[jax.Array, jax.Array]:
    """The order into which a Fisher-Yates shuffle brings `count` rows.

    Step i swaps row i with row `target[i]`, which is no earlier. What step i brings to its final place is what an
    earlier step put at that target last: what stood, at that step, where that step itself stood. Following those
    links from step to step gives every row at once, so that no loop runs over the rows.
    """
    if count <= 1:
        return jnp.arange(count, dtype=jnp.int32), jnp.asarray(stream)
    steps = jnp.arange(count - 1, dtype=jnp.int32)
    bits = _interleave(_draw(stream, count - 1, 4))[:count - 1]
    offsets = lax.rem(bits, jnp.uint32(count) - steps.astype(jnp.uint32)).astype(jnp.int32)
    rows = jnp.arange(count, dtype=jnp.int32)
    targets = jnp.append(steps + offsets, jnp.int32(count - 1))  # the last row stays where it is

    # The row standing at i when step i begins: links[i] is the last step that swapped into place i, or i itself.
    links = jnp.full(count, -1, jnp.int32).at[jnp.where(targets == rows, count, targets)].max(rows, mode="drop")
    links = jnp.where(links < 0, rows, links)
    standing, _ = lax.while_loop(
        lambda state: jnp.any(state[1]),
        lambda state: (state[0][state[0]], state[0][state[0]] != state[0]),
        (links, jnp.ones(count, bool)),
    )

    # What step i takes from its target: put there by the last earlier step with the same target, or untouched.
    by_target, by_step = lax.sort((targets, rows), num_keys=2)
    previous = jnp.where(by_target[1:] == by_target[:-1], by_step[:-1], -1)
    previous = jnp.zeros(count, jnp.int32).at[by_step].set(jnp.concatenate([jnp.full(1, -1, jnp.int32), previous]))
    taken = jnp.where(previous < 0, targets, standing[previous])
    order = jnp.where(targets == rows, standing, taken)
    return order, advance(stream, -(-(count - 1) // 4))


def multinomial(stream: Any, logits: Any, num_samples: int) -> tuple[jax.Array, jax.Array]:
    """`num_samples` classes for each row of unnormalized log probabilities, as int64.

    Each is the first class up to which the probabilities add up to more than a uniform number of single precision,
    one number after the other for all rows. A class whose logit is not finite is never drawn; where no other is there,
    the number behind the last class is.
    """
    logits = jnp.asarray(logits)
    logits = logits if jnp.issubdtype(logits.dtype, jnp.inexact) else logits.astype(jnp.float32)
    rows, classes = logits.shape
    if not rows * classes:
        return jnp.zeros((rows, num_samples), jnp.int64), jnp.asarray(stream)
    finite = jnp.isfinite(logits)
    top = jnp.max(jnp.where(finite, logits, -jnp.inf), axis=1, keepdims=True)
    sums = jnp.cumsum(jnp.where(finite, jnp.exp(logits - top), 0).astype(jnp.float64), axis=1)
    uniforms, _ = uniform(stream, (rows, num_samples), np.float32)
    wanted = uniforms.astype(jnp.float64) * sums[:, -1:]
    if num_samples <= FEW_SAMPLES:
        found = jnp.sum(sums[:, None, :] <= wanted[:, :, None], axis=2)
    else:
        found = jax.vmap(functools.partial(jnp.searchsorted, side="right"))(sums, wanted)
    return found.astype(jnp.int64), _after(stream, rows * (-(-num_samples // 4) * 4))


def _counters(stream: jax.Array, offsets: jax.Array) -> tuple[jax.Array, ...]:
    """The stream's counter plus each of `offsets` (uint64), as four arrays of words."""
    low = stream[2].astype(jnp.uint64) | stream[3].astype(jnp.uint64) << jnp.uint64(32)
    moved = low + offsets
    carry = (moved < offsets).astype(jnp.uint32)
    word2 = stream[4] + carry
    word3 = stream[5] + (carry & (word2 == 0))
    return moved.astype(jnp.uint32), (moved >> jnp.uint64(32)).astype(jnp.uint32), word2, word3


def _philox(stream: jax.Array, offsets: jax.Array) -> tuple[jax.Array, ...]:
    """The samples at `offsets` (uint64) from the stream's counter, as four arrays of words.

    Where nothing can stand apart the rounds run as a loop of two turns: that is what XLA fuses no consumer into, and a
    consumer that it does fuse computes all ten rounds again for each of the four words.
    """
    start = _counters(stream, offsets), (stream[0], stream[1])
    if not export.is_symbolic_dim(offsets.size) and offsets.size <= _FEW:  # sooner computed again than a loop is entered
        return _rounds(*_rounds(*start))[0]
    if can_be_apart():
        return apart(_rounds)(*apart(_rounds)(*start))[0]
    return lax.fori_loop(0, 2, lambda _, state: _rounds(*state), start)[0]


def _rounds(words: tuple[jax.Array, ...], keys: tuple[jax.Array, ...]) -> tuple[tuple, tuple]:
    """Half of the rounds."""
    (word0, word1, word2, word3), (key0, key1) = words, keys
    for _ in range(ROUNDS // 2):
        low0, high0 = _multiply(word0, MULTIPLIERS[0])
        low1, high1 = _multiply(word2, MULTIPLIERS[1])
        word0, word1, word2, word3 = high1 ^ word1 ^ key0, low1, high0 ^ word3 ^ key1, low0
        key0, key1 = key0 + jnp.uint32(KEY_STEPS[0]), key1 + jnp.uint32(KEY_STEPS[1])
    return (word0, word1, word2, word3), (key0, key1)


def _multiply(word: jax.Array, constant: int) -> tuple[jax.Array, jax.Array]:
    """The low and the high half of a 64-bit product, which vector units have; four 16-bit products take nine times as
    long."""
    product = word.astype(jnp.uint64) * jnp.uint64(constant)
    return product.astype(jnp.uint32), (product >> jnp.uint64(32)).astype(jnp.uint32)


def _draw(stream: Any, count: int, group: int) -> tuple[jax.Array, ...]:
    """The samples for `count` values of which one sample gives `group`."""
    return _philox(jnp.asarray(stream), lax.iota(jnp.uint64, -(-count // group)))


def _after(stream: Any, count: int) -> jax.Array:
    return advance(stream, count * RESERVED)


def _interleave(columns: Sequence[jax.Array]) -> jax.Array:
    """The columns' values, row by row."""
    return jnp.stack(columns, axis=1).reshape(-1)


def numpy_type_of(dtype: Any) -> np.dtype:
    """Of a type of the graph; where a rule is written out, it is the array's already."""
    return np.dtype(getattr(dtype, "array_dtype", dtype))


def _float_type(dtype: Any) -> np.dtype:
    numpy_type = numpy_type_of(dtype)
    if numpy_type not in (np.float16, np.float32, np.float64):
        raise TypeError(f"random numbers are float16, float32 or float64, not {numpy_type.name}")
    return numpy_type


def _group(dtype: np.dtype) -> int:
    """How many values one sample gives."""
    return 2 if dtype == np.float64 else 4


def _unit_float(words: jax.Array, dtype: np.dtype) -> jax.Array:
    """[0, 1) from the low bits of each word: a mantissa between 1 and 2, less 1."""
    if dtype == np.float16:
        bits = (words & jnp.uint32(0x3FF) | jnp.uint32(15 << 10)).astype(jnp.uint16)
        return lax.bitcast_convert_type(bits, jnp.float16) - jnp.float16(1)
    bits = words & jnp.uint32(0x7FFFFF) | jnp.uint32(127 << 23)
    return lax.bitcast_convert_type(bits, jnp.float32) - jnp.float32(1)


def _pairs(words: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
    """Two 64-bit words of the four, the low half first."""
    low0, high0, low1, high1 = (word.astype(jnp.uint64) for word in words)
    return low0 | high0 << jnp.uint64(32), low1 | high1 << jnp.uint64(32)


def _doubles(words: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
    """[0, 1) from each pair of words, the high half first."""
    high0, low0, high1, low1 = words

    def unit(bits: jax.Array) -> jax.Array:
        bits = bits & jnp.uint64((1 << 52) - 1) | jnp.uint64(1023 << 52)
        return lax.bitcast_convert_type(bits, jnp.float64) - jnp.float64(1)

    first, second = _pairs((low0, high0, low1, high1))
    return unit(first), unit(second)


def _box_muller(words: tuple[jax.Array, ...], dtype: np.dtype) -> tuple[jax.Array, ...]:
    """The normal numbers of one sample: four of float32 (for float16 too), or two of float64.

    TensorFlow's float kernel takes `log`, `sqrt` and the angle's product in double precision and rounds after each
    of them that it stores; with the same roundings the numbers are its own to the last bit.
    """
    if dtype == np.float64:
        return _polar(*_doubles(words), jnp.float64)
    radius0, angle0, radius1, angle1 = (_unit_float(word, np.dtype(np.float32)) for word in words)
    return _polar(radius0, angle0, jnp.float32) + _polar(radius1, angle1, jnp.float32)


def _polar(radius: jax.Array, angle: jax.Array, dtype: Any) -> tuple[jax.Array, jax.Array]:
    """Two normal numbers from two uniform ones."""
    radius = jnp.maximum(radius, dtype(SMALLEST_UNIFORM)).astype(jnp.float64)
    radius = jnp.sqrt(-2.0 * jnp.log(radius)).astype(dtype)
    angle = (2.0 * math.pi * angle.astype(jnp.float64)).astype(dtype)
    return jnp.sin(angle) * radius, jnp.cos(angle) * radius


def doubles_at(stream: Any, offsets: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The two uniform float64 numbers that each of the samples at `offsets` gives."""
    return _doubles(_philox(jnp.asarray(stream), offsets))


def normals_of(first: jax.Array, second: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The two normal float64 numbers that the two uniform ones of a sample give."""
    return _polar(first, second, jnp.float64)
