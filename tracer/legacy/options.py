"""What the legacy environment does, and the switches that turn each part of it off."""

from __future__ import annotations

from dataclasses import dataclass, fields

PYTHONS = ("auto", "2", "3")


@dataclass(frozen=True)
class Options:
    """The switches of `python -m tracer` and of `tracer.legacy.install`."""

    python: str = "auto"
    """Which Python the sources are: "2", "3", or found out file by file."""
    numpy_names: bool = True
    """np.float, np.int, np.asscalar, arguments NumPy has dropped."""
    library_names: bool = True
    """time.clock, collections.Iterable, assertItemsEqual, Image.ANTIALIAS ..."""
    scipy_misc: bool = True
    """scipy.misc.imread, imsave, imresize ... through Pillow."""
    six: bool = True
    """A small `six` where none is installed."""
    float_format: bool = True
    """Numbers print as NumPy 1.11 printed them: 0.80000001."""
    allow_pickle: bool = False
    """np.load unpickles object arrays, as it did before NumPy 1.16.3."""

    def __post_init__(self) -> None:
        if self.python not in PYTHONS:
            raise ValueError(f"python={self.python!r}: choose one of {', '.join(map(repr, PYTHONS))}")

    @classmethod
    def of(cls, **given: object) -> Options:
        """Options from keywords, with an error that lists the ones there are."""
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise TypeError(f"install() has no option {name!r}; there are {', '.join(known)}")
        return cls(**given)  # type: ignore[arg-type]
