"""`tf.contrib.distributions`: probability distributions."""

from tracer.contrib.distributions import gaussian_conjugate_posteriors as gaussian_conjugate_posteriors
from tracer.contrib.distributions.dirichlet_multinomial import DirichletMultinomial as DirichletMultinomial
from tracer.contrib.distributions.gaussian import Gaussian as Gaussian
from tracer.contrib.distributions.mvn import MultivariateNormal as MultivariateNormal
