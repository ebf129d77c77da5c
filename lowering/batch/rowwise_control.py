"""What `lowering.batch.rowwise` concludes for equations that hold programs: calls, conditionals and loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lowering.batch.rowwise import UNKNOWN, Proof, Rows, State, merged, same
from lowering.jaxprs import scan_parts

Told = Rows | None


def call_rule(name: str) -> Callable[..., list[State]]:
    def rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
        return proof.within("body", ours.params[name], theirs.params[name], given)

    return rule


def _settled(step: Callable[[list[State]], list[State]], carried: list[State]) -> list[State]:
    """What holds in every round of a loop."""
    while True:
        after = [merged(a, b) for a, b in zip(carried, step(carried), strict=True)]
        if after == carried:
            return after
        carried = after


def scan_rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
    fixed, count = scan_parts(ours.params)
    if (fixed, count) != scan_parts(theirs.params) or not same(ours, theirs, "reverse"):
        return [UNKNOWN] * len(ours.outvars)
    longer = not same(ours, theirs, "length")
    if longer and not _by_row(proof, ours, theirs, given[fixed + count:]):
        return [UNKNOWN] * len(ours.outvars)
    rows: list[State] = []
    for state in given[fixed + count:]:
        inner: State = None if state is None or longer else UNKNOWN
        rows.append(state._replace(axis=state.axis - 1) if isinstance(state, Rows) and state.axis else inner)

    def body(carried: list[State]) -> list[State]:
        return proof.within("body", ours.params["jaxpr"], theirs.params["jaxpr"], [*given[:fixed], *carried, *rows])

    carried = _settled(lambda states: body(states)[:count], [*given[fixed:fixed + count]])
    made: list[State] = []
    for state in body(carried)[count:]:
        made.append(state._replace(axis=state.axis + 1) if isinstance(state, Rows)
                    else Rows(0, False) if state is None and longer else state)
    return [*carried, *made]


def _by_row(proof: Proof, ours: Any, theirs: Any, rows: list[Told]) -> bool:
    """Whether a scan has a round, or several, for each row, so that it may end after those that are there."""
    rounds = [equation.params["length"] for equation in (ours, theirs)]
    each = rounds[0] // proof.small
    return rounds == [each * proof.small, each * proof.large] and proof.loop() and all(
        state is not None and state.axis == 0 and state.stretches <= 1 for state in rows)


def while_rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
    first, second = ours.params["cond_nconsts"], ours.params["body_nconsts"]
    if not same(ours, theirs, "cond_nconsts", "body_nconsts"):
        return [UNKNOWN] * len(ours.outvars)
    for_condition, for_body, start = given[:first], given[first:first + second], given[first + second:]
    carried = _settled(lambda states: proof.within(
        "body", ours.params["body_jaxpr"], theirs.params["body_jaxpr"], [*for_body, *states]), [*start])
    proof.conditions += 1
    holds, = proof.within("condition", ours.params["cond_jaxpr"], theirs.params["cond_jaxpr"], [*for_condition, *carried])
    proof.conditions -= 1
    return carried if holds is None else [UNKNOWN] * len(carried)


def cond_rule(proof: Proof, ours: Any, theirs: Any, given: list[Told]) -> list[State]:
    which, *others = given
    branches = list(zip(ours.params["branches"], theirs.params["branches"], strict=False))
    if which is not None or len(ours.params["branches"]) != len(theirs.params["branches"]):
        return [UNKNOWN] * len(ours.outvars)
    found, *rest = [proof.within(i, one, other, others) for i, (one, other) in enumerate(branches)]
    for states in rest:
        found = [merged(a, b) for a, b in zip(found, states, strict=True)]
    return found
