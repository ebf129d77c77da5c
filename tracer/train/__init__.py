"""`tf.train`: optimizers, checkpoints, input pipelines, supervision."""

import typing as _typing

from tracer.train.averages import ExponentialMovingAverage as ExponentialMovingAverage
from tracer.train.coordinator import Coordinator as Coordinator
from tracer.train.coordinator import LooperThread as LooperThread
from tracer.train.decay import exponential_decay as exponential_decay
from tracer.train.decay import inverse_time_decay as inverse_time_decay
from tracer.train.decay import natural_exp_decay as natural_exp_decay
from tracer.train.decay import piecewise_constant as piecewise_constant
from tracer.train.decay import polynomial_decay as polynomial_decay
from tracer.train.device_setter import replica_device_setter as replica_device_setter
from tracer.train.input import batch as batch
from tracer.train.input import batch_join as batch_join
from tracer.train.input import input_producer as input_producer
from tracer.train.input import limit_epochs as limit_epochs
from tracer.train.input import match_filenames_once as match_filenames_once
from tracer.train.input import range_input_producer as range_input_producer
from tracer.train.input import shuffle_batch as shuffle_batch
from tracer.train.input import shuffle_batch_join as shuffle_batch_join
from tracer.train.input import slice_input_producer as slice_input_producer
from tracer.train.input import string_input_producer as string_input_producer
from tracer.train.optimizer import Optimizer as Optimizer
from tracer.train.optimizers import AdadeltaOptimizer as AdadeltaOptimizer
from tracer.train.optimizers import AdagradOptimizer as AdagradOptimizer
from tracer.train.optimizers import AdamOptimizer as AdamOptimizer
from tracer.train.optimizers import FtrlOptimizer as FtrlOptimizer
from tracer.train.optimizers import GradientDescentOptimizer as GradientDescentOptimizer
from tracer.train.optimizers import MomentumOptimizer as MomentumOptimizer
from tracer.train.optimizers import RMSPropOptimizer as RMSPropOptimizer
from tracer.train.queue_runner import QueueRunner as QueueRunner
from tracer.train.queue_runner import add_queue_runner as add_queue_runner
from tracer.train.queue_runner import start_queue_runners as start_queue_runners
from tracer.train.saver import NewCheckpointReader as NewCheckpointReader
from tracer.train.saver import Saver as Saver
from tracer.train.saver import export_meta_graph as export_meta_graph
from tracer.train.saver import generate_checkpoint_state_proto as generate_checkpoint_state_proto
from tracer.train.saver import get_checkpoint_state as get_checkpoint_state
from tracer.train.saver import import_meta_graph as import_meta_graph
from tracer.train.saver import latest_checkpoint as latest_checkpoint
from tracer.train.saver import update_checkpoint_state as update_checkpoint_state
from tracer.train.server_lib import ClusterSpec as ClusterSpec
from tracer.train.server_lib import Server as Server
from tracer.train.session_manager import SessionManager as SessionManager
from tracer.train.summary_writer import SummaryWriter as SummaryWriter
from tracer.train.summary_writer import summary_iterator as summary_iterator
from tracer.train.supervisor import Supervisor as Supervisor
from tracer.train.sync_replicas_optimizer import SyncReplicasOptimizer as SyncReplicasOptimizer
from tracer.train.training_util import global_step as global_step
from tracer.train.training_util import write_graph as write_graph

_MESSAGES = frozenset({
    "BytesList", "ClusterDef", "Example", "Feature", "FeatureList", "FeatureLists", "Features", "FloatList",
    "Int64List", "JobDef", "SaverDef", "SequenceExample", "ServerDef",
})


def __getattr__(name: str) -> _typing.Any:
    if name in _MESSAGES:  # needs protobuf
        from tracer import protos

        return getattr(protos, name)
    import importlib  # not `from tracer import`, which asks there

    return importlib.import_module("tracer.younger").find(__name__, name)
