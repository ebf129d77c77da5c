"""The version that programs see: TensorFlow 0.8.0's, and those of its graphs."""

from __future__ import annotations

from tracer.ir import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION

__version__ = VERSION = "0.8.0"
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
