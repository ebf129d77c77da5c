"""Compiled programs as bytes, and back, with nothing in them that would be unpickled.

A head of JSON says the shapes and the structure, the machine code behind it is XLA's own form. JAX has no public function
for the way back that does not unpickle, so its inner classes are put together here; where another JAX has others, the way
back fails, and the caller compiles.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jax
import numpy as np

from lowering.programs import inline
from tracer.errors import DataLossError

_CHECKSUM = 20  # bytes
_LAPACK = b"lapack_"  # how JAX's names for its calls of LAPACK begin
_LENGTH = 8


def packed(compiled: jax.stages.Compiled, note: Any, small: bool) -> bytes:
    """A compiled program, whether the calling thread computes it, and what JSON can hold of `note`."""
    inner: Any = compiled._executable._unloaded_executable  # type: ignore[attr-defined]
    if inner.mut or inner.host_callbacks or inner.keepalive or inner.ordered_effects or inner.unordered_effects:
        raise ValueError("it calls back, or holds on to something")
    places = iter(range(len(inner.output_avals)))
    head = {
        "name": inner.name, "note": note, "small": small, "kept": sorted(inner.kept_var_idx),
        "inputs": [_told(aval) for aval in inner.input_avals], "outputs": [_told(aval) for aval in inner.output_avals],
        "results": _nested(jax.tree.unflatten(compiled.out_tree, [next(places) for _ in inner.output_avals])),
        "donated": [bool(info.donated) for info in jax.tree.leaves(compiled.args_info)],
    }
    text = json.dumps(head).encode()
    content = len(text).to_bytes(_LENGTH, "big") + text + inner.backend.serialize_executable(inner.xla_executable)
    return hashlib.blake2b(content, digest_size=_CHECKSUM).digest() + content


def unpacked(data: bytes, arguments: tuple) -> tuple[jax.stages.Compiled, Any, bool]:
    """The compiled program for arguments like these, its note, and whether the calling thread computes it.

    Raises DataLossError for what is damaged.
    """
    from jax._src import stages
    from jax._src.interpreters import pxla
    from jax._src.lib import xla_client  # type: ignore[attr-defined]
    from jax.sharding import SingleDeviceSharding

    content = data[_CHECKSUM:]
    if hashlib.blake2b(content, digest_size=_CHECKSUM).digest() != data[:_CHECKSUM]:
        raise DataLossError(None, None, "the file of a compiled program is damaged")
    if _LAPACK in content:
        _find_lapack()
    start = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
    head = json.loads(content[_LENGTH:start])
    device: Any = jax.local_devices()[0]
    devices = xla_client.DeviceList((device,))
    inputs, outputs = ([_aval(*told) for told in head[key]] for key in ("inputs", "outputs"))
    loaded = pxla.UnloadedMeshExecutable(
        xla_executable=device.client.deserialize_executable(
            content[start:], executable_devices=devices, host_callbacks=inline.callbacks() if head["small"] else []),
        device_list=devices, backend=device.client,
        input_avals=inputs, input_shardings=[SingleDeviceSharding(device)] * len(inputs),
        output_avals=outputs, output_shardings=[SingleDeviceSharding(device)] * len(outputs),
        committed=False, name=head["name"], unordered_effects=[], ordered_effects=[], keepalive=[], host_callbacks=[],
        kept_var_idx=set(head["kept"]), mut=None, xla_in_layouts=[None] * len(inputs),
        dispatch_in_layouts=[None] * len(inputs), xla_out_layouts=[None] * len(outputs),
        all_args_info=None, pgle_profiler=None).load()
    leaves, structure = jax.tree.flatten((arguments, {}))
    told = [stages.ArgInfo(_aval(np.shape(leaf), leaf.dtype.name, False), donated)
            for leaf, donated in zip(leaves, head["donated"], strict=True)]
    results = jax.tree.structure(_results(head["results"]))
    compiled = jax.stages.Compiled(loaded, [], jax.tree.unflatten(structure, told), results, no_kwargs=True)
    return compiled, head["note"], head["small"]


def _find_lapack() -> None:
    """LAPACK's functions, which the code calls: JAX looks them up as it lowers what needs them, and a program that calls
    one before that reads address zero."""
    from jaxlib import lapack

    lapack._lapack.initialize()  # type: ignore[attr-defined]


def _told(aval: Any) -> tuple:
    return list(aval.shape), aval.dtype.name, bool(aval.weak_type)


def _aval(shape: Any, dtype: str, weak: bool) -> Any:
    from jax._src.core import ShapedArray

    return ShapedArray(tuple(shape), jax.numpy.dtype(dtype), weak_type=weak)


def _nested(result: Any) -> Any:
    """A structure of tuples, lists and None, as JSON has it. Raises TypeError for any other."""
    if result is None or type(result) is int:
        return result
    if type(result) is tuple:
        return [_nested(part) for part in result]
    if type(result) is list:
        return {"list": [_nested(part) for part in result]}
    raise TypeError(f"results in a {type(result).__name__}")


def _results(told: Any) -> Any:
    if isinstance(told, dict):
        return [_results(part) for part in told["list"]]
    return tuple(_results(part) for part in told) if isinstance(told, list) else told
