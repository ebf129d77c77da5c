"""Stochastic dual coordinate ascent on linear models, one example after the other.

The dual variable `a` of an example of weight `c` and features `x` is kept in the session by the example's id. The
weights before shrinking are `sum(c * a * x) / l2`; each step finds the `a` that is best while the others stay.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lowering.registry import lowers
from tracer import errors

_KIND = "Sdca"


class _Loss(NamedTuple):
    """A loss `f(z, y)` of the model's sum `z` and the label `y`."""

    value: Callable[[Any, Any], Any]
    conjugate: Callable[[Any, Any], Any]  # the largest of -a * z - f(z, y) over all z
    best: Callable[[float, float, float, float], float]  # of a, where a step by d moves z by `slope * d`


def _best_squared(dual: float, found: float, label: float, slope: float) -> float:
    return dual + (label - found - dual) / (1 + slope)


def _best_hinge(dual: float, found: float, label: float, slope: float) -> float:
    if not slope:
        return label if label * found < 1 else 0.0
    return label * min(1.0, max(0.0, (1 - label * found) / slope + label * dual))


def _best_logistic(dual: float, found: float, label: float, slope: float) -> float:
    """Newton's method on `p = sigmoid(-(label * z))`, kept between the bounds that it has shown."""
    start = label * dual
    low, high, at = 0.0, 1.0, min(max(start, 0.0), 1.0)
    for _ in range(100):
        other = 1 / (1 + math.exp(min(label * found + slope * (at - start), 700.0)))
        off = at - other
        low, high = (at, high) if off < 0 else (low, at)
        step = at - off / (1 + slope * other * (1 - other))
        after = step if low <= step <= high else (low + high) / 2
        if abs(after - at) < 1e-12:
            break
        at = after
    return label * at


def _entropy(dual: Any, label: Any) -> Any:
    share = np.clip(dual * label, 0, 1)
    return sum(part * np.log(np.where(part > 0, part, 1)) for part in (share, 1 - share))


_LOSSES = {
    "hinge_loss": _Loss(lambda z, y: np.maximum(0, 1 - y * z), lambda a, y: -a * y, _best_hinge),
    "logistic_loss": _Loss(lambda z, y: np.logaddexp(0, -y * z), _entropy, _best_logistic),
    "squared_loss": _Loss(lambda z, y: (z - y) ** 2 / 2, lambda a, y: a * a / 2 - a * y, _best_squared),
}


class _Duals:
    """What a solver remembers: the dual variables by the ids of their examples, and how the last pass ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: dict[Any, float] = {}
        self.stats = (0.0, 0.0, 0.0)


def _duals(session: Any, container: str, solver: str) -> _Duals:
    with session.state.lock:
        return session.state.resources.setdefault((_KIND, container, solver), _Duals())


@lowers("SdcaPass", host=True)
def sdca_pass(sparse_features_indices: list[Any], sparse_features_values: list[Any], dense_features: list[Any],
              example_weights: Any, example_labels: Any, example_ids: Any, sparse_weights: list[Any],
              dense_weights: list[Any], *, loss_type: Any, l1: Any, l2: Any, num_inner_iterations: Any,
              container: Any, solver_uuid: Any, from_zero: Any, session: Any) -> Any:
    _check(example_weights, example_labels, example_ids)
    labels = _labels(loss_type, example_labels)
    features = _features(sparse_features_indices, sparse_features_values, dense_features, sparse_weights, len(labels))
    weights = np.concatenate([np.ravel(w) for w in (*sparse_weights, *dense_weights)] or [np.zeros(0)]).astype(float)
    used = [int(row) for row in np.flatnonzero(example_weights)]
    duals = _duals(session, container, solver_uuid)
    with duals.lock:
        loss, keys = _LOSSES[loss_type], example_ids.tolist()
        if from_zero and not duals.values:
            weights[:] = 0
        for _ in range(num_inner_iterations):
            for row in used:
                _improve(features, row, weights, loss, labels[row], float(example_weights[row]), duals.values, keys[row],
                         l1, l2)
        found = features.times(_shrunk(weights, l1 / l2))
        each = np.array([duals.values.get(key, 0.0) for key in keys])
        shares = example_weights.astype(float)
        duals.stats = (float(shares @ loss.value(found, labels)), float(shares @ loss.conjugate(each, labels)),
                       float(shares.sum()))
    sizes = np.cumsum([np.size(w) for w in (*sparse_weights, *dense_weights)])[:-1]
    parts = np.split(weights.astype(np.float32), sizes) if sparse_weights or dense_weights else []
    parts = [part.reshape(np.shape(w)) for part, w in zip(parts, (*sparse_weights, *dense_weights), strict=True)]
    return parts[:len(sparse_weights)], parts[len(sparse_weights):]


def _improve(features: _Features, row: int, weights: np.ndarray, loss: _Loss, label: float, share: float,
             duals: dict[Any, float], key: Any, l1: float, l2: float) -> None:
    """Sets the dual variable of one example to its best value, and changes the weights accordingly."""
    at, values = features.of(row)
    found = float(values @ _shrunk(weights[at], l1 / l2))
    old = duals.get(key, 0.0)
    new = loss.best(old, found, label, share * float(values @ values) / l2)
    weights[at] += share * (new - old) / l2 * values
    duals[key] = new


def _shrunk(weights: np.ndarray, by: float) -> np.ndarray:
    return np.sign(weights) * np.maximum(np.abs(weights) - by, 0) if by else weights


def _check(weights: Any, labels: Any, ids: Any) -> None:
    for name, values in (("weights", weights), ("labels", labels), ("ids", ids)):
        if np.ndim(values) != 1 or len(values) != len(weights):
            raise errors.InvalidArgumentError(
                None, None, f"example_{name} has the shape {list(np.shape(values))}; it must be a vector, as long as "
                            f"example_weights, whose shape is {list(np.shape(weights))}")
    if np.any(weights < 0):
        raise errors.InvalidArgumentError(None, None, "Example weights must not be negative.")


def _labels(loss_type: str, labels: Any) -> np.ndarray:
    labels = labels.astype(float)
    if loss_type == "squared_loss":
        return labels
    if not np.isin(labels, (0.0, 1.0)).all():
        raise errors.InvalidArgumentError(None, None, "Only labels of 0.0 or 1.0 are supported right now.")
    return 2 * labels - 1


class _Features:
    """All features of all examples: `values` at `columns`, those of one example next to each other."""

    def __init__(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, count: int, width: int) -> None:
        places, which = np.unique(rows * width + columns, return_inverse=True)
        self.rows, self.columns = places // max(width, 1), places % max(width, 1)
        self.values = np.bincount(which, values, len(places))  # what stands twice at a place is added
        self.starts = np.searchsorted(self.rows, np.arange(count + 1))

    def of(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the features of one example stand, and their values."""
        span = slice(self.starts[row], self.starts[row + 1])
        return self.columns[span], self.values[span]

    def times(self, weights: np.ndarray) -> np.ndarray:
        """For each example, the sum of its features times the weights."""
        return np.bincount(self.rows, self.values * weights[self.columns], len(self.starts) - 1)


def _features(indices: list[Any], values: list[Any], dense: list[Any], weights: list[Any], count: int) -> _Features:
    rows, columns, found, width = [], [], [], 0
    for places, given, own in zip(indices, values, weights, strict=True):
        outside = (places < 0) | (places >= [count, len(own)])
        if outside.any():
            raise errors.InvalidArgumentError(
                None, None, f"A sparse feature has the index {places[outside.any(axis=1)][0].tolist()}; there are {count} "
                            f"examples and {len(own)} weights")
        rows.append(places[:, 0])
        columns.append(places[:, 1] + width)
        found.append(given)
        width += len(own)
    for given in dense:
        if np.shape(given) not in ((count,), (count, 1)):
            raise errors.InvalidArgumentError(None, None, f"A dense feature has the shape {list(np.shape(given))}; there "
                                                          f"are {count} examples")
        rows.append(np.arange(count))
        columns.append(np.full(count, width))
        found.append(np.ravel(given))
        width += 1
    whole = np.concatenate([np.zeros(0, np.int64), *rows]), np.concatenate([np.zeros(0, np.int64), *columns])
    return _Features(*whole, np.concatenate([np.zeros(0), *found]), count, width)


@lowers("SdcaTrainingStats", host=True)
def sdca_training_stats(*, container: Any, solver_uuid: Any, session: Any) -> Any:
    primal, dual, weight = _duals(session, container, solver_uuid).stats
    if not weight:
        raise errors.InvalidArgumentError(None, None, "No examples found or all examples have zero weight.")
    return np.float64(primal), np.float64(dual), np.float64(weight)
