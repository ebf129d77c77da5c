"""Static shapes: `TensorShape` and `Dimension` as scripts see them, and the partial-shape arithmetic that ops declare.

The functions at the end work on plain sizes: a tuple of int or None (an unknown dimension), or None (an unknown rank).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Size = int | None
Sizes = tuple[Size, ...] | None


class Dimension:
    """One dimension of a shape: a number, or unknown.

    A comparison with an unknown dimension is neither true nor false: it is None.

    >>> tf.Dimension(12) // 5
    Dimension(2)
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = _as_size(value)

    @property
    def value(self) -> Size:
        """The number, or None when it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the two could be equal."""
        size = _as_size(other)
        return self._value is None or size is None or self._value == size

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the two could be equal."""
        same(self._value, _as_size(other))

    def merge_with(self, other: Any) -> Dimension:
        """What both tell together; ValueError when they contradict each other.

        >>> tf.Dimension(None).merge_with(3)
        Dimension(3)
        """
        return Dimension(same(self._value, _as_size(other)))

    def __add__(self, other: Any) -> Dimension:
        size = _as_size(other)
        return Dimension(None if self._value is None or size is None else self._value + size)

    def __sub__(self, other: Any) -> Dimension:
        size = _as_size(other)
        return Dimension(None if self._value is None or size is None else self._value - size)

    def __mul__(self, other: Any) -> Dimension:
        size = _as_size(other)
        return Dimension(None if self._value is None or size is None else self._value * size)

    def __floordiv__(self, other: Any) -> Dimension:
        size = _as_size(other)
        return Dimension(None if self._value is None or size is None else self._value // size)

    # The classic division of Python 2. There is no true division: half a dimension would be no dimension.
    __div__ = __floordiv__

    def __mod__(self, other: Any) -> Dimension:
        size = _as_size(other)
        return Dimension(None if self._value is None or size is None else self._value % size)

    def __eq__(self, other: Any) -> bool | None:  # type: ignore[override]
        try:
            size = _as_size(other)
        except (TypeError, ValueError):
            return False
        return None if self._value is None or size is None else self._value == size

    def __ne__(self, other: Any) -> bool | None:  # type: ignore[override]
        try:
            size = _as_size(other)
        except (TypeError, ValueError):
            return True
        return None if self._value is None or size is None else self._value != size

    def __lt__(self, other: Any) -> bool | None:
        size = _as_size(other)
        return None if self._value is None or size is None else self._value < size

    def __le__(self, other: Any) -> bool | None:
        size = _as_size(other)
        return None if self._value is None or size is None else self._value <= size

    def __gt__(self, other: Any) -> bool | None:
        size = _as_size(other)
        return None if self._value is None or size is None else self._value > size

    def __ge__(self, other: Any) -> bool | None:
        size = _as_size(other)
        return None if self._value is None or size is None else self._value >= size

    __hash__ = None  # type: ignore[assignment]

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]  # None where libraries call it by name; int() refuses that

    __index__ = __int__

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value})"


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


def as_dimension(value: Any) -> Dimension:
    """The `Dimension` of an int or None; a Dimension is returned as it is."""
    return value if isinstance(value, Dimension) else Dimension(value)


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


def _as_size(value: Any) -> Size:
    if type(value) is int:
        size = value
    elif value is None:
        return None
    elif isinstance(value, Dimension):
        return value._value
    else:
        size = int(value)
        if not isinstance(value, (str, bytes)) and size != value:
            raise ValueError(f"Ambiguous dimension: {value}")
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


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
        return (_as_size(dims),)
    return tuple(_as_size(size) for size in each)


def text(sizes: Sizes) -> str:
    """Sizes as messages print them: `(2, ?)`, `(3,)`, `()`, `<unknown>`."""
    if sizes is None:
        return "<unknown>"
    inner = ", ".join("?" if size is None else str(size) for size in sizes)
    return f"({inner},)" if len(sizes) == 1 else f"({inner})"


def product(sizes: Sizes) -> int | None:
    """The number of elements, or None when it is unknown."""
    if sizes is None or None in sizes:
        return None
    return math.prod(sizes)  # type: ignore[arg-type]


def same(a: Size, b: Size) -> Size:
    """One dimension that two tensors share; ValueError when they differ."""
    if a is None:
        return b
    if b is None or a == b:
        return a
    raise ValueError(f"Dimensions {a} and {b} are not compatible")


def merge(a: Sizes, b: Sizes) -> Sizes:
    """What two descriptions of one shape tell together; ValueError when they contradict each other."""
    if a is None:
        return b
    if b is None or a == b:
        return a
    if len(a) == len(b) and all(x is None or y is None or x == y for x, y in zip(a, b, strict=True)):
        return tuple(y if x is None else x for x, y in zip(a, b, strict=True))
    raise ValueError(f"Shapes {text(a)} and {text(b)} are not compatible")


def rank(sizes: Sizes, n: int) -> tuple[Size, ...]:
    """The sizes, known to be `n`; ValueError when they are not. An unknown rank becomes `n` unknown dimensions."""
    if sizes is None:
        return (None,) * n
    if len(sizes) != n:
        raise ValueError(f"Shape {text(sizes)} must have rank {n}")
    return sizes


_rank = rank  # the methods above have a parameter of that name


def at_least(sizes: Sizes, n: int) -> Sizes:
    """The sizes; ValueError when they are fewer than `n`."""
    if sizes is not None and len(sizes) < n:
        raise ValueError(f"Shape {text(sizes)} must have rank at least {n}")
    return sizes


def at_most(sizes: Sizes, n: int) -> Sizes:
    """The sizes; ValueError when they are more than `n`."""
    if sizes is not None and len(sizes) > n:
        raise ValueError(f"Shape {text(sizes)} must have rank at most {n}")
    return sizes


def broadcast(a: Sizes, b: Sizes) -> Sizes:
    """The shape of an elementwise operation on two tensors."""
    if a is None or b is None:
        return None
    if a == b:
        return a
    longest = max(len(a), len(b))
    result = []
    for x, y in zip((1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b, strict=True):
        if x == y or y == 1:
            result.append(x)
        elif x == 1:
            result.append(y)
        elif x is None or y is None:
            # A known size above 1 must be the result's; 0 against an unknown leaves the result unknown, as in TF.
            known = y if x is None else x
            result.append(known or None)
        else:
            raise ValueError(f"Incompatible shapes for broadcasting: {text(a)} and {text(b)}")
    return tuple(result)


def reduce(sizes: Sizes, axes: Any, keep_dims: bool = False) -> Sizes:
    """The shape left after reducing over `axes`: an int, a sequence of them, or None when they are not known."""
    if sizes is None:
        return None
    if axes is None:
        return (None,) * len(sizes) if keep_dims else None
    reduced = {int(axis) for axis in _flat(axes)}
    for axis in sorted(reduced):
        if not 0 <= axis < len(sizes):
            raise ValueError(f"Invalid reduction dimension {axis} for input with {len(sizes)} dimensions")
    if keep_dims:
        return tuple(1 if axis in reduced else size for axis, size in enumerate(sizes))
    return tuple(size for axis, size in enumerate(sizes) if axis not in reduced)


def _flat(axes: Any) -> Iterable[Any]:
    if hasattr(axes, "reshape"):
        return axes.reshape(-1)
    return axes if isinstance(axes, Iterable) else (axes,)


def concat(shapes: Sequence[Sizes], axis: int | None) -> Sizes:
    """The shape of tensors joined along `axis`; with None, an axis that is not known, only the rank is told."""
    known = [sizes for sizes in shapes if sizes is not None]
    if not known:
        return None
    if any(not sizes for sizes in known):
        raise ValueError("Can't concatenate scalars (use tf.pack instead)")
    if axis is None:
        for sizes in known:
            rank(sizes, len(known[0]))
        return (None,) * len(known[0])
    before: Sizes = None
    after: Sizes = None
    total: Size = 0 if len(known) == len(shapes) else None
    for sizes in known:
        if not 0 <= axis < len(sizes):
            raise ValueError(f"Expected concat_dim in range [0, {len(sizes)}), but got {axis}")
        before, after = merge(before, sizes[:axis]), merge(after, sizes[axis + 1 :])
        extent = sizes[axis]
        total = None if total is None or extent is None else total + extent
    return (*(before or ()), total, *(after or ()))


def window(size: Size, filter: Size, stride: int, padding: str) -> Size:
    """How many places a window of `filter` elements has along a dimension of a convolution or a pooling."""
    if size is not None and filter is not None and filter > size:
        # TF 0.8 refuses this even where SAME padding would make room.
        raise ValueError(f"Filter must not be larger than the input: Filter: {filter} Input: {size}")
    if padding == "SAME":
        return None if size is None else -(-size // stride)
    if padding == "VALID":
        return None if size is None or filter is None else -(-(size - filter + 1) // stride)
    raise ValueError(f"Invalid value for padding: {padding!r}")


def slice_places(count: int, given: int, ellipsis: int, new_axis: int, shrink: int) -> list[tuple[str, int]]:
    """What each of the `given` items of an index does to the `count` dimensions of a tensor, by the bits of its masks.

    In order: ("new", i) makes a dimension, ("index", i) takes one place of one and drops it, ("range", i) takes a range,
    and ("whole", i) leaves one that an ellipsis or nothing speaks of.
    """
    if ellipsis & (ellipsis - 1):
        raise ValueError("Multiple ellipses in slice spec not allowed")
    spoken = sum(1 for i in range(given) if not (ellipsis | new_axis) >> i & 1)
    if spoken > count:
        raise ValueError(f"Index out of range using input dim {count}; input has only {count} dims")
    places: list[tuple[str, int]] = []
    for i in range(given):
        if ellipsis >> i & 1:
            places += [("whole", i)] * (count - spoken)
        else:
            places.append(("new" if new_axis >> i & 1 else "index" if shrink >> i & 1 else "range", i))
    return places if ellipsis else places + [("whole", given)] * (count - spoken)


def check_index(index: Size, size: Size, axis: int) -> None:
    """ValueError when a known `index` is outside of a dimension of known `size`."""
    if index is not None and size is not None and not -size <= index < size:
        raise ValueError(f"slice index {index} of dimension {axis} out of bounds.")
