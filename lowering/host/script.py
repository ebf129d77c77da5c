"""The rule of `py_func`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.host.strings import objects
from lowering.registry import lowers
from tracer import dtypes, errors
from tracer.ir import Operation


@lowers("PyFunc", host=True)
def py_func(input: list[Any], *, token: str, Tout: list[dtypes.DType], op: Operation) -> list[np.ndarray]:
    function = op.graph._py_functions.get(token)
    if function is None:
        raise errors.InternalError(None, None, f"callback {token} is not found: a function stays with the graph that it "
                                               "was given to")
    arguments = [value.copy()[()] if isinstance(value, np.ndarray) else value for value in input]
    try:
        result = function.call(*arguments)
    except Exception as error:
        raise errors.InternalError(
            None, None, f"Failed to run py callback {token}: see error log. {type(error).__name__}: {error}") from error
    values = [_tensor(value) for value in (result if isinstance(result, (list, tuple)) else [result])]
    if len(values) != len(Tout):
        raise errors.InvalidArgumentError(
            None, None, f"{token} returns {len(values)} values, but expects to see {len(Tout)} values.")
    for i, (value, kind) in enumerate(zip(values, Tout, strict=True)):
        got = dtypes.string if value.dtype == object else dtypes.as_dtype(value.dtype)
        if got is not kind:
            raise errors.InvalidArgumentError(
                None, None, f"{i}-th value returned by {token} is {_c_name(got)}, but expects {_c_name(kind)}")
    return values


def _c_name(kind: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double"}.get(kind.name, kind.name)


def _tensor(value: Any) -> np.ndarray:
    """What a function returned as an array of our own; strings as objects."""
    array = np.array(value, order="C")
    if array.dtype.kind in "SUO":
        items = array.reshape(-1).tolist()
        for item in items:
            if not isinstance(item, (bytes, str)):
                raise errors.UnimplementedError(None, None, f"Unsupported object type {type(item).__name__}")
        encoded = [item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item for item in items]
        return objects(encoded, array.shape)
    try:
        dtypes.as_dtype(array.dtype)
    except TypeError:
        raise errors.UnimplementedError(None, None, f"Unsupported numpy type {array.dtype}") from None
    if array.dtype.kind not in "biufc":
        raise errors.UnimplementedError(None, None, f"Unsupported numpy type {array.dtype}")
    return array
