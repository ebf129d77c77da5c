"""`tf.contrib.framework`: variables of models, the step counter, default arguments, checks of tensors."""

from tracer.all_util import make_all as make_all
from tracer.contrib.framework import checkpoint_utils as checkpoint_utils
from tracer.contrib.framework import ops as ops
from tracer.contrib.framework import tensor_util as tensor_util
from tracer.contrib.framework import variables as variables
from tracer.contrib.framework.arg_scope import add_arg_scope as add_arg_scope
from tracer.contrib.framework.arg_scope import arg_scope as arg_scope
from tracer.contrib.framework.arg_scope import arg_scoped_arguments as arg_scoped_arguments
from tracer.contrib.framework.arg_scope import has_arg_scope as has_arg_scope
from tracer.contrib.framework.checkpoint_utils import init_from_checkpoint as init_from_checkpoint
from tracer.contrib.framework.checkpoint_utils import list_variables as list_variables
from tracer.contrib.framework.checkpoint_utils import load_checkpoint as load_checkpoint
from tracer.contrib.framework.checkpoint_utils import load_variable as load_variable
from tracer.contrib.framework.deprecation import deprecated as deprecated
from tracer.contrib.framework.deprecation import deprecated_arg_values as deprecated_arg_values
from tracer.contrib.framework.deprecation import deprecated_args as deprecated_args
from tracer.contrib.framework.deprecation import experimental as experimental
from tracer.contrib.framework.ops import get_graph_from_inputs as get_graph_from_inputs
from tracer.contrib.framework.tensor_util import assert_same_float_dtype as assert_same_float_dtype
from tracer.contrib.framework.tensor_util import assert_scalar as assert_scalar
from tracer.contrib.framework.tensor_util import assert_scalar_int as assert_scalar_int
from tracer.contrib.framework.tensor_util import (
    convert_to_tensor_or_sparse_tensor as convert_to_tensor_or_sparse_tensor,
)
from tracer.contrib.framework.tensor_util import is_tensor as is_tensor
from tracer.contrib.framework.tensor_util import reduce_sum_n as reduce_sum_n
from tracer.contrib.framework.tensor_util import remove_squeezable_dimensions as remove_squeezable_dimensions
from tracer.contrib.framework.tensor_util import with_same_shape as with_same_shape
from tracer.contrib.framework.tensor_util import with_shape as with_shape
from tracer.contrib.framework.variables import VariableDeviceChooser as VariableDeviceChooser
from tracer.contrib.framework.variables import add_model_variable as add_model_variable
from tracer.contrib.framework.variables import assert_global_step as assert_global_step
from tracer.contrib.framework.variables import assert_or_get_global_step as assert_or_get_global_step
from tracer.contrib.framework.variables import assign_from_checkpoint as assign_from_checkpoint
from tracer.contrib.framework.variables import assign_from_checkpoint_fn as assign_from_checkpoint_fn
from tracer.contrib.framework.variables import assign_from_values as assign_from_values
from tracer.contrib.framework.variables import assign_from_values_fn as assign_from_values_fn
from tracer.contrib.framework.variables import create_global_step as create_global_step
from tracer.contrib.framework.variables import get_global_step as get_global_step
from tracer.contrib.framework.variables import get_local_variables as get_local_variables
from tracer.contrib.framework.variables import get_model_variables as get_model_variables
from tracer.contrib.framework.variables import get_or_create_global_step as get_or_create_global_step
from tracer.contrib.framework.variables import get_unique_variable as get_unique_variable
from tracer.contrib.framework.variables import get_variables as get_variables
from tracer.contrib.framework.variables import get_variables_by_name as get_variables_by_name
from tracer.contrib.framework.variables import get_variables_by_suffix as get_variables_by_suffix
from tracer.contrib.framework.variables import get_variables_to_restore as get_variables_to_restore
from tracer.contrib.framework.variables import local_variable as local_variable
from tracer.contrib.framework.variables import model_variable as model_variable
from tracer.contrib.framework.variables import variable as variable
