"""`tf.test`: the test case that scripts derive theirs from, and what goes with it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import random
import re
import sys
import threading
import unittest
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tracer import errors, proto_compare, scopes
from tracer.benchmark import GLOBAL_BENCHMARK_REGISTRY as GLOBAL_BENCHMARK_REGISTRY
from tracer.benchmark import TEST_REPORTER_TEST_ENV as TEST_REPORTER_TEST_ENV
from tracer.benchmark import Benchmark as Benchmark
from tracer.benchmark import _run_benchmarks as _run_benchmarks
from tracer.device import canonical
from tracer.gradient_checker import compute_gradient as compute_gradient
from tracer.gradient_checker import compute_gradient_error as compute_gradient_error
from tracer.graph_assertions import assert_equal_graph_def as assert_equal_graph_def
from tracer.graph_assertions import assert_ops_in_graph as assert_ops_in_graph
from tracer.legacy import googletest as googletest
from tracer.ops.random import DEFAULT_GRAPH_SEED

# TensorFlow's own tests know the parts of this module as modules of their own.
test_util = sys.modules[__name__]


class TestCase(unittest.TestCase):
    """A test case with a fresh default graph for each test.

    >>> class SquareTest(tf.test.TestCase):
    ...     def testSquare(self):
    ...         with self.test_session():
    ...             self.assertAllEqual(tf.square([2, 3]).eval(), [4, 9])
    """

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[_CheckedThread] = []
        self._cached_session: Any = None

    def setUp(self) -> None:
        """Start with an empty default graph, and with its, Python's and NumPy's random numbers in a known state."""
        self._close_session()
        random.seed(DEFAULT_GRAPH_SEED)
        np.random.seed(DEFAULT_GRAPH_SEED)
        scopes.reset_default_graph()
        scopes.get_default_graph().seed = DEFAULT_GRAPH_SEED

    def tearDown(self) -> None:
        """Check that the threads have ended, and close the session."""
        for thread in self._threads:
            self._check(not thread.is_alive(), "A checkedThread did not terminate")
        self._threads.clear()
        self._close_session()

    def _close_session(self) -> None:
        if self._cached_session is not None:
            self._cached_session.close()
            self._cached_session = None

    def _check(self, holds: bool, message: str) -> None:
        if not holds:
            self.fail(message)

    def get_temp_dir(self) -> str:
        """A folder for the files of the tests."""
        return googletest.GetTempDir()

    def test_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Any:
        """A session as the default one, on the CPU unless told otherwise.

        Without `graph` a test has one session, however often it asks.
        """
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")  # though unittest takes it for one, by its name
        return self._session(graph, config, use_gpu, force_gpu)

    @contextlib.contextmanager
    def _session(self, graph: Any, config: Any, use_gpu: bool, force_gpu: bool) -> Iterator[Any]:
        from tracer.session import Session

        if graph is not None:
            with Session(graph=graph, config=_softly(config, force_gpu)) as session:
                with _placed(session, use_gpu, force_gpu):
                    yield session
            return
        if self._cached_session is None:
            self._cached_session = Session(config=_softly(config, force_gpu))
        session = self._cached_session
        with session.graph.as_default(), session.as_default(), _placed(session, use_gpu, force_gpu):
            yield session

    def checkedThread(self, target: Callable, args: Any = None, kwargs: Any = None) -> _CheckedThread:
        """A thread that is not started yet; an exception in it makes the test fail when it is joined."""
        thread = _CheckedThread(self, target, args, kwargs)
        self._threads.append(thread)
        return thread

    def _GetNdArray(self, a: Any) -> np.ndarray:
        return a if isinstance(a, np.ndarray) else np.array(a)

    def assertAllClose(self, a: Any, b: Any, rtol: Any = 1e-6, atol: Any = 1e-6) -> None:
        """Check that two arrays have the same shape and nearly the same elements."""
        a, b = _array(a), _array(b)
        self._check(a.shape == b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}.")
        if np.ndim(rtol) or np.ndim(atol):  # tolerances for each element, which NumPy's own message cannot print
            self._check(np.allclose(a, b, rtol, atol, equal_nan=True), f"Not equal to tolerances {rtol}, {atol}:\n"
                        f"{a}\n{b}")
        else:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)

    def assertAllCloseAccordingToType(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6) -> None:
        """As `assertAllClose`, with a tolerance of at least 1e-3 when one of the arrays is float16."""
        a, b = _array(a), _array(b)
        if np.float16 in (a.dtype, b.dtype):
            rtol, atol = max(rtol, 1e-3), max(atol, 1e-3)
        self.assertAllClose(a, b, rtol, atol)

    def assertAllEqual(self, a: Any, b: Any) -> None:
        """Check that two arrays have the same shape and the same elements. NaN equals NaN."""
        a, b = _array(a), _array(b)
        self._check(a.shape == b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}.")
        np.testing.assert_array_equal(a, b)

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Check that two numbers differ by at most `err`."""
        if not abs(f1 - f2) <= err:
            suffix = f" ({msg})" if msg is not None else ""
            self.fail(f"{f1:f} != {f2:f} +/- {err:f}{suffix}")

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float) -> None:
        """Check that two sequences of numbers differ by at most `err` in each place."""
        self._check(len(farray1) == len(farray2), f"Lengths differ: {len(farray1)} != {len(farray2)}")
        for f1, f2 in zip(farray1, farray2, strict=True):
            self.assertNear(float(f1), float(f2), err)

    def _NDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float) -> bool:
        return bool(np.linalg.norm(ndarray1 - ndarray2) < err)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float) -> None:
        """Check that the difference of two arrays has a norm below `err`."""
        near = self._NDArrayNear(ndarray1, ndarray2, err)
        self._check(near, f"{ndarray1} and {ndarray2} differ by {np.linalg.norm(ndarray1 - ndarray2)}, not below {err}")

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any) -> None:
        """Check that an array has the static shape of a tensor."""
        if not isinstance(np_array, (np.ndarray, np.generic)):
            raise TypeError("np_array must be a Numpy ndarray or Numpy scalar")
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list())

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """Check the beginning of a text."""
        if not actual.startswith(expected_start):
            suffix = f" : {msg}" if msg else ""
            self.fail(f"{actual!r} does not start with {expected_start!r}{suffix}")

    def assertDeviceEqual(self, device1: Any, device2: Any) -> None:
        """Check that two device strings mean the same device."""
        one, two = canonical(device1), canonical(device2)
        self._check(one == two, f"Devices {one} and {two} are not equal")

    def assertProtoEquals(self, expected_message_maybe_ascii: Any, message: Any) -> None:
        """Check a protobuf message against another one, or against its text form; floats to 6 digits, doubles to 7."""
        expected = expected_message_maybe_ascii
        if isinstance(expected, str):
            expected = proto_compare.of_text(expected, message)
        elif type(expected) is not type(message):
            self.fail(f"Can't compare protos of type {type(expected)} and {type(message)}")
        if expected != message:
            expected, message = proto_compare.rounded(expected), proto_compare.rounded(message)
        if expected != message:
            self.assertMultiLineEqual(str(expected), str(message))  # noqa: PT009 - shows the lines that differ
            self.fail(f"The messages differ in a field that does not print: {expected!r}")

    def assertProtoEqualsVersion(self, expected: str, actual: Any, producer: int = 9, min_consumer: int = 0) -> None:
        """Check a GraphDef against a text form to which the versions are added."""
        versions = f"versions {{ producer: {producer} min_consumer: {min_consumer} }}"
        self.assertProtoEquals(f"{versions}\n{expected}", actual)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: Any, expected_err_re_or_predicate: str | Callable[[Exception], Any]
    ) -> Iterator[None]:
        """Check that the block raises an exception whose text matches a pattern, or for which a function says True."""
        expected = expected_err_re_or_predicate
        try:
            yield
        except exception_type as error:
            matches = expected(error) if callable(expected) else re.search(expected, _searchable(error))
            if not matches:
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        else:
            self.fail(f"{getattr(exception_type, '__name__', exception_type)} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: str | Callable[[Exception], Any]) -> Any:
        """Check that the block raises an error of `tf.errors` that matches."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)

    # Names of Python 2 that its successors dropped.

    def assertItemsEqual(self, first: Any, second: Any, msg: str | None = None) -> None:
        """Check that two sequences have the same elements in any order."""
        self.assertCountEqual(first, second, msg)  # noqa: PT009 - the same thing under its new name

    def assertRaisesRegexp(self, expected_exception: Any, expected_regex: Any, *args: Any, **kwargs: Any) -> Any:
        """Check that an exception is raised whose text matches a pattern."""
        return self.assertRaisesRegex(expected_exception, expected_regex, *args, **kwargs)  # noqa: PT027 - likewise


TensorFlowTestCase = TestCase


class _CheckedThread:
    """A thread whose failure is the failure of the test that joins it."""

    def __init__(self, case: TestCase, target: Callable, args: Any, kwargs: Mapping[str, Any] | None) -> None:
        self._case = case
        self._target = target
        self._args = args or ()
        self._kwargs = kwargs or {}
        self._thread = threading.Thread(target=self._run)
        self._exception: Exception | None = None

    def _run(self) -> None:
        try:
            self._target(*self._args, **self._kwargs)
        except Exception as error:
            self._exception = error

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait for its end, and fail if it failed."""
        self._thread.join()
        if self._exception is not None:
            self._case.fail(f"Error in checkedThread: {self._exception}")

    def is_alive(self) -> bool:
        """Whether it is still running."""
        return self._thread.is_alive()


def _softly(config: Any, force_gpu: bool) -> Any:
    """The configuration of a test's session: devices that are not there do not matter, but where a GPU must be."""
    from tracer import protos

    made = protos.ConfigProto(allow_soft_placement=True)
    if config is not None:
        made.CopyFrom(config)
    if force_gpu:
        made.allow_soft_placement = False
    return made


@contextlib.contextmanager
def _placed(session: Any, use_gpu: bool, force_gpu: bool) -> Iterator[None]:
    if use_gpu and not force_gpu:
        yield
        return
    if force_gpu:
        session.placement.strict = True
    try:
        with session.graph.device("/gpu:0" if force_gpu else "/cpu:0"):
            yield
    finally:
        if force_gpu:
            session.placement.strict = False


def _array(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(value, dtype=object)
    # NumPy's comparisons know nothing of bfloat16.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _searchable(error: BaseException) -> str:
    """What a pattern is looked for in: not the stack, which may quote the pattern itself."""
    if not isinstance(error, errors.OpError):
        return str(error)
    text, op = str(error.message), error.op
    while op is not None:
        text += f"\nCaused by: {op.name}"
        op = getattr(op, "_original_op", None)
    return text


def main() -> Any:
    """Run the tests of the script, or its benchmarks when the command line asks for `--benchmarks=REGEX`."""
    for argument in sys.argv[1:]:
        if argument.startswith("--benchmarks="):
            return _run_benchmarks(argument.partition("=")[2] or "all")
    return googletest.main()


def get_temp_dir() -> str:
    """A folder for the files of the tests; it is the same one for the whole run."""
    return googletest.GetTempDir()


def test_src_dir_path(relative_path: str) -> str:
    """The path of a file of TensorFlow's source tree, which TRACER_TEST_SRCDIR or TEST_SRCDIR leads to."""
    tree = os.environ.get("TRACER_TEST_SRCDIR") or os.environ.get("TEST_SRCDIR", "")
    return os.path.join(tree, "tensorflow", relative_path)


test_src_dir_path.__test__ = False  # type: ignore[attr-defined] # no test, whatever pytest makes of its name


def is_built_with_cuda() -> bool:
    """Whether programs can run on NVIDIA GPUs: whether JAX's package for them is installed."""
    return any(importlib.util.find_spec(name) is not None for name in ("jax_cuda13_plugin", "jax_cuda12_plugin"))


IsGoogleCudaEnabled = is_built_with_cuda


def is_gpu_available(cuda_only: bool = False) -> bool:
    """Whether this process can use a GPU; with `cuda_only` one of NVIDIA's. From 0.11 on."""
    from tracer import device_lib

    found = any(device.device_type == "GPU" for device in device_lib.list_local_devices())
    return found and (not cuda_only or is_built_with_cuda())




def __getattr__(name: str) -> Any:
    if name == "mock":  # from 0.11 on
        return importlib.import_module("unittest.mock")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
