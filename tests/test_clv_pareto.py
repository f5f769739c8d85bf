"""Pareto/NBD: published values, numerical integrals of the definition, and a grid on which nothing may break."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.special import hyp2f1, hyperu
from scipy.stats import gamma, poisson

from kpikit import clv, customers
from kpikit.clv import fitting, histories, models, pareto
from kpikit.datasets import cdnow

CDNOW = {"r": 0.5532770, "alpha": 10.577683, "s": 0.6062400, "beta": 11.668735}
LARGER_BETA = {"r": 1.3, "alpha": 4.0, "s": 2.2, "beta": 9.0}
LARGER_ALPHA = {"r": 0.7, "alpha": 15.0, "s": 0.9, "beta": 3.0}
HISTORIES = [(0, 0.0, 30.0), (1, 3.0, 30.0), (4, 25.0, 30.0), (26, 30.857143, 31.0)]


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


@pytest.fixture(scope="module")
def found(cdnow_histories):
    return clv.fit(cdnow_histories, "pareto_nbd")


def test_published_optimum(found):
    assert (found.verdict, found.fallback) == ("sound", None)
    assert found.log_likelihood == pytest.approx(-9594.976, abs=1e-3)
    published = {"r": 0.55327, "alpha": 10.5777, "s": 0.60625, "beta": 11.6690}
    assert found.params == pytest.approx(published, rel=1e-3)
    assert found.new_customer_purchases(52) == pytest.approx(1.47343, rel=1e-4)


def test_the_unit_of_time_changes_no_verdict_and_no_forecast(found, cdnow_histories):
    for unit, length in (("day", 1.0), ("month", 365.25 / 12)):
        scaled = cdnow_histories.assign(
            recency=cdnow_histories.recency * 7 / length, T=cdnow_histories["T"] * 7 / length
        )
        other = clv.fit(scaled, "pareto_nbd", unit=unit)
        assert other.verdict == "sound"
        assert other.gain == pytest.approx(found.gain, abs=1e-5)
        assert other.params["beta"] * length == pytest.approx(found.params["beta"] * 7, rel=1e-9)
        total = other.predict(horizon_days=273).expected_purchases.sum()
        assert total == pytest.approx(found.predict(horizon_days=273).expected_purchases.sum(), rel=1e-6)


def test_gradient_is_the_slope(cdnow_histories):
    groups = histories.distinct(cdnow_histories)
    x, tx, T, n = (groups[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    objective = pareto.pareto_objective(x, tx, T, n)
    for point in ([0.3, 5.0, 0.7, 2.0], [2.0, 40.0, 3.0, 300.0]):
        off = check_grad(lambda p: objective(p)[0], lambda p: objective(p)[1], np.log(point), epsilon=1e-6)
        assert off < 0.03  # of a gradient in the hundreds


@pytest.mark.parametrize("params", [CDNOW, LARGER_BETA, LARGER_ALPHA])
@pytest.mark.parametrize("history", HISTORIES[:3])
def test_likelihood_is_the_integral_over_rates(params, history):
    x, tx, T = history
    rates, leaving = gamma(params["r"], scale=1 / params["alpha"]), gamma(params["s"], scale=1 / params["beta"])

    def density(mu, lam):
        both = lam + mu
        left = mu / both * (np.exp(-both * tx) - np.exp(-both * T))
        return lam**x * (np.exp(-both * T) + left) * rates.pdf(lam) * leaving.pdf(mu)

    # over the logarithms of the rates the integrand vanishes on all sides: a sum over a fine grid is the integral
    step = 0.05
    log_rate = np.arange(-60, 4, step)
    mu, lam = np.exp(log_rate[:, None]), np.exp(log_rate[None, :])
    value = (density(mu, lam) * mu * lam).sum() * step**2
    ours, _ = pareto.pareto_objective(*(np.array([float(part)]) for part in history), np.ones(1))(
        np.log(list(params.values()))
    )
    assert np.exp(ours) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("params", [CDNOW, LARGER_BETA, LARGER_ALPHA])
@pytest.mark.parametrize("history", HISTORIES)
def test_p_alive_is_the_closed_form(params, history):
    x, tx, T = history
    r, alpha, s, beta = params.values()
    total, top = r + s + x, max(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def part(t):
        return hyp2f1(total, second, total + 1, abs(alpha - beta) / (top + t)) / (top + t) ** total

    between = s / total * (alpha + T) ** (r + x) * (beta + T) ** s * (part(tx) - part(T))
    assert models.p_alive("pareto_nbd", params, *history) == pytest.approx(1 / (1 + between), rel=1e-8)


def test_passes_through_equal_scales():
    equal = {"r": 0.8, "alpha": 7.0, "s": 0.6, "beta": 7.0}
    x, tx, T = 3, 11.0, 29.0
    rest = equal["r"] + equal["s"] + x  # with α = β the integral is elementary
    odds = equal["s"] / rest * (((7 + T) / (7 + tx)) ** rest - 1)
    near = [models.p_alive("pareto_nbd", {**equal, "beta": beta}, x, tx, T) for beta in (7 - 1e-9, 7.0, 7 + 1e-9)]
    np.testing.assert_allclose(near, 1 / (1 + odds), rtol=1e-9)


@pytest.mark.parametrize("s", [0.4, 1 - 1e-9, 1.0, 1 + 1e-9, 2.5])
def test_expectation_is_the_integral_of_survival(s):
    params = {**CDNOW, "s": s}
    state = models.active("pareto_nbd", params, np.array([4.0]), np.array([30.0]))
    survival = quad(lambda u: (1 + u / (params["beta"] + 30)) ** -s, 0, 52, epsabs=0)[0]
    expected = (params["r"] + 4) / (params["alpha"] + 30) * survival
    assert state.purchases(52)[0] == pytest.approx(expected, rel=1e-10)
    assert state.survives(52)[0] == pytest.approx((1 + 52 / (params["beta"] + 30)) ** -s, rel=1e-12)


def test_discounting_is_the_closed_form():
    state = models.active("pareto_nbd", CDNOW, np.array([4.0, 0.0]), np.array([30.0, 3.0]))
    rate, scale = 0.002, state.B
    forever = state.R / state.A * scale * hyperu(1, 2 - CDNOW["s"], rate * scale)
    np.testing.assert_allclose(state.forever(rate), forever, rtol=1e-9)
    for horizon in (10.0, 52.0, 3000.0):
        by_hand = [
            R / A * quad(lambda u, B=B: np.exp(-rate * u) * (1 + u / B) ** -CDNOW["s"], 0, horizon, epsabs=0)[0]
            for R, A, B in zip(state.R, state.A, state.B, strict=True)
        ]
        np.testing.assert_allclose(state.discounted(horizon, rate)[1], by_hand, rtol=1e-9)


def test_counts_are_the_integral_over_rates_and_leaving():
    # a new customer of stated rates buys a Poisson number until they leave or the time is up
    horizon, params = 12.0, LARGER_BETA
    rates, leaving = gamma(params["r"], scale=1 / params["alpha"]), gamma(params["s"], scale=1 / params["beta"])
    nodes, weights = np.polynomial.legendre.leggauss(400)
    share = (nodes + 1) / 2
    lam, mu = rates.ppf(share), leaving.ppf(share)
    u = horizon * share
    for k in (0, 1, 5):
        until = poisson.pmf(k, lam[:, None] * u[None, :])  # rows: rates, columns: times
        at_end = poisson.pmf(k, lam * horizon) @ weights / 2
        gone = (weights / 2) @ (mu[:, None] * np.exp(-mu[:, None] * u[None, :]))
        expected = at_end * ((weights / 2) @ np.exp(-mu * horizon))
        expected += horizon / 2 * (weights * gone * ((weights / 2) @ until)).sum()
        ours = models.probability_of_count("pareto_nbd", params, k, 0, 0, 0, horizon)
        assert ours == pytest.approx(expected, rel=2e-4)


def test_counts_of_frequent_buyers_sum_to_one():
    x, tx, T = 5000, 897.0, 900.0
    k = np.arange(2000)
    probability = models.probability_of_count("pareto_nbd", CDNOW, k, x, tx, T, 39)
    alive = models.p_alive("pareto_nbd", CDNOW, x, tx, T)
    assert 0.1 < alive < 0.9 or alive < 1e-3
    assert probability.sum() == pytest.approx(1, rel=1e-9)
    expected = models.expected_purchases("pareto_nbd", CDNOW, x, tx, T, 39)
    assert (k * probability).sum() == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("s", [1e-6, 0.3, 1 - 1e-9, 1.0, 1 + 1e-9, 40, 900])
@pytest.mark.parametrize("beta", [1e-3, 4.4, 4.4 + 1e-9, 9000])
@pytest.mark.parametrize("r", [0.01, 0.55, 40])
def test_finite_on_the_whole_grid(s, beta, r):
    x = np.array([0, 0, 1, 2, 26, 500, 5000, 5000])
    T = np.array([0, 70, 30, 30, 31, 100, 900, 900.0])
    tx = np.array([0, 0, 30, 1, 31, 100, 900, 3.0])
    params = {"r": r, "alpha": 4.4, "s": s, "beta": beta}
    alive = models.p_alive("pareto_nbd", params, x, tx, T)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (alive[tx == T] == 1).all()
    later = models.p_alive("pareto_nbd", params, x, tx, T, 39)
    assert ((later >= 0) & (later <= alive)).all()
    before = np.zeros(len(x))
    for horizon in (0, 0.1, 39, 520):
        expected = models.expected_purchases("pareto_nbd", params, x, tx, T, horizon)
        assert np.isfinite(expected).all()
        assert (expected >= before * (1 - 1e-9)).all()
        assert (expected <= (r + x) / (4.4 + T) * horizon * (1 + 1e-9)).all()
        before = expected
    residual = models.residual_purchases("pareto_nbd", params, x, tx, T, 0.002)
    assert np.isfinite(residual).all()
    assert (residual <= (r + x) / (4.4 + T) / 0.002 * (1 + 1e-9)).all()
    for k in (0, 3, 5000):
        count = models.probability_of_count("pareto_nbd", params, k, x, tx, T, 39)
        assert ((count >= 0) & (count <= 1)).all()
    value, gradient = pareto.pareto_objective(x.astype(float), tx, T, np.ones(len(x)))(np.log(list(params.values())))
    assert np.isfinite([value, *gradient]).all()


def test_the_quadrature_holds_its_digits_where_frequency_is_high():
    # Σ over shorter pieces of the same integral, each by the adaptive rule
    R, S, A, B, length = 5000.5, 0.6, 9.6, 14.7, 30.0
    edges = np.geomspace(1e-5, length, 40)
    pieces = [
        quad(lambda d: (1 + d / A) ** -R * (1 + d / B) ** -(S + 1), low, high, epsabs=0)[0]
        for low, high in zip([0, *edges[:-1]], edges, strict=True)
    ]
    ours = pareto.silence(*(np.array([value]) for value in (R, S, A, B, length))).log_value[0]
    assert ours == pytest.approx(np.log(sum(pieces)), abs=1e-11)


def test_one_time_buyers_may_be_gone(found):
    alive = found.p_alive(0, 0, [0.0, 10.0, 500.0])
    assert alive[0] == 1
    assert (np.diff(alive) < 0).all()
    assert found.caveat == ""


def test_no_dropout_is_no_churn_signal():
    rng = np.random.default_rng(4)
    T = rng.integers(40, 300, 1500).astype(float)
    rate = rng.gamma(1.2, 1 / 40, 1500)
    count = rng.poisson(rate * T)
    last = np.where(count > 0, np.ceil(T * rng.random(1500) ** (1 / np.maximum(count, 1))), 0.0)
    table = {"frequency": count, "recency": np.minimum(last, T), "T": T}
    found = clv.fit(pd.DataFrame(table), "pareto_nbd", unit="day")
    assert (found.verdict, found.used) == ("no churn signal", "nbd")


def test_a_start_at_the_optimum_of_a_few_ends_at_that_of_all(monkeypatch):
    ages = np.random.default_rng(6).integers(100, 700, 3000) / 7
    groups = histories.distinct(clv.simulate("pareto_nbd", CDNOW, ages, seed=6))
    without = fitting.fit_nbd(groups)
    whole = fitting.fit_dropout("pareto_nbd", groups, without)
    monkeypatch.setattr(fitting, "MANY_ROWS", 1500)
    monkeypatch.setattr(fitting, "NEAR_ROWS", 400)
    near = fitting.fit_dropout("pareto_nbd", groups, without)
    assert near.settled
    assert near.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-6)
    assert near.params == pytest.approx(whole.params, rel=1e-5)
