"""Proves of each size that differs that a program goes through it row by row: one proof for each, all of one program.

Where two sizes differ, as the lengths of questions and of answers do, each proof is about the program for the larger one of
the other size, which is what runs. It must be the same for the smaller one of the other size; then what one plan masks and
what the other does are independent of each other, and both together make of the program for the larger sizes the one for
the smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.batch.extents import Extent, Outline, Size, shapes_of
from lowering.batch.rowwise import Path, Plan, Proof, Rows, State

Place = tuple[Path, int]
"""An operand of an equation."""
Numbers = dict[Place, np.ndarray]
"""The numbers that stand as operands of equations and go by the sizes."""


class Proved(NamedTuple):
    """What is proved of a program: where the rows of each size are in its results, what is masked, and the numbers for the
    smaller sizes and for the larger ones."""

    cut: tuple[tuple[Rows | None, ...], ...]
    form: Any  # the structure of the results
    plans: tuple[Plan, ...]
    numbers: Numbers
    full: Numbers


def proved(trace: Callable[[Outline], tuple[Any, Any]], size: Size, given: Outline, masks: bool,
           found: dict[Any, Any]) -> Proved | None:
    """The proof that the program for `size.wide` gives what one for `given` gives. None where there is none.

    `trace` gives the jaxpr for arguments, and the structure of its results. What others will ask too is kept in `found`.
    """
    if len(size.extents) > 1 and not size.is_formed_as(given):
        return None
    fixed = len(jax.tree.leaves(given[:-1]))
    narrow, form = trace(given)
    wide, _ = trace(size.wide)
    numbers: Numbers = {}
    full: Numbers = {}
    plans, cuts = [], []
    for extent in size.extents:
        others = tuple([other for other in size.extents if other is not extent])
        states = _states(extent, fixed, given)
        key = masks, *shapes_of(size.wide[-1]), extent
        if not others or key not in found:
            plan = Plan() if masks else None
            below = trace(size.widened(given, others))[0] if others else narrow
            found[key] = _edge(below, wide, form, extent, states, plan), plan
        cut, plan = found[key]
        if cut is None:
            return None
        cuts.append(cut)
        small = plan
        if others:
            small = Plan() if masks else None
            above = trace(size.widened(given, (extent,)))[0]
            if _edge(narrow, above, form, extent, states, small) is None:
                return None
        if plan is not None and small is not None:
            if small.form != plan.form:
                return None
            plans.append(plan)
            numbers.update(_flat(small.values))
            full.update(_flat(plan.full))
    loops = [at for plan in plans for at in plan.loops]
    if full.keys() - numbers.keys() or len(loops) > len(set(loops)):
        return None
    return Proved(tuple(zip(*cuts, strict=True)), form, tuple(plans), numbers, full)


def _states(extent: Extent, fixed: int, given: Outline) -> list[State] | None:
    """What is known of the arguments; None where an input has the size twice."""
    axes = dict(extent.places)
    if len(axes) < len(extent.places):
        return None
    count = len(jax.tree.leaves(given[-1]))
    return [*[None] * fixed, *(Rows(axes[i], True) if i in axes else None for i in range(count))]


def _edge(narrow: Any, wide: Any, form: Any, extent: Extent, states: list[State] | None,
          plan: Plan | None) -> list[State] | None:
    """Where the rows are in each array among the outputs, when a program for one size is made of that for a larger one."""
    if states is None:
        return None
    results = Proof(extent.small, extent.large, plan).of(narrow, wide, states)
    if len(results) != form.num_leaves:
        return None
    outputs, *others, report = [part.num_leaves for part in form.children()]
    found, rest = results[:outputs], results[outputs:]
    same = rest[:sum(others) + min(report, 1)]  # not what the checks say of what they found
    told = all(state is None or isinstance(state, Rows) for state in (*found, *same))
    return found if told and not any(same) else None


def _flat(values: dict[Path, dict[int, np.ndarray]]) -> Numbers:
    return {(path, operand): value for path, some in values.items() for operand, value in some.items()}
