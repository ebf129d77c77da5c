"""Where operations run: what a session does about the devices that a script names.

A run is compiled as one program for one device, so every GPU that a script names is that device: a GPU or TPU where
JAX has one, else the CPU. A script that was written for a machine with GPUs runs without them; it is told so, once.
Other devices that are not there are TensorFlow's error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from tracer import errors, logging
from tracer.device import DeviceSpec, from_string
from tracer.ir import Operation
from tracer.train.tasks import Cluster

_told: set[str] = set()


class Placement:
    """The devices of one session."""

    def __init__(self, config: Any, server: Any) -> None:
        from lowering.programs import devices

        options = getattr(config, "gpu_options", None)
        if options is not None:
            devices.open_with(options.per_process_gpu_memory_fraction, options.allow_growth)
        count: Mapping[str, int] = getattr(config, "device_count", {})
        self.found = [d for d in devices.local() if d.index < count.get(d.kind, d.index + 1) or d.kind == "CPU"]
        self.device = devices.chosen(count)
        self.soft = bool(getattr(config, "allow_soft_placement", False))
        self.strict = False  # whether a GPU that is not there is an error, too
        self.reports = bool(getattr(config, "log_device_placement", False))
        self.cluster = Cluster({("localhost", 0): ""}) if server is None else server.cluster
        self.counts = {d.kind: d.index + 1 for d in self.found}
        self.counts["CPU"] = max(1, count.get("CPU", 1))
        self.main = self.found[-1].kind if self.device is None else "CPU"  # the kind that programs run on
        if self.reports:
            self._report_devices()

    def _here(self, wanted: DeviceSpec) -> tuple[str, int] | None:
        return self.cluster.task_of(wanted.job, wanted.task) if wanted.replica in (None, 0) else None

    def _task(self, op: Operation) -> tuple[str, int]:
        return self._here(from_string(op.device or "")) or self.cluster.tasks[0]

    def of(self, op: Operation, on_host: bool) -> str:
        """The full name of the device that an operation runs on."""
        kind, index = "CPU" if on_host else self.main, 0
        if kind == "CPU" and op.device:
            wanted = from_string(op.device)
            if wanted.device_type == "CPU" and (wanted.device_index or 0) < self.counts["CPU"]:
                index = wanted.device_index or 0  # a part of the one CPU that the script has divided
        return f"{_root(self._task(op))}{kind.lower()}:{index}"

    def check(self, operations: Iterable[Operation]) -> None:
        """Raises InvalidArgumentError for an operation that names a device which is not there."""
        operations = list(operations)
        named = [op for op in operations if op.device]
        for op in sorted(named, key=lambda op: op.type == "Const"):  # a constant goes where its reader does
            self._check(op)
        if len(self.cluster.tasks) > 1:
            self.cluster.settle((op, self._task(op)) for op in operations if op.type == "Variable")

    def _check(self, op: Operation) -> None:
        try:
            wanted = from_string(op.device)
        except ValueError:
            raise errors.InvalidArgumentError(None, op, f"Malformed device specification '{op.device}'") from None
        if self._here(wanted) and self._has(op, wanted):
            return
        available = ", ".join(f"{_root(task)}{d.name}" for task in self.cluster.tasks for d in self.found)
        raise errors.InvalidArgumentError(
            None, op, f"Cannot assign a device to node '{op.name}': Could not satisfy explicit device specification "
                      f"'{op.device}' because no devices matching that specification are registered in this process; "
                      f"available devices: {available}")

    def _has(self, op: Operation, wanted: DeviceSpec) -> bool:
        kind = wanted.device_type
        if kind is None or self.soft or (wanted.device_index or 0) < self.counts.get(kind.upper(), 0):
            return True
        if kind.upper() != "GPU" or self.strict:
            return False
        if kind not in _told:
            _told.add(kind)
            logging.warning("There is no %s here: operations that ask for one run on %s. (TensorFlow refuses that "
                            "unless the session's configuration has allow_soft_placement.)", op.device, self.main)
        return True

    def _report_devices(self) -> None:
        lines = [f"{_root(task)}{d.name} -> {d.description}"
                 for task in self.cluster.tasks for d in self.found if d.kind != "CPU"]
        print("\n".join(["Device mapping:", *lines]) if lines else "Device mapping: no known devices.",
              file=sys.stderr)

    def report(self, operations: Iterable[tuple[Operation, bool]]) -> None:
        """Prints where each operation runs, where the configuration asks for `log_device_placement`."""
        if self.reports:
            for op, on_host in operations:
                print(f"{op.name}: {self.of(op, on_host)}", file=sys.stderr)


def _root(task: tuple[str, int]) -> str:
    return f"/job:{task[0]}/replica:0/task:{task[1]}/"
