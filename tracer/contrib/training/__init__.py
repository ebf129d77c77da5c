"""`tf.contrib.training`, from 0.10 on: batches of alike examples, balanced samples, and the pieces of a training loop."""

from tracer.contrib.slim.learning import add_gradients_summaries as add_gradients_summaries
from tracer.contrib.slim.learning import clip_gradient_norms as clip_gradient_norms
from tracer.contrib.slim.learning import multiply_gradients as multiply_gradients
from tracer.contrib.training.bucket_ops import bucket as bucket
from tracer.contrib.training.bucket_ops import bucket_by_sequence_length as bucket_by_sequence_length
from tracer.contrib.training.device_setter import GreedyLoadBalancingStrategy as GreedyLoadBalancingStrategy
from tracer.contrib.training.device_setter import byte_size_load_fn as byte_size_load_fn
from tracer.contrib.training.evaluate import StopAfterNEvalsHook as StopAfterNEvalsHook
from tracer.contrib.training.evaluate import SummaryAtEndHook as SummaryAtEndHook
from tracer.contrib.training.evaluate import evaluate_once as evaluate_once
from tracer.contrib.training.evaluate import evaluate_repeatedly as evaluate_repeatedly
from tracer.contrib.training.evaluate import get_or_create_eval_step as get_or_create_eval_step
from tracer.contrib.training.evaluation import checkpoints_iterator as checkpoints_iterator
from tracer.contrib.training.evaluation import wait_for_new_checkpoint as wait_for_new_checkpoint
from tracer.contrib.training.resample import resample_at_rate as resample_at_rate
from tracer.contrib.training.resample import weighted_resample as weighted_resample
from tracer.contrib.training.sampling_ops import rejection_sample as rejection_sample
from tracer.contrib.training.sampling_ops import stratified_sample as stratified_sample
from tracer.contrib.training.training import create_train_op as create_train_op
from tracer.contrib.training.training import train as train
