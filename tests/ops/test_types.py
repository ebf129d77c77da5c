"""Which types an operation takes: those of its 0.8 definition, with TensorFlow's error for any other."""

import numpy as np
import pytest

import tracer as tf
from tracer import errors, opdef
from tracer.declare import DECLARATIONS, raw_op, snake_case

KINDS = [tf.float16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.string,
         tf.bool, tf.complex64, tf.complex128, tf.qint8, tf.quint8, tf.qint32, tf.bfloat16]
WITHOUT_INTEGERS = ("exp", "log", "sin", "cos", "tanh", "sigmoid", "sqrt", "rsqrt", "erf", "erfc", "lgamma", "digamma")


def limited(definition):
    """The attributes that limit types."""
    return [a for a in definition.attributes.values() if a.kind in ("type", "list(type)") and a.allowed is not None]


def sample(attribute, kind):
    """A value that the attribute may have; `kind` where it is a type."""
    if attribute.kind == "type":
        return kind
    if attribute.kind == "list(type)":
        return [kind] * max(attribute.minimum or 0, 1)
    if attribute.kind.startswith("list("):
        return [1] * max(attribute.minimum or 0, 1)
    if attribute.has_default:
        return attribute.default
    plain = {"int": attribute.minimum or 1, "float": 1.0, "bool": False, "shape": [], "string": ""}
    return attribute.allowed[0] if attribute.allowed else plain.get(attribute.kind)


def call(definition, chosen):
    """Records the operation with tensors of unknown shape, of the types that `chosen` gives its attributes."""
    def kind_of(name):
        attribute = definition.attributes[name]
        return chosen.get(name) or (attribute.allowed[0] if attribute.allowed else tf.float32)

    def tensor(kind, is_ref):
        return raw_op("variable")([], kind) if is_ref else tf.placeholder(kind)

    values = {}
    for argument in definition.inputs:
        name = argument.type_attr or argument.list_attr
        kind = argument.dtype or kind_of(name)
        one = tensor(kind, argument.is_ref)
        values[argument.name] = [one, one] if argument.is_list else one
    for name in DECLARATIONS[definition.type].given:
        attribute = definition.attributes[name]
        values[name] = sample(attribute, kind_of(name) if "type" in attribute.kind else None)
    return raw_op(snake_case(definition.type))(**values)


@pytest.mark.parametrize("type", sorted(
    type for type in DECLARATIONS if type in opdef.names() and limited(opdef.find(type))
    and opdef.find(type).deprecated_at is None))
def test_the_types_of_the_definition_and_no_others(type):
    definition = opdef.find(type)
    for attribute in limited(definition):
        names = ", ".join(kind.name for kind in attribute.allowed)
        for kind in KINDS:
            if kind in attribute.allowed:
                try:
                    call(definition, {attribute.name: kind})
                except ValueError:
                    pass  # the samples of the other attributes make no sense together; the types have passed
                continue
            with pytest.raises(TypeError) as caught:
                call(definition, {attribute.name: kind})
            assert str(caught.value) == (
                f"DataType {kind.name} for attr '{attribute.name}' not in list of allowed values: {names}")


@pytest.mark.parametrize("name", WITHOUT_INTEGERS)
def test_a_type_without_a_kernel(name):
    """0.8's definitions allow integers, and its kernels do not."""
    with pytest.raises(errors.InvalidArgumentError, match=r"No OpKernel was registered to support Op '\w+' .*T=int32"):
        tf.Session().run(getattr(tf, name)(tf.constant(np.int32([1, 2]))))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_complex_numbers_have_no_order(name):
    with pytest.raises(errors.InvalidArgumentError, match=r"No OpKernel was registered to support Op 'Arg\w+' .*T=complex64"):
        tf.Session().run(getattr(tf, name)(tf.constant(np.complex64([[1, 2]])), 1))


def test_every_type_is_asked():
    assert {kind.name for kind in KINDS} >= {kind.name for name in opdef.names() for a in limited(opdef.find(name))
                                             for kind in a.allowed}
