"""Message files as the compilers of 2016 generated them: read from the description that they hold."""

import importlib
import sys

import pytest
from google.protobuf import descriptor_pb2, text_format

from tracer import legacy

_DESCRIPTION = """
name: '{name}.proto' package: '{name}' dependency: 'tensorflow/core/framework/tensor.proto'
message_type {{
  name: 'Answer'
  field {{ name: 'count' number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }}
  field {{ name: 'value' number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL type_name: '.tensorflow.TensorProto' }}
  field {{ name: 'kind' number: 3 type: TYPE_ENUM label: LABEL_OPTIONAL type_name: '.{name}.Kind' default_value: 'LONG' }}
  field {{ name: 'part' number: 4 type: TYPE_MESSAGE label: LABEL_REPEATED type_name: '.{name}.Answer.Part' }}
  nested_type {{ name: 'Part' field {{ name: 'text' number: 1 type: TYPE_STRING label: LABEL_REQUIRED }} }}
}}
enum_type {{ name: 'Kind' value {{ name: 'SHORT' number: 0 }} value {{ name: 'LONG' number: 7 }} }}
service {{
  name: 'Asking'
  method {{ name: 'Ask' input_type: '.tensorflow.TensorProto' output_type: '.{name}.Answer' }}
}}
"""
_START = """
from google.protobuf.internal import enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from google.protobuf import reflection as _reflection
from google.protobuf import descriptor_pb2
"""
# What either compiler wrote around the description, shortened: constructors that protobuf refuses to call today.
_BY_2 = _START + """
DESCRIPTOR = _descriptor.FileDescriptor(
  name='x.proto',
  package='x',
  serialized_pb={data!r})

_KIND = _descriptor.EnumDescriptor(name='Kind', full_name='x.Kind', filename=None, file=DESCRIPTOR, values=[])
Kind = enum_type_wrapper.EnumTypeWrapper(_KIND)
SHORT = 0
LONG = 7
_ANSWER_PART = _descriptor.Descriptor(name='Part', full_name='x.Answer.Part', filename=None, file=DESCRIPTOR, fields=[])
_ANSWER = _descriptor.Descriptor(name='Answer', full_name='x.Answer', filename=None, file=DESCRIPTOR, fields=[])
_ANSWER_PART.containing_type = _ANSWER;
_ANSWER.fields_by_name['kind'].enum_type = _KIND
DESCRIPTOR.message_types_by_name['Answer'] = _ANSWER

class Answer(_message.Message):
  __metaclass__ = _reflection.GeneratedProtocolMessageType
  class Part(_message.Message):
    __metaclass__ = _reflection.GeneratedProtocolMessageType
    DESCRIPTOR = _ANSWER_PART
  DESCRIPTOR = _ANSWER

_ANSWER.has_options = True
_ANSWER._options = _descriptor._ParseOptions(descriptor_pb2.MessageOptions(), '')
"""
_BY_3 = """
import sys
_b=sys.version_info[0]<3 and (lambda x:x) or (lambda x:x.encode('latin1'))
""" + _START + """
from google.protobuf import symbol_database as _symbol_database
_sym_db = _symbol_database.Default()
from tensorflow.core.framework import tensor_pb2 as tensorflow_dot_core_dot_framework_dot_tensor__pb2

DESCRIPTOR = _descriptor.FileDescriptor(
  name='x.proto',
  package='x',
  syntax='proto2',
  serialized_pb=_b({data!r})
  ,
  dependencies=[tensorflow_dot_core_dot_framework_dot_tensor__pb2.DESCRIPTOR,])
_sym_db.RegisterFileDescriptor(DESCRIPTOR)
_ANSWER = _descriptor.Descriptor(name='Answer', full_name='x.Answer', filename=None, file=DESCRIPTOR, fields=[])
Answer = _reflection.GeneratedProtocolMessageType('Answer', (_message.Message,), dict(
  DESCRIPTOR = _ANSWER,
  __module__ = 'x_pb2'
  ))
_sym_db.RegisterMessage(Answer)

class AskingStub(object):
  def __init__(self, channel):
    self.Ask = (channel, tensorflow_dot_core_dot_framework_dot_tensor__pb2.TensorProto.SerializeToString,
                Answer.FromString)
"""


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """Installs the environment; the function given writes a generated file of this name and form, and imports it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    legacy.install([str(tmp_path)])

    def generated(name, form):
        description = text_format.Parse(_DESCRIPTION.format(name=name), descriptor_pb2.FileDescriptorProto())
        data = description.SerializeToString().decode("latin-1")
        (tmp_path / f"{name}_pb2.py").write_text(form.format(data=data))
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}_pb2")

    yield generated
    legacy.uninstall()


@pytest.mark.parametrize(("name", "form"), [("answers_by_two", _BY_2), ("answers_by_three", _BY_3)])
def test_messages_are_made_of_the_description(generated, name, form):
    module = generated(name, form)
    answer = module.Answer(count=150, part=[module.Answer.Part(text="ab")])
    assert answer.SerializeToString() == b"\x08\x96\x01" + b"\x22\x04\x0a\x02ab"
    assert module.Answer.FromString(b"\x18\x00").kind == module.SHORT == 0
    assert answer.kind == module.Kind.Value("LONG") == module.LONG == 7
    assert module.DESCRIPTOR.name == f"{name}.proto"
    assert module.DESCRIPTOR.message_types_by_name["Answer"] is module._ANSWER is module.Answer.DESCRIPTOR


def test_tensors_in_messages_are_tensorflows(generated):
    module = generated("answers_with_tensors", _BY_3)
    tensor_pb2 = importlib.import_module("tensorflow.core.framework.tensor_pb2")
    contrib = importlib.import_module("tensorflow.contrib.util")
    answer = module.Answer()
    answer.value.CopyFrom(contrib.make_tensor_proto([1.0, 2.0]))
    assert isinstance(answer.value, tensor_pb2.TensorProto)
    method = module.DESCRIPTOR.services_by_name["Asking"].methods_by_name["Ask"]
    assert method.input_type is tensor_pb2.TensorProto.DESCRIPTOR
    assert tensor_pb2.DESCRIPTOR is tensor_pb2.TensorProto.DESCRIPTOR.file


def test_stubs_of_services_stay(generated):
    module = generated("answers_by_service", _BY_3)
    channel, _, read = module.AskingStub("channel").Ask
    assert (channel, read(b"\x08\x02").count) == ("channel", 2)
