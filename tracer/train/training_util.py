"""The step count of a session, and graphs as files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of a step counter as a Python int.

    >>> tf.train.global_step(sess, step)
    100
    """
    return int(np.asarray(sess.run(global_step_tensor)).item())  # it may be a vector of one element


def write_graph(graph_def: Any, logdir: str, name: str, as_text: bool = True) -> None:
    """Writes a graph to the file `name` in `logdir`, which is made when it is missing.

    >>> tf.train.write_graph(sess.graph_def, "/tmp/run", "train.pbtxt")

    Args:
        graph_def: a GraphDef message, or a graph.
        logdir, name: where to.
        as_text: as a text message instead of a binary one.
    """
    from google.protobuf import text_format

    from tracer.train.checkpoint_state import write_whole

    message = graph_def.as_graph_def() if hasattr(graph_def, "as_graph_def") else graph_def
    os.makedirs(logdir, exist_ok=True)
    data = text_format.MessageToString(message).encode() if as_text else message.SerializeToString()
    write_whole(os.path.join(logdir, name), data)
