"""`tf.contrib.tensorboard` of TensorFlow 0.12."""

from tracer.contrib.tensorboard import plugins as plugins
