"""Variables as operations: their memory, and what writes it."""

from __future__ import annotations

from typing import Any

from tracer import scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Operation, Tensor


@op("Variable")
def _variable(shape: Any, dtype: Any, container: str = "", shared_name: str = "", name: str | None = None) -> Any:
    return None


def variable_op(shape: Any, dtype: Any, name: str = "Variable", set_shape: bool = True, container: str = "",
                shared_name: str = "") -> Tensor:
    """The memory of a variable, as a reference; without `set_shape` its shape stays unknown."""
    if not set_shape:
        shape = shapes.unknown_shape()
    reference = _variable(shape=shape, dtype=dtype, container=container, shared_name=shared_name, name=name)
    if set_shape:
        reference.set_shape(shape)
    return reference


def shape_memory(variable: Operation, shape: shapes.TensorShape) -> None:
    """Gives a memory its shape, which its initial value has told only after the memory was recorded.

    TensorFlow records the two in this order, and operation seeds count operations. Nothing has read the attribute yet.
    """
    variable.attrs = {**variable.attrs, "shape": shape}
    variable.outputs[0].set_shape(shape)


@op("TemporaryVariable")
def _temporary_variable(shape: Any, dtype: Any, var_name: str = "", name: str | None = None) -> Any:
    """Memory that exists during one run only, until `DestroyTemporaryVariable` takes its value."""
    return shape


@op("DestroyTemporaryVariable")
def _destroy_temporary_variable(ref: Tensor, var_name: str, name: str | None = None) -> Any:
    """The last value of the temporary variable called `var_name`, which exists no longer."""
    return ref.sizes


@op("IsVariableInitialized")
def _is_variable_initialized(ref: Tensor, name: str | None = None) -> Any:
    return ()


def is_variable_initialized(ref: Any, name: str | None = None) -> Tensor:
    """Whether the variable `ref` holds a value.

    >>> sess.run(tf.is_variable_initialized(v))
    False
    """
    return _is_variable_initialized(internal_convert_to_tensor(ref, as_ref=True), name=name)


@op("Assign")
def assign(ref: Tensor, value: Tensor, validate_shape: bool | None = None, use_locking: bool | None = None,
           name: str | None = None) -> Any:
    """Gives `ref` the value `value`; returns the reference, as it is afterwards.

    >>> sess.run(tf.assign(v, 5.0))
    5.0

    Args:
        ref: a variable or a reference to one; it need not hold a value yet.
        value: the new value, of the variable's type.
        validate_shape: False to let the value change the variable's shape.
        use_locking: accepted; a run is a transaction, so that writes never overlap.

    Raises:
        ValueError: the shapes are known to differ (unless `validate_shape` is False).
    """
    if not validate_shape:
        return value.sizes
    return shapes.merge(ref.sizes, value.sizes)


def init_variable(v: Any, init: Any, name: str = "init") -> Tensor:
    """Assigns `v` its initial value `init`, an array or an initializer: a function of a shape and a type.

    Raises AssertionError when an initializer is to be asked and the variable's shape is not known.
    """
    with scopes.graph_of([v, init]).name_scope(v.op.name + "/"), scopes.name_scope(name) as scope, \
            scopes.colocate_with(v.op):
        if callable(init):
            assert v.get_shape().is_fully_defined(), "Variable shape unknown."
            value = init(v.get_shape().as_list(), v.dtype.base_dtype)
        else:
            value = internal_convert_to_tensor(init, name="init")
        return assign(v, value, name=scope)


@op("AssignAdd")
def assign_add(ref: Tensor, value: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Adds `value` to the variable `ref`; returns the reference, as it is afterwards.

    >>> sess.run(tf.assign_add(v, 2.0))
    3.0
    """
    return shapes.merge(ref.sizes, value.sizes)


@op("AssignSub")
def assign_sub(ref: Tensor, value: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Subtracts `value` from the variable `ref`; returns the reference, as it is afterwards.

    >>> sess.run(tf.assign_sub(v, 2.0))
    -1.0
    """
    return shapes.merge(ref.sizes, value.sizes)


def scattered(ref: Tensor, indices: Tensor, updates: Tensor) -> shapes.Sizes:
    """The shape of a variable of which rows are written."""
    if ref.sizes is not None and indices.sizes is not None:
        shapes.merge(updates.sizes, (*indices.sizes, *ref.sizes[1:]))
    return ref.sizes


@op("ScatterUpdate")
def scatter_update(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                   name: str | None = None) -> Any:
    """Replaces the rows of the variable `ref` at `indices`; returns the reference, as it is afterwards.

    >>> sess.run(tf.scatter_update(v, [0, 2], [10.0, 30.0]))
    array([10.,  2., 30.], dtype=float32)

    Args:
        ref: a variable of rank 1 or more.
        indices: positions along the first dimension, of any shape; of one that stands there twice, the last wins.
        updates: the rows, of shape `indices.shape + ref.shape[1:]`.
    """
    return scattered(ref, indices, updates)


@op("ScatterAdd")
def scatter_add(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                name: str | None = None) -> Any:
    """Adds to the rows of the variable `ref` at `indices`; returns the reference, as it is afterwards.

    What is added at an index that stands there twice is added up.

    >>> sess.run(tf.scatter_add(v, [0, 0], [10.0, 20.0]))
    array([31.,  2.,  3.], dtype=float32)
    """
    return scattered(ref, indices, updates)


@op("ScatterSub")
def scatter_sub(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                name: str | None = None) -> Any:
    """Subtracts from the rows of the variable `ref` at `indices`; returns the reference, as it is afterwards.

    >>> sess.run(tf.scatter_sub(v, [0, 2], [1.0, 1.0]))
    array([0., 2., 2.], dtype=float32)
    """
    return scattered(ref, indices, updates)


@op("CountUpTo")
def count_up_to(ref: Tensor, limit: int, name: str | None = None) -> Any:
    """Adds one to the integer variable `ref` and returns its value before that.

    >>> [sess.run(tf.count_up_to(v, 2)) for _ in range(2)]
    [0, 1]

    Raises:
        tf.errors.OutOfRangeError: while running, once the variable has reached `limit`.
    """
    return shapes.rank(ref.sizes, 0)
