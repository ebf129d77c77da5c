"""The Inception networks as text: each line an end point, and what is inside of it.

`Conv2d_2b_1x1 :64` is a convolution: its window is in its name (or given, `=3x3`), its depth follows the colon, then `/2`
for a stride of two and `!` for no padding. A pool has no depth. Where a line has several branches, `|` parts them, and
layers that go side by side stand in brackets; there `0a_1x1` is short for `Conv2d_0a_1x1`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tracer.contrib.layers import layers
from tracer.contrib.slim.nets.parts import trunc_normal
from tracer.ops import array
from tracer.variable_scope import variable_scope

_LAYER = re.compile(r"(?P<name>\w+?)(?:=(?P<window>\dx\d))?(?::(?P<depth>\d+))?(?:/(?P<stride>\d))?(?P<valid>!)?")
Depth = Callable[[int], int]


def run(table: str, net: Any, depth: Depth, ends: dict[str, Any], final: str, narrow: float | None = None,
        pooled: float | None = None, first: Callable[[Any], Any] | None = None) -> Any:
    """`net` through the rows of `table`, each an end point, up to `final`.

    `narrow` and `pooled` are the deviations with which convolutions start that narrow before a wider one, and that
    follow a pool. `first` is the first layer where that is none of the table's kind.
    Raises ValueError where no row is called `final`.
    """
    for row in filter(None, map(str.strip, table.splitlines())):
        point, _, inside = row.partition(" ")
        if first is not None:
            net, first = first(net), None
        elif "|" in inside:
            net = _branches(point, inside, net, depth, narrow, pooled)
        else:
            net = _layer(point + inside.strip(), net, depth, pooled if point == "Conv2d_2b_1x1" else None)
        ends[point] = net
        if point == final:
            return net
    raise ValueError(f"Unknown final endpoint {final}")


def _branches(point: str, inside: str, net: Any, depth: Depth, narrow: float | None, pooled: float | None) -> Any:
    with variable_scope(point):
        outputs = []
        for at, branch in enumerate(inside.split("|")):
            with variable_scope(f"Branch_{at}"):
                outputs.append(_branch(branch.split(), net, depth, narrow, pooled))
        return array.concat(3, outputs)


def _branch(steps: list[str], net: Any, depth: Depth, narrow: float | None, pooled: float | None) -> Any:
    beside: list[Any] | None = None
    for at, step in enumerate(steps):
        opens, closes = step.startswith("("), step.endswith(")")
        deviation = (narrow if at == 0 and len(steps) > 1 else
                     pooled if at == 1 and "Pool" in steps[0] else None)
        beside = [] if opens else beside
        made = _layer(step.strip("()"), net, depth, deviation)
        if beside is None:
            net = made
            continue
        beside.append(made)
        if closes:
            net, beside = array.concat(3, beside), None
    return net


def _layer(text: str, net: Any, depth: Depth, deviation: float | None) -> Any:
    found = _LAYER.fullmatch(text)
    assert found, text
    name = found["name"] if found["name"][0].isalpha() else f"Conv2d_{found['name']}"
    window = [int(size) for size in (found["window"] or name.rpartition("_")[2]).split("x")]
    options: dict[str, Any] = {"padding": "VALID"} if found["valid"] else {}
    if found["stride"]:
        options["stride"] = int(found["stride"])
    if "Pool" in name:
        return (layers.avg_pool2d if name.startswith("Avg") else layers.max_pool2d)(net, window, scope=name, **options)
    if deviation is not None:
        options["weights_initializer"] = trunc_normal(deviation)
    return layers.conv2d(net, depth(int(found["depth"])), window, scope=name, **options)
