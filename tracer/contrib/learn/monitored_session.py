"""`tf.contrib.learn.monitored_session`, where sessions that watch over themselves stood in 0.11."""

from tracer.younger.monitored_session import *  # noqa: F403
