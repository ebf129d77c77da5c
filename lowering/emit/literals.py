"""Constants as Python source."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lowering.emit.quote import Quotes

OPEN, CLOSE = "\u00ab", "\u00bb"
"""Stand around the sizes of a shape until the module is whole: one size among them may become -1 then."""
ATOM = 20
"""How tightly a name binds."""
ROUNDED = 3e-7
"""So far from a short number may be what float32 made of it."""


class Constants(dict[str, np.ndarray]):
    """Large constants by name; `said` is what the script calls some of them."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[Any, str] = {}

    def name(self, value: np.ndarray, wanted: str) -> str:
        """The name of a constant, which is among them from now on."""
        key = key_of(value)
        for name, known in self.items():
            if key_of(known) == key:
                return name
        wanted = self.said.get(key, f"{wanted}_{sum(name.startswith(wanted + '_') for name in self)}")
        while wanted in self:
            wanted += "_"
        self[wanted] = value
        return wanted


def key_of(value: np.ndarray) -> Any:
    """Equal for equal arrays."""
    return value.shape, str(value.dtype), value.tobytes()


class Literals:
    """Writes constants; what is too large goes into the file beside the module."""

    quotes: Quotes
    arrays: Constants
    role = "constant"  # what the function that is written calls the argument that is written
    lists: dict[str, int]  # lists that have names, and their lengths

    def text(self, value: Any, level: int = 0) -> str:
        """A value as source, of at least this precedence."""
        raise NotImplementedError

    def literal(self, value: Any) -> tuple[str, int]:
        """A constant as source, and how tightly it binds."""
        if isinstance(value, (bool, np.bool_, int, str, type(None), type(Ellipsis))):
            return ("..." if value is Ellipsis else repr(value.item() if isinstance(value, np.generic) else value),
                    8 if isinstance(value, int) and value < 0 else ATOM)
        if isinstance(value, float):
            return _number(value, self.quotes.double), 8 if value < 0 else ATOM
        if hasattr(value, "_fields") or not isinstance(value, (list, tuple, slice, dict)):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            texts = [self.text(item) for item in value]
            if isinstance(value, list) and (known := self._list(texts)):
                return known, ATOM
            inner = ", ".join(texts)
            return (f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"), ATOM
        if isinstance(value, slice):
            return f"slice({', '.join(self.text(part) for part in (value.start, value.stop, value.step))})", ATOM
        return "{" + ", ".join(f"{key!r}: {self.text(item)}" for key, item in value.items()) + "}", ATOM

    def _list(self, texts: list[str]) -> str:
        """The elements of a list that has a name as that, or as a piece of it; "" where they are something else."""
        found = [re.fullmatch(r"(\w+)\[(\d+)\]", text) for text in texts]
        names = {match[1] for match in found if match}
        if len(texts) < 2 or not all(found) or len(names) != 1 or (name := names.pop()) not in self.lists:
            return ""
        places = [int(match[2]) for match in found if match]
        if places != list(range(places[0], places[-1] + 1)):
            return ""
        last = "" if places[-1] + 1 == self.lists[name] else str(places[-1] + 1)
        return f"{name}[{places[0] or ''}:{last}]" if places[0] or last else name

    def _object(self, value: Any) -> tuple[str, int]:
        if hasattr(value, "_fields"):
            head = self.quotes.need(type(value).__module__, type(value).__name__)
            fields = ", ".join(f"{key}={self.text(item)}" for key, item in zip(value._fields, value, strict=True))
            return f"{head}({fields})", ATOM
        if isinstance(value, type) or isinstance(value, np.dtype):
            return type_text(np.dtype(value)), ATOM
        if hasattr(value, "array_dtype"):
            return type_text(np.dtype(value.array_dtype)), ATOM
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._array(np.asarray(value))
        if hasattr(value, "text") and hasattr(value, "function"):
            return value.text, ATOM
        if hasattr(value, "name") and type(value).__module__.startswith("jax"):  # an enumeration of JAX
            return repr(value.name.lower()), ATOM
        raise TypeError(f"a {type(value).__name__} cannot be written as source")

    def _array(self, value: np.ndarray) -> tuple[str, int]:
        if value.dtype == object:
            raise TypeError("strings have no place in a JAX function")
        if value.ndim == 0:
            if value.dtype == np.float64 and np.isfinite(value):  # all its digits, though fewer make a float32 of it
                return f"jnp.float64({value.item()!r})", ATOM
            if value.dtype == np.float32:
                return _number(value.item()), 8 if value < 0 else ATOM
            text, precedence = self.literal(value.item())
            return (text, precedence) if value.dtype in (np.int32, bool) else (
                f"{scalar_type(value.dtype)}({text})", ATOM)
        same = bool((value == value.flat[0]).all()) if value.size else False
        if value.size <= 8 and value.dtype.kind in "fiub" and not (
                same and (value.size > 2 or value.dtype.kind == "f")):
            return f"np.array({self.text(value.tolist())}, np.{value.dtype.name})", ATOM
        if same:
            shape = shape_text(list(map(str, value.shape)))
            kind = "" if value.dtype == np.float32 and not self.quotes.wide else f", {type_text(value.dtype)}"
            number = value.flat[0].item()
            if number in (0, 1):
                return f"jnp.{'ones' if number else 'zeros'}({shape}{kind})", ATOM
            return f"jnp.full({shape}, {self.text(number)}{kind})", ATOM
        steps = set(np.diff(value).tolist()) if value.ndim == 1 and value.dtype.kind == "i" else ()
        if len(steps) == 1 and 0 not in steps:
            (step,), first = steps, value[0].item()
            ends = [*([str(first)] if first or step != 1 else []), str(first + step * value.size),
                    *([str(step)] if step != 1 else [])]
            return f"np.arange({', '.join(ends)}, dtype=np.{value.dtype.name})", ATOM
        name = self.arrays.name(value, self.role)
        return f'constants["{name}"]', ATOM


def shape_text(sizes: list[str]) -> str:
    """A shape, to make an array of it: one size stands for itself."""
    return sizes[0] if len(sizes) == 1 else f"({OPEN}{', '.join(sizes)}{CLOSE})"


def type_text(dtype: np.dtype) -> str:
    """A type as an argument. `int` has 64 bits where JAX has them, and 32 elsewhere, without a warning."""
    return "int" if dtype == np.int64 else f"jnp.{dtype.name}"


def scalar_type(dtype: np.dtype) -> str:
    return "jnp.int_" if dtype == np.int64 else f"jnp.{dtype.name}"


def _number(value: float, double: bool = False) -> str:
    """A number as short as float32 tells it from others; one that may be `double`, in full."""
    if value == int(value) if abs(value) < 1e6 else False:
        return f"{value:.1f}"
    single = np.float32(value)
    if double and np.isfinite(value):
        return repr(value)
    text = next((t for t in (f"{value:.{n}g}" for n in range(1, 10)) if np.float32(t) == single), repr(value)) \
        if float(single) == value else repr(value)
    short = f"{value:.2g}"
    if len(text) > len("0.1000000") and abs(float(short) - value) < ROUNDED * abs(value):
        text = short  # 1 - 0.9, say
    if text in ("inf", "-inf", "nan"):
        return {"inf": "jnp.inf", "-inf": "-jnp.inf", "nan": "jnp.nan"}[text]
    return text if any(letter in text for letter in ".en") else text + ".0"
