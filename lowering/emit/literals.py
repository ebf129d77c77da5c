"""Constants as Python source."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.emit.quote import Quotes

OPEN, CLOSE = "\u00ab", "\u00bb"
"""Stand around the sizes of a shape until the module is whole: one size among them may become -1 then."""
ATOM = 20
"""How tightly a name binds."""


class Literals:
    """Writes constants; what is too large goes into the file beside the module."""

    quotes: Quotes
    arrays: dict[str, np.ndarray]
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
            return _number(value), 8 if value < 0 else ATOM
        if hasattr(value, "_fields") or not isinstance(value, (list, tuple, slice, dict)):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            inner = ", ".join(self.text(item) for item in value)
            for name, count in self.lists.items():
                if isinstance(value, list) and inner == ", ".join(f"{name}[{k}]" for k in range(count)):
                    return name, ATOM
            return (f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"), ATOM
        if isinstance(value, slice):
            return f"slice({', '.join(self.text(part) for part in (value.start, value.stop, value.step))})", ATOM
        return "{" + ", ".join(f"{key!r}: {self.text(item)}" for key, item in value.items()) + "}", ATOM

    def _object(self, value: Any) -> tuple[str, int]:
        if hasattr(value, "_fields"):
            head = self.quotes.need(type(value).__module__, type(value).__name__)
            fields = ", ".join(f"{key}={self.text(item)}" for key, item in zip(value._fields, value, strict=True))
            return f"{head}({fields})", ATOM
        if isinstance(value, type) or isinstance(value, np.dtype):
            return _type(np.dtype(value)), ATOM
        if hasattr(value, "as_numpy_dtype"):
            return _type(np.dtype(value.as_numpy_dtype)), ATOM
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
            text, precedence = self.literal(value.item())
            return (text, precedence) if value.dtype in (np.float32, np.int32, bool) else (
                f"{scalar_type(value.dtype)}({text})", ATOM)
        same = bool((value == value.flat[0]).all()) if value.size else False
        if value.size <= 8 and value.dtype.kind in "fiub" and not (
                same and (value.size > 2 or value.dtype.kind == "f")):
            return f"np.array({self.text(value.tolist())}, np.{value.dtype.name})", ATOM
        if same:
            shape = shape_text(list(map(str, value.shape)))
            kind = "" if value.dtype == np.float32 and not self.quotes.wide else f", {_type(value.dtype)}"
            number = value.flat[0].item()
            if number in (0, 1):
                return f"jnp.{'ones' if number else 'zeros'}({shape}{kind})", ATOM
            return f"jnp.full({shape}, {self.text(number)}{kind})", ATOM
        name = f"constant_{len(self.arrays)}"
        for key, known in self.arrays.items():
            if known is value or (known.shape == value.shape and known.dtype == value.dtype and (known == value).all()):
                name = key
        self.arrays[name] = value
        return f'constants["{name}"]', ATOM


def shape_text(sizes: list[str]) -> str:
    """A shape, to make an array of it: one size stands for itself."""
    return sizes[0] if len(sizes) == 1 else f"({OPEN}{', '.join(sizes)}{CLOSE})"


def _type(dtype: np.dtype) -> str:
    """A type as an argument. `int` has 64 bits where JAX has them, and 32 elsewhere, without a warning."""
    return "int" if dtype == np.int64 else f"jnp.{dtype.name}"


def scalar_type(dtype: np.dtype) -> str:
    return "jnp.int_" if dtype == np.int64 else f"jnp.{dtype.name}"


def _number(value: float) -> str:
    if value == int(value) if abs(value) < 1e6 else False:
        return f"{value:.1f}"
    single = np.float32(value)
    text = next((t for t in (f"{value:.{n}g}" for n in range(1, 10)) if np.float32(t) == single), repr(value)) \
        if float(single) == value else repr(value)
    if text in ("inf", "-inf", "nan"):
        return {"inf": "jnp.inf", "-inf": "-jnp.inf", "nan": "jnp.nan"}[text]
    return text if any(letter in text for letter in ".en") else text + ".0"
