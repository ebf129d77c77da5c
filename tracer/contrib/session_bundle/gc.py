"""Which of several exports to keep: functions from a list of paths to a part of it."""

from __future__ import annotations

import collections
import heapq
import os
from collections.abc import Callable
from typing import Any

from tracer import gfile

Path = collections.namedtuple("Path", ["path", "export_version"])
Choice = Callable[[list[Any]], list[Any]]


def largest_export_versions(n: int) -> Choice:
    """The `n` paths of the largest versions."""
    return lambda paths: sorted(heapq.nlargest(n, paths, key=lambda path: path.export_version))


def one_of_every_n_export_versions(n: int) -> Choice:
    """The largest version of each range of `n`: of 1 to n, of n + 1 to 2 n, and so on."""
    def keep(paths: list[Any]) -> list[Any]:
        kept: dict[int, Any] = {}
        for path in paths:
            place = (path.export_version - 1) // n if path.export_version else 0
            if place not in kept or path.export_version > kept[place].export_version:
                kept[place] = path
        return sorted(kept.values())

    return keep


def mod_export_version(n: int) -> Choice:
    """The versions that `n` divides."""
    return lambda paths: sorted(path for path in paths if path.export_version % n == 0)


def union(lf: Choice, rf: Choice) -> Choice:
    """What one or the other chooses."""
    return lambda paths: sorted({*lf(paths), *rf(paths)})


def negation(f: Choice) -> Choice:
    """What `f` does not choose."""
    return lambda paths: sorted({*paths} - {*f(paths)})


def get_paths(base_dir: str, parser: Callable[[Any], Any]) -> list[Any]:
    """The folders in `base_dir` as `Path`s: what `parser` makes of each, those left out of which it makes None."""
    found = [parser(Path(os.path.join(base_dir, name), None)) for name in gfile.ListDirectory(base_dir)]
    return sorted(path for path in found if path)
