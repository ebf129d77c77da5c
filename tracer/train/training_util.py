"""The step count of a session, and graphs as files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tracer import logging, scopes
from tracer.declare import also_called
from tracer.ir import Tensor
from tracer.variables import Variable


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The value of a step counter as a Python int.

    >>> tf.train.global_step(sess, step)
    100
    """
    return int(np.asarray(sess.run(global_step_tensor)).item())  # it may be a vector of one element


def get_global_step(graph: Any = None) -> Any:
    """The step counter of a graph: the only one in its collection `global_step`, or the tensor `global_step:0`.

    None when there is none. Raises TypeError when it is no whole number, or not a single one.
    """
    graph = scopes.get_default_graph() if graph is None else graph
    found = graph.get_collection(scopes.GraphKeys.GLOBAL_STEP)
    if len(found) == 1:
        step = found[0]
    elif found:
        logging.error("Multiple tensors in global_step collection.")
        return None
    else:
        try:
            step = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(step)
    return step


def assert_global_step(global_step_tensor: Any) -> None:
    """Raises TypeError unless a tensor or variable is a single whole number."""
    if not isinstance(global_step_tensor, (Tensor, Variable)):
        raise TypeError(f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.')
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {global_step_tensor.dtype!r}')
    if global_step_tensor.get_shape().ndims != 0:
        raise TypeError(f'Existing "global_step" is not scalar: {global_step_tensor.get_shape()}')


@also_called("graph_or_graph_def", "graph_def")
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
