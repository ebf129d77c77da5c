"""What a graph's own messages do not tell of its operations: which are trained, and how much arithmetic they are."""

from __future__ import annotations

import os
import sys
from typing import Any

from tracer import gfile, protodefs
from tracer.importer import import_graph_def
from tracer.ir import Graph
from tracer.scopes import GraphKeys
from tracer.statistics import get_stats_for_node_def

TRAINABLE_VARIABLES = "_trainable_variables"
REGISTERED_FLOP_STATS = "flops"


def write_op_log(graph: Any, log_dir: str, op_log: Any = None, run_meta: Any = None) -> None:
    """Writes what is known of the operations of `graph` to `log_dir/tfprof_log`.

    Args:
        graph: a `tf.Graph`.
        log_dir: a folder, which is there.
        op_log: an `OpLog` message with what is known besides.
        run_meta: not looked at: shapes are those that the graph knows.
    """
    with gfile.GFile(os.path.join(log_dir, "tfprof_log"), "wb") as file:
        file.write(merged(op_log, graph, exported(graph)).SerializeToString())


def exported(graph: Any) -> Graph:
    """The graph as TensorFlow has it: gradients are operations too."""
    with Graph().as_default() as whole:
        import_graph_def(graph.as_graph_def(add_shapes=True), name="")
    return whole


def merged(op_log: Any, graph: Any, whole: Graph) -> Any:
    """The `OpLog` of `graph`, which TensorFlow has as `whole`, with the entries of another one."""
    entries = {}
    unknown = 0
    for node in whole.as_graph_def().node:
        try:
            flops = get_stats_for_node_def(whole, node, REGISTERED_FLOP_STATS).value
        except ValueError:  # of unknown shape
            unknown += 1
            continue
        if flops is not None:
            entries[node.name] = _entry(node.name, float_ops=int(flops))
    if unknown:
        print(f"{unknown} ops no flops stats due to incomplete shapes. Consider passing run_meta to use run_time shapes.",
              file=sys.stderr)
    for variable in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES):
        entry = entries.setdefault(variable.op.name, _entry(variable.op.name))
        entry.types.append(TRAINABLE_VARIABLES)
    for given in op_log.log_entries if op_log is not None else ():
        entry = entries.setdefault(given.name, _entry(given.name))
        entry.float_ops = max(entry.float_ops, given.float_ops)
        entry.types.extend(kind for kind in given.types if kind not in entry.types)
    log = protodefs.message_class("OpLog")()
    log.log_entries.extend(entries.values())
    return log


def _entry(name: str, **values: int) -> Any:
    return protodefs.message_class("OpLogEntry")(name=name, **values)
