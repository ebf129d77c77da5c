"""Device strings: `/job:ps/replica:0/task:1/device:GPU:0`, parsed, merged and written as TensorFlow does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any


class DeviceSpec:
    """The fields of a device string; None where it says nothing.

    >>> tf.DeviceSpec(job="ps", device_type="CPU", device_index=0).to_string()
    '/job:ps/device:CPU:0'
    """

    def __init__(
        self, job: str | None = None, replica: int | None = None, task: int | None = None,
        device_type: str | None = None, device_index: int | None = None,
    ) -> None:
        self.job = job
        self.replica = replica
        self.task = task
        self.device_type = device_type.upper() if device_type in ("cpu", "gpu") else device_type
        self.device_index = device_index

    @property
    def job(self) -> str | None:
        """The name of the job."""
        return self._job

    @job.setter
    def job(self, value: Any) -> None:
        self._job = None if value is None else str(value)

    @property
    def replica(self) -> int | None:
        """The number of the replica."""
        return self._replica

    @replica.setter
    def replica(self, value: Any) -> None:
        self._replica = None if value is None else int(value)

    @property
    def task(self) -> int | None:
        """The number of the task."""
        return self._task

    @task.setter
    def task(self, value: Any) -> None:
        self._task = None if value is None else int(value)

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Sets the fields from `spec` and returns itself. ValueError when it cannot be read."""
        self.__init__()
        for word in spec.split("/"):
            if word:
                self._take(word.split(":"), spec)
        return self

    def _take(self, words: list[str], spec: str) -> None:
        name = words[0]
        if len(words) == 2 and name in ("job", "replica", "task"):
            setattr(self, name, words[1])
            return
        if len(words) <= 2 and name.upper() in ("CPU", "GPU"):
            kind, index = name.upper(), words[1] if len(words) == 2 else "*"
        elif len(words) == 3 and name == "device":
            kind, index = words[1:]
        else:
            raise ValueError(f"Unknown attribute: '{name}' in '{spec}'")
        if self.device_type is not None:
            raise ValueError(f"Cannot specify multiple device types: {spec}")
        self.device_type = kind
        self.device_index = None if index == "*" else int(index)

    def merge_from(self, dev: DeviceSpec) -> None:
        """Takes over every field that `dev` sets."""
        for field in ("job", "replica", "task", "device_type", "device_index"):
            value = getattr(dev, field)
            if value is not None:
                setattr(self, field, value)

    def to_string(self) -> str:
        """The canonical string."""
        text = "" if self.job is None else f"/job:{self.job}"
        text += "" if self.replica is None else f"/replica:{self.replica}"
        text += "" if self.task is None else f"/task:{self.task}"
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            text += f"/device:{self.device_type}:{index}"
        return text

    @staticmethod
    def from_string(spec: str) -> DeviceSpec:
        """The parsed `spec`. ValueError when it cannot be read."""
        return DeviceSpec().parse_from_string(spec)


Device = DeviceSpec
from_string = DeviceSpec.from_string


def canonical(device: Any) -> str:
    """The canonical string of a device string or `DeviceSpec`; '' for None."""
    if device is None:
        return ""
    return device.to_string() if isinstance(device, DeviceSpec) else from_string(device).to_string()


canonical_name = canonical


def check_valid(spec: str) -> None:
    """Raises ValueError when `spec` is no device string."""
    from_string(spec)


def merge_device(spec: str | DeviceSpec | None) -> Callable[[Any], str]:
    """A device function that puts `spec` under what an operation already has (inner scopes win field by field)."""
    outer = spec if isinstance(spec, DeviceSpec) else from_string(spec or "")

    def function(op: Any) -> str:
        merged = copy.copy(outer)
        merged.merge_from(from_string(op.device or ""))
        return merged.to_string()

    return function
