"""Which unknown first sizes of what a program is fed must be equal: mostly all, the batch."""

from __future__ import annotations

import itertools
from collections.abc import Callable

MOST = 6
"""Of more it is asked only whether all or none belong together."""


def batches(count: int, fits: Callable[[list[list[int]]], bool]) -> list[list[int]]:
    """The numbers below `count` in groups, as small as possible, such that a size for each group `fits` the program.

    All in one group are taken to fit. A group of more than two beside another one of more than two is not found.
    """
    left, found = list(range(count)), []
    if count > 1 and fits([[i] for i in left]):
        return [[i] for i in left]
    for size in (1, 2) if 2 < count <= MOST else ():
        for group in itertools.combinations(range(count), size):
            rest = [i for i in left if i not in group]
            if set(group) <= set(left) and len(left) >= 2 * size and fits([*found, list(group), rest]):
                found.append(list(group))
                left = rest
    return [left, *found]
