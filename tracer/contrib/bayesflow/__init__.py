"""`tf.contrib.bayesflow`: in 0.8 some distributions by another name; from 0.10 on random nodes, and inference."""

from tracer.contrib.bayesflow import entropy as entropy
from tracer.contrib.bayesflow import monte_carlo as monte_carlo
from tracer.contrib.bayesflow import stochastic_gradient_estimators as stochastic_gradient_estimators
from tracer.contrib.bayesflow import stochastic_graph as stochastic_graph
from tracer.contrib.bayesflow import stochastic_tensor as stochastic_tensor
from tracer.contrib.bayesflow import variational_inference as variational_inference
from tracer.contrib.distributions import DirichletMultinomial as DirichletMultinomial
from tracer.contrib.distributions import Gaussian as Gaussian
from tracer.contrib.distributions import gaussian_conjugate_posteriors as gaussian_conjugate_posteriors
