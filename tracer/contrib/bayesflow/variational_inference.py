"""The evidence lower bound of a model whose random nodes are approximated."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.contrib.bayesflow.stochastic_graph import upstream
from tracer.contrib.bayesflow.stochastic_tensor import STOCHASTIC_TENSOR_COLLECTION, StochasticTensor
from tracer.contrib.distributions import kullback_leibler
from tracer.contrib.distributions.distribution import Distribution
from tracer.convert import convert_to_tensor
from tracer.ops import reduction

VI_PRIORS = "__vi_priors__"


class _ELBOForm:
    """A way to compute the bound."""


class ELBOForms:
    """How to compute the bound: by a divergence that is known, by an entropy that is known, or from the sample alone.

    `default` is the first of these that the distributions have.
    """

    default, analytic_kl, analytic_entropy, sample = (_ELBOForm() for _ in range(4))

    @staticmethod
    def check_form(form: Any) -> None:
        """Raises TypeError where it is none of them."""
        if form not in (ELBOForms.default, ELBOForms.analytic_kl, ELBOForms.analytic_entropy, ELBOForms.sample):
            raise TypeError("form must be an ELBOForms constant")


def register_prior(variational: Any, prior: Any) -> None:
    """Says that `prior`, a distribution, belongs to the random node `variational`."""
    if not isinstance(variational, StochasticTensor):
        raise TypeError("variational must be a StochasticTensor")
    if not isinstance(prior, Distribution):
        raise TypeError("prior must be a Distribution")
    scopes.add_to_collection(VI_PRIORS, (variational, prior))


def elbo(log_likelihood: Any, variational_with_prior: dict[Any, Any] | None = None, keep_batch_dim: bool = True,
         form: Any = None, name: str = "ELBO") -> Any:
    """The bound: the likelihood of the data, less how far the random nodes are from their priors.

    >>> bound = variational_inference.elbo(log_likelihood, {z: prior})

    Args:
        log_likelihood: of shape [batch, ...].
        variational_with_prior: the prior of each random node; by default those of `register_prior`, for all on which the
            likelihood depends.
        keep_batch_dim: whether the first dimension of the divergence is kept, as it is for random nodes of each example.
        form: one of `ELBOForms`.
        name: the name of the operations.

    Raises:
        TypeError: the form is none.
        ValueError: a prior is missing, or the likelihood depends on no random node.
    """
    form = ELBOForms.default if form is None else form
    with scopes.op_scope([log_likelihood], name, "ELBO"):
        likelihood = convert_to_tensor(log_likelihood)
        pairs = _pairs(likelihood) if variational_with_prior is None else dict(variational_with_prior)
        missing = [node.name for node, prior in pairs.items() if prior is None]
        if missing:
            raise ValueError(f"No prior was given for {missing}: pass variational_with_prior, or call register_prior.")
        return _bound(form, likelihood, pairs, keep_batch_dim)


def elbo_with_log_joint(log_joint: Any, variational: Any = None, keep_batch_dim: bool = True, form: Any = None,
                        name: str = "ELBO") -> Any:
    """The bound by the joint likelihood of data and random nodes, with no need of priors.

    `variational` is the list of random nodes, by default all on which `log_joint` depends. Other arguments are as in `elbo`.
    """
    form = ELBOForms.default if form is None else form
    if form is ELBOForms.analytic_kl:
        raise ValueError("ELBOForms.analytic_kl is not available when using elbo_with_log_joint. Use elbo or a different "
                         "form.")
    with scopes.op_scope([log_joint], name, "ELBO"):
        joint = convert_to_tensor(log_joint)
        nodes = _nodes_of(joint) if variational is None else list(variational)
        return _bound(form, joint, dict.fromkeys(nodes), keep_batch_dim)


def _nodes_of(tensor: Any) -> list[Any]:
    found = upstream(tensor, scopes.get_collection(STOCHASTIC_TENSOR_COLLECTION))
    if not found:
        raise ValueError(f"No upstream stochastic nodes found for tensor: {tensor}")
    return found


def _pairs(likelihood: Any) -> dict[Any, Any]:
    priors = dict(scopes.get_collection(VI_PRIORS))
    return {node: priors.get(node) for node in _nodes_of(likelihood)}


def _bound(form: Any, likelihood: Any, pairs: dict[Any, Any], keep_batch_dim: bool) -> Any:
    ELBOForms.check_form(form)
    total = likelihood
    for node, prior in pairs.items():
        total = total + _summed(_term(form, node, prior), keep_batch_dim)
    return total


def _term(form: Any, node: Any, prior: Any) -> Any:
    """What one random node adds: less its divergence from the prior, or its entropy where there is none."""
    q, z = node.distribution, node.value()
    if prior is not None and form in (ELBOForms.default, ELBOForms.analytic_kl):
        try:
            return -kullback_leibler.kl(q, prior)
        except NotImplementedError:
            if form is ELBOForms.analytic_kl:
                raise
    surprise = None
    if form in (ELBOForms.default, ELBOForms.analytic_entropy):
        try:
            surprise = q.entropy()
        except NotImplementedError:
            if form is ELBOForms.analytic_entropy:
                raise
    if surprise is None:
        surprise = -q.log_prob(z)
    return surprise if prior is None else prior.log_prob(z) + surprise


def _summed(value: Any, keep_batch_dim: bool) -> Any:
    """The sum over all dimensions, or over all but the first."""
    if not keep_batch_dim:
        return reduction.reduce_sum(value)
    rank = value.get_shape().ndims
    return value if rank is not None and rank <= 1 else reduction.reduce_sum(value, list(range(1, rank or 2)))
