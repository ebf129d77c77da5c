"""One dimension of a static shape, as scripts see it."""

from __future__ import annotations

from typing import Any

from tracer.sizes import Size as Size
from tracer.sizes import Sizes as Sizes
from tracer.sizes import at_least as at_least
from tracer.sizes import at_most as at_most
from tracer.sizes import broadcast as broadcast
from tracer.sizes import check_index as check_index
from tracer.sizes import concat as concat
from tracer.sizes import merge as merge
from tracer.sizes import product as product
from tracer.sizes import rank as rank
from tracer.sizes import reduce as reduce
from tracer.sizes import same as same
from tracer.sizes import slice_places as slice_places
from tracer.sizes import text as text
from tracer.sizes import window as window


class Dimension:
    """One dimension of a shape: a number, or unknown.

    A comparison with an unknown dimension is neither true nor false: it is None.

    >>> tf.Dimension(12) // 5
    Dimension(2)
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = as_size(value)

    @property
    def value(self) -> Size:
        """The number, or None when it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the two could be equal."""
        size = as_size(other)
        return self._value is None or size is None or self._value == size

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the two could be equal."""
        same(self._value, as_size(other))

    def merge_with(self, other: Any) -> Dimension:
        """What both tell together; ValueError when they contradict each other.

        >>> tf.Dimension(None).merge_with(3)
        Dimension(3)
        """
        return Dimension(same(self._value, as_size(other)))

    def __add__(self, other: Any) -> Dimension:
        size = as_size(other)
        return Dimension(None if self._value is None or size is None else self._value + size)

    def __sub__(self, other: Any) -> Dimension:
        size = as_size(other)
        return Dimension(None if self._value is None or size is None else self._value - size)

    def __mul__(self, other: Any) -> Dimension:
        size = as_size(other)
        return Dimension(None if self._value is None or size is None else self._value * size)

    def __floordiv__(self, other: Any) -> Dimension:
        size = as_size(other)
        return Dimension(None if self._value is None or size is None else self._value // size)

    # The classic division of Python 2. There is no true division: half a dimension would be no dimension.
    __div__ = __floordiv__

    def __mod__(self, other: Any) -> Dimension:
        size = as_size(other)
        return Dimension(None if self._value is None or size is None else self._value % size)

    def __eq__(self, other: Any) -> bool | None:  # type: ignore[override]
        try:
            size = as_size(other)
        except (TypeError, ValueError):
            return False
        return None if self._value is None or size is None else self._value == size

    def __ne__(self, other: Any) -> bool | None:  # type: ignore[override]
        try:
            size = as_size(other)
        except (TypeError, ValueError):
            return True
        return None if self._value is None or size is None else self._value != size

    def __lt__(self, other: Any) -> bool | None:
        size = as_size(other)
        return None if self._value is None or size is None else self._value < size

    def __le__(self, other: Any) -> bool | None:
        size = as_size(other)
        return None if self._value is None or size is None else self._value <= size

    def __gt__(self, other: Any) -> bool | None:
        size = as_size(other)
        return None if self._value is None or size is None else self._value > size

    def __ge__(self, other: Any) -> bool | None:
        size = as_size(other)
        return None if self._value is None or size is None else self._value >= size

    __hash__ = None  # type: ignore[assignment]

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]  # None where libraries call it by name; int() refuses that

    __index__ = __int__

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value})"


def as_dimension(value: Any) -> Dimension:
    """The `Dimension` of an int or None; a Dimension is returned as it is."""
    return value if isinstance(value, Dimension) else Dimension(value)


def as_size(value: Any) -> Size:
    """The number of what stands for a dimension; None when it is unknown. ValueError for what is no size."""
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
