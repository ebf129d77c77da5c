"""`python -m tracer.freeze_graph`: a graph and a checkpoint as one file, the variables as constants."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from tracer import graph_util, importer, session
from tracer.ir import Graph

_FLAGS = (
    ("input_graph", "", "the file of the GraphDef"),
    ("input_saver", "", "the file of the SaverDef; without it --restore_op_name and --filename_tensor_name say what "
                        "restores the variables"),
    ("input_checkpoint", "", "the checkpoint"),
    ("output_graph", "", "the file to write, a binary GraphDef"),
    ("output_node_names", "", "the nodes that are wanted, separated by commas"),
    ("restore_op_name", "save/restore_all", "the operation that restores the variables"),
    ("filename_tensor_name", "save/Const:0", "the tensor that takes the checkpoint's name"),
    ("initializer_nodes", "", "operations to run before, separated by commas"),
)


def freeze_graph(input_graph: str, input_saver: str, input_binary: bool, input_checkpoint: str, output_node_names: str,
                 restore_op_name: str, filename_tensor_name: str, output_graph: str, clear_devices: bool,
                 initializer_nodes: str) -> Any:
    """Writes the part of a graph that some nodes need, its variables replaced by constants of a checkpoint's values.

    >>> freeze_graph.freeze_graph("graph.pbtxt", "", False, "model.ckpt-100", "softmax", "save/restore_all",
    ...                           "save/Const:0", "frozen.pb", False, "")

    Args:
        input_graph: the file of the GraphDef.
        input_saver: the file of the SaverDef that restores the variables; "" for `restore_op_name`.
        input_binary: whether these two are binary rather than text.
        input_checkpoint: the checkpoint.
        output_node_names: the nodes that are wanted, separated by commas.
        restore_op_name: the operation that restores the variables.
        filename_tensor_name: the tensor that takes the checkpoint's name.
        output_graph: the file to write.
        clear_devices: whether nodes lose their devices.
        initializer_nodes: operations to run before, separated by commas.

    Prints what is wrong and returns -1 when a file is missing, or no node is named.
    """
    from tracer import protos
    from tracer.train import saver
    from tracer.train.checkpoint_state import write_whole

    problem = _problem(input_graph, input_saver, input_checkpoint, output_node_names)
    if problem:
        print(problem, file=sys.stderr)
        return -1
    graph_def = read_message(input_graph, input_binary, protos.GraphDef)
    if clear_devices:
        for node in graph_def.node:
            node.device = ""
    with Graph().as_default() as graph, session.Session(graph=graph) as sess:
        importer.import_graph_def(graph_def, name="")
        if input_saver:
            saver_def = read_message(input_saver, input_binary, protos.SaverDef)
            saver.Saver(saver_def=saver_def).restore(sess, input_checkpoint)
        else:
            sess.run([restore_op_name], {filename_tensor_name: input_checkpoint})
        if initializer_nodes:
            sess.run(initializer_nodes.split(","))
        frozen = graph_util.convert_variables_to_constants(sess, graph_def, output_node_names.split(","))
    write_whole(output_graph, frozen.SerializeToString(deterministic=True))
    print(f"{len(frozen.node)} ops in the final graph.")
    return frozen


def _problem(input_graph: str, input_saver: str, input_checkpoint: str, output_node_names: str) -> str:
    from tracer.train.checkpoint_state import checkpoint_exists

    if not os.path.exists(input_graph):
        return f"Input graph file '{input_graph}' does not exist!"
    if input_saver and not os.path.exists(input_saver):
        return f"Input saver file '{input_saver}' does not exist!"
    if not checkpoint_exists(input_checkpoint):
        return f"Input checkpoint '{input_checkpoint}' doesn't exist!"
    return "" if output_node_names else "You need to supply the name of a node to --output_node_names."


def read_message(path: str, binary: bool, kind: Any) -> Any:
    """The message in a file. Raises DataLossError when it holds none of that kind."""
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from tracer import errors

    with open(path, "rb") as file:
        data = file.read()
    try:
        return kind.FromString(data) if binary else text_format.Parse(data, kind())
    except (DecodeError, text_format.ParseError, UnicodeDecodeError) as error:
        form, other = ("binary", "text") if binary else ("text", "binary")
        raise errors.DataLossError(
            None, None, f"{path} is no {form} {kind.DESCRIPTOR.name} (or it is a {other} one): {error}") from None


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    from tracer import errors

    parser = argparse.ArgumentParser(prog="python -m tracer.freeze_graph", description=__doc__)
    for name, default, text in _FLAGS:
        parser.add_argument(f"--{name}", default=default, help=text)
    for name, text in (("input_binary", "the input files are binary"), ("clear_devices", "nodes lose their devices")):
        parser.add_argument(f"--{name}", nargs="?", const=True, default=False, type=_truth, help=text)
        parser.add_argument(f"--no{name}", dest=name, action="store_false", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        return 1 if freeze_graph(**vars(options)) == -1 else 0
    except (errors.OpError, AssertionError, ValueError, KeyError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1


def _truth(text: str) -> bool:
    return text.lower() in ("true", "t", "1")


if __name__ == "__main__":
    sys.exit(main())
