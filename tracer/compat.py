"""`tf.compat`: text and bytes, and the number types of Python and NumPy, for code that ran on Python 2 and 3."""

import numbers
from typing import Any

import numpy as np

bytes_or_text_types = (bytes, str)
integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """The bytes of a text in UTF-8, or, from 0.12 on, in `encoding`; bytes are returned as they are.

    >>> tf.compat.as_bytes("é")
    b'\\xc3\\xa9'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding, "surrogateescape")
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """The text of bytes in UTF-8, or, from 0.12 on, in `encoding`; a text is returned as it is.

    >>> tf.compat.as_text(b"abc")
    'abc'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


# Python 3's own string is text. Python 2's was bytes, and 2016 scripts rely on the difference being hidden here.
as_str = as_text


def as_str_any(value: Any) -> str:
    """Anything as a `str`: bytes are decoded, other values are printed.

    >>> tf.compat.as_str_any(b"x"), tf.compat.as_str_any(3)
    ('x', '3')
    """
    return as_str(value) if isinstance(value, bytes) else str(value)
