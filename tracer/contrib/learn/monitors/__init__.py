"""`tf.contrib.learn.monitors`: what is told of each training step, and may end the training."""

from tracer.contrib.learn.io.data_feeder import setup_train_data_feeder as setup_train_data_feeder
from tracer.contrib.learn.monitors.base import BaseMonitor as BaseMonitor
from tracer.contrib.learn.monitors.base import EveryN as EveryN
from tracer.contrib.learn.monitors.base import default_monitor as default_monitor
from tracer.contrib.learn.monitors.reporting import CaptureVariable as CaptureVariable
from tracer.contrib.learn.monitors.reporting import CheckpointSaver as CheckpointSaver
from tracer.contrib.learn.monitors.reporting import GraphDump as GraphDump
from tracer.contrib.learn.monitors.reporting import LoggingTrainable as LoggingTrainable
from tracer.contrib.learn.monitors.reporting import PrintTensor as PrintTensor
from tracer.contrib.learn.monitors.reporting import StepCounter as StepCounter
from tracer.contrib.learn.monitors.reporting import SummarySaver as SummarySaver
from tracer.contrib.learn.monitors.reporting import get_default_monitors as get_default_monitors
from tracer.contrib.learn.monitors.stopping import NanLoss as NanLoss
from tracer.contrib.learn.monitors.stopping import NanLossDuringTrainingError as NanLossDuringTrainingError
from tracer.contrib.learn.monitors.stopping import StopAtStep as StopAtStep
from tracer.contrib.learn.monitors.validation import ValidationMonitor as ValidationMonitor
