"""`tf.py_func`: a Python function as an operation."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.declare import declared_as, op


class _Function:
    """Holds a function, so that it can be referred to weakly whatever it is."""

    __slots__ = ("__weakref__", "call")

    def __init__(self, call: Callable) -> None:
        self.call = call


class FuncRegistry:
    """The functions of all graphs, by the token that their operations carry. A graph keeps its own functions alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._functions: weakref.WeakValueDictionary[str, _Function] = weakref.WeakValueDictionary()

    def insert(self, func: Callable) -> str:
        """Registers a function for the default graph; returns its token."""
        function = _Function(func)
        with self._lock:
            token = f"pyfunc_{next(self._numbers)}"
            self._functions[token] = function
        scopes.get_default_graph()._py_functions[token] = function
        return token

    def remove(self, token: str) -> None:
        """Forgets a function."""
        self._functions.pop(token, None)

    def size(self) -> int:
        """How many functions are alive."""
        return len(self._functions)


_py_funcs = FuncRegistry()


@op("PyFunc")
def _py_func(input: Any, token: str, Tout: Any, name: str | None = None) -> Any:
    return [None] * len(Tout)


@declared_as("func, inp, Tout, name=None")
def py_func(func: Callable, inp: Any, Tout: Any, stateful: Any = True, name: str | None = None) -> Any:
    """Calls a Python function in every run, with NumPy arrays for the tensors in `inp`.

    >>> y, = tf.py_func(lambda x: np.sinh(x).astype(np.float32), [x], [tf.float32])

    The function runs in this process, not on the device, has no gradient and does not travel with an exported graph.

    Args:
        func: a function of as many arrays as there are tensors in `inp`; it returns an array, or a list or tuple.
        inp: tensors.
        Tout: the types of what it returns; from 0.9 on also one type, for which there is one tensor.
        stateful: 0.9 and later may compute it once for all runs when this is False; here every run calls it.
    """
    if isinstance(stateful, str):
        name = stateful  # 0.8 had the name there
    if isinstance(Tout, (list, tuple)):
        return _py_func(inp, _py_funcs.insert(func), Tout, name=name)
    return _py_func(inp, _py_funcs.insert(func), [Tout], name=name)[0]
