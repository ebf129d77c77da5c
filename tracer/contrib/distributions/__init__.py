"""`tf.contrib.distributions`: probability distributions."""

import typing as _typing

from tracer.contrib.distributions import gaussian_conjugate_posteriors as gaussian_conjugate_posteriors
from tracer.contrib.distributions.dirichlet_multinomial import DirichletMultinomial as DirichletMultinomial
from tracer.contrib.distributions.gaussian import Gaussian as Gaussian
from tracer.contrib.distributions.mvn import MultivariateNormal as MultivariateNormal

_LATER = {
    "bijector": "",
    "continuous": (
        "Beta BetaWithSoftplusAB Chi2 Chi2WithAbsDf Exponential ExponentialWithSoftplusLam Gamma "
        "GammaWithSoftplusAlphaBeta Laplace LaplaceWithSoftplusScale Normal NormalWithSoftplusSigma Uniform"),
    "counts": "Binomial Multinomial",
    "discrete": "Bernoulli BernoulliWithSigmoidP Categorical Dirichlet Poisson",
    "distribution": "Distribution",
    "inverse_gamma": "InverseGamma InverseGammaWithSoftplusAlphaBeta",
    "kullback_leibler": "RegisterKL kl",
    "mixture": "Mixture",
    "multivariate": (
        "MultivariateNormalCholesky MultivariateNormalDiag MultivariateNormalDiagPlusVDVT "
        "MultivariateNormalDiagWithSoftplusStDev MultivariateNormalFull"),
    "normal_conjugate_posteriors": (
        "normal_congugates_known_sigma_predictive normal_conjugates_known_sigma_posterior "
        "normal_conjugates_known_sigma_predictive"),
    "quantized": "QuantizedDistribution",
    "transformed_distribution": "TransformedDistribution",
    "student_t": "StudentT StudentTWithAbsDfSoftplusSigma",
    "wishart": "WishartCholesky WishartFull",
}
"""What 0.9 to 0.12 added, by module: 0.8 has no such names."""


def __getattr__(name: str) -> _typing.Any:
    import importlib

    return importlib.import_module("tracer.younger").find_in(__name__, _LATER, name)


def __dir__() -> list[str]:
    """With the later names: Edward makes its random variables of all that it finds here."""
    return sorted({*globals(), *" ".join(_LATER.values()).split()})
