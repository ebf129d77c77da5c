"""`tf.load_op_library`: operations from a Python file, in the place of compiled ones."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, NoReturn

from tracer import compat, errors

_WAY_OUT = """Compiled kernels belong to TensorFlow's own runtime.
Write the operation in Python instead, either in the script:
  tf.py_func for what it computes, with tf.RegisterGradient for its gradient;
or for the device, in a file {python} beside the library, which is loaded in its place:
  from tracer.declare import op
  from lowering.registry import lowers
  @op("ZeroOut", inputs="to_zero: int32", outputs="zeroed: int32")
  def zero_out(to_zero, name=None): return to_zero.get_shape()
  @lowers("ZeroOut")
  def rule(to_zero): return jax.numpy.zeros_like(to_zero).at[0].set(to_zero[0])"""


def load_op_library(library_filename: Any) -> ModuleType:
    """The operations that a library defines, as the functions of a module.

    TensorFlow loads compiled kernels. Here a Python file of the same name with the ending `.py` is loaded, which
    declares the operations with `tracer.declare.op` and says what they compute with `lowering.registry.lowers`.

    Args:
        library_filename: the path of the library, which need not exist itself.

    Raises:
        tf.errors.NotFoundError: there is neither a library nor a Python file.
        tf.errors.UnimplementedError: there is a compiled library only.
    """
    path = os.path.abspath(compat.as_str(library_filename))
    python = os.path.splitext(path)[0] + ".py"
    if not os.path.isfile(python):
        _refuse(compat.as_str(library_filename), os.path.basename(python))
    name = f"tracer_library:{python}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, python)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _refuse(library: str, python: str) -> NoReturn:
    way_out = _WAY_OUT.format(python=python)
    if os.path.exists(library):
        raise errors.UnimplementedError(None, None, f"{library}: a compiled library cannot be loaded. {way_out}")
    raise errors.NotFoundError(
        None, None, f"{library}: cannot open shared object file: No such file or directory. {way_out}")


def load_file_system_library(library_filename: Any) -> NoReturn:
    """Raises an error: the file systems of compiled libraries cannot be used.

    Mount the file system, or copy the files: every path that the operating system knows can be read and written.
    """
    library = compat.as_str(library_filename)
    way_out = ("File systems come from the operating system here: mount it, or copy the files, and leave the call out.")
    if os.path.exists(library):
        raise errors.UnimplementedError(None, None, f"{library}: a compiled library cannot be loaded. {way_out}")
    raise errors.NotFoundError(
        None, None, f"{library}: cannot open shared object file: No such file or directory. {way_out}")
