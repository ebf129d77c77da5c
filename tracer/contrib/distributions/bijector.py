"""Invertible functions of tensors that know by how much they stretch them; from 0.12 on.

A function of events takes the last `event_ndims` dimensions together: what is told of its Jacobian is one number for each
event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, constants, linalg, math, matrix, nn, reduction
from tracer.properties import reads

__all__ = ["Bijector", "Chain", "CholeskyOuterProduct", "Exp", "Identity", "Inline", "Invert", "ScaleAndShift",
           "SigmoidCentered", "SoftmaxCentered", "Softplus"]


class Bijector:
    """An invertible function. Subclasses define `_forward`, `_inverse`, and one or both of the Jacobians' logarithms.

    >>> exp = tf.contrib.distributions.bijector.Exp(event_ndims=1)
    >>> exp.inverse_log_det_jacobian([1.0, 2.0]).eval()
    -0.6931472

    Args:
        batch_ndims, event_ndims: how many dimensions a batch and an event have.
        parameters: what it was made of, by name.
        is_constant_jacobian: whether its Jacobian is the same everywhere.
        validate_args: whether a run checks what it is given.
        dtype: the type of what it takes; any by default.
        name: its name; by default that of its class.
    """

    def __init__(self, batch_ndims: int | None = None, event_ndims: int | None = None,
                 parameters: dict[str, Any] | None = None, is_constant_jacobian: bool = False,
                 validate_args: bool = False, dtype: Any = None, name: str | None = None) -> None:
        if event_ndims is not None and not isinstance(event_ndims, (int, np.integer)):
            raise TypeError(f"event_ndims must be known, an int, not {event_ndims!r}")
        self._batch_ndims, self._event_ndims = batch_ndims, event_ndims
        self._parameters = parameters or {}
        self._is_constant_jacobian, self._validate_args = is_constant_jacobian, validate_args
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype)
        self._name = name or type(self).__name__

    dtype = reads("_dtype", "The type of what it takes; None for any.")
    is_constant_jacobian = reads("_is_constant_jacobian", "Whether its Jacobian is the same everywhere.")
    name = reads("_name", "Its name.")
    parameters = reads("_parameters", "What it was made of, by name.")
    validate_args = reads("_validate_args", "Whether a run checks what it is given.")

    # -- what differs

    def _forward(self, x: Any) -> Tensor:
        raise NotImplementedError("forward is not implemented.")

    def _inverse(self, y: Any) -> Tensor:
        raise NotImplementedError("inverse is not implemented.")

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        return math.neg(self._inverse_log_det_jacobian(self._forward(x)))

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        if type(self)._forward_log_det_jacobian is Bijector._forward_log_det_jacobian:
            raise NotImplementedError("inverse_log_det_jacobian is not implemented.")
        return math.neg(self._forward_log_det_jacobian(self._inverse(y)))

    def _get_forward_event_shape(self, input_shape: shapes.TensorShape) -> shapes.TensorShape:
        return input_shape

    def _get_inverse_event_shape(self, output_shape: shapes.TensorShape) -> shapes.TensorShape:
        return output_shape

    def _forward_event_shape(self, input_shape: Tensor) -> Tensor:
        return input_shape

    def _inverse_event_shape(self, output_shape: Tensor) -> Tensor:
        return output_shape

    # -- what is asked for

    def _called(self, name: str, value: Any, function: Callable[[Tensor], Any]) -> Any:
        with scopes.op_scope([value], None, f"{self._name}/{name}"):
            value = convert_to_tensor(value, dtype=self._dtype)
            return function(value)

    def forward(self, x: Any, name: str = "forward") -> Tensor:
        """The function of `x`."""
        return self._called(name, x, self._forward)

    def inverse(self, y: Any, name: str = "inverse") -> Tensor:
        """What it is of that gives `y`."""
        return self._called(name, y, self._inverse)

    def forward_log_det_jacobian(self, x: Any, name: str = "forward_log_det_jacobian") -> Tensor:
        """The logarithm of by how much it stretches about `x`."""
        return self._called(name, x, self._forward_log_det_jacobian)

    def inverse_log_det_jacobian(self, y: Any, name: str = "inverse_log_det_jacobian") -> Tensor:
        """The logarithm of by how much its inverse stretches about `y`."""
        return self._called(name, y, self._inverse_log_det_jacobian)

    def inverse_and_inverse_log_det_jacobian(
            self, y: Any, name: str = "inverse_and_inverse_log_det_jacobian") -> tuple[Tensor, Tensor]:
        """Both `inverse` and `inverse_log_det_jacobian`."""
        return self._called(name, y, lambda y: (self._inverse(y), self._inverse_log_det_jacobian(y)))

    def get_forward_event_shape(self, input_shape: Any) -> shapes.TensorShape:
        """The shape of what it gives for an event of a shape, as far as it is known."""
        return self._get_forward_event_shape(shapes.as_shape(input_shape))

    def get_inverse_event_shape(self, output_shape: Any) -> shapes.TensorShape:
        """The shape of what its inverse gives for an event of a shape, as far as it is known."""
        return self._get_inverse_event_shape(shapes.as_shape(output_shape))

    def forward_event_shape(self, input_shape: Any, name: str = "forward_event_shape") -> Tensor:
        """`get_forward_event_shape` as a tensor."""
        with scopes.op_scope([input_shape], None, f"{self._name}/{name}"):
            return self._forward_event_shape(convert_to_tensor(input_shape, dtype=dtypes.int32))

    def inverse_event_shape(self, output_shape: Any, name: str = "inverse_event_shape") -> Tensor:
        """`get_inverse_event_shape` as a tensor."""
        with scopes.op_scope([output_shape], None, f"{self._name}/{name}"):
            return self._inverse_event_shape(convert_to_tensor(output_shape, dtype=dtypes.int32))

    def _event_sum(self, values: Any) -> Tensor:
        """The sum over the dimensions of an event."""
        if not self._event_ndims:
            return values
        axes = [-at for at in range(1, self._event_ndims + 1)]
        return reduction.reduce_sum(values, axes)


class Identity(Bijector):
    """Gives what it takes."""

    def __init__(self, validate_args: bool = False, name: str = "identity") -> None:
        super().__init__(event_ndims=0, is_constant_jacobian=True, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Tensor:
        return x

    def _inverse(self, y: Any) -> Tensor:
        return y

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        return constants.constant(0.0, dtype=x.dtype.base_dtype)

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        return self._forward_log_det_jacobian(y)


class Inline(Bijector):
    """Is made of functions: those that are not given cannot be asked for."""

    def __init__(self, forward_fn: Any = None, inverse_fn: Any = None, inverse_log_det_jacobian_fn: Any = None,
                 forward_log_det_jacobian_fn: Any = None, get_forward_event_shape_fn: Any = None,
                 forward_event_shape_fn: Any = None, get_inverse_event_shape_fn: Any = None,
                 inverse_event_shape_fn: Any = None, is_constant_jacobian: bool = False, validate_args: bool = False,
                 name: str = "inline") -> None:
        super().__init__(is_constant_jacobian=is_constant_jacobian, validate_args=validate_args, name=name)
        given = {"forward": forward_fn, "inverse": inverse_fn, "inverse_log_det_jacobian": inverse_log_det_jacobian_fn,
                 "forward_log_det_jacobian": forward_log_det_jacobian_fn}
        for what, function in given.items():
            setattr(self, f"_{what}", function if callable(function) else _absent(f"{what}_fn"))
        for what, function in (("get_forward_event_shape", get_forward_event_shape_fn),
                               ("forward_event_shape", forward_event_shape_fn),
                               ("get_inverse_event_shape", get_inverse_event_shape_fn),
                               ("inverse_event_shape", inverse_event_shape_fn)):
            if function is not None:
                setattr(self, f"_{what}", function)


def _absent(name: str) -> Callable[[Any], Any]:
    def refuse(value: Any) -> Any:
        raise NotImplementedError(f"{name} is not a callable function.")

    return refuse


class Invert(Bijector):
    """The inverse of another one."""

    def __init__(self, bijector: Bijector, validate_args: bool = False, name: str | None = None) -> None:
        super().__init__(parameters={"bijector": bijector}, is_constant_jacobian=bijector.is_constant_jacobian,
                         validate_args=validate_args, dtype=bijector.dtype, name=name or f"invert_{bijector.name}")
        self._bijector = bijector
        self._forward, self._inverse = bijector._inverse, bijector._forward  # type: ignore[method-assign]
        self._forward_log_det_jacobian = bijector._inverse_log_det_jacobian  # type: ignore[method-assign]
        self._inverse_log_det_jacobian = bijector._forward_log_det_jacobian  # type: ignore[method-assign]
        self._get_forward_event_shape = bijector._get_inverse_event_shape  # type: ignore[method-assign]
        self._get_inverse_event_shape = bijector._get_forward_event_shape  # type: ignore[method-assign]
        self._forward_event_shape = bijector._inverse_event_shape  # type: ignore[method-assign]
        self._inverse_event_shape = bijector._forward_event_shape  # type: ignore[method-assign]

    bijector = reads("_bijector", "The one whose inverse it is.")


class Chain(Bijector):
    """Several ones, the last of them first."""

    def __init__(self, bijectors: Sequence[Bijector] = (), validate_args: bool = False, name: str | None = None) -> None:
        kinds = {one.dtype for one in bijectors if one.dtype is not None}
        if len(kinds) > 1:
            raise ValueError(f"incompatible dtypes: {sorted(kind.name for kind in kinds)}")
        self._bijectors = tuple(bijectors)
        called = "_of_".join(["chain", *(one.name for one in bijectors)]) if bijectors else "identity"
        super().__init__(parameters={"bijectors": self._bijectors}, validate_args=validate_args, name=name or called,
                         is_constant_jacobian=all(one.is_constant_jacobian for one in bijectors),
                         dtype=kinds.pop() if kinds else None)

    bijectors = reads("_bijectors", "Those that it is made of.")

    def _forward(self, x: Any) -> Tensor:
        for one in reversed(self._bijectors):
            x = one._forward(x)
        return x

    def _inverse(self, y: Any) -> Tensor:
        for one in self._bijectors:
            y = one._inverse(y)
        return y

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        total = constants.constant(0.0, dtype=x.dtype.base_dtype)
        for one in reversed(self._bijectors):
            total = math.add(total, one._forward_log_det_jacobian(x))
            x = one._forward(x)
        return total

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        total = constants.constant(0.0, dtype=y.dtype.base_dtype)
        for one in self._bijectors:
            total = math.add(total, one._inverse_log_det_jacobian(y))
            y = one._inverse(y)
        return total

    def _get_forward_event_shape(self, input_shape: shapes.TensorShape) -> shapes.TensorShape:
        for one in reversed(self._bijectors):
            input_shape = one._get_forward_event_shape(input_shape)
        return input_shape

    def _get_inverse_event_shape(self, output_shape: shapes.TensorShape) -> shapes.TensorShape:
        for one in self._bijectors:
            output_shape = one._get_inverse_event_shape(output_shape)
        return output_shape

    def _forward_event_shape(self, input_shape: Tensor) -> Tensor:
        for one in reversed(self._bijectors):
            input_shape = one._forward_event_shape(input_shape)
        return input_shape

    def _inverse_event_shape(self, output_shape: Tensor) -> Tensor:
        for one in self._bijectors:
            output_shape = one._inverse_event_shape(output_shape)
        return output_shape


class Exp(Bijector):
    """exp(x)."""

    def __init__(self, event_ndims: int = 0, validate_args: bool = False, name: str = "exp") -> None:
        super().__init__(batch_ndims=0, event_ndims=event_ndims, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Tensor:
        return math.exp(x)

    def _inverse(self, y: Any) -> Tensor:
        return math.log(y)

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        return self._event_sum(x)

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        return math.neg(self._event_sum(math.log(y)))


class Softplus(Bijector):
    """log(1 + exp(x))."""

    def __init__(self, event_ndims: int = 0, validate_args: bool = False, name: str = "softplus") -> None:
        super().__init__(batch_ndims=0, event_ndims=event_ndims, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Tensor:
        return nn.softplus(x)

    def _inverse(self, y: Any) -> Tensor:
        return math.add(y, _log_of_rest(y))

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        return math.neg(self._event_sum(nn.softplus(math.neg(x))))

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        return math.neg(self._event_sum(_log_of_rest(y)))


def _log_of_rest(y: Tensor) -> Tensor:
    """log(1 - exp(-y))."""
    return math.log(math.sub(1.0, math.exp(math.neg(y))))


class ScaleAndShift(Bijector):
    """scale * x + shift: of numbers, or of vectors (`event_ndims=1`) with lower triangular matrices as scales."""

    def __init__(self, shift: Any, scale: Any, event_ndims: int = 0, validate_args: bool = False,
                 name: str = "scale_and_shift") -> None:
        with scopes.op_scope([shift, scale], None, f"{name}/init"):
            self._shift, self._scale = convert_to_tensor(shift), convert_to_tensor(scale)
        if self._shift.dtype.base_dtype is not self._scale.dtype.base_dtype:
            raise TypeError(f"shift.dtype={self._shift.dtype} does not match scale.dtype={self._scale.dtype}")
        if event_ndims not in (0, 1):
            raise ValueError("event_ndims must be 0 or 1")
        rank = self._scale.get_shape().ndims
        if event_ndims and (rank is None or rank < 2):
            raise ValueError(f"scales of vectors must be matrices, not of shape {self._scale.get_shape()}")
        super().__init__(event_ndims=event_ndims, parameters={"shift": self._shift, "scale": self._scale},
                         is_constant_jacobian=True, validate_args=validate_args, dtype=self._shift.dtype.base_dtype,
                         name=name)

    shift = reads("_shift", "What is added.")
    scale = reads("_scale", "What is multiplied by.")

    def _forward(self, x: Any) -> Tensor:
        if not self._event_ndims:
            return math.add(math.mul(self._scale, x), self._shift)
        product = reduction.reduce_sum(math.mul(self._scale, array.expand_dims(x, -2)), [-1])
        return math.add(product, self._shift)

    def _inverse(self, y: Any) -> Tensor:
        moved = math.sub(y, self._shift)
        if not self._event_ndims:
            return math.div(moved, self._scale)
        columns = array.expand_dims(moved, -1)
        ones = array.ones_like(columns)
        scale = math.mul(self._scale, ones)  # a scale for each vector of the batch
        return array.squeeze(linalg.batch_matrix_triangular_solve(scale, columns), [-1])

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        if not self._event_ndims:
            return math.log(math.abs(self._scale))
        return reduction.reduce_sum(math.log(math.abs(matrix.batch_matrix_diag_part(self._scale))), [-1])

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        return math.neg(self._forward_log_det_jacobian(y))


class SoftmaxCentered(Bijector):
    """The softmax of x and a 0 behind it: chances of one class more than x has numbers, or, of numbers, of two."""

    def __init__(self, event_ndims: int = 0, validate_args: bool = False, name: str = "softmax_centered") -> None:
        if event_ndims not in (0, 1):
            raise ValueError(f"event_ndims={event_ndims} must be 0 or 1")
        super().__init__(batch_ndims=0, event_ndims=event_ndims, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Tensor:
        if not self._event_ndims:
            x = array.expand_dims(x, -1)
        rank = x.get_shape().ndims
        if rank is None:
            raise ValueError("the rank of what SoftmaxCentered takes must be known")
        logits = array.concat(rank - 1, [x, array.zeros_like(x[..., :1])])
        powers = math.exp(math.sub(logits, reduction.reduce_max(logits, [-1], keep_dims=True)))
        return math.div(powers, reduction.reduce_sum(powers, [-1], keep_dims=True))

    def _inverse(self, y: Any) -> Tensor:
        logs = math.log(y)
        found = math.sub(logs[..., :-1], logs[..., -1:])
        return found if self._event_ndims else array.squeeze(found, [-1])

    def _inverse_log_det_jacobian(self, y: Any) -> Tensor:
        return math.neg(reduction.reduce_sum(math.log(y), [-1]))

    def _get_forward_event_shape(self, input_shape: shapes.TensorShape) -> shapes.TensorShape:
        if not self._event_ndims:
            return input_shape.concatenate([2])
        return shapes.TensorShape([*input_shape[:-1], input_shape[-1] + 1])

    def _get_inverse_event_shape(self, output_shape: shapes.TensorShape) -> shapes.TensorShape:
        if not self._event_ndims:
            return output_shape[:-1]
        return shapes.TensorShape([*output_shape[:-1], output_shape[-1] - 1])

    def _forward_event_shape(self, input_shape: Tensor) -> Tensor:
        if not self._event_ndims:
            return array.concat(0, [input_shape, [2]])
        return array.concat(0, [input_shape[:-1], input_shape[-1:] + 1])

    def _inverse_event_shape(self, output_shape: Tensor) -> Tensor:
        if not self._event_ndims:
            return output_shape[:-1]
        return array.concat(0, [output_shape[:-1], output_shape[-1:] - 1])


class SigmoidCentered(SoftmaxCentered):
    """The chances of one and of none whose log odds x is."""

    def __init__(self, validate_args: bool = False, name: str = "sigmoid_centered") -> None:
        super().__init__(validate_args=validate_args, name=name)


class CholeskyOuterProduct(Bijector):
    """The product of a lower triangular matrix and its transpose."""

    def __init__(self, event_ndims: int = 2, validate_args: bool = False, name: str = "cholesky_outer_product") -> None:
        if event_ndims not in (0, 2):
            raise ValueError("`event_ndims` must be 0 or 2")
        super().__init__(batch_ndims=0, event_ndims=event_ndims, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Tensor:
        return math.mul(x, x) if not self._event_ndims else math.batch_matmul(x, x, adj_y=True)

    def _inverse(self, y: Any) -> Tensor:
        return math.sqrt(y) if not self._event_ndims else linalg.batch_cholesky(y)

    def _forward_log_det_jacobian(self, x: Any) -> Tensor:
        if not self._event_ndims:
            return math.log(math.mul(2.0, math.abs(x)))
        size = x.get_shape()[-1].value
        if size is None:
            raise ValueError("the size of the matrices of CholeskyOuterProduct must be known")
        times = np.arange(size, 0, -1).astype(x.dtype.as_numpy_dtype)
        logs = math.log(math.abs(matrix.batch_matrix_diag_part(x)))
        stretched = reduction.reduce_sum(math.mul(logs, times), [-1])
        return math.add(stretched, np.asarray(size * np.log(2), x.dtype.as_numpy_dtype))
