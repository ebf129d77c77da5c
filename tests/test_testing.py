"""`tf.test`, against TensorFlow 0.8's own tests of it and what TensorFlow 0.12.1 answered."""

import json
import threading
import types
import unittest

import ml_dtypes
import numpy as np
import pytest
from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef

import tracer as tf
from tracer import benchmark, errors, test


@pytest.fixture
def case():
    case = test.TestCase("get_temp_dir")
    case.setUp()
    yield case
    case.tearDown()


def fails(function, *arguments, **keywords):
    with pytest.raises(AssertionError) as error:
        function(*arguments, **keywords)
    return str(error.value)


def test_arrays_that_are_close(case):
    case.assertAllClose(7, 7 + 1e-8)
    case.assertAllClose([1, float("nan")], [1, float("nan")])
    case.assertAllClose([1.0, 2.0], [1.05, 2.0], rtol=0.1)
    case.assertAllClose([1.0, 2.0], [1.5, 2.0], atol=np.array([0.6, 0.1]))
    assert "Not equal to tolerances" in fails(case.assertAllClose, [1.0, 2.0], [1.5, 2.0], atol=np.array([0.1, 0.6]))
    assert "Not equal to tolerance rtol=1e-06, atol=1e-06" in fails(case.assertAllClose, 7, 8)
    assert fails(case.assertAllClose, [1], [[1]]) == "Shape mismatch: expected (1,), got (1, 1)."


def test_closeness_according_to_the_type(case):
    case.assertAllCloseAccordingToType(np.float16([1]), np.float16([1.0005]))
    case.assertAllClose(np.array([1.5], ml_dtypes.bfloat16), [1.5])
    fails(case.assertAllCloseAccordingToType, np.float32([1]), np.float32([1.0005]))


def test_arrays_that_are_equal(case):
    case.assertAllEqual([1, float("nan")], [1, float("nan")])
    case.assertAllEqual([b"a"], np.array([b"a"], object))
    assert "Arrays are not equal" in fails(case.assertAllEqual, [1, 2], [1, 3])
    assert fails(case.assertAllEqual, [1], [1, 2]) == "Shape mismatch: expected (1,), got (2,)."


def test_numbers_that_are_near(case):
    case.assertNear(1, 1.5, 0.5)
    assert fails(case.assertNear, 1, 2, 0.5) == "1.000000 != 2.000000 +/- 0.500000"
    assert fails(case.assertNear, 1, 2, 0.5, "apart") == "1.000000 != 2.000000 +/- 0.500000 (apart)"
    assert fails(case.assertNear, float("nan"), 1, 0.5).startswith("nan != ")
    case.assertArrayNear([1, 2], [1, 2], 0.001)
    assert fails(case.assertArrayNear, [1], [2], 0.5) == "1.000000 != 2.000000 +/- 0.500000"
    fails(case.assertArrayNear, [1, 2], [1, 2, 5], 0.001)
    with pytest.raises(TypeError):
        case.assertArrayNear([1, 2], [[1, 2], [3, 4]], 0.001)
    one = np.array([[1.0, 2.0], [3.0, 4.0]])
    case.assertNDArrayNear(one, one, 1e-5)
    fails(case.assertNDArrayNear, one, one + 1, 1e-5)


def test_texts_shapes_and_devices(case):
    case.assertStartsWith("abc", "ab")
    assert fails(case.assertStartsWith, "abc", "b") == "'abc' does not start with 'b'"
    case.assertShapeEqual(np.zeros([2]), tf.constant([1, 2]))
    fails(case.assertShapeEqual, np.zeros([3]), tf.constant([1, 2]))
    with pytest.raises(TypeError, match="np_array must be a Numpy ndarray or Numpy scalar"):
        case.assertShapeEqual([1], tf.constant([1]))
    case.assertDeviceEqual("/cpu:0", "/device:CPU:0")
    assert fails(case.assertDeviceEqual, "/cpu:0", "/job:a") == "Devices /device:CPU:0 and /job:a are not equal"
    case.assertItemsEqual([2, 1], [1, 2])
    fails(case.assertItemsEqual, [1], [1, 1])


def test_messages(case):
    graph = GraphDef(node=[NodeDef(name="w", op="Variable")])
    case.assertProtoEquals("node { name: 'w' op: 'Variable' }", graph)
    case.assertProtoEquals(graph, graph)
    assert '-   name: "a"' in fails(case.assertProtoEquals, "node { name: 'a' }", GraphDef())
    assert fails(case.assertProtoEquals, 3, graph).startswith("Can't compare protos of type <class 'int'> and ")
    graph.versions.producer = 9
    graph.versions.min_consumer = 0
    case.assertProtoEqualsVersion("node { name: 'w' op: 'Variable' }", graph)
    fails(case.assertProtoEqualsVersion, "node { name: 'w' op: 'Variable' }", graph, producer=8)


def test_errors_that_match(case):
    with case.assertRaisesWithPredicateMatch(ValueError, "b.d"):
        raise ValueError("so bad")
    with case.assertRaisesWithPredicateMatch(ValueError, lambda error: error.args == (3,)):
        raise ValueError(3)
    with case.assertRaisesRegexp(ValueError, "bad"):  # noqa: PT027 - it is what is tested
        raise ValueError("so bad")


def raising(case, error, expected):
    with case.assertRaisesOpError(expected):
        raise error


def test_op_errors_that_match(case):
    operation = tf.placeholder(tf.float32, name="the_name").op
    error = errors.UnauthenticatedError(None, operation, "true_err")
    raising(case, error, "true_err")
    raising(case, error, "the_name")
    # The stack, which quotes the pattern, is not searched.
    assert "UnauthenticatedError" in fails(raising, case, error, "not what it says")
    with pytest.raises(ValueError, match="another"):
        raising(case, ValueError("another kind"), "another")


def test_an_error_that_does_not_come(case):
    def nothing():
        with case.assertRaisesOpError("foo"):
            pass

    assert fails(nothing) == "OpError not raised"


def test_threads(case):
    event = threading.Event()
    thread = case.checkedThread(target=event.set)
    assert not thread.is_alive()
    thread.start()
    thread.join()
    assert event.is_set()
    thread = case.checkedThread(target=lambda a, b: a // b, args=(1,), kwargs={"b": 0})
    thread.start()
    assert "integer division or modulo by zero" in fails(thread.join)


def test_a_thread_that_is_left_running_is_a_failure():
    case = test.TestCase("get_temp_dir")
    case.setUp()
    release = threading.Event()
    thread = case.checkedThread(target=release.wait)
    thread.start()
    assert fails(case.tearDown) == "A checkedThread did not terminate"
    release.set()
    thread.join()


def test_a_test_has_one_session_and_an_empty_graph(case):
    assert not tf.get_default_graph().get_operations()
    with case.test_session() as one:
        assert tf.get_default_session() is one
        assert tf.constant(1.0).device == "/device:CPU:0"
        assert tf.constant(2.0).eval() == 2.0
    with case.test_session(use_gpu=True) as two:
        assert two is one
        assert tf.constant(1.0).device == ""
    graph = tf.Graph()
    with case.test_session(graph=graph) as other:
        assert other is not one
        assert other.graph is tf.get_default_graph() is graph


def test_every_test_draws_the_same_numbers(case):
    def drawn():
        case.setUp()
        return np.random.random_sample(2).tolist()

    assert drawn() == drawn()
    assert drawn() == np.random.RandomState(87654321).random_sample(2).tolist()  # seen in 0.12.1


def test_every_test_has_the_same_random_operations(case):
    assert tf.get_default_graph().seed == 87654321
    with case.test_session():
        np.testing.assert_allclose(tf.random_normal([2]).eval(), [1.0616621, -0.87857825], rtol=1e-6)  # what 0.12.1 draws
    assert tf.Graph().seed is None


def test_unittest_takes_test_session_for_a_test_and_it_skips_itself():
    suite = unittest.TestLoader().loadTestsFromTestCase(test.TestCase)
    result = unittest.TestResult()
    suite.run(result)
    assert (result.testsRun, [why for _, why in result.skipped], result.errors) == (1, ["Not a test."], [])


def test_temporary_folders(case):
    assert case.get_temp_dir() == test.get_temp_dir()


def test_source_paths(monkeypatch):
    monkeypatch.setenv("TRACER_TEST_SRCDIR", "/tree")
    assert test.test_src_dir_path("core/lib") == "/tree/tensorflow/core/lib"


def test_what_replaces_objects_in_tests():
    with tf.test.mock.patch.object(tf.gfile, "Exists", return_value=True):
        assert tf.gfile.Exists("/nowhere")
    with pytest.raises(AttributeError, match="no attribute 'mocks'"):
        tf.test.mocks  # noqa: B018


def test_operations_in_a_graph():
    operation = types.SimpleNamespace(name="hello", type="Const", node_def="its definition")
    graph = types.SimpleNamespace(get_operations=lambda: [operation])
    assert test.assert_ops_in_graph({"hello": "Const"}, graph) == {"hello": "its definition"}
    with pytest.raises(ValueError, match="Not all expected ops are present"):
        test.assert_ops_in_graph({"bye": "Const"}, graph)
    with pytest.raises(ValueError, match=r"^Expected op for node hello is different\. Variable vs Const"):
        test.assert_ops_in_graph({"hello": "Variable"}, graph)


def node(name, op="Add", inputs=(), **attrs):
    return NodeDef(name=name, op=op, input=inputs, attr={key: AttrValue(i=value) for key, value in attrs.items()})


def test_equal_graphs():
    one = GraphDef(node=[node("a"), node("b", inputs=["a", "^x", "^y"], N=2)])
    two = GraphDef(node=[node("b", inputs=["a", "^y", "^x"], N=2, _own=1), node("a")])
    test.assert_equal_graph_def(one, two)


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        ([node("seven")], [], "Found unexpected node 'seven = Add()'"),
        ([], [node("seven")], "Did not find expected node 'seven = Add()'"),
        ([node("a", op="Mul")], [node("a")], "Node named 'a' has op 'Mul' that is not expected 'Add'"),
        ([node("a", inputs=["x"])], [node("a", inputs=["y"])],
         "Node named 'a' has inputs ['x'] that do not match expected ['y']"),
        ([node("a", inputs=["^x"])], [node("a")],
         "Node named 'a' has control inputs ['^x'] that do not match expected []"),
        ([node("a")], [node("a", N=1)], "Node named 'a' lacks attr 'N'"),
        ([node("a", N=1)], [node("a")], "Node named 'a' has unexpected attr 'N'"),
        ([node("a", N=1)], [node("a", N=2)],
         "Node named 'a' has attr 'N' with value: i: 1\n that does not match expected: i: 2\n"),
    ],
)  # fmt: skip
def test_graphs_that_differ(actual, expected, message):
    assert fails(test.assert_equal_graph_def, GraphDef(node=actual), GraphDef(node=expected)) == message


def test_what_is_no_graph():
    with pytest.raises(TypeError, match=r"^Expected tf\.GraphDef for actual, got int$"):
        test.assert_equal_graph_def(3, GraphDef())


def test_the_jacobian_of_a_product():
    left, right = np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.Session():
        x, w = tf.constant(left), tf.constant(right)
        pairs = test.compute_gradient([x, w], [(1, 3), (3, 2)], tf.matmul(x, w), (1, 2), x_init_value=[left, right])
        error = test.compute_gradient_error([x, w], [(1, 3), (3, 2)], tf.matmul(x, w), (1, 2))
    # y_j = sum_i x_i w_ij, so dy_j/dx_i = w_ij and dy_j/dw_ik = x_i where j = k.
    expected = right, np.kron(left.T, np.eye(2))
    for (theoretical, numeric), jacobian in zip(pairs, expected, strict=True):
        np.testing.assert_array_equal(theoretical, jacobian)
        np.testing.assert_allclose(numeric, jacobian, atol=1e-9)
    assert error < 1e-9


def test_a_complex_element_counts_as_two():
    with tf.Session():
        x = tf.constant(11 - 13j, dtype=tf.complex64)
        y = tf.mul(tf.constant(5 + 7j, dtype=tf.complex64), x)
        theoretical, numeric = test.compute_gradient(x, (), y, ())
    np.testing.assert_array_equal(theoretical, [[5, 7], [-7, 5]])
    np.testing.assert_allclose(numeric, [[5, 7], [-7, 5]], rtol=1e-3)


def test_an_empty_jacobian():
    with tf.Session():
        x = tf.placeholder(tf.float32)
        y = tf.identity(x)
        assert [jacobian.shape for jacobian in test.compute_gradient(x, (0, 3), y, (0, 3))] == [(0, 0), (0, 0)]
        assert test.compute_gradient_error(x, (0, 3), y, (0, 3)) == 0


def test_a_gradient_is_checked_after_the_variables_are_set():
    with tf.Session():
        factor = tf.Variable(3.0)
        x = tf.constant(2.0)
        set_up = [tf.initialize_all_variables()]
        theoretical, _ = test.compute_gradient(x, (), tf.mul(x, factor), (), init_targets=set_up)
    assert theoretical.tolist() == [[3.0]]


def test_gradients_that_cannot_be_checked():
    x = tf.constant([1, 2])
    with pytest.raises(ValueError, match="there is none"):
        test.compute_gradient(x, [2], x, [2])
    with tf.Session(), pytest.raises(TypeError, match="of type int32 cannot be checked"):
        test.compute_gradient(x, [2], x, [2])
    x = tf.constant([1.0, 2.0])
    with tf.Session(), pytest.raises(ValueError, match=r"x_init_value has shape \(3,\), and x_shape is \(2,\)"):
        test.compute_gradient(x, [2], tf.identity(x), [2], x_init_value=[1.0, 2.0, 3.0])


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.setattr(benchmark, "GLOBAL_BENCHMARK_REGISTRY", set())
    ran = []

    class Some(test.Benchmark):
        def benchmark1(self):
            ran.append(1)

        def benchmark2(self):
            ran.append(2)

        def other(self):
            raise AssertionError("this is no benchmark")

    assert benchmark.GLOBAL_BENCHMARK_REGISTRY == {Some}
    return ran


@pytest.mark.parametrize(
    ("regex", "expected"), [("unrelated", []), ("Some", [1, 2]), ("Some.*1$", [1]), ("all", [1, 2])]
)
def test_benchmarks_are_chosen_by_name(benchmarks, monkeypatch, regex, expected):
    monkeypatch.setattr("sys.argv", ["script", f"--benchmarks={regex}"])
    test.main()
    assert benchmarks == expected


def test_a_benchmark_times_an_operation(benchmarks, monkeypatch):
    reports = []

    class Timed(test.Benchmark):
        def benchmark_addition(self):
            with tf.Session() as session:
                total = tf.add(tf.constant(1.0), 2.0)
                self.run_op_benchmark(session, total, min_iters=5, store_trace=True)

        def report_benchmark(self, **report):
            reports.append(report)

    Timed().benchmark_addition()
    (report,) = reports
    assert (report["iters"], report["name"]) == (5, "benchmark_addition")
    events = json.loads(report["extras"]["full_trace_chrome_format"])["traceEvents"]
    durations = [event["dur"] for event in events]
    assert len(durations) == 5
    assert min(durations) <= report["wall_time"] * 1e6 * (1 + 1e-9)
    assert report["wall_time"] * 1e6 <= max(durations) * (1 + 1e-9)
    assert report["wall_time"] > 0


@pytest.mark.parametrize(("kinds", "built", "cuda_only", "expected"), [
    (["CPU"], True, False, False), (["CPU", "GPU"], True, True, True), (["CPU", "GPU"], False, True, False),
    (["CPU", "GPU"], False, False, True),
])
def test_whether_there_is_a_gpu(monkeypatch, kinds, built, cuda_only, expected):
    from tracer import device_lib, protos

    monkeypatch.setattr(device_lib, "list_local_devices", lambda: [protos.DeviceAttributes(device_type=k) for k in kinds])
    monkeypatch.setattr("tracer.test.is_built_with_cuda", lambda: built)
    assert tf.test.is_gpu_available(cuda_only) == expected
