"""What estimators take from scikit-learn, where it is installed, and what stands in for it where it is not."""

from __future__ import annotations

import importlib.util
import inspect
from typing import Any

import numpy as np


class _BaseEstimator:
    """Parameters by name: those of the constructor."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        if cls.__init__ is object.__init__:
            return []
        parameters = inspect.signature(cls.__init__).parameters.values()
        return sorted(p.name for p in parameters if p.name != "self" and p.kind == p.POSITIONAL_OR_KEYWORD)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters; with `deep`, those of parameters that are estimators as well, as `parameter__name`."""
        found = {name: getattr(self, name, None) for name in self._get_param_names()}
        if deep:
            for name, value in list(found.items()):
                if isinstance(value, _BaseEstimator):
                    found.update((f"{name}__{key}", inner) for key, inner in value.get_params().items())
        return found

    def set_params(self, **params: Any) -> Any:
        """Sets parameters, also those of parameters that are estimators. ValueError for unknown ones."""
        known = self.get_params(deep=True)
        for name, value in params.items():
            owner, _, inner = name.partition("__")
            if owner not in known:
                raise ValueError(f"Invalid parameter {owner} for estimator {type(self).__name__}")
            if inner:
                known[owner].set_params(**{inner: value})
            else:
                setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in sorted(self.get_params(deep=False).items()))
        return f"{type(self).__name__}({params})"


class _ClassifierMixin:
    """What all classifiers can do."""

    _estimator_type = "classifier"

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The part of the rows whose class is predicted rightly."""
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)  # type: ignore[attr-defined]


class _RegressorMixin:
    """What all regressors can do."""

    _estimator_type = "regressor"

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """1 less the part of the targets' variance that the predictions miss."""
        truth, guess = np.asarray(y, float), np.asarray(self.predict(X), float)  # type: ignore[attr-defined]
        truth, guess = truth.reshape(len(truth), -1), guess.reshape(len(guess), -1)
        weight = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, float)
        missed = np.average((truth - guess) ** 2, axis=0, weights=weight)
        spread = np.average((truth - np.average(truth, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
        scores = np.where(spread > 0, 1 - missed / np.where(spread > 0, spread, 1), np.where(missed > 0, 0.0, 1.0))
        return float(scores.mean())


class _TransformerMixin:
    """What all transformers can do."""

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """`fit`, then `transform`, of the same rows."""
        fitted = self.fit(X, **fit_params) if y is None else self.fit(X, y, **fit_params)  # type: ignore[attr-defined]
        return fitted.transform(X)


class _NotFittedError(ValueError, AttributeError):
    """An estimator is asked for what only `fit` makes."""


def _accuracy_score(y_true: Any, y_pred: Any, normalize: bool = True, sample_weight: Any = None) -> float:
    right = np.asarray(y_true) == np.asarray(y_pred)
    right = right.reshape(len(right), -1).all(1)
    weight = np.ones(len(right)) if sample_weight is None else np.asarray(sample_weight, float)
    return float(np.average(right, weights=weight)) if normalize else float(np.dot(right, weight))


def _mean_squared_error(y_true: Any, y_pred: Any) -> float:
    truth, guess = np.asarray(y_true, float), np.asarray(y_pred, float)
    return float(np.mean((truth.reshape(len(truth), -1) - guess.reshape(len(guess), -1)) ** 2))


def _train_test_split(*args: Any, **options: Any) -> list[Any]:
    test_size, train_size = options.pop("test_size", None), options.pop("train_size", None)
    generator = np.random.RandomState(options.pop("random_state", None))
    if options:
        raise TypeError(f"Invalid parameters passed: {options}")
    if not args:
        raise ValueError("At least one array required as input")
    total = len(args[0])
    if train_size is None:
        test = _count(0.25 if test_size is None else test_size, total)
        train = total - test
    else:
        train = _count(train_size, total)
        test = total - train if test_size is None else _count(test_size, total)
    if train + test > total:
        raise ValueError(f"{train} rows to train with and {test} to test with are more than there are: {total}")
    order = generator.permutation(total)
    chosen = order[test:test + train], order[:test]  # as scikit-learn chooses
    return [_rows(array, rows) for array in args for rows in chosen]


def _count(size: Any, total: int) -> int:
    return int(np.ceil(size * total)) if isinstance(size, float) else int(size)


def _rows(array: Any, rows: np.ndarray) -> Any:
    if hasattr(array, "iloc"):
        return array.iloc[rows]
    return np.asarray(array)[rows] if not isinstance(array, list) else [array[i] for i in rows]


def _installed() -> bool:
    return importlib.util.find_spec("sklearn") is not None


if _installed():
    from sklearn.base import BaseEstimator as BaseEstimator  # type: ignore[import-not-found]
    from sklearn.base import ClassifierMixin as ClassifierMixin  # type: ignore[import-not-found]
    from sklearn.base import RegressorMixin as RegressorMixin  # type: ignore[import-not-found]
    from sklearn.base import TransformerMixin as TransformerMixin  # type: ignore[import-not-found]
    from sklearn.exceptions import NotFittedError as NotFittedError  # type: ignore[import-not-found]
    from sklearn.metrics import accuracy_score as accuracy_score  # type: ignore[import-not-found]
    from sklearn.metrics import log_loss as log_loss  # type: ignore[import-not-found]
    from sklearn.metrics import mean_squared_error as mean_squared_error  # type: ignore[import-not-found]
    from sklearn.model_selection import train_test_split as train_test_split  # type: ignore[import-not-found]
else:
    BaseEstimator, ClassifierMixin, RegressorMixin = _BaseEstimator, _ClassifierMixin, _RegressorMixin
    TransformerMixin, NotFittedError = _TransformerMixin, _NotFittedError
    accuracy_score, mean_squared_error, train_test_split = _accuracy_score, _mean_squared_error, _train_test_split
    log_loss = None
