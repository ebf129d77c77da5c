"""`@lowers` and `direct`: the table from operation types to the rules that compute them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

Static = Annotated[np.ndarray, "static"]
"""Annotation of an input whose value must be known while tracing; the rule gets it as a NumPy array."""
Partly = Annotated[list, "partly"]
"""Annotation of a vector of which some elements may be known while tracing; the rule gets them as a list: NumPy numbers
where they are known, traced ones elsewhere."""
Unread = Annotated[Any, "unread"]
"""Annotation of a variable that the rule overwrites without looking at its old value, or of an input that only its
companion looks at; the rule gets None."""

Held = Annotated[Any, "held"]
"""Annotation of an input of a host rule that gets variables as the session holds them, without a copy of each. The
rule must not keep them; runs of other threads leave them alone as long as it works."""

EXTRAS = frozenset({"stream", "check", "declared", "prepared", "session", "op", "temporaries", "later", "used",
                    "differentiated"})
"""Keyword-only parameters that are not attributes: a rule gets what it names.

`stream`: the operation's random stream; the rule returns `(result, stream_after)`.
`check(ok, error, *operands)`: reports a condition that must hold, see `lowering.checks`.
`declared`: the static shapes of the outputs, as recorded.
`prepared`: what the companion computed on the host, see `lowering.plan.companions`.
`temporaries`: the names of the temporary variables in use.
`op`: the operation, for names and messages.
`later(function, *operands)`: has a Python function called with the operands' values when the operation runs.
`session`: the run's resources.
`used`: for each output, whether anything reads it.
`differentiated`: whether a gradient may be taken of what the rule returns; False where nobody asks.
"""


class Rule:
    """How one operation type is computed.

    A rule is the declaration's signature, answered: inputs by position as JAX arrays, attributes by keyword. What is
    special stands in its signature: `Static` and `Unread` inputs, and the `EXTRAS` it names.
    """

    __slots__ = ("ahead", "attrs", "before", "extras", "function", "held", "host", "partly", "pure", "rows", "static",
                 "strings", "type", "unread", "wants", "writes")

    def __init__(self, type: str, function: Callable, writes: tuple[str, ...], host: bool, pure: bool) -> None:
        self.type = type
        self.function = function
        self.host = host
        names: list[str] = []
        self.static: tuple[int, ...] = ()
        self.partly: tuple[int, ...] = ()
        self.unread: tuple[int, ...] = ()
        self.held: tuple[int, ...] = ()
        attrs, extras = [], []
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):  # a NumPy-style built-in: positional arrays only
            parameters = ()
        for parameter in parameters:
            if parameter.kind == parameter.KEYWORD_ONLY:
                (extras if parameter.name in EXTRAS else attrs).append(parameter.name)
                continue
            if parameter.annotation in (Static, "Static"):
                self.static += (len(names),)
            if parameter.annotation in (Partly, "Partly"):
                self.partly += (len(names),)
            if parameter.annotation in (Unread, "Unread"):
                self.unread += (len(names),)
            if parameter.annotation in (Held, "Held"):
                self.held += (len(names),)
            names.append(parameter.name)
        self.attrs = tuple(attrs)
        self.extras = tuple(extras)
        self.writes = tuple(names.index(name) for name in writes)
        self.strings = False
        self.wants: Callable[[Any], list[Any]] | None = None
        self.before: Before | None = None
        self.ahead: Callable[..., Any] | None = None
        self.rows: Callable[..., Any] | bool = False
        self.pure = pure and not (host or writes or "stream" in extras)

    @property
    def draws(self) -> bool:
        """Whether it draws random numbers."""
        return "stream" in self.extras


class Before:
    """What a rule's companion computes: `function` of the inputs and attributes that it names."""

    __slots__ = ("attrs", "function", "inputs")

    def __init__(self, function: Callable, rule: Callable) -> None:
        self.function = function
        order = list(inspect.signature(rule).parameters)
        parameters = inspect.signature(function).parameters.values()
        self.inputs = tuple(order.index(p.name) for p in parameters if p.kind != p.KEYWORD_ONLY)
        self.attrs = tuple(p.name for p in parameters if p.kind == p.KEYWORD_ONLY)

    def arguments(self, op: Any) -> list[Any]:
        """The inputs of `op` that it looks at."""
        arguments = op.arguments
        return [arguments[i] for i in self.inputs]


RULES: dict[str, Rule] = {}


def lowers(*types: str, writes: str = "", host: bool = False, pure: bool = True,
           strings: bool = False, wants: Callable[[Any], list[Any]] | None = None,
           before: Callable | None = None, ahead: Callable | None = None,
           rows: Callable[..., Any] | bool = False) -> Callable[[Callable], Callable]:
    """Registers the decorated function as the rule of `types`.

    `writes` names the inputs that are variables whose new values the rule returns (after its outputs that are no
    references, if it has any). `host` rules run as plain Python on NumPy arrays between device programs. `pure=False`
    marks a rule that must run once per run even when nothing reads it twice, in order (host rules are always such).
    `wants` names, for one operation, tensors that must be known like `Static` inputs, where that depends on the others.
    `before` computes on the host, from the inputs and attributes that it names, what the rule gets as `prepared`.
    `ahead` is called before the first run of an operation, with its inputs, None where they are no constants, and its
    attributes: it returns what takes the rule's place there, a function of all inputs, or None.
    `rows` does what `ahead` does for several runs at once (`lowering.run.bursts`): what it returns gets each input that is
    no constant with a dimension of runs in front, and gives its results so. True means that the rule itself can.
    `strings` marks a device rule that constant strings may reach (as NumPy arrays); others run on the host then.
    """

    def register(function: Callable) -> Callable:
        for type in types:
            if type in RULES:
                raise ValueError(f"two rules for {type}")
            RULES[type] = Rule(type, function, tuple(writes.split()), host, pure)
            RULES[type].strings = strings
            RULES[type].wants = wants
            RULES[type].ahead = ahead
            RULES[type].rows = rows
            if before is not None:
                RULES[type].before = Before(before, function)
                RULES[type].pure = False  # a value that was computed on the host cannot be folded while tracing
        return function

    return register


def direct(**twins: Callable) -> None:
    """Registers JAX functions that take the same arrays in the same order and need no attribute.

    They are called positionally, whatever their own keyword parameters are.
    """
    for type, function in twins.items():
        if type in RULES:
            raise ValueError(f"two rules for {type}")
        rule = RULES[type] = Rule(type, _nothing, (), False, True)
        rule.function = function


def _nothing(*inputs: Any) -> None:
    """Stands in for the signature of a twin."""


def find(type: str) -> Rule | None:
    """The rule of `type`, or None. The first call loads every family of rules."""
    if not _loaded:
        load()
    return RULES.get(type)


_loaded: list[bool] = []
_loading = threading.RLock()


def load() -> None:
    """Imports every module of `lowering.rules` and `lowering.host`. Other threads wait until all rules are there."""
    with _loading:
        if _loaded:
            return
        for name in ("lowering.rules", "lowering.host"):
            package = importlib.import_module(name)
            for module in pkgutil.iter_modules(package.__path__):
                importlib.import_module(f"{name}.{module.name}")
        _loaded.append(True)
