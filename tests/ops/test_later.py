"""Operations of TensorFlow 0.9 to 1.0 that imported graphs name, against what 0.12.1 computes."""

import numpy as np
import pytest

import tracer as tf
import tracer.ops.later
from tests.parity import case, parity
from tracer import later, protos

rng = np.random.RandomState(3)
ROWS = rng.randn(3, 4).astype(np.float32)
UNIT = rng.uniform(-0.9, 0.9, (2, 5))
WHOLE = np.int32([[7, -7, 6], [-1, 0, 9]])
IMAGES = rng.randn(2, 3, 4, 5).astype(np.float32)
CHANNELS = [np.float32(np.linspace(a, b, 5)) for a, b in ((0.5, 2), (-1, 1), (-0.3, 0.4), (0.2, 3))]


@parity([
    *(case(f"raw.{name}", UNIT.astype(kind) + 1.5, UNIT[::-1].astype(kind), gradient=False)
      for name in ("tanh_grad", "sigmoid_grad", "sqrt_grad", "rsqrt_grad", "reciprocal_grad") for kind in (np.float32, np.float64)),
    *(case(f"raw.{name}", UNIT.astype(kind), tolerance=1e-4 if kind is np.float32 else None)
      for name in ("log1p", "tan", "asin", "acos", "atan") for kind in (np.float32, np.float64)),
    case("raw.expm1", UNIT, expect=np.expm1(UNIT)),
    case("raw.rint", np.float32([0.5, 1.5, -0.5, -2.5, 2.4])),
    case("raw.round", np.float32([0.5, 1.5, -0.5, -2.5, 2.4]), expect=np.float32([0, 2, 0, -2, 2])),
    case("raw.floor_div", WHOLE, np.int32([2, -3, 4])), case("raw.floor_div", UNIT, np.float64(0.3), gradient=False, expect=np.floor(UNIT / 0.3)),
    case("raw.floor_mod", WHOLE, np.int32([2, -3, 4])), case("raw.floor_mod", UNIT, np.float64(0.3), gradient=False),
    case("raw.floor_div", WHOLE, np.int32([2, 0, 4]), raises=True),
    case("raw.floor_mod", WHOLE, np.int32([2, 0, 4]), raises=True),
])
def test_elements(case):
    case.check()


@parity([
    case("raw.split_v", ROWS, np.int32([1, 3]), np.int32(1), num_split=2),
    case("raw.split_v", ROWS, np.int64([2, -1]), np.int32(0), num_split=2, expect=(ROWS[:2], ROWS[2:])),
    case("split_v", ROWS, [1, 3], 1), case("split_v", ROWS, [1, -1, 1], 1), case("split_v", ROWS, 2, 1),
    case("split_v", ROWS, np.int32([2, 1]), feed=False), case("split_v", ROWS, [1, 1], 1, raises=True),
    case("raw.reverse_v2", ROWS, np.int32([0, 1])), case("raw.reverse_v2", ROWS, np.int32([-1])),
    *(case(f"raw.{name}", ROWS, np.int32(axis), exclusive=exclusive, reverse=reverse)
      for name in ("cumsum", "cumprod") for axis in (0, 1) for exclusive in (False, True) for reverse in (False, True)),
    case("raw.gather_v2", ROWS, np.int32([[3, 0]]), np.int32(1), expect=ROWS[:, [[3, 0]]]),
    case("raw.gather_v2", ROWS, np.int32([4]), np.int32(1), expect=None, raises=("InvalidArgumentError", "is not in")),
])
def test_arrangement(case):
    case.check()


@parity([
    case("raw.fused_batch_norm", IMAGES, *CHANNELS, epsilon=0.01, is_training=False, gradient=False,
         expect=((IMAGES - CHANNELS[2]) / np.sqrt(CHANNELS[3] + 0.01) * CHANNELS[0] + CHANNELS[1], CHANNELS[2],
                 CHANNELS[3], CHANNELS[2], CHANNELS[3])),
    case("raw.fused_batch_norm", IMAGES, CHANNELS[0], CHANNELS[1], np.zeros(0, np.float32), np.zeros(0, np.float32),
         epsilon=0.01, gradient=False,
         expect=((IMAGES - IMAGES.mean((0, 1, 2))) / np.sqrt(IMAGES.var((0, 1, 2)) + 0.01) * CHANNELS[0] + CHANNELS[1],
                 IMAGES.mean((0, 1, 2)), IMAGES.var((0, 1, 2), ddof=1), IMAGES.mean((0, 1, 2)), IMAGES.var((0, 1, 2)))),
    case("raw.fused_batch_norm_v2", IMAGES.astype(np.float16), *CHANNELS, epsilon=0.01, is_training=False, gradient=False,
         expect=(((IMAGES - CHANNELS[2]) / np.sqrt(CHANNELS[3] + 0.01) * CHANNELS[0] + CHANNELS[1]).astype(np.float16),
                 CHANNELS[2], CHANNELS[3], CHANNELS[2], CHANNELS[3]), tolerance=1e-2),
])
def test_normalization(case):
    case.check()


def node(graph, name, kind, *inputs, **attributes):
    made = graph.node.add(name=name, op=kind, input=inputs)
    for key, value in attributes.items():
        field = "type" if key[0] in "Td" else "b" if isinstance(value, bool) else "i"
        setattr(made.attr[key], field, value)
    return made


def values(*arrays):
    """A message that holds constants `c0`, `c1` ..."""
    with tf.Graph().as_default() as graph:
        for i, array in enumerate(arrays):
            tf.constant(array, name=f"c{i}")
        message = graph.as_graph_def()
    message.versions.producer = 21
    return message


def result(message, name):
    with tf.Graph().as_default(), tf.Session() as sess:
        return sess.run(tf.import_graph_def(message, return_elements=[name])[0])


def test_operations_that_were_renamed():
    message = values(np.float32([8, 2]), np.float32([[2, 1], [1, 3]]))
    node(message, "reciprocal", "Reciprocal", "c0", T=1)
    node(message, "quotient", "RealDiv", "c0", "reciprocal", T=1)
    node(message, "inverse", "MatrixInverse", "c1", T=1, adjoint=True)
    assert result(message, "quotient:0").tolist() == [64, 4]
    np.testing.assert_allclose(result(message, "inverse:0"), [[0.6, -0.2], [-0.2, 0.4]], rtol=1e-5)
    assert all(tracer.opdef.lookup(kind) for kind in later.RENAMED.values())


def test_the_axis_that_comes_last_since():
    message = values(np.float32([[1], [2]]), np.float32([[3], [4]]), np.int32(1))
    node(message, "joined", "ConcatV2", "c0", "c1", "c2", "^c0", N=2, T=1, Tidx=3).attr["N"].i = 2
    assert result(message, "joined:0").tolist() == [[1, 3], [2, 4]]


def test_packing_along_other_dimensions():
    message = values(np.float32([1, 2]), np.float32([3, 4]))
    node(message, "packed", "Pack", "c0", "c1", N=2, T=1, axis=-1)
    node(message, "parts", "Unpack", "packed", num=2, T=1, axis=1)
    assert result(message, "packed:0").tolist() == [[1, 3], [2, 4]]
    assert result(message, "parts:1").tolist() == [3, 4]
    with tf.Graph().as_default():
        packed, = tf.import_graph_def(message, return_elements=["packed"])
        assert packed.node_def.attr["axis"].i == -1
        assert "axis" not in tf.pack([tf.constant(1), 2]).op.node_def.attr


def test_an_attribute_of_a_later_time_that_matters_is_refused():
    message = values(np.float32([1, 2]))
    made = node(message, "shape", "Shape", "c0", T=1)
    made.attr["out_type"].type = protos.DT_INT32
    assert result(message, "shape:0").tolist() == [2]
    made.attr["out_type"].type = protos.DT_INT64
    with pytest.raises(tf.errors.InvalidArgumentError, match="NodeDef mentions attr 'out_type' not in Op<name=Shape>"):
        result(message, "shape:0")


def test_an_attribute_that_may_not_be_so_is_refused():
    with tf.Graph().as_default() as graph:
        tf.nn.max_pool(np.ones([1, 2, 2, 1], np.float32), [1, 2, 2, 1], [1, 1, 1, 1], "SAME", name="pool")
        message = graph.as_graph_def()
    assert result(message, "pool:0").shape == (1, 2, 2, 1)
    message.node[-1].attr["data_format"].s = b"NHCW"
    with pytest.raises(tf.errors.InvalidArgumentError, match='"NHCW" is not in the list of allowed values: "NHWC", "NCHW"'):
        result(message, "pool:0")


@pytest.mark.parametrize(("kind", "message"), [
    ("DT_STRING", "Value for attr 'Tidx' of string is not in the list of allowed values: int32, int64"),
    ("DT_INT64", "Input 1 of node import/sum was passed int32 from import/axes:0 incompatible with expected int64."),
    (77, "AttrValue has invalid DataType enum: 77"),
    ("DT_INT32", None),
])
def test_the_type_of_indices_is_one_for_indices(kind, message):
    with tf.Graph().as_default() as graph:
        tf.reduce_sum(tf.constant(np.float32([1, 2])), tf.constant([0], name="axes"), name="sum")
        written = graph.as_graph_def()
    written.node[-1].attr["Tidx"].type = kind if isinstance(kind, int) else getattr(protos, kind)
    if message is None:
        assert result(written, "sum:0") == 3
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            result(written, "sum:0")


@pytest.mark.parametrize("radius", [-1, 2**31])
def test_a_radius_is_a_number_of_32_bits(radius):
    with tf.Graph().as_default() as graph:
        tf.nn.lrn(np.ones([1, 1, 1, 3], np.float32), name="lrn")
        written = graph.as_graph_def()
    assert result(written, "lrn:0").shape == (1, 1, 1, 3)
    written.node[-1].attr["depth_radius"].i = radius
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"depth_radius = {radius} larger than int max"):
        result(written, "lrn:0")


def test_a_constant_of_another_type_than_it_says_is_refused():
    message = values(np.float32([1, 2]))
    message.node[0].attr["dtype"].type = protos.DT_INT32
    with pytest.raises(ValueError, match="The tensor of 'c0' is of type float32, but its attr 'dtype' says int32"):
        result(message, "c0:0")


def test_what_no_memory_suffices_for_is_resource_exhausted():
    with tf.Graph().as_default() as graph:
        tf.nn.avg_pool(tf.placeholder(tf.float32, name="x"), [1, 2, 2, 1], [1, 1, 1, 1], "SAME", name="pool")
        message = graph.as_graph_def()
    message.node[-1].attr["ksize"].list.i[1] = 2**60
    pool, = tf.import_graph_def(message, return_elements=["pool:0"], name="")
    with pytest.raises(tf.errors.ResourceExhaustedError, match="There is not enough memory"):
        tf.Session().run(pool, {"x:0": np.ones([1, 2, 2, 1])})
