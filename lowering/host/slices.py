"""Which part of a larger tensor a checkpoint's entry holds: specifications, keys and arithmetic of slices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from lowering.host import messages
from tracer import errors

Slice = tuple[tuple[int, int], ...]
"""For each dimension where the slice begins and how long it is; (0, -1) is the whole dimension."""
WHOLE = (0, -1)


def parse_spec(spec: str) -> tuple[tuple[int, ...], Slice]:
    """The full shape and the slice that a specification such as `4 10 0,2:-` gives.

    Raises InvalidArgumentError in TensorFlow's words when it is none, or does not fit the shape.
    """
    *sizes, text = spec.split(" ")
    if not sizes:
        raise _invalid(f"Need least two elements in shape_and_slice specification: {spec}")
    part = tuple(_extent(item, text) for item in text.split(":") if item)
    if not all(size.isdigit() for size in sizes):
        raise _invalid(f"Non numerical dimension in shape_and_slice: {spec}")
    shape = tuple(int(size) for size in sizes)
    sliced_shape(shape, part)
    return shape, part


def _extent(item: str, text: str) -> tuple[int, int]:
    if item == "-":
        return WHOLE
    start, comma, length = item.partition(",")
    if not comma or not start.lstrip("-").isdigit() or not length.lstrip("-").isdigit():
        raise _invalid(f"Expected a pair of numbers or '-' but got '{item}': string = {text}")
    if int(start) < 0 or int(length) <= 0:
        raise _invalid(f"Expected non-negative start and positive length but got start = {start}, length = {length}: "
                       f"string = {text}")
    return int(start), int(length)


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def sliced_shape(shape: tuple[int, ...], part: Slice) -> tuple[int, ...]:
    """The shape of a slice of a tensor of that shape. Raises InvalidArgumentError when it does not fit."""
    if len(shape) != len(part):
        raise _invalid(f"Mismatching ranks: shape = {described(shape)}, slice = {text_of(part)}")
    for size, (start, length) in zip(shape, part, strict=True):
        if length >= 0 and start + length > size:
            raise _invalid(f"Extent in dimension of size {size} out of bounds: shape = {described(shape)}, slice = "
                           f"{text_of(part)}")
    return tuple(size if length < 0 else length for size, (_, length) in zip(shape, part, strict=True))


def described(shape: tuple[int, ...]) -> str:
    """A shape as TensorFlow's messages write it."""
    return f"[{','.join(map(str, shape))}]"


def text_of(part: Slice) -> str:
    """A slice as specifications write it."""
    return ":".join("-" if length < 0 else f"{start},{length}" for start, length in part)


def to_proto(part: Slice) -> Any:
    """The message of a slice."""
    message = messages.find("TensorSliceProto")()
    for start, length in part:
        extent = message.extent.add()
        if length >= 0:
            extent.start, extent.length = start, length
    return message


def from_proto(message: Any) -> Slice:
    """The slice that a message describes."""
    return tuple((e.start, e.length if e.HasField("length") else -1) for e in message.extent)


def key_of(name: bytes, part: Slice) -> bytes:
    """The key of a slice: an encoding that sorts by name, rank and place."""
    escaped = re.sub(rb"[\x00\xff]", lambda match: b"\x00\xff" if match[0] == b"\x00" else b"\xff\x00", name)
    key = b"\x00" + escaped + b"\x00\x01" + _ordered_unsigned(len(part))
    return key + b"".join(_ordered(start) + _ordered(length) for start, length in part)


def _ordered_unsigned(value: int) -> bytes:
    width = (value.bit_length() + 7) // 8
    return bytes([width]) + value.to_bytes(width, "big")


def _ordered(value: int) -> bytes:
    """A signed number so that the bytes sort as the numbers do: leading bits tell the length, as in UTF-8."""
    magnitude = ~value if value < 0 else value
    width = magnitude.bit_length() // 7 + 1
    bits = (1 << 8 * width) - 1
    header = (1 << width) - 1 << 7 * width
    return ((value & bits) ^ (header & bits)).to_bytes(width, "big")


def assemble(shape: tuple[int, ...], dtype: np.dtype, wanted: Slice,
             parts: Iterable[tuple[Slice, Callable[[], np.ndarray]]]) -> np.ndarray | None:
    """The slice `wanted`, put together from `parts` of the tensor; None when they do not cover it."""
    parts = list(parts)
    bounds = _bounds(shape, wanted)
    for part, load in parts:
        if _bounds(shape, part) == bounds:
            return load()
    result = np.empty([stop - start for start, stop in bounds], dtype)
    covered = 0
    for part, load in parts:
        here = _bounds(shape, part)
        common = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(bounds, here, strict=True)]
        if any(start >= stop for start, stop in common):
            continue
        target = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(common, bounds, strict=True))
        source = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(common, here, strict=True))
        result[target] = load()[source]
        covered += int(np.prod([stop - start for start, stop in common]))
    return result if covered == result.size else None


def _bounds(shape: tuple[int, ...], part: Slice) -> list[tuple[int, int]]:
    return [(0, size) if length < 0 else (start, start + length)
            for size, (start, length) in zip(shape, part, strict=True)]
