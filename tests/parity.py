"""`@parity([case(...), ...])`: rows of calls, each checked against what the real TensorFlow computes.

    @parity([
        case("matmul", ROWS, COLUMNS),
        case("matmul", ROWS, ROWS, transpose_b=True),
        case("inv", np.float32([2, 4]), expect=np.float32([.5, .25])),
    ])
    def test_matmul(case):
        case.check()

A case is data, so that the real TensorFlow can evaluate it in another Python: the path of a function and its
arguments. NumPy arrays (and NumPy scalars) become tensors; lists, numbers, strings and dtypes stay what they are.
`python -m tests.reference.record` evaluates every case that has no `expect`, and keeps the answers beside it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import operator
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np
import pytest

import tracer as tf
from tests.reference import codec
from tests.reference.codec import Plain as plain
from tests.reference.codec import Sparse as sparse
from tracer.declare import raw_op

__all__ = ["case", "parity", "plain", "sparse"]

TESTS = pathlib.Path(__file__).resolve().parent
FAMILIES: dict[str, list[Case]] = {}
RTOL = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}
NUMERIC_ELEMENTS = 60  # at most so many elements of an argument are moved for a numeric gradient
MODULES = ("", "nn.", "image.", "train.")
UNSET: Any = object()


def case(
    function: str | Callable,
    *args: Any,
    expect: Any = UNSET,
    gradient: bool = True,
    feed: bool | str = True,
    raises: bool | tuple[str, str] = False,
    reference: Case | None = None,
    tolerance: float | None = None,
    **kwargs: Any,
) -> Case:
    """One call. `function` is a path below `tf` or the function itself, `operator.<name>`, `raw.<name>` for the
    generated wrapper of an operation, or a recipe of `tests/reference/recipes`.

    `expect`: the value by a formula (a tuple for several outputs), where 0.12.1 lacks the function or 0.8 differs.
    `gradient`: False where only values are compared.
    `feed`: False where the arguments must be constants, "rank" where their rank must be known.
    `raises`: where the call is wrong: True for the type that TensorFlow raises, or the type's name and a pattern of
    the message of 0.8.
    `reference`: the call that gives the same in 0.12.1, where it is spelt differently.
    `tolerance`: relative, where the type's usual one is too strict.
    """
    return Case(function, args, kwargs, expect, gradient, feed, raises, reference, tolerance)


def parity(cases: Sequence[Case]) -> Callable[[Callable], Callable]:
    """Runs the decorated test for each of `cases`, under an id of its own."""

    def decorate(test: Callable) -> Callable:
        path = pathlib.Path(test.__code__.co_filename).resolve().relative_to(TESTS)
        family = (path.parent / path.stem.removeprefix("test_")).as_posix()
        for one in cases:
            one.family = family
        FAMILIES.setdefault(family, []).extend(cases)
        return pytest.mark.parametrize("case", cases, ids=[one.name for one in cases])(test)

    return decorate


def file_of(family: str) -> pathlib.Path:
    """Where the recordings of a family are."""
    return TESTS / "reference" / f"{family}.npz"


@functools.cache
def recordings(family: str) -> codec.Reader | None:
    """The recordings of a family, or None."""
    path = file_of(family)
    return codec.Reader(path) if path.exists() else None


class Case:
    """One call, and what is known of its result."""

    def __init__(self, function: str | Callable, args: tuple, kwargs: dict, expect: Any, gradient: bool,
                 feed: bool | str, raises: bool | tuple[str, str], reference: Case | None,
                 tolerance: float | None) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.expect, self.gradient, self.feed = expect, gradient, feed
        self.raises, self.reference, self.tolerance = raises, reference, tolerance
        self.family = ""

    @property
    def path(self) -> str:
        """The function by name."""
        if isinstance(self.function, str):
            return self.function
        name = self.function.__name__
        for prefix in MODULES:  # a function of tf itself
            module = getattr(tf, prefix.rstrip("."), None) if prefix else tf
            if getattr(module, name, None) is self.function:
                return prefix + name
        return f"recipe:{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @property
    def name(self) -> str:
        """The test's id."""
        words = [describe(value) for value in self.args]
        words += [f"{key}={describe(value)}" for key, value in self.kwargs.items()]
        return "-".join([self.path.removeprefix("recipe:"), *words])[:120]

    @property
    def recorded(self) -> bool:
        """Whether the real TensorFlow is asked."""
        return self.expect is UNSET and not isinstance(self.raises, tuple)

    @functools.cached_property
    def key(self) -> str:
        """What the recording goes by: a digest of everything that the real TensorFlow is given."""
        writer = codec.Writer()
        request = self.request(writer)
        del request["name"]
        text = json.dumps(request, sort_keys=True).encode()
        return hashlib.sha256(text + bytes(writer.block)).hexdigest()[:16]

    def request(self, writer: codec.Writer) -> dict[str, Any]:
        """The call as the worker reads it."""
        call = self.reference or self
        return {
            "name": self.name,
            "function": call.path,
            "args": [writer.encode(value) for value in call.args],
            "kwargs": {key: writer.encode(value) for key, value in call.kwargs.items()},
            "gradient": self.gradient,
        }

    # -- what is known

    def answer(self) -> dict[str, Any]:
        """The recording of this case."""
        reader = recordings(self.family)
        found = reader.index.get(self.key) if reader is not None else None
        if found is None:
            pytest.fail(f"what {self.name} gives is not recorded; run\n  python -m tests.reference.record "
                        f"--python <a Python 2.7 with TensorFlow 0.12.1> {self.family}\nor give the case an expect=",
                        pytrace=False)
        return found

    def expected(self) -> list[Any]:
        """The values of all outputs."""
        if self.expect is not UNSET:
            values = self.expect if isinstance(self.expect, tuple) else (self.expect,)
            return [np.asarray(value) for value in values]
        reader = recordings(self.family)
        assert reader is not None
        return [reader.decode(value) for value in self.answer()["values"]]

    # -- the call

    def build(self, tensor: Callable[[np.ndarray], Any]) -> list[Any]:
        """The call's output tensors, its arrays made to tensors by `tensor`."""
        def given(value: Any) -> Any:
            return codec.substitute(value, tensor, getattr(tf, "SparseTensor", None), tf.as_dtype)

        args = [given(value) for value in self.args]
        kwargs = {key: given(self.kwargs[key]) for key in sorted(self.kwargs)}
        return flatten(self.callable()(*args, **kwargs))

    def callable(self) -> Callable:
        """The function itself."""
        if not isinstance(self.function, str):
            return functools.partial(self.function, tf) if self.path.startswith("recipe:") else self.function
        if self.function.startswith("operator."):
            return getattr(operator, self.function.removeprefix("operator."))
        if self.function.startswith("raw."):
            return raw_op(self.function.removeprefix("raw."))
        return functools.reduce(getattr, self.function.split("."), tf)

    def placeholders(self, feeds: dict[Any, np.ndarray]) -> Callable[[np.ndarray], Any]:
        """Makes a placeholder of unknown shape for each array, and notes what to feed."""
        def make(value: np.ndarray) -> Any:
            dtype = tf.string if value.dtype == object else tf.as_dtype(value.dtype)
            made = tf.placeholder(dtype, [None] * value.ndim if self.feed == "rank" else None)
            feeds[made] = value
            return made

        return make

    # -- the statements

    def check(self) -> None:
        """States, one after the other, what must hold for this case."""
        if self.recorded:
            self.answer()  # says first of all what to do where there is none
        if self.raises:
            self.check_error()
            return
        self.check_value()
        if self.feed:
            self.check_fed()
        if self.gradient:
            self.check_gradient()

    def check_error(self) -> None:
        """The call raises what TensorFlow raises."""
        kind, pattern = self.raises if isinstance(self.raises, tuple) else (self.answer()["error"][0], "")
        with pytest.raises(Exception, match=pattern or None) as caught:
            with tf.Graph().as_default(), tf.Session() as session:
                session.run(started(session, self.build(tf.constant)))
        kinds = [base.__name__ for base in type(caught.value).__mro__]
        assert kind in kinds, f"raised {kinds[0]} ({caught.value}), TensorFlow raises {kind}"

    def check_value(self) -> None:
        """The values from constants are TensorFlow's, and of the shapes that were declared."""
        with tf.Graph().as_default(), tf.Session() as session:
            outputs = self.build(tf.constant)
            values = session.run(started(session, outputs))
        self.compare(values, self.expected(), "the value from constants")
        check_shapes(outputs, values, "from constants")

    def check_fed(self) -> None:
        """The values fed to placeholders of unknown shape are the same, where a program is compiled for them."""
        feeds: dict[Any, np.ndarray] = {}
        compiling = mock.patch.dict(os.environ, TRACER_WITHOUT="first")
        with compiling, tf.Graph().as_default(), tf.Session() as session:
            outputs = self.build(self.placeholders(feeds))
            values = session.run(started(session, outputs), feeds)
        self.compare(values, self.expected(), "the value fed by placeholders")
        check_shapes(outputs, values, "fed by placeholders")

    def check_gradient(self) -> None:
        """The gradients of the weighed outputs are TensorFlow's; numeric ones where it was not asked or has none."""
        recorded = self.answer().get("gradients") if self.recorded else None
        if isinstance(recorded, list):
            self.check_recorded_gradient(recorded)
            return
        try:
            self.check_numeric_gradient()
        except LookupError:
            if recorded is None:  # TensorFlow says so too, where it was asked
                raise

    def check_recorded_gradient(self, recorded: list) -> None:
        """Dense or sparse or None as TensorFlow's, with its values."""
        reader = recordings(self.family)
        assert reader is not None
        with tf.Graph().as_default(), tf.Session() as session:
            floats, gradients = self.gradients(self.expected())
            assert len(gradients) == len(recorded)
            for i, (gradient, want) in enumerate(zip(gradients, recorded, strict=True)):
                place = f"the gradient by float argument {i}, {floats[i].get_shape()}"
                assert (gradient is None) == (want is None), f"{place} is {gradient}, TensorFlow's is {want}"
                if gradient is None:
                    continue
                slices = isinstance(gradient, tf.IndexedSlices)
                assert slices == want["slices"], f"{place} is {gradient}, TensorFlow's slices: {want['slices']}"
                value = session.run(started(session, [tf.convert_to_tensor(gradient)]))
                self.compare(value, [reader.decode(want["value"])], place)

    def check_numeric_gradient(self) -> None:
        """For a float64 case: gradients as differences of values say."""
        if not self.smooth():
            return
        with tf.Graph().as_default(), tf.Session() as session:
            feeds: dict[Any, np.ndarray] = {}

            def make(value: np.ndarray) -> Any:
                made = tf.placeholder(tf.as_dtype(value.dtype), value.shape)
                feeds[made] = value
                return made

            expected = self.expected()
            floats, gradients = self.gradients(expected, make)
            outputs = started(session, self.outputs)
            for x, gradient in zip(floats, gradients, strict=True):
                place = f"the gradient by {x.get_shape()}"
                assert gradient is not None, f"{place} is None"
                analytic = session.run(tf.convert_to_tensor(gradient), feeds)
                numeric = differences(lambda fed: session.run(outputs, fed), feeds, x)
                chosen = np.isfinite(numeric)
                np.testing.assert_allclose(analytic[chosen], numeric[chosen], rtol=1e-5, atol=1e-6, err_msg=place)

    def smooth(self) -> bool:
        """Whether numeric gradients can be taken: float64 arguments and outputs."""
        arrays: list[np.ndarray] = []
        codec.substitute([list(self.args), self.kwargs], arrays.append, lambda *parts: None, lambda name: None)
        return (any(array.dtype == np.float64 for array in arrays)
                and all(array.dtype.kind not in "fc" or array.dtype == np.float64 for array in arrays)
                and any(value.dtype == np.float64 for value in self.expected()))

    def gradients(self, values: list[np.ndarray], tensor: Callable = tf.constant) -> tuple[list, list]:
        """The float arguments, and the gradients of the weighed outputs by each."""
        floats: list[Any] = []

        def make(value: np.ndarray) -> Any:
            made = tensor(value)
            if value.dtype.kind in "fc":
                floats.append(made)
            return made

        self.outputs = self.build(make)
        weighed = [(output, codec.cotangent(value.shape, value.dtype))
                   for output, value in zip(self.outputs, values, strict=True) if value.dtype.kind in "fc"]
        if not weighed or not floats:
            return [], []
        return floats, tf.gradients([output for output, _ in weighed], floats,
                                    [tf.constant(weight) for _, weight in weighed])

    def compare(self, values: list, expected: list[np.ndarray], what: str) -> None:
        """Type, shape and numbers are equal, within the type's tolerance."""
        assert len(values) == len(expected), f"{what}: {len(values)} outputs, TensorFlow has {len(expected)}"
        for i, (got, want) in enumerate(zip(values, expected, strict=True)):
            place = f"{what}, output {i}" if len(values) > 1 else what
            got = np.asarray(got, object if isinstance(got, bytes) else None)
            if want.dtype.kind in "OSU":
                assert got.shape == want.shape, f"{place}: shape {got.shape}, TensorFlow's is {want.shape}"
                assert got.tolist() == want.astype(object).tolist(), place
                continue
            assert got.dtype == want.dtype, f"{place}: {got.dtype}, TensorFlow's is {want.dtype}"
            assert got.shape == want.shape, f"{place}: shape {got.shape}, TensorFlow's is {want.shape}"
            rtol = self.tolerance or RTOL.get(want.dtype.name, 0)
            finite = np.abs(want[np.isfinite(want)]) if rtol else want.reshape(-1)[:0]
            scale = float(finite.max()) if finite.size else 0.0  # what cancels is as wrong as what it was made of
            np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * scale / 10, err_msg=place)


def started(session: Any, outputs: list) -> list:
    """`outputs`, after the variables that the call made have got their values."""
    if tf.all_variables():
        session.run(tf.initialize_all_variables())
    return outputs


def check_shapes(outputs: list, values: list, what: str) -> None:
    """The shape declared while recording fits the value."""
    for output, value in zip(outputs, values, strict=True):
        shape = output.get_shape()
        assert shape.is_compatible_with(np.shape(value)), f"{what}: declared {shape}, computed {np.shape(value)}"


def flatten(output: Any) -> list:
    """The tensors of a call's result, in order."""
    kind = type(output).__name__
    if output is None:
        return []
    if kind == "SparseTensor":
        return [output.indices, output.values, output.shape]
    if kind == "IndexedSlices":
        return [output.values, output.indices]
    if isinstance(output, (list, tuple)):
        return [tensor for item in output for tensor in flatten(item)]
    return [tf.convert_to_tensor(output)]


def differences(run: Callable, feeds: dict, x: Any, step: float = 1e-6) -> np.ndarray:
    """The numeric gradient of the weighed outputs by the fed tensor `x`; NaN at elements left out."""
    def total(moved: np.ndarray) -> float:
        values = [np.asarray(value) for value in run({**feeds, x: moved})]
        return sum(float(np.sum(value * codec.cotangent(value.shape, value.dtype)))
                   for value in values if value.dtype == np.float64)

    start = feeds[x]
    gradient = np.full(start.shape, np.nan)
    for index in list(np.ndindex(start.shape))[:NUMERIC_ELEMENTS]:
        ahead, behind = start.copy(), start.copy()
        ahead[index] += step
        behind[index] -= step
        gradient[index] = (total(ahead) - total(behind)) / (2 * step)
    return gradient


def describe(value: Any) -> str:
    """An argument in a test's id."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        return f"{value.dtype.name}[{','.join(map(str, value.shape))}]"
    if isinstance(value, plain):
        return f"plain {describe(value.value)}"
    if isinstance(value, sparse):
        return f"sparse {describe(value.parts[1])}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(describe(item) for item in value)}]"
    if hasattr(value, "as_numpy_dtype"):
        return value.name
    return str(value)
