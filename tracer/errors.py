"""The errors a run can raise: `tf.errors` with TensorFlow's codes and wording, and the two that are our own."""

from __future__ import annotations

import os
import warnings
from typing import Any

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class OpError(Exception):
    """An operation failed while it ran: `message` says how, `op` and `node_def` which one, where that is known."""

    def __init__(self, node_def: Any, op: Any, message: str | None, error_code: int) -> None:
        super().__init__(message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code

    @property
    def message(self) -> str | None:
        """What happened, without the place."""
        return self._message

    @property
    def op(self) -> Any:
        """The operation that failed, or None when it is not in the graph of the caller."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, or None."""
        if self._node_def is None and self._op is not None:
            return self._op.node_def
        return self._node_def

    @property
    def error_code(self) -> int:
        """The number of the error's kind, such as `tf.errors.NOT_FOUND`."""
        return self._error_code

    def __reduce__(self) -> tuple[Any, ...]:
        # An error travels between processes without the graph it came from.
        return _restored, (type(self), self._message, self._error_code)

    def __str__(self) -> str:
        if self._op is None:
            return str(self._message)
        lines = [f"{self._message}\nCaused by op {self._op.name!r}, defined at:\n", *_recorded(self._op)]
        original = getattr(self._op, "_original_op", None)
        while original is not None:
            lines.append(f"\n...which was originally created as op {original.name!r}, defined at:\n")
            lines += _recorded(original)
            original = getattr(original, "_original_op", None)
        return "".join(lines)


def _restored(kind: type[OpError], message: str | None, error_code: int) -> OpError:
    error = kind.__new__(kind)
    OpError.__init__(error, None, None, message, error_code)
    return error


def _recorded(op: Any) -> list[str]:
    """The recorded stack of an operation as a traceback prints it, without the frames of this package."""
    import traceback

    frames = list(op.traceback)
    theirs = [frame for frame in frames if not frame[0].startswith(_OWN_FOLDER)]
    return traceback.format_list(theirs or frames)


class CancelledError(OpError):
    """The operation was cancelled, such as a blocked enqueue when its queue is closed."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, CANCELLED)


class UnknownError(OpError):
    """The kind of the failure is not known."""

    def __init__(self, node_def: Any, op: Any, message: str | None, error_code: int = UNKNOWN) -> None:
        super().__init__(node_def, op, message, error_code)


class InvalidArgumentError(OpError):
    """An operation was given a value it cannot work on, such as a placeholder that was not fed."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, INVALID_ARGUMENT)


class DeadlineExceededError(OpError):
    """The time allowed was over before the operation had finished."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, DEADLINE_EXCEEDED)


class NotFoundError(OpError):
    """Something that was asked for does not exist, such as a file."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, NOT_FOUND)


class AlreadyExistsError(OpError):
    """Something that was to be made exists already."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, ALREADY_EXISTS)


class PermissionDeniedError(OpError):
    """The caller may not do this, such as read that file."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, PERMISSION_DENIED)


class UnauthenticatedError(OpError):
    """The caller did not prove who it is."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, UNAUTHENTICATED)


class ResourceExhaustedError(OpError):
    """Something ran out, such as memory or space on a disk."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, RESOURCE_EXHAUSTED)


class FailedPreconditionError(OpError):
    """The state that the operation needs is not there, such as a variable that was not initialized."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, FAILED_PRECONDITION)


class AbortedError(OpError):
    """The operation was given up because of another one, such as an enqueue on a closed queue."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, ABORTED)


class OutOfRangeError(OpError):
    """The end was passed, such as the end of the input of a queue."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, OUT_OF_RANGE)


class UnimplementedError(OpError):
    """There is no implementation of this operation for these types or this device."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, UNIMPLEMENTED)


class InternalError(OpError):
    """Something that must always hold did not."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, INTERNAL)


class UnavailableError(OpError):
    """What runs the operation cannot be reached at the moment."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, UNAVAILABLE)


class DataLossError(OpError):
    """Data is lost or damaged beyond repair, such as a truncated file."""

    def __init__(self, node_def: Any, op: Any, message: str | None) -> None:
        super().__init__(node_def, op, message, DATA_LOSS)


_CODES: dict[int, type[OpError]] = {
    CANCELLED: CancelledError,
    UNKNOWN: UnknownError,
    INVALID_ARGUMENT: InvalidArgumentError,
    DEADLINE_EXCEEDED: DeadlineExceededError,
    NOT_FOUND: NotFoundError,
    ALREADY_EXISTS: AlreadyExistsError,
    PERMISSION_DENIED: PermissionDeniedError,
    UNAUTHENTICATED: UnauthenticatedError,
    RESOURCE_EXHAUSTED: ResourceExhaustedError,
    FAILED_PRECONDITION: FailedPreconditionError,
    ABORTED: AbortedError,
    OUT_OF_RANGE: OutOfRangeError,
    UNIMPLEMENTED: UnimplementedError,
    INTERNAL: InternalError,
    UNAVAILABLE: UnavailableError,
    DATA_LOSS: DataLossError,
}
_EXCEPTION_CODES = {kind: code for code, kind in _CODES.items()}


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The class of errors with that code; KeyError for a code there is no class for."""
    return _CODES[error_code]


def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The code that errors of that class have; KeyError for a class without one."""
    return _EXCEPTION_CODES[cls]


def _make_specific_exception(node_def: Any, op: Any, message: str | None, error_code: int) -> OpError:
    kind: Any = _CODES.get(error_code)
    if kind is None:
        warnings.warn(f"Unknown error code: {error_code}", stacklevel=2)
        return UnknownError(node_def, op, message, error_code)
    return kind(node_def, op, message)


class StaticValueError(ValueError):
    """A value must be known while the graph is compiled, and is only known when it runs."""

    def __init__(self, problem: str, op: Any = None, way_out: str | None = None) -> None:
        super().__init__(_described(problem, op, way_out))


class UnsupportedError(NotImplementedError):
    """The program asks for something that this implementation does not do."""

    def __init__(self, problem: str, op: Any = None, way_out: str | None = None) -> None:
        super().__init__(_described(problem, op, way_out))


class NoKernelError(UnsupportedError, InvalidArgumentError):
    """A run needs operations that nothing computes; in the words of TensorFlow, no kernel is registered for them."""

    def __init__(self, problem: str, op: Any = None) -> None:
        InvalidArgumentError.__init__(self, None, op, problem)

    def __str__(self) -> str:
        return str(self.message)


def _described(problem: str, op: Any, way_out: str | None) -> str:
    """The problem, the user's line that recorded `op`, and what to do about it."""
    lines = [problem]
    if op is not None:
        import linecache

        where = op.where
        source = linecache.getline(where.file, where.line).strip()
        lines.append(f"  recorded at {where}" + (f":  {source}" if source else ""))
    if way_out is not None:
        lines.append(f"  {way_out}")
    return "\n".join(lines)
