"""What all tables have."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.ir import Operation, Tensor


class Typed:
    """What has keys and values, of one type each."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self._key_dtype = dtypes.as_dtype(key_dtype)
        self._value_dtype = dtypes.as_dtype(value_dtype)

    @property
    def key_dtype(self) -> dtypes.DType:
        """The type of the keys."""
        return self._key_dtype

    @property
    def value_dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._value_dtype


class LookupInterface(Typed):
    """What all tables have: the types of keys and values, and a name."""

    def __init__(self, key_dtype: Any, value_dtype: Any, name: str) -> None:
        super().__init__(key_dtype, value_dtype)
        self._name = name

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._name

    @property
    def init(self) -> Operation:
        """The operation that fills the table."""
        raise NotImplementedError

    def size(self, name: str | None = None) -> Tensor:
        """How many keys the table has."""
        raise NotImplementedError

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of `keys`."""
        raise NotImplementedError

    def _check_table_dtypes(self, key_dtype: Any, value_dtype: Any) -> None:
        if dtypes.as_dtype(key_dtype) != self.key_dtype:
            raise TypeError(f"Invalid key dtype, expected {self.key_dtype} but got {key_dtype}.")
        if dtypes.as_dtype(value_dtype) != self.value_dtype:
            raise TypeError(f"Invalid value dtype, expected {self.value_dtype} but got {value_dtype}.")
