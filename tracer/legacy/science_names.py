"""What SciPy, scikit-learn, pandas, IPython, h5py and PyYAML had in 2016 and have no longer."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from tracer.legacy import plot_names
from tracer.legacy.numpy_ragged import numbers_of
from tracer.legacy.old_numbers import scalar
from tracer.legacy.plot_names import (
    axes_of,
    by_text_of_place,
    cycle_colors,
    dragged,
    held,
    rgb_bytes,
    with_renamed,
)


def _scipy(module: ModuleType) -> dict[str, Any]:
    """SciPy showed NumPy's names as its own, with the functions that go on to complex numbers where there are such."""
    complex_ones = np.lib.scimath
    found = {name: getattr(np, name) for name in np.__all__ if not hasattr(module, name)}
    found.update((name, getattr(complex_ones, name)) for name in complex_ones.__all__)
    return {**found, "ifft": np.fft.ifft, "rand": np.random.rand, "randn": np.random.randn}


def _signal(module: ModuleType) -> dict[str, Any]:
    from scipy.signal import windows

    @functools.wraps(module.lfilter)
    def lfilter(b: Any, a: Any, x: Any, *arguments: Any, **keywords: Any) -> Any:
        return module.lfilter(b, a, numbers_of(x), *arguments, **keywords)  # took arrays of objects too

    return {name: getattr(windows, name) for name in windows.__all__ if not hasattr(module, name)} | {"lfilter": lfilter}


def _ndimage(module: ModuleType) -> dict[str, Any]:
    from scipy import ndimage

    @functools.wraps(ndimage.rotate)
    def rotate(input: Any, angle: Any, *arguments: Any, **keywords: Any) -> Any:
        return ndimage.rotate(input, scalar(angle), *arguments, **keywords)

    return {"rotate": rotate}


def _numpy_lib(module: ModuleType) -> dict[str, Any]:
    functions = ((name, getattr(np, name)) for name in np.__all__)
    return {name: value for name, value in functions if callable(value) and not hasattr(module, name)}


# scikit-learn


def _manifold(module: ModuleType) -> dict[str, Any]:
    order = ("n_components", "perplexity", "early_exaggeration", "learning_rate", "max_iter", "n_iter_without_progress",
             "min_grad_norm", "metric", "init", "verbose", "random_state", "method", "angle")  # fmt: skip

    def TSNE(*arguments: Any, **keywords: Any) -> Any:
        return module.TSNE(**dict(zip(order, arguments, strict=False)), **keywords)

    return {"TSNE": with_renamed(TSNE, n_iter="max_iter")}


_REORDERED = frozenset({"average_precision_score", "log_loss"})  # what is by name now is not what came next in 2016


def _by_position(module: ModuleType) -> dict[str, Any]:
    """The functions of a module that take by name alone what they took by position too, in the same order."""
    found = {}
    for name in getattr(module, "__all__", ()):
        function = getattr(module, name)
        if isinstance(function, FunctionType) and name not in _REORDERED:
            parameters = inspect.signature(function).parameters.values()
            kinds = {parameter.kind for parameter in parameters}
            if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
                found[name] = _in_order(function, [parameter.name for parameter in parameters])
    return found


def _in_order(function: Callable, order: list[str]) -> Callable:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > len(order):
            return function(*arguments, **keywords)
        return function(**dict(zip(order, arguments, strict=False)), **keywords)

    return call


_DISTRICTS = "CRIM ZN INDUS CHAS NOX RM AGE DIS RAD TAX PTRATIO B LSTAT"


def _datasets(module: ModuleType) -> dict[str, Any]:
    def load_boston(return_X_y: bool = False) -> Any:
        from tracer.contrib.learn.datasets import base

        houses = base.load_boston()
        if return_X_y:
            return houses.data, houses.target
        return module.load_iris().__class__(data=houses.data, target=houses.target, DESCR=base.load_boston.__doc__,
                                            feature_names=np.array(_DISTRICTS.split()))

    return {**_by_position(module), "load_boston": load_boston}


# Files


def _h5py(module: ModuleType) -> dict[str, Any]:
    class File(module.File):
        def __init__(self, name: Any, mode: Any = None, *arguments: Any, **keywords: Any) -> None:
            super().__init__(name, mode or _how_to_open(name), *arguments, **keywords)

    return {"File": File}


def _how_to_open(name: Any) -> str:
    """A file was opened to be changed, to be read where it is protected, and made where there was none."""
    if not os.path.exists(name):
        return "w-"
    return "r+" if os.access(name, os.W_OK) else "r"


def _yaml(module: ModuleType) -> dict[str, Any]:
    """`Loader` could be left out. What is read then stays data: no document makes objects by running code."""

    def load(stream: Any, Loader: Any = None) -> Any:
        return module.load(stream, Loader or module.FullLoader)

    def load_all(stream: Any, Loader: Any = None) -> Any:
        return module.load_all(stream, Loader or module.FullLoader)

    return {"load": load, "load_all": load_all}


def _pandas(module: ModuleType) -> dict[str, Any]:
    import datetime

    found = {name: _reading(getattr(module, name)) for name in ("read_csv", "read_table")}
    for name in ("max", "mean", "median", "min", "std", "sum"):
        found[f"rolling_{name}"] = _rolling(name)
    return {**found, "datetime": datetime.datetime, "scatter_matrix": module.plotting.scatter_matrix}


def _reading(function: Callable) -> Callable:
    """A reader of tables, with the options that it had."""

    @functools.wraps(function)
    def read(*arguments: Any, delim_whitespace: bool = False, error_bad_lines: bool = True, warn_bad_lines: bool = True,
             squeeze: bool = False, **keywords: Any) -> Any:
        if delim_whitespace:
            keywords["sep"] = r"\s+"
        if not error_bad_lines:
            keywords["on_bad_lines"] = "warn" if warn_bad_lines else "skip"
        table = function(*arguments, **keywords)
        return table.squeeze("columns") if squeeze else table

    return read


def _rolling(name: str) -> Callable:
    def roll(arg: Any, window: int, min_periods: int | None = None, freq: None = None, center: bool = False) -> Any:
        import pandas

        values = arg if hasattr(arg, "rolling") else pandas.Series(arg)
        found = getattr(values.rolling(window, min_periods=min_periods, center=center), name)()
        return found if values is arg else found.to_numpy()

    return roll


class _Cv(ModuleType):
    """`cv2.cv`: the constants and functions of OpenCV 1, under their names with CV_."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__("cv2.cv")
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("CV_"):
            name = name.removeprefix("CV_").replace("LOAD_IMAGE_", "IMREAD_")
            name = {"AA": "LINE_AA", "FOURCC": "VideoWriter_fourcc"}.get(name, name)
            if hasattr(self._module, name):
                return getattr(self._module, name)
        raise AttributeError(f"module 'cv2.cv' has no attribute {name!r}")


def _opencv(module: ModuleType) -> dict[str, Any]:
    old = _Cv(module)
    names = ["CV_AA", *(f"CV_LOAD_IMAGE_{kind}" for kind in ("ANYCOLOR", "ANYDEPTH", "COLOR", "GRAYSCALE", "UNCHANGED"))]
    return {"cv": old, **{name: getattr(old, name) for name in names}}


def _display(module: ModuleType) -> dict[str, Any]:
    """Notebooks cleared what they had shown by this name."""
    import importlib

    return {"clear_output": importlib.import_module("IPython.core.display_functions").clear_output}


LOST: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    **plot_names.LOST,
    "IPython": lambda module: {},
    "IPython.display": _display,
    "cv2": _opencv,
    "h5py": _h5py,
    "numpy.lib": _numpy_lib,
    "numpy.linalg": lambda module: {},
    "pandas": _pandas,
    "scipy": _scipy,
    "scipy.ndimage": _ndimage,
    "scipy.ndimage.interpolation": _ndimage,
    "scipy.signal": _signal,
    "sklearn": lambda module: {},
    "sklearn.datasets": _datasets,
    "sklearn.manifold": _manifold,
    "sklearn.metrics": _by_position,
    "yaml": _yaml,
}


# What objects had


def attribute(owner: Any, name: str) -> Any:
    """`owner.name`, as it was for pandas' tables and h5py's data."""
    package = type(owner).__module__.partition(".")[0]
    old = _ATTRIBUTES.get((package, name))
    if old is None or (name not in _CHANGED and hasattr(owner, name)):
        return getattr(owner, name)
    return old(owner)


def _writable_values(table: Any) -> Any:
    """The array of a table was the caller's to shuffle."""
    values = table.values
    return np.array(values) if isinstance(values, np.ndarray) and not values.flags.writeable else values


def _as_matrix(table: Any, columns: Any = None) -> Any:
    return _writable_values(table if columns is None else table[columns])


def _append(table: Any, other: Any, ignore_index: bool = False, verify_integrity: bool = False) -> Any:
    import pandas

    more = list(other) if isinstance(other, list) else [other]
    more = [pandas.DataFrame([row]) if isinstance(row, Mapping | pandas.Series) and table.ndim == 2 else row for row in more]
    return pandas.concat([table, *more], ignore_index=ignore_index, verify_integrity=verify_integrity)


def _sort(table: Any, columns: Any = None, axis: int = 0, ascending: Any = True, inplace: bool | None = None) -> Any:
    """A table gave a sorted one; a column was sorted itself."""
    if columns is not None:
        found = table.sort_values(columns, axis=axis, ascending=ascending)
    elif table.ndim == 1:
        found = table.sort_values(ascending=ascending)
    else:
        found = table.sort_index(axis=axis, ascending=ascending)
    if table.ndim == 1 if inplace is None else inplace:
        table.__init__(found)
        return None
    return found


class _ByLabelOrPosition:
    """pandas' `ix`: labels where the index has whole numbers, else positions as well."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def _place(self, key: Any) -> Any:
        rows = key[0] if isinstance(key, tuple) else key
        by_position = not _whole_numbers(self._table.index) and _is_position(rows)
        if not by_position:
            return self._table.loc, key
        if not isinstance(key, tuple):
            return self._table.iloc, key
        columns = key[1]
        if not _whole_numbers(self._table.columns) and _is_position(columns):
            return self._table.iloc, key
        return self._table.loc, (self._table.index[rows], columns)

    def __getitem__(self, key: Any) -> Any:
        place, key = self._place(key)
        return place[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        place, key = self._place(key)
        place[key] = value


def _whole_numbers(index: Any) -> bool:
    return index.dtype.kind in "iu"


def _is_position(key: Any) -> bool:
    if isinstance(key, slice):
        return all(part is None or isinstance(part, int | np.integer) for part in (key.start, key.stop))
    return np.asarray(key).dtype.kind in "iu"


_ATTRIBUTES: dict[tuple[str, str], Callable] = {
    ("h5py", "value"): lambda owner: owner[()],
    ("matplotlib", "add_subplot"): lambda owner: by_text_of_place(owner.add_subplot),
    ("matplotlib", "draggable"): lambda owner: functools.partial(dragged, owner),
    ("matplotlib", "gca"): lambda owner: functools.partial(axes_of, owner),
    ("matplotlib", "get_axis_bgcolor"): lambda owner: owner.get_facecolor,
    ("matplotlib", "grid"): lambda owner: with_renamed(owner.grid, b="visible"),
    ("matplotlib", "hist"): lambda owner: with_renamed(owner.hist, normed="density"),
    ("matplotlib", "hold"): lambda owner: held,
    ("matplotlib", "set_axis_bgcolor"): lambda owner: owner.set_facecolor,
    ("matplotlib", "set_color_cycle"): lambda owner: functools.partial(cycle_colors, owner),
    ("matplotlib", "set_window_title"): lambda owner: owner.manager.set_window_title,
    ("matplotlib", "tostring_rgb"): lambda owner: functools.partial(rgb_bytes, owner),
    ("pandas", "append"): lambda owner: functools.partial(_append, owner),
    ("pandas", "as_matrix"): lambda owner: functools.partial(_as_matrix, owner),
    ("pandas", "ix"): _ByLabelOrPosition,
    ("pandas", "order"): lambda owner: owner.sort_values,
    ("pandas", "sort"): lambda owner: functools.partial(_sort, owner),
    ("pandas", "values"): _writable_values,
}
_CHANGED = ("add_subplot", "gca", "grid", "hist", "values")
ATTRIBUTES = {
    package: frozenset(name for owner, name in _ATTRIBUTES if owner == package)
    for package in ("h5py", "matplotlib", "pandas")
}
