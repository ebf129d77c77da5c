"""Every protobuf message that programs of 2016 name, under one roof: `protos.GraphDef`, `protos.DT_FLOAT`.

Nothing is imported before a name is asked for: `import tracer` loads no protobuf.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = _find(name)
    if found is None:
        raise AttributeError(f"TensorFlow 0.8 has no message, enumeration or value called {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from tracer import protodefs

    enums = {name: values for table in protodefs.ENUMS.values() for name, values in table.items()}
    messages = [name for name in protodefs.FILE_OF if "." not in name]
    return sorted({*messages, *(word for values in enums.values() for word in values), *_find("DataType").keys()})


def _find(name: str) -> Any:
    """A message class, an enumeration or one of its values; None when there is none of this name."""
    from google.protobuf.internal import enum_type_wrapper

    from tracer import protodefs

    if name.startswith("DT_"):
        return dict(_find("DataType").items()).get(name)
    file = protodefs.FILE_OF.get(name)
    if file is None:
        return next((values[name] for table in protodefs.ENUMS.values() for values in table.values() if name in values),
                    None)
    enum = protodefs.load(file).enum_types_by_name.get(name)
    return protodefs.message_class(name) if enum is None else enum_type_wrapper.EnumTypeWrapper(enum)
