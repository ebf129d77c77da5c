"""Random numbers, shuffles and crops, and the seeds that fix them."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, control_flow, logic, math, reduction
from tracer.static import constant_sizes, constant_value

DEFAULT_GRAPH_SEED = 87654321


def set_random_seed(seed: int) -> None:
    """Fixes the random numbers of the operations that the default graph gets from now on.

    >>> tf.set_random_seed(1)
    >>> tf.random_uniform([2], seed=7).eval()
    array([0.78784764, 0.70039785], dtype=float32)
    """
    scopes.get_default_graph().seed = seed


def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The two seeds of the operation that is recorded next: the graph's and its own.

    Without a seed of its own, an operation in a graph that has one takes the number of operations so far.
    """
    graph = scopes.get_default_graph()
    if graph.seed is not None:
        return graph.seed, graph.version if op_seed is None else op_seed
    return (None, None) if op_seed is None else (DEFAULT_GRAPH_SEED, op_seed)


def _shape_tensor(shape: Any) -> Tensor:
    empty = isinstance(shape, (list, tuple)) and not shape
    return internal_convert_to_tensor(shape, dtypes.int32 if empty else None, "shape")


def random_uniform(shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32,
                   seed: int | None = None, name: str | None = None) -> Tensor:
    """Uniformly distributed numbers of [`minval`, `maxval`); integers where `dtype` is int32 or int64.

    Args:
        shape: a list of ints or a vector tensor.
        maxval: 1 by default for floats; integers need it.
        seed: fixes the numbers together with `tf.set_random_seed`.

    Raises:
        ValueError: an integer type and no `maxval`.
    """
    kind = dtypes.as_dtype(dtype).base_dtype
    if maxval is None:
        if kind.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {kind!r}")
        maxval = 1
    with scopes.op_scope([shape, minval, maxval], name, "random_uniform") as scope:
        shape = _shape_tensor(shape)
        minval = internal_convert_to_tensor(minval, kind, "min")
        maxval = internal_convert_to_tensor(maxval, kind, "max")
        seed1, seed2 = get_seed(seed)
        if kind.is_integer:
            return _random_uniform_int(shape, minval, maxval, seed1, seed2, name=scope)
        numbers = _random_uniform(shape, kind, seed1, seed2)
        return math.add(math.mul(numbers, math.sub(maxval, minval, name="sub"), name="mul"), minval, name=scope)


def random_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
                  seed: int | None = None, name: str | None = None) -> Tensor:
    """Normally distributed numbers.

    Args:
        shape: a list of ints or a vector tensor.
        seed: fixes the numbers together with `tf.set_random_seed`.
    """
    return _spread(_random_standard_normal, shape, mean, stddev, dtype, seed, name, "random_normal")


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
                     seed: int | None = None, name: str | None = None) -> Tensor:
    """Normally distributed numbers, those beyond two standard deviations drawn again."""
    return _spread(_truncated_normal, shape, mean, stddev, dtype, seed, name, "truncated_normal")


def _spread(draw: Any, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None, name: str | None,
            default: str) -> Tensor:
    kind = dtypes.as_dtype(dtype).base_dtype
    with scopes.op_scope([shape, mean, stddev], name, default) as scope:
        shape = _shape_tensor(shape)
        mean = internal_convert_to_tensor(mean, kind, "mean")
        stddev = internal_convert_to_tensor(stddev, kind, "stddev")
        seed1, seed2 = get_seed(seed)
        numbers = draw(shape, kind, seed1, seed2)
        return math.add(math.mul(numbers, stddev, name="mul"), mean, name=scope)


@op("RandomUniform")
def _random_uniform(shape: Tensor, dtype: Any, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    return constant_sizes(shape)


@op("RandomUniformInt")
def _random_uniform_int(shape: Tensor, minval: Tensor, maxval: Tensor, seed: int = 0, seed2: int = 0,
                        name: str | None = None) -> Any:
    shapes.rank(minval.sizes, 0)
    shapes.rank(maxval.sizes, 0)
    return constant_sizes(shape)


@op("RandomStandardNormal")
def _random_standard_normal(shape: Tensor, dtype: Any, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    return constant_sizes(shape)


@op("TruncatedNormal")
def _truncated_normal(shape: Tensor, dtype: Any, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    return constant_sizes(shape)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """The rows of `value` in random order."""
    seed1, seed2 = get_seed(seed)
    return _random_shuffle(value, seed1, seed2, name=name)


@op("RandomShuffle")
def _random_shuffle(value: Tensor, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    return value.sizes


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A block of `value` of shape `size`, from a random place.

    >>> tf.shape(tf.random_crop(image, [24, 24, 3])).eval()
    array([24, 24,  3], dtype=int32)

    A run fails with InvalidArgumentError when `value` is too small.
    """
    with scopes.op_scope([value, size], name, "random_crop") as scope:
        value = internal_convert_to_tensor(value, name="value")
        size = internal_convert_to_tensor(size, dtypes.int32, "size")
        shape = array.shape(value)
        fits = control_flow.Assert(reduction.reduce_all(logic.greater_equal(shape, size)),
                                   ["Need value.shape >= size, got ", shape, size])
        shape = control_flow.with_dependencies([fits], shape)
        limit = math.add(math.sub(shape, size, name="sub"), 1, name="add")
        drawn = random_uniform(array.shape(shape), maxval=dtypes.int32.max, dtype=dtypes.int32, seed=seed)
        return array.slice(value, math.mod(drawn, limit, name="mod"), size, name=scope)


def multinomial(logits: Any, num_samples: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """`num_samples` classes for each row of unnormalized log probabilities, as int64.

    >>> tf.multinomial(tf.log([[10., 10.]]), 5).eval().shape
    (1, 5)
    """
    with scopes.op_scope([logits], name, "multinomial"):
        logits = internal_convert_to_tensor(logits, name="logits")
        seed1, seed2 = get_seed(seed)
        return _multinomial(logits, num_samples, seed1, seed2)


@op("Multinomial")
def _multinomial(logits: Tensor, num_samples: Tensor, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    rows, _ = shapes.rank(logits.sizes, 2)
    count = constant_value(num_samples)
    return rows, None if count is None else int(count)
