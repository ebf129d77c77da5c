"""`tf.contrib.layers`: layers, their initializers, regularizers and summaries, and the training step."""

import typing as _typing

from tracer.all_util import make_all as make_all
from tracer.contrib.layers import initializers as initializers
from tracer.contrib.layers import layers as layers
from tracer.contrib.layers import optimizers as optimizers
from tracer.contrib.layers import regularizers as regularizers
from tracer.contrib.layers import summaries as summaries
from tracer.contrib.layers import utils as utils
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
from tracer.contrib.layers.layers import convolution2d as convolution2d
from tracer.contrib.layers.layers import convolution2d_in_plane as convolution2d_in_plane
from tracer.contrib.layers.layers import convolution2d_transpose as convolution2d_transpose
from tracer.contrib.layers.layers import dropout as dropout
from tracer.contrib.layers.layers import flatten as flatten
from tracer.contrib.layers.layers import fully_connected as fully_connected
from tracer.contrib.layers.layers import layer_norm as layer_norm
from tracer.contrib.layers.layers import legacy_convolution2d as legacy_convolution2d
from tracer.contrib.layers.layers import legacy_fully_connected as legacy_fully_connected
from tracer.contrib.layers.layers import legacy_linear as legacy_linear
from tracer.contrib.layers.layers import legacy_relu as legacy_relu
from tracer.contrib.layers.layers import legacy_relu6 as legacy_relu6
from tracer.contrib.layers.layers import linear as linear
from tracer.contrib.layers.layers import max_pool2d as max_pool2d
from tracer.contrib.layers.layers import one_hot_encoding as one_hot_encoding
from tracer.contrib.layers.layers import pool as pool
from tracer.contrib.layers.layers import relu as relu
from tracer.contrib.layers.layers import relu6 as relu6
from tracer.contrib.layers.layers import repeat as repeat
from tracer.contrib.layers.layers import separable_conv2d as separable_conv2d
from tracer.contrib.layers.layers import separable_convolution2d as separable_convolution2d
from tracer.contrib.layers.layers import softmax as softmax
from tracer.contrib.layers.layers import stack as stack
from tracer.contrib.layers.layers import unit_norm as unit_norm
from tracer.contrib.layers.optimizers import OPTIMIZER_CLS_NAMES as OPTIMIZER_CLS_NAMES
from tracer.contrib.layers.optimizers import OPTIMIZER_SUMMARIES as OPTIMIZER_SUMMARIES
from tracer.contrib.layers.optimizers import adaptive_clipping_fn as adaptive_clipping_fn
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

_LATER = {
    "feature_column": (
        "SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY bucketized_column create_feature_spec_for_parsing crossed_column "
        "embedding_column make_place_holder_tensors_for_base_features one_hot_column real_valued_column "
        "shared_embedding_columns sparse_column_with_hash_bucket sparse_column_with_integerized_feature "
        "sparse_column_with_keys weighted_sparse_column"),
    "feature_column_ops": (
        "check_feature_columns infer_real_valued_columns input_from_feature_columns "
        "joint_weighted_sum_from_feature_columns parse_feature_columns_from_examples transform_features "
        "weighted_sum_from_feature_columns"),
    "embedding_ops": "bow_encoder embed_sequence embedding_lookup_unique safe_embedding_lookup_sparse",
    "crossing": "bucketize sparse_feature_cross",
    "sparse_ops": "dense_to_sparse_tensor",
}
"""What 0.9 to 0.12 added, by module: 0.8 has no such names."""


def __getattr__(name: str) -> _typing.Any:
    import importlib

    return importlib.import_module("tracer.younger").find_in(__name__, _LATER, name)
