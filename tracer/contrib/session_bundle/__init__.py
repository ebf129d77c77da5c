"""`tf.contrib.session_bundle`: graphs with their variables in the folders that TensorFlow Serving took, from 0.10 on."""

from tracer.contrib.session_bundle import constants as constants
from tracer.contrib.session_bundle import exporter as exporter
from tracer.contrib.session_bundle import gc as gc
from tracer.contrib.session_bundle import manifest_pb2 as manifest_pb2
from tracer.contrib.session_bundle import session_bundle as session_bundle
