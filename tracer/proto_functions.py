"""How the items of a collection become protobuf messages, and come back, when a graph is exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tracer.scopes import GraphKeys


class ProtoFunctions(NamedTuple):
    """What is registered for one collection: the message's class, and the functions to it and from it."""

    proto_type: Any
    to_proto: Callable | None
    from_proto: Callable | None


_registered: dict[Any, ProtoFunctions] = {}


def register_proto_function(collection_name: Any, proto_type: Any = None, to_proto: Callable | None = None,
                            from_proto: Callable | None = None) -> None:
    """Says how the items of a collection are exported and imported.

    >>> ops.register_proto_function("my_things", MyProto, to_proto=MyThing.to_proto, from_proto=MyThing.from_proto)

    Raises:
        TypeError: a function is none.
        KeyError: the collection has functions already.
    """
    if to_proto and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    if find(collection_name) is not None:
        raise KeyError(f"Registering two proto_function with name '{collection_name}' !")
    _registered[collection_name] = ProtoFunctions(proto_type, to_proto, from_proto)


def find(collection_name: Any) -> ProtoFunctions | None:
    """What is registered for a collection, or None."""
    if collection_name in _registered:
        return _registered[collection_name]
    if not isinstance(collection_name, str):
        return None
    if collection_name in _VARIABLES:
        from tracer import protos
        from tracer.variables import Variable

        return ProtoFunctions(protos.VariableDef, Variable.to_proto, Variable.from_proto)
    if collection_name == GraphKeys.QUEUE_RUNNERS:
        from tracer import protos
        from tracer.train.queue_runner import QueueRunner

        return ProtoFunctions(protos.QueueRunnerDef, QueueRunner.to_proto, QueueRunner.from_proto)
    if collection_name == GraphKeys.SAVERS:
        from tracer import protos
        from tracer.train.saver import Saver

        return ProtoFunctions(protos.SaverDef, Saver.to_proto, Saver.from_proto)
    return None


_VARIABLES = frozenset({GraphKeys.VARIABLES, GraphKeys.TRAINABLE_VARIABLES, GraphKeys.MOVING_AVERAGE_VARIABLES})


def get_collection_proto_type(collection_name: Any) -> Any:
    """The class of the messages of a collection, or None."""
    found = find(collection_name)
    return found and found.proto_type


def get_to_proto_function(collection_name: Any) -> Callable | None:
    """The function from an item to its message, or None."""
    found = find(collection_name)
    return found and found.to_proto


def get_from_proto_function(collection_name: Any) -> Callable | None:
    """The function from a message to the item, or None."""
    found = find(collection_name)
    return found and found.from_proto
