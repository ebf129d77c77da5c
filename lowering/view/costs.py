"""What each operation of a program costs: its equations' arithmetic and traffic, as XLA's analysis counts them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
from jax.extend import core
from jax.interpreters import partial_eval

from lowering.view.owners import Owner, Owners

MOVING = frozenset(
    "broadcast_in_dim concatenate copy dynamic_slice dynamic_update_slice gather iota pad reshape rev slice squeeze "
    "transpose".split())
TRANSCENDENTAL = frozenset("atan atan2 cbrt cos erf exp expm1 log log1p pow rsqrt sin sqrt tan tanh".split())
ELEMENTWISE = frozenset(
    "abs add and bitcast_convert_type ceil clamp clz convert_element_type div eq floor ge gt is_finite le lt max min mul ne "
    "neg not or population_count rem round select_n shift_left shift_right_arithmetic shift_right_logical sign square sub "
    "xor".split())
REDUCING = frozenset("reduce_and reduce_max reduce_min reduce_or reduce_prod reduce_sum".split())
"""What is counted here as XLA counts it; it is asked about all else."""


@dataclass
class Cost:
    """Floating-point operations, transcendental functions, bytes read and written, and the most that is held at a time."""

    flops: float = 0.0
    transcendentals: float = 0.0
    bytes: float = 0.0
    memory: float = 0.0

    def add(self, other: Cost, times: int = 1) -> None:
        """Adds what happens `times` times."""
        self.flops += times * other.flops
        self.transcendentals += times * other.transcendentals
        self.bytes += times * other.bytes
        self.memory = max(self.memory, other.memory)


def by_owner(jaxpr: core.ClosedJaxpr, owners: Owners) -> dict[Owner | None, Cost]:
    """The costs of a program's operations, each equation counted as it stands, before XLA fuses it with others.

    A loop counts as often as it turns where that is known, else once; of a conditional, its dearest branch.
    """
    found: dict[Owner | None, Cost] = {}
    known: dict[str, Cost] = {}
    used, _ = partial_eval.dce_jaxpr(jaxpr.jaxpr, [True] * len(jaxpr.jaxpr.outvars))
    _walk(used, owners, None, 1, found, known)
    return found


def _walk(jaxpr: Any, owners: Owners, outer: Owner | None, times: int, found: dict[Owner | None, Cost],
          known: dict[str, Cost]) -> None:
    for equation in jaxpr.eqns:
        owner = owners.of_equation(equation, outer)
        inside = list(_inside(equation))
        if not inside:
            found.setdefault(owner, Cost()).add(cost_of(equation, known), times)
            continue
        tables = []
        for inner, turns in inside:
            table: dict[Owner | None, Cost] = {}
            _walk(inner, owners, owner, times * turns, table, known)
            tables.append(table)
        if equation.primitive.name == "cond":
            tables = [max(tables, key=lambda table: sum(cost.flops + cost.bytes for cost in table.values()))]
        for table in tables:
            for inner_owner, cost in table.items():
                found.setdefault(inner_owner, Cost()).add(cost)


def _inside(equation: Any) -> Iterator[tuple[Any, int]]:
    """The jaxprs that an equation runs, and how often."""
    if equation.primitive.name in ("reduce", "reduce_window", "scatter", "scatter-add", "sort", "custom_root"):
        return  # what they run is a function of two numbers
    turns = equation.params.get("length", 1) if equation.primitive.name == "scan" else 1
    for name, value in equation.params.items():
        if name in ("jvp_jaxpr_fun", "fwd_jaxpr_thunk", "update_jaxpr", "cond_jaxpr"):
            continue
        for item in value if isinstance(value, (tuple, list)) else (value,):
            inner = item.jaxpr if isinstance(item, core.ClosedJaxpr) else item
            if isinstance(inner, core.Jaxpr):
                yield inner, turns


def cost_of(equation: Any, known: dict[str, Cost]) -> Cost:
    """The cost of one equation."""
    name = equation.primitive.name
    takes = [_bytes(variable.aval) for variable in equation.invars]
    gives = [_bytes(variable.aval) for variable in equation.outvars]
    found = Cost(bytes=sum(takes) + sum(gives), memory=sum(takes) + sum(gives))
    result = _count(equation.outvars[0].aval) if equation.outvars else 0
    if name in TRANSCENDENTAL:
        found.transcendentals = result
    elif name in ELEMENTWISE:
        found.flops = result
    elif name in REDUCING:
        found.flops = max(0, _count(equation.invars[0].aval) - result)
    elif name not in MOVING:
        key = f"{name} {[str(variable.aval) for variable in equation.invars]} {equation.params}"
        if key not in known:
            known[key] = asked(equation)
        found.flops, found.transcendentals = known[key].flops, known[key].transcendentals
    return found


def asked(equation: Any) -> Cost:
    """What XLA's analysis says of one equation by itself."""
    if equation.effects:
        return Cost()
    arguments = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in equation.invars]
    try:
        lowered = jax.jit(lambda *values: equation.primitive.bind(*values, **equation.params)).lower(*arguments)
        said: Any = lowered.cost_analysis()
    except Exception:  # not every primitive can be lowered alone
        return Cost()
    return Cost(said.get("flops", 0.0), said.get("transcendentals", 0.0)) if said else Cost()


def _count(value: Any) -> int:
    return math.prod(getattr(value, "shape", ()))


def _bytes(value: Any) -> int:
    dtype = getattr(value, "dtype", None)
    return _count(value) * getattr(dtype, "itemsize", 0)
