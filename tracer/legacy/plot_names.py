"""What matplotlib and seaborn took and had in 2016, and do no longer."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

_COLORS = {"spectral": "nipy_spectral", "spectral_r": "nipy_spectral_r", "Vega10": "tab10", "Vega20": "tab20"}


def _color_maps(module: ModuleType) -> dict[str, Any]:
    from matplotlib import pyplot

    def get_cmap(name: Any = None, lut: Any = None) -> Any:
        return pyplot.get_cmap(_COLORS.get(name, name), lut)

    return {"get_cmap": get_cmap, **{old: pyplot.get_cmap(new) for old, new in _COLORS.items()}}


_WITHOUT_WINDOWS = frozenset("agg cairo nbagg notebook pdf pgf ps svg template webagg".split())
_TOOLKITS = {"gdk": "agg", "gtk": "gtk3agg", "gtkagg": "gtk3agg", "gtkcairo": "gtk3cairo", "cocoaagg": "macosx",
             "fltkagg": "tkagg", "qt4agg": "qtagg", "qt4cairo": "qtcairo"}


def _backend(name: str) -> str:
    """Today's backend for one of 2016; the one that only writes files where no window can be opened."""
    if name.startswith("module://"):
        return name
    found = _TOOLKITS.get(name.lower(), name)
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return found if found.lower() in _WITHOUT_WINDOWS else "agg"
    return found


def _matplotlib(module: ModuleType) -> dict[str, Any]:
    def use(backend: str, warn: bool = True, force: bool = True) -> None:
        module.use(_backend(backend), force=force)

    return {"use": use}


def with_renamed(function: Callable, **renamed: str) -> Callable:
    """The function, which takes arguments by their old names as well."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        for old, new in renamed.items():
            if old in keywords:
                keywords[new] = keywords.pop(old)
        return function(*arguments, **keywords)

    return call


def by_text_of_place(subplot: Callable) -> Callable:
    """`subplot` or `add_subplot`, which took a place as text too: "211"."""

    def call(*place: Any, **keywords: Any) -> Any:
        return subplot(*(int(part) if isinstance(part, str) else part for part in place), **keywords)

    return call


def axes_of(figure: Any, **keywords: Any) -> Any:
    """`gca`, which took what new axes are to be: `projection="3d"`."""
    return figure.add_subplot(**keywords) if keywords else figure.gca()


def held(b: Any = None) -> None:
    """`hold`: drawing has added to what is there ever since."""


def dragged(legend: Any, state: bool | None = None, use_blit: bool = False, update: str = "loc") -> Any:
    """`legend.draggable(state)`; without a state it is the other one from then on."""
    return legend.set_draggable(not legend.get_draggable() if state is None else state, use_blit, update)


def rgb_bytes(canvas: Any) -> bytes:
    """`canvas.tostring_rgb()`: three bytes for each point of the picture, row by row."""
    return np.asarray(canvas.buffer_rgba())[..., :3].tobytes()


def cycle_colors(axes: Any, clist: Any) -> None:
    """`axes.set_color_cycle`: the colors of the lines that are drawn from then on; None for the usual ones."""
    axes.set_prop_cycle(None) if clist is None else axes.set_prop_cycle(color=clist)


def _mlab(module: ModuleType) -> dict[str, Any]:
    return {"bivariate_normal": bivariate_normal, "normpdf": normpdf}


def normpdf(x: Any, mu: Any, sigma: Any) -> Any:
    """The density of the normal distribution with that mean and deviation."""
    return np.exp(-0.5 * ((x - mu) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)


def bivariate_normal(X: Any, Y: Any, sigmax: float = 1.0, sigmay: float = 1.0, mux: float = 0.0, muy: float = 0.0,
                     sigmaxy: float = 0.0) -> Any:
    """The density of two normal numbers of the covariance `sigmaxy`, at the points of two arrays of one shape."""
    x, y, rho = (X - mux) / sigmax, (Y - muy) / sigmay, sigmaxy / (sigmax * sigmay)
    square = x * x + y * y - 2 * rho * x * y
    return np.exp(-square / (2 * (1 - rho**2))) / (2 * np.pi * sigmax * sigmay * np.sqrt(1 - rho**2))


def _pyplot(module: ModuleType) -> dict[str, Any]:
    from matplotlib.legend import Legend

    found: dict[str, Any] = {
        "axes": with_renamed(module.axes, axisbg="facecolor"),
        "hist": with_renamed(module.hist, normed="density"),
        "grid": with_renamed(module.grid, b="visible"),
        "gca": lambda **keywords: axes_of(module.gcf(), **keywords),
        "hold": held,
        "ishold": lambda: True,
        "subplot": with_renamed(by_text_of_place(module.subplot), axisbg="facecolor"),
        "switch_backend": lambda newbackend: module.switch_backend(_backend(newbackend)),
    }

    @functools.wraps(module.legend)
    def legend(*arguments: Any, **keywords: Any) -> Any:
        if isinstance(keywords.get("loc"), str) and keywords["loc"] not in Legend.codes:
            keywords["loc"] = "best"  # with a warning, that was done
        return module.legend(*arguments, **keywords)

    found["legend"] = legend
    if not hasattr(module, "spectral"):
        found["spectral"] = lambda: module.set_cmap("nipy_spectral")
    return found


_BY_PLACE = {
    "x y data": "jointplot lmplot regplot residplot",
    "x y hue data": "barplot boxplot countplot pointplot stripplot swarmplot violinplot",
}
_OF_A_SIZE = "FacetGrid JointGrid PairGrid jointplot lmplot pairplot"


def _seaborn(module: ModuleType) -> dict[str, Any]:
    """Tables came after what to show of them; a size was that of each plot, its height since."""
    from matplotlib import pyplot

    found: dict[str, Any] = {name: getattr(module, name) for name in _OF_A_SIZE.split()}
    for order, functions in _BY_PLACE.items():
        for name in functions.split():
            found[name] = _placed(getattr(module, name), order.split())
    found["factorplot"] = _placed(functools.partial(module.catplot, kind="point"), ["x", "y", "hue", "data"])
    for name in (*_OF_A_SIZE.split(), "factorplot"):
        found[name] = with_renamed(found[name], size="height")
    return {**found, "plt": pyplot}


def _placed(function: Callable, order: list[str]) -> Callable:
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(**dict(zip(order, arguments, strict=False)), **keywords)

    return call


LOST: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    "matplotlib": _matplotlib,
    "matplotlib.mlab": _mlab,
    "matplotlib.pylab": lambda module: {},
    **dict.fromkeys(("matplotlib.cm", "matplotlib.pyplot.cm", "pylab.cm"), _color_maps),
    **dict.fromkeys(("matplotlib.pyplot", "pylab"), _pyplot),
    "seaborn": _seaborn,
}
