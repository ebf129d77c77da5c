"""`tf.contrib.metrics`: how good predictions are, over one batch or many."""

from tracer.all_util import make_all as make_all
from tracer.contrib.metrics import classification as classification
from tracer.contrib.metrics import confusion_matrix_ops as confusion_matrix_ops
from tracer.contrib.metrics import histogram_ops as histogram_ops
from tracer.contrib.metrics import metric_ops as metric_ops
from tracer.contrib.metrics import set_ops as set_ops
from tracer.contrib.metrics.classification import accuracy as accuracy
from tracer.contrib.metrics.confusion_matrix_ops import confusion_matrix as confusion_matrix
from tracer.contrib.metrics.histogram_ops import auc_using_histogram as auc_using_histogram
from tracer.contrib.metrics.metric_ops import aggregate_metric_map as aggregate_metric_map
from tracer.contrib.metrics.metric_ops import aggregate_metrics as aggregate_metrics
from tracer.contrib.metrics.metric_ops import streaming_accuracy as streaming_accuracy
from tracer.contrib.metrics.metric_ops import streaming_auc as streaming_auc
from tracer.contrib.metrics.metric_ops import streaming_covariance as streaming_covariance
from tracer.contrib.metrics.metric_ops import streaming_mean as streaming_mean
from tracer.contrib.metrics.metric_ops import streaming_mean_absolute_error as streaming_mean_absolute_error
from tracer.contrib.metrics.metric_ops import streaming_mean_cosine_distance as streaming_mean_cosine_distance
from tracer.contrib.metrics.metric_ops import streaming_mean_iou as streaming_mean_iou
from tracer.contrib.metrics.metric_ops import streaming_mean_relative_error as streaming_mean_relative_error
from tracer.contrib.metrics.metric_ops import streaming_mean_squared_error as streaming_mean_squared_error
from tracer.contrib.metrics.metric_ops import streaming_mean_tensor as streaming_mean_tensor
from tracer.contrib.metrics.metric_ops import streaming_pearson_correlation as streaming_pearson_correlation
from tracer.contrib.metrics.metric_ops import streaming_percentage_less as streaming_percentage_less
from tracer.contrib.metrics.metric_ops import streaming_precision as streaming_precision
from tracer.contrib.metrics.metric_ops import streaming_precision_at_thresholds as streaming_precision_at_thresholds
from tracer.contrib.metrics.metric_ops import streaming_recall as streaming_recall
from tracer.contrib.metrics.metric_ops import streaming_recall_at_k as streaming_recall_at_k
from tracer.contrib.metrics.metric_ops import streaming_recall_at_thresholds as streaming_recall_at_thresholds
from tracer.contrib.metrics.metric_ops import streaming_root_mean_squared_error as streaming_root_mean_squared_error
from tracer.contrib.metrics.metric_ops import (
    streaming_sensitivity_at_specificity as streaming_sensitivity_at_specificity,
)
from tracer.contrib.metrics.metric_ops import streaming_sparse_precision_at_k as streaming_sparse_precision_at_k
from tracer.contrib.metrics.metric_ops import streaming_sparse_recall_at_k as streaming_sparse_recall_at_k
from tracer.contrib.metrics.metric_ops import (
    streaming_specificity_at_sensitivity as streaming_specificity_at_sensitivity,
)
from tracer.contrib.metrics.set_ops import set_difference as set_difference
from tracer.contrib.metrics.set_ops import set_intersection as set_intersection
from tracer.contrib.metrics.set_ops import set_size as set_size
from tracer.contrib.metrics.set_ops import set_union as set_union
