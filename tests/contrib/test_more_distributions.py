"""Quantized, Wishart and further distributions of 0.10 to 0.12, whose numbers, drawn ones among them, 0.12.1 gave."""

import numpy as np
import pytest

import tracer as tf
from tests.contrib.answers import check_answers

d = tf.contrib.distributions
SCALE = np.float32([[2, 0.5, 0.1], [0.5, 1, 0.2], [0.1, 0.2, 1.5]])
VALUE = np.float32([[3, 0.4, 0.3], [0.4, 2, 0.1], [0.3, 0.1, 1]])
SCALES = np.float32([[[2, 0.5], [0.5, 1]], [[1, 0.2], [0.2, 3]]])
VALUES = np.float32([[[2, 0.1], [0.1, 1]], [[1, 0.3], [0.3, 2]]])
COVARIANCE = [[53.315, 46.315998, 17.029], [46.315998, 65.60719, 12.976799], [17.029, 12.976799, 16.4142]]
VARIANCE = [[40, 11.25, 15.05], [11.25, 10, 7.7], [15.05, 7.7, 22.5]]
DEVIATION = [[6.324555, 0, 0], [1.7787812, 2.6145625, 0], [2.379614, 1.3261063, 3.883154]]


def quantized(**cutoffs):
    return d.QuantizedDistribution(d.Normal([0.0, 1.0], [1.0, 2.0]), **cutoffs)


CASES = {  # what to make, where to ask, and what 0.12.1 says
    "Chi2WithAbsDf": (lambda: d.Chi2WithAbsDf([-2.5, 3.7]), [0.3, 2.0], {
        "df": [2, 3], "log_prob": [-0.8431472, -1.5723649], "sample": [[3.1694634, 3.1704302], [0.3292511, 5.5920696]]}),
    "MultivariateNormalDiagPlusVDVT": (
        lambda: d.MultivariateNormalDiagPlusVDVT([1.0, 2.0, 3.0], [1.1, 2.2, 3.3], [[1.0, 0.5], [0.2, 1.0], [0.3, 0.1]],
                                                 diag_small=[4.0, 5.0]), [-1.0, 0.0, 1.0], {
            "log_prob": -7.6802588, "entropy": 9.053587, "log_sigma_det": 9.593544, "sigma": COVARIANCE,
            "sample": [[0.4195965, 6.189217, 5.300112], [3.227318, 3.6958113, 4.649776]]}),
    "MultivariateNormalDiagPlusVDVT, several": (
        lambda: d.MultivariateNormalDiagPlusVDVT([[1.0, 2.0], [0.0, 1.0]], [[1.1, 2.2], [1.0, 1.0]],
                                                 [[[1.0], [0.2]], [[0.3], [0.1]]]), [[-1.0, 0.0], [1.0, 1.0]], {
            "log_prob": [-4.092285, -2.355088], "entropy": [4.3777504, 2.9331872],
            "variance": [[[4.4499993, 0.868], [0.868, 5.0576]], [[1.1890001, 0.063], [0.063, 1.021]]],
            "sample": [[[-0.2493541, 3.6517196], [0.7663293, 0.2843325]],
                       [[1.4887342, 2.2601364], [0.3958986, 1.9307933]]]}),
    "QuantizedDistribution": (lambda: quantized(lower_cutoff=-1.0, upper_cutoff=2.0), [0.0, 2.0], {
        "log_prob": [-1.0748624, -0.6931472], "prob": [0.3413447, 0.5], "cdf": [0.5, 1], "survival_function": [0.5, 0],
        "log_cdf": [-0.6931472, 0], "log_survival_function": [-0.6931472, -np.inf], "sample": [[0, 2], [1, 2]]}),
    "QuantizedDistribution, between whole numbers and below": (
        lambda: quantized(lower_cutoff=-1.0, upper_cutoff=2.0), [0.5, -3.0], {
            "prob": [0.3413447, 0], "log_prob": [-1.0748624, np.nan], "survival_function": [0.1586553, 1],
            "log_cdf": [-0.6931472, -np.inf]}),
    "QuantizedDistribution, without cutoffs": (
        lambda: quantized(), [-1.0, 7.0], {
            "log_prob": [-1.9957983, -5.326765], "prob": [0.1359051, 0.0048598],
            "log_survival_function": [-0.1727538, -6.6077256]}),
    "WishartFull": (lambda: d.WishartFull(5.0, SCALE), VALUE, {
        "log_prob": -10.800427, "mean": 5 * SCALE, "variance": VARIANCE, "std": DEVIATION, "mode": SCALE,
        "entropy": 14.834767, "log_normalizing_constant": 9.42473, "mean_log_det": 4.179925, "scale": SCALE, "dimension": 3,
        "df": 5, "batch_shape": [], "event_shape": [3, 3],
        "sample": [[[13.3103485, 3.655789, -2.4871716], [3.655789, 5.6426673, 2.616743], [-2.4871716, 2.616743, 12.34768]],
                   [[29.763481, 5.8479085, -3.3866403], [5.8479085, 6.4126177, 1.4056976],
                    [-3.3866403, 1.4056976, 2.6358297]]]}),
    "WishartFull, of decompositions": (
        lambda: d.WishartFull(5.0, SCALE, cholesky_input_output_matrices=True), np.linalg.cholesky(VALUE), {
            "log_prob": -10.800427, "variance": DEVIATION,
            "mean": [[3.1622777, 0, 0], [0.7905694, 2.0916502, 0], [0.1581139, 0.41833, 2.7018514]],
            "mode": [[1.4142135, 0, 0], [0.3535534, 0.9354144, 0], [0.0707107, 0.1870829, 1.2083046]],
            "sample": [[[3.648335, 0, 0], [1.0020431, 2.1537356, 0], [-0.6817279, 1.5321581, 3.0879474]],
                       [[5.4555917, 0, 0], [1.071911, 2.294259, 0], [-0.620765, 0.9027326, 1.1981462]]]}),
    "WishartFull, of several values": (lambda: d.WishartFull(5.0, SCALE), np.stack([VALUE, VALUE + np.float32(np.eye(3))]), {
        "log_prob": [-10.800427, -11.303677]}),
    "WishartCholesky": (lambda: d.WishartCholesky([5.0, 2.5], np.linalg.cholesky(SCALES)), VALUES, {
        "log_prob": [-6.147975, -4.7528286], "entropy": [7.649972, 6.556271], "mean_log_det": [3.0718513, 1.1581695],
        "batch_shape": [2], "mean": [[[10, 1.25], [2.5, 2.5]], [[5, 0.5], [1, 7.5]]],
        "sample": [[[[13.3103485, 6.0484443], [6.0484443, 7.387091]], [[5.726152, -1.8604075], [-1.8604075, 2.3629258]]],
                   [[[29.763481, -3.449544], [-3.449544, 5.6634216]], [[0.6775848, 2.665784], [2.665784, 14.137011]]]]}),
    "WishartCholesky, of 64 bits": (
        lambda: d.WishartCholesky(3, np.linalg.cholesky(SCALE.astype(np.float64))), VALUE.astype(np.float64), {
            "log_prob": -9.8029785593069, "mode": np.full((3, 3), np.nan)}),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_numbers(name):
    make, values, expected = CASES[name]
    made = check_answers(make, values, expected, seed=1, atol=2e-6)
    assert made.name == f"{name.partition(',')[0]}/"


def test_what_is_not_allowed():
    with pytest.raises(ValueError, match=r"Degrees of freedom \(df = 2.0\) cannot be less than dimension of scale matrix"):
        d.WishartFull(2.0, SCALE)
    with pytest.raises(ValueError, match=r"Computing std\. dev\. when is cholesky_input_output_matrices=True"):
        d.WishartFull(5.0, SCALE, cholesky_input_output_matrices=True).std()
    with pytest.raises(ValueError, match="Expected float, got"):
        d.QuantizedDistribution(d.Bernoulli(p=0.5))
    with pytest.raises(NotImplementedError, match="mean is not implemented"):
        d.QuantizedDistribution(d.Normal(0.0, 1.0)).mean()


NORMAL = (0.0, 1.0)
WRONG = {
    "value has non-integer components": lambda: d.QuantizedDistribution(d.Normal(*NORMAL), validate_args=True).prob(0.5),
    r"value has non-integer components.*lower_cutoff": lambda: d.QuantizedDistribution(
        d.Normal(*NORMAL), lower_cutoff=0.5, validate_args=True).sample(),
    "lower_cutoff must be strictly less than upper_cutoff": lambda: d.QuantizedDistribution(
        d.Normal(*NORMAL), lower_cutoff=2.0, upper_cutoff=1.0, validate_args=True).prob(1.0),
    "Degrees of freedom .* cannot be less than dimension": lambda: d.WishartFull(
        tf.placeholder_with_default(1.0, []), SCALE, validate_args=True).log_prob(VALUE),
    "mode not defined for df": lambda: d.WishartFull(3.0, SCALE, allow_nan_stats=False).mode(),
}


@pytest.mark.parametrize("message", WRONG)
def test_checks_that_are_asked_for(message):
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(WRONG[message]())
