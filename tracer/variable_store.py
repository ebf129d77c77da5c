"""The variables of a graph by name: what `get_variable` makes, finds again and cuts into slices."""

from __future__ import annotations

import traceback
from typing import Any

from tracer import dtypes, partitions, scopes
from tracer.initializers import uniform_unit_scaling_initializer
from tracer.ir import Operation, Tensor
from tracer.scopes import GraphKeys
from tracer.shapes import TensorShape, as_shape
from tracer.variables import Variable


class VariableStore:
    """The variables of one graph that `get_variable` has made, by full name."""

    def __init__(self) -> None:
        self._vars: dict[str, Variable] = {}
        self._partitioned: dict[str, tuple[list[Variable], tuple[int, ...]]] = {}
        self._joined: dict[str, Tensor] = {}
        self._opened: dict[str, int] = {}  # how often each variable scope has been entered

    def open(self, name: str) -> None:
        """Notes that the scope `name` is entered."""
        self._opened[name] = self._opened.get(name, 0) + 1

    def close(self, name: str) -> None:
        """Forgets the scopes inside of `name`: entered again, it hands out the same default names."""
        for inner in self._opened:
            if not name or inner.startswith(name + "/"):
                self._opened[inner] = 0

    def unique_scope(self, outer: str, name: str) -> str:
        """`name`, or `name_1` ..., such that no scope of that name has been entered inside of `outer`."""
        full = f"{outer}/{name}" if outer else name
        suffix, count = "", 0
        while self._opened.get(full + suffix):
            count += 1
            suffix = f"_{count}"
        return name + suffix

    def get_variable(self, name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None,
                     regularizer: Any = None, reuse: bool | None = None, trainable: bool = True,
                     collections: Any = None, caching_device: Any = None, partitioner: Any = None,
                     validate_shape: bool = True) -> Any:
        """The variable `name`; with `reuse` False it must be new, with True it must be there.

        With a partitioner, the tensor that joins the slices.
        """
        if partitioner is None:
            return self.single(name, shape, dtype, initializer, regularizer, reuse, trainable, collections,
                               caching_device, validate_shape)
        parts, partitioning = self.partitioned(name, shape, dtype, initializer, regularizer, reuse, trainable,
                                               collections, caching_device, partitioner, validate_shape)
        if name not in self._joined:
            self._joined[name] = partitions.join(parts, partitioning, name)
            scopes.add_to_collection(GraphKeys.CONCATENATED_VARIABLES, self._joined[name])
        return self._joined[name]

    def single(self, name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any, reuse: bool | None,
               trainable: bool, collections: Any, caching_device: Any, validate_shape: bool) -> Variable:
        """The variable `name` as a whole."""
        from_value = initializer is not None and not callable(initializer)
        if from_value and shape is not None:
            raise ValueError("If initializer is a constant, do not specify shape.")
        reuse_allowed = reuse is None or reuse
        wanted, kind = as_shape(shape), dtypes.as_dtype(dtype)
        if name in self._vars:
            if not reuse_allowed:
                raise ValueError(f"Variable {name} already exists, disallowed. Did you mean to set reuse=True in "
                                 f"VarScope? Originally defined at:\n\n{_origin(self._vars[name].op)}")
            return _shared(name, self._vars[name], wanted, kind)
        if reuse:
            raise ValueError(
                f"Variable {name} does not exist, disallowed. Did you mean to set reuse=None in VarScope?")
        if not from_value and not wanted.is_fully_defined():
            raise ValueError(f"Shape of a new variable ({name}) must be fully defined, but instead was {wanted}.")
        variable = self._create(name, wanted, kind, initializer, trainable, collections, caching_device,
                                validate_shape)
        if regularizer is not None:
            with scopes.colocate_with(variable.op), scopes.name_scope(name + "/Regularizer/"):
                loss = regularizer(variable)
            if loss is not None:
                scopes.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return variable

    def _create(self, name: str, shape: TensorShape, dtype: dtypes.DType, initializer: Any, trainable: bool,
                collections: Any, caching_device: Any, validate_shape: bool) -> Variable:
        make = uniform_unit_scaling_initializer() if initializer is None else initializer
        value, kind = make, None
        if callable(make):
            def value() -> Any:
                return make(shape.as_list(), dtype=dtype)

            kind = dtype.base_dtype
        self._vars[name] = Variable(value, trainable=trainable, collections=collections,
                                    caching_device=caching_device, name=name, dtype=kind,
                                    validate_shape=validate_shape)
        return self._vars[name]

    def partitioned(self, name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any, reuse: bool | None,
                    trainable: bool, collections: Any, caching_device: Any, partitioner: Any,
                    validate_shape: bool) -> tuple[list[Variable], tuple[int, ...]]:
        """The slices of the variable `name`, and into how many each dimension is cut."""
        if initializer is not None and not callable(initializer) and shape is None:
            shape = initializer.get_shape() if isinstance(initializer, Tensor) else TensorShape(None)
        full, kind = as_shape(shape), dtypes.as_dtype(dtype)
        if not full.is_fully_defined():
            raise ValueError(f"Shape of a new partitioned variable ({name}) must be fully defined, but instead was "
                             f"{full}.")
        partitioning = partitions.checked(partitioner(shape=full, dtype=kind), full)
        found = self._partitioned.get(name)
        if found is not None and found[1] != partitioning:
            raise ValueError("Partitioner returned a different partitioning than what already exists. It returned "
                             f"{partitioning}, expected {found[1]} for variable {name}.")
        if found is not None and (reuse is None or reuse):
            return found
        if initializer is None:
            initializer = uniform_unit_scaling_initializer(full_shape=full.as_list())
        parts = []
        for i, (offset, sizes) in enumerate(partitions.blocks(full, partitioning)):
            part_name = f"{name}_{i}"
            value, part_shape = partitions.initializer_of(initializer, offset, sizes, part_name, kind)
            part = self.single(part_name, part_shape, kind, value, regularizer, reuse, trainable, collections,
                               caching_device, validate_shape)
            part._set_save_slice_info(Variable.SaveSliceInfo(name, full.as_list(), offset, sizes))
            parts.append(part)
        self._partitioned[name] = parts, partitioning
        return self._partitioned[name]


def _shared(name: str, found: Variable, shape: TensorShape, dtype: dtypes.DType) -> Variable:
    if not shape.is_compatible_with(found.get_shape()):
        raise ValueError(f"Trying to share variable {name}, but specified shape {shape} and found shape "
                         f"{found.get_shape()}.")
    if not dtype.is_compatible_with(found.dtype):
        raise ValueError(f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype "
                         f"{found.dtype.name}.")
    return found


def _origin(op: Operation) -> str:
    """The three innermost lines of the user's program that recorded `op`."""
    here = __file__.rpartition("variable_store.py")[0]
    lines = [line for line in reversed(op.traceback) if not line[0].startswith(here)]
    return "".join(traceback.format_list(lines[:3]))
