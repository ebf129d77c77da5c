"""Where `tf.gradients` begins and ends: its xs and ys, the gradients it starts from, the places of those it gives."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import IndexedSlices, internal_convert_to_tensor
from tracer.ir import Operation, Tensor


def source(x: Any, index: int) -> Tensor:
    """What is differentiated by: a variable as its reference, the rows of `IndexedSlices`."""
    return x.values if isinstance(x, IndexedSlices) else internal_convert_to_tensor(x, name=f"x_{index}", as_ref=True)


def seed(start: Any, y: Tensor, index: int) -> Any:
    """What the gradient of `y` starts from: a tensor, or `IndexedSlices` as they are."""
    if start is None:
        return None
    given = start if isinstance(start, IndexedSlices) else internal_convert_to_tensor(start, name=f"grad_ys_{index}")
    if given.dtype.base_dtype is not y.dtype.base_dtype:
        raise ValueError(f"Y and ys_grad must be of the same type, not y: {y.dtype.base_dtype.name}, "
                         f"ys_grad: {given.dtype.base_dtype.name} ")
    return given


def passed_on(x: Tensor, reached: dict[Tensor, list[Operation]], ys: list[Tensor],
              seeds: list[Any]) -> IndexedSlices | None:
    """The `IndexedSlices` that are the gradient of `x` as they were given: of a y that is `x` itself or its identity."""
    tensor = x
    while tensor in reached:
        passing = reached[tensor]
        if tensor in ys:
            slices = seeds[ys.index(tensor)]
            return slices if not passing and ys.count(tensor) == 1 and isinstance(slices, IndexedSlices) else None
        if len(passing) != 1 or passing[0].type != "Identity":
            return None
        tensor = passing[0].outputs[0]
    return None


def whole(seed: Any, y: Tensor) -> Tensor | None:
    """A gradient to start from as one tensor of y's shape."""
    from tracer.ops import array

    if not isinstance(seed, IndexedSlices):
        return seed
    shape = array.shape(y) if seed.dense_shape is None else seed.dense_shape
    return internal_convert_to_tensor(IndexedSlices(seed.values, seed.indices, shape))


def colocated(found: list[Any], xs: list[Tensor], reached: dict[Tensor, list[Operation]]) -> list[Any]:
    """Each gradient beside the operation that it comes from, or beside its x where several pass gradients on."""
    from tracer.ops import array

    results = []
    for gradient, x in zip(found, xs, strict=True):
        value = plain(gradient)
        if value is not None:
            passing = reached.get(x, [])
            with scopes.colocate_with(passing[0] if len(passing) == 1 else x.op):
                value = array.identity(value)
            value = value if isinstance(gradient, Tensor) else (
                IndexedSlices(value, gradient.indices, gradient.dense_shape))
        results.append(value)
    return results


def plain(value: Any) -> Any:
    """A tensor, or the rows of `IndexedSlices`."""
    return value.values if isinstance(value, IndexedSlices) else value
