"""`tf.contrib.linear_optimizer`: linear models trained by stochastic dual coordinate ascent."""

from tracer.contrib.linear_optimizer.sdca_model import SdcaModel as SdcaModel
from tracer.contrib.linear_optimizer.sdca_optimizer import SDCAOptimizer as SDCAOptimizer

__all__ = ["SDCAOptimizer", "SdcaModel"]
