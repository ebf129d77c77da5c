"""`device_lib.list_local_devices()`: the devices of this process."""

from __future__ import annotations

import secrets
from typing import Any

from tracer import protos


def list_local_devices() -> list[Any]:
    """The devices of this process as DeviceAttributes messages: the CPU, and the accelerators that JAX finds.

    >>> [device.name for device in device_lib.list_local_devices()]
    ['/cpu:0']
    """
    from lowering.programs import devices

    return [
        protos.DeviceAttributes(name=f"/{device.name}", device_type=device.kind, memory_limit=device.memory,
                                incarnation=secrets.randbits(64), physical_device_desc=device.description)
        for device in devices.local()]
