"""The normal distribution of vectors."""

from __future__ import annotations

import math as python_math
from operator import mul, sub
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.contrib.framework.tensor_util import assert_same_float_dtype
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, blocks, casting, constants, control_flow, linalg, logic, math, random, reduction
from tracer.ops.matrix import batch_matrix_diag_part
from tracer.properties import reads
from tracer.static import constant_value

__all__ = ["MultivariateNormal"]


class MultivariateNormal:
    """Normal distributions of vectors of k elements.

    >>> mvn = tf.contrib.distributions.MultivariateNormal([0.0, 0.0], [[2.0, 1.0], [1.0, 2.0]])
    >>> mvn.pdf([0.0, 0.0]).eval()
    0.09188815

    Args:
        mu: the means, of shape [..., k] and of a floating point type.
        sigma: the covariances, of shape [..., k, k]: symmetric and positive definite.
        sigma_chol: instead of `sigma`, its Cholesky factor: a lower triangular matrix with a positive diagonal.
        name: the name of its operations.

    A run fails when the shapes do not go together, or a matrix is not positive definite.

    Raises ValueError unless one of `sigma` and `sigma_chol` is given.
    """

    def __init__(self, mu: Any, sigma: Any = None, sigma_chol: Any = None, name: str | None = None) -> None:
        if (sigma is None) == (sigma_chol is None):
            raise ValueError("Exactly one of sigma and sigma_chol must be provided")
        with scopes.op_scope([mu, sigma, sigma_chol], name, "MultivariateNormal"):
            mu = convert_to_tensor(mu)
            if sigma is not None:
                covariance = convert_to_tensor(sigma)
                assert_same_float_dtype([mu, covariance])
                with scopes.control_dependencies(_shape_checks(mu, covariance)):
                    covariance = array.identity(covariance, name="sigma")
                self._chol = linalg.batch_cholesky(covariance)
                self._sigma: Tensor | None = covariance
            else:
                factor = convert_to_tensor(sigma_chol)
                assert_same_float_dtype([mu, factor])
                positive = logic.greater(batch_matrix_diag_part(factor), 0)
                check = control_flow.Assert(reduction.reduce_all(positive), ["sigma_chol is not positive definite."])
                with scopes.control_dependencies([*_shape_checks(mu, factor), check]):
                    self._chol = array.identity(factor, name="sigma_chol")
                self._sigma = None
            with scopes.control_dependencies([self._chol]):
                self._mu = array.identity(mu, name="mu")

    @property
    def dtype(self) -> dtypes.DType:
        """The type of values and parameters."""
        return self._mu.dtype

    mu = reads("_mu", "The means.")
    mean = reads("_mu", "The means.")

    @property
    def sigma(self) -> Tensor:
        """The covariances."""
        if self._sigma is not None:
            return self._sigma
        return math.batch_matmul(self._chol, self._chol, adj_y=True)

    @property
    def sigma_det(self) -> Tensor:
        """The determinants of the covariances."""
        return math.exp(self._log_det())

    def _log_det(self) -> Any:
        diagonal = math.log(batch_matrix_diag_part(self._chol))
        return 2.0 * reduction.reduce_sum(diagonal, [len(diagonal.get_shape().as_list()) - 1])

    def _k(self) -> Any:
        """The number of elements, as a number of the distributions' type."""
        size = self._chol.get_shape().as_list()[-1]
        if size is not None:
            return float(size)
        return casting.cast(array.shape(self._chol)[-1], self.dtype.base_dtype)  # type: ignore[index]

    def log_pdf(self, x: Any, name: str | None = None) -> Tensor:
        """The logarithm of the density at `x`, whose shape [..., k] is broadcast against that of the means."""
        with scopes.op_scope([self._mu, self._chol, x], name, "MultivariateNormalLogPdf"):
            x = convert_to_tensor(x, dtype=self.dtype.base_dtype, name="x")
            white = self._times(self._inverse(), sub(x, self._mu))
            distance = reduction.reduce_sum(math.square(white), [len(white.get_shape().as_list()) - 1])
            return -0.5 * (self._k() * python_math.log(2 * python_math.pi) + self._log_det() + distance)

    def pdf(self, x: Any, name: str | None = None) -> Tensor:
        """The density at `x`; see `log_pdf`."""
        with scopes.op_scope([self._mu, self._chol, x], name, "MultivariateNormalPdf"):
            return math.exp(self.log_pdf(x))

    def _inverse(self) -> Tensor:
        """The inverses of the Cholesky factors."""
        shape = self._chol.get_shape().as_list()
        if shape[-1] is None:
            return linalg.batch_matrix_inverse(self._chol)
        identity = constants.constant(np.eye(shape[-1]), dtype=self.dtype.base_dtype)
        outer = array.shape(self._chol)[:-2]  # type: ignore[index]
        whole = array.concat(0, [constants.ones_like(outer), [shape[-1]] * 2])
        repeats = array.concat(0, [outer, [1, 1]])
        return linalg.batch_matrix_triangular_solve(
            self._chol, blocks.tile(array.reshape(identity, whole), repeats))

    @staticmethod
    def _times(matrices: Tensor, vectors: Tensor) -> Tensor:
        """Each matrix times its vector, their outer dimensions broadcast."""
        rank = len(vectors.get_shape().as_list())
        products = mul(matrices, array.expand_dims(vectors, rank - 1))
        return reduction.reduce_sum(products, [len(products.get_shape().as_list()) - 1])

    def entropy(self, name: str | None = None) -> Tensor:
        """The differential entropy."""
        with scopes.op_scope([self._mu, self._chol], name, "MultivariateNormalEntropy"):
            return 0.5 * (self._k() * (1 + python_math.log(2 * python_math.pi)) + self._log_det())

    def sample(self, n: Any, seed: int | None = None, name: str | None = None) -> Tensor:
        """Random vectors: `n` of each distribution, along a new first dimension."""
        with scopes.op_scope([self._mu, self._chol, n], name, "MultivariateNormalSample"):
            count = convert_to_tensor(n, dtype=dtypes.int32)
            shape = array.concat(0, [array.shape(self._mu), array.reshape(count, [1])])
            white = random.random_normal(shape, dtype=self.dtype.base_dtype, seed=seed)
            values = math.batch_matmul(self._chol, white)
            sizes = self._mu.get_shape().as_list()
            rank = len(sizes)
            values = array.transpose(values, [rank, *range(rank)]) + self._mu
            values.set_shape([constant_value(count), *sizes])
            return values


def _shape_checks(mu: Tensor, matrix: Tensor) -> list[Any]:
    """What fails when it runs unless `matrix` has one dimension more than `mu`, and otherwise its shape."""
    same_rank = control_flow.Assert(
        logic.equal(array.rank(mu) + 1, array.rank(matrix)),  # type: ignore[operator]
        ["Rank of mu should be one less than rank of sigma: ", array.rank(mu), array.rank(matrix)])
    with scopes.control_dependencies([same_rank]):
        same_shape = control_flow.Assert(
            reduction.reduce_all(logic.equal(array.shape(mu), array.shape(matrix)[:-1])),  # type: ignore[index]
            ["mu.shape and sigma.shape[:-1] must match.  Found shapes: ", array.shape(mu), array.shape(matrix)])
    return [same_rank, same_shape]
