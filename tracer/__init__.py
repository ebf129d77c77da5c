"""TensorFlow 0.8's API, recording a graph that `lowering` turns into JAX."""

from tracer.legacy import startup as _startup

if _startup.is_our_command():  # before anything else: a random.py in the current folder is not the library's
    _startup.leave_current_folder()

# Loaded now, because loading a submodule later would put it in the place of the function of that name.
import tracer.device  # noqa: F401
from tracer import app as app
from tracer import compat as compat
from tracer import errors as errors
from tracer import flags as flags
from tracer import gfile as gfile
from tracer import logging as logging
from tracer import python_io as python_io
from tracer import resource_loader as resource_loader
from tracer import sysconfig as sysconfig
from tracer.convert import IndexedSlices as IndexedSlices
from tracer.convert import convert_to_tensor as convert_to_tensor
from tracer.convert import register_tensor_conversion_function as register_tensor_conversion_function
from tracer.dtypes import *  # noqa: F403
from tracer.dtypes import DType as DType
from tracer.dtypes import as_dtype as as_dtype
from tracer.errors import OpError as OpError
from tracer.gradients import gradients as gradients
from tracer.ir import Graph as Graph
from tracer.ir import Operation as Operation
from tracer.ir import Tensor as Tensor
from tracer.ops.array import constant as constant
from tracer.ops.array import identity as identity
from tracer.ops.array import placeholder as placeholder
from tracer.ops.array import shape as shape
from tracer.ops.conditional import case as case
from tracer.ops.conditional import cond as cond
from tracer.ops.control_flow import Assert as Assert
from tracer.ops.control_flow import Print as Print
from tracer.ops.control_flow import add_check_numerics_ops as add_check_numerics_ops
from tracer.ops.control_flow import check_numerics as check_numerics
from tracer.ops.control_flow import group as group
from tracer.ops.control_flow import no_op as no_op
from tracer.ops.control_flow import tuple as tuple
from tracer.ops.control_flow import verify_tensor_all_finite as verify_tensor_all_finite
from tracer.ops.loops import while_loop as while_loop
from tracer.ops.math import add as add
from tracer.ops.math import matmul as matmul
from tracer.ops.math import mul as mul
from tracer.ops.math import pow as pow
from tracer.ops.math import sub as sub
from tracer.ops.state import assign as assign
from tracer.ops.state import assign_add as assign_add
from tracer.ops.state import assign_sub as assign_sub
from tracer.scopes import GraphKeys as GraphKeys
from tracer.scopes import add_to_collection as add_to_collection
from tracer.scopes import control_dependencies as control_dependencies
from tracer.scopes import device as device
from tracer.scopes import get_collection as get_collection
from tracer.scopes import get_default_graph as get_default_graph
from tracer.scopes import get_default_session as get_default_session
from tracer.scopes import name_scope as name_scope
from tracer.scopes import op_scope as op_scope
from tracer.scopes import reset_default_graph as reset_default_graph
from tracer.session import InteractiveSession as InteractiveSession
from tracer.session import Session as Session
from tracer.shapes import Dimension as Dimension
from tracer.shapes import TensorShape as TensorShape
from tracer.variables import Variable as Variable
from tracer.variables import all_variables as all_variables
from tracer.variables import initialize_all_variables as initialize_all_variables
from tracer.variables import initialize_variables as initialize_variables
from tracer.variables import trainable_variables as trainable_variables
from tracer.versions import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION
from tracer.versions import GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER
from tracer.versions import GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER
from tracer.versions import VERSION as VERSION
from tracer.versions import __version__ as __version__

_MESSAGES = frozenset({
    "AttrValue", "ConfigProto", "Event", "GPUOptions", "GraphDef", "GraphOptions", "HistogramProto", "LogMessage",
    "NameAttrList", "NodeDef", "OptimizerOptions", "RunMetadata", "RunOptions", "SessionLog", "Summary",
})


def __getattr__(name: str) -> object:
    if name == "test":  # needs unittest, which only tests do
        import importlib

        return importlib.import_module("tracer.test")
    if name in _MESSAGES:  # needs protobuf
        from tracer import protos

        return getattr(protos, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
