"""Tensors that stay in a session between runs, under handles."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.ops.array import placeholder


class TensorHandle:
    """What a run gives for `tf.get_session_handle(data)`: the tensor stays in the session as long as this object.

    >>> h = sess.run(tf.get_session_handle(c))
    >>> h.eval()
    50
    """

    def __init__(self, handle: bytes, session: Any) -> None:
        self._handle = handle.decode()
        self._session = session
        self._deleted = False
        self._kept = False  # whether the tensor outlives this object

    @property
    def handle(self) -> str:
        """The string to feed to the placeholder of `tf.get_session_tensor`."""
        return self._handle

    def eval(self) -> Any:
        """The tensor's value. TypeError when it has been deleted."""
        self._check()
        return np.array(self._session.state.held_tensor(self._handle))[()]

    def delete(self) -> None:
        """Lets the tensor go. TypeError when that has happened before."""
        self._check()
        self._deleted = True
        self._session.state.delete_tensor(self._handle)

    def get_raw_handle(self) -> str:
        """The string, for a tensor that stays until `tf.delete_session_tensor` lets it go."""
        self._kept = True
        return self._handle

    def _check(self) -> None:
        if self._deleted:
            raise TypeError(f"Persistent tensor {self._handle} may have already been deleted.")

    def __str__(self) -> str:
        return self._handle

    def __del__(self) -> None:
        if not (self._deleted or self._kept):
            self._session.state.delete_tensor(self._handle)


@op("GetSessionHandle")
def _get_session_handle(value: Tensor, name: str | None = None) -> Any:
    return ()


@op("GetSessionTensor")
def _get_session_tensor(handle: Tensor, dtype: Any, name: str | None = None) -> Any:
    return None


@op("DeleteSessionTensor")
def _delete_session_tensor(handle: Tensor, name: str | None = None) -> Any:
    return []


def get_session_handle(data: Tensor, name: str | None = None) -> Tensor:
    """Keeps the value of `data` in the session; a run gives a `TensorHandle` for it.

    >>> h = sess.run(tf.get_session_handle(c))
    >>> p, a = tf.get_session_tensor(tf.float32)
    >>> sess.run(a * 10.0, feed_dict={p: h.handle})

    Raises:
        TypeError: `data` is no tensor.
    """
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    return _get_session_handle(data, name=name)


_in_handles = ";/job:"


def _with_handle(function: Callable) -> Callable:
    """Lets the handle stand first, as from 0.11 on: TensorFlow asks it for the device, of which there is one here."""
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> tuple:
        kwargs.pop("handle", None)
        first = args[0] if args else None
        if isinstance(first, (Tensor, TensorHandle)) or (isinstance(first, (str, bytes)) and _in_handles in str(first)):
            args = args[1:]
        return function(*args, **kwargs)

    return call


@_with_handle
def get_session_tensor(dtype: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """A placeholder for a handle, and the tensor that the session keeps under the handle that is fed.

    >>> p, a = tf.get_session_tensor(tf.float32)
    >>> sess.run(a * 10.0, feed_dict={p: h.handle})
    """
    holder = placeholder("string")
    return holder, _get_session_tensor(holder, dtype, name=name)


@_with_handle
def delete_session_tensor(name: str | None = None) -> tuple[Tensor, Operation]:
    """A placeholder for a handle, and the operation that lets its tensor go.

    >>> p, deleter = tf.delete_session_tensor()
    >>> sess.run(deleter, feed_dict={p: h.get_raw_handle()})
    """
    holder = placeholder("string")
    return holder, _delete_session_tensor(holder, name=name)
