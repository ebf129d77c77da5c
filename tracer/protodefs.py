"""The protobuf messages that programs of 2016 name: what tensorboard ships, under a name of our own, and the rest.

The rest is built from a table: field names, numbers and types are those of the formats, so that bytes written here are
read everywhere. All live in a package of our own, so that a real TensorFlow or TensorBoard in the same process keeps
its messages to itself, and ours print as TensorFlow's did: attributes sorted, floats with a point.
"""

from __future__ import annotations

import importlib
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

PACKAGE = "tracer"
_SHIPPED = "tensorboard.compat.proto"
_SCALAR = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "bool": 8, "string": 9, "bytes": 12}
_MESSAGE, _ENUM = 11, 14
_TYPE_NUMBERS = {0, *range(1, 20), *range(101, 120)}  # DT_INVALID, the types of 0.8 and their references
_RENAMED = {"DEBUGGING": "DEBUG"}  # values of enumerations that were called otherwise in 0.8

SHIPPED = {
    "allocation_description": "AllocationDescription",
    "attr_value": "AttrValue NameAttrList",
    "cluster": "ClusterDef JobDef",
    "config": "ConfigProto GPUOptions GraphOptions OptimizerOptions RunMetadata RunOptions ThreadPoolOptionProto",
    "cost_graph": "CostGraphDef",
    "event": "Event LogMessage SessionLog TaggedRunMetadata",
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
"""The files that tensorboard ships, and what is asked for in each."""

ENUMS: dict[str, dict[str, dict[str, int]]] = {
    "error_codes": {
        "Code": {
            "OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
            "ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "UNAUTHENTICATED": 16, "RESOURCE_EXHAUSTED": 8,
            "FAILED_PRECONDITION": 9, "ABORTED": 10, "OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13,
            "UNAVAILABLE": 14, "DATA_LOSS": 15,
            "DO_NOT_USE_RESERVED_FOR_FUTURE_EXPANSION_USE_DEFAULT_IN_SWITCH_INSTEAD_": 20,
        },
    },
    "device_attributes": {"BusAdjacency": {"BUS_0": 0, "BUS_1": 1, "BUS_ANY": 2, "BUS_NUM_ADJACENCIES": 3}},
}

# A field is "name number type"; `type*` is repeated, `{key value}` a map, and `group.name` one of a oneof.
MESSAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "error_codes": {},
    "feature": {
        "BytesList": ("value 1 bytes*",),
        "FloatList": ("value 1 float*",),
        "Int64List": ("value 1 int64*",),
        "Feature": ("kind.bytes_list 1 BytesList", "kind.float_list 2 FloatList", "kind.int64_list 3 Int64List"),
        "Features": ("feature 1 {string Feature}",),
        "FeatureList": ("feature 1 Feature*",),
        "FeatureLists": ("feature_list 1 {string FeatureList}",),
    },
    "example": {
        "Example": ("features 1 Features",),
        "SequenceExample": ("context 1 Features", "feature_lists 2 FeatureLists"),
    },
    "checkpoint_state": {
        "CheckpointState": ("model_checkpoint_path 1 string", "all_model_checkpoint_paths 2 string*"),
    },
    "queue_runner": {
        "QueueRunnerDef": ("queue_name 1 string", "enqueue_op_name 2 string*", "close_op_name 3 string",
                           "cancel_op_name 4 string"),
    },
    "tensorflow_server": {
        "ServerDef": ("cluster 1 ClusterDef", "job_name 2 string", "task_index 3 int32",
                      "default_session_config 4 ConfigProto", "protocol 5 string"),
    },
    "device_attributes": {
        "DeviceAttributes": ("name 1 string", "device_type 2 string", "memory_limit 4 int64",
                             "bus_adjacency 5 BusAdjacency", "incarnation 6 fixed64", "physical_device_desc 7 string"),
    },
    "kernel_def": {
        "KernelDef": ("op 1 string", "device_type 2 string", "constraint 3 KernelDef.AttrConstraint*",
                      "host_memory_arg 4 string*", "label 5 string"),
        "KernelDef.AttrConstraint": ("name 1 string", "allowed_values 2 AttrValue"),
    },
    "log_memory": {
        "MemoryLogStep": ("step_id 1 int64", "handle 2 string"),
        "MemoryLogTensorAllocation": ("step_id 1 int64", "kernel_name 2 string", "tensor 3 TensorDescription"),
        "MemoryLogTensorDeallocation": ("allocation_id 1 int64", "allocator_name 2 string"),
        "MemoryLogTensorOutput": ("step_id 1 int64", "kernel_name 2 string", "index 3 int32", "tensor 4 TensorDescription"),
        "MemoryLogRawAllocation": ("step_id 1 int64", "operation 2 string", "num_bytes 3 int64", "ptr 4 uint64",
                                   "allocation_id 5 int64", "allocator_name 6 string"),
        "MemoryLogRawDeallocation": ("step_id 1 int64", "operation 2 string", "allocation_id 3 int64",
                                     "allocator_name 4 string", "deferred 5 bool"),
    },
    "tensor_slice": {
        "TensorSliceProto": ("extent 1 TensorSliceProto.Extent*",),
        "TensorSliceProto.Extent": ("start 1 int64", "has_length.length 2 int64"),
    },
    "saved_tensor_slice": {
        "SavedSliceMeta": ("name 1 string", "shape 2 TensorShapeProto", "type 3 DataType", "slice 4 TensorSliceProto*"),
        "SavedTensorSliceMeta": ("tensor 1 SavedSliceMeta*", "versions 2 VersionDef"),
        "SavedSlice": ("name 1 string", "slice 2 TensorSliceProto", "data 3 TensorProto"),
        "SavedTensorSlices": ("meta 1 SavedTensorSliceMeta", "data 2 SavedSlice"),
    },
    "named_tensor": {"NamedTensorProto": ("name 1 string", "tensor 2 TensorProto")},
    "memmapped_file_system": {
        "MemmappedFileSystemDirectoryElement": ("offset 1 uint64", "name 2 string"),
        "MemmappedFileSystemDirectory": ("element 1 MemmappedFileSystemDirectoryElement*",),
    },
    "control_flow": {
        "ValuesDef": ("values 1 string*", "external_values 2 {string string}"),
        "CondContextDef": ("context_name 1 string", "pred_name 2 string", "pivot_name 3 string", "branch 4 int32",
                           "values_def 5 ValuesDef"),
        "WhileContextDef": ("context_name 1 string", "parallel_iterations 2 int32", "back_prop 3 bool",
                            "swap_memory 4 bool", "pivot_name 5 string", "pivot_for_pred_name 6 string",
                            "pivot_for_body_name 7 string", "loop_exit_names 8 string*", "values_def 9 ValuesDef"),
    },
    "manifest": {
        "Signatures": ("default_signature 1 Signature", "named_signatures 2 {string Signature}"),
        "TensorBinding": ("tensor_name 1 string",),
        "AssetFile": ("tensor_binding 1 TensorBinding", "filename 2 string"),
        "Signature": ("type.regression_signature 1 RegressionSignature",
                      "type.classification_signature 2 ClassificationSignature",
                      "type.generic_signature 3 GenericSignature"),
        "RegressionSignature": ("input 1 TensorBinding", "output 2 TensorBinding"),
        "ClassificationSignature": ("input 1 TensorBinding", "classes 2 TensorBinding", "scores 3 TensorBinding"),
        "GenericSignature": ("map 1 {string TensorBinding}",),
    },
    "tfprof": {
        "OpLogEntry": ("name 1 string", "float_ops 2 int64", "types 3 string*"),
        "OpLog": ("log_entries 1 OpLogEntry*",),
        "TFProfNode": ("name 1 string", "parameters 4 int64", "float_ops 13 int64", "device 10 string",
                       "total_parameters 8 int64", "total_float_ops 14 int64", "shapes 11 TensorShapeProto*",
                       "children 12 TFProfNode*"),
    },
    "test_log": {
        "EntryValue": ("kind.double_value 1 double", "kind.string_value 2 string"),
        "BenchmarkEntry": ("name 1 string", "iters 2 int64", "cpu_time 3 double", "wall_time 4 double",
                           "throughput 5 double", "extras 6 {string EntryValue}"),
        "BenchmarkEntries": ("entry 1 BenchmarkEntry*",),
    },
}

PACKAGES = {"error_codes": f"{PACKAGE}.error", "manifest": "tensorflow.serving"}
"""Files whose package is another: one whose enumeration has an OK too, and one whose messages are packed by name."""
FILE_OF = {
    **{name: file for file, names in SHIPPED.items() for name in names.split()},
    **{name: file for table in (MESSAGES, ENUMS) for file, types in table.items() for name in types},
}
_classes: dict[str, list[Any]] = {}  # kept here: the descriptors do not keep their classes alive


def file_name(file: str) -> str:
    """The name under which `file` stands in the descriptor pool."""
    return f"{PACKAGE}/{file}.proto"


def load(file: str) -> Any:
    """The descriptor of `file`, added to the default pool the first time."""
    pool = descriptor_pool.Default()
    if file not in _classes:
        description = _Builder(file).description() if file in MESSAGES else _shipped(file)
        for other in description.dependency:
            if other.startswith(PACKAGE + "/"):
                load(other[len(PACKAGE) + 1:-len(".proto")])
        pool.AddSerializedFile(description.SerializeToString())
        found = pool.FindFileByName(file_name(file))
        _classes[file] = [one for each in found.message_types_by_name.values() for one in _printing(each)]
    return pool.FindFileByName(file_name(file))


def message_class(name: str) -> Any:
    """The class of the message called `name`."""
    return message_factory.GetMessageClass(load(FILE_OF[name]).message_types_by_name[name])


def _printing(descriptor: Any) -> list[Any]:
    """The classes of a message and of those defined inside, made to print as they did."""
    made = message_factory.GetMessageClass(descriptor)
    for word in ("__str__", "__repr__"):
        setattr(made, word, text_format.MessageToString)
    return [made, *(inner for nested in descriptor.nested_types for inner in _printing(nested))]


def _shipped(file: str) -> Any:
    """A copy of a file of tensorboard's, in our package."""
    module = importlib.import_module(f"{_SHIPPED}.{file}_pb2")
    copy = descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    folder = _SHIPPED.replace(".", "/") + "/"
    copy.name, copy.package = file_name(file), PACKAGE
    copy.dependency[:] = [other.replace(folder, PACKAGE + "/") for other in copy.dependency]
    enums = list(copy.enum_type)
    messages = list(copy.message_type)
    while messages:
        message = messages.pop()
        messages += message.nested_type
        enums += message.enum_type
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(".tensorboard.", f".{PACKAGE}.", 1)
    for enum in enums:
        kept = [value for value in enum.value if enum.name != "DataType" or value.number in _TYPE_NUMBERS]
        del enum.value[:]
        for value in kept:
            enum.value.add(name=_RENAMED.get(value.name, value.name), number=value.number)
    if file == "function":
        _add_body_of_08(copy)
    return copy


def _add_body_of_08(copy: Any) -> None:
    """Gives FunctionDef the `node` in which 0.8 kept a function's body, beside the `node_def` that came later."""
    message = next(message for message in copy.message_type if message.name == "FunctionDef")
    del message.reserved_range[:]
    builder = _Builder("function")
    builder.fill(message, "FunctionDef", ("node 2 FunctionDef.Node*",))
    builder.fill(message.nested_type.add(name="Node"), "FunctionDef.Node",
                 ("ret 1 string*", "op 2 string", "arg 3 string*", "dep 4 string*", "attr 5 {string AttrValue}"))


class _Builder:
    """Writes the FileDescriptorProto of one row of the tables."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.depends: dict[str, None] = {}

    def description(self) -> Any:
        """The finished message."""
        package = PACKAGES.get(self.file, PACKAGE)
        made = descriptor_pb2.FileDescriptorProto(name=file_name(self.file), package=package, syntax="proto3")
        messages: dict[str, Any] = {}
        for name, fields in MESSAGES[self.file].items():
            outer, _, inner = name.rpartition(".")
            message = (messages[outer].nested_type if outer else made.message_type).add(name=inner)
            messages[name] = message
            self.fill(message, name, fields)
        for name, values in ENUMS.get(self.file, {}).items():
            outer, _, inner = name.rpartition(".")
            enum = (messages[outer].enum_type if outer else made.enum_type).add(name=inner)
            for word, number in values.items():
                enum.value.add(name=word, number=number)
        made.dependency.extend(self.depends)
        return made

    def fill(self, message: Any, owner: str, fields: tuple[str, ...]) -> None:
        """Adds fields to the description of a message."""
        for field in fields:
            self._field(message, owner, field)

    def _field(self, message: Any, owner: str, text: str) -> None:
        name, number, kind = text.split(" ", 2)
        group, _, name = name.rpartition(".")
        repeated = kind[-1] in "*}"
        field = message.field.add(name=name, number=int(number), label=3 if repeated else 1)
        if group:
            groups = [one.name for one in message.oneof_decl]
            if group not in groups:
                message.oneof_decl.add(name=group)
                groups.append(group)
            field.oneof_index = groups.index(group)
        if kind[0] == "{":
            entry = "".join(word.title() for word in name.split("_")) + "Entry"
            nested = message.nested_type.add(name=entry)
            nested.options.map_entry = True
            key, value = kind[1:-1].split()
            self._type(nested.field.add(name="key", number=1, label=1), key)
            self._type(nested.field.add(name="value", number=2, label=1), value)
            field.type, field.type_name = _MESSAGE, f".{PACKAGES.get(self.file, PACKAGE)}.{owner}.{entry}"
        else:
            self._type(field, kind.rstrip("*"))

    def _type(self, field: Any, kind: str) -> None:
        if kind in _SCALAR:
            field.type = _SCALAR[kind]
        else:
            field.type = _ENUM if kind == "DataType" or any(kind in types for types in ENUMS.values()) else _MESSAGE
            field.type_name = f".{PACKAGES.get(FILE_OF.get(kind, self.file), PACKAGE)}.{kind}"
            if FILE_OF.get(kind, self.file) != self.file:
                self.depends[file_name(FILE_OF[kind])] = None
