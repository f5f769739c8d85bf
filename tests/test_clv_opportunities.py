"""BG/BB, beta-binomial and sBG: published values, sums over every possible course, and a grid without a break."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.special import beta as beta_function
from scipy.special import betaln, expit, hyp2f1
from scipy.stats import beta, betabinom

from kpikit import clv
from kpikit.clv import histories, models, opportunities
from kpikit.datasets.cdnow import lifetimes_file
from kpikit.errors import ContractError, ParameterError

DONATIONS = {"alpha": 1.20352, "beta": 0.74972, "gamma": 0.65672, "delta": 2.78344}
SMALL = {"alpha": 0.6, "beta": 1.7, "gamma": 1.4, "delta": 3.1}
REGULAR = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1]  # % there after each renewal (Fader and Hardie, 2007)


@pytest.fixture(scope="module")
def donations():
    table = pd.read_csv(lifetimes_file("donations.csv"))
    return table.rename(columns={"periods": "T", "weights": "n_customers"})


@pytest.fixture(scope="module")
def donors(donations):
    return clv.fit(donations, "bg_bb", unit="year")


@pytest.fixture(scope="module")
def regular():
    return clv.fit(clv.renewal_histories(REGULAR, n_customers=1000), "sbg", unit="year")


def test_donations_published(donors, donations):
    assert donors.n_customers == 11104
    assert (donors.verdict, donors.fallback) == ("sound", None)
    assert donors.log_likelihood == pytest.approx(-33225.58, abs=5e-3)
    assert donors.params == pytest.approx({"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}, abs=5e-4)
    scores = donors.predict(donations, horizon_days=5 * 365)  # five yearly opportunities
    both = scores.merge(donations, on=["frequency", "recency", "T"])
    assert (both.expected_purchases * both.n_customers).sum() == pytest.approx(12_884, abs=1)


def test_regular_published(regular):
    assert regular.params == pytest.approx({"alpha": 0.7041, "beta": 1.1820}, rel=1e-3)
    assert regular.log_likelihood == pytest.approx(-1680.265, abs=1e-3)
    assert regular.p_alive(0, 0, 0, later=12) == pytest.approx(0.1700, abs=5e-5)
    # survival by the recursion of the paper, renewal by renewal
    a, b = regular.params.values()
    kept = [(b + t - 1) / (a + b + t - 1) for t in range(1, 13)]
    np.testing.assert_allclose(regular.p_alive(0, 0, 0, later=np.arange(1, 13)), np.cumprod(kept), rtol=1e-12)
    np.testing.assert_allclose(regular.new_customer_purchases(12), np.cumprod(kept).sum(), rtol=1e-12)
    assert "sBG is fitted to 1,000 customers" in regular.text


def test_who_has_left_is_known_under_contract(regular):
    scores = regular.predict(
        pd.DataFrame({"frequency": [2, 7, 0], "recency": [2, 7, 0], "T": [7, 7, 0]}), horizon_days=365
    )
    a, b = regular.params.values()
    assert scores.p_alive.tolist() == [0, 1, 1]
    assert scores.expected_purchases.tolist() == pytest.approx([0, (b + 7) / (a + b + 7), b / (a + b)])


@pytest.mark.parametrize("model", ["bg_bb", "bb", "sbg"])
def test_gradient_is_the_slope(model, donations):
    groups = histories.distinct(clv.renewal_histories(REGULAR, n_customers=1000) if model == "sbg" else donations)
    x, tx, T, n = (groups[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    objective = opportunities.counting_objective(model, x, tx, T, n)
    point = np.log([1.4, 0.6, 0.5, 2.0])[: 4 if model == "bg_bb" else 2]
    off = check_grad(lambda p: objective(p)[0], lambda p: objective(p)[1], point, epsilon=1e-6)
    assert off < 0.05  # of a gradient in the thousands


def test_the_probabilities_of_every_course_sum_to_one():
    # each of the 2^5 sequences of gifts is one history; what differs in order alone is equally likely
    total, point = 0.0, np.log(list(SMALL.values()))
    for sequence in itertools.product([0, 1], repeat=5):
        used = np.flatnonzero(sequence)
        facts = [np.array([float(v)]) for v in (len(used), used[-1] + 1 if len(used) else 0, 5)]
        total += np.exp(opportunities.counting_objective("bg_bb", *facts, np.ones(1))(point)[0])
    assert total == pytest.approx(1, rel=1e-12)


def test_likelihood_is_the_integral_over_propensities():
    x, tx, n = 2, 3, 6
    buys, leaves = beta(SMALL["alpha"], SMALL["beta"]), beta(SMALL["gamma"], SMALL["delta"])

    def density(theta, p):
        gone = sum(p**x * (1 - p) ** (tx - x + i) * theta * (1 - theta) ** (tx + i) for i in range(n - tx))
        return (gone + p**x * (1 - p) ** (n - x) * (1 - theta) ** n) * buys.pdf(p) * leaves.pdf(theta)

    # over the log odds the integrand vanishes on all sides: a sum over a fine grid is the integral
    step = 0.05
    odds = np.arange(-60, 60, step)
    theta, p = expit(odds[:, None]), expit(odds[None, :])
    value = np.nansum(density(theta, p) * theta * (1 - theta) * p * (1 - p)) * step**2
    facts = (np.array([float(v)]) for v in (x, tx, n))
    ours, _ = opportunities.counting_objective("bg_bb", *facts, np.ones(1))(np.log(list(SMALL.values())))
    assert np.exp(ours) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("history", [(0, 0, 0), (0, 0, 6), (3, 4, 6), (6, 6, 6)])
def test_expectation_of_the_paper(history):
    # E[X] by the closed form with gammas and γ − 1, and P(alive) at n, of Fader, Hardie and Shang (equations 11 to 13)
    x, tx, n = history
    a, b, c, d = SMALL.values()

    def likelihood():
        gone = sum(beta_function(a + x, b + tx - x + i) * beta_function(c + 1, d + tx + i) for i in range(n - tx))
        alive = beta_function(a + x, b + n - x) * beta_function(c, d + n)
        return alive, gone + alive

    alive, total = likelihood()
    assert models.p_alive("bg_bb", SMALL, *history) == pytest.approx(alive / total, rel=1e-10)
    later = alive / total * beta_function(c, d + n + 4) / beta_function(c, d + n)
    assert models.p_alive("bg_bb", SMALL, *history, 4) == pytest.approx(later, rel=1e-10)
    stays = sum(beta_function(c, d + n + j) / beta_function(c, d + n) for j in range(1, 11))
    expected = alive / total * (a + x) / (a + b + n) * stays
    assert models.expected_purchases("bg_bb", SMALL, *history, 10) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("model", ["bg_bb", "bb", "sbg"])
@pytest.mark.parametrize("history", [(0, 0, 0), (6, 6, 6)])
def test_counts_sum_to_one_and_to_the_expectation(model, history):
    k = np.arange(30)
    probability = models.probability_of_count(model, SMALL, k, *history, 20)
    assert probability.sum() == pytest.approx(1, rel=1e-12)
    expected = models.expected_purchases(model, SMALL, *history, 20)
    assert (k * probability).sum() == pytest.approx(expected, rel=1e-10)
    assert (probability[21:] == 0).all()


def test_the_beta_binomial_is_scipys():
    found = models.probability_of_count("bb", SMALL, np.arange(9), 0, 0, 0, 8)
    np.testing.assert_allclose(found, betabinom.pmf(np.arange(9), 8, SMALL["alpha"], SMALL["beta"]), rtol=1e-10)


@pytest.mark.parametrize("history", [(0, 0, 0), (3, 4, 6), (6, 6, 6)])
def test_residual_is_the_sum_without_end(history):
    rate = 0.0953
    j = np.arange(1, 1200)
    c, d = SMALL["gamma"], SMALL["delta"] + history[2]
    buys = (SMALL["alpha"] + history[0]) / (SMALL["alpha"] + SMALL["beta"] + history[2])
    stays = np.exp(betaln(c, d + j) - betaln(c, d) - rate * j).sum()
    expected = models.p_alive("bg_bb", SMALL, *history) * buys * stays
    found = models.residual_purchases("bg_bb", SMALL, *history, rate)
    assert found == pytest.approx(expected, rel=1e-10)
    closed = d / (c + d) * np.exp(-rate) * hyp2f1(1, d + 1, c + d + 1, np.exp(-rate))
    assert stays == pytest.approx(closed, rel=1e-9)


def test_daily_opportunities_without_end():
    rate = np.log(1.1) / 365.25  # 35,000 terms before the discount is e^-9: the sum is not for the asking
    found = models.residual_purchases("sbg", SMALL, 0, 0, 0, rate)
    a, b = SMALL["alpha"], SMALL["beta"]

    def value(theta):
        kept = (1 - theta) * np.exp(-rate)
        return kept / (1 - kept) * theta ** (a - 1) * (1 - theta) ** (b - 1) / beta_function(a, b)

    parts = [0, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]
    expected = sum(quad(value, low, high, limit=200)[0] for low, high in itertools.pairwise(parts))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("gamma", [1e-6, 0.01, 1 - 1e-9, 1.0, 1 + 1e-9, 8, 300])
@pytest.mark.parametrize("delta", [1e-3, 2.8, 900])
@pytest.mark.parametrize("alpha", [0.01, 1.0, 40])
def test_finite_on_the_whole_grid(gamma, delta, alpha):
    x = np.array([0, 0, 1, 2, 26, 500, 5000, 5000])
    n = np.array([0, 70, 30, 30, 31, 600, 5200, 9000.0])
    tx = np.array([0, 0, 30, 2, 31, 600, 5200, 5000.0])
    params = {"alpha": alpha, "beta": 0.75, "gamma": gamma, "delta": delta}
    alive = models.p_alive("bg_bb", params, x, tx, n)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (alive[tx == n] == 1).all()
    before = np.zeros(len(x))
    for horizon in (0, 1, 39, 5000):
        expected = models.expected_purchases("bg_bb", params, x, tx, n, horizon)
        assert np.isfinite(expected).all()
        assert (expected >= before * (1 - 1e-9)).all()
        assert (expected <= horizon * (1 + 1e-9)).all()
        before = expected
    assert np.isfinite(models.residual_purchases("bg_bb", params, x, tx, n, 1e-4)).all()
    none = models.probability_of_count("bg_bb", params, 0, x, tx, n, 12)
    assert ((none >= 0) & (none <= 1)).all()
    value, gradient = opportunities.counting_objective("bg_bb", x.astype(float), tx, n, np.ones(len(x)))(
        np.log(list(params.values()))
    )
    assert np.isfinite([value, *gradient]).all()


def test_a_horizon_in_days_holds_the_nearest_whole_number_of_opportunities(donors):
    for days in (360, 365, 366):
        assert donors.predict(pd.DataFrame({"frequency": [2], "recency": [3], "T": [6]}), horizon_days=days)[
            "expected_purchases"
        ][0] == pytest.approx(donors.expected_purchases(2, 3, 6, 1))


def test_donors_who_never_leave_are_no_churn_signal():
    rng = np.random.default_rng(8)
    given = rng.random((4000, 6)) < rng.beta(1.0, 1.0, (4000, 1))
    last = np.where(given.any(axis=1), 6 - np.argmax(given[:, ::-1], axis=1), 0)
    table = pd.DataFrame({"frequency": given.sum(axis=1), "recency": last, "T": 6})
    found = clv.fit(table, "bg_bb", unit="year")
    assert (found.verdict, found.used) == ("no churn signal", "bb")
    assert found.params == pytest.approx({"alpha": 1.0, "beta": 1.0}, rel=0.1)
    assert found.predict(horizon_days=365).p_alive.isna().all()
    assert "beta-binomial, which lets nobody leave" in found.text


def test_little_data_have_one_rate(donations):
    few = pd.DataFrame({"frequency": [1, 0, 2], "recency": [1, 0, 3], "T": [3, 3, 3]})
    found = clv.fit(few, "bg_bb", unit="year")
    assert (found.verdict, found.used) == ("too little data", "bb")
    assert found.expected_purchases(0, 0, 0, 3) == pytest.approx(3 * 3.5 / 10)  # half a gift is added
    nobody_left = clv.fit(clv.renewal_histories([50, 50, 50]), "sbg", unit="month")
    assert (nobody_left.verdict, nobody_left.used) == ("too little data", "sbg")
    assert 0.9 < nobody_left.p_alive(0, 0, 0, later=1) < 1
    new = clv.fit(pd.DataFrame({"frequency": [0], "recency": [0], "T": [0]}), "sbg", unit="month")
    assert not new.fitted
    assert "none of the 1 customers" in new.text


def test_two_models_side_by_side(donations):
    found = clv.compare(clv.fits(donations, ("bg_bb", "bb"), unit="year"))
    assert found.table.columns.tolist()[2:6] == ["alpha", "beta", "gamma", "delta"]
    assert "By AIC BG/BB fits best" in found.text


def test_a_fit_survives_its_file(donors, regular, tmp_path):
    for found in (donors, regular):
        loaded = clv.load(found.to_json(tmp_path / "model.json"))
        assert loaded == found
        assert loaded.expected_purchases(1, 1, 2, 3) == found.expected_purchases(1, 1, 2, 3)


def test_cohorts_below_one_another_are_fitted_together():
    older, younger = clv.renewal_histories([400, 260, 200]), clv.renewal_histories([500, 320])
    found = clv.fit(pd.concat([older, younger]), "sbg", unit="year")
    assert found.n_customers == 900
    assert found.verdict == "sound"
    assert float(found.p_alive(0, 0, 0, later=1)) == pytest.approx(580 / 900, abs=0.01)


@pytest.mark.parametrize(
    ("table", "model", "message"),
    [
        (([1], [1.5], [4]), "bg_bb", "whole opportunities in recency and T"),
        (([3], [2], [4]), "bg_bb", "at most one purchase at each opportunity"),
        (([1], [2], [4]), "sbg", "every opportunity up to recency used"),
    ],
)
def test_histories_that_count_no_opportunities_are_refused(table, model, message):
    frame = pd.DataFrame(dict(zip(["frequency", "recency", "T"], table, strict=True)))
    with pytest.raises(ContractError, match=message):
        clv.fit(frame, model, unit="year")


def test_the_time_between_opportunities_must_be_given(donations):
    with pytest.raises(ParameterError, match=r"unit: expected the time from one opportunity.*unit='year'"):
        clv.fit(donations, "bg_bb")


@pytest.mark.parametrize(
    ("survivors", "n", "error", "message"),
    [
        ([100, 120], None, ContractError, "never rise; found .100.0, 120.0."),
        ([100], None, ContractError, "two or more numbers"),
        ([1.0, 0.6], None, ParameterError, "n_customers with shares"),
        ([1.0, 0.6], 0, ParameterError, "more than 0 customers"),
    ],
)
def test_survivors_that_cannot_be(survivors, n, error, message):
    with pytest.raises(error, match=message):
        clv.renewal_histories(survivors, n_customers=n)
