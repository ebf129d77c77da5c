"""`tf.NAME`: what TensorFlow 0.9 to 0.12 added for strings, which are split and written on the host."""

from __future__ import annotations

from tracer.ops.later_strings import as_string as as_string
from tracer.ops.later_strings import string_split as string_split
from tracer.ops.later_strings import substr as substr

__all__ = ["as_string", "string_split", "substr"]
