"""`arg_scope`: default arguments for the layers made inside of a block."""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

Scope = dict[str, dict[str, Any]]
_takes_scopes: dict[str, tuple[str, ...]] = {}


class _Stack(threading.local):
    def __init__(self) -> None:
        self.scopes: list[Scope] = [{}]


_stack = _Stack()


def add_arg_scope(func: Callable) -> Callable:
    """Decorates `func` so that `arg_scope` can give it default arguments.

    >>> @tf.contrib.framework.add_arg_scope
    ... def scaled(x, by=1):
    ...     return x * by
    >>> with tf.contrib.framework.arg_scope([scaled], by=3):
    ...     scaled(2)
    6
    """

    @functools.wraps(func)
    def with_defaults(*args: Any, **kwargs: Any) -> Any:
        defaults = _stack.scopes[-1].get(with_defaults._key_op)  # type: ignore[attr-defined]
        return func(*args, **{**defaults, **kwargs} if defaults else kwargs)

    with_defaults._key_op = str(func)  # type: ignore[attr-defined]
    _takes_scopes[str(func)] = tuple(
        name for name, parameter in inspect.signature(func).parameters.items()
        if parameter.default is not inspect.Parameter.empty)
    return with_defaults


def has_arg_scope(func: Callable) -> bool:
    """Whether `add_arg_scope` decorates `func`."""
    return _key(func) in _takes_scopes


def arg_scoped_arguments(func: Callable) -> tuple[str, ...]:
    """The arguments of `func` that have a default, which `arg_scope` can change."""
    return _takes_scopes[_key(func)]


def _key(func: Callable) -> str:
    return getattr(func, "_key_op", str(func))


@contextlib.contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Scope]:
    """A block in which the functions of a list have other default arguments.

    >>> layers = tf.contrib.layers
    >>> with tf.contrib.framework.arg_scope([layers.conv2d], padding="VALID") as scope:
    ...     layers.conv2d(images, 8, [3, 3])
    >>> with tf.contrib.framework.arg_scope(scope):  # once more
    ...     layers.conv2d(images, 8, [3, 3])

    Args:
        list_ops_or_scope: functions that `add_arg_scope` decorates, or what an earlier `arg_scope` gave.
        **kwargs: their new defaults; those of the blocks outside stay unless given here.

    Raises:
        TypeError: it is neither a list nor a scope.
        ValueError: one of the functions is not decorated, or there are arguments beside a scope.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        scope = list_ops_or_scope
    else:
        scope = _extended(list_ops_or_scope, kwargs)
    _stack.scopes.append(dict(scope))
    try:
        yield scope
    finally:
        _stack.scopes.pop()


def _extended(functions: Any, defaults: dict[str, Any]) -> Scope:
    """The scope of now with `defaults` for `functions` added."""
    if not isinstance(functions, (list, tuple)):
        raise TypeError("list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
    scope = dict(_stack.scopes[-1])
    for function in functions:
        key = _key(function)
        if key not in _takes_scopes:
            raise ValueError(f"{getattr(function, '__module__', '')}.{getattr(function, '__name__', function)} is not "
                             "decorated with @add_arg_scope")
        scope[key] = {**scope.get(key, {}), **defaults}
    return scope
