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
from tracer import nn as nn
from tracer import python_io as python_io
from tracer import resource_loader as resource_loader
from tracer import sysconfig as sysconfig
from tracer import train as train
from tracer.convert import IndexedSlices as IndexedSlices
from tracer.convert import convert_to_tensor as convert_to_tensor
from tracer.convert import register_tensor_conversion_function as register_tensor_conversion_function
from tracer.dtypes import *  # noqa: F403
from tracer.dtypes import DType as DType
from tracer.dtypes import as_dtype as as_dtype
from tracer.errors import OpError as OpError
from tracer.gradients import AggregationMethod as AggregationMethod
from tracer.gradients import NoGradient as NoGradient
from tracer.gradients import RegisterGradient as RegisterGradient
from tracer.gradients import gradients as gradients
from tracer.importer import import_graph_def as import_graph_def
from tracer.initializers import constant_initializer as constant_initializer
from tracer.initializers import ones_initializer as ones_initializer
from tracer.initializers import random_normal_initializer as random_normal_initializer
from tracer.initializers import random_uniform_initializer as random_uniform_initializer
from tracer.initializers import truncated_normal_initializer as truncated_normal_initializer
from tracer.initializers import uniform_unit_scaling_initializer as uniform_unit_scaling_initializer
from tracer.initializers import zeros_initializer as zeros_initializer
from tracer.ir import Graph as Graph
from tracer.ir import Operation as Operation
from tracer.ir import Tensor as Tensor
from tracer.op_def_registry import RegisterShape as RegisterShape
from tracer.ops.array import bitcast as bitcast
from tracer.ops.array import concat as concat
from tracer.ops.array import expand_dims as expand_dims
from tracer.ops.array import identity as identity
from tracer.ops.array import pack as pack
from tracer.ops.array import placeholder as placeholder
from tracer.ops.array import placeholder_with_default as placeholder_with_default
from tracer.ops.array import rank as rank
from tracer.ops.array import reshape as reshape
from tracer.ops.array import shape as shape
from tracer.ops.array import shape_n as shape_n
from tracer.ops.array import size as size
from tracer.ops.array import slice as slice
from tracer.ops.array import split as split
from tracer.ops.array import squeeze as squeeze
from tracer.ops.array import stop_gradient as stop_gradient
from tracer.ops.array import transpose as transpose
from tracer.ops.array import unpack as unpack
from tracer.ops.blocks import batch_to_space as batch_to_space
from tracer.ops.blocks import depth_to_space as depth_to_space
from tracer.ops.blocks import pad as pad
from tracer.ops.blocks import space_to_batch as space_to_batch
from tracer.ops.blocks import space_to_depth as space_to_depth
from tracer.ops.blocks import tile as tile
from tracer.ops.conditional import case as case
from tracer.ops.conditional import cond as cond
from tracer.ops.constants import constant as constant
from tracer.ops.constants import fill as fill
from tracer.ops.constants import lin_space as lin_space
from tracer.ops.constants import linspace as linspace
from tracer.ops.constants import ones as ones
from tracer.ops.constants import ones_like as ones_like
from tracer.ops.constants import range as range
from tracer.ops.constants import zeros as zeros
from tracer.ops.constants import zeros_like as zeros_like
from tracer.ops.control_flow import Assert as Assert
from tracer.ops.control_flow import Print as Print
from tracer.ops.control_flow import add_check_numerics_ops as add_check_numerics_ops
from tracer.ops.control_flow import check_numerics as check_numerics
from tracer.ops.control_flow import group as group
from tracer.ops.control_flow import no_op as no_op
from tracer.ops.control_flow import tuple as tuple
from tracer.ops.control_flow import verify_tensor_all_finite as verify_tensor_all_finite
from tracer.ops.indexing import boolean_mask as boolean_mask
from tracer.ops.indexing import dynamic_partition as dynamic_partition
from tracer.ops.indexing import dynamic_stitch as dynamic_stitch
from tracer.ops.indexing import gather as gather
from tracer.ops.indexing import gather_nd as gather_nd
from tracer.ops.indexing import invert_permutation as invert_permutation
from tracer.ops.indexing import list_diff as list_diff
from tracer.ops.indexing import listdiff as listdiff
from tracer.ops.indexing import one_hot as one_hot
from tracer.ops.indexing import reverse as reverse
from tracer.ops.indexing import reverse_sequence as reverse_sequence
from tracer.ops.indexing import unique as unique
from tracer.ops.indexing import unique_with_counts as unique_with_counts
from tracer.ops.indexing import where as where
from tracer.ops.io import FixedLengthRecordReader as FixedLengthRecordReader
from tracer.ops.io import IdentityReader as IdentityReader
from tracer.ops.io import ReaderBase as ReaderBase
from tracer.ops.io import TextLineReader as TextLineReader
from tracer.ops.io import TFRecordReader as TFRecordReader
from tracer.ops.io import WholeFileReader as WholeFileReader
from tracer.ops.io import matching_files as matching_files
from tracer.ops.io import read_file as read_file
from tracer.ops.loops import while_loop as while_loop
from tracer.ops.math import add as add
from tracer.ops.math import matmul as matmul
from tracer.ops.math import mul as mul
from tracer.ops.math import pow as pow
from tracer.ops.math import sub as sub
from tracer.ops.random import get_seed as get_seed
from tracer.ops.random import multinomial as multinomial
from tracer.ops.random import random_crop as random_crop
from tracer.ops.random import random_normal as random_normal
from tracer.ops.random import random_shuffle as random_shuffle
from tracer.ops.random import random_uniform as random_uniform
from tracer.ops.random import set_random_seed as set_random_seed
from tracer.ops.random import truncated_normal as truncated_normal
from tracer.ops.state import assign as assign
from tracer.ops.state import assign_add as assign_add
from tracer.ops.state import assign_sub as assign_sub
from tracer.ops.state import count_up_to as count_up_to
from tracer.ops.state import scatter_add as scatter_add
from tracer.ops.state import scatter_sub as scatter_sub
from tracer.ops.state import scatter_update as scatter_update
from tracer.ops.strings import reduce_join as reduce_join
from tracer.ops.strings import string_join as string_join
from tracer.ops.strings import string_to_hash_bucket as string_to_hash_bucket
from tracer.ops.strings import string_to_number as string_to_number
from tracer.partitions import create_partitioned_variables as create_partitioned_variables
from tracer.partitions import variable_axis_size_partitioner as variable_axis_size_partitioner
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
from tracer.template import make_template as make_template
from tracer.variable_scope import VariableScope as VariableScope
from tracer.variable_scope import get_variable as get_variable
from tracer.variable_scope import get_variable_scope as get_variable_scope
from tracer.variable_scope import no_regularizer as no_regularizer
from tracer.variable_scope import variable_op_scope as variable_op_scope
from tracer.variable_scope import variable_scope as variable_scope
from tracer.variables import Variable as Variable
from tracer.variables import all_variables as all_variables
from tracer.variables import assert_variables_initialized as assert_variables_initialized
from tracer.variables import initialize_all_variables as initialize_all_variables
from tracer.variables import initialize_local_variables as initialize_local_variables
from tracer.variables import initialize_variables as initialize_variables
from tracer.variables import is_variable_initialized as is_variable_initialized
from tracer.variables import local_variables as local_variables
from tracer.variables import moving_average_variables as moving_average_variables
from tracer.variables import report_uninitialized_variables as report_uninitialized_variables
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
