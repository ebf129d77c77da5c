"""What `lowering.batch.rowwise` concludes where elements are taken, or written, by the numbers of their places."""

from __future__ import annotations

from typing import Any

from lowering.batch.rowwise import UNKNOWN, Guard, Joined, Mask, Proof, Rows, State, different, merged, same

Told = Rows | None
"""What is known of each array that a rule is asked about: something always is."""


def shapes_of(equation: Any) -> list[tuple[int, ...]]:
    """The shapes of its operands."""
    return [atom.aval.shape for atom in equation.invars]


def dynamic_slice(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, *starts = given
    if any(starts):
        return UNKNOWN
    if state is None:
        return None if same(ours, theirs) else UNKNOWN
    cuts = [equation.params["slice_sizes"] for equation in (ours, theirs)]
    if cuts[0] == cuts[1]:
        return None if proof.guard(Guard(state.axis, None)) else UNKNOWN
    whole = all(cut[state.axis] == shapes[0][state.axis]
                for cut, shapes in zip(cuts, (shapes_of(ours), shapes_of(theirs)), strict=True))
    return state if whole and different(*cuts) == state.axis else UNKNOWN


def dynamic_update(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    state, update, *starts = given
    if any(starts):
        return UNKNOWN
    if state is None:
        return None if update is None else UNKNOWN
    if update is None:
        return Rows(state.axis, False) if proof.guard(Guard(state.axis, None)) else UNKNOWN
    (whole, part, *_), (wide, wide_part, *_) = shapes_of(ours), shapes_of(theirs)
    full = whole[state.axis] == part[state.axis] and wide[state.axis] == wide_part[state.axis]
    return merged(state, update) if full else UNKNOWN


def gather(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    source, indices = given
    numbers = ours.params["dimension_numbers"]
    if not same(ours, theirs, *(name for name in ours.params if name != "slice_sizes")):
        return UNKNOWN
    if source is None and indices is None:
        return None if same(ours, theirs) else UNKNOWN
    outside = [axis for axis in range(len(ours.outvars[0].aval.shape)) if axis not in numbers.offset_dims]
    if source is None:
        assert indices is not None
        last = len(shapes_of(ours)[1]) - 1
        if not same(ours, theirs) or indices.axis == last:
            return UNKNOWN
        return indices._replace(axis=outside[indices.axis])
    if source.axis in numbers.collapsed_slice_dims and source.axis in numbers.start_index_map:
        return _taken_from_rows(proof, ours, theirs, source.axis, indices, outside)
    if indices is not None:
        paired = dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
        if not same(ours, theirs) or paired.get(source.axis) != indices.axis:
            return UNKNOWN
        both = merged(source._replace(axis=0), indices._replace(axis=0))
        return both._replace(axis=outside[indices.axis]) if isinstance(both, Rows) else UNKNOWN
    kept = [axis for axis in range(len(shapes_of(ours)[0]))
            if axis not in numbers.collapsed_slice_dims and axis not in numbers.operand_batching_dims]
    cuts = [equation.params["slice_sizes"] for equation in (ours, theirs)]
    whole = all(cut[source.axis] == shapes[0][source.axis]
                for cut, shapes in zip(cuts, (shapes_of(ours), shapes_of(theirs)), strict=True))
    if not whole or different(*cuts) != source.axis or source.axis not in kept:
        return UNKNOWN
    return Rows(numbers.offset_dims[kept.index(source.axis)], source.alike)


def _taken_from_rows(proof: Proof, ours: Any, theirs: Any, source: int, indices: Told, outside: list[int]) -> State:
    """Rows by their numbers, which must be those of rows that are there."""
    last = len(shapes_of(ours)[1]) - 1
    if not same(ours, theirs) or (indices is not None and indices.axis == last):
        return UNKNOWN
    if indices is not None and indices.axis in ours.params["dimension_numbers"].start_indices_batching_dims:
        return UNKNOWN
    if not proof.guard(_guard(source, indices)):
        return UNKNOWN
    return None if indices is None else indices._replace(axis=outside[indices.axis], alike=False)


def _guard(source: int, indices: Told) -> Guard:
    return Guard(source, None) if indices is None else Guard(source, indices.axis, indices.stretches)


def scatter_add(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    """Rows added at places of their own, which must be those of rows that are there where it is rows that they are added
    to. Zeros may be added anywhere."""
    target, places, update = given
    numbers = ours.params["dimension_numbers"]
    if places is None and not (target is not None and target.axis in numbers.scatter_dims_to_operand_dims):
        return scatter(proof, ours, theirs, given)
    if not same(ours, theirs) or ours.params["unique_indices"] or ours.params["indices_are_sorted"]:
        return UNKNOWN
    if target is not None and target.axis in numbers.operand_batching_dims:
        return _added_in_rows(target, places, update, ours)
    if target is not None and (
            target.axis not in numbers.inserted_window_dims or target.axis not in numbers.scatter_dims_to_operand_dims):
        return UNKNOWN
    if places is not None and places.axis in (len(shapes_of(ours)[1]) - 1, *numbers.scatter_indices_batching_dims):
        return UNKNOWN
    outside = [axis for axis in range(len(shapes_of(ours)[2])) if axis not in numbers.update_window_dims]
    if (places is None) != (update is None):
        return UNKNOWN
    if places is not None:
        both = merged(places._replace(axis=outside[places.axis]), update)
        if isinstance(both, Joined) and not both.parts:
            return UNKNOWN
        if not isinstance(both, Rows | Joined) or not proof.mask(
                Mask(2, both.axis, "zero", parts=both.masked) if isinstance(both, Joined)
                else Mask(2, both.axis, "zero", both.stretches)):
            return UNKNOWN
    if target is None:
        return None
    if isinstance(places, Joined):
        return UNKNOWN
    return Rows(target.axis, False) if proof.guard(_guard(target.axis, places)) else UNKNOWN


def _added_in_rows(target: Rows | Joined, places: Told, update: Told, ours: Any) -> State:
    """In each row at places of its own."""
    numbers = ours.params["dimension_numbers"]
    paired = dict(zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, strict=True))[target.axis]
    outside = [axis for axis in range(len(shapes_of(ours)[2])) if axis not in numbers.update_window_dims]
    if places is None or update is None or places.axis != paired or update.axis != outside[paired]:
        return UNKNOWN
    return merged(target, merged(places._replace(axis=target.axis), update._replace(axis=target.axis)))


def scatter(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> State:
    """Rows of another axis written at known places, or rows at places that must be those of rows that are there."""
    target, places, update = given
    if not same(ours, theirs, "dimension_numbers", "mode") or places is not None:
        return UNKNOWN
    if target is None:
        return None if update is None else UNKNOWN
    numbers = ours.params["dimension_numbers"]
    if update is None:
        one_by_one = target.axis in numbers.inserted_window_dims and target.axis in numbers.scatter_dims_to_operand_dims
        return Rows(target.axis, False) if one_by_one and proof.guard(Guard(target.axis, None)) else UNKNOWN
    if target.axis in (*numbers.inserted_window_dims, *numbers.operand_batching_dims, *numbers.scatter_dims_to_operand_dims):
        return UNKNOWN
    kept = [axis for axis in range(len(shapes_of(ours)[0]))
            if axis not in numbers.inserted_window_dims and axis not in numbers.operand_batching_dims]
    whole = all(shapes[0][target.axis] == shapes[2][update.axis] for shapes in (shapes_of(ours), shapes_of(theirs)))
    paired = numbers.update_window_dims[kept.index(target.axis)] == update.axis
    return Rows(target.axis, target.alike and update.alike) if whole and paired else UNKNOWN
