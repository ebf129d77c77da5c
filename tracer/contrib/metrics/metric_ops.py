"""All streaming metrics under one name, as `tensorflow.contrib.metrics.python.ops.metric_ops` has them."""

from tracer.contrib.metrics.at_k import streaming_sparse_precision_at_k as streaming_sparse_precision_at_k
from tracer.contrib.metrics.at_k import streaming_sparse_recall_at_k as streaming_sparse_recall_at_k
from tracer.contrib.metrics.means import aggregate_metric_map as aggregate_metric_map
from tracer.contrib.metrics.means import aggregate_metrics as aggregate_metrics
from tracer.contrib.metrics.means import streaming_accuracy as streaming_accuracy
from tracer.contrib.metrics.means import streaming_mean as streaming_mean
from tracer.contrib.metrics.means import streaming_mean_absolute_error as streaming_mean_absolute_error
from tracer.contrib.metrics.means import streaming_mean_cosine_distance as streaming_mean_cosine_distance
from tracer.contrib.metrics.means import streaming_mean_iou as streaming_mean_iou
from tracer.contrib.metrics.means import streaming_mean_relative_error as streaming_mean_relative_error
from tracer.contrib.metrics.means import streaming_mean_squared_error as streaming_mean_squared_error
from tracer.contrib.metrics.means import streaming_mean_tensor as streaming_mean_tensor
from tracer.contrib.metrics.means import streaming_percentage_less as streaming_percentage_less
from tracer.contrib.metrics.means import streaming_recall_at_k as streaming_recall_at_k
from tracer.contrib.metrics.means import streaming_root_mean_squared_error as streaming_root_mean_squared_error
from tracer.contrib.metrics.moments import streaming_covariance as streaming_covariance
from tracer.contrib.metrics.moments import streaming_pearson_correlation as streaming_pearson_correlation
from tracer.contrib.metrics.rates import streaming_auc as streaming_auc
from tracer.contrib.metrics.rates import streaming_precision as streaming_precision
from tracer.contrib.metrics.rates import streaming_precision_at_thresholds as streaming_precision_at_thresholds
from tracer.contrib.metrics.rates import streaming_recall as streaming_recall
from tracer.contrib.metrics.rates import streaming_recall_at_thresholds as streaming_recall_at_thresholds
from tracer.contrib.metrics.rates import streaming_sensitivity_at_specificity as streaming_sensitivity_at_specificity
from tracer.contrib.metrics.rates import streaming_specificity_at_sensitivity as streaming_specificity_at_sensitivity
