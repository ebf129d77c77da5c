"""Every protobuf message that programs of 2016 name, under one roof: `protos.GraphDef`, `protos.DT_FLOAT`.

Nothing is imported before a name is asked for: `import tracer` loads no protobuf.
"""

from __future__ import annotations

import importlib
from typing import Any

_SHIPPED = "tensorboard.compat.proto"
_FILES = {
    "allocation_description": "AllocationDescription",
    "attr_value": "AttrValue NameAttrList",
    "cluster": "ClusterDef JobDef",
    "config": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunMetadata RunOptions ThreadPoolOptionProto",
    "cost_graph": "CostGraphDef",
    "function": "FunctionDef FunctionDefLibrary GradientDef",
    "graph": "GraphDef",
    "histogram": "HistogramProto",
    "meta_graph": "AssetFileDef CollectionDef MetaGraphDef SignatureDef TensorInfo",
    "node_def": "NodeDef",
    "op_def": "OpDef OpDeprecation OpList",
    "saver": "SaverDef",
    "step_stats": "AllocatorMemoryUsed DeviceStepStats MemoryStats NodeExecStats NodeOutput StepStats",
    "summary": "Summary SummaryDescription SummaryMetadata",
    "tensor": "TensorProto",
    "tensor_description": "TensorDescription",
    "tensor_shape": "TensorShapeProto",
    "types": "DataType",
    "variable": "SaveSliceInfoDef VariableDef",
    "versions": "VersionDef",
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names.split()}


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

    enums = [enum for enums in protodefs.ENUMS.values() for enum in enums if "." not in enum]
    values = [word for file, enums in protodefs.ENUMS.items() for enum in enums if "." not in enum
              for word in protodefs.ENUMS[file][enum]]
    messages = [name for names in protodefs.MESSAGES.values() for name in names if "." not in name]
    return sorted({*_FILE_OF, *messages, *enums, *values, *_file("types").DataType.keys()})


def _file(file: str) -> Any:
    return importlib.import_module(f"{_SHIPPED}.{file}_pb2")


def _find(name: str) -> Any:
    if name in _FILE_OF:
        return getattr(_file(_FILE_OF[name]), name)
    if name.startswith("DT_"):
        return getattr(_file("types"), name, None)
    from google.protobuf.internal import enum_type_wrapper

    from tracer import protodefs

    file = protodefs.FILE_OF.get(name)
    if file is not None and name in protodefs.MESSAGES[file]:
        return protodefs.message_class(name)
    for file, enums in protodefs.ENUMS.items():
        for enum, values in enums.items():
            if name == enum and "." not in enum:
                return enum_type_wrapper.EnumTypeWrapper(protodefs.load(file).enum_types_by_name[enum])
            if name in values and "." not in enum:
                return values[name]
    return None
