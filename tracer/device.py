"""Device strings: `/job:ps/replica:0/task:1/device:GPU:0`, parsed, merged and written as TensorFlow does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass
class DeviceSpec:
    """The fields of a device string; None where it says nothing."""

    job: str | None = None
    replica: int | None = None
    task: int | None = None
    device_type: str | None = None
    device_index: int | None = None

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Sets the fields from `spec` and returns itself. ValueError when it cannot be read."""
        self.__init__()
        for part in (word for word in spec.split("/") if word):
            words = part.split(":")
            try:
                self._take(words)
            except (ValueError, IndexError):
                raise ValueError(f"Unknown attribute: '{words[0]}' in '{spec}'") from None
        return self

    def _take(self, words: list[str]) -> None:
        if len(words) == 2 and words[0] == "job":
            self.job = words[1]
        elif len(words) == 2 and words[0] == "replica":
            self.replica = int(words[1])
        elif len(words) == 2 and words[0] == "task":
            self.task = int(words[1])
        elif words[0].upper() in ("CPU", "GPU") and len(words) <= 2:
            if self.device_type is not None:
                raise ValueError("Cannot specify multiple device types")
            self.device_type = words[0].upper()
            self.device_index = None if len(words) == 1 or words[1] == "*" else int(words[1])
        elif words[0] == "device" and len(words) == 3:
            self.device_type = words[1]
            self.device_index = None if words[2] == "*" else int(words[2])
        else:
            raise ValueError(words)

    def merge_from(self, other: DeviceSpec) -> None:
        """Takes over every field that `other` sets."""
        for field in dataclasses.fields(self):
            value = getattr(other, field.name)
            if value is not None:
                setattr(self, field.name, value)

    def to_string(self) -> str:
        """The canonical string."""
        text = "" if self.job is None else f"/job:{self.job}"
        text += "" if self.replica is None else f"/replica:{self.replica}"
        text += "" if self.task is None else f"/task:{self.task}"
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            text += f"/device:{self.device_type}:{index}"
        return text


Device = DeviceSpec


def from_string(spec: str) -> DeviceSpec:
    """The parsed `spec`."""
    return DeviceSpec().parse_from_string(spec)


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
        merged = dataclasses.replace(outer)
        merged.merge_from(from_string(op.device or ""))
        return merged.to_string()

    return function
