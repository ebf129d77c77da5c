"""`scipy.misc` as it was in 2016: pictures read, written and resized through Pillow, and the few other names in use."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "ascent", "bytescale", "comb", "face", "factorial", "fromimage", "imfilter", "imread", "imresize", "imrotate",
    "imsave", "imshow", "info", "logsumexp", "toimage",
]  # fmt: skip
_RESAMPLING = {
    "bicubic": "BICUBIC",
    "bilinear": "BILINEAR",
    "cubic": "BICUBIC",
    "lanczos": "LANCZOS",
    "nearest": "NEAREST",
}


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    """A picture file as an array: height x width, or height x width x channels, uint8."""
    from PIL import Image

    with Image.open(name) as image:
        return fromimage(image, flatten, mode)


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    """The array of a Pillow image; a palette becomes colours, `flatten` gives float32 grey values."""
    if mode is not None:
        im = im if im.mode == mode else im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    if flatten:
        im = im.convert("F")
    elif im.mode == "1":
        im = im.convert("L")
    return np.array(im)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Writes an array as a picture file; values are scaled to 0 ... 255 by their own range, as `toimage` does."""
    image = toimage(arr, channel_axis=2)
    image.save(name) if format is None else image.save(name, format)


def bytescale(data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0) -> np.ndarray:
    """The values as uint8: `cmin` ... `cmax` (default: their range) becomes `low` ... `high`. uint8 stays as it is."""
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    if not 0 <= low <= high <= 255:
        raise ValueError(f"`low` and `high` must be in order and within 0 ... 255, not {low} and {high}")
    cmin = data.min() if cmin is None else cmin
    cmax = data.max() if cmax is None else cmax
    if cmax < cmin:
        raise ValueError("`cmax` should be larger than `cmin`.")
    scale = float(high - low) / ((float(cmax) - float(cmin)) or 1.0)
    scaled = (data * 1.0 - cmin) * scale + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def toimage(
    arr: Any,
    high: int = 255,
    low: int = 0,
    cmin: Any = None,
    cmax: Any = None,
    pal: Any = None,
    mode: str | None = None,
    channel_axis: int | None = None,
) -> Any:
    """A Pillow image of an array: two dimensions give grey values, three with 3 or 4 channels give colours."""
    from PIL import Image

    data = np.asarray(arr)
    if np.iscomplexobj(data):
        raise ValueError("Cannot convert a complex-valued array.")
    if data.ndim == 2:
        return _grey_image(data, high, low, cmin, cmax, pal, mode)
    if data.ndim != 3 or not {3, 4} & set(data.shape):
        raise ValueError("'arr' does not have a suitable array shape for any mode.")
    if channel_axis is None:
        channel_axis = next(axis for size in (3, 4) for axis in (0, 1, 2) if data.shape[axis] == size)
    pixels = np.moveaxis(bytescale(data, cmin, cmax, high, low), channel_axis, 2)
    if pixels.shape[2] not in (3, 4):
        raise ValueError("Channel dimension is not 3 or 4.")
    mode = mode or ("RGB" if pixels.shape[2] == 3 else "RGBA")
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), np.ascontiguousarray(pixels).tobytes())


def _grey_image(data: np.ndarray, high: int, low: int, cmin: Any, cmax: Any, pal: Any, mode: str | None) -> Any:
    from PIL import Image

    size = (data.shape[1], data.shape[0])
    if mode == "F":
        return Image.frombytes("F", size, data.astype(np.float32).tobytes())
    if mode == "I":
        return Image.frombytes("I", size, data.astype(np.uint32).tobytes())
    if mode == "1":
        return Image.fromarray(
            np.where(bytescale(data, high=high, low=low) > high / 2, 255, 0).astype(np.uint8)
        ).convert("1")
    image = Image.frombytes("L", size, bytescale(data, cmin, cmax, high, low).tobytes())
    if pal is not None:
        image.putpalette(np.asarray(pal, np.uint8).tobytes())
    return image


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> np.ndarray:
    """The picture in another size: a percentage (int), a fraction (float) or (height, width). The result is uint8."""
    from PIL import Image

    if interp not in _RESAMPLING:
        raise ValueError(f"interp={interp!r}: choose one of {', '.join(_RESAMPLING)}")
    image = toimage(arr, mode=mode)
    if isinstance(size, int | np.integer):
        width, height = (int(side * (size / 100.0)) for side in image.size)
    elif isinstance(size, float | np.floating):
        width, height = (int(side * size) for side in image.size)
    else:
        height, width = (int(side) for side in size[:2])
    return fromimage(image.resize((width, height), Image.Resampling[_RESAMPLING[interp]]))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> np.ndarray:
    """The picture turned counter-clockwise by `angle` degrees, in its own size."""
    from PIL import Image

    resampling = "NEAREST" if interp == "nearest" else "BILINEAR" if interp == "bilinear" else "BICUBIC"
    return fromimage(toimage(arr).rotate(angle, resample=Image.Resampling[resampling]))


def imfilter(arr: Any, ftype: str) -> np.ndarray:
    """The picture through one of Pillow's filters: blur, contour, detail, edge_enhance, emboss, sharpen, smooth ..."""
    from PIL import ImageFilter

    name = ftype.upper()
    if not hasattr(ImageFilter, name):
        raise ValueError("Unknown filter type.")
    return fromimage(toimage(arr).filter(getattr(ImageFilter, name)))


def imshow(arr: Any) -> None:
    """Shows the picture in the desktop's viewer."""
    toimage(arr).show()


def info(object: Any = None) -> None:
    """Prints what there is to know about an object."""
    np.info(object)


def _of_scipy(module: str, name: str) -> Any:
    import importlib

    try:
        return getattr(importlib.import_module(f"scipy.{module}"), name)
    except ImportError as problem:
        problem.add_note(f"scipy.misc.{name} was scipy.{module}.{name}; install scipy to use it")
        raise


def comb(*arguments: Any, **keywords: Any) -> Any:
    """The number of combinations; `scipy.special.comb`."""
    return _of_scipy("special", "comb")(*arguments, **keywords)


def factorial(*arguments: Any, **keywords: Any) -> Any:
    """`scipy.special.factorial`."""
    return _of_scipy("special", "factorial")(*arguments, **keywords)


def logsumexp(*arguments: Any, **keywords: Any) -> Any:
    """`scipy.special.logsumexp`."""
    return _of_scipy("special", "logsumexp")(*arguments, **keywords)


def face(gray: bool = False) -> Any:
    """The picture of a raccoon; `scipy.datasets.face`."""
    return _of_scipy("datasets", "face")(gray=gray)


def ascent() -> Any:
    """The picture of a staircase; `scipy.datasets.ascent`."""
    return _of_scipy("datasets", "ascent")()
