"""`tf.train`: optimizers, checkpoints, input pipelines, supervision."""

from tracer.train.saver import NewCheckpointReader as NewCheckpointReader
from tracer.train.saver import Saver as Saver
from tracer.train.saver import export_meta_graph as export_meta_graph
from tracer.train.saver import generate_checkpoint_state_proto as generate_checkpoint_state_proto
from tracer.train.saver import get_checkpoint_state as get_checkpoint_state
from tracer.train.saver import import_meta_graph as import_meta_graph
from tracer.train.saver import latest_checkpoint as latest_checkpoint
from tracer.train.saver import update_checkpoint_state as update_checkpoint_state
