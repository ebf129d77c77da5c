"""The operators of Python on tensors and variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.convert import internal_convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import logic, math
from tracer.ops.slicing import getitem, getitem_of_variable
from tracer.variables import Variable


def _binary(symbol: str, name: str, function: Callable) -> None:
    """Sets `x + y` and the like: the operation is called `name`, and what is no tensor takes the type of the other."""

    def forward(x: Tensor, y: Any) -> Tensor:
        if type(y) is Tensor and y.dtype is x.dtype:
            return function(x, y, name=name)
        with scopes.op_scope([x, y], None, name) as scope:
            return function(x, internal_convert_to_tensor(y, x.dtype.base_dtype, "y"), name=scope)

    def reflected(y: Tensor, x: Any) -> Tensor:
        with scopes.op_scope([x, y], None, name) as scope:
            return function(internal_convert_to_tensor(x, y.dtype.base_dtype, "x"), y, name=scope)

    _set(f"__{symbol}__", forward)
    _set(f"__r{symbol}__", reflected)


def _set(operator: str, function: Callable, of_variables: Callable | None = None) -> None:
    """Makes `function` the operator of tensors, and of variables by their values, unless these have their own."""

    def of_variable(variable: Variable, *others: Any) -> Any:
        return function(variable.value(), *others)

    for wrapper in (function, of_variable):
        wrapper.__name__ = operator
    Tensor._override_operator(operator, function)
    setattr(Variable, operator, of_variables or of_variable)


def _xor(x: Tensor, y: Tensor, name: str) -> Tensor:
    with scopes.op_scope([x, y], None, name) as scope:
        return logic.logical_xor(x, y, name=scope)


_binary("add", "add", math.add)
_binary("sub", "sub", math.sub)
_binary("mul", "mul", math.mul)
_binary("div", "div", math.div)  # Python 2's
_binary("truediv", "truediv", math.truediv)
_binary("floordiv", "floordiv", math.floordiv)
_binary("mod", "mod", math.mod)
_binary("pow", "pow", math.pow)
_binary("and", "and", logic.logical_and)
_binary("or", "or", logic.logical_or)
_binary("xor", "xor", _xor)

# These are named like the operation, not like the operator.
_set("__lt__", lambda x, y: logic.less(x, y))
_set("__le__", lambda x, y: logic.less_equal(x, y))
_set("__gt__", lambda x, y: logic.greater(x, y))
_set("__ge__", lambda x, y: logic.greater_equal(x, y))
_set("__neg__", lambda x: math.neg(x))
_set("__abs__", lambda x: math.abs(x))
_set("__invert__", lambda x: logic.logical_not(x))
_set("__getitem__", lambda x, key: getitem(x, key), getitem_of_variable)
