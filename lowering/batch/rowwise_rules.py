"""What `lowering.batch.rowwise` concludes for single equations, from what is known of the arrays that they take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lowering.batch.rowwise import ANY, UNKNOWN, Joined, Mask, Proof, Rows, State, different, merged, same
from lowering.batch.rowwise_control import call_rule, cond_rule, scan_rule, while_rule
from lowering.batch.rowwise_places import Told, dynamic_slice, dynamic_update, gather, scatter, scatter_add, shapes_of


def _elementwise(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    if not same(ours, theirs):
        return UNKNOWN
    found: State = None
    for state in given:
        if state is not None:
            found = state if found is None else merged(found, state)
    if isinstance(found, Rows | Joined):  # the others go along with every row
        for state, shape in zip(given, shapes_of(ours), strict=True):
            if state is None and shape and shape[found.axis] != 1:
                return UNKNOWN
    return found


def _bits(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    narrow = ours.outvars[0].aval.shape == shapes_of(ours)[0]  # not one number for several, nor several for one
    return _elementwise(proof, ours, theirs, given) if narrow else UNKNOWN


def _each(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
    return [*given]


def _broadcast(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    places = ours.params["broadcast_dimensions"]
    if not same(ours, theirs, "broadcast_dimensions"):
        return UNKNOWN
    if given[0] is not None:
        return given[0]._replace(axis=places[given[0].axis])
    a, b = ours.outvars[0].aval.shape, theirs.outvars[0].aval.shape
    if a == b:
        return None
    axis = different(a, b)
    spread = axis is not None and (axis not in places or shapes_of(ours)[0][places.index(axis)] == 1)
    if axis is None or not spread:
        return UNKNOWN
    return Rows(axis, True, ANY) if a[axis] * proof.large == b[axis] * proof.small else Joined(axis, ())


def _iota(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    a, b = ours.params["shape"], theirs.params["shape"]
    if not same(ours, theirs, "dimension", "dtype"):
        return UNKNOWN
    axis = different(a, b)
    if a == b or axis is None:
        return None if a == b else UNKNOWN
    return Rows(axis, False) if axis == ours.params["dimension"] else Rows(axis, True, ANY)


def _reshape(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if ours.params.get("dimensions") is not None or theirs.params.get("dimensions") is not None:
        return UNKNOWN
    a, b = ours.outvars[0].aval.shape, theirs.outvars[0].aval.shape
    if state is None:
        return None
    axis = different(a, b)
    if axis is None:
        return UNKNOWN
    shape = shapes_of(ours)[0]
    if isinstance(state, Joined):
        alone = a[axis] == shape[state.axis] and math.prod(a[:axis]) == math.prod(shape[:state.axis])
        return state._replace(axis=axis) if alone else UNKNOWN
    if state.stretches == ANY and shape[state.axis] % a[axis] == 0 and (
            math.prod(a[axis + 1:]) == math.prod(shape[state.axis + 1:])):
        return state._replace(axis=axis)
    begins = math.prod(shape[:state.axis]) * (state.stretches or 1)  # how often the rows begin in the whole of it
    stretches, rest = divmod(begins, math.prod(a[:axis]) or 1)
    if rest or not stretches or (stretches > 1 and proof.plan is None):
        return UNKNOWN
    return Rows(axis, state.alike, stretches)


def _squeeze(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    gone = ours.params["dimensions"]
    if not same(ours, theirs) or (state is not None and state.axis in gone):
        return UNKNOWN
    return None if state is None else state._replace(axis=state.axis - sum(axis < state.axis for axis in gone))


def _transpose(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if not same(ours, theirs):
        return UNKNOWN
    return None if state is None else state._replace(axis=tuple(ours.params["permutation"]).index(state.axis))


def _reduction(fill: str, idempotent: bool = False) -> Callable[..., State]:
    """Of copies of a row that is there the largest, or whether all hold, is no other than without them; anything else is
    so where they are masked by `fill`."""

    def rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
        state, axes = given[0], ours.params["axes"]
        if not same(ours, theirs) or len(given) != 1:
            return UNKNOWN
        if state is None:
            return None
        if isinstance(state, Joined):
            if state.axis not in axes:
                return state._replace(axis=state.axis - sum(axis < state.axis for axis in axes))
            return None if state.parts and proof.mask(Mask(0, state.axis, fill, parts=state.masked)) else UNKNOWN
        if state.axis in axes:
            masked = (idempotent and state.alike) or proof.mask(Mask(0, state.axis, fill, state.stretches))
            return None if masked else UNKNOWN
        return state._replace(axis=state.axis - sum(axis < state.axis for axis in axes))

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
        for other in given:
            state = merged(state, other)
        if not isinstance(state, Rows) or state.axis in (axes if isinstance(axes, (tuple, list)) else (axes,)):
            return None if state is None else UNKNOWN
        return state

    return rule


def _concatenate(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    axis = ours.params["dimension"]
    if proof.plan is None or not any(given) or any(state is not None and state.axis != axis for state in given):
        return _along("dimension")(proof, ours, theirs, given)
    lengths = zip(given, shapes_of(ours), shapes_of(theirs), strict=True)
    parts = tuple([(a[axis], b[axis], 1 if state is None else state.stretches) for state, a, b in lengths])
    return Joined(axis, parts) if same(ours, theirs) else UNKNOWN


def _stack(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    found = given[0]
    for state in given:
        found = merged(found, state)
    if not same(ours, theirs) or not isinstance(found, Rows):
        return None if found is None and same(ours, theirs) else UNKNOWN
    return found._replace(axis=found.axis + (ours.params["axis"] <= found.axis))


def _slice(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, = given
    if state is None:
        return None if same(ours, theirs) else UNKNOWN
    axis, sizes = state.axis, (shapes_of(ours)[0], shapes_of(theirs)[0])
    ends = [equation.params["limit_indices"] for equation in (ours, theirs)]
    strides = ours.params["strides"]
    if not same(ours, theirs, "start_indices", "strides") or different(*ends) not in (axis, None):
        return UNKNOWN
    if ends[0] == ends[1]:
        return None if state.stretches <= 1 else UNKNOWN  # rows that are there for both
    whole = ours.params["start_indices"][axis] == 0 and (strides is None or strides[axis] == 1) and all(
        end[axis] == size[axis] for end, size in zip(ends, sizes, strict=True))
    return state if whole else UNKNOWN


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
    shapes = shapes_of(ours)
    free = [[axis for axis in range(len(shape)) if axis not in summed and axis not in batch] for shape, summed, batch in (
        (shapes[0], summed_left, batch_left), (shapes[1], summed_right, batch_right))]
    if left is not None and right is not None:
        along = merged(left._replace(axis=0), right._replace(axis=0))
        if not isinstance(along, Rows):
            return UNKNOWN
        if (left.axis, right.axis) in zip(summed_left, summed_right, strict=True):
            masks = [Mask(i, state.axis, "zero", along.stretches) for i, state in enumerate((left, right))]
            return None if proof.mask(*masks) else UNKNOWN
        both = left.axis in batch_left and right.axis in batch_right and (
            tuple(batch_left).index(left.axis) == tuple(batch_right).index(right.axis))
        return along._replace(axis=tuple(batch_left).index(left.axis)) if both else UNKNOWN
    if left is not None:
        return left._replace(axis=len(batch_left) + free[0].index(left.axis)) if left.axis in free[0] else UNKNOWN
    assert right is not None
    before = len(batch_left) + len(free[0])
    return right._replace(axis=before + free[1].index(right.axis)) if right.axis in free[1] else UNKNOWN


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
    for state, shape in zip(given, shapes_of(ours), strict=True):
        if state is None and shape:
            return UNKNOWN
    sizes = ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
    alone = all(ours.params[name][found.axis] == 1 for name in sizes if ours.params.get(name) is not None)
    return found if alone and not any(ours.params["padding"][found.axis]) else UNKNOWN


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
    "concatenate": _concatenate, "sort": _along("dimension"),
    **dict.fromkeys(("reduce_window_max", "reduce_window_min", "reduce_window_sum", "reduce_window",
                     "select_and_scatter_add", "select_and_gather_add"), _window),
    "bitcast_convert_type": _bits, "top_k": _along("axis"),
    "rev": _along("dimensions"),
    "broadcast_in_dim": _broadcast, "iota": _iota, "reshape": _reshape, "squeeze": _squeeze, "transpose": _transpose,
    "stack": _stack, "slice": _slice, "dynamic_slice": dynamic_slice, "dynamic_update_slice": dynamic_update,
    "pad": _pad, "dot_general": _dot, "conv_general_dilated": _convolution, "gather": gather,
    "scatter": scatter, "scatter-add": scatter_add, "scatter_add": scatter_add,
    "optimization_barrier": _each, "scan": scan_rule, "while": while_rule, "cond": cond_rule,
    **dict.fromkeys(("jit", "pjit", "remat", "checkpoint"), call_rule("jaxpr")),
    **dict.fromkeys(("closed_call", "core_call", "custom_jvp_call", "custom_vjp_call"), call_rule("call_jaxpr")),
}


IN_STRETCHES = frozenset({name for name, rule in RULES.items() if rule is _elementwise} | {
    "broadcast_in_dim", "reshape", "squeeze", "transpose", "slice", "pad", "dot_general", "gather", "scatter-add",
    "scatter_add", "concatenate", "split", "reduce_max", "reduce_min", "reduce_and", "reduce_or", "reduce_sum",
    "reduce_prod", "reduce_xor", "optimization_barrier", "scan", "while", "cond", "jit", "pjit", "remat", "checkpoint",
    "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call"})
"""What is known of these where the rows come in several stretches, too."""

OF_JOINED = frozenset({name for name, rule in RULES.items() if rule is _elementwise} | {
    "broadcast_in_dim", "reshape", "scatter-add", "scatter_add", "jit", "pjit", "reduce_max", "reduce_min", "reduce_and",
    "reduce_or", "reduce_sum", "reduce_prod", "reduce_xor"})
"""And of these where arrays of rows are joined."""
