"""Spend per purchase: the published Gamma-Gamma fit, its verdicts and what stands in for it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import check_grad
from scipy.special import gammaln

from kpikit import clv, customers
from kpikit.clv import likelihood, spend
from kpikit.datasets import cdnow


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


def simulated(n=4000, p=6.0, q=3.5, gamma=15.0, seed=5, depends=0.0):
    """Repeat buyers whose spend follows Gamma-Gamma; ``depends`` makes frequent buyers' purchases dearer."""
    rng = np.random.default_rng(seed)
    x = 1 + rng.poisson(rng.gamma(0.8, 4.0, n))
    rate = rng.gamma(q, 1 / gamma, n)
    mean = rng.gamma(p * x) / rate / x
    return pd.DataFrame({"frequency": x.astype(float), "monetary_value": mean * x**depends})


def test_published_gamma_gamma(cdnow_histories):
    found = clv.fit(cdnow_histories).spend
    assert found.n_customers == 946
    assert found.params["p"] == pytest.approx(6.2496, rel=1e-3)
    assert found.params["q"] == pytest.approx(3.7442, rel=1e-3)
    assert found.params["gamma"] == pytest.approx(15.4435, rel=1e-3)
    assert found.log_likelihood == pytest.approx(-4055.92, abs=5e-3)
    assert found.population_mean == pytest.approx(35.17, abs=5e-3)


def test_cdnow_correlation_is_the_textbook_sound_case(cdnow_histories):
    found = clv.fit(cdnow_histories).spend
    assert found.correlation == pytest.approx(0.114, abs=5e-4)  # "significant", and yet without consequence
    assert abs(found.effect) < spend.MAX_EFFECT
    assert found.verdict == "sound"
    assert "treated as independent" in found.text


def test_gradient_is_the_slope():
    data = simulated(200)
    objective = likelihood.spend_objective(data.frequency.to_numpy(), data.monetary_value.to_numpy())
    point = np.log([5.0, 3.0, 12.0])
    assert check_grad(lambda p: objective(p)[0], lambda p: objective(p)[1], point, epsilon=1e-6) < 0.01


def test_likelihood_by_levels_is_the_sum_over_customers(monkeypatch):
    monkeypatch.setattr(likelihood, "ROWS", 100)
    data = simulated(450)
    x, m = data.frequency.to_numpy(), data.monetary_value.to_numpy()
    p, q, gamma = 5.0, 3.0, 12.0
    shape = p * x
    each = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) + (shape - 1) * np.log(m)
    each += shape * np.log(x) - (shape + q) * np.log(gamma + x * m)
    assert likelihood.spend_objective(x, m)(np.log([p, q, gamma]))[0] == pytest.approx(each.sum(), rel=1e-12)


def test_known_parameters_come_back():
    found = spend.fit_spend(simulated(40_000), seed=1)
    for name, value in {"p": 6.0, "q": 3.5, "gamma": 15.0}.items():
        assert found.params[name] == pytest.approx(value, rel=0.1)
    assert found.population_mean == pytest.approx(36.0, rel=0.03)


def test_currency_scales_the_mean_only():
    data = simulated(500)
    euros = spend.fit_spend(data, seed=1)
    cents = spend.fit_spend(data.assign(monetary_value=data.monetary_value * 100), seed=1)
    assert cents.params["q"] == pytest.approx(euros.params["q"], rel=1e-6)
    assert cents.population_mean == pytest.approx(euros.population_mean * 100, rel=1e-6)
    assert cents.log_likelihood == pytest.approx(euros.log_likelihood - 500 * np.log(100), abs=1e-5)


def test_spend_without_a_mean_falls_back_on_what_was_seen():
    found = spend.fit_spend(simulated(3000, p=4.0, q=0.6, gamma=10.0), seed=1)
    assert found.verdict == "spend has no mean"
    assert found.params["q"] <= 1
    assert not found.modelled
    expected = found.expected(np.array([0.0, 3.0]), np.array([np.nan, 50.0]))
    assert (expected == found.observed_mean).all()
    assert "mean is infinite" in found.text


def test_dependence_is_judged_by_what_it_does():
    one_time = pd.DataFrame({"frequency": [0.0, 2.0, 9.0], "n_customers": [5000.0, 3000.0, 1000.0]})
    groups = one_time.assign(expected_purchases=[0.6, 1.0, 4.0])
    strong = simulated(depends=0.8)
    found = spend.judge_dependence(spend.fit_spend(strong, seed=1), strong, groups)
    assert found.verdict == "spend depends on frequency"
    assert found.prior_mean(np.array([9.0])) > found.prior_mean(np.array([0.0]))
    independent = simulated()
    assert spend.judge_dependence(spend.fit_spend(independent, seed=1), independent, groups).verdict == "sound"


def test_dependence_judged_by_levels_is_the_line_through_the_customers():
    data = simulated(depends=0.8)
    groups = pd.DataFrame({"frequency": [0.0, 9.0], "n_customers": [5000.0, 10.0], "expected_purchases": 1.0})
    fitted = spend.fit_spend(data, seed=1)
    found = spend.judge_dependence(fitted, data, groups)
    p, q = fitted.params["p"], fitted.params["q"]
    own = p * data.frequency / (p * data.frequency + q - 1)
    line = np.polyfit(np.log1p(data.frequency), data.monetary_value, 1, w=np.sqrt(own))
    np.testing.assert_allclose([found.slope, found.intercept], line, rtol=1e-9)
    assert fitted.correlation == pytest.approx(np.corrcoef(data.frequency, data.monetary_value)[0, 1], rel=1e-12)


def test_expected_spend_lies_between_the_own_mean_and_the_population(cdnow_histories):
    found = clv.fit(cdnow_histories).spend
    x, m = np.array([1.0, 5.0, 500.0]), np.array([100.0, 100.0, 100.0])
    expected = found.expected(x, m)
    assert (np.diff(expected) > 0).all()
    assert found.population_mean < expected[0] < expected[2] < 100
    assert found.expected(np.array([0.0]), np.array([np.nan])) == pytest.approx(found.population_mean)


def test_a_sample_above_the_stated_size_is_seeded(monkeypatch):
    monkeypatch.setattr(spend, "MAX_SAMPLE", 500)
    data = simulated(2000)
    one, same, other = (spend.fit_spend(data, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.params != other.params
    assert (one.n_customers, one.n_fitted) == (2000, 500)
