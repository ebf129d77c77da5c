"""The random kernels against what the real TensorFlow drew, and against Philox written in Python integers."""

import json
import math
import pathlib

import jax
import numpy as np
import pytest

from lowering.host import philox as host_philox
from lowering.kernels import random

RECORDED = np.load(pathlib.Path(__file__).parent.parent / "reference" / "random.npz", allow_pickle=False)
CASES = json.loads(str(RECORDED["cases"][()].astype(str)))


def name_of(case):
    shape = "x".join(map(str, case["shape"])) or "scalar"
    span = f"-{case['low']}..{case['high']}" if "low" in case else ""
    return f"{case['kind']}-{case['dtype']}-{shape}{span}-{case['seed']}-{case['seed2']}"


def draw(case, stream):
    """One run of the case's operation, compiled, on a stream that is traced."""
    kind, shape, dtype = case["kind"], tuple(case["shape"]), np.dtype(case["dtype"])
    if kind == "uniform_int":
        return jax.jit(lambda s: random.uniform_int(s, shape, case["low"], case["high"], dtype))(stream)
    if kind == "shuffle":
        value = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
        return jax.jit(random.shuffle)(stream, value)
    if kind == "multinomial":
        logits = np.array(case["logits"], np.float64).astype(dtype)
        return jax.jit(random.multinomial, static_argnums=2)(stream, logits, shape[1])
    return jax.jit(lambda s: getattr(random, kind)(s, shape, dtype))(stream)


def assert_same(got, want, kind):
    """Bit for bit; to two units in the last place where `log`, `sin` and `cos` are XLA's."""
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    if "normal" in kind:
        np.testing.assert_array_max_ulp(got, want, maxulp=2)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("index", range(len(CASES)), ids=[f"{i}-{name_of(case)}" for i, case in enumerate(CASES)])
def test_draws_what_tensorflow_drew(index):
    case, wanted = CASES[index], RECORDED[str(index)]
    stream = random.stream_of(case["seed"], case["seed2"])
    with jax.enable_x64(True):
        for want in wanted:
            value, stream = draw(case, stream)
            value = np.asarray(value)
            assert_same(value[::case["every"]] if "every" in case else value, want, case["kind"])


def philox(stream, sample):
    """The four words of the stream's sample `sample`, by Python's integers."""
    key0, key1, *words = (int(word) for word in stream)
    counter = (sum(word << 32 * i for i, word in enumerate(words)) + sample) % 2**128
    word0, word1, word2, word3 = (counter >> 32 * i & 0xFFFFFFFF for i in range(4))
    for _ in range(10):
        product0, product1 = word0 * 0xD2511F53, word2 * 0xCD9E8D57
        word0, word1 = product1 >> 32 ^ word1 ^ key0, product1 & 0xFFFFFFFF
        word2, word3 = product0 >> 32 ^ word3 ^ key1, product0 & 0xFFFFFFFF
        key0, key1 = key0 + 0x9E3779B9 & 0xFFFFFFFF, key1 + 0xBB67AE85 & 0xFFFFFFFF
    return [word0, word1, word2, word3]


def floats(stream, count):
    """The first `count` uniform float32 numbers of the stream."""
    words = np.array([philox(stream, i) for i in range(-(-count // 4))], np.uint32).reshape(-1)[:count]
    return (words & 0x7FFFFF | 127 << 23).astype(np.uint32).view(np.float32) - np.float32(1)


def test_philox_gives_the_published_vector():
    """The known-answer test of Random123 for philox4x32-10 with the digits of pi for counter and key."""
    stream = np.array([0xA4093822, 0x299F31D0, 0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], np.uint32)
    known = [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]
    assert philox(stream, 0) == known
    with jax.enable_x64(True):
        words = random._philox(jax.numpy.asarray(stream), jax.numpy.zeros(1, jax.numpy.uint64))
    assert [int(word[0]) for word in words] == known


@pytest.mark.parametrize("counter", [[0xFFFFFFFF] * 4, [0xFFFFFFFE, 0xFFFFFFFF, 5, 0], [0xFFFFFFFF, 0, 0xFFFFFFFF, 1],
                                     [0, 0xFFFFFFFF, 0xFFFFFFFF, 0]], ids=lambda counter: "-".join(map(str, counter)))
@pytest.mark.parametrize("samples", [0, 1, 2, 256, 2**32 - 1, 2**32, 2**40 + 3, 2**63])
def test_advance_adds_128_bits(counter, samples):
    total = (sum(word << 32 * i for i, word in enumerate(counter)) + samples) % 2**128
    with jax.enable_x64(True):
        after = jax.jit(random.advance)(np.array([11, 12, *counter], np.uint32), np.uint64(samples))
    assert after.dtype == np.uint32
    assert after.tolist() == [11, 12, *(total >> 32 * i & 0xFFFFFFFF for i in range(4))]


def test_a_carry_inside_one_draw():
    """The samples of one draw cross the end of the counter's lower half."""
    stream = np.array([3, 4, 0xFFFFFFFD, 0xFFFFFFFF, 0xFFFFFFFF, 6], np.uint32)
    with jax.enable_x64(True):
        values, after = random.uniform(stream, (23,), np.float32)
    np.testing.assert_array_equal(values, floats(stream, 23))
    assert after.tolist() == [3, 4, 23 * 256 - 3, 0, 0, 7]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 17, 4000])
def test_shuffle_is_fisher_yates(count):
    stream = random.stream_of(5, 6)
    words = [word for i in range(-(-(count - 1) // 4)) for word in philox(stream, i)]
    expected = list(range(count))
    for i in range(count - 1):
        j = i + words[i] % (count - i)
        expected[i], expected[j] = expected[j], expected[i]
    with jax.enable_x64(True):
        value, after = jax.jit(random.shuffle)(stream, np.arange(count))
    assert value.tolist() == expected
    assert after.tolist() == [5, 0, -(-(count - 1) // 4), 0, 6, 0]


@pytest.mark.parametrize("counter", [0, 2**32 - 2, 2**64 - 3, 2**128 - 1])
@pytest.mark.parametrize("count", [0, 1, 2, 9, 100])
def test_the_host_draws_what_the_device_draws(counter, count):
    stream = np.array([5, 0, *(counter >> 32 * i & 0xFFFFFFFF for i in range(4))], np.uint32)
    with jax.enable_x64(True):
        order, after = random.permutation(stream, count)
    ours, ours_after = host_philox.permutation(stream, count)
    assert ours.tolist() == order.tolist()
    assert ours_after.tolist() == after.tolist()


LOGITS = np.log(np.array([[.1, .2, .3, .4, 0], [.5, .2, .2, .1, 1e-9], [.2] * 5], np.float64) + 1e-30)


def test_multinomial_of_half_precision_and_many_samples():
    logits = np.maximum(LOGITS, -60).astype(np.float16)
    stream = random.stream_of(9, 10)
    with jax.enable_x64(True):
        value, after = jax.jit(random.multinomial, static_argnums=2)(stream, logits, 6)
        many, _ = jax.jit(random.multinomial, static_argnums=2)(stream, logits[:1], 40)
        few, _ = jax.jit(random.multinomial, static_argnums=2)(stream, logits[:1], 7)
    assert value.dtype == np.int64
    weights = np.exp(logits - logits.max(1, keepdims=True)).astype(np.float64)
    uniforms = floats(stream, 6 * len(logits)).reshape(-1, 6)
    wanted = [np.searchsorted(sums, some * sums[-1], "right")
              for sums, some in zip(np.cumsum(weights, 1), uniforms, strict=True)]
    np.testing.assert_array_equal(value, wanted)
    np.testing.assert_array_equal(many[:, :7], few)
    assert after.tolist() == [9, 0, len(logits) * 8 * 256, 0, 10, 0]


def test_multinomial_of_nothing_draws_nothing():
    with jax.enable_x64(True):
        value, after = random.multinomial(random.stream_of(1, 2), np.zeros((0, 3), np.float32), 2)
    assert value.shape == (0, 2)
    assert after.tolist() == [1, 0, 0, 0, 2, 0]


@pytest.mark.parametrize(("draw", "error"), [
    (lambda stream: random.uniform(stream, (2,), np.int32), "are float16, float32 or float64, not int32"),
    (lambda stream: random.uniform_int(stream, (2,), 0, 3, np.int16), "are int32 or int64, not int16"),
])
def test_other_types_are_refused(draw, error):
    with jax.enable_x64(True), pytest.raises(TypeError, match=error):
        draw(random.stream_of(1, 2))


@pytest.mark.parametrize("kind", ["uniform", "normal", "truncated_normal"])
def test_a_draw_stands_inside_what_is_differentiated(kind):
    """Its loops are no obstacle: nothing is differentiated by a stream."""
    stream, x = random.stream_of(1, 2), np.arange(5, dtype=np.float32)
    with jax.enable_x64(True):
        drawn, _ = getattr(random, kind)(stream, (5,), np.float32)

        def scaled(stream, x):
            values, after = getattr(random, kind)(stream, (5,), np.float32)
            return x * values, after

        _, pullback, _ = jax.vjp(scaled, stream, x, has_aux=True)
        np.testing.assert_array_equal(pullback(np.ones(5, np.float32))[1], drawn)


def test_a_shuffle_passes_gradients_to_the_rows():
    stream, x = random.stream_of(3, 4), np.arange(6, dtype=np.float32)
    with jax.enable_x64(True):
        order, _ = random.permutation(stream, 6)
        _, pullback, _ = jax.vjp(lambda x: random.shuffle(stream, x), x, has_aux=True)
        np.testing.assert_array_equal(pullback(x)[0][order], x)
