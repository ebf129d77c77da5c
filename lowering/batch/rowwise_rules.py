"""What `lowering.batch.rowwise` concludes for single equations, from what is known of the arrays that they take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lowering.batch.rowwise import UNKNOWN, Guard, Mask, Proof, Rows, State, different, merged, same
from lowering.batch.rowwise_control import call_rule, cond_rule, scan_rule, while_rule

Told = Rows | None
"""What is known of each array that a rule is asked about: something always is."""


def _shapes(equation: Any) -> list[tuple[int, ...]]:
    return [atom.aval.shape for atom in equation.invars]


def _elementwise(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    if not same(ours, theirs):
        return UNKNOWN
    found: State = None
    for state in given:
        if state is not None:
            found = state if found is None else merged(found, state)
    if isinstance(found, Rows):  # the others go along with every row
        for state, shape in zip(given, _shapes(ours), strict=True):
            if state is None and shape and shape[found.axis] != 1:
                return UNKNOWN
    return found


def _bits(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    narrow = ours.outvars[0].aval.shape == _shapes(ours)[0]  # not one number for several, nor several for one
    return _elementwise(proof, ours, theirs, given) if narrow else UNKNOWN


def _each(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
    return [*given]


def _broadcast(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    places = ours.params["broadcast_dimensions"]
    if not same(ours, theirs, "broadcast_dimensions"):
        return UNKNOWN
    if isinstance(given[0], Rows):
        return Rows(places[given[0].axis], given[0].alike)
    a, b = ours.outvars[0].aval.shape, theirs.outvars[0].aval.shape
    if a == b:
        return None
    axis = different(a, b)
    spread = axis is not None and (axis not in places or _shapes(ours)[0][places.index(axis)] == 1)
    return Rows(axis, True) if axis is not None and spread else UNKNOWN


def _iota(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    a, b = ours.params["shape"], theirs.params["shape"]
    if not same(ours, theirs, "dimension", "dtype"):
        return UNKNOWN
    axis = different(a, b)
    return None if a == b else UNKNOWN if axis is None else Rows(axis, axis != ours.params["dimension"])


def _reshape(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if ours.params.get("dimensions") is not None or theirs.params.get("dimensions") is not None:
        return UNKNOWN
    a, b = ours.outvars[0].aval.shape, theirs.outvars[0].aval.shape
    if state is None:
        return None
    axis = different(a, b)
    if axis is None or math.prod(a[:axis]) != math.prod(_shapes(ours)[0][:state.axis]):
        return UNKNOWN
    return Rows(axis, state.alike)  # as many elements before it, and each row as long as it was


def _squeeze(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    gone = ours.params["dimensions"]
    if not same(ours, theirs) or (state is not None and state.axis in gone):
        return UNKNOWN
    return None if state is None else Rows(state.axis - sum(axis < state.axis for axis in gone), state.alike)


def _transpose(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if not same(ours, theirs):
        return UNKNOWN
    return None if state is None else Rows(tuple(ours.params["permutation"]).index(state.axis), state.alike)


def _reduction(fill: str, idempotent: bool = False) -> Callable[..., State]:
    """Of copies of a row that is there the largest, or whether all hold, is no other than without them; anything else is
    so where they are masked by `fill`."""

    def rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
        state, axes = given[0], ours.params["axes"]
        if not same(ours, theirs) or len(given) != 1:
            return UNKNOWN
        if state is None:
            return None
        if state.axis in axes:
            return None if (idempotent and state.alike) or proof.mask(Mask(0, state.axis, fill)) else UNKNOWN
        return Rows(state.axis - sum(axis < state.axis for axis in axes), state.alike)

    return rule


def _running(fill: str) -> Callable[..., State]:
    """What goes along an axis and adds up what it meets."""
    otherwise = _along("axis")

    def rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
        state, = given
        if proof.plan is None or state is None or state.axis != ours.params["axis"] or not same(ours, theirs):
            return otherwise(proof, ours, theirs, given)
        if ours.params["reverse"]:
            proof.mask(Mask(0, state.axis, fill))
        return Rows(state.axis, False)

    return rule


def _along(name: str) -> Callable[..., State]:
    """What works along the axis, or the axes, of this parameter, each for itself."""

    def rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
        if not same(ours, theirs):
            return UNKNOWN
        state = given[0]
        axes = ours.params[name]
        if any(other != state and merged(state, other) is UNKNOWN for other in given):
            return UNKNOWN
        if state is None or state.axis in (axes if isinstance(axes, (tuple, list)) else (axes,)):
            return None if state is None else UNKNOWN
        return Rows(state.axis, all(isinstance(other, Rows) and other.alike for other in given))

    return rule


def _stack(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    found = given[0]
    for state in given:
        found = merged(found, state)
    if not same(ours, theirs) or not isinstance(found, Rows):
        return None if found is None and same(ours, theirs) else UNKNOWN
    return Rows(found.axis + (ours.params["axis"] <= found.axis), found.alike)


def _slice(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if state is None:
        return None if same(ours, theirs) else UNKNOWN
    axis, sizes = state.axis, (_shapes(ours)[0], _shapes(theirs)[0])
    ends = [equation.params["limit_indices"] for equation in (ours, theirs)]
    strides = ours.params["strides"]
    if not same(ours, theirs, "start_indices", "strides") or different(*ends) not in (axis, None):
        return UNKNOWN
    if ends[0] == ends[1]:
        return None  # rows that are there for both
    whole = ours.params["start_indices"][axis] == 0 and (strides is None or strides[axis] == 1) and all(
        end[axis] == size[axis] for end, size in zip(ends, sizes, strict=True))
    return state if whole else UNKNOWN


def _dynamic_slice(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, *starts = given
    if any(starts):
        return UNKNOWN
    if state is None:
        return None if same(ours, theirs) else UNKNOWN
    cuts = [equation.params["slice_sizes"] for equation in (ours, theirs)]
    whole = all(cut[state.axis] == shapes[0][state.axis]
                for cut, shapes in zip(cuts, (_shapes(ours), _shapes(theirs)), strict=True))
    return state if whole and different(*cuts) == state.axis else UNKNOWN


def _dynamic_update(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, update, *starts = given
    if any(starts):
        return UNKNOWN
    if state is None or update is None:
        return None if state is update else UNKNOWN
    (whole, part, *_), (wide, wide_part, *_) = _shapes(ours), _shapes(theirs)
    full = whole[state.axis] == part[state.axis] and wide[state.axis] == wide_part[state.axis]
    return merged(state, update) if full else UNKNOWN


def _pad(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, value = given
    if value is not None:
        return UNKNOWN
    if state is None and not same(ours, theirs):  # rows of the same value follow what is there for both
        configs = [[tuple(map(int, some)) for some in equation.params["padding_config"]] for equation in (ours, theirs)]
        axis = different(*configs)
        alone = axis is not None and all(configs[0][axis][i] == configs[1][axis][i] for i in (0, 2))
        return Rows(axis, False) if axis is not None and alone and configs[0][axis][1] >= 0 else UNKNOWN
    if not same(ours, theirs):
        return UNKNOWN
    return state if state is None or not any(ours.params["padding_config"][state.axis]) else UNKNOWN


def _dot(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    left, right = given
    if not same(ours, theirs):
        return UNKNOWN
    if left is None and right is None:
        return None
    (summed_left, summed_right), (batch_left, batch_right) = ours.params["dimension_numbers"]
    shapes = _shapes(ours)
    free = [[axis for axis in range(len(shape)) if axis not in summed and axis not in batch] for shape, summed, batch in (
        (shapes[0], summed_left, batch_left), (shapes[1], summed_right, batch_right))]
    if left is not None and right is not None:
        if (left.axis, right.axis) in zip(summed_left, summed_right, strict=True):
            return None if proof.mask(Mask(0, left.axis, "zero"), Mask(1, right.axis, "zero")) else UNKNOWN
        both = left.axis in batch_left and right.axis in batch_right and (
            tuple(batch_left).index(left.axis) == tuple(batch_right).index(right.axis))
        return Rows(tuple(batch_left).index(left.axis), left.alike and right.alike) if both else UNKNOWN
    if left is not None:
        return Rows(len(batch_left) + free[0].index(left.axis), left.alike) if left.axis in free[0] else UNKNOWN
    assert right is not None
    before = len(batch_left) + len(free[0])
    return Rows(before + free[1].index(right.axis), right.alike) if right.axis in free[1] else UNKNOWN


def _convolution(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    image, filter = given
    if not same(ours, theirs) or ours.params["batch_group_count"] != 1:
        return UNKNOWN
    numbers = ours.params["dimension_numbers"]
    if filter is not None:  # the gradient by a filter: images are its channels, which are added up
        summed = image is not None and ours.params["feature_group_count"] == 1 and (
            image.axis == numbers.lhs_spec[1] and filter.axis == numbers.rhs_spec[1])
        masked = summed and proof.mask(Mask(0, numbers.lhs_spec[1], "zero"), Mask(1, numbers.rhs_spec[1], "zero"))
        return None if masked else UNKNOWN
    if image is None:
        return None
    return Rows(numbers.out_spec[0], image.alike) if image.axis == numbers.lhs_spec[0] else UNKNOWN


def _window(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    """Pooling, by windows that see one row each."""
    found = given[0]
    for state in given[1:]:
        found = merged(found, state) if state is not None else found
    if not same(ours, theirs) or not isinstance(found, Rows):
        return None if found is None and same(ours, theirs) else UNKNOWN
    for state, shape in zip(given, _shapes(ours), strict=True):
        if state is None and shape:
            return UNKNOWN
    sizes = ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
    alone = all(ours.params[name][found.axis] == 1 for name in sizes if ours.params.get(name) is not None)
    return found if alone and not any(ours.params["padding"][found.axis]) else UNKNOWN


def _gather(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    source, indices = given
    numbers = ours.params["dimension_numbers"]
    if not same(ours, theirs, *(name for name in ours.params if name != "slice_sizes")):
        return UNKNOWN
    if source is None and indices is None:
        return None if same(ours, theirs) else UNKNOWN
    outside = [axis for axis in range(len(ours.outvars[0].aval.shape)) if axis not in numbers.offset_dims]
    if source is None:
        assert indices is not None
        last = len(_shapes(ours)[1]) - 1
        if not same(ours, theirs) or indices.axis == last:
            return UNKNOWN
        return Rows(outside[indices.axis], indices.alike)
    if source.axis in numbers.collapsed_slice_dims and source.axis in numbers.start_index_map:
        return _taken_from_rows(proof, ours, theirs, source.axis, indices, outside)
    if indices is not None:
        paired = dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
        if not same(ours, theirs) or paired.get(source.axis) != indices.axis:
            return UNKNOWN
        return Rows(outside[indices.axis], source.alike and indices.alike)
    kept = [axis for axis in range(len(_shapes(ours)[0]))
            if axis not in numbers.collapsed_slice_dims and axis not in numbers.operand_batching_dims]
    cuts = [equation.params["slice_sizes"] for equation in (ours, theirs)]
    whole = all(cut[source.axis] == shapes[0][source.axis]
                for cut, shapes in zip(cuts, (_shapes(ours), _shapes(theirs)), strict=True))
    if not whole or different(*cuts) != source.axis or source.axis not in kept:
        return UNKNOWN
    return Rows(numbers.offset_dims[kept.index(source.axis)], source.alike)


def _taken_from_rows(proof: Proof, ours: Any, theirs: Any, source: int, indices: Told, outside: list[int]) -> State:
    """Rows by their numbers, which must be those of rows that are there."""
    last = len(_shapes(ours)[1]) - 1
    if not same(ours, theirs) or (indices is not None and indices.axis == last):
        return UNKNOWN
    if ours.params["dimension_numbers"].operand_batching_dims or not proof.guard(
            Guard(source, None if indices is None else indices.axis)):
        return UNKNOWN
    return None if indices is None else Rows(outside[indices.axis], False)


def _scatter_add(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    """Rows added at places of their own, which must be those of rows that are there where it is rows that they are added
    to. Zeros may be added anywhere."""
    target, places, update = given
    numbers = ours.params["dimension_numbers"]
    if places is None and not (target is not None and target.axis in numbers.scatter_dims_to_operand_dims):
        return _scatter(proof, ours, theirs, given)
    if not same(ours, theirs) or ours.params["unique_indices"] or ours.params["indices_are_sorted"]:
        return UNKNOWN
    if numbers.operand_batching_dims or (target is not None and (
            target.axis not in numbers.inserted_window_dims or target.axis not in numbers.scatter_dims_to_operand_dims)):
        return UNKNOWN
    if places is not None and places.axis == len(_shapes(ours)[1]) - 1:
        return UNKNOWN
    outside = [axis for axis in range(len(_shapes(ours)[2])) if axis not in numbers.update_window_dims]
    if (places is None) != (update is None) or (
            places is not None and update is not None and outside[places.axis] != update.axis):
        return UNKNOWN
    if update is not None and not proof.mask(Mask(2, update.axis, "zero")):
        return UNKNOWN
    if target is None:
        return None
    guard = Guard(target.axis, None if places is None else places.axis)
    return Rows(target.axis, False) if proof.guard(guard) else UNKNOWN


def _scatter(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    """Rows of another axis written at known places."""
    target, places, update = given
    if not same(ours, theirs, "dimension_numbers", "mode") or places is not None:
        return UNKNOWN
    if target is None or update is None:
        return None if target is update else UNKNOWN
    numbers = ours.params["dimension_numbers"]
    if target.axis in (*numbers.inserted_window_dims, *numbers.operand_batching_dims, *numbers.scatter_dims_to_operand_dims):
        return UNKNOWN
    kept = [axis for axis in range(len(_shapes(ours)[0]))
            if axis not in numbers.inserted_window_dims and axis not in numbers.operand_batching_dims]
    whole = all(shapes[0][target.axis] == shapes[2][update.axis] for shapes in (_shapes(ours), _shapes(theirs)))
    paired = numbers.update_window_dims[kept.index(target.axis)] == update.axis
    return Rows(target.axis, target.alike and update.alike) if whole and paired else UNKNOWN


RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys((
        "abs", "acos", "acosh", "add", "add_any", "and", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clamp",
        "complex", "conj", "convert_element_type", "copy", "copy_p", "cos", "cosh", "digamma", "div", "eq", "erf", "erf_inv",
        "erfc", "exp", "exp2", "expm1", "floor", "ge", "gt", "imag", "integer_pow", "is_finite", "le", "lgamma", "log",
        "log1p", "log2", "logistic", "lt", "max", "min", "mul", "ne", "neg", "nextafter", "not", "one_minus_square", "or",
        "pow", "real",
        "reduce_precision", "rem", "round", "rsqrt", "select_n", "shift_left", "shift_right_arithmetic",
        "shift_right_logical", "sign", "sin", "sinh", "sqrt", "square", "stop_gradient", "sub", "tan", "tanh", "xor",
    ), _elementwise),
    **dict.fromkeys(("reduce_max", "argmax"), _reduction("least", True)),
    **dict.fromkeys(("reduce_min", "argmin"), _reduction("greatest", True)),
    "reduce_and": _reduction("ones", True), "reduce_or": _reduction("zero", True),
    "reduce_sum": _reduction("zero"), "reduce_prod": _reduction("one"), "reduce_xor": _reduction("zero"),
    "cumsum": _running("zero"), "cumprod": _running("one"), "cummax": _running("least"), "cummin": _running("greatest"),
    "cumlogsumexp": _running("least"), "split": _along("axis"),
    **dict.fromkeys(("concatenate", "sort"), _along("dimension")),
    **dict.fromkeys(("reduce_window_max", "reduce_window_min", "reduce_window_sum", "reduce_window",
                     "select_and_scatter_add", "select_and_gather_add"), _window),
    "bitcast_convert_type": _bits, "top_k": _along("axis"),
    "rev": _along("dimensions"),
    "broadcast_in_dim": _broadcast, "iota": _iota, "reshape": _reshape, "squeeze": _squeeze, "transpose": _transpose,
    "stack": _stack, "slice": _slice, "dynamic_slice": _dynamic_slice, "dynamic_update_slice": _dynamic_update,
    "pad": _pad, "dot_general": _dot, "conv_general_dilated": _convolution, "gather": _gather,
    "scatter": _scatter, "scatter-add": _scatter_add, "scatter_add": _scatter_add,
    "optimization_barrier": _each, "scan": scan_rule, "while": while_rule, "cond": cond_rule,
    **dict.fromkeys(("jit", "pjit", "remat", "checkpoint"), call_rule("jaxpr")),
    **dict.fromkeys(("closed_call", "core_call", "custom_jvp_call", "custom_vjp_call"), call_rule("call_jaxpr")),
}
