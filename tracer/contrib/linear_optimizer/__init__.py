"""`tf.contrib.linear_optimizer`: linear models trained by stochastic dual coordinate ascent."""

from tracer.contrib.linear_optimizer.sdca_model import SdcaModel as SdcaModel

__all__ = ["SdcaModel"]
