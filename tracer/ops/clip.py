"""Values and gradients kept within bounds."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import IndexedSlices, convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, math, reduction


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Tensor:
    """`t` with every element moved to the nearest value between the bounds.

    >>> tf.clip_by_value([-2., 0.5, 3.], -1., 1.).eval()
    array([-1. ,  0.5,  1. ], dtype=float32)
    """
    with scopes.op_scope([t, clip_value_min, clip_value_max], name, "clip_by_value") as scope:
        t = convert_to_tensor(t, name="t")
        below = math.minimum(t, clip_value_max)
        return math.maximum(below, clip_value_min, name=scope)


def clip_by_norm(t: Any, clip_norm: Any, name: str | None = None, axes: Any = None) -> Tensor:
    """`t` scaled down to the L2 norm `clip_norm` if its own is larger: `t * clip_norm / max(norm, clip_norm)`.

    With `axes`, which is younger than 0.8, the norms are those along these dimensions.
    """
    with scopes.op_scope([t, clip_norm], name, "clip_by_norm") as scope:
        t = convert_to_tensor(t, name="t")
        over = constants.range(array.rank(t)) if axes is None else axes
        inverse = math.rsqrt(reduction.reduce_sum(t * t, over, keep_dims=axes is not None))
        clipped = t * clip_norm * math.minimum(inverse, constants.constant(1.0, dtype=t.dtype.base_dtype) / clip_norm)
        return array.identity(clipped, name=scope)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """`t` scaled down so that its L2 norm divided by its number of elements is at most `clip_norm`."""
    with scopes.op_scope([t, clip_norm], name, "clip_by_average_norm") as scope:
        t = convert_to_tensor(t, name="t")
        count = casting.cast(array.size(t), t.dtype.base_dtype)
        inverse = math.rsqrt(reduction.reduce_sum(t * t, constants.range(array.rank(t))))
        clipped = t * clip_norm * math.minimum(
            inverse * count, constants.constant(1.0, dtype=t.dtype.base_dtype) / clip_norm)
        return array.identity(clipped, name=scope)


def _checked_list(t_list: Any) -> list[Any]:
    if not hasattr(t_list, "__iter__") or isinstance(t_list, (str, bytes, dict)) or isinstance(t_list, Tensor):
        raise TypeError("t_list should be a sequence")
    return list(t_list)


def _values(t_list: list[Any]) -> list[Any]:
    return [t.values if isinstance(t, IndexedSlices) else None if t is None else convert_to_tensor(t, name=f"t_{i}")
            for i, t in enumerate(t_list)]


def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """The L2 norm of all tensors of `t_list` together; None among them counts nothing."""
    tensors = _checked_list(t_list)
    with scopes.op_scope([t for t in tensors if t is not None], name, "global_norm"):
        from tracer.ops.nn import l2_loss

        halves = []
        for value in _values(tensors):
            if value is not None:
                with scopes.colocate_with(value):
                    halves.append(l2_loss(value))
        half = reduction.reduce_sum(array.pack(halves))
        return math.sqrt(half * constants.constant(2.0, dtype=half.dtype.base_dtype), name="global_norm")


def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None,
                        name: str | None = None) -> tuple[list[Any], Tensor]:
    """All tensors of `t_list`, scaled down together so that their global norm is at most `clip_norm`.

    Args:
        t_list: tensors and `IndexedSlices`; None stays None.
        clip_norm: the bound.
        use_norm: the global norm, where it is known already.

    Returns:
        The list of clipped tensors, and the global norm they had.
    """
    tensors = _checked_list(t_list)
    if use_norm is None:
        use_norm = global_norm(tensors, name)
    with scopes.op_scope([*(t for t in tensors if t is not None), clip_norm], name, "clip_by_global_norm") as scope:
        scale = clip_norm * math.minimum(
            1.0 / use_norm,
            constants.constant(1.0, dtype=use_norm.dtype.base_dtype) / clip_norm)
        clipped = []
        for i, value in enumerate(_values(tensors)):
            if value is None:
                clipped.append(None)
                continue
            with scopes.colocate_with(value):
                clipped.append(array.identity(value * scale, name=f"{scope}_{i}"))
    results = [IndexedSlices(c, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else c
               for c, t in zip(clipped, tensors, strict=True)]
    return results, use_norm
