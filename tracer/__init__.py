"""TensorFlow 0.8's API, recording a graph that `lowering` turns into JAX."""

from tracer.legacy import startup as _startup

if _startup.is_our_command():  # before anything else: a random.py in the current folder is not the library's
    _startup.leave_current_folder()

import typing as _typing
from builtins import bytes as bytes

# Loaded now, because loading a submodule later would put it in the place of the function of that name.
import tracer.device
import tracer.dump
import tracer.emit  # noqa: F401
from tracer import app as app
from tracer import compat as compat
from tracer import contrib as contrib
from tracer import errors as errors
from tracer import flags as flags
from tracer import gfile as gfile
from tracer import image as image
from tracer import logging as logging
from tracer import nn as nn
from tracer import python_io as python_io
from tracer import resource_loader as resource_loader
from tracer import sysconfig as sysconfig
from tracer import train as train
from tracer import user_ops as user_ops
from tracer.bridge import emit as emit
from tracer.bridge import export as export
from tracer.bridge import from_jax as from_jax
from tracer.bridge import to_jax as to_jax
from tracer.convert import IndexedSlices as IndexedSlices
from tracer.convert import convert_to_tensor as convert_to_tensor
from tracer.convert import convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices
from tracer.convert import register_tensor_conversion_function as register_tensor_conversion_function
from tracer.device import DeviceSpec as DeviceSpec
from tracer.dimension import Dimension as Dimension
from tracer.dtypes import *  # noqa: F403
from tracer.dtypes import DType as DType
from tracer.dtypes import as_dtype as as_dtype
from tracer.dump.function import dump as dump
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
from tracer.load_library import load_file_system_library as load_file_system_library
from tracer.load_library import load_op_library as load_op_library
from tracer.op_def_registry import RegisterShape as RegisterShape
from tracer.ops import dataflow as _dataflow  # noqa: F401 - operations without a public function
from tracer.ops import later_arrays as _later_arrays  # noqa: F401 - as those
from tracer.ops import lookup as _lookup  # noqa: F401 - as those
from tracer.ops import operators as _operators  # noqa: F401 - Python's operators on tensors and variables
from tracer.ops import stack as _stack  # noqa: F401 - as those
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
from tracer.ops.casting import cast as cast
from tracer.ops.casting import saturate_cast as saturate_cast
from tracer.ops.casting import to_bfloat16 as to_bfloat16
from tracer.ops.casting import to_double as to_double
from tracer.ops.casting import to_float as to_float
from tracer.ops.casting import to_int32 as to_int32
from tracer.ops.casting import to_int64 as to_int64
from tracer.ops.check import assert_equal as assert_equal
from tracer.ops.check import assert_integer as assert_integer
from tracer.ops.check import assert_less as assert_less
from tracer.ops.check import assert_less_equal as assert_less_equal
from tracer.ops.check import assert_negative as assert_negative
from tracer.ops.check import assert_non_negative as assert_non_negative
from tracer.ops.check import assert_non_positive as assert_non_positive
from tracer.ops.check import assert_positive as assert_positive
from tracer.ops.check import assert_proper_iterable as assert_proper_iterable
from tracer.ops.check import assert_rank as assert_rank
from tracer.ops.check import assert_rank_at_least as assert_rank_at_least
from tracer.ops.check import assert_type as assert_type
from tracer.ops.check import is_non_decreasing as is_non_decreasing
from tracer.ops.check import is_numeric_tensor as is_numeric_tensor
from tracer.ops.check import is_strictly_increasing as is_strictly_increasing
from tracer.ops.clip import clip_by_average_norm as clip_by_average_norm
from tracer.ops.clip import clip_by_global_norm as clip_by_global_norm
from tracer.ops.clip import clip_by_norm as clip_by_norm
from tracer.ops.clip import clip_by_value as clip_by_value
from tracer.ops.clip import global_norm as global_norm
from tracer.ops.complex import batch_fft as batch_fft
from tracer.ops.complex import batch_fft2d as batch_fft2d
from tracer.ops.complex import batch_fft3d as batch_fft3d
from tracer.ops.complex import batch_ifft as batch_ifft
from tracer.ops.complex import batch_ifft2d as batch_ifft2d
from tracer.ops.complex import batch_ifft3d as batch_ifft3d
from tracer.ops.complex import complex as complex
from tracer.ops.complex import complex_abs as complex_abs
from tracer.ops.complex import conj as conj
from tracer.ops.complex import fft as fft
from tracer.ops.complex import fft2d as fft2d
from tracer.ops.complex import fft3d as fft3d
from tracer.ops.complex import ifft as ifft
from tracer.ops.complex import ifft2d as ifft2d
from tracer.ops.complex import ifft3d as ifft3d
from tracer.ops.complex import imag as imag
from tracer.ops.complex import real as real
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
from tracer.ops.data_flow import FIFOQueue as FIFOQueue
from tracer.ops.data_flow import PaddingFIFOQueue as PaddingFIFOQueue
from tracer.ops.data_flow import QueueBase as QueueBase
from tracer.ops.data_flow import RandomShuffleQueue as RandomShuffleQueue
from tracer.ops.data_flow import initialize_all_tables as initialize_all_tables
from tracer.ops.functional import foldl as foldl
from tracer.ops.functional import foldr as foldr
from tracer.ops.functional import map_fn as map_fn
from tracer.ops.functional import scan as scan
from tracer.ops.histogram import histogram_fixed_width as histogram_fixed_width
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
from tracer.ops.indexing import sparse_mask as sparse_mask
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
from tracer.ops.linalg import batch_cholesky as batch_cholesky
from tracer.ops.linalg import batch_matrix_determinant as batch_matrix_determinant
from tracer.ops.linalg import batch_matrix_inverse as batch_matrix_inverse
from tracer.ops.linalg import batch_matrix_solve as batch_matrix_solve
from tracer.ops.linalg import batch_matrix_solve_ls as batch_matrix_solve_ls
from tracer.ops.linalg import batch_matrix_triangular_solve as batch_matrix_triangular_solve
from tracer.ops.linalg import batch_self_adjoint_eig as batch_self_adjoint_eig
from tracer.ops.linalg import cholesky as cholesky
from tracer.ops.linalg import matrix_determinant as matrix_determinant
from tracer.ops.linalg import matrix_inverse as matrix_inverse
from tracer.ops.linalg import matrix_solve as matrix_solve
from tracer.ops.linalg import matrix_solve_ls as matrix_solve_ls
from tracer.ops.linalg import matrix_triangular_solve as matrix_triangular_solve
from tracer.ops.linalg import self_adjoint_eig as self_adjoint_eig
from tracer.ops.logic import equal as equal
from tracer.ops.logic import greater as greater
from tracer.ops.logic import greater_equal as greater_equal
from tracer.ops.logic import is_finite as is_finite
from tracer.ops.logic import is_inf as is_inf
from tracer.ops.logic import is_nan as is_nan
from tracer.ops.logic import less as less
from tracer.ops.logic import less_equal as less_equal
from tracer.ops.logic import logical_and as logical_and
from tracer.ops.logic import logical_not as logical_not
from tracer.ops.logic import logical_or as logical_or
from tracer.ops.logic import logical_xor as logical_xor
from tracer.ops.logic import not_equal as not_equal
from tracer.ops.logic import select as select
from tracer.ops.loops import while_loop as while_loop
from tracer.ops.math import abs as abs
from tracer.ops.math import add as add
from tracer.ops.math import batch_matmul as batch_matmul
from tracer.ops.math import ceil as ceil
from tracer.ops.math import cos as cos
from tracer.ops.math import div as div
from tracer.ops.math import exp as exp
from tracer.ops.math import floor as floor
from tracer.ops.math import floordiv as floordiv
from tracer.ops.math import inv as inv
from tracer.ops.math import log as log
from tracer.ops.math import matmul as matmul
from tracer.ops.math import maximum as maximum
from tracer.ops.math import minimum as minimum
from tracer.ops.math import mod as mod
from tracer.ops.math import mul as mul
from tracer.ops.math import neg as neg
from tracer.ops.math import pow as pow
from tracer.ops.math import round as round
from tracer.ops.math import rsqrt as rsqrt
from tracer.ops.math import scalar_mul as scalar_mul
from tracer.ops.math import sigmoid as sigmoid
from tracer.ops.math import sign as sign
from tracer.ops.math import sin as sin
from tracer.ops.math import sparse_matmul as sparse_matmul
from tracer.ops.math import sqrt as sqrt
from tracer.ops.math import square as square
from tracer.ops.math import squared_difference as squared_difference
from tracer.ops.math import sub as sub
from tracer.ops.math import tanh as tanh
from tracer.ops.math import truediv as truediv
from tracer.ops.matrix import batch_matrix_band_part as batch_matrix_band_part
from tracer.ops.matrix import batch_matrix_diag as batch_matrix_diag
from tracer.ops.matrix import batch_matrix_diag_part as batch_matrix_diag_part
from tracer.ops.matrix import cross as cross
from tracer.ops.matrix import diag as diag
from tracer.ops.matrix import diag_part as diag_part
from tracer.ops.matrix import trace as trace
from tracer.ops.parsing import FixedLenFeature as FixedLenFeature
from tracer.ops.parsing import FixedLenSequenceFeature as FixedLenSequenceFeature
from tracer.ops.parsing import VarLenFeature as VarLenFeature
from tracer.ops.parsing import decode_csv as decode_csv
from tracer.ops.parsing import decode_json_example as decode_json_example
from tracer.ops.parsing import decode_raw as decode_raw
from tracer.ops.parsing import parse_example as parse_example
from tracer.ops.parsing import parse_single_example as parse_single_example
from tracer.ops.parsing import parse_single_sequence_example as parse_single_sequence_example
from tracer.ops.random import get_seed as get_seed
from tracer.ops.random import multinomial as multinomial
from tracer.ops.random import random_crop as random_crop
from tracer.ops.random import random_normal as random_normal
from tracer.ops.random import random_shuffle as random_shuffle
from tracer.ops.random import random_uniform as random_uniform
from tracer.ops.random import set_random_seed as set_random_seed
from tracer.ops.random import truncated_normal as truncated_normal
from tracer.ops.reduction import accumulate_n as accumulate_n
from tracer.ops.reduction import add_n as add_n
from tracer.ops.reduction import arg_max as arg_max
from tracer.ops.reduction import arg_min as arg_min
from tracer.ops.reduction import argmax as argmax
from tracer.ops.reduction import argmin as argmin
from tracer.ops.reduction import reduce_all as reduce_all
from tracer.ops.reduction import reduce_any as reduce_any
from tracer.ops.reduction import reduce_max as reduce_max
from tracer.ops.reduction import reduce_mean as reduce_mean
from tracer.ops.reduction import reduce_min as reduce_min
from tracer.ops.reduction import reduce_prod as reduce_prod
from tracer.ops.reduction import reduce_sum as reduce_sum
from tracer.ops.script import py_func as py_func
from tracer.ops.segment import segment_max as segment_max
from tracer.ops.segment import segment_mean as segment_mean
from tracer.ops.segment import segment_min as segment_min
from tracer.ops.segment import segment_prod as segment_prod
from tracer.ops.segment import segment_sum as segment_sum
from tracer.ops.segment import sparse_segment_mean as sparse_segment_mean
from tracer.ops.segment import sparse_segment_mean_grad as sparse_segment_mean_grad
from tracer.ops.segment import sparse_segment_sqrt_n as sparse_segment_sqrt_n
from tracer.ops.segment import sparse_segment_sqrt_n_grad as sparse_segment_sqrt_n_grad
from tracer.ops.segment import sparse_segment_sum as sparse_segment_sum
from tracer.ops.segment import unsorted_segment_sum as unsorted_segment_sum
from tracer.ops.session import delete_session_tensor as delete_session_tensor
from tracer.ops.session import get_session_handle as get_session_handle
from tracer.ops.session import get_session_tensor as get_session_tensor
from tracer.ops.sparse import SparseTensor as SparseTensor
from tracer.ops.sparse import SparseTensorValue as SparseTensorValue
from tracer.ops.sparse import deserialize_many_sparse as deserialize_many_sparse
from tracer.ops.sparse import edit_distance as edit_distance
from tracer.ops.sparse import serialize_many_sparse as serialize_many_sparse
from tracer.ops.sparse import serialize_sparse as serialize_sparse
from tracer.ops.sparse import sparse_add as sparse_add
from tracer.ops.sparse import sparse_concat as sparse_concat
from tracer.ops.sparse import sparse_fill_empty_rows as sparse_fill_empty_rows
from tracer.ops.sparse import sparse_merge as sparse_merge
from tracer.ops.sparse import sparse_placeholder as sparse_placeholder
from tracer.ops.sparse import sparse_reorder as sparse_reorder
from tracer.ops.sparse import sparse_retain as sparse_retain
from tracer.ops.sparse import sparse_split as sparse_split
from tracer.ops.sparse import sparse_tensor_dense_matmul as sparse_tensor_dense_matmul
from tracer.ops.sparse import sparse_tensor_to_dense as sparse_tensor_to_dense
from tracer.ops.sparse import sparse_to_dense as sparse_to_dense
from tracer.ops.sparse import sparse_to_indicator as sparse_to_indicator
from tracer.ops.special import digamma as digamma
from tracer.ops.special import erf as erf
from tracer.ops.special import erfc as erfc
from tracer.ops.special import igamma as igamma
from tracer.ops.special import igammac as igammac
from tracer.ops.special import lbeta as lbeta
from tracer.ops.special import lgamma as lgamma
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
from tracer.ops.summary import audio_summary as audio_summary
from tracer.ops.summary import histogram_summary as histogram_summary
from tracer.ops.summary import image_summary as image_summary
from tracer.ops.summary import merge_all_summaries as merge_all_summaries
from tracer.ops.summary import merge_summary as merge_summary
from tracer.ops.summary import scalar_summary as scalar_summary
from tracer.ops.tensor_array import TensorArray as TensorArray
from tracer.partitions import create_partitioned_variables as create_partitioned_variables
from tracer.partitions import variable_axis_size_partitioner as variable_axis_size_partitioner
from tracer.scopes import GraphKeys as GraphKeys
from tracer.scopes import add_to_collection as add_to_collection
from tracer.scopes import control_dependencies as control_dependencies
from tracer.scopes import device as device
from tracer.scopes import get_collection as get_collection
from tracer.scopes import get_collection_ref as get_collection_ref
from tracer.scopes import get_default_graph as get_default_graph
from tracer.scopes import get_default_session as get_default_session
from tracer.scopes import name_scope as name_scope
from tracer.scopes import op_scope as op_scope
from tracer.scopes import reset_default_graph as reset_default_graph
from tracer.session import InteractiveSession as InteractiveSession
from tracer.session import Session as Session
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
from tracer.versions import COMPILER_VERSION as COMPILER_VERSION
from tracer.versions import GIT_VERSION as GIT_VERSION
from tracer.versions import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION
from tracer.versions import GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER
from tracer.versions import GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER
from tracer.versions import VERSION as VERSION
from tracer.versions import __compiler_version__ as __compiler_version__
from tracer.versions import __git_version__ as __git_version__
from tracer.versions import __version__ as __version__

_MESSAGES = frozenset({
    "AttrValue", "ConfigProto", "Event", "GPUOptions", "GraphDef", "GraphOptions", "HistogramProto", "LogMessage",
    "NameAttrList", "NodeDef", "OptimizerOptions", "RunMetadata", "RunOptions", "SessionLog", "Summary",
})
_PACKAGES = frozenset({
    "app", "compat", "contrib", "errors", "flags", "gfile", "image", "logging", "nn", "python_io", "resource_loader",
    "sysconfig", "train", "user_ops",
})
_NOT_TENSORFLOWS = frozenset({"dump", "emit", "export", "from_jax", "to_jax"})


def __getattr__(name: str) -> _typing.Any:
    if name == "__all__":  # `import *` takes what scripts know, and not the modules that it is made of
        plain = {name for name, one in globals().items() if not name.startswith("_") and type(one) is not type(_typing)}
        return sorted({"test", *_MESSAGES, *_PACKAGES, *plain} - _NOT_TENSORFLOWS)
    if name == "test":  # needs unittest, which only tests do
        import importlib

        return importlib.import_module("tracer.test")
    if name in _MESSAGES:  # needs protobuf
        from tracer import protos

        return getattr(protos, name)
    import importlib  # not `from tracer import`, which asks here again

    return importlib.import_module("tracer.younger").find(__name__, name)
