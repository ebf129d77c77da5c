"""`tf.contrib.tfprof`: what a graph costs, operation by operation; from 0.12 on."""

from tracer.contrib.tfprof import model_analyzer as model_analyzer
from tracer.contrib.tfprof import tfprof_logger as tfprof_logger
