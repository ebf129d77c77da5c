"""`tf.contrib.losses`: losses, and the collection of them."""

from tracer.all_util import make_all as make_all
from tracer.contrib.losses import loss_ops as loss_ops
from tracer.contrib.losses.loss_ops import absolute_difference as absolute_difference
from tracer.contrib.losses.loss_ops import add_loss as add_loss
from tracer.contrib.losses.loss_ops import compute_weighted_loss as compute_weighted_loss
from tracer.contrib.losses.loss_ops import cosine_distance as cosine_distance
from tracer.contrib.losses.loss_ops import get_losses as get_losses
from tracer.contrib.losses.loss_ops import get_regularization_losses as get_regularization_losses
from tracer.contrib.losses.loss_ops import get_total_loss as get_total_loss
from tracer.contrib.losses.loss_ops import hinge_loss as hinge_loss
from tracer.contrib.losses.loss_ops import log as log
from tracer.contrib.losses.loss_ops import log_loss as log_loss
from tracer.contrib.losses.loss_ops import mean_pairwise_squared_error as mean_pairwise_squared_error
from tracer.contrib.losses.loss_ops import mean_squared_error as mean_squared_error
from tracer.contrib.losses.loss_ops import sigmoid_cross_entropy as sigmoid_cross_entropy
from tracer.contrib.losses.loss_ops import softmax_cross_entropy as softmax_cross_entropy
from tracer.contrib.losses.loss_ops import sparse_softmax_cross_entropy as sparse_softmax_cross_entropy
from tracer.contrib.losses.loss_ops import sum_of_pairwise_squares as sum_of_pairwise_squares
from tracer.contrib.losses.loss_ops import sum_of_squares as sum_of_squares
