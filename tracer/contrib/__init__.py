"""`tf.contrib`, package by package."""

from tracer.contrib import util as util


def __getattr__(name: str) -> object:
    raise AttributeError(f"tf.contrib.{name} has no counterpart in Tracer yet")
