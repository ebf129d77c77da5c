"""A graph with its collections and its saver as one file: MetaGraphDef messages, written and read."""

from __future__ import annotations

import numbers
import os
from collections.abc import Callable
from typing import Any

from tracer import logging, proto_functions, scopes
from tracer.train.checkpoint_state import write_whole


def export_meta_graph(filename: str | None = None, meta_info_def: Any = None, graph_def: Any = None,
                      saver_def: Any = None, collection_list: Any = None, as_text: bool = False, graph: Any = None,
                      clear_devices: bool = False, export_scope: str | None = None) -> Any:
    """The MetaGraphDef message of the default graph; with `filename` it is also written there.

    Args:
        filename: the file to write.
        meta_info_def, saver_def: messages to put into it.
        graph_def: the graph; by default the default one.
        collection_list: the names of the collections to export; by default all.
        as_text: whether the file is text.
        graph: the graph that is meant, in place of the default one; from 0.12 on.
        clear_devices: whether to leave out on which devices operations are; from 0.12 on.
        export_scope: the scope whose operations, variables and other named things are exported, their names without it.
            What they take from elsewhere is called `$unbound_inputs_NAME`. From 0.12 on.
    """
    if graph is not None and graph is not scopes.get_default_graph():
        with graph.as_default():
            return export_meta_graph(filename, meta_info_def, graph_def, saver_def, collection_list, as_text,
                                     clear_devices=clear_devices, export_scope=export_scope)
    from google.protobuf import text_format

    from tracer import protos
    from tracer.contrib.util import stripped_op_list_for_graph

    graph = scopes.get_default_graph()
    message = protos.MetaGraphDef()
    if meta_info_def:
        message.meta_info_def.MergeFrom(meta_info_def)
    message.graph_def.MergeFrom(graph_def if graph_def else graph.as_graph_def(add_shapes=True))
    if export_scope:
        from tracer.train import meta_graph_scope

        unbound = meta_graph_scope.keep_only(message.graph_def, export_scope)
        if unbound:
            message.collection_def[UNBOUND_INPUTS].bytes_list.value.extend(name.encode() for name in unbound)
    if clear_devices:
        _clear_devices(message.graph_def)
    stripped = stripped_op_list_for_graph(message.graph_def)
    message.meta_info_def.stripped_op_list.MergeFrom(stripped)
    if saver_def:
        message.saver_def.MergeFrom(saver_def)
    for key in graph.get_all_collection_keys() if collection_list is None else collection_list:
        add_collection_def(message, key, export_scope)
    if filename:
        data = text_format.MessageToString(message).encode() if as_text else message.SerializeToString()
        os.makedirs(os.path.dirname(filename) or ".", exist_ok=True)
        write_whole(filename, data)
    return message


UNBOUND_INPUTS = "unbound_inputs"
"""The collection that says what an exported scope took from elsewhere."""


def _clear_devices(graph_def: Any) -> None:
    for node in graph_def.node:
        node.device = ""


def add_collection_def(meta_graph_def: Any, key: Any, export_scope: str | None = None) -> None:
    """Adds the collection `key` of the default graph, or what of it is in a scope.

    One that has no form as a message is left out, with a warning.
    """
    if not isinstance(key, (str, bytes)):
        logging.warning("Only collections with string type keys will be serialized. This key has %s", type(key))
        return
    items = scopes.get_collection_ref(key)
    if export_scope:
        from tracer.train import meta_graph_scope

        items = meta_graph_scope.inside(items, export_scope)
    if not items:
        return
    target = meta_graph_def.collection_def[key]
    try:
        _fill(target, key, items, export_scope)
    except Exception as error:  # whatever the items' own functions raise
        logging.warning("Type is unsupported, or the types of the items don't match field type in CollectionDef.\n%s",
                        error)
        del meta_graph_def.collection_def[key]


def _fill(target: Any, key: Any, items: list[Any], scope: str | None = None) -> None:
    from tracer.derivatives import name_of

    to_proto = proto_functions.get_to_proto_function(key)
    if to_proto is not None:
        for item in items:
            message = to_proto(item)
            if message is not None:
                target.bytes_list.value.append(without_scope(message, scope).SerializeToString())
        return
    kind = _kind_of(items[0])
    values = getattr(target, kind).value
    for item in items:
        if kind == "node_list":
            values.append(name_of(item).removeprefix(f"{scope}/" if scope else ""))
        elif kind == "bytes_list":
            values.append(item.encode() if isinstance(item, str) else item)
        elif kind == "any_list":
            values.add().CopyFrom(item)
        elif kind == "int64_list":
            if not _is_whole(item):
                raise TypeError(f"{item!r} is no integer")
            values.append(int(item))  # truth values among them
        else:
            values.append(item)


def _kind_of(item: Any) -> str:
    from google.protobuf.any_pb2 import Any as AnyMessage

    if isinstance(item, (str, bytes)):
        return "bytes_list"
    if _is_whole(item):
        return "int64_list"
    if isinstance(item, float):
        return "float_list"
    return "any_list" if isinstance(item, AnyMessage) else "node_list"


def _is_whole(item: Any) -> bool:
    return isinstance(item, numbers.Integral)


def read_meta_graph_file(filename: str) -> Any:
    """The MetaGraphDef message in a file, binary or text.

    Raises OSError when there is no such file, or when it holds something else.
    """
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from tracer import protos

    if not os.path.exists(filename):
        raise OSError(f"File {filename} does not exist.")
    with open(filename, "rb") as file:
        data = file.read()
    message = protos.MetaGraphDef()
    try:
        message.ParseFromString(data)
        return message
    except DecodeError:
        pass
    try:
        return text_format.Parse(data, protos.MetaGraphDef())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {filename}: {error}.") from None


def import_meta_graph(meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None,
                      input_map: Any = None) -> Any:
    """Adds the graph of a MetaGraphDef (a message or a file) to the default graph, and restores its collections.

    Returns the Saver that it holds; when it holds none, one for all variables, or None when there are no variables.

    >>> saver = tf.train.import_meta_graph("model-1000.meta")
    >>> saver.restore(sess, "model-1000")

    `clear_devices` leaves out on which devices operations are. `import_scope`, from 0.12 on, is the scope that the names
    of operations and variables get as a prefix; in checkpoints variables have them without it. `input_map` says what
    stands for the inputs of such a name, as for `tf.import_graph_def`, and for those of an exported scope that are called
    `$unbound_inputs_NAME`; ValueError where one of those is missing.
    """
    from tracer import importer, protos, variables
    from tracer.train.saver import Saver

    message = meta_graph_or_file
    if not isinstance(message, protos.MetaGraphDef):
        message = read_meta_graph_file(message)
    graph_def = message.graph_def
    if clear_devices:
        graph_def = protos.GraphDef()
        graph_def.CopyFrom(message.graph_def)
        _clear_devices(graph_def)
    unbound = [name.decode() for name in message.collection_def[UNBOUND_INPUTS].bytes_list.value] \
        if UNBOUND_INPUTS in message.collection_def else []
    if set(unbound) - set(input_map or ()):
        raise ValueError(f"Graph contains unbound inputs: {', '.join(unbound)}. Must provide these inputs through "
                         "input_map.")
    producers = message.meta_info_def.stripped_op_list
    importer.import_graph_def(graph_def, input_map=input_map, name=import_scope or "",
                              producer_op_list=producers if producers.op else None)
    for key in sorted(set(message.collection_def) - {UNBOUND_INPUTS}):
        _restore_collection(key, message.collection_def[key], import_scope)
    if message.HasField("saver_def"):
        return Saver(saver_def=_below(message.saver_def, import_scope))
    return Saver() if variables.all_variables() else None


_NAMED = {
    "VariableDef": ("variable_name", "initializer_name", "snapshot_name"),
    "QueueRunnerDef": ("queue_name", "enqueue_op_name", "close_op_name", "cancel_op_name"),
    "SaverDef": ("filename_tensor_name", "save_tensor_name", "restore_op_name"),
}
"""The fields of messages that hold names of operations and tensors."""


def _below(message: Any, scope: str | None) -> Any:
    """The message with `scope` before the names in it."""
    return _renamed(message, scope, lambda name: f"{scope}/{name}")


def without_scope(message: Any, scope: str | None) -> Any:
    """The message without `scope` before the names in it."""
    return _renamed(message, scope, lambda name: name.removeprefix(f"{scope}/"))


def _renamed(message: Any, scope: str | None, rename: Callable[[str], str]) -> Any:
    if not scope:
        return message
    moved = type(message)()
    moved.CopyFrom(message)
    for field in _NAMED.get(moved.DESCRIPTOR.name, ()):
        value = getattr(moved, field)
        if isinstance(value, str):
            if value:
                setattr(moved, field, rename(value))
        else:
            value[:] = [rename(name) for name in value]
    return moved


def _restore_collection(key: str, collection: Any, scope: str | None) -> None:
    kind = collection.WhichOneof("kind")
    if kind is None:
        logging.error("Cannot identify data type for collection %s. Skipping.", key)
        return
    graph = scopes.get_default_graph()
    values = getattr(collection, kind).value
    from_proto = proto_functions.get_from_proto_function(key)
    if from_proto is not None and kind == "bytes_list":
        proto_type = proto_functions.get_collection_proto_type(key)
        for value in values:
            graph.add_to_collection(key, from_proto(_below(proto_type.FromString(value), scope)))
    elif kind == "node_list":
        for value in values:
            graph.add_to_collection(key, graph.as_graph_element(f"{scope}/{value}" if scope else value))
    else:
        for value in values:
            graph.add_to_collection(key, value)
