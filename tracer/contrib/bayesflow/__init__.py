"""`tf.contrib.bayesflow`: in 0.8, the distributions of `tf.contrib.distributions` by another name."""

from tracer.contrib.distributions import DirichletMultinomial as DirichletMultinomial
from tracer.contrib.distributions import Gaussian as Gaussian
from tracer.contrib.distributions import gaussian_conjugate_posteriors as gaussian_conjugate_posteriors
