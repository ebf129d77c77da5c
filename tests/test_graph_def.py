"""Messages that other programs read. What they must hold is what TensorFlow 0.12.1 and TensorFlow 0.8's tests say."""

import subprocess
import sys

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from tracer import graph_util, op_def_registry, protos, tensor_util, values
from tracer.legacy import framework_ops
from tracer.op_def_library import OpDefLibrary


def text(message):
    """A message on one line."""
    return " ".join(str(message).split())


def test_importing_the_package_loads_no_protobuf():
    code = "import sys, tracer; print([m for m in sys.modules if m.startswith(('google', 'tensorboard'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_first_node_of_a_program_prints_as_tensorflow_printed_it():
    assert str(tf.constant(1.0).op.node_def) == """name: "Const"
op: "Const"
attr {
  key: "dtype"
  value {
    type: DT_FLOAT
  }
}
attr {
  key: "value"
  value {
    tensor {
      dtype: DT_FLOAT
      tensor_shape {
      }
      float_val: 1.0
    }
  }
}
"""


CONSTANTS = [
    ((1.0,), {}, "dtype: DT_FLOAT tensor_shape { } float_val: 1.0"),
    (([1.0],), {}, "dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 1.0"),
    (([[1]],), {}, "dtype: DT_INT32 tensor_shape { dim { size: 1 } dim { size: 1 } } int_val: 1"),
    (([1, 2, 3],), {}, "dtype: DT_INT32 tensor_shape { dim { size: 3 } } "
                       r'tensor_content: "\001\000\000\000\002\000\000\000\003\000\000\000"'),
    ((True,), {}, "dtype: DT_BOOL tensor_shape { } bool_val: true"),
    (([True, False],), {}, "dtype: DT_BOOL tensor_shape { dim { size: 2 } } bool_val: true bool_val: false"),
    (("a",), {}, 'dtype: DT_STRING tensor_shape { } string_val: "a"'),
    ((["a", "b"],), {}, 'dtype: DT_STRING tensor_shape { dim { size: 2 } } string_val: "a" string_val: "b"'),
    ((np.float16(1.5),), {}, "dtype: DT_HALF tensor_shape { } half_val: 15872"),
    ((np.array([1.5, 2], np.float16),), {},
     "dtype: DT_HALF tensor_shape { dim { size: 2 } } half_val: 15872 half_val: 16384"),
    (([],), {}, "dtype: DT_FLOAT tensor_shape { dim { } }"),
    ((np.zeros([0, 3], np.float32),), {}, "dtype: DT_FLOAT tensor_shape { dim { } dim { size: 3 } }"),
    ((0.0,), {"shape": [2, 3]}, "dtype: DT_FLOAT tensor_shape { dim { size: 2 } dim { size: 3 } } float_val: 0.0"),
    (([True],), {"shape": [3]}, "dtype: DT_BOOL tensor_shape { dim { size: 3 } } bool_val: true"),
    ((1 + 2j,), {"dtype": tf.complex64}, "dtype: DT_COMPLEX64 tensor_shape { } scomplex_val: 1.0 scomplex_val: 2.0"),
    ((np.array([1 + 2j, 3], np.complex64),), {},
     "dtype: DT_COMPLEX64 tensor_shape { dim { size: 2 } } scomplex_val: 1.0 scomplex_val: 2.0 scomplex_val: 3.0 "
     "scomplex_val: 0.0"),
    ((np.int8(3),), {}, "dtype: DT_INT8 tensor_shape { } int_val: 3"),
    ((np.array([3, 4], np.uint16),), {}, "dtype: DT_UINT16 tensor_shape { dim { size: 2 } } int_val: 3 int_val: 4"),
    ((np.array(1.0),), {}, "dtype: DT_DOUBLE tensor_shape { } double_val: 1.0"),
    ((np.array([5, 5, 5]),), {}, "dtype: DT_INT64 tensor_shape { dim { size: 3 } } tensor_content: "
     r'"\005\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000\005\000\000\000\000\000\000\000"'),
    (("x",), {"shape": [2]}, 'dtype: DT_STRING tensor_shape { dim { size: 2 } } string_val: "x"'),
    (([(21,), (22,)],), {"dtype": tf.qint8},
     r'dtype: DT_QINT8 tensor_shape { dim { size: 2 } } tensor_content: "\025\026"'),
    (((21,),), {"dtype": tf.quint8}, "dtype: DT_QUINT8 tensor_shape { } int_val: 21"),
]


@pytest.mark.parametrize(("arguments", "keywords", "expected"), CONSTANTS, ids=[row[2] for row in CONSTANTS])
def test_constants_are_written_as_tensorflow_writes_them(arguments, keywords, expected):
    op = tf.constant(*arguments, **keywords).op
    message = op.node_def.attr["value"].tensor
    assert text(message) == expected
    again = tensor_util.MakeNdarray(message)
    assert again.dtype == op.attrs["dtype"].as_numpy_dtype
    assert again.shape == op.attrs["value"].shape
    assert again.flags.writeable
    assert values.plain(again).tolist() == op.attrs["value"].tolist()


def test_a_tensor_message_with_fewer_elements_repeats_the_last():
    message = text_format.Parse("dtype: DT_INT32 tensor_shape { dim { size: 4 } } int_val: 1 int_val: 2",
                                protos.TensorProto())
    assert tensor_util.MakeNdarray(message).tolist() == [1, 2, 2, 2]


@pytest.mark.parametrize("broken", [
    'dtype: DT_INT32 tensor_shape { dim { size: 2 } } tensor_content: "abc"',
    "dtype: DT_INT32 tensor_shape { } int_val: 1 int_val: 2",
    "dtype: DT_FLOAT tensor_shape { dim { size: -1 } } float_val: 1",
    "dtype: DT_FLOAT tensor_shape { unknown_rank: true } float_val: 1",
])
def test_a_damaged_tensor_message_is_refused(broken):
    with pytest.raises(ValueError, match="Cannot parse tensor from proto"):
        tensor_util.MakeNdarray(text_format.Parse(broken, protos.TensorProto()))


def test_a_tensor_message_of_an_unknown_type_is_refused():
    with pytest.raises(TypeError, match="Unsupported tensor type: 77"):
        tensor_util.MakeNdarray(protos.TensorProto(dtype=77))


def test_a_huge_repeated_constant_takes_no_memory():
    message = tf.constant(7, shape=[100_000, 100_000]).op.node_def.attr["value"].tensor
    assert message.ByteSize() < 40
    assert tensor_util.array_from(message).base.nbytes < 100


PLACEHOLDERS = [(None, "shape { }"), ([], "shape { }"), ([None, 3], "shape { }"),
                ([2, 3], "shape { dim { size: 2 } dim { size: 3 } }")]


@pytest.mark.parametrize(("shape", "expected"), PLACEHOLDERS)
def test_only_a_fully_known_shape_of_a_placeholder_is_written(shape, expected):
    assert text(tf.placeholder(tf.float32, shape).op.node_def.attr["shape"]) == expected


def test_a_variable_is_exported_as_tensorflow_exports_it():
    tf.Variable(tf.constant(0.0, shape=[2, 3]), name="v")
    assign, read = tf.get_default_graph().as_graph_def(add_shapes=True).node[2:]
    size = "shape { dim { size: 2 } dim { size: 3 } }"
    assert text(assign) == (
        'name: "v/Assign" op: "Assign" input: "v" input: "Const" attr { key: "T" value { type: DT_FLOAT } } '
        'attr { key: "_class" value { list { s: "loc:@v" } } } '
        f'attr {{ key: "_output_shapes" value {{ list {{ {size} }} }} }} '
        'attr { key: "use_locking" value { b: true } } attr { key: "validate_shape" value { b: true } }')
    assert text(read) == (
        'name: "v/read" op: "Identity" input: "v" attr { key: "T" value { type: DT_FLOAT } } '
        f'attr {{ key: "_class" value {{ list {{ s: "loc:@v" }} }} }} '
        f'attr {{ key: "_output_shapes" value {{ list {{ {size} }} }} }}')


def test_inputs_controls_and_devices_of_a_node():
    with tf.device("/gpu:1"):
        a = tf.constant(1.0, name="a")
    with tf.control_dependencies([tf.no_op(name="before")]):
        node = tf.identity(a, name="b").op.node_def
    assert list(node.input) == ["a", "^before"]
    assert a.op.node_def.device == "/device:GPU:1"


def test_part_of_a_graph_and_its_versions():
    tf.constant(1.0, name="a")
    graph = tf.get_default_graph()
    seen = graph.version
    tf.constant(2.0, name="b")
    assert [node.name for node in graph.as_graph_def(from_version=seen).node] == ["b"]
    assert text(graph.as_graph_def().versions) == "producer: 9"
    graph.graph_def_versions.min_consumer = 5
    assert graph.as_graph_def().versions.min_consumer == 5


def test_attributes_as_python_values():
    op = tf.Variable([[1.0]], name="v").op
    assert (op.get_attr("dtype"), op.get_attr("container")) == (1, b"")
    assert op.get_attr("shape") == protos.TensorShapeProto(dim=[protos.TensorShapeProto.Dim(size=1)] * 2)
    assert op.outputs[0].consumers()[0].get_attr("_class") == [b"loc:@v"]
    with pytest.raises(ValueError, match="No attr named 'n' in name: \"v\"\nop: \"Variable\""):
        op.get_attr("n")


def test_the_definition_of_an_operation():
    assert text(tf.Variable(0.0).op.op_def) == (
        'name: "Variable" output_arg { name: "ref" type_attr: "dtype" is_ref: true } '
        'attr { name: "shape" type: "shape" } attr { name: "dtype" type: "type" } '
        'attr { name: "container" type: "string" default_value { s: "" } } '
        'attr { name: "shared_name" type: "string" default_value { s: "" } } is_stateful: true')
    from tracer import graph_def, opdef

    squeeze = ('attr { name: "squeeze_dims" type: "list(int)" default_value { list { } } has_minimum: true }')
    assert squeeze in text(graph_def.op_def("Squeeze"))
    assert ('attr { name: "padding" type: "string" allowed_values { list { s: "SAME" s: "VALID" } } }'
            in text(graph_def.op_def("Conv2D")))
    for type in opdef.names():
        described = graph_def.op_def(type)
        assert graph_def.describe(op_def_registry.definition_of(described)) == described


def test_what_cannot_be_written_out_is_a_node_too():
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.gradients(tf.digamma(x), x)
    message = tf.get_default_graph().as_graph_def()
    node = message.node[-1]
    assert (node.op, list(node.input)) == ("PyFunc", ["Digamma", "x"])  # which TensorFlow can read
    assert text(node.attr["Tin"]) == "list { type: DT_FLOAT type: DT_FLOAT }"
    assert node.attr["token"].s.endswith(b"nothing says how TensorFlow differentiates Digamma 'Digamma'")
    x, gradient = tf.import_graph_def(message, return_elements=["x:0", node.name + ":0"], name="again")
    assert gradient.op.type == "Gradients"
    assert tf.Session().run(gradient, {x: [1.0, 1.0]}) == pytest.approx([np.pi ** 2 / 6] * 2, rel=1e-6)


def test_messages_keep_the_field_names_of_2016():
    config = tf.ConfigProto(log_device_placement=True, inter_op_parallelism_threads=2, device_count={"GPU": 0},
                            gpu_options=tf.GPUOptions(allow_growth=True, per_process_gpu_memory_fraction=0.3),
                            graph_options=tf.GraphOptions(optimizer_options=tf.OptimizerOptions(
                                opt_level=tf.OptimizerOptions.L0)))
    assert tf.ConfigProto.FromString(config.SerializeToString()) == config
    assert tf.LogMessage(level=tf.LogMessage.DEBUG).level == 10
    assert (tf.SessionLog.START, tf.RunOptions.NO_TRACE, protos.DT_STRING) == (1, 0, 7)
    assert protos.Code.Name(protos.INVALID_ARGUMENT) == "INVALID_ARGUMENT"


WRITTEN = {
    "Example { features { feature { key: 'ids' value { int64_list { value: 1 value: -2 } } } } }":
        b"\n\x18\n\x16\n\x03ids\x12\x0f\x1a\r\n\x0b\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    "SequenceExample { context { feature { key: 'a' value { float_list { value: 1.5 } } } } feature_lists { "
    "feature_list { key: 'b' value { feature { bytes_list { value: 'x' } } } } } }":
        b"\n\x0f\n\r\n\x01a\x12\x08\x12\x06\n\x04\x00\x00\xc0?\x12\x0e\n\x0c\n\x01b\x12\x07\n\x05\n\x03\n\x01x",
    "CheckpointState { model_checkpoint_path: 'a' all_model_checkpoint_paths: 'a' all_model_checkpoint_paths: 'b' }":
        b"\n\x01a\x12\x01a\x12\x01b",
    "QueueRunnerDef { queue_name: 'q' enqueue_op_name: 'e' close_op_name: 'c' cancel_op_name: 'd' }":
        b'\n\x01q\x12\x01e\x1a\x01c"\x01d',
    "Event { step: 3 wall_time: 1.5 summary { value { tag: 't' simple_value: 2 } } }":
        b"\t\x00\x00\x00\x00\x00\x00\xf8?\x10\x03*\n\n\x08\n\x01t\x15\x00\x00\x00@",
    "ServerDef { cluster { job { name: 'w' tasks { key: 0 value: 'h:1' } } } job_name: 'w' task_index: 1 "
    "protocol: 'grpc' }": b"\n\x0e\n\x0c\n\x01w\x12\x07\x08\x00\x12\x03h:1\x12\x01w\x18\x01*\x04grpc",
}


@pytest.mark.parametrize("described", WRITTEN)
def test_messages_are_written_as_tensorflow_wrote_them(described):
    name, _, fields = described.partition(" ")
    message = text_format.Parse(fields[1:-1], getattr(protos, name)())
    assert message.SerializeToString(deterministic=True) == WRITTEN[described]
    assert type(message).FromString(WRITTEN[described]) == message


def test_every_message_class_can_be_made():
    for name in dir(protos):
        found = getattr(protos, name)
        assert not callable(found) or found().SerializeToString() == b""
    with pytest.raises(AttributeError, match="no message, enumeration or value called 'GraphDeff'"):
        _ = protos.GraphDeff


def test_create_op_wants_a_shape_function():
    with pytest.raises(RuntimeError, match="No shape function registered for standard op: shapeless_op"):
        tf.Graph().create_op("shapeless_op", [], [tf.float32])


def test_create_op_of_a_known_type_infers_its_shape():
    x = tf.placeholder(tf.float32, [2, None])
    op = x.graph.create_op("Identity", [x], [tf.float32], name="same", attrs={"T": tf.AttrValue(type=protos.DT_FLOAT)})
    assert op.outputs[0].get_shape().as_list() == [2, None]
    assert tf.Session().run(op.outputs[0], {x: [[1, 2]] * 2}).tolist() == [[1, 2], [1, 2]]


def test_registered_shapes_and_definitions():
    operations = text_format.Parse("""
        op { name: 'TestTwice' input_arg { name: 'x' type_attr: 'T' } output_arg { name: 'y' type_attr: 'T' }
             attr { name: 'T' type: 'type' } attr { name: 'times' type: 'int' default_value { i: 2 } } }
    """, protos.OpList())
    op_def_registry.register_op_list(operations)

    @tf.RegisterShape("TestTwice")
    def _(op):
        return [[op.inputs[0].get_shape()[0] * op.get_attr("times")]]

    library = OpDefLibrary()
    library.add_op_list(operations)
    y = library.apply_op("TestTwice", x=[1.0, 2.0], times=3)
    assert (y.get_shape().as_list(), y.dtype, y.op.inputs[0].name) == ([6], tf.float32, "TestTwice/x:0")
    assert text(y.op.node_def) == (
        'name: "TestTwice" op: "TestTwice" input: "TestTwice/x" attr { key: "T" value { type: DT_FLOAT } } '
        'attr { key: "times" value { i: 3 } }')
    with pytest.raises(KeyError, match="Registering two shape functions with name 'TestTwice' !"):
        tf.RegisterShape("TestTwice")(None)
    with pytest.raises(ValueError, match="not equal to op_def to register"):
        op_def_registry.register_op_list(protos.OpList(op=[protos.OpDef(name="TestTwice")]))
    with pytest.raises(TypeError, match=r"apply_op\(\) got unexpected keyword arguments: extra"):
        library.apply_op("TestTwice", x=1, times=1, extra=2)
    with pytest.raises(tf.errors.UnsupportedError, match="TestTwice 'TestTwice', recorded at "):
        tf.Session().run(y)


def test_the_part_of_a_graph_that_nodes_need():
    graph = text_format.Parse("""
        node { name: 'n1' input: 'n5' } node { name: 'n2' input: 'n1:0' } node { name: 'n3' input: '^n2' }
        node { name: 'n4' } node { name: 'n5' input: 'n1' }
    """, protos.GraphDef())
    assert [node.name for node in graph_util.extract_sub_graph(graph, ["n3"]).node] == ["n1", "n2", "n3", "n5"]
    with pytest.raises(AssertionError, match="n9 is not in graph"):
        graph_util.extract_sub_graph(graph, ["n9"])


def test_training_nodes_are_spliced_out():
    graph = text_format.Parse("""
        node { name: 'a' op: 'Const' } node { name: 'b' op: 'Identity' input: 'a:0' }
        node { name: 'c' op: 'CheckNumerics' input: 'b' } node { name: 'd' op: 'Relu' input: 'c' }
        node { name: 'e' op: 'Identity' input: 'd' } node { name: 'f' op: 'Relu' input: 'd' input: '^e' }
    """, protos.GraphDef())
    result = graph_util.remove_training_nodes(graph)
    assert [(node.name, list(node.input)) for node in result.node] == [
        ("a", []), ("d", ["a:0"]), ("e", ["d"]), ("f", ["d", "^e"])]


def test_what_must_run_on_a_cpu():
    assert [graph_util.must_run_on_cpu(tf.constant(value).op) for value in (1, "a", 1.0, True)] == [
        True, True, False, False]
    v = tf.Variable(1.0)
    assert not graph_util.must_run_on_cpu(v.op)
    assert graph_util.must_run_on_cpu(v.op, pin_variables_on_cpu=True)
    assert graph_util.set_cpu0("/job:a/task:1/gpu:3") == "/job:a/task:1/device:CPU:0"
    with tf.device(graph_util.pin_variables_on_cpu), tf.device("/job:w"):
        assert tf.Variable(2.0).op.device == "/job:w/device:CPU:0"


def test_the_definitions_that_a_graph_needs():
    tf.identity(tf.constant(1.0))
    x = tf.placeholder(tf.float32)
    tf.gradients(tf.digamma(x), x)
    graph = tf.get_default_graph().as_graph_def()
    operations = tf.contrib.util.stripped_op_list_for_graph(graph).op
    assert [op.name for op in operations] == ["Const", "Digamma", "Identity", "Placeholder", "PyFunc"]  # a gradient
    assert tf.contrib.util.make_ndarray(tf.contrib.util.make_tensor_proto([1.0])).tolist() == [1]
    graph.node[0].op = "Nope"
    with pytest.raises(ValueError, match="Op Nope is used by the graph, but is not registered"):
        tf.contrib.util.stripped_op_list_for_graph(graph)
    with pytest.raises(AttributeError, match=r"tf\.contrib\.nothing has no counterpart"):
        _ = tf.contrib.nothing


def copied(tensor, swapped):
    """The tensor with others in the place of some that it was computed from, as libraries of the time copied graphs."""
    if tensor in swapped or tensor.op.type == "Variable":
        return swapped.get(tensor, tensor)
    old, graph = tensor.op, tensor.graph
    message = old.node_def
    message.name = "copied/" + old.name
    op = tf.Operation(message, graph, [copied(t, swapped) for t in old.inputs], old._output_types, [], old._input_types,
                      None, old.op_def)
    framework_ops.set_shapes_for_outputs(op)
    graph._add_op(op)
    graph._record_op_seen_by_control_dependencies(op)
    graph._apply_device_functions(op)
    return op.outputs[tensor.value_index]


def test_an_operation_made_beside_the_graph_can_be_added():
    x = tf.placeholder(tf.float32, [1, 2], name="x")
    weight = tf.Variable([[2.0], [3.0]])
    result = tf.square(tf.matmul(x, weight), name="result")
    with tf.device("/cpu:0"):
        copy = copied(result, {x: tf.constant([[1.0, 1.0]])})
    assert copy.name == "copied/result:0"
    assert copy.get_shape().as_list() == [1, 1]
    assert copy.op.device == "/device:CPU:0"
    assert copy.graph.get_operation_by_name("copied/result") is copy.op
    assert copy.op in copy.graph.get_operations()
    [gradient] = tf.gradients(copy, weight)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(copy).tolist() == [[25.0]]
        assert session.run(gradient).tolist() == [[10.0], [10.0]]
    with pytest.raises(ValueError, match="cannot add an op with name copied/result as that name is already used"):
        copy.graph._add_op(copy.op)
    with pytest.raises(TypeError, match="op must be a Tensor or Operation: 1"):
        copy.graph._add_op(1)
    copy.graph.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified"):
        copy.graph._add_op(copy.op)
