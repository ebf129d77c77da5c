"""`tf.nn`: what neural networks are built of."""

import typing as _typing

from tracer.nn import rnn_cell as rnn_cell
from tracer.nn import seq2seq as seq2seq
from tracer.nn.atrous import atrous_conv2d as atrous_conv2d
from tracer.nn.embedding import embedding_lookup as embedding_lookup
from tracer.nn.embedding import embedding_lookup_sparse as embedding_lookup_sparse
from tracer.nn.losses import sigmoid_cross_entropy_with_logits as sigmoid_cross_entropy_with_logits
from tracer.nn.losses import weighted_cross_entropy_with_logits as weighted_cross_entropy_with_logits
from tracer.nn.normalization import batch_norm_with_global_normalization as batch_norm_with_global_normalization
from tracer.nn.normalization import batch_normalization as batch_normalization
from tracer.nn.normalization import l2_normalize as l2_normalize
from tracer.nn.normalization import moments as moments
from tracer.nn.normalization import normalize_moments as normalize_moments
from tracer.nn.normalization import sufficient_statistics as sufficient_statistics
from tracer.nn.recurrent import bidirectional_rnn as bidirectional_rnn
from tracer.nn.recurrent import dynamic_rnn as dynamic_rnn
from tracer.nn.recurrent import rnn as rnn
from tracer.nn.recurrent import state_saving_rnn as state_saving_rnn
from tracer.nn.regularization import dropout as dropout
from tracer.nn.regularization import relu_layer as relu_layer
from tracer.nn.regularization import xw_plus_b as xw_plus_b
from tracer.nn.regularization import xw_plus_b_v1 as xw_plus_b_v1
from tracer.nn.regularization import zero_fraction as zero_fraction
from tracer.nn.sampling import _compute_sampled_logits as _compute_sampled_logits
from tracer.nn.sampling import nce_loss as nce_loss
from tracer.nn.sampling import sampled_softmax_loss as sampled_softmax_loss
from tracer.ops.ctc import ctc_beam_search_decoder as ctc_beam_search_decoder
from tracer.ops.ctc import ctc_greedy_decoder as ctc_greedy_decoder
from tracer.ops.ctc import ctc_loss as ctc_loss
from tracer.ops.nn import avg_pool as avg_pool
from tracer.ops.nn import avg_pool3d as avg_pool3d
from tracer.ops.nn import avg_pool3d_grad as avg_pool3d_grad
from tracer.ops.nn import bias_add as bias_add
from tracer.ops.nn import bias_add_grad as bias_add_grad
from tracer.ops.nn import bias_add_v1 as bias_add_v1
from tracer.ops.nn import conv2d as conv2d
from tracer.ops.nn import conv2d_backprop_filter as conv2d_backprop_filter
from tracer.ops.nn import conv2d_backprop_input as conv2d_backprop_input
from tracer.ops.nn import conv2d_transpose as conv2d_transpose
from tracer.ops.nn import conv3d as conv3d
from tracer.ops.nn import conv3d_backprop_filter as conv3d_backprop_filter
from tracer.ops.nn import conv3d_backprop_input as conv3d_backprop_input
from tracer.ops.nn import depthwise_conv2d as depthwise_conv2d
from tracer.ops.nn import depthwise_conv2d_native as depthwise_conv2d_native
from tracer.ops.nn import depthwise_conv2d_native_backprop_filter as depthwise_conv2d_native_backprop_filter
from tracer.ops.nn import depthwise_conv2d_native_backprop_input as depthwise_conv2d_native_backprop_input
from tracer.ops.nn import elu as elu
from tracer.ops.nn import in_top_k as in_top_k
from tracer.ops.nn import l2_loss as l2_loss
from tracer.ops.nn import local_response_normalization as local_response_normalization
from tracer.ops.nn import log_softmax as log_softmax
from tracer.ops.nn import lrn as lrn
from tracer.ops.nn import max_pool as max_pool
from tracer.ops.nn import max_pool3d as max_pool3d
from tracer.ops.nn import max_pool3d_grad as max_pool3d_grad
from tracer.ops.nn import max_pool_with_argmax as max_pool_with_argmax
from tracer.ops.nn import relu as relu
from tracer.ops.nn import relu6 as relu6
from tracer.ops.nn import separable_conv2d as separable_conv2d
from tracer.ops.nn import sigmoid as sigmoid
from tracer.ops.nn import softmax as softmax
from tracer.ops.nn import softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits
from tracer.ops.nn import softplus as softplus
from tracer.ops.nn import softsign as softsign
from tracer.ops.nn import sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits
from tracer.ops.nn import tanh as tanh
from tracer.ops.nn import top_k as top_k
from tracer.ops.sampling import all_candidate_sampler as all_candidate_sampler
from tracer.ops.sampling import compute_accidental_hits as compute_accidental_hits
from tracer.ops.sampling import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from tracer.ops.sampling import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from tracer.ops.sampling import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from tracer.ops.sampling import uniform_candidate_sampler as uniform_candidate_sampler


def __getattr__(name: str) -> _typing.Any:
    if name == "deconv2d":  # what `conv2d_transpose` was called until 0.6
        return conv2d_transpose
    import importlib  # not `from tracer import`, which asks here again

    return importlib.import_module("tracer.younger").find(__name__, name)
