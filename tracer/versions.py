"""The version that programs see: TensorFlow 0.8.0's, and those of its graphs."""

from __future__ import annotations

from tracer.ir import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION

__version__ = VERSION = "0.8.0"
__git_version__ = GIT_VERSION = "v0.8.0"  # from 0.11 on, as the next
__compiler_version__ = COMPILER_VERSION = "none"
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
