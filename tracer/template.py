"""`make_template`: a function whose calls share the variables that it makes."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.scopes import GraphKeys
from tracer.variable_scope import VariableScope, made_scope, variable_scope


def make_template(name_: str, func_: Callable, **kwargs: Any) -> Template:
    """`func_` as a function whose first call makes variables (by `tf.get_variable`), and whose later ones share them.

    >>> scale = tf.make_template("scale", lambda x: x * tf.get_variable("w", []))
    >>> a, b = scale(1.0), scale(2.0)
    >>> [v.name for v in tf.all_variables()]
    ['scale/w:0']

    Args:
        name_: the name of its variable scope, made unique at its first call.
        func_: the function.
        **kwargs: arguments that each call passes to it; and, as since 0.9, `create_scope_now_`, whether its scope is
            made here and not at its first call, and `unique_name_`, a name for its scope that another may have.
    """
    now, unique_name = kwargs.pop("create_scope_now_", False), kwargs.pop("unique_name_", None)
    return Template(name_, functools.partial(func_, **kwargs) if kwargs else func_, now, unique_name)


class Template:
    """A function in a variable scope of its own."""

    def __init__(self, name: str, func: Callable, now: bool = False, unique_name: str | None = None) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._name = name
        self._unique_name = unique_name
        self._func = func
        self._stacktrace = traceback.format_stack()[:-2]
        self._scope = made_scope(unique_name or name, unique_name is not None) if now else None
        self._called = False

    @property
    def var_scope(self) -> VariableScope | None:
        """The scope of its variables; None before its first call."""
        return self._scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._scope is not None:
            with variable_scope(self._scope, reuse=self._called):
                return self._call(args, kwargs)
        # The name scope that the call opens decides the name: templates of one name never share by accident.
        unique = self._unique_name
        if unique is None:
            unique = scopes.get_default_graph().unique_name(self._name, mark_as_used=False).rpartition("/")[2]
        with variable_scope(unique) as self._scope:
            return self._call(args, kwargs)

    def _call(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        before = len(scopes.get_collection(GraphKeys.TRAINABLE_VARIABLES))
        try:
            result = self._func(*args, **kwargs)
            new = scopes.get_collection(GraphKeys.TRAINABLE_VARIABLES)[before:]
            if self._called and new:
                raise ValueError("Trainable variable created when calling a template after the first time, perhaps "
                                 f"you used tf.Variable when you meant tf.get_variable: {new}")
        except Exception as error:
            origin = "".join(_skip_common_stack_elements(self._stacktrace, traceback.format_stack()))
            first = f"{error.args[0]}\n\n" if error.args else ""
            error.args = (f"{first}originally defined at:\n{origin}", *error.args[1:])
            raise
        self._called = True
        return result


def _skip_common_stack_elements(stacktrace: list[str], base_case: list[str]) -> list[str]:
    """The part of `stacktrace` after what it has in common with `base_case`; at least its last element."""
    for i, (one, other) in enumerate(zip(stacktrace, base_case, strict=False)):
        if one != other:
            return stacktrace[i:]
    return stacktrace[-1:]
