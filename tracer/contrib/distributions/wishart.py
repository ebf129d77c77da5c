"""Distributions of positive definite matrices; from 0.10 on."""

from __future__ import annotations

import math as numbers
from operator import add, mul, sub
from typing import Any

import numpy as np

from tracer import shapes
from tracer.contrib.distributions.distribution import Distribution, new_seed
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import (
    array,
    casting,
    check,
    constants,
    control_flow,
    linalg,
    logic,
    math,
    matrix,
    random,
    reduction,
    special,
)
from tracer.ops.later_maths import random_gamma
from tracer.properties import reads
from tracer.static import constant_value


class WishartCholesky(Distribution):
    """Wishart distributions with `df` degrees of freedom and a scale matrix whose Cholesky decomposition is `scale`.

    >>> d = tf.contrib.distributions.WishartCholesky(df=5.0, scale=[[1.0, 0.0], [0.5, 1.0]])
    >>> d.mean().eval()
    array([[5.  , 2.5 ],
           [2.5 , 6.25]], dtype=float32)

    Args:
        df: at least the number of the matrix's rows; ValueError for less, where that is known.
        scale: a lower triangular matrix, or a batch of them.
        cholesky_input_output_matrices: whether all matrices that are taken and given are Cholesky decompositions.
        validate_args: whether a run checks `df`.
        allow_nan_stats: whether a mode that is not defined is NaN, rather than an error.
        name: of the scope of its operations.
    """

    def __init__(self, df: Any, scale: Any, cholesky_input_output_matrices: bool = False, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "WishartCholesky") -> None:
        self._make(df, scale, lambda matrices: matrix.batch_matrix_band_part(matrices, -1, 0),
                   cholesky_input_output_matrices, validate_args, allow_nan_stats, name)

    def _make(self, df: Any, scale: Any, decomposed: Any, is_decomposed: bool, validate_args: bool, allow_nan_stats: bool,
              name: str) -> None:
        given = convert_to_tensor(scale, name="scale")
        parameters = {"df": df, "scale": scale, "cholesky_input_output_matrices": is_decomposed,
                      "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(given.dtype.base_dtype, parameters, True, True, validate_args, allow_nan_stats, name=name)
        self._is_decomposed = is_decomposed
        with self._scope("init"):
            self._chol = decomposed(given)
            self._dimension = casting.cast(array.shape(self._chol)[-1], self.dtype)  # type: ignore[index]
            self._df = self._checked(convert_to_tensor(df, self.dtype, name="df"))

    def _checked(self, df: Tensor) -> Tensor:
        value, size = constant_value(df), self.get_event_shape()[0].value
        message = "Degrees of freedom (df = {}) cannot be less than dimension of scale matrix (scale.dimension = {})"
        if value is not None and size is not None:
            if np.any(value < size):
                raise ValueError(message.format(value, size))
            return df
        if not self._validate_args:
            return df
        return control_flow.with_dependencies(
            [check.assert_less_equal(self._dimension, df, message=message.format(df.name, self._dimension.name))], df)

    df = reads("_df", "The degrees of freedom.")
    dimension = reads("_dimension", "The number of the matrices' rows, as a number of their type.")
    cholesky_input_output_matrices = reads("_is_decomposed", "Whether matrices are taken and given as decompositions.")

    def _batch_shape(self) -> Tensor:
        return array.shape(self._chol)[:-2]  # type: ignore[index]

    def _get_batch_shape(self) -> shapes.TensorShape:
        return self._chol.get_shape()[:-2]

    def _event_shape(self) -> Tensor:
        return array.shape(self._chol)[-2:]  # type: ignore[index]

    def _get_event_shape(self) -> shapes.TensorShape:
        return self._chol.get_shape()[-2:]

    def scale(self) -> Tensor:
        """The scale matrix, or its decomposition where matrices are given as such."""
        return self._chol if self._is_decomposed else self._whole(self._chol)

    @staticmethod
    def _whole(chol: Tensor) -> Tensor:
        return math.batch_matmul(chol, chol, adj_y=True)

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        count = array.reshape(casting.to_int32(n), [1])
        zeros = array.zeros_like(self._chol)
        sizes = array.concat(0, [count, array.shape(self._chol)])
        normal = matrix.batch_matrix_band_part(random.random_normal(sizes, 0.0, 1.0, self.dtype, seed), -1, 0)
        halves = add(mul(0.5, array.expand_dims(self._df, -1)), array.zeros_like(matrix.batch_matrix_diag_part(self._chol)))
        gamma = random_gamma(count, sub(halves, self._steps()), 0.5, self.dtype, new_seed(seed, "wishart"))
        off = sub(normal, matrix.batch_matrix_diag(matrix.batch_matrix_diag_part(normal)))
        lower = add(off, matrix.batch_matrix_diag(math.sqrt(gamma)))
        drawn = math.batch_matmul(add(self._chol, array.zeros_like(add(lower, zeros))), lower)
        return drawn if self._is_decomposed else self._whole(drawn)

    def _steps(self) -> Tensor:
        """0, 1/2, 1 and so on, for each row: what the rows' halves of degrees of freedom are less."""
        return mul(0.5, casting.cast(constants.range(array.shape(self._chol)[-1]), self.dtype))  # type: ignore[index]

    def _over_rows(self, function: Any) -> Tensor:
        """The sum of a function of the halves of degrees of freedom that the rows have."""
        return reduction.reduce_sum(function(sub(mul(0.5, array.expand_dims(self._df, -1)), self._steps())), [-1])

    @staticmethod
    def _log_diagonal(chol: Tensor) -> Tensor:
        return reduction.reduce_sum(math.log(matrix.batch_matrix_diag_part(chol)), [-1])

    def _log_prob(self, value: Tensor) -> Tensor:
        root = value if self._is_decomposed else linalg.cholesky(value)
        chol = add(self._chol, array.zeros_like(root))
        root = add(root, array.zeros_like(chol))
        trace = reduction.reduce_sum(math.square(linalg.matrix_triangular_solve(chol, root)), [-2, -1])
        power = mul(sub(sub(self._df, self._dimension), 1.0), self._log_diagonal(root))
        return sub(sub(power, mul(0.5, trace)), self.log_normalizing_constant())

    def log_normalizing_constant(self, name: str = "log_normalizing_constant") -> Tensor:
        """The logarithm of what the density is divided by."""
        with self._scope(name):
            pairs = mul(0.25 * numbers.log(numbers.pi), mul(self._dimension, sub(self._dimension, 1.0)))
            powers = mul(mul(self._df, self._dimension), 0.5 * numbers.log(2))
            determinant = mul(self._df, self._log_diagonal(self._chol))
            return add(add(determinant, powers), add(pairs, self._over_rows(special.lgamma)))

    def mean_log_det(self, name: str = "mean_log_det") -> Tensor:
        """The mean of the logarithm of the determinant."""
        with self._scope(name):
            fixed = add(mul(numbers.log(2), self._dimension), mul(2.0, self._log_diagonal(self._chol)))
            return add(self._over_rows(special.digamma), fixed)

    def _entropy(self) -> Tensor:
        left = sub(sub(self._df, self._dimension), 1.0)
        trace = mul(mul(self._df, self._dimension), 0.5)
        return add(sub(trace, mul(mul(left, 0.5), self.mean_log_det())), self.log_normalizing_constant())

    def _mean(self) -> Tensor:
        if self._is_decomposed:
            return mul(math.sqrt(self._df), self._chol)
        return mul(self._df, self.scale())  # in a batch, each column with a number of its own: so it is in 0.12

    def _variance(self) -> Tensor:
        scale = mul(math.sqrt(self._df), self._whole(self._chol))
        diagonal = array.expand_dims(matrix.batch_matrix_diag_part(scale), -1)
        found = add(math.square(scale), math.batch_matmul(diagonal, diagonal, adj_y=True))
        return linalg.cholesky(found) if self._is_decomposed else found

    def _std(self) -> Tensor:
        if self._is_decomposed:
            raise ValueError("Computing std. dev. when is cholesky_input_output_matrices=True does not make sense.")
        return linalg.cholesky(self._variance())  # not the roots of the variances: this is what 0.12 gives

    def _mode(self) -> Tensor:
        least = add(self._dimension, 1.0)
        left = self._undefined(logic.greater_equal(self._df, least), sub(self._df, least), "mode not defined for df < k + 1")
        factor = math.sqrt(left) if self._is_decomposed else left
        return mul(array.expand_dims(array.expand_dims(factor, -1), -1), self.scale())


class WishartFull(WishartCholesky):
    """Wishart distributions with `df` degrees of freedom and the scale matrix `scale`; see `WishartCholesky`."""

    def __init__(self, df: Any, scale: Any, cholesky_input_output_matrices: bool = False, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "WishartFull") -> None:
        self._make(df, scale, linalg.cholesky, cholesky_input_output_matrices, validate_args, allow_nan_stats, name)
