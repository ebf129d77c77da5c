"""`tf.contrib.learn.estimators.tensor_signature`, as 0.12.1 has it."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib.learn.estimators import tensor_signature
from tracer.contrib.learn.estimators.tensor_signature import TensorSignature


def test_what_a_signature_says():
    dense, sparse = TensorSignature(tf.constant(0, shape=[2, 1])), TensorSignature(tf.sparse_placeholder(tf.float32))
    assert tf.contrib.learn.estimators.tensor_signature is tensor_signature
    assert (dense.dtype, dense.shape.as_list(), dense.is_sparse) == (tf.int32, [2, 1], False)
    assert sparse == (tf.float32, None, True)
    assert dense.get_feature_spec() == tf.FixedLenFeature(shape=[1], dtype=tf.int64)
    assert sparse.get_feature_spec() == tf.VarLenFeature(tf.float32)
    assert dense.get_placeholder().get_shape().as_list() == [None, 1]
    assert isinstance(sparse.get_placeholder(), tf.SparseTensor)


def test_a_batch_may_have_any_size():
    first, other = (TensorSignature(tf.placeholder(tf.int32, [size, 1])) for size in (2, None))
    assert first.is_compatible_with(other)
    assert other.is_compatible_with(first)
    assert not first.is_compatible_with(TensorSignature(tf.placeholder(tf.int32, [2, 3])))
    assert not first.is_compatible_with(TensorSignature(tf.placeholder(tf.int64, [2, 1])))
    assert not first.is_compatible_with(TensorSignature(tf.sparse_placeholder(tf.int32)))


X = [[2.0]]


@pytest.mark.parametrize(("tensors", "signatures", "answer"), [
    ({"a": X, "extra": X}, {"a": X}, True), ({"b": X}, {"a": X}, False), (X, {"a": X}, False), ({"a": X}, X, False),
    ([[3.0], [4.0]], X, True), (None, X, False), (None, None, True), (X, None, False), ({}, {}, True),
])
def test_what_goes_together(tensors, signatures, answer):
    def made(values):
        if isinstance(values, dict):
            return {key: made(value) for key, value in values.items()}
        return None if values is None else tf.constant(values)

    expected = tensor_signature.create_signatures(made(signatures))
    assert tensor_signature.tensors_compatible(made(tensors), expected) == answer


def test_placeholders_and_a_parser_of_signatures():
    given = tensor_signature.create_signatures({"a": tf.zeros([2, 1]), "n": tf.zeros([2, 2], tf.int32)})
    fed = tensor_signature.create_placeholders_from_signatures(given)
    assert {key: (tensor.dtype, tensor.get_shape().as_list()) for key, tensor in fed.items()} == {
        "a": (tf.float32, [None, 1]), "n": (tf.int32, [None, 2])}
    example = tf.train.Example()
    example.features.feature["a"].float_list.value.append(0.5)
    example.features.feature["n"].int64_list.value.extend([3, 4])
    parsed = tensor_signature.create_example_parser_from_signatures(given, [example.SerializeToString()])
    found = tf.Session().run(parsed)
    assert (found["a"].tolist(), found["n"].tolist(), found["n"].dtype) == ([[0.5]], [[3, 4]], np.int32)
    alone = tensor_signature.create_example_parser_from_signatures(given["n"], [example.SerializeToString()], "n")
    assert tf.Session().run(alone).tolist() == [[3, 4]]
