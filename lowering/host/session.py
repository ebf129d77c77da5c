"""Rules of tensors that stay in a session under handles: on their device, until somebody deletes them."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering.programs import devices
from lowering.registry import Held, lowers
from tracer import dtypes, errors
from tracer.ir import Operation


@lowers("GetSessionHandle", host=True)
def get_session_handle(value: Held, *, session: Any, op: Operation) -> bytes:
    own = devices.copied(value) if isinstance(value, jax.Array) else np.array(value)
    return session.state.keep_tensor(op.name, own).encode()


@lowers("GetSessionTensor", host=True)
def get_session_tensor(handle: Any, *, dtype: dtypes.DType, session: Any) -> Any:
    value = session.state.held_tensor(_text(handle))
    kind = dtypes.string if value.dtype == object else dtypes.as_dtype(value.dtype)
    if kind is not dtype:
        raise errors.InternalError(
            None, None, f"Output 0 of type {kind.name} does not match declared output type {dtype.name}")
    return value


@lowers("DeleteSessionTensor", host=True)
def delete_session_tensor(handle: Any, *, session: Any) -> None:
    if not session.state.delete_tensor(_text(handle)):
        raise errors.InvalidArgumentError(
            None, None, f"Failed to delete a tensor with handle '{_text(handle)}' in the session store.")


def _text(handle: Any) -> str:
    if np.shape(handle) != ():
        raise errors.InvalidArgumentError(None, None, "handle must be a scalar string")
    return np.asarray(handle, object).item().decode()
