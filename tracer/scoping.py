"""The scoping half of a graph: the names, devices, control edges and attributes that surround an operation; collections."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tracer.scopes import default_graph, is_slices

if TYPE_CHECKING:
    from tracer.ir import Operation, Tensor


class _Controller:
    """One `control_dependencies` block: what new operations wait for, and which operations were made inside."""

    def __init__(self, controls: list[Operation], clears: bool) -> None:
        self.controls = controls
        self.clears = clears
        self.seen: set[Operation] = set()


class Scopes:
    """The scoping half of a graph."""

    def __init__(self) -> None:
        self._names_in_use: dict[str, int] = {}
        self._name_stack = ""
        self._collections: dict[Any, list] = {}
        self._container = ""
        self._control_stack: list[_Controller] = []
        self._device_function_stack: list[Any] = []
        self._colocation: list[Any] = []
        self._gradient_overrides: dict[str, str] = {}
        self._attribute_scopes: dict[str, Any] = {}
        self._kernel_labels: dict[str, str] = {}
        self._has_attribute_scopes = False
        self.region: Any = None

    # -- names

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` below the current scope, with `_1`, `_2` ... when it is taken."""
        used = self._names_in_use
        if self._name_stack:
            name = f"{self._name_stack}/{name}"
        count = used.get(name, 0)
        if mark_as_used:
            used[name] = count + 1
        if count:
            base = name
            while name in used:
                name = f"{base}_{count}"
                count += 1
            if mark_as_used:
                used[name] = 1
        return name

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Opens a name scope; a name that ends in `/` is re-entered as it is; None or '' is the root."""
        outer = self._name_stack
        if not name:
            inner = ""
        elif name[-1] == "/":
            inner = name[:-1]
        else:
            inner = self.unique_name(name)
        self._name_stack = inner
        try:
            yield inner + "/" if inner else ""
        finally:
            self._name_stack = outer

    # -- control edges

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Any) -> Iterator[None]:
        """Operations made inside run after `control_inputs`; None clears what surrounds them."""
        from tracer.ir import Operation, Tensor

        outer, region = self._control_stack, self.region
        if control_inputs is None:
            self._control_stack = []
            self.region = None  # out of every conditional and loop as well
        else:
            controls: list[Operation] = []
            for item in control_inputs:
                element = self.as_graph_element(getattr(item, "values", item) if is_slices(item) else item)
                element = element.op if isinstance(element, Tensor) else element
                if isinstance(element, Operation) and element not in controls:
                    controls.append(element)
            self._control_stack = [*outer, _Controller(controls, False)]
        try:
            yield
        finally:
            self._control_stack, self.region = outer, region

    def _controls_for(self, inputs: tuple[Tensor, ...]) -> tuple[Operation, ...]:
        """Control edges of a new operation, without those its data inputs imply inside the same block."""
        producers = {tensor.op for tensor in inputs}
        found: dict[Operation, None] = {}
        for controller in self._control_stack:
            if producers.isdisjoint(controller.seen):
                found.update((op, None) for op in controller.controls if op not in producers)
        return tuple(found)

    def _record_op_seen_by_control_dependencies(self, op: Operation) -> None:
        for controller in self._control_stack:
            controller.seen.add(op)

    # -- devices and colocation

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Operations made inside get this device: a string, None to clear, or a function of the operation."""
        from tracer.device import merge_device

        outer = self._device_function_stack
        function = device_name_or_function
        if function is not None and not callable(function):
            function = merge_device(function)
        self._device_function_stack = [*outer, function]
        try:
            yield
        finally:
            self._device_function_stack = outer

    @property
    def _colocation_stack(self) -> list[Any]:
        return list(self._colocation)

    def _apply_device_functions(self, op: Operation) -> None:
        # From the innermost scope outwards; a function merges its own fields under what is already set.
        for function in reversed(self._device_function_stack):
            if function is None:
                break
            op._set_device(function(op))

    def _take_device_of_group(self, op: Operation) -> None:
        """Puts `op` where the operations are that it stands with; a device scope inside of the group is stronger."""
        from tracer import logging
        from tracer.device import canonical

        for other in self._colocation:
            if other is None or not other.device:
                continue
            if not op.device:
                op._set_device(other.device)
            elif canonical(op.device) != canonical(other.device):
                logging.warning("Tried to colocate %s with an op %s that had a different device: %s vs %s. Ignoring "
                                "colocation property.", op.name, other.name, canonical(op.device),
                                canonical(other.device))

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Operations made inside carry `op`'s colocation group."""
        from tracer.convert import internal_convert_to_tensor
        from tracer.ir import Operation

        if op is not None and not isinstance(op, Operation):
            op = internal_convert_to_tensor(op, as_ref=True).op
        outer, outer_devices = self._colocation, self._device_function_stack
        self._colocation = [op] if ignore_existing else [*outer, op]
        self._device_function_stack = []
        self._note_attribute_scopes()
        try:
            yield
        finally:
            self._colocation, self._device_function_stack = outer, outer_devices
            self._note_attribute_scopes()

    # -- attributes given by scope

    def _note_attribute_scopes(self) -> None:
        self._has_attribute_scopes = bool(self._colocation or self._attribute_scopes or self._kernel_labels)

    def _scoped_attributes(self, type: str, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        given = dict(attrs)
        for name, value in self._attribute_scopes.items():
            if callable(value):
                value = value(type)
            if value is not None and name not in given:
                given[name] = value
        if type in self._kernel_labels:
            given["_kernel"] = self._kernel_labels[type]
        groups = {group for op in self._colocation if op is not None for group in op.colocation_groups()}
        if groups:
            given["_class"] = sorted(groups | set(given.get("_class", ())))
        return given

    @contextlib.contextmanager
    def _attr_scope(self, attr_map: Mapping[str, Any]) -> Iterator[None]:
        with self._overriding("_attribute_scopes", attr_map):
            yield

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: Mapping[str, str]) -> Iterator[None]:
        """Operations of these types made inside use another registered gradient."""
        if not isinstance(op_type_map, Mapping):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        for key, value in op_type_map.items():
            if not (isinstance(key, str) and isinstance(value, str)):
                raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        with self._overriding("_gradient_overrides", op_type_map):
            yield

    @contextlib.contextmanager
    def _kernel_label_map(self, op_to_kernel_label_map: Mapping[str, str]) -> Iterator[None]:
        with self._overriding("_kernel_labels", op_to_kernel_label_map):
            yield

    @contextlib.contextmanager
    def _overriding(self, table: str, additions: Mapping) -> Iterator[None]:
        if not isinstance(additions, Mapping):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        outer = getattr(self, table)
        setattr(self, table, {**outer, **additions})
        self._note_attribute_scopes()
        try:
            yield
        finally:
            setattr(self, table, outer)
            self._note_attribute_scopes()

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """A context whose stateful operations belong to that container; from 0.11 on."""
        outer, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = outer

    # -- collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Appends `value` to the collection `name`."""
        self.check_not_finalized()
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Appends `value` to each of the collections `names` (a name or an iterable of them)."""
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list:
        """The live list of the collection `name`."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list:
        """A copy of the collection `name`; with `scope`, the items whose `name` that regular expression matches."""
        items = self._collections.get(name, [])
        if scope is None:
            return list(items)
        matches = re.compile(scope).match
        return [item for item in items if hasattr(item, "name") and matches(item.name)]

    def clear_collection(self, name: Any) -> None:
        """Forgets what the collection `name` holds; from 0.9 on."""
        self._collections.pop(name, None)

    def get_all_collection_keys(self) -> list:
        """The names of the collections that hold something (those that are strings)."""
        return [name for name in self._collections if isinstance(name, str)]

    def as_default(self) -> Any:
        """A context in which this is the default graph of the current thread."""
        return default_graph(self)  # type: ignore[arg-type]

    def check_not_finalized(self) -> None:
        raise NotImplementedError("Graph provides check_not_finalized")

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        raise NotImplementedError("Graph provides as_graph_element")
