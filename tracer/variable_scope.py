"""`get_variable` and `variable_scope`: variables that are found again by name."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from tracer import dtypes, scopes
from tracer.ir import Graph
from tracer.variable_store import VariableStore
from tracer.variables import Variable

_VARSTORE_KEY = ("__variable_store",)
_VARSCOPE_KEY = ("__varscope",)


def no_regularizer(_: Any) -> None:
    """Says that a variable is not regularized, in a scope that has a regularizer."""


class VariableScope:
    """What `get_variable` adds to the name it is given, and what it assumes where nothing is given.

    Args:
        reuse: whether variables must be there already; None to inherit.
        name: the prefix of the names.
        initializer, regularizer, caching_device, partitioner, custom_getter, dtype: the defaults of `get_variable`.
        name_scope: the name scope that the scope opens.
    """

    def __init__(self, reuse: bool | None, name: str = "", initializer: Any = None, regularizer: Any = None,
                 caching_device: Any = None, partitioner: Any = None, name_scope: str = "", custom_getter: Any = None,
                 dtype: Any = dtypes.float32) -> None:
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._name_scope = name_scope
        self._custom_getter = custom_getter
        self._dtype = dtypes.as_dtype(dtype)
        self._opened = ""

    @property
    def name(self) -> str:
        """The prefix of its variables' names."""
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope that it opened when it was made, with the slash at its end; from 0.11 on."""
        return self._opened

    @property
    def reuse(self) -> bool | None:
        """Whether variables must be there already."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The default initializer."""
        return self._initializer

    @property
    def regularizer(self) -> Any:
        """The default regularizer."""
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        """The default device of the operations that read variables."""
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        """The default partitioner."""
        return self._partitioner

    @property
    def custom_getter(self) -> Any:
        """What is called in place of `get_variable`, if anything; from 0.11 on."""
        return self._custom_getter

    @property
    def dtype(self) -> dtypes.DType:
        """The type of variables that are asked for without one; from 0.11 on."""
        return self._dtype

    def reuse_variables(self) -> None:
        """From now on variables must be there already."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Changes the default initializer."""
        self._initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """Changes the default regularizer."""
        self._regularizer = regularizer

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Changes what is called in place of `get_variable`."""
        self._custom_getter = custom_getter

    def set_dtype(self, dtype: Any) -> None:
        """Changes the type of variables that are asked for without one."""
        self._dtype = dtypes.as_dtype(dtype)

    def set_caching_device(self, caching_device: Any) -> None:
        """Changes the default device of the operations that read variables."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Changes the default partitioner."""
        self._partitioner = partitioner

    def full_name(self, name: str) -> str:
        """`name` below the scope's own."""
        return f"{self._name}/{name}" if self._name else name

    def get_variable(self, var_store: Any, name: str, shape: Any = None, dtype: Any = None,
                     initializer: Any = None, regularizer: Any = None, trainable: bool = True,
                     collections: Any = None, caching_device: Any = None, partitioner: Any = None,
                     validate_shape: bool = True, custom_getter: Any = None) -> Any:
        """The variable `name` of this scope in `var_store`."""
        getter = self._custom_getter if custom_getter is None else custom_getter
        make = var_store.get_variable if getter is None else functools.partial(getter, var_store.get_variable)
        with scopes.name_scope(None):  # variables are named by variable scopes alone
            return make(
                name=self.full_name(name), shape=shape, dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse, trainable=trainable, collections=collections,
                caching_device=self._caching_device if caching_device is None else caching_device,
                partitioner=self._partitioner if partitioner is None else partitioner,
                validate_shape=validate_shape)

    def _get_partitioned_variable_list(
        self, var_store: VariableStore, name: str, shape: Any = None, dtype: Any = dtypes.float32,
        initializer: Any = None, regularizer: Any = None, trainable: bool = True, collections: Any = None,
        caching_device: Any = None, partitioner: Any = None, validate_shape: bool = True,
    ) -> tuple[list[Variable], tuple[int, ...]]:
        partitioner = self._partitioner if partitioner is None else partitioner
        if partitioner is None:
            raise ValueError("No partitioner was specified")
        with scopes.name_scope(None):
            return var_store.partitioned(
                self.full_name(name), shape, dtype, self._initializer if initializer is None else initializer,
                self._regularizer if regularizer is None else regularizer, self._reuse, trainable, collections,
                self._caching_device if caching_device is None else caching_device, partitioner, validate_shape)


def _one_of(key: Any, make: Any) -> Any:
    """What the default graph keeps under `key`."""
    kept = scopes.get_default_graph()._collections.setdefault(key, [])
    if not kept:
        kept.append(make())
    return kept[0]


def _get_default_variable_store() -> VariableStore:
    return _one_of(_VARSTORE_KEY, VariableStore)


def get_variable_scope() -> VariableScope:
    """The current variable scope."""
    return _one_of(_VARSCOPE_KEY, lambda: VariableScope(False))


def get_variable(name: str, shape: Any = None, dtype: Any = None, initializer: Any = None,
                 regularizer: Any = None, trainable: bool = True, collections: Any = None, caching_device: Any = None,
                 partitioner: Any = None, validate_shape: bool = True, custom_getter: Any = None) -> Any:
    """The variable `name` of the current variable scope: a new one, or, where the scope reuses, the one that is there.

    >>> with tf.variable_scope("layer"):
    ...     w = tf.get_variable("w", [2, 3])
    >>> with tf.variable_scope("layer", reuse=True):
    ...     assert tf.get_variable("w") is w
    >>> w.name
    'layer/w:0'

    Args:
        name: its name below the scope's; name scopes have no part in it.
        shape: its shape; not with an initializer that is a value.
        dtype: its type; by default the scope's, float32 unless it was told otherwise.
        initializer: a function of (shape, dtype), or the initial value itself; by default the scope's, or else
            `uniform_unit_scaling_initializer()`.
        regularizer: a function of the variable whose result joins the collection REGULARIZATION_LOSSES.
        trainable: whether optimizers change it.
        collections: where it is listed; by default `GraphKeys.VARIABLES`.
        caching_device: the device of the operation that reads it.
        partitioner: a function of (shape, dtype) that says into how many slices each dimension is cut. The result is
            then one tensor, the slices joined.
        validate_shape: False to allow a value of unknown shape.
        custom_getter: called in place of this function's own work, with a function that does it and the arguments for
            that; from 0.11 on.

    Raises:
        ValueError: it is there and the scope does not reuse, or the other way round; or its shape or type differs.
    """
    return get_variable_scope().get_variable(
        _get_default_variable_store(), name, shape=shape, dtype=dtype, initializer=initializer,
        regularizer=regularizer, trainable=trainable, collections=collections, caching_device=caching_device,
        partitioner=partitioner, validate_shape=validate_shape, custom_getter=custom_getter)


def _get_partitioned_variable_list(name: str, shape: Any = None, dtype: Any = dtypes.float32, **options: Any) -> Any:
    """The slices of a partitioned variable, and into how many each dimension is cut."""
    scope = get_variable_scope()
    return scope._get_partitioned_variable_list(_get_default_variable_store(), name, shape, dtype, **options)


@contextlib.contextmanager
def _entered(scope: VariableScope) -> Iterator[VariableScope]:
    """Makes `scope` the current one."""
    outer, store = get_variable_scope(), _get_default_variable_store()
    kept = scopes.get_default_graph()._collections[_VARSCOPE_KEY]
    store.open(scope.name)
    kept[0] = scope
    try:
        yield scope
    finally:
        store.close(scope.name)
        kept[0] = outer


def _scope_below(name: str, reuse: bool | None, initializer: Any, regularizer: Any, caching_device: Any,
                 partitioner: Any, custom_getter: Any, dtype: Any) -> VariableScope:
    """The scope `name` inside of the current one."""
    outer = get_variable_scope()
    return VariableScope(
        reuse or outer.reuse, outer.full_name(name),
        outer.initializer if initializer is None else initializer,
        outer.regularizer if regularizer is None else regularizer,
        outer.caching_device if caching_device is None else caching_device,
        outer.partitioner if partitioner is None else partitioner, name,
        outer.custom_getter if custom_getter is None else custom_getter,
        outer.dtype if dtype is None else dtype)


_SINCE_0_10 = ("default_name", "values", "initializer", "regularizer", "caching_device", "partitioner", "custom_getter",
               "reuse", "dtype")


def _in_either_order(scope: Any) -> Any:
    """Takes arguments in the order that they have since 0.10 as well, which a default name or a list of values shows."""

    @functools.wraps(scope)
    def opened(name_or_scope: Any, *arguments: Any, **keywords: Any) -> Any:
        younger = isinstance(arguments[0], str) if arguments else False
        if younger or isinstance(arguments[1] if len(arguments) > 1 else None, list | tuple):
            return scope(name_or_scope, **dict(zip(_SINCE_0_10, arguments, strict=False)), **keywords)
        return scope(name_or_scope, *arguments, **keywords)

    return opened


@_in_either_order
@contextlib.contextmanager
def variable_scope(name_or_scope: Any, reuse: bool | None = None, initializer: Any = None, regularizer: Any = None,
                   caching_device: Any = None, partitioner: Any = None, default_name: str | None = None,
                   values: Any = None, custom_getter: Any = None, dtype: Any = None) -> Iterator[VariableScope]:
    """A context in which `get_variable` prefixes names and has defaults; it also opens a name scope.

    >>> with tf.variable_scope("a"), tf.variable_scope("b"):
    ...     print(tf.get_variable("v", [1]).name)
    a/b/v:0

    Args:
        name_or_scope: a name below the current scope, or a `VariableScope` to enter again.
        reuse: True where variables must be there already; None inherits from outside (from the scope entered again).
        initializer, regularizer, caching_device, partitioner, custom_getter, dtype: defaults of `get_variable` inside.
        default_name, values: as for `variable_op_scope`, which this function has replaced since 0.10.
    """
    if default_name is not None or values is not None:
        with variable_op_scope(values or (), name_or_scope, default_name, initializer, regularizer, caching_device,
                               partitioner, reuse, custom_getter, dtype) as scope:
            yield scope
        return
    if not isinstance(name_or_scope, (VariableScope, str)):
        raise TypeError("VariableScope: name_scope must be a string or VariableScope.")
    graph = scopes.get_default_graph()
    if isinstance(name_or_scope, str):
        scope = _scope_below(name_or_scope, reuse, initializer, regularizer, caching_device, partitioner,
                             custom_getter, dtype)
    else:
        given = name_or_scope
        scope = VariableScope(
            given.reuse if reuse is None else reuse, given.name,
            given.initializer if initializer is None else initializer,
            given.regularizer if regularizer is None else regularizer,
            given.caching_device if caching_device is None else caching_device,
            partitioner, given._name_scope,
            given.custom_getter if custom_getter is None else custom_getter,
            given.dtype if dtype is None else dtype)
        scope._opened = given._opened
    with _name_scope(graph, scope._name_scope) as opened, _entered(scope):
        scope._opened = scope._opened or opened or ""
        yield scope


def made_scope(name: str, is_unique: bool) -> VariableScope:
    """The scope `name` inside of the current one, not entered yet; with a number where it is not said to be unique."""
    if not is_unique:
        name = _get_default_variable_store().unique_scope(get_variable_scope().name, name)
    scope = _scope_below(name, *[None] * 7)
    with _entered(scope):
        return scope


def _name_scope(graph: Graph, name: str) -> Any:
    """The name scope that a variable scope opens; the root variable scope stays where it is."""
    return graph.name_scope(name) if name else contextlib.nullcontext()


@contextlib.contextmanager
def variable_op_scope(values: Any, name_or_scope: Any, default_name: str | None = None, initializer: Any = None,
                      regularizer: Any = None, caching_device: Any = None, partitioner: Any = None,
                      reuse: bool | None = None, custom_getter: Any = None,
                      dtype: Any = None) -> Iterator[VariableScope]:
    """As `variable_scope`, for functions that make variables: checks that `values` share a graph.

    Args:
        values: the tensors that the function is given.
        name_or_scope: the scope's name, or a scope.
        default_name: the name where `name_or_scope` is None, made unique within the current scope.
        initializer, regularizer, caching_device, partitioner, reuse, custom_getter, dtype: as for `variable_scope`.
    """
    if default_name is None and name_or_scope is None:
        raise TypeError("If default_name is None then name_or_scope is required")
    with scopes.graph_of(values).as_default() as graph:
        if name_or_scope is not None:
            with variable_scope(name_or_scope, reuse, initializer, regularizer, caching_device, partitioner,
                                custom_getter=custom_getter, dtype=dtype) as scope:
                yield scope
            return
        assert default_name is not None
        if reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        unique = _get_default_variable_store().unique_scope(get_variable_scope().name, default_name)
        scope = _scope_below(unique, reuse, initializer, regularizer, caching_device, partitioner, custom_getter, dtype)
        with graph.name_scope(default_name) as scope._opened, _entered(scope):
            yield scope
