"""Recipes about `tf.contrib.distributions`, whose classes of 0.8 have other names in 0.12."""


def gaussian(tf, mu, sigma):
    """The normal distribution."""
    module = tf.contrib.distributions
    return getattr(module, "Gaussian", None) or module.Normal, (mu, sigma)


def normal(tf, mu, sigma, x):
    """Densities, probabilities and entropies."""
    made, arguments = gaussian(tf, mu, sigma)
    one = made(*arguments)
    return [one.pdf(x), one.log_pdf(x), one.cdf(x), one.log_cdf(x), one.entropy()]


def posterior(tf, mu, sigma, known, s, n):
    """What is known of a mean, and of the next value, after some values."""
    made, arguments = gaussian(tf, mu, sigma)
    module = tf.contrib.distributions
    if hasattr(module, "gaussian_conjugate_posteriors"):
        after = module.gaussian_conjugate_posteriors.known_sigma_posterior
        following = module.gaussian_conjugate_posteriors.known_sigma_predictive
    else:
        after, following = module.normal_conjugates_known_sigma_posterior, module.normal_conjugates_known_sigma_predictive
    found = [make(made(*arguments), known, s, n) for make in (after, following)]
    return [parameter for one in found for parameter in (one.mu, one.sigma)]


def vectors(tf, mu, sigma, x):
    """Densities and entropies of the normal distribution of vectors."""
    module = tf.contrib.distributions
    one = (getattr(module, "MultivariateNormal", None) or module.MultivariateNormalFull)(mu, sigma)
    return [one.pdf(x), one.log_pdf(x), one.entropy()]


def factored(tf, mu, chol, x):
    """The same by the Cholesky factor."""
    module = tf.contrib.distributions
    if hasattr(module, "MultivariateNormal"):
        one = module.MultivariateNormal(mu, sigma_chol=chol)
        sigma = one.sigma
    else:
        one = module.MultivariateNormalCholesky(mu, chol)
        sigma = one.sigma
    return [one.log_pdf(x), sigma]


def classes(tf, alpha, counts):
    """Probabilities of counts."""
    made = tf.contrib.distributions.DirichletMultinomial
    try:
        one = made(alpha)
        mean = one.mean
    except TypeError:  # later versions are told how many there are
        one = made(tf.reduce_sum(counts, [-1]), alpha)
        mean = alpha / tf.reduce_sum(alpha, [-1], keep_dims=True)
    return [one.pmf(counts), one.log_pmf(counts), mean]
