"""`tf.contrib.slim`, which came with 0.9: its layers, with what else a model needs, under one short name."""

import functools

from tracer.contrib import layers as _layers
from tracer.contrib import losses as losses
from tracer.contrib import metrics as metrics
from tracer.contrib.framework import variables as variables
from tracer.contrib.framework.arg_scope import add_arg_scope as add_arg_scope
from tracer.contrib.framework.arg_scope import arg_scope as arg_scope
from tracer.contrib.framework.arg_scope import arg_scoped_arguments as arg_scoped_arguments
from tracer.contrib.framework.arg_scope import has_arg_scope as has_arg_scope
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
from tracer.contrib.layers import initializers as initializers
from tracer.contrib.layers import layers as layers
from tracer.contrib.layers import regularizers as regularizers
from tracer.contrib.layers import summaries as summaries
from tracer.contrib.layers import utils as utils
from tracer.contrib.layers.dense import dense as fully_connected
from tracer.contrib.layers.initializers import variance_scaling_initializer as variance_scaling_initializer
from tracer.contrib.layers.initializers import xavier_initializer as xavier_initializer
from tracer.contrib.layers.initializers import xavier_initializer_conv2d as xavier_initializer_conv2d
from tracer.contrib.layers.layers import avg_pool2d as avg_pool2d
from tracer.contrib.layers.layers import batch_norm as batch_norm
from tracer.contrib.layers.layers import bias_add as bias_add
from tracer.contrib.layers.layers import conv2d as conv2d
from tracer.contrib.layers.layers import conv2d_in_plane as conv2d_in_plane
from tracer.contrib.layers.layers import conv2d_transpose as conv2d_transpose
from tracer.contrib.layers.layers import convolution as convolution
from tracer.contrib.layers.layers import convolution2d_in_plane as convolution2d_in_plane
from tracer.contrib.layers.layers import convolution2d_transpose as convolution2d_transpose
from tracer.contrib.layers.layers import dropout as dropout
from tracer.contrib.layers.layers import flatten as flatten
from tracer.contrib.layers.layers import layer_norm as layer_norm
from tracer.contrib.layers.layers import max_pool2d as max_pool2d
from tracer.contrib.layers.layers import one_hot_encoding as one_hot_encoding
from tracer.contrib.layers.layers import pool as pool
from tracer.contrib.layers.layers import repeat as repeat
from tracer.contrib.layers.layers import separable_conv2d as separable_conv2d
from tracer.contrib.layers.layers import separable_convolution2d as separable_convolution2d
from tracer.contrib.layers.layers import softmax as softmax
from tracer.contrib.layers.layers import stack as stack
from tracer.contrib.layers.layers import unit_norm as unit_norm
from tracer.contrib.layers.optimizers import OPTIMIZER_CLS_NAMES as OPTIMIZER_CLS_NAMES
from tracer.contrib.layers.optimizers import optimize_loss as optimize_loss
from tracer.contrib.layers.regularizers import apply_regularization as apply_regularization
from tracer.contrib.layers.regularizers import l1_l2_regularizer as l1_l2_regularizer
from tracer.contrib.layers.regularizers import l1_regularizer as l1_regularizer
from tracer.contrib.layers.regularizers import l2_regularizer as l2_regularizer
from tracer.contrib.layers.regularizers import sum_regularizer as sum_regularizer
from tracer.contrib.layers.summaries import summarize_activation as summarize_activation
from tracer.contrib.layers.summaries import summarize_activations as summarize_activations
from tracer.contrib.layers.summaries import summarize_biases as summarize_biases
from tracer.contrib.layers.summaries import summarize_collection as summarize_collection
from tracer.contrib.layers.summaries import summarize_tensor as summarize_tensor
from tracer.contrib.layers.summaries import summarize_tensors as summarize_tensors
from tracer.contrib.layers.summaries import summarize_variables as summarize_variables
from tracer.contrib.layers.summaries import summarize_weights as summarize_weights
from tracer.contrib.slim import evaluation as evaluation
from tracer.contrib.slim import learning as learning
from tracer.contrib.slim import model_analyzer as model_analyzer
from tracer.contrib.slim import queues as queues
from tracer.contrib.slim.data import data_decoder as data_decoder
from tracer.contrib.slim.data import data_provider as data_provider
from tracer.contrib.slim.data import dataset as dataset
from tracer.contrib.slim.data import dataset_data_provider as dataset_data_provider
from tracer.contrib.slim.data import parallel_reader as parallel_reader
from tracer.contrib.slim.data import prefetch_queue as prefetch_queue
from tracer.contrib.slim.data import tfexample_decoder as tfexample_decoder
from tracer.ops import nn as _nn

convolution2d = conv2d
linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=_nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=_nn.relu6)


def __getattr__(name: str) -> object:
    """What `tf.contrib.layers` has beside, and the networks, which load when they are first named."""
    if name == "nets":
        import importlib

        return importlib.import_module(f"{__name__}.nets")
    return getattr(_layers, name)
