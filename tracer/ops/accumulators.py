"""Accumulators, in which gradients of several replicas come together: `tf.ConditionalAccumulator`, from 0.10 on."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, shapes
from tracer.convert import IndexedSlices, internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.ops import math

_NUMBERS = "dtype:type{float32,float64,int64,int32,uint8,uint16,int16,int8,complex64,complex128,qint8,quint8,qint32,float16}"
_MADE = {"inputs": "", "outputs": "handle:Ref(string)", "flags": "stateful",
         "attrs": _NUMBERS + "; shape:shape; container:string=''; shared_name:string=''"}


@op("ConditionalAccumulator", **_MADE)
def _conditional_accumulator(dtype: Any, shape: Any, container: str = "", shared_name: str = "",
                             name: str | None = None) -> Any:
    return ()


@op("SparseConditionalAccumulator", **_MADE)
def _sparse_conditional_accumulator(dtype: Any, shape: Any, container: str = "", shared_name: str = "",
                                    name: str | None = None) -> Any:
    return ()


@op("AccumulatorNumAccumulated", inputs="handle:Ref(string)", outputs="num_accumulated:int32", flags="stateful")
def _num_accumulated(handle: Tensor, name: str | None = None) -> Any:
    return ()


@op("AccumulatorSetGlobalStep", inputs="handle:Ref(string); new_global_step:int64", outputs="", flags="stateful")
def _set_global_step(handle: Tensor, new_global_step: Tensor, name: str | None = None) -> Any:
    shapes.rank(new_global_step.sizes, 0)
    return []


@op("AccumulatorApplyGradient", inputs="handle:Ref(string); local_step:int64; gradient:dtype", outputs="",
    attrs=_NUMBERS, flags="stateful")
def _apply_gradient(handle: Tensor, local_step: Tensor, gradient: Tensor, name: str | None = None) -> Any:
    shapes.rank(local_step.sizes, 0)
    return []


@op("AccumulatorTakeGradient", inputs="handle:Ref(string); num_required:int32", outputs="average:dtype", attrs=_NUMBERS,
    flags="stateful")
def _take_gradient(handle: Tensor, num_required: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(num_required.sizes, 0)
    return None


@op("SparseAccumulatorApplyGradient", outputs="", attrs=_NUMBERS + "; has_known_shape:bool", flags="stateful",
    inputs="handle:Ref(string); local_step:int64; gradient_indices:int64; gradient_values:dtype; gradient_shape:int64")
def _sparse_apply_gradient(handle: Tensor, local_step: Tensor, gradient_indices: Tensor, gradient_values: Tensor,
                           gradient_shape: Tensor, has_known_shape: bool, name: str | None = None) -> Any:
    shapes.rank(local_step.sizes, 0)
    return []


@op("SparseAccumulatorTakeGradient", inputs="handle:Ref(string); num_required:int32", attrs=_NUMBERS, flags="stateful",
    outputs="indices:int64; values:dtype; shape:int64")
def _sparse_take_gradient(handle: Tensor, num_required: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(num_required.sizes, 0)
    return [None, None, None]


class ConditionalAccumulatorBase:
    """What all accumulators have: gradients of steps before their own are left out; a mean is taken once there are enough.

    Args:
        dtype: the type of the gradients.
        shape: their shape, as far as it is known.
        accumulator_ref: the handle.
    """

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor) -> None:
        self._dtype = dtypes.as_dtype(dtype)
        self._shape = shapes.TensorShape(None) if shape is None else shapes.as_shape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.rpartition("/")[2]

    @property
    def accumulator_ref(self) -> Tensor:
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """Its name, without scopes."""
        return self._name

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients have come together since the last mean was taken."""
        return _num_accumulated(self._accumulator_ref, name=name or f"{self._name}_NumAccumulated")

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """Gives it another step: gradients of earlier ones are left out. A step before its own is left out as well."""
        return _set_global_step(self._accumulator_ref, math.to_int64(internal_convert_to_tensor(new_global_step)), name=name)


class ConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of dense gradients.

    >>> accumulator = tf.ConditionalAccumulator(tf.float32, shape=[2])
    >>> for gradient in ([1., 2.], [3., 4.]):
    ...     sess.run(accumulator.apply_grad(gradient, local_step=0))
    >>> sess.run(accumulator.take_grad(2))
    array([2., 3.], dtype=float32)

    Args:
        dtype, shape: of the gradients; without a shape, that of the first.
        shared_name: accumulators of one shared name are one.
        name: its name.
    """

    def __init__(self, dtype: Any, shape: Any = None, shared_name: str | None = None,
                 name: str = "conditional_accumulator") -> None:
        whole = shapes.TensorShape(None) if shape is None else shapes.as_shape(shape)
        reference = _conditional_accumulator(dtypes.as_dtype(dtype), whole, shared_name=shared_name or "", name=name)
        super().__init__(dtype, whole, reference)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """Adds a gradient, unless it is of an earlier step than the accumulator's.

        Raises ValueError when it is of another type or shape.
        """
        gradient = internal_convert_to_tensor(grad, self._dtype)
        gradient.get_shape().assert_is_compatible_with(self._shape)
        step = math.to_int64(internal_convert_to_tensor(local_step))
        return _apply_gradient(self._accumulator_ref, step, gradient, name=name)

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean of the gradients, once there are `num_required`; then there are none, and it is one step further.

        Running it raises InvalidArgumentError when `num_required` is less than 1.
        """
        return _take_gradient(self._accumulator_ref, num_required, self._dtype, name=name)


class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """An accumulator of gradients of some rows, as `ConditionalAccumulator` is one of dense gradients."""

    def __init__(self, dtype: Any, shape: Any = None, shared_name: str | None = None,
                 name: str = "sparse_conditional_accumulator") -> None:
        whole = shapes.TensorShape(None) if shape is None else shapes.as_shape(shape)
        reference = _sparse_conditional_accumulator(dtypes.as_dtype(dtype), whole, shared_name=shared_name or "", name=name)
        super().__init__(dtype, whole, reference)

    def apply_indexed_slices_grad(self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None) -> Operation:
        """Adds a gradient that is an `IndexedSlices`."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(self, grad_indices: Any, grad_values: Any, grad_shape: Any = None, local_step: Any = 0,
                   name: str | None = None) -> Operation:
        """Adds a gradient: the rows `grad_values` of a tensor of shape `grad_shape`, by increasing number.

        Its rows are averaged where they stand; a row that some gradients lack has a mean of the others.
        """
        shape: Any = [] if grad_shape is None else grad_shape
        step = math.to_int64(internal_convert_to_tensor(local_step))
        return _sparse_apply_gradient(
            self._accumulator_ref, step, math.to_int64(internal_convert_to_tensor(grad_indices)),
            internal_convert_to_tensor(grad_values, self._dtype),
            math.to_int64(internal_convert_to_tensor(shape, None if shape else dtypes.int64)
                          if isinstance(shape, list) else internal_convert_to_tensor(shape)),
            has_known_shape=grad_shape is not None, name=name)

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """The mean of the gradients as `indices`, `values` and `shape`, once there are `num_required`."""
        return _sparse_take_gradient(self._accumulator_ref, num_required, self._dtype, name=name)

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """`take_grad` as an `IndexedSlices`."""
        found = self.take_grad(num_required, name)
        return IndexedSlices(found.values, found.indices, found.shape)


__all__ = ["ConditionalAccumulator", "ConditionalAccumulatorBase", "SparseConditionalAccumulator"]
