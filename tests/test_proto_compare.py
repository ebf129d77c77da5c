"""Messages compared, as `tensorflow.python.util.protobuf.compare` does it."""

import pytest

import tracer as tf
from tracer import proto_compare
from tracer.legacy import compare_test_pb2


def test_messages_compared():
    class Test(tf.test.TestCase, proto_compare.ProtoAssertions):
        pass

    one, other = compare_test_pb2.Large(float_=1.2314352351231), compare_test_pb2.Large(float_=1.231435)
    with pytest.raises(AssertionError, match="float_"):
        Test("run").assertProtoEqual(one, other)
    Test("run").assertProtoEqual(one, other, normalize_numbers=True)
    assert not proto_compare.ProtoEq(one, other)
    with pytest.raises(AssertionError, match="Initialization errors"):
        Test("run").assertProtoEqual(compare_test_pb2.Labeled(), compare_test_pb2.Labeled())
