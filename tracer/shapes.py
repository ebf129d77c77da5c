"""Static shapes as scripts see them, `TensorShape`; and, by name, the arithmetic of plain sizes that operations declare."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from tracer.dimension import Dimension as Dimension
from tracer.dimension import as_dimension as as_dimension
from tracer.dimension import as_size
from tracer.sizes import Size as Size
from tracer.sizes import Sizes as Sizes
from tracer.sizes import at_least as at_least
from tracer.sizes import at_most as at_most
from tracer.sizes import broadcast as broadcast
from tracer.sizes import check_index as check_index
from tracer.sizes import concat as concat
from tracer.sizes import merge as merge
from tracer.sizes import places as places
from tracer.sizes import product as product
from tracer.sizes import rank as rank
from tracer.sizes import reduce as reduce
from tracer.sizes import same as same
from tracer.sizes import slice_places as slice_places
from tracer.sizes import text as text
from tracer.sizes import window as window


class TensorShape:
    """The shape of a tensor as far as it is known while the graph is built.

    >>> tf.TensorShape([None, 3])
    TensorShape([Dimension(None), Dimension(3)])
    """

    __slots__ = ("_sizes",)

    _sizes: Sizes

    def __init__(self, dims: Any) -> None:
        self._sizes = _as_sizes(dims)

    @classmethod
    @functools.lru_cache(4096)
    def of(cls, sizes: Sizes) -> TensorShape:
        """The shape of plain sizes, unchecked: the cheap way in. Equal ones are one object, since none ever changes."""
        self = object.__new__(cls)
        self._sizes = sizes
        return self

    @property
    def sizes(self) -> Sizes:
        """The sizes as a tuple of int or None; None when the rank is unknown."""
        return self._sizes

    @property
    def dims(self) -> list[Dimension] | None:
        """The dimensions, or None when the rank is unknown."""
        return None if self._sizes is None else [Dimension(size) for size in self._sizes]

    _dims = dims  # by this name libraries of the time read it

    @property
    def ndims(self) -> int | None:
        """The rank, or None when it is unknown."""
        return None if self._sizes is None else len(self._sizes)

    def num_elements(self) -> int | None:
        """How many elements such a tensor has, or None when that is unknown."""
        return product(self._sizes)

    def is_fully_defined(self) -> bool:
        """Whether the rank and every dimension are known."""
        return self._sizes is not None and None not in self._sizes

    def as_list(self) -> list[Size]:
        """The sizes as a list of int or None.

        >>> tf.placeholder(tf.float32, [None, 3]).get_shape().as_list()
        [None, 3]
        """
        if self._sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._sizes)

    def as_proto(self) -> Any:
        """This shape as a TensorShapeProto."""
        from tracer.protos import TensorShapeProto

        if self._sizes is None:
            return TensorShapeProto(unknown_rank=True)
        return TensorShapeProto(dim=[TensorShapeProto.Dim(size=-1 if size is None else size) for size in self._sizes])

    def merge_with(self, other: Any) -> TensorShape:
        """What both tell together; ValueError when they contradict each other.

        >>> tf.TensorShape([None, 3]).merge_with([2, None]).as_list()
        [2, 3]
        """
        return TensorShape.of(merge(self._sizes, _as_sizes(other)))

    def concatenate(self, other: Any) -> TensorShape:
        """The dimensions of this shape followed by those of the other; unknown when either is."""
        sizes = _as_sizes(other)
        return TensorShape.of(None if self._sizes is None or sizes is None else self._sizes + sizes)

    def with_rank(self, rank: Any) -> TensorShape:
        """This shape, known to have that rank; ValueError when it has another.

        >>> tf.TensorShape(None).with_rank(2).as_list()
        [None, None]
        """
        return TensorShape.of(_rank(self._sizes, int(rank)))

    def with_rank_at_least(self, rank: Any) -> TensorShape:
        """This shape; ValueError when its rank is smaller."""
        return TensorShape.of(at_least(self._sizes, int(rank)))

    def with_rank_at_most(self, rank: Any) -> TensorShape:
        """This shape; ValueError when its rank is greater."""
        return TensorShape.of(at_most(self._sizes, int(rank)))

    def assert_has_rank(self, rank: Any) -> None:
        """Raise ValueError unless the rank could be that."""
        _rank(self._sizes, int(rank))

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError unless both could have the same rank."""
        sizes = _as_sizes(other)
        if self._sizes is not None and sizes is not None and len(self._sizes) != len(sizes):
            raise ValueError(f"Shapes {self} and {text(sizes)} must have the same rank")

    def is_compatible_with(self, other: Any) -> bool:
        """Whether one tensor could have both shapes.

        >>> tf.TensorShape([None, 3]).is_compatible_with([2, 3])
        True
        """
        mine, theirs = self._sizes, _as_sizes(other)
        if mine is None or theirs is None:
            return True
        if len(mine) != len(theirs):
            return False
        return all(x is None or y is None or x == y for x, y in zip(mine, theirs, strict=True))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless one tensor could have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless the rank and every dimension are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def __len__(self) -> int:
        if self._sizes is None:
            raise ValueError("Cannot take the length of Shape with unknown rank.")
        return len(self._sizes)

    def __bool__(self) -> bool:
        # True means "known", also for the shape of a scalar.
        return self._sizes is not None

    __nonzero__ = __bool__

    def __iter__(self) -> Iterator[Dimension]:
        if self._sizes is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(size) for size in self._sizes])

    def __getitem__(self, key: Any) -> Any:
        if self._sizes is not None:
            if isinstance(key, slice):
                return TensorShape.of(self._sizes[key])
            return Dimension(self._sizes[key])
        if not isinstance(key, slice):
            return Dimension(None)
        if key.step not in (None, 1):
            raise ValueError("Steps are not yet handled")
        start, stop = key.start or 0, key.stop
        # Only a slice between two places from the front has a length that the rank does not decide.
        if stop is None or start < 0 or stop < 0:
            return TensorShape.of(None)
        return TensorShape.of((None,) * max(stop - start, 0))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        try:
            sizes = _as_sizes(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._sizes is None or sizes is None:
            return self._sizes is sizes
        # Two unknown dimensions are not known to be equal.
        return self._sizes == sizes and None not in sizes

    def __ne__(self, other: object) -> bool:
        try:
            sizes = _as_sizes(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._sizes is None or sizes is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return text(self._sizes)

    def __repr__(self) -> str:
        return f"TensorShape({self.dims})"


def as_shape(shape: Any) -> TensorShape:
    """The `TensorShape` of anything that can be one; a TensorShape is returned as it is."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def unknown_shape(ndims: int | None = None) -> TensorShape:
    """A shape of which at most the rank is known."""
    return TensorShape.of(None if ndims is None else (None,) * int(ndims))


def scalar() -> TensorShape:
    """The shape of a single element."""
    return TensorShape.of(())


def vector(length: Any) -> TensorShape:
    """A shape of rank 1."""
    return TensorShape([length])


def matrix(rows: Any, cols: Any) -> TensorShape:
    """A shape of rank 2."""
    return TensorShape([rows, cols])


def _as_sizes(dims: Any) -> Sizes:
    if isinstance(dims, TensorShape):
        return dims._sizes
    if dims is None:
        return None
    if isinstance(dims, (str, bytes)):
        raise TypeError(f"A string has ambiguous TensorShape, please wrap in a list or convert to an int: {dims!s}")
    if hasattr(dims, "unknown_rank"):  # a TensorShapeProto
        return None if dims.unknown_rank else tuple(None if dim.size == -1 else dim.size for dim in dims.dim)
    try:
        each = iter(dims)
    except TypeError:
        return (as_size(dims),)
    return tuple(as_size(size) for size in each)


_rank = rank  # the methods above have a parameter of that name


