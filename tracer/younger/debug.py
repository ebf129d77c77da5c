"""`tensorflow.python.debug` of 0.12, as far as scripts ask of it before they debug."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from tracer import errors

_INSTEAD = ("python -m tracer.dump --html report.html SCRIPT shows what each line and run became, "
            "and tf.add_check_numerics_ops() names the operation that gives the first NaN.")


def has_inf_or_nan(datum: Any, tensor: Any) -> bool:
    """Whether an array has a NaN or an infinite number; the filter of tensors that scripts hand to the debugger.

    Args:
        datum: what the debugger knows of the tensor; not asked.
        tensor: an array of numbers; None for a tensor without a value.
    """
    return tensor is not None and bool(np.any(~np.isfinite(tensor)))


def LocalCLIDebugWrapperSession(sess: Any, dump_root: str | None = None, log_usage: bool = True) -> NoReturn:
    """Raises UnimplementedError: the debugger in the terminal is TensorFlow's own."""
    raise errors.UnimplementedError(None, None, f"LocalCLIDebugWrapperSession has no counterpart in Tracer. {_INSTEAD}")


def LocalCLIDebugHook() -> NoReturn:
    """Raises UnimplementedError, likewise."""
    raise errors.UnimplementedError(None, None, f"LocalCLIDebugHook has no counterpart in Tracer. {_INSTEAD}")
