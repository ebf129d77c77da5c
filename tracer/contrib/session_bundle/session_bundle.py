"""Reading what `exporter.Exporter` wrote."""

from __future__ import annotations

import glob
import os
from typing import Any

from tracer import protos, scopes
from tracer.contrib.session_bundle import constants
from tracer.session import Session
from tracer.train.meta_graph import import_meta_graph, read_meta_graph_file


def load_session_bundle_from_path(export_dir: str, target: str = "", config: Any = None) -> tuple[Session, Any]:
    """A session with the graph and the variables of an export, and the export's MetaGraphDef message.

    Args:
        export_dir: the folder of the export.
        target, config: those of the session.

    Raises RuntimeError when the graph or the variables are missing, or when the export has several initial operations.
    """
    file = os.path.join(export_dir, constants.META_GRAPH_DEF_FILENAME)
    if not os.path.exists(file):
        raise RuntimeError(f"Expected meta graph file missing {file}")
    message = read_meta_graph_file(file)
    if constants.GRAPH_KEY in message.collection_def:
        graphs = message.collection_def[constants.GRAPH_KEY].any_list.value
        if len(graphs) != 1:
            raise RuntimeError(f"Expected exactly one serving GraphDef in : {message}")
        graph = protos.GraphDef.FromString(graphs[0].value)
        known = {node.name for node in graph.node}
        if any(node.name not in known for node in message.graph_def.node):  # what was made after the graph was taken
            graph.node.extend(node for node in message.graph_def.node if node.name not in known)
        message.graph_def.CopyFrom(graph)
        del message.collection_def[constants.GRAPH_KEY]
    session = Session(target, graph=scopes.get_default_graph(), config=config)
    saver = import_meta_graph(message)
    if saver is not None:
        saver.restore(session, _variables(export_dir))
    _start(session, message, export_dir)
    return session, message


def _variables(export_dir: str) -> str:
    """The path of the checkpoint, whatever its format is."""
    path = os.path.join(export_dir, constants.VARIABLES_FILENAME)
    pattern = os.path.join(export_dir, constants.VARIABLES_FILENAME_PATTERN)
    if os.path.exists(path) or os.path.exists(f"{path}.index"):
        return path
    if glob.glob(pattern):
        return pattern
    raise RuntimeError(f"Expected variables files missing {path}")


def _start(session: Session, message: Any, export_dir: str) -> None:
    """Runs the initial operation, with the places where the assets are now."""
    if constants.INIT_OP_KEY not in message.collection_def:
        return
    names = message.collection_def[constants.INIT_OP_KEY].node_list.value
    if len(names) != 1:
        raise RuntimeError(f"Expected exactly one serving init op in : {message}")
    feeds = {}
    if constants.ASSETS_KEY in message.collection_def:
        for packed in message.collection_def[constants.ASSETS_KEY].any_list.value:
            asset = protos.AssetFile.FromString(packed.value)
            feeds[asset.tensor_binding.tensor_name] = os.path.join(export_dir, constants.ASSETS_DIRECTORY, asset.filename)
    session.run(session.graph.get_operation_by_name(names[0]), feeds)
