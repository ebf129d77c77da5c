"""The operations of a Saver: what saves, what restores, and under which names TensorFlow recorded them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tracer import device, scopes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, control_flow, io, state
from tracer.variables import Variable

V1, V2 = 1, 2  # values of SaverDef.CheckpointFormatVersion


class BaseSaverBuilder:
    """Records what a Saver runs. Subclasses may override `save_op`, `restore_op` and `sharded_filename`."""

    class VarToSave(NamedTuple):
        """A variable, which slice of a larger tensor it is ("" for a whole one), and the name it is saved under."""

        var: Any
        slice_spec: str
        name: str
        part_of: Any = None

    class SaveSpec(NamedTuple):
        """One tensor of what a checkpoint holds: which slice of a larger one it is, and the name it has there."""

        tensor: Any
        slice_spec: str
        name: str

    class SaveableObject:
        """What checkpoints hold beside variables: several tensors, which are restored together. From 0.11 on.

        Args:
            op: what produces it.
            specs: its tensors, a list of `SaveSpec`.
            name: its name.
        """

        def __init__(self, op: Any, specs: Any, name: str) -> None:
            self.op, self.specs, self.name = op, specs, name

        @property
        def device(self) -> str:
            """The device that it is on."""
            return self.op.device

        def restore(self, restored_tensors: list[Tensor], restored_shapes: Any) -> Any:
            """The operation that takes over what was restored, one tensor for each spec."""
            raise NotImplementedError("Calling an abstract method.")

    def __init__(self, write_version: int = V1) -> None:
        self._write_version = write_version

    def save_op(self, filename_tensor: Tensor, vars_to_save: list[VarToSave]) -> Operation:
        """The operation that writes `vars_to_save` to one file."""
        names = [item.name for item in vars_to_save]
        slices = [item.slice_spec for item in vars_to_save]
        values = [internal_convert_to_tensor(item.var, as_ref=True) for item in vars_to_save]
        if self._write_version == V2:
            return io.save_v2(filename_tensor, names, slices, values)
        return io._save(filename_tensor, names, values, tensor_slices=slices)

    def restore_op(self, filename_tensor: Tensor, var_to_save: VarToSave, preferred_shard: int) -> Tensor:
        """The tensor that a variable gets from a checkpoint."""
        kind = var_to_save.var.dtype.base_dtype
        if self._write_version == V2:
            return io.restore_v2(filename_tensor, [var_to_save.name], [var_to_save.slice_spec], [kind])[0]
        return io._restore_slice(filename_tensor, var_to_save.name, var_to_save.slice_spec, kind,
                                 preferred_shard=preferred_shard)

    def sharded_filename(self, filename_tensor: Tensor, shard: int, num_shards: Tensor) -> Tensor:
        """The name of one shard's file."""
        return io._sharded_filename(filename_tensor, shard, num_shards)

    def build(self, names_to_variables: Any, reshape: bool = False, sharded: bool = False, max_to_keep: int = 5,
              keep_checkpoint_every_n_hours: float = 10000.0, name: str | None = None,
              restore_sequentially: bool = False) -> Any:
        """Records the operations and returns the SaverDef message that names them."""
        from tracer import protos

        if not isinstance(names_to_variables, Mapping):
            names_to_variables = variables_by_name(names_to_variables)
        items = self._items(names_to_variables)
        max_to_keep = 0 if max_to_keep is None else max_to_keep
        with scopes.op_scope([item.var for item in items], name, "save"):
            filename = array.constant("model")
            if sharded:
                groups = self._by_device(items)
                saved = self._add_sharded_save(filename, groups)
                restored = self._add_sharded_restore(filename, groups, restore_sequentially, reshape)
            else:
                saved = control_flow.with_dependencies([self.save_op(filename, items)], filename)
                restored = self._add_restore(filename, items, restore_sequentially, reshape, "restore_all", -1)
        message = protos.SaverDef(
            filename_tensor_name=filename.name, save_tensor_name=saved.name, restore_op_name=restored.name,
            max_to_keep=max_to_keep, keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours, sharded=sharded)
        if self._write_version == V2:
            message.version = V2
        return message

    def _items(self, names_to_variables: Mapping[str, Any]) -> list[VarToSave]:
        items: list[BaseSaverBuilder.VarToSave] = []
        seen: set[Operation] = set()
        for name in sorted(names_to_variables):
            if not isinstance(name, str):
                raise TypeError("names_to_variables must be a dict mapping string names to variable Tensors. Name is "
                                f"not a string: {name}")
            value = names_to_variables[name]
            if isinstance(value, self.SaveableObject):
                items += [self.VarToSave(spec.tensor, spec.slice_spec, spec.name, value) for spec in value.specs]
                continue
            if isinstance(value, (list, tuple)):
                some = self._slices(name, value)
            else:
                variable = internal_convert_to_tensor(value, as_ref=True)
                if not _is_variable(variable):
                    raise TypeError(f"Variable to save is not a Variable: {variable}")
                some = [self.VarToSave(value if isinstance(value, Variable) else variable, "", name)]
            for item in some:
                if item.var.op in seen:
                    raise ValueError(f"The same variable will be restored with two names: {item.var.name}")
                seen.add(item.var.op)
            items += some
        return items

    def _slices(self, name: str, variables: Any) -> list[VarToSave]:
        items = []
        full_name = None
        for variable in variables:
            if not isinstance(variable, Variable):
                raise ValueError(f"Slices must all be Variables: {variable}")
            info = variable._save_slice_info
            if info is None:
                raise ValueError(f"Slices must all be slices: {variable}")
            if full_name is None:
                full_name = info.full_name
            elif full_name != info.full_name:
                raise ValueError(f"Slices must all be from the same tensor: {full_name} != {info.full_name}")
            items.append(self.VarToSave(variable, info.spec, name))
        return items

    def _by_device(self, items: list[VarToSave]) -> list[tuple[str, list[VarToSave]]]:
        groups: dict[str, list[BaseSaverBuilder.VarToSave]] = {}
        for item in items:
            groups.setdefault(device.canonical(item.var.device), []).append(item)
        return sorted(groups.items())

    def _add_sharded_save(self, filename: Tensor, groups: list[tuple[str, list[VarToSave]]]) -> Tensor:
        """Saves each device's variables to a file of its own; the result is the pattern of all of them."""
        target = filename
        if self._write_version == V2:
            # Shards are written below a passing folder; their index files are then made one.
            target = _joined(filename, f"_temp_{os.urandom(16).hex()}/part")
        num_shards = array.constant(len(groups), name="num_shards")
        saved = []
        for shard, (place, items) in enumerate(groups):
            with scopes.device(place):
                shard_name = self.sharded_filename(target, shard, num_shards)
                saved.append(control_flow.with_dependencies([self.save_op(shard_name, items)], shard_name))
        with scopes.control_dependencies([tensor.op for tensor in saved]):
            if self._write_version == V1:
                return io._sharded_filespec(filename, num_shards)
            with scopes.device(groups[-1][0]):
                merge = io.merge_v2_checkpoints(
                    array.pack([tensor.op.inputs[0] for tensor in saved],
                               name="MergeV2Checkpoints/checkpoint_prefixes"), filename, delete_old_dirs=True)
                with scopes.control_dependencies([merge]):
                    return array.identity(filename)

    def _add_restore(self, filename: Tensor, items: list[VarToSave], sequentially: bool, reshape: bool, name: str,
                     shard: int) -> Operation:
        """Restores the variables; `sequentially` one after the other, so that one is in memory at a time."""
        assigned: list[Operation] = []
        together: list[Tensor] = []
        for item in items:
            variable = item.var
            with scopes.control_dependencies(assigned[-1:] if sequentially else []):
                if item.part_of is not None:
                    with scopes.device(_host_device(variable)):
                        together.append(self.restore_op(filename, item, shard))
                    if len(together) == len(item.part_of.specs):
                        restored = item.part_of.restore(together, None)
                        assigned.append(restored.op if isinstance(restored, Tensor) else restored)
                        together = []
                    continue
                with scopes.device(_host_device(variable)):
                    value = self.restore_op(filename, item, shard)
                    shape = variable.get_shape()
                    if reshape:
                        value = array.reshape(value, shape if shape.is_fully_defined() else array.shape(variable))
                check = not reshape and shape.is_fully_defined()
                with scopes.colocate_with(variable.op):
                    assigned.append(state.assign(variable, value, validate_shape=check).op)
        return control_flow.group(*assigned, name=name)

    def _add_sharded_restore(self, filename: Tensor, groups: list[tuple[str, list[VarToSave]]], sequentially: bool,
                             reshape: bool) -> Operation:
        parts = []
        for shard, (place, items) in enumerate(groups):
            with scopes.device(place):
                parts.append(self._add_restore(filename, items, sequentially, reshape, "restore_shard", shard))
        return control_flow.group(*parts, name="restore_all")


def _is_variable(tensor: Tensor) -> bool:
    return tensor.op.type == "Variable"


def _host_device(variable: Any) -> str | None:
    """The processor beside a variable's device: files are read there."""
    if not variable.device:
        return None
    place = device.from_string(variable.device)
    place.device_type, place.device_index = "CPU", 0
    return place.to_string()


def _joined(filename: Tensor, ending: str) -> Tensor:
    from tracer.ops import strings

    return strings.string_join([filename, convert_to_tensor(ending)])


def variables_by_name(variables: Any) -> dict[str, Any]:
    """Variables under the names that checkpoints know them by; slices of one tensor as a list.

    Raises ValueError when two have the same name.
    """
    named: dict[str, Any] = {}
    for variable in variables:
        if isinstance(variable, BaseSaverBuilder.SaveableObject):
            named[variable.name] = variable
            continue
        info = getattr(variable, "_save_slice_info", None)
        if isinstance(variable, Variable) and info is not None:
            known = named.setdefault(info.full_name, [])
            if not isinstance(known, list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {info.full_name}")
            known.append(variable)
            continue
        reference = internal_convert_to_tensor(variable, as_ref=True)
        if not _is_variable(reference):
            raise TypeError(f"Variable to save is not a Variable: {reference}")
        name = reference.op.name
        if name in named:
            raise ValueError(f"At least two variables have the same name: {name}")
        named[name] = variable
    return named
