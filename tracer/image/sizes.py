"""The sizes of images: numbers where they are known, tensors where only a run knows them."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.convert import convert_to_tensor, is_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, control_flow


def image_of(value: Any) -> Tensor:
    """`value` as a tensor that may be one image of shape [height, width, channels].

    Raises ValueError when it has another rank, or no pixel.
    """
    image = convert_to_tensor(value, name="image")
    sizes = image.sizes
    if sizes is not None and len(sizes) != 3:
        raise ValueError("'image' must be three-dimensional.")
    if sizes is not None and 0 in sizes:
        raise ValueError(f"all dims of 'image.shape' must be > 0: {image.get_shape()}")
    return image


def number(value: Any) -> Any:
    """A size that was given: an int, or a tensor."""
    if is_tensor(value):
        return convert_to_tensor(value)
    if isinstance(value, shapes.Dimension):
        return int(value)
    if int(value) != value:
        raise ValueError(f"a size is a whole number, not {value!r}")
    return int(value)


def height_and_width(image: Tensor) -> tuple[Any, Any]:
    """The first two sizes of an image."""
    height, width, _ = shapes.rank(image.sizes, 3)
    if height is not None and width is not None:
        return height, width
    found = array.unpack(array.shape(image), 3)
    return found[0] if height is None else height, found[1] if width is None else width


def demand(holds: Any, message: str) -> list[Operation]:
    """What a run has to wait for until `holds` is known to be true. ValueError when it is known to be false."""
    if isinstance(holds, Tensor):
        return [control_flow.Assert(holds, [message])]
    if not holds:
        raise ValueError(message)
    return []


def after(checks: list[Operation], image: Tensor) -> Tensor:
    """`image`, computed when all the checks have passed."""
    return control_flow.with_dependencies(checks, image) if checks else image


def known(value: Any) -> int | None:
    """A size for a static shape."""
    return None if isinstance(value, Tensor) else value
