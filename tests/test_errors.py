"""`tf.errors`, against TensorFlow 0.8's own tests and the documented form of its messages."""

import pickle
import traceback

import pytest

import tracer as tf
from tracer import errors

# The codes of TensorFlow's error_codes.proto.
KINDS = [
    (errors.CancelledError, errors.CANCELLED, 1),
    (errors.UnknownError, errors.UNKNOWN, 2),
    (errors.InvalidArgumentError, errors.INVALID_ARGUMENT, 3),
    (errors.DeadlineExceededError, errors.DEADLINE_EXCEEDED, 4),
    (errors.NotFoundError, errors.NOT_FOUND, 5),
    (errors.AlreadyExistsError, errors.ALREADY_EXISTS, 6),
    (errors.PermissionDeniedError, errors.PERMISSION_DENIED, 7),
    (errors.ResourceExhaustedError, errors.RESOURCE_EXHAUSTED, 8),
    (errors.FailedPreconditionError, errors.FAILED_PRECONDITION, 9),
    (errors.AbortedError, errors.ABORTED, 10),
    (errors.OutOfRangeError, errors.OUT_OF_RANGE, 11),
    (errors.UnimplementedError, errors.UNIMPLEMENTED, 12),
    (errors.InternalError, errors.INTERNAL, 13),
    (errors.UnavailableError, errors.UNAVAILABLE, 14),
    (errors.DataLossError, errors.DATA_LOSS, 15),
    (errors.UnauthenticatedError, errors.UNAUTHENTICATED, 16),
]


@pytest.mark.parametrize(("kind", "constant", "code"), KINDS)
def test_a_class_for_each_code(kind, constant, code):
    assert constant == code
    error = kind(None, None, "what happened")
    assert (error.error_code, error.message, error.op, error.node_def) == (code, "what happened", None, None)
    assert str(error) == "what happened"
    assert kind.__bases__ == (errors.OpError,)
    assert type(errors._make_specific_exception(None, None, None, code)) is kind
    assert errors.exception_type_from_error_code(code) is kind
    assert errors.error_code_from_exception_type(kind) == code


def test_an_unknown_code_is_an_unknown_error_with_a_warning():
    with pytest.warns(UserWarning, match="^Unknown error code: 37$"):
        error = errors._make_specific_exception(None, None, "what", 37)
    assert type(error) is errors.UnknownError
    assert error.error_code == 37


def test_the_operation_and_the_line_that_made_it_are_told():
    operation = tf.placeholder(tf.float32, name="x").op
    line = traceback.extract_stack()[-1].lineno - 1
    error = errors.InvalidArgumentError(None, operation, "You must feed x")
    assert error.op is operation
    message, _, rest = str(error).partition("\n")
    assert message == error.message == "You must feed x"
    assert rest.startswith("Caused by op 'x', defined at:\n")
    assert rest.endswith(
        f'  File "{__file__}", line {line}, in {test_the_operation_and_the_line_that_made_it_are_told.__name__}\n'
        '    operation = tf.placeholder(tf.float32, name="x").op\n'
    )


def test_an_error_travels_without_its_graph():
    operation = tf.placeholder(tf.float32, name="x").op
    copy = pickle.loads(pickle.dumps(errors.NotFoundError(None, operation, "gone")))
    assert (type(copy), copy.message, copy.error_code, copy.op) == (errors.NotFoundError, "gone", 5, None)
    copy = pickle.loads(pickle.dumps(errors.UnknownError(None, None, "what", 37)))
    assert (type(copy), copy.error_code) == (errors.UnknownError, 37)


@pytest.mark.parametrize("kind", [errors.StaticValueError, errors.UnsupportedError])
def test_our_own_errors_name_the_problem_the_line_and_the_way_out(kind):
    operation = tf.placeholder(tf.float32, name="n").op
    line = traceback.extract_stack()[-1].lineno - 1
    error = kind("Reshape 'flat' needs `shape` while compiling", operation, "Feed a fixed size.")
    assert str(error).splitlines() == [
        "Reshape 'flat' needs `shape` while compiling",
        f'  recorded at {__file__}:{line}:  operation = tf.placeholder(tf.float32, name="n").op',
        "  Feed a fixed size.",
    ]
    assert str(kind("That is all")) == "That is all"


def test_our_own_errors_are_of_the_kind_that_python_has_for_them():
    assert issubclass(errors.StaticValueError, ValueError)
    assert issubclass(errors.UnsupportedError, NotImplementedError)
