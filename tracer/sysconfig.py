"""`tf.sysconfig`: where TensorFlow's C++ headers and library are. There are none here, and this says so."""

from typing import NoReturn

from tracer.errors import UnsupportedError

_WAY_OUT = "An operation of your own can be a Python function: tf.py_func(function, inputs, output types)."


def get_include() -> NoReturn:
    """Raises UnsupportedError: there are no C++ headers to compile an operation against."""
    raise UnsupportedError("tf.sysconfig.get_include: Tracer has no C++ headers", way_out=_WAY_OUT)


def get_lib() -> NoReturn:
    """Raises UnsupportedError: there is no TensorFlow library to link an operation with."""
    raise UnsupportedError("tf.sysconfig.get_lib: Tracer has no TensorFlow library to link with", way_out=_WAY_OUT)
