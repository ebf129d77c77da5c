"""`tf.contrib.opt`, from 0.11 on: optimizers around others, and those of SciPy."""

from tracer.contrib.opt.external_optimizer import ExternalOptimizerInterface as ExternalOptimizerInterface
from tracer.contrib.opt.external_optimizer import ScipyOptimizerInterface as ScipyOptimizerInterface
from tracer.contrib.opt.moving_average_optimizer import MovingAverageOptimizer as MovingAverageOptimizer
from tracer.contrib.opt.variable_clipping_optimizer import VariableClippingOptimizer as VariableClippingOptimizer
