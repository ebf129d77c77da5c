"""Every operation of the registry is emitted, or it is listed here with the reason why it has no form in a module.

For each type the shortest rows of `tests/ops` and its like that have such an operation are emitted, and what the module
computes is compared with what the real TensorFlow gave; what no row has stands in `OTHERS`.
"""

import functools

import jax
import numpy as np
import pytest

import tracer as tf
from lowering import registry
from lowering.emit import emit
from lowering.emit.tensor_arrays import RULES as ARRAYS
from lowering.emit.trace import DRAWS, UPDATES
from lowering.programs import plain
from tests.lowering import plainly
from tests.reference import record
from tracer import errors
from tracer.contrib.tensor_forest import training_ops
from tracer.declare import DECLARATIONS, raw_op

registry.load()

CANDIDATES = "its candidates come from TensorFlow's own streams: feed them"
ROWS = "it goes on from row to row on the rows of a table: use a dense gradient"
REASONS = {
    "AllCandidateSampler": CANDIDATES, "FixedUnigramCandidateSampler": CANDIDATES,
    "LearnedUnigramCandidateSampler": CANDIDATES, "ThreadUnsafeUnigramCandidateSampler": CANDIDATES,
    "CountUpTo": "it stops a run when a variable has a value",
    "ExtractGlimpse": "it draws noise around the picture from TensorFlow's own streams",
    **dict.fromkeys(("BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad", "RandomCrop", "TileGrad",
                     "TopK"), "TensorFlow 0.8 had removed it from new graphs"),
    "SparseAdd": "how large its result is depends on the data",
    **dict.fromkeys(("SparseApplyAdagradDA", "SparseApplyCenteredRMSProp", "SparseApplyProximalAdagrad",
                     "SparseApplyProximalGradientDescent"), ROWS),
    **dict.fromkeys(("FractionalAvgPool", "FractionalMaxPool"), "it draws its windows from TensorFlow's own streams"),
    "RandomGamma": "it draws from TensorFlow's own streams",
    "SparseSparseMaximum": "how large its result is depends on the data",
    "SparseSparseMinimum": "how large its result is depends on the data",
    "RefMerge": "it is control flow of its own: the run goes operation by operation",
    "TensorArrayGrad": "JAX differentiates the array's elements themselves",
    "TensorArrayGradV2": "JAX differentiates the array's elements themselves",
}
"""Types of operations on the device that no module holds, each with the reason."""

ELSEWHERE = {*UPDATES, *DRAWS, *ARRAYS, "DestroyTemporaryVariable"}
"""Tested in `test_emit.py` and `test_models.py`: steps of optimizers, random numbers, arrays of loops."""


IMAGE = np.float32(np.random.RandomState(0).rand(1, 4, 4, 2))
VOLUME = np.float32(np.random.RandomState(0).rand(1, 2, 2, 2, 1))
WINDOW = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
CUBE = {"ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "VALID"}
PLACES = np.int64([[0, 1], [1, 0]])


def variable(*values):
    return tf.Variable(np.float32(values), name="v")


def _after_adding(v, deltas):
    with tf.control_dependencies([training_ops.scatter_add_ndim(v, [[0], [2]], deltas)]):
        return v + 0.0


def with_trigger(x):
    with tf.control_dependencies([raw_op("ControlTrigger")()]):
        return x * 2


def quantized(function, x, *values, **settings):
    """An operation on quantized numbers: those that are made of what is fed."""
    low, high = 0.0, 255.0
    number = tf.contrib.quantization.quantize_v2(x(*values), low, high, tf.quint8)[0]
    return getattr(tf.contrib.quantization, f"quantize{function}")(*settings.pop("first", ()), number, *settings.pop(
        "second", ()), low, high, *settings.pop("rest", ()), **settings)[0]


def _wide(x, *values):
    """Products of quantized numbers."""
    return quantized("d_mat_mul", x, *values, second=[tf.constant(np.uint8([[1], [7]]), tf.quint8)], rest=[0.0, 1.0])


def fed(feeds, *values):
    made = tf.placeholder(tf.float32, np.shape(values))
    feeds[made] = np.float32(values)
    return made


OTHERS = {
    "Assign": lambda x: tf.assign(variable(1, 2), x(3, 4)),
    "AssignAdd": lambda x: tf.assign_add(variable(1, 2), x(3, 4)),
    "AssignSub": lambda x: tf.assign_sub(variable(1, 2), x(3, 4)),
    "ScatterAddNdim": lambda x: _after_adding(variable(1, 2, 3), x(3, 4)),
    "ScatterAdd": lambda x: tf.scatter_add(variable(1, 2, 3), [0, 2, 0], x(3, 4, 5)),
    "ScatterSub": lambda x: tf.scatter_sub(variable(1, 2, 3), [0, 2, 0], x(3, 4, 5)),
    "ScatterUpdate": lambda x: tf.scatter_update(variable(1, 2, 3), [0, 2], x(3, 4)),
    "StridedSliceAssign": lambda x: variable(1, 2, 3)[1:].assign(x(4, 5)),
    "ApplyAdadelta": lambda x: raw_op("ApplyAdadelta")(
        variable(1, 2), variable(0.1, 0.2), variable(0.3, 0.1), 0.5, 0.9, 1e-3, x(3, 4)),
    "ApplyFtrl": lambda x: raw_op("ApplyFtrl")(
        variable(1, 2), variable(0.1, 0.2), variable(0.3, 0.1), x(3, 4), 0.5, 0.1, 0.2, -0.5),
    "SparseApplyAdagrad": lambda x: raw_op("SparseApplyAdagrad")(
        variable([1, 2], [3, 4]), variable([1, 1], [1, 1]), 0.5, x([1, 2], [3, 4], [5, 6]), [1, 0, 1]),
    "SparseApplyMomentum": lambda x: raw_op("SparseApplyMomentum")(
        variable([1, 2], [3, 4]), variable([1, 1], [1, 1]), 0.5, x([1, 2], [3, 4], [5, 6]), [1, 0, 1], 0.9),
    "SparseApplyRMSProp": lambda x: raw_op("SparseApplyRMSProp")(
        variable([1, 2], [3, 4]), variable([1, 1], [1, 1]), variable([0, 0], [1, 0]), 0.5, 0.9, 0.5, 1e-3,
        x([1, 2], [3, 4], [5, 6]), [1, 0, 1]),
    "SparseApplyAdadelta": lambda x: raw_op("SparseApplyAdadelta")(
        variable([1, 2], [3, 4]), variable([1, 1], [1, 1]), variable([0, 0], [1, 0]), 0.5, 0.9, 1e-3,
        x([1, 2], [3, 4], [5, 6]), [1, 0, 1]),
    "SparseApplyFtrl": lambda x: raw_op("SparseApplyFtrl")(
        variable([1, 2], [3, 4]), variable([1, 1], [1, 1]), variable([0, 0], [1, 0]), x([1, 2], [3, 4], [5, 6]), [1, 0, 1],
        0.5, 0.1, 0.2, -0.5),
    "ApplyCenteredRMSProp": lambda x: raw_op("ApplyCenteredRMSProp")(
        variable(1, 2), variable(0.1, 0.2), variable(0.3, 0.4), variable(0, 0), 0.5, 0.9, 0.5, 1e-3, x(3, 4)),
    "ApplyProximalGradientDescent": lambda x: raw_op("ApplyProximalGradientDescent")(variable(1, 2), 0.5, 0.1, 0.2, x(3, 4)),
    "ApplyProximalAdagrad": lambda x: raw_op("ApplyProximalAdagrad")(
        variable(1, 2), variable(0.1, 0.2), 0.5, 0.1, 0.2, x(3, 4)),
    "ApplyAdagradDA": lambda x: raw_op("ApplyAdagradDA")(
        variable(1, 2), variable(0.1, 0.2), variable(0.3, 0.4), x(3, 4), 0.5, 0.1, 0.2, np.int64(3)),
    "ScatterMul": lambda x: tf.scatter_mul(variable(1, 2, 3), [0, 2, 0], x(3, 4, 5)),
    "ScatterDiv": lambda x: tf.scatter_div(variable(1, 2, 3), [0, 2, 0], x(3, 4, 5)),
    "ScatterNdUpdate": lambda x: tf.scatter_nd_update(variable(1, 2, 3), [[0], [2]], x(3, 4)),
    "ScatterNdAdd": lambda x: tf.scatter_nd_add(variable(1, 2, 3), [[0], [2]], x(3, 4)),
    "ScatterNdSub": lambda x: tf.scatter_nd_sub(variable(1, 2, 3), [[0], [2]], x(3, 4)),
    "Bucketize": lambda x: raw_op("Bucketize")(x(-1, 0.5, 7), [0.0, 1.0, 5.0]),
    "SelfAdjointEig": lambda x: raw_op("SelfAdjointEig")(x([2, 0], [0, 3]))[:1],
    "BatchSelfAdjointEig": lambda x: raw_op("BatchSelfAdjointEig")(x([[2, 0], [0, 3]]))[:, :1],
    "ControlTrigger": lambda x: with_trigger(x(1, 2)),
    "MaxPoolWithArgmax": lambda x: tf.nn.max_pool_with_argmax(x(*IMAGE), **WINDOW)[0],
    "MaxPoolGrad": lambda x: raw_op("MaxPoolGrad")(
        x(*IMAGE), x(*IMAGE[:, ::2, ::2]), x(*IMAGE[:, ::2, ::2]), **WINDOW),
    "MaxPoolGradWithArgmax": lambda x: raw_op("MaxPoolGradWithArgmax")(
        x(*IMAGE), x(*IMAGE[:, ::2, ::2]), np.int64(np.arange(8).reshape(1, 2, 2, 2) * 3), **WINDOW),
    "MaxPool3DGrad": lambda x: raw_op("MaxPool3DGrad")(x(*VOLUME), x([[[[VOLUME.max()]]]]), x([[[[2.0]]]]), **CUBE),
    "MirrorPad": lambda x: tf.pad(x([1, 2], [3, 4]), [[1, 1], [0, 1]], "REFLECT"),
    "PlaceholderWithDefault": lambda x: tf.placeholder_with_default(x(1, 2), [2]) * 2,
    "ResizeBilinearGrad": lambda x: raw_op("ResizeBilinearGrad")(x(*IMAGE), x(*IMAGE[:, ::2, ::2])),
    "ResizeNearestNeighborGrad": lambda x: raw_op("ResizeNearestNeighborGrad")(x(*IMAGE), [2, 2]),
    "SparseDenseCwiseDiv": lambda x: raw_op("SparseDenseCwiseDiv")(PLACES, x(1, 2), np.int64([2, 2]), x([1, 2], [3, 4])),
    "SparseDenseCwiseMul": lambda x: raw_op("SparseDenseCwiseMul")(PLACES, x(1, 2), np.int64([2, 2]), x([1, 2], [3, 4])),
    "SparseTensorDenseAdd": lambda x: raw_op("SparseTensorDenseAdd")(PLACES, x(1, 2), np.int64([2, 2]), x([1, 2], [3, 4])),
    "CheckNumerics": lambda x: tf.check_numerics(x(1, 2), "bad"),
    "Print": lambda x: tf.Print(x(1, 2), [x(3, 4)]),
    "QuantizedBiasAdd": lambda x: quantized(
        "d_bias_add", x, [1, 2], [3, 4], second=[tf.constant(np.uint8([9, 0]), tf.quint8)], rest=[-1.0, 1.0],
        out_type=tf.qint32),
    "QuantizedConcat": lambda x: tf.contrib.quantization.quantized_concat(
        0, [tf.contrib.quantization.quantize_v2(x(1, 2), 0.0, n, tf.quint8)[0] for n in (2.0, 3.0)], [0.0, 0.0],
        [2.0, 3.0])[0],
    "QuantizedConv2D": lambda x: quantized(
        "d_conv2d", x, *IMAGE * 255, second=[tf.constant(np.uint8([[[[1], [2]]]]), tf.quint8)], rest=[-1.0, 1.0],
        strides=[1, 1, 1, 1], padding="SAME"),
    **{f"Quantized{name}": lambda x, call=call, rest=rest: quantized(call, x, [1, 90], [3, 4], rest=rest)
       for name, call, rest in (("Relu", "d_relu", ()), ("Relu6", "d_relu6", ()))},
    "QuantizedReluX": lambda x: tf.contrib.quantization.quantized_relu_x(
        tf.contrib.quantization.quantize_v2(x(1, 2), -3.0, 3.0, tf.quint8)[0], 1.5, -3.0, 3.0)[0],
    **{f"Quantized{name}Pool": lambda x, call=call: quantized(call, x, *IMAGE * 255, **WINDOW)
       for name, call in (("Avg", "d_avg_pool"), ("Max", "d_max_pool"))},
    "QuantizedReshape": lambda x: raw_op("QuantizedReshape")(
        tf.contrib.quantization.quantize_v2(x(1, 2), 0.0, 3.0, tf.quint8)[0], [2, 1], 0.0, 3.0)[0],
    "QuantizeDownAndShrinkRange": lambda x: tf.contrib.quantization.quantize_down_and_shrink_range(
        _wide(x, [1, 2], [3, 4]), -9.0, 9.0, tf.quint8)[0],
    "RequantizationRange": lambda x: raw_op("RequantizationRange")(_wide(x, [1, 2], [3, 4]), -9.0, 9.0)[1],
    "Requantize": lambda x: raw_op("Requantize")(_wide(x, [1, 2], [3, 4]), -9.0, 9.0, -1e-6, 1e-6, tf.quint8)[0],
    "QuantizedBatchNormWithGlobalNormalization": lambda x: quantized(
        "d_batch_norm_with_global_normalization", x, *IMAGE * 255,
        rest=[part for i in range(4) for part in (tf.constant(np.uint8([i + 3, 200]), tf.quint8), 0.1, 1.0)]
        + [tf.qint32, 0.001, True]),
    "RefIdentity": lambda x: raw_op("RefIdentity")(variable(1, 2)) * x(3, 4),
}
"""What no row has, by type: operations that write variables, above all."""


class Row:
    """A call in a graph of its own, what it is fed with, and the types of its operations."""

    def __init__(self, build):
        self.graph, self.feeds = tf.Graph(), {}
        with self.graph.as_default():
            self.outputs = build(self)
        self.types = {op.type for op in self.graph.get_operations()}

    def tensor(self, value):
        """What is floating is fed, everything else is constant: it may be a shape."""
        if value.dtype.kind not in "fc":
            return tf.constant(value)
        made = tf.placeholder(tf.as_dtype(value.dtype), value.shape)
        self.feeds[made] = value
        return made

    def emitted(self):
        """What the emitted module computes."""
        with self.graph.as_default(), tf.Session() as session:
            self.start(session)
            module = emit(self.outputs, [], list(self.feeds), session.state, "A row.", "row.npz")
        namespace = {"__file__": "/row.py", "ARRAYS": module.arrays}
        source = module.source.replace('dict(np.load(Path(__file__).with_name("row.npz")))', "ARRAYS")
        with jax.enable_x64(True):
            exec(compile(source, "row", "exec"), namespace)
            function = namespace.get("apply") or namespace["step"]
            inputs = [*self.trees(source, module.arrays), *self.feeds.values()]
            traced = jax.make_jaxpr(function)(*inputs)
            return plain.evaluate(traced.jaxpr, traced.consts, jax.tree.leaves(inputs))[-len(self.outputs):]

    def start(self, session):
        if any(op.type == "Variable" for op in self.graph.get_operations()):
            session.run(tf.initialize_all_variables())

    def trees(self, source, arrays):
        """The variables, as the module's first argument."""
        names = [op.name for op in self.graph.get_operations() if op.type == "Variable"]
        return [{name: arrays[name] for name in names}] if names else []

    def computed(self):
        """What the session computes."""
        with self.graph.as_default(), tf.Session() as session:
            self.start(session)
            return session.run(self.outputs, self.feeds)


@functools.cache
def rows():
    """For each type of operation the rows that have it and the fewest others."""
    found, seen = {}, set()
    for cases in record.families().values():
        for case in cases:
            if case.raises or case.path in seen:
                continue
            seen.add(case.path)
            try:
                row = Row(lambda row, case=case: case.build(row.tensor))
            except Exception:  # its arguments must be known, or the test gives it more
                continue
            row.case = case
            if "Variable" not in row.types:
                for type in row.types:
                    found.setdefault(type, []).append(row)
    return {type: sorted(some, key=lambda row: len(row.types))[:3] for type, some in found.items()}


DEVICE = sorted(type for type, rule in registry.RULES.items()
                if type in DECLARATIONS and not rule.host and type not in ELSEWHERE)


@pytest.mark.parametrize("type", [type for type in DEVICE if type not in REASONS])
def test_emitted(type):
    with pytest.MonkeyPatch.context() as patch:
        plainly.use(patch)  # to compile what runs once takes longer than to compute it
        if type in OTHERS:
            row = Row(lambda row: [OTHERS[type](lambda *values: fed(row.feeds, *values))])
            assert type in row.types
            compare(row.emitted(), row.computed())
            return
    problems = []
    for row in rows().get(type, ()):
        try:
            values = row.emitted()
        except (errors.OpError, errors.UnsupportedError) as problem:  # something else in the row
            problems.append(problem)
            continue
        expected = row.case.expected()  # where nothing names a type, a module's is that of its caller's JAX
        row.case.compare([np.asarray(got).astype(want.dtype) for got, want in zip(values, expected, strict=True)],
                         expected, type)
        return
    pytest.fail(f"no row of {type} is emitted: {problems}")


def compare(values, wanted):
    for value, want in zip(values, wanted, strict=True):
        half = np.asarray(want).dtype == np.float16
        np.testing.assert_allclose(value, want, rtol=2e-3 if half else 2e-5, atol=1e-3 if half else 1e-6)


@pytest.mark.parametrize("type", [type for type in REASONS if type in DEVICE])
def test_what_has_no_form_says_so(type):
    for row in rows().get(type, ()):
        with pytest.raises((errors.OpError, errors.UnsupportedError)):
            row.emitted()
