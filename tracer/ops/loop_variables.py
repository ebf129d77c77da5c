"""What a loop carries: tensors, things of several tensors, and lists of these within lists, as one list of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tracer import shapes
from tracer.convert import IndexedSlices
from tracer.ir import Tensor


def flat(variables: list[Any]) -> list[Any]:
    """Loop variables as tensors: a `TensorArray` travels as its flow."""
    found: list[Any] = []
    for variable in variables:
        if isinstance(variable, IndexedSlices):
            found += [p for p in (variable.values, variable.indices, variable.dense_shape) if p is not None]
        elif hasattr(variable, "_session_parts"):
            found += variable._session_parts()[0]
        elif hasattr(variable, "flow"):
            found.append(variable.flow)
        else:
            found.append(variable)
    return found


def pack(forms: list[Any], tensors: list[Tensor]) -> list[Any]:
    """`tensors` in the form of the loop variables `forms`."""
    results, rest = [], list(tensors)
    for form in forms:
        if isinstance(form, IndexedSlices):
            count = 2 + (form.dense_shape is not None)
            results.append(IndexedSlices(*rest[:count]))
        elif hasattr(form, "_session_parts"):
            count = len(form._session_parts()[0])
            results.append(type(form)(*rest[:count]))
        elif hasattr(form, "flow"):
            count = 1
            results.append(form.with_flow(rest[0]))
        else:
            count = 1
            results.append(rest[0])
        del rest[:count]
    return results


def forms(variables: list[Any], results: list[Any]) -> list[Any]:
    """The structure of what the loop returns: that of the body's results where they say more (`TensorArray`)."""
    if len(variables) != len(results):
        return results
    return [result if hasattr(result, "flow") else variable
            for variable, result in zip(variables, results, strict=True)]


def is_nested(variable: Any) -> bool:
    """Whether a loop variable is a list of loop variables, or of none, and not one of numbers, which becomes a tensor."""
    return isinstance(variable, list | tuple) and not isinstance(variable, IndexedSlices) and (not variable or any(
        is_nested(item) or (hasattr(item, "dtype") and hasattr(item, "op")) or hasattr(item, "flow")
        or isinstance(item, IndexedSlices) or hasattr(item, "_session_parts") for item in variable))


def spread(structure: Any, values: Any) -> list[Any]:
    """`values`, built like the loop variables `structure`, as one list."""
    found = []
    for form, value in zip(structure, values, strict=True):
        if not is_nested(form):
            found.append(value)
        elif isinstance(value, list | tuple) and len(value) == len(form):
            found += spread(form, value)
        else:
            raise ValueError("The two structures don't have the same number of elements. "
                             f"First structure: {structure}, second structure: {values}.")
    return found


def gathered(structure: Any, values: Iterator[Any]) -> list[Any]:
    """The reverse of `spread`; named tuples are named tuples again."""
    found = []
    for form in structure:
        if not is_nested(form):
            found.append(next(values))
            continue
        parts = gathered(form, values)
        found.append(type(form)(*parts) if hasattr(form, "_fields") else type(form)(parts))
    return found


def of_structure(structure: list[Any], function: Callable) -> Callable:
    """A function of loop variables that are lists, as one of the variables within."""

    def call(*variables: Any) -> Any:
        result = function(*gathered(structure, iter(variables)))
        if not isinstance(result, list | tuple):
            return result
        if len(result) != len(structure):
            raise ValueError("The number of inputs and outputs of the loop body must match.")
        return spread(structure, result)

    return call


def invariants(variables: list[Any], starts: list[Tensor], given: list[Any]) -> list[shapes.Sizes]:
    """The sizes that hold in all trips, one for each tensor, by what a script says of each variable.

    Raises:
        ValueError: one is not compatible with a variable's own shape.
    """
    found: list[shapes.Sizes] = []
    for variable, shape in zip(variables, given, strict=True):
        parts = starts[len(found):len(found) + len(flat([variable]))]
        sizes = shapes.as_shape(shape).sizes
        if len(parts) > 1 or hasattr(variable, "flow"):
            found += [part.sizes for part in parts]
            continue
        if not _less_specific(sizes, parts[0].sizes):
            raise ValueError(f"The shape invariant specified for {parts[0].name} is not compatible with the initial "
                             f"shape of the loop variable. It enters the loop with shape "
                             f"{shapes.text(parts[0].sizes)}, but the specified shape invariant is "
                             f"{shapes.text(sizes)}.")
        found.append(sizes)
    return found


def check_invariant(merge: Tensor, invariant: shapes.Sizes, end: Tensor) -> None:
    """Raises ValueError when a variable has another shape after a trip than a script says that it has in all."""
    if not _less_specific(invariant, end.sizes):
        raise ValueError(
            f"The shape for {merge.name} is not an invariant for the loop. It enters the loop with shape "
            f"{shapes.text(invariant)}, but has shape {shapes.text(end.sizes)} after one iteration. Provide shape "
            "invariants using either the `shape_invariants` argument of tf.while_loop or set_shape() on the loop "
            "variables.")


def _less_specific(sizes: shapes.Sizes, other: shapes.Sizes) -> bool:
    """Whether all that is of shape `other` is of shape `sizes`."""
    if sizes is None:
        return True
    return other is not None and len(sizes) == len(other) and all(
        size is None or size == known for size, known in zip(sizes, other, strict=True))
