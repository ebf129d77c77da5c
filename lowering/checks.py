"""Conditions that a program reports instead of raising: XLA clamps an index out of range, TensorFlow raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from tracer import errors
from tracer.ir import Operation

Message = str | Callable[..., Any]


class Check(NamedTuple):
    """One condition: `message` gives the text (or the error) from the operands' values when it does not hold."""

    op: Operation
    message: Message


class Checks:
    """The conditions met while one program is traced."""

    def __init__(self) -> None:
        self.table: list[Check] = []
        self.results: list[Any] = []  # one bool scalar for each entry of the table
        self.operands: list[tuple] = []

    def add(self, op: Operation, holds: Any, message: Message, operands: tuple) -> None:
        """Reports that `holds` (a bool scalar) must be true."""
        if isinstance(holds, (bool, np.bool_)):
            if holds:
                return
            if all(isinstance(operand, (int, float, np.ndarray, np.generic)) for operand in operands):
                raise error_of(Check(op, message), operands)
        known = {i: o for i, o in enumerate(operands) if isinstance(o, (np.ndarray, np.generic))}  # strings among them
        self.table.append(Check(op, _with_known(message, known) if known else message))
        self.results.append(jnp.asarray(holds, bool))
        self.operands.append(tuple(o for i, o in enumerate(operands) if i not in known))

    def absorb(self, other: Checks) -> None:
        """Takes over what another collection has met."""
        self.table += other.table
        self.results += other.results
        self.operands += other.operands

    def outputs(self) -> tuple[Any, list[Any], list[tuple]] | None:
        """What the program returns: whether all hold, each one, and the operands of the messages."""
        if not self.results:
            return None
        return jnp.stack(self.results).all(), self.results, self.operands


def _with_known(message: Message, known: dict[int, Any]) -> Message:
    """The message as a function of the operands that are not known while tracing."""
    if not callable(message):
        return message

    def explain(*operands: Any) -> Any:
        rest = iter(operands)
        return message(*(known[i] if i in known else next(rest) for i in range(len(known) + len(operands))))

    return explain


def error_of(check: Check, operands: tuple) -> errors.OpError:
    """The error of a condition that does not hold."""
    message = check.message
    if callable(message):
        message = message(*(np.asarray(operand) for operand in operands))
    if isinstance(message, errors.OpError):
        kind: Any = type(message)
        return message if message.op is not None else kind(None, check.op, message.message)
    return errors.InvalidArgumentError(None, check.op, str(message))


def raise_first(table: list[Check], results: list[Any], operands: list[tuple]) -> None:
    """Raises the error of the first condition that does not hold."""
    for check, holds, values in zip(table, results, operands, strict=True):
        if not bool(holds):
            raise error_of(check, values)
