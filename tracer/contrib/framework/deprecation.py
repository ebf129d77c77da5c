"""Decorators that say that a function, or some of its arguments, will go away."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any

from tracer import logging

__all__ = ["deprecated", "deprecated_arg_values", "deprecated_args", "experimental"]

_FUNCTION_GOES = "THIS FUNCTION IS DEPRECATED. It will be removed after {date}.\nInstructions for updating:\n{how}"
_ARGUMENTS_GO = "SOME ARGUMENTS ARE DEPRECATED. They will be removed after {date}.\nInstructions for updating:\n{how}"
_EXPERIMENTAL = "THIS FUNCTION IS EXPERIMENTAL. It may change or be removed at any time, and without warning.\n"


def deprecated(date: str, instructions: str) -> Callable[[Callable], Callable]:
    """Decorates a function that will be removed: its documentation says so, and each call logs a warning.

    >>> @tf.contrib.framework.deprecated("2016-11-30", "Use new_function.")
    ... def old_function():
    ...     ...

    Args:
        date: the day after which it may be removed, as `2016-11-30`.
        instructions: what to do instead.
    """
    _check_date_and_instructions(date, instructions)

    def decorate(func: Callable) -> Callable:
        if not callable(func):
            raise ValueError(f"{func} is not a function. If this is a property, make sure @property appears before "
                             "@deprecated in your source code:\n\n@property\n@deprecated\ndef method(...)")

        @functools.wraps(func)
        def warned(*args: Any, **kwargs: Any) -> Any:
            _warn(f"{_described(func)} is deprecated", date, instructions)
            return func(*args, **kwargs)

        warned.__doc__ = _documented(func, "DEPRECATED FUNCTION", " (deprecated)",
                                     _FUNCTION_GOES.format(date=date, how=instructions))
        return warned

    return decorate


def deprecated_args(date: str, instructions: str, *deprecated_arg_names: str) -> Callable[[Callable], Callable]:
    """Decorates a function of which some arguments will go away: calls that give one of them log a warning."""
    _check_date_and_instructions(date, instructions)
    if not deprecated_arg_names:
        raise ValueError("Specify which argument is deprecated.")

    def decorate(func: Callable) -> Callable:
        names = list(inspect.signature(func).parameters)
        unknown = [name for name in deprecated_arg_names if name not in names]
        if unknown:
            raise ValueError("The following deprecated arguments are not present in the function signature: "
                             f"{unknown}. Found next arguments: {names}.")
        return _warning_of(func, date, instructions, lambda given: [n for n in deprecated_arg_names if n in given])

    return decorate


def deprecated_arg_values(date: str, instructions: str, **deprecated_kwargs: Any) -> Callable[[Callable], Callable]:
    """Decorates a function of which some values of arguments will go away: calls that give one log a warning."""
    _check_date_and_instructions(date, instructions)
    if not deprecated_kwargs:
        raise ValueError("Specify which argument values are deprecated.")

    def found(given: dict[str, Any]) -> list[str]:
        return [f"{name}={value}" for name, value in deprecated_kwargs.items() if name in given and given[name] == value]

    return lambda func: _warning_of(func, date, instructions, found)


def experimental(func: Callable) -> Callable:
    """Decorates a function that may change: its documentation says so, and each call logs a warning."""

    @functools.wraps(func)
    def warned(*args: Any, **kwargs: Any) -> Any:
        logging.warning("%s is experimental and may change or be removed at any time, and without warning.",
                        _described(func))
        return func(*args, **kwargs)

    warned.__doc__ = _documented(func, "EXPERIMENTAL FUNCTION", " (experimental)", _EXPERIMENTAL)
    return warned


def _warning_of(func: Callable, date: str, instructions: str, found: Callable[[dict[str, Any]], list[str]]) -> Callable:
    """`func`; a call of whose arguments `found` names some logs a warning for each of them."""
    signature = inspect.signature(func)

    @functools.wraps(func)
    def warned(*args: Any, **kwargs: Any) -> Any:
        for what in found(signature.bind_partial(*args, **kwargs).arguments):
            _warn(f"calling {_described(func)} with {what} is deprecated", date, instructions)
        return func(*args, **kwargs)

    warned.__doc__ = _documented(func, "DEPRECATED FUNCTION ARGUMENTS", " (deprecated arguments)",
                                 _ARGUMENTS_GO.format(date=date, how=instructions))
    return warned


def _check_date_and_instructions(date: str, instructions: str) -> None:
    if not date:
        raise ValueError("Tell us what date this will be deprecated!")
    if not re.fullmatch(r"20\d\d-[01]\d-[0123]\d", date):
        raise ValueError("Date must be YYYY-MM-DD.")
    if not instructions:
        raise ValueError("Don't deprecate things without conversion instructions!")


def _described(func: Callable) -> str:
    return f"{func.__name__} (from {func.__module__})"


def _warn(what: str, date: str, instructions: str) -> None:
    frame = sys._getframe(2)
    place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}."
    logging.warning("From %s: %s and will be removed after %s.\nInstructions for updating:\n%s", place, what, date,
                    instructions)


def _documented(func: Callable, without: str, suffix: str, notice: str) -> str:
    """The documentation of `func` with `notice` after its first line; `without` where there is none."""
    if not func.__doc__:
        return f"{without}\n\n{notice}"
    first, _, rest = func.__doc__.partition("\n")
    return f"{first}{suffix}\n\n{notice}" + (f"\n{rest}" if rest else "")
