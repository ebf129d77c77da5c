"""`tf.import_graph_def`. Messages are those of TensorFlow 0.8's tests and of TensorFlow 0.12.1."""

import re

import numpy as np
import pytest
from google.protobuf import text_format

import tracer as tf
from tracer import protos

CONSTANT = ("node { name: 'A' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } "
            "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 7 } } } } ")


def graph_of(text):
    return text_format.Parse(text, protos.GraphDef())


def exported(record):
    """The message of the graph that `record` records."""
    with tf.Graph().as_default() as graph:
        record()
        return graph.as_graph_def()


def test_operations_keep_their_names_below_the_scope():
    graph = graph_of(CONSTANT + "node { name: 's/B' op: 'Identity' input: 'A' "
                     "attr { key: 'T' value { type: DT_INT32 } } }")
    result, op = tf.import_graph_def(graph, return_elements=["s/B:0", b"A"])
    assert (result.name, op.name, result.get_shape().as_list()) == ("import/s/B:0", "import/A", [])
    assert tf.import_graph_def(graph) is None
    assert tf.import_graph_def(graph, return_elements=["A"], name="")[0].name == "A"
    assert tf.import_graph_def(graph, return_elements=["A"], name="")[0].name == "A_1"
    assert tf.import_graph_def(graph, return_elements=["A"])[0].name == "import_2/A"
    assert tf.Session().run(result) == 7


def test_tensors_are_replaced():
    graph = exported(lambda: tf.identity(tf.placeholder(tf.float32, name="x"), name="y"))
    y, = tf.import_graph_def(graph, {"x": [1.0, 2.0]}, ["y:0"], name="k")
    assert (y.op.inputs[0].name, y.get_shape().as_list()) == ("k/_inputs/Const:0", [2])
    v = tf.placeholder(tf.float32, [3])
    assert tf.import_graph_def(graph, {b"x:0": v}, ["y"])[0].inputs[0] is v


PROBLEMS = [
    (CONSTANT + "node { name: 'B' op: 'Rsqrt' input: 'A:0' attr { key: 'T' value { type: DT_FLOAT } } }",
     "graph_def is invalid at node 'B': Input tensor 'A:0' Cannot convert a tensor of type int32 to an input of type "
     "float32."),
    (CONSTANT + "node { name: 'B' op: 'NoOp' input: 'A:0' }",
     "graph_def is invalid at node 'B': More inputs specified ('A:0') than the op expects.."),
    (CONSTANT + "node { name: 'B' op: 'Add' input: 'A:0' attr { key: 'T' value { type: DT_INT32 } } }",
     "graph_def is invalid at node 'B': Input types mismatch (expected 'int32, int32' but got 'int32')."),
    ("node { name: 'B' op: 'Identity' input: 'A:0' attr { key: 'T' value { type: DT_FLOAT } } }",
     "graph_def is invalid at node 'B': Input tensor 'A:0' not found in graph_def.."),
    (CONSTANT + "node { name: 'B' op: 'Identity' input: 'A:1' attr { key: 'T' value { type: DT_INT32 } } }",
     "graph_def is invalid at node 'B': Input tensor 'A:1' not found in graph_def.."),
    ("node { name: 'B' op: 'NoOp' input: '^A' }",
     "graph_def is invalid at node 'B': Control input '^A' not found in graph_def.."),
    ("node { name: 'B' op: 'NoOp' input: 'A:B' }", "Cannot convert 'A:B' to a tensor name."),
    ("node { name: 'B' op: 'NoOp' input: 'A:B:0' }", "Cannot convert 'A:B:0' to a tensor name."),
    ("node { name: 'B' op: 'NoOp' attr { key: '_class' value { list { s: 'loc:@A' } } } }",
     "Specified colocation to an op that does not exist during import: A in B"),
    ("node { name: 'B' op: 'Const' }", "Expected one attr with name 'dtype' in name: \"B\"\nop: \"Const\"\n."),
    ("node { name: 'B' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { tensor { "
     "dtype: DT_INT32 tensor_shape { dim { size: 3 } } tensor_content: 'abc' } } } }",
     "Cannot parse tensor from proto: 3 bytes for 3 elements of type int32"),
    (CONSTANT + "node { name: 'B' op: 'AddN' input: 'A' attr { key: 'T' value { type: DT_INT32 } } "
     "attr { key: 'N' value { i: 2147483648 } } }",
     "graph_def is invalid at node 'B': attr 'N' says 2147483648 tensors where there are 1 at most."),
    (CONSTANT + "node { name: 'B' op: 'Unpack' input: 'A' attr { key: 'T' value { type: DT_INT32 } } "
     "attr { key: 'num' value { i: 2147483648 } } }",
     "graph_def is invalid at node 'B': attr 'num' says 2147483648 tensors where there are 1048576 at most."),
    ("node { name: '-b' op: 'NoOp' }", "'-b' is not a valid node name"),
]


@pytest.mark.parametrize(("text", "message"), PROBLEMS, ids=[row[1] for row in PROBLEMS])
def test_a_graph_that_contradicts_itself_is_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message) + "$"):
        tf.import_graph_def(graph_of(text), name="")
    assert tf.get_default_graph().get_operations() == []


def test_an_unknown_type_is_refused_by_name():
    with pytest.raises(KeyError, match="No operation of type 'Nope' is defined; node 'B' is one"):
        tf.import_graph_def(graph_of("node { name: 'B' op: 'Nope' }"))


def test_arguments_of_the_wrong_form():
    graph = graph_of("node { name: 'B' op: 'NoOp' }")
    with pytest.raises(TypeError, match=r"^graph_def must be a GraphDef proto\.$"):
        tf.import_graph_def("")
    with pytest.raises(TypeError, match=r"^input_map must be a dictionary mapping strings to Tensor objects"):
        tf.import_graph_def(graph, input_map=[1])
    with pytest.raises(TypeError, match=r"^return_elements must be a list of strings"):
        tf.import_graph_def(graph, return_elements=[7])
    for element in ("A", "B:0", "B:x"):
        with pytest.raises(ValueError, match=f"^Requested return_element '{element}' not found in graph_def"):
            tf.import_graph_def(graph, return_elements=[element])
    with pytest.raises(ValueError, match=r"^Attempted to map inputs that were not found in graph_def: \[q:0, z:0\]$"):
        tf.import_graph_def(graph, input_map={"q:0": 1, "z": 2.0})


@pytest.mark.parametrize("asked", [{"input_map": {"q:0": 1}}, {"return_elements": ["A", "q"]}])
def test_what_was_added_stays_when_a_name_is_not_found(asked):
    with pytest.raises(ValueError, match="not found in graph_def"):
        tf.import_graph_def(graph_of(CONSTANT), name="got", **asked)
    assert tf.get_default_graph().get_operation_by_name("got/A").type == "Const"


def test_a_message_of_tensorboards_own_class_is_a_graph_too():
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    graph = GraphDef.FromString(graph_of(CONSTANT).SerializeToString())
    assert tf.import_graph_def(graph, None, ["A"])[0].type == "Const"


def test_shapes_are_inferred_anew_and_kept_where_written():
    graph = graph_of("node { name: 'P' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
                     "attr { key: '_output_shapes' value { list { shape { dim { size: 3 } } } } } }")
    p, = tf.import_graph_def(graph, return_elements=["P:0"])
    assert p.get_shape().as_list() == [3]
    assert "_output_shapes" not in p.op.node_def.attr
    # TensorFlow 0.8 reads the shape () of a placeholder as unknown.
    scalar = exported(lambda: tf.placeholder(tf.float32, [], name="p"))
    assert tf.import_graph_def(scalar, return_elements=["p:0"])[0].get_shape().ndims is None


def test_colocation_follows_the_names():
    graph = graph_of("node { name: 'A' op: 'NoOp' } node { name: 'B' op: 'NoOp' "
                     "attr { key: '_class' value { list { s: 'loc:@A' } } } }")
    for expected in (b"loc:@A", b"loc:@A_1"):
        b, = tf.import_graph_def(graph, return_elements=["B"], name="")
        assert b.get_attr("_class") == [expected]


def test_attributes_of_a_later_tensorflow_are_left_out_where_they_are_defaults():
    text = "node {{ name: 'B' op: 'NoOp' attr {{ key: 'fancy' value {{ i: {} }} }} }}"
    producers = text_format.Parse("op { name: 'NoOp' attr { name: 'fancy' type: 'int' default_value { i: 3 } } }",
                                  protos.OpList())
    kept, = tf.import_graph_def(graph_of(text.format(4)), None, ["B"], producer_op_list=producers)
    left, = tf.import_graph_def(graph_of(text.format(3)), None, ["B"], producer_op_list=producers)
    assert (kept.get_attr("fancy"), list(left.node_def.attr)) == (4, [])


def test_definitions_from_elsewhere():
    definition = text_format.Parse("name: 'Elsewhere' output_arg { name: 'a' type: DT_INT64 }", protos.OpDef())
    a, = tf.import_graph_def(graph_of("node { name: 'a' op: 'Elsewhere' }"), None, ["a:0"],
                             op_dict={"Elsewhere": definition})
    assert (a.dtype, a.get_shape().ndims) == (tf.int64, None)


def test_versions_of_the_graph_are_checked_when_it_runs():
    tf.import_graph_def(graph_of("versions { producer: -1 }"))
    x = tf.constant(1)
    assert x.graph.as_graph_def().versions.producer == -1
    with pytest.raises(tf.errors.InvalidArgumentError, match=(
            r"GraphDef producer version -1 below min producer 0 supported by TensorFlow \S+\.  Please regenerate your "
            r"graph\.$")):
        tf.Session().run(x)
    tf.import_graph_def(graph_of("versions { producer: 9 min_consumer: 1000 }"))
    with pytest.raises(tf.errors.InvalidArgumentError, match=(
            r"GraphDef min consumer version 1000 above current version 9 for TensorFlow \S+\.  Please upgrade "
            r"TensorFlow\.$")):
        tf.Session().run(x)


def test_device_functions_see_the_inputs():
    def record():
        with tf.device("/job:ps"):
            tf.Variable(1.0, name="v")

    seen = []
    with tf.device(lambda op: seen.append([t.name for t in op.inputs]) or op.device):
        tf.import_graph_def(exported(record), name="")
    assert seen == [[], [], ["v:0", "v/initial_value:0"], ["v:0"]]
    assert tf.get_default_graph().get_operation_by_name("v").device == "/job:ps"


def test_a_cyclic_graph_is_linked():
    unary = "node {{ name: '{}' op: 'Identity' input: '{}:0' attr {{ key: 'T' value {{ type: DT_INT32 }} }} }} "
    a, b = tf.import_graph_def(graph_of(unary.format("A", "B") + unary.format("B", "A")), None, ["A", "B"])
    assert (a.inputs[0], b.inputs[0]) == (b.outputs[0], a.outputs[0])
    assert a.outputs[0].consumers() == [b]


def through_messages(record, times=2):
    """A graph that was recorded, exported and imported, in the default graph below `again`."""
    message = exported(record)
    for _ in range(times - 1):
        message = exported(lambda message=message: tf.import_graph_def(message, name=""))
    tf.import_graph_def(message, name="again")


def test_gradients_come_back():
    def record():
        x = tf.placeholder(tf.float32, [2], name="x")
        w = tf.Variable([3.0, 4.0], name="w")
        gradient, = tf.gradients(tf.mul(x, tf.mul(w, w)), w)
        tf.assign_sub(w, gradient, name="step")

    through_messages(record)
    with tf.Session() as session:
        session.run("again/w/Assign")
        assert session.run("again/step:0", {"again/x:0": [1.0, 0.25]}).tolist() == [-3, 2]


def test_registered_gradients_come_back():
    def record():
        x = tf.placeholder(tf.float32, [], name="x")
        with tf.get_default_graph().gradient_override_map({"Identity": "TestThreefold"}):
            y = tf.identity(x)
        tf.identity(tf.gradients(y, x)[0], name="gradient")

    @tf.RegisterGradient("TestThreefold")
    def _(op, gradient):
        return tf.mul(gradient, 3.0)

    through_messages(record)
    assert tf.Session().run("again/gradient:0", {"again/x:0": 1.0}) == 3


def test_conditionals_and_loops_come_back():
    def record():
        x = tf.placeholder(tf.float32, [], name="x")
        p = tf.placeholder(tf.bool, [], name="p")

        def body(i, a):
            return tf.add(i, 1), tf.cond(p, lambda: tf.mul(a, x), lambda: tf.add(a, x))

        _, result = tf.while_loop(lambda i, a: tf.less(i, 3), body, [tf.constant(0), tf.constant(1.0)])
        tf.identity(result, name="y")
        tf.identity(tf.gradients(result, x)[0], name="gradient")

    through_messages(record)
    session = tf.Session()
    run = lambda name, p: session.run(name, {"again/x:0": 5.0, "again/p:0": p})  # noqa: E731
    assert (run("again/y:0", True), run("again/y:0", False)) == (125, 16)
    assert (run("again/gradient:0", True), run("again/gradient:0", False)) == (75, 3)
    with pytest.raises(ValueError, match="has been marked as not fetchable"):
        run("again/while/cond/Mul:0", True)


def test_arrays_keep_their_values_and_types():
    values = [np.arange(6, dtype=kind).reshape(2, 3) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2")]
    values += [np.array([True, False]), np.array([1 + 2j], "c8"), np.array([b"a", b"\xff"], object)]
    message = exported(lambda: [tf.constant(value, name=f"c{i}") for i, value in enumerate(values)])
    found = tf.import_graph_def(message, None, [f"c{i}:0" for i in range(len(values))])
    for value, tensor in zip(values, found, strict=True):
        result = tf.Session().run(tensor)
        assert (result.dtype, result.tolist()) == (value.dtype, value.tolist())
