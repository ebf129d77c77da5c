"""Normal distributions of vectors, from TensorFlow 0.10 on."""

from __future__ import annotations

import math as numbers
from operator import add, mul, sub
from typing import Any

from tracer.contrib.distributions.distribution import Distribution
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, linalg, math, matrix, nn, random, reduction
from tracer.properties import reads


class _MultivariateNormal(Distribution):
    """A normal distribution of vectors `mu + scale * z`, where z is normal; subclasses say what `scale` does."""

    def _make(self, mu: Any, parameters: dict[str, Any], validate_args: bool, allow_nan_stats: bool, name: str) -> None:
        mean = convert_to_tensor(mu, name="mu")
        super().__init__(mean.dtype.base_dtype, {"mu": mu, **parameters, "validate_args": validate_args,
                                                 "allow_nan_stats": allow_nan_stats, "name": name}, True, True,
                         validate_args, allow_nan_stats, name=name)
        self._mu = mean

    def _scaled(self, vectors: Tensor) -> Tensor:
        raise NotImplementedError

    def _solved(self, vectors: Tensor) -> Tensor:
        raise NotImplementedError

    def _log_det(self) -> Tensor:
        """The logarithm of the determinant of the scale."""
        raise NotImplementedError

    mu = reads("_mu", "The means.")

    def _batch(self) -> Tensor:
        return reduction.reduce_sum(self._mu, [-1])

    def _event(self) -> Any:
        rank = self._mu.get_shape().ndims
        if rank is None:
            raise ValueError(f"{self.name} needs mu of known rank")
        value = self._mu
        for _ in range(rank - 1):
            value = value[0]  # type: ignore[index]
        return value

    def _size(self) -> Tensor:
        return array.shape(self._mu)[(self._mu.get_shape().ndims or 1) - 1]  # type: ignore[index]

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        rank = self._mu.get_shape().ndims or 1
        sizes = array.concat(0, [array.shape(self._mu), array.reshape(casting.to_int32(n), [1])])
        drawn = random.random_normal(sizes, 0.0, 1.0, self.dtype.base_dtype, seed)  # in the order that 0.12 draws them
        return add(self._scaled(array.transpose(drawn, [rank, *range(rank)])), self._mu)

    def _log_prob(self, value: Tensor) -> Tensor:
        distance = reduction.reduce_sum(math.square(self._solved(sub(value, self._mu))), [-1])
        count = casting.cast(self._size(), self.dtype)
        constant = add(mul(numbers.log(2 * numbers.pi), count), mul(2.0, self._log_det()))
        return -0.5 * add(distance, constant)

    def log_sigma_det(self, name: str = "log_sigma_det") -> Tensor:
        """The logarithm of the determinant of the covariance."""
        with self._scope(name):
            return mul(2.0, self._log_det())

    def sigma_det(self, name: str = "sigma_det") -> Tensor:
        """The determinant of the covariance."""
        return math.exp(self.log_sigma_det(name))

    def _entropy(self) -> Tensor:
        count = casting.cast(self._size(), self.dtype)
        return add(mul(0.5 * (1 + numbers.log(2 * numbers.pi)), count), self._log_det())

    def _std(self) -> Tensor:
        raise NotImplementedError("std is not implemented")

    def _mean(self) -> Tensor:
        return array.identity(self._mu)

    def _mode(self) -> Tensor:
        return array.identity(self._mu)


class MultivariateNormalDiag(_MultivariateNormal):
    """Normal distributions of vectors whose elements do not depend on each other.

    >>> d = tf.contrib.distributions.MultivariateNormalDiag([0.0, 1.0], [1.0, 2.0])
    >>> d.sample(3).get_shape().as_list()
    [3, 2]
    """

    def __init__(self, mu: Any, diag_stdev: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "MultivariateNormalDiag") -> None:
        self._make(mu, {"diag_stdev": diag_stdev}, validate_args, allow_nan_stats, name)
        with self._scope("init"):
            self._stdev = self._parameter(diag_stdev, "diag_stdev", True, self.dtype)

    @property
    def sigma(self) -> Tensor:
        """The covariance."""
        return matrix.batch_matrix_diag(math.square(self._stdev))

    def _scaled(self, vectors: Tensor) -> Tensor:
        return mul(vectors, self._stdev)

    def _solved(self, vectors: Tensor) -> Tensor:
        return math.div(vectors, self._stdev)

    def _log_det(self) -> Tensor:
        return reduction.reduce_sum(math.log(self._stdev), [-1])

    def _variance(self) -> Tensor:
        return self.sigma


class MultivariateNormalDiagWithSoftplusStDev(MultivariateNormalDiag):
    """As `MultivariateNormalDiag`, of the softplus of `diag_stdev`."""

    def __init__(self, mu: Any, diag_stdev: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "MultivariateNormalDiagWithSoftplusStdDev") -> None:
        super().__init__(mu, nn.softplus(diag_stdev), validate_args, allow_nan_stats, name)


class MultivariateNormalCholesky(_MultivariateNormal):
    """Normal distributions of vectors whose covariance has the Cholesky decomposition `chol`."""

    def __init__(self, mu: Any, chol: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "MultivariateNormalCholesky") -> None:
        self._make(mu, {"chol": chol}, validate_args, allow_nan_stats, name)
        with self._scope("init"):
            self._chol = matrix.batch_matrix_band_part(convert_to_tensor(chol, self.dtype), -1, 0)

    @property
    def sigma(self) -> Tensor:
        """The covariance."""
        return math.batch_matmul(self._chol, self._chol, adj_y=True)

    def _each(self, vectors: Tensor, function: Any) -> Tensor:
        """`function` of the matrices and of the vectors that belong to them, as columns."""
        batch = (self._chol.get_shape().ndims or 2) - 2
        rank = vectors.get_shape().ndims
        if rank is None:
            raise ValueError(f"{self.name} needs values of known rank")
        more = rank - 1 - batch
        if more < 0:
            raise ValueError(f"{self.name}: values of rank {rank} for a batch of {batch} dimensions")
        order = [*range(more, rank - 1), rank - 1, *range(more)]  # the batch, the vectors, then what there are several of
        turned = array.transpose(vectors, order)
        sizes = array.shape(turned)
        flat = array.reshape(turned, array.concat(0, [array.slice(sizes, [0], [batch + 1]), [-1]]))
        found = array.reshape(function(flat), sizes)
        return array.transpose(found, [order.index(axis) for axis in range(rank)])

    def _scaled(self, vectors: Tensor) -> Tensor:
        return self._each(vectors, lambda columns: math.batch_matmul(self._chol, columns))

    def _solved(self, vectors: Tensor) -> Tensor:
        return self._each(vectors, lambda columns: linalg.matrix_triangular_solve(self._chol, columns))

    def _log_det(self) -> Tensor:
        return reduction.reduce_sum(math.log(matrix.batch_matrix_diag_part(self._chol)), [-1])

    def _variance(self) -> Tensor:
        return self.sigma


class MultivariateNormalFull(MultivariateNormalCholesky):
    """Normal distributions of vectors with covariance `sigma`."""

    def __init__(self, mu: Any, sigma: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "MultivariateNormalFull") -> None:
        super().__init__(mu, linalg.cholesky(convert_to_tensor(sigma)), validate_args, allow_nan_stats, name)
        self._parameters = {"mu": mu, "sigma": sigma, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats,
                            "name": name}


class MultivariateNormalDiagPlusVDVT(MultivariateNormalCholesky):
    """Normal distributions of vectors whose covariance is the square of a diagonal matrix and a few directions.

    >>> d = tf.contrib.distributions.MultivariateNormalDiagPlusVDVT([0.0, 0.0], diag_large=[1.0, 2.0], v=[[1.0], [1.0]])
    >>> d.sigma.eval()
    array([[ 5.,  5.],
           [ 5., 10.]], dtype=float32)

    Args:
        mu: the means, of shape `[..., k]`.
        diag_large: the diagonal, of shape `[..., k]`.
        v: the directions, of shape `[..., k, r]`.
        diag_small: a factor for each of them, of shape `[..., r]`; 1 by default.
        validate_args: whether a run checks that both diagonals are positive.
        allow_nan_stats: whether a moment that is not defined is NaN, rather than an error.
        name: of the scope of its operations.
    """

    def __init__(self, mu: Any, diag_large: Any, v: Any, diag_small: Any = None, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "MultivariateNormalDiagPlusVDVT") -> None:
        self._make(mu, {"diag_large": diag_large, "v": v, "diag_small": diag_small}, validate_args, allow_nan_stats, name)
        with self._scope("init"):
            directions = scaled = convert_to_tensor(v, self.dtype, name="v")
            if diag_small is not None:
                small = self._parameter(diag_small, "diag_small", True, self.dtype)
                scaled = mul(directions, array.expand_dims(small, -2))
            large = matrix.batch_matrix_diag(self._parameter(diag_large, "diag_large", True, self.dtype))
            self._chol = add(large, math.batch_matmul(scaled, directions, adj_y=True))  # symmetric: its own root's transpose

    def _solved(self, vectors: Tensor) -> Tensor:
        return self._each(vectors, lambda columns: linalg.matrix_solve(self._chol, columns))

    def _log_det(self) -> Tensor:
        diagonal = matrix.batch_matrix_diag_part(linalg.cholesky(self._chol))
        return mul(2.0, reduction.reduce_sum(math.log(diagonal), [-1]))
