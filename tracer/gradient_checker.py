"""`tf.test.compute_gradient`: the Jacobian that `tf.gradients` gives beside the one that finite differences give."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.scopes import get_default_session

_SUPPORTED = (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)
_Jacobians = tuple[np.ndarray, np.ndarray]


def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> Any:
    """Compute the Jacobian of `y` with respect to `x`, by gradients and by differences, in the default session.

    Row i and column j hold the derivative of element j of `y` by element i of `x`. A complex element counts as two
    real ones, its real part first.

    Args:
        x: a tensor, or a list of tensors; each is fed while the others keep their values.
        x_shape: its shape, or the list of their shapes.
        y: the tensor to differentiate.
        y_shape: its shape.
        x_init_value: where to differentiate; random when not given.
        delta: half of the step for the differences.
        init_targets: operations to run first, such as the initialization of variables.
        extra_feed_dict: what else is fed; from 0.12 on.

    Returns:
        (theoretical, numeric), two arrays; a list of such pairs for a list of tensors.

    >>> with tf.Session():
    ...     x = tf.constant([1., 2.])
    ...     theoretical, numeric = tf.test.compute_gradient(x, [2], tf.square(x), [2])
    """
    session = get_default_session()
    if session is None:
        raise ValueError("compute_gradient needs a default session, and there is none: use `with sess.as_default()`")
    if init_targets is not None:
        session.run(init_targets)
    run = functools.partial(_run, session, extra_feed_dict or {})
    if not isinstance(x, list):
        return _jacobians(run, x, x_shape, y, y_shape, x_init_value, delta)
    starts = [None] * len(x) if x_init_value is None else x_init_value
    # All gradients are recorded before the first run, so that the graph grows no more after it.
    recorded = [_gradient_of(one, y, y_shape) for one in x]
    return [
        _jacobians(run, one, shape, y, y_shape, start, delta, gradient)
        for one, shape, start, gradient in zip(x, x_shape, starts, recorded, strict=True)
    ]


def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Any,
    y_shape: Any,
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Any = None,
    extra_feed_dict: Any = None,
) -> Any:
    """The largest difference between the two Jacobians of `compute_gradient`, which has the same arguments.

    >>> with tf.Session():
    ...     x = tf.constant([1., 2.])
    ...     assert tf.test.compute_gradient_error(x, [2], tf.square(x), [2]) < 1e-2
    """
    pairs = compute_gradient(x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    if isinstance(pairs, tuple):
        pairs = [pairs]
    error: Any = 0.0
    for theoretical, numeric in pairs:
        if theoretical.size or numeric.size:
            error = np.maximum(error, np.fabs(theoretical - numeric).max())
    return error


def _run(session: Any, others: Any, fetch: Any, feeds: Any) -> Any:
    return session.run(fetch, {**others, **feeds})


def _gradient_of(x: Any, y: Any, y_shape: Sequence[int]) -> tuple[Any, Any]:
    """The gradient of `y` by `x`, and the tensor to feed the gradient of `y` into."""
    from tracer.convert import convert_to_tensor
    from tracer.gradients import gradients

    for tensor in (x, y):
        if tensor.dtype.base_dtype not in _SUPPORTED:
            raise TypeError(f"The gradient of a tensor of type {tensor.dtype.name} cannot be checked: {tensor.name}")
    with y.graph.as_default():
        y_gradient = convert_to_tensor(np.ones(tuple(y_shape), y.dtype.base_dtype.array_dtype))
        return gradients(y, x, y_gradient)[0], y_gradient


def _jacobians(
    run: Callable, x: Any, x_shape: Any, y: Any, y_shape: Any, start: Any, delta: float, gradient: Any = None
) -> _Jacobians:
    dx, dy = gradient or _gradient_of(x, y, y_shape)
    value = _start(x, tuple(x_shape)) if start is None else np.array(start, x.dtype.base_dtype.array_dtype, order="C")
    if value.shape != tuple(x_shape):
        raise ValueError(f"x_init_value has shape {value.shape}, and x_shape is {tuple(x_shape)}")
    theoretical = _theoretical(run, x, value, dx, dy, tuple(y_shape))
    return theoretical, _numeric(run, x, value, y, tuple(y_shape), delta)


def _start(x: Any, shape: tuple[int, ...]) -> np.ndarray:
    # The caller's np.random.seed makes it repeatable. Complex numbers start real, as TensorFlow's do.
    return np.asarray(np.random.random_sample(shape), x.dtype.base_dtype.array_dtype)


def _as_reals(value: np.ndarray) -> np.ndarray:
    """The elements in a row; a complex one as two reals. Shares memory with a contiguous array."""
    flat = value.reshape(-1)
    if flat.dtype.kind != "c":
        return flat
    return flat.view(np.float32 if flat.dtype == np.complex64 else np.float64)


def _theoretical(
    run: Callable, x: Any, value: np.ndarray, dx: Any, dy: Any, y_shape: tuple[int, ...]
) -> np.ndarray:
    direction = np.zeros(y_shape, dy.dtype.base_dtype.array_dtype)
    elements = _as_reals(direction)
    rows = _as_reals(value)
    jacobian = np.zeros((rows.size, elements.size), rows.dtype)
    for column in range(elements.size):
        elements[column] = 1
        jacobian[:, column] = _as_reals(_dense(run(dx, {x: value, dy: direction}), value))
        elements[column] = 0
    if not elements.size:
        # No column shows whether the shape is right.
        got = _dense(run(dx, {x: value, dy: direction}), value).shape
        if got != value.shape:
            raise ValueError(f"Empty gradient has wrong shape: expected {value.shape}, got {got}")
    return jacobian


def _dense(gradient: Any, like: np.ndarray) -> np.ndarray:
    if not hasattr(gradient, "indices"):
        return np.ascontiguousarray(gradient)
    result = np.zeros_like(like)
    np.add.at(result, gradient.indices, gradient.values)
    return result


def _numeric(
    run: Callable, x: Any, value: np.ndarray, y: Any, y_shape: tuple[int, ...], delta: float
) -> np.ndarray:
    moved = np.array(value)
    elements = _as_reals(moved)
    columns = _as_reals(np.zeros(y_shape, y.dtype.base_dtype.array_dtype))
    jacobian = np.zeros((elements.size, columns.size), elements.dtype)
    for row in range(elements.size):
        at = elements[row]
        elements[row] = at + delta
        above = run(y, {x: moved})
        elements[row] = at - delta
        below = run(y, {x: moved})
        elements[row] = at
        jacobian[row, :] = _as_reals(np.ascontiguousarray((above - below) / (2 * delta)))
    return jacobian
