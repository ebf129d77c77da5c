"""What a queue holds: the types and shapes that its elements have, checked when they come, and stacked when they go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tracer import dtypes, errors

Element = tuple[Any, ...]


class Components:
    """The components of a queue's elements, as its operation declares them."""

    def __init__(self, name: str, attrs: Mapping[str, Any]) -> None:
        self.types: list[dtypes.DType] = list(attrs["component_types"])
        self.shapes: list[tuple[int | None, ...]] = [shape.sizes for shape in attrs["shapes"]]
        if not self.types:
            raise errors.InvalidArgumentError(None, None, f"Empty component types for queue {name}")
        if self.shapes and len(self.shapes) != len(self.types):
            raise errors.InvalidArgumentError(
                None, None, f"Different number of component types.  Types: {type_list(self.types)}, Shapes: "
                            f"{shape_list(self.shapes)}")
        self._exact = [(numpy_type(kind), shape) for kind, shape in zip(self.types, self.shapes, strict=False)]

    def _element(self, components: list[Any]) -> Element:
        """The components as the queue keeps them."""
        values = []
        for component, (kind, shape) in zip(components, self._exact, strict=False):
            if isinstance(component, bytes):
                if kind.kind != "O" or shape != ():
                    break
                values.append(component)
            elif component.dtype is not kind or component.shape != shape:
                break
            else:
                values.append(component.copy() if shape else component[()])
        return tuple(values) if len(values) == len(components) == len(self.types) else tuple(self._checked(components))

    def _checked(self, components: list[Any]) -> Iterator[Any]:
        self._check_types(components)
        for i, component in enumerate(components):
            value = _own(component)
            if self.shapes and not _fits(np.shape(value), self.shapes[i]):
                raise self._wrong_shape(i, self.shapes[i], np.shape(value))
            yield value

    def rows(self, columns: list[Any]) -> list[Element]:
        """Elements, of columns with one component of each; ValueError where they are not what the queue takes."""
        if len(columns) != len(self.types):
            raise ValueError
        apart = []
        for i, (column, kind) in enumerate(zip(columns, self.types, strict=True)):
            if column.dtype != numpy_type(kind) or (self.shapes and not _fits(column.shape[1:], self.shapes[i])):
                raise ValueError
            if column.ndim > 1:
                apart.append([row.copy() for row in column])
            else:
                apart.append(column.tolist() if column.dtype == object else list(column))
        return list(zip(*apart, strict=True))

    def _sliced(self, components: list[Any]) -> Iterator[Element]:
        self._check_types(components)
        columns = [_own(component) for component in components]
        count = np.shape(columns[0])[0]
        for i, column in enumerate(columns):
            if self.shapes and not _fits(np.shape(column), (count, *self.shapes[i])):
                raise self._wrong_shape(i, (count, *self.shapes[i]), np.shape(column))
            if np.shape(column)[0] != count:
                raise errors.InvalidArgumentError(
                    None, None, "All input tensors must have the same size in the 0th dimension. Component "
                                f"{i} has {np.shape(column)[0]}, and should have {count}")
        return zip(*columns, strict=True)

    def _wrong_shape(self, index: int, expected: Any, got: Any) -> errors.OpError:
        return errors.InvalidArgumentError(
            None, None, f"Shape mismatch in tuple component {index}. Expected {_shape(expected)}, got {_shape(got)}")

    def _check_types(self, components: list[Any]) -> None:
        if len(components) != len(self.types):
            raise errors.InvalidArgumentError(
                None, None, f"Wrong number of components in tuple. Expected {len(self.types)}, got {len(components)}")
        for i, (component, kind) in enumerate(zip(components, self.types, strict=True)):
            got = dtypes.string if isinstance(component, bytes) or component.dtype == object else component.dtype
            if got != kind.array_dtype and got is not kind:
                raise errors.InvalidArgumentError(
                    None, None, f"Type mismatch in tuple component {i}. Expected {kind.name}, got "
                                f"{dtypes.as_dtype(got).name}")

    def _stacked(self, index: int, values: list[Any]) -> np.ndarray:
        shape = self.shapes[index]
        sizes = [0 if size is None else size for size in shape]
        result = np.empty((len(values), *sizes), numpy_type(self.types[index]))
        if shape == ():
            result[:] = values
        else:
            for i, value in enumerate(values):
                result[i] = value
        return result


def _own(value: Any) -> Any:
    """A component as the queue keeps it: nobody else writes to it."""
    if not isinstance(value, np.ndarray):
        return value
    return value.copy() if value.ndim else value[()]


def _fits(shape: tuple[int, ...], declared: tuple[int | None, ...] | None) -> bool:
    return declared is None or shape == declared or (len(shape) == len(declared) and all(
        size is None or size == n for n, size in zip(shape, declared, strict=True)))


def numpy_type(kind: dtypes.DType) -> np.dtype:
    """The type of the arrays that hold such values."""
    return np.dtype(kind.array_dtype)


def _shape(sizes: Any) -> str:
    return f"[{','.join('?' if size is None else str(size) for size in sizes)}]"


def shape_list(shapes: list[Any]) -> str:
    """Shapes as messages print them."""
    return f"[{', '.join(map(_shape, shapes))}]"


def type_list(types: Any) -> str:
    """Types as messages print them."""
    return ", ".join(kind.name for kind in types)
