"""The devices of this process, by TensorFlow's names, and the one that a session's programs run on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax

_KINDS = {"cpu": "CPU", "cuda": "GPU", "gpu": "GPU", "rocm": "GPU"}
_CPU_MEMORY = 1 << 28  # what TensorFlow says of every CPU


class Device(NamedTuple):
    """One device."""

    kind: str  # CPU, GPU or TPU
    index: int
    memory: int  # bytes
    description: str

    @property
    def name(self) -> str:
        """Its name below a task, as in `/job:localhost/replica:0/task:0/gpu:0`."""
        return f"{self.kind.lower()}:{self.index}"


def local() -> list[Device]:
    """The CPU, and the accelerators that JAX finds."""
    found = [Device("CPU", 0, _CPU_MEMORY, "")]
    for i, device in enumerate(jax.local_devices()):
        if device.platform != "cpu":
            memory = (device.memory_stats() or {}).get("bytes_limit", 0)
            found.append(Device(_kind(device), i, memory, f"device: {i}, name: {device.device_kind}"))
    return found


def _kind(device: Any) -> str:
    platform: str = device.platform
    return _KINDS.get(platform, platform.upper())


def chosen(count: Mapping[str, int]) -> Any:
    """The JAX device to run on where `count` says how many of a kind may be used; None for JAX's own choice."""
    default = jax.local_devices()[0]
    return jax.local_devices(backend="cpu")[0] if count.get(_kind(default)) == 0 else None


def copied(arrays: Any) -> Any:
    """Copies of arrays in memory of their own, on the device: without a program, which would be one for each shape."""
    return jax.device_put(arrays, may_alias=False)


def open_with(fraction: float, growing: bool) -> None:
    """Opens JAX's devices with so much of a GPU's memory, or with no more than is needed, unless they are open."""
    wanted = {}
    if fraction > 0:
        wanted["XLA_PYTHON_CLIENT_MEM_FRACTION"] = str(fraction)
    if growing:
        wanted["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    wanted = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(wanted)  # XLA reads them while it opens a GPU, and never again
    try:
        jax.local_devices()
    finally:
        for name in wanted:
            os.environ.pop(name, None)
