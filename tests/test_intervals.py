"""Intervals against published values, independent computations and their own coverage."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kpikit import intervals
from kpikit.errors import ParameterError


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(18, 20, 0.6989663547715128, 0.972133518786232), (4, 20, 0.0806576625797981, 0.4160174322518935)],
)
def test_wilson_equals_r_binom(successes, n, low, high):
    assert intervals.wilson(successes, n) == pytest.approx((low, high), abs=1e-12)


def test_newcombe_equals_the_published_interval():
    low, high = intervals.newcombe(7, 34, 1, 34)
    assert (round(float(low), 3), round(float(high), 3)) == (0.019, 0.340)


@given(st.integers(1, 400), st.data())
def test_wilson_and_newcombe_equal_statsmodels(n, data):
    x1, x2 = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    assert intervals.wilson(x1, n) == pytest.approx(proportion_confint(x1, n, method="wilson"), abs=1e-9)
    expected = confint_proportions_2indep(x1, n, x2, n, method="newcomb", compare="diff")
    assert intervals.newcombe(x1, n, x2, n) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_holds_the_estimate_and_narrows_with_n(x, more):
    n = x + more
    low, high = intervals.wilson(x, n)
    wider_low, wider_high = intervals.wilson(x * 10, n * 10)
    assert low <= x / n <= high
    assert wider_high - wider_low < high - low


def test_nothing_to_estimate_is_no_interval_and_no_error():
    assert all(np.isnan(intervals.wilson(0, 0)))
    assert all(np.isnan(intervals.newcombe(0, 0, 1, 2)))
    assert all(np.isnan(intervals.clustered_ratio(0, 0, 0, 0, 0, 0)))
    assert all(np.isnan(intervals.cluster_bootstrap([1.0])))


def test_vectorised_calls_equal_single_ones():
    low, high = intervals.wilson([18, 4, 0], [20, 20, 0])
    assert low[0] == intervals.wilson(18, 20)[0]
    assert high[1] == intervals.wilson(4, 20)[1]
    assert np.isnan(low[2])


@pytest.mark.parametrize(("successes", "n"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ParameterError, match="0 ≤ successes ≤ n"):
        intervals.wilson(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_outside_0_and_1_is_refused(confidence):
    with pytest.raises(ParameterError, match=r"Pass 0\.95"):
        intervals.wilson(1, 2, confidence=confidence)


def test_poisson_equals_garwood():
    # Garwood (1936), table: 10 events, 95 %
    assert intervals.poisson(10) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert intervals.poisson(0) == pytest.approx((0, 3.689), abs=1e-3)


def test_benjamini_hochberg_equals_statsmodels_and_keeps_unknown_ones():
    p = np.array([0.001, 0.8, 0.02, 0.03, 0.03])
    assert intervals.benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert np.isnan(intervals.benjamini_hochberg([0.01, np.nan])[1])


def _clusters(random, n, skew):
    y = 1 + random.poisson(1, n)
    return y * random.lognormal(3, skew, n), y.astype(float)


def _sums(x, y):
    return x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum(), len(x)


def test_linearised_ratio_agrees_with_the_cluster_bootstrap():
    x, y = _clusters(np.random.default_rng(5), 600, 0.5)
    assert np.allclose(intervals.clustered_ratio(*_sums(x, y)), intervals.cluster_bootstrap(x, y), rtol=0.02)


def test_linearised_ratio_covers_the_truth_about_as_often_as_it_says():
    random, hits, runs = np.random.default_rng(11), 0, 1000
    for _ in range(runs):
        low, high = intervals.clustered_ratio(*_sums(*_clusters(random, 80, 0.5)))
        hits += low <= np.exp(3 + 0.5**2 / 2) <= high
    assert hits / runs == pytest.approx(0.95, abs=0.025)  # 3 Monte-Carlo errors of 0.7 % and a little skew


def test_rows_of_one_customer_are_not_independent():
    """Clustering matters: a customer's rows repeated ten times carry no more information than once."""
    random = np.random.default_rng(3)
    x, y = random.lognormal(3, 1, 50), np.ones(50)
    once = intervals.clustered_ratio(*_sums(x, y))
    ten_times = intervals.clustered_ratio(*_sums(10 * x, 10 * y))
    assert np.allclose(ten_times, once)


def test_effective_rows_agree_with_the_cluster_robust_error_of_a_mean():
    """Independent computation: statsmodels' clustered covariance of a regression on a constant alone."""
    owners = np.repeat(np.arange(30), np.arange(30) % 5 + 1)
    good = (
        np.random.default_rng(4).uniform(size=30)[owners] + np.random.default_rng(5).normal(0, 0.2, len(owners)) > 0.5
    )
    fit = sm.OLS(good.astype(float), np.ones(len(owners))).fit(cov_type="cluster", cov_kwds={"groups": owners})
    share, t = good.mean(), stats.t.ppf(0.975, 29) / stats.norm.ppf(0.975)
    x, y = np.bincount(owners, good), np.bincount(owners).astype(float)
    worth = float(intervals.effective_rows(*_sums(x, y)))
    assert worth == pytest.approx(share * (1 - share) / (float(fit.bse[0]) * t) ** 2)
    assert worth < len(owners)


def test_rows_that_do_not_vary_are_worth_their_customers_and_single_rows_their_number():
    y = np.array([3.0, 3.0, 3.0, 3.0])
    t = stats.t.ppf(0.975, 3) / stats.norm.ppf(0.975)
    assert float(intervals.effective_rows(*_sums(y, y))) == pytest.approx(4 / t**2)
    assert float(intervals.effective_rows(2, 5, 2, 5, 2, 5)) == 5


def test_residual_squares_are_those_of_the_residuals():
    x, y = np.array([1.0, 4.0, 2.0]), np.array([2.0, 3.0, 3.0])
    assert float(intervals.residual_squares(*_sums(x, y)[:5])) == pytest.approx(
        ((x - x.sum() / y.sum() * y) ** 2).sum()
    )


def test_ratio_of_money_never_falls_below_zero_for_lopsided_samples():
    x = np.array([1.0, 2.0, 1.0, 500.0])
    low, _ = intervals.clustered_ratio(*_sums(x, np.ones(4)))
    assert low > 0


def test_negative_ratio_keeps_its_interval_around_it():
    x = np.array([-5.0, -3.0, 1.0])
    low, high = intervals.clustered_ratio(*_sums(x, np.ones(3)))
    assert low < x.mean() < high


def test_compound_poisson_covers_totals_of_a_varying_number_of_customers():
    random, hits, runs = np.random.default_rng(2), 0, 1000
    for _ in range(runs):
        x = random.gamma(2, 10, random.poisson(200))
        low, high = intervals.compound_poisson(x.sum(), (x * x).sum())
        hits += low <= 200 * 20 <= high
    assert hits / runs == pytest.approx(0.95, abs=0.025)


def test_compound_poisson_of_equal_amounts_is_the_score_interval_of_a_count():
    """Brown, Cai and DasGupta (2003), "Interval estimation in exponential families": x + z²/2 ± z √(x + z²/4)."""
    low, high = intervals.compound_poisson([10.0, 0.0], [10.0, 0.0])
    assert (low[0], high[0]) == pytest.approx((5.4320, 18.4095), abs=1e-4)
    assert (low[1], high[1]) == (0, 0)


@pytest.mark.parametrize("count", [10, 25])
def test_totals_of_few_customers_are_covered(count):
    random, hits, runs = np.random.default_rng(5), 0, 2000
    amounts, often = np.array([15.0, 30.0, 75.0]), [0.5, 0.4, 0.1]
    for _ in range(runs):
        x = random.choice(amounts, random.poisson(count), p=often)
        low, high = intervals.compound_poisson(x.sum(), (x * x).sum())
        hits += low <= count * amounts @ often <= high
    assert 0.92 < hits / runs < 0.965  # 0.88 and 0.93 with an even interval


def test_total_whose_amounts_cancel_keeps_an_even_interval():
    low, high = intervals.compound_poisson([0.0, 3.0, -3.0, -50.0], [100.0, 100.0, 100.0, 100.0])
    assert np.isfinite([low, high]).all()
    assert (low[0], high[0]) == pytest.approx((-19.6, 19.6), abs=1e-3)
    assert low[2:].tolist() == pytest.approx((-intervals.compound_poisson([3.0, 50.0], [100.0, 100.0])[1]).tolist())
    almost = intervals.compound_poisson([9.9999, 10.0001], [100.0, 100.0])
    assert np.allclose(almost[0][0], almost[0][1], atol=0.01)
    assert np.allclose(almost[1][0], almost[1][1], atol=0.01)


def _moved(then, now):
    gone = np.maximum(then - now, 0).sum()
    return now.sum(), then.sum(), gone, (now * now).sum(), (then * then).sum(), (now * then).sum()


def test_retained_share_of_equal_accounts_is_wilson():
    then = np.ones(263)
    now = then * (np.arange(263) >= 81)  # Newcombe (1998): 81 of 263 gives 0.2553 to 0.3662
    low, high = intervals.retained_share(*_moved(then, now))
    assert (1 - high, 1 - low) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    low, high = intervals.retained_share(*_moved(then, then))
    assert (low, high) == pytest.approx((1 - 3.8415 / (263 + 3.8415), 1.0), abs=1e-5)


def test_what_is_kept_is_no_more_than_all_where_nobody_paid_more():
    then = np.append(np.ones(80), 20.0)  # the one large account leaves
    low, high = intervals.retained_share(*_moved(then, np.append(np.ones(80), 0.0)))
    assert 0 < low < 0.8 < high <= 1
    _, high = intervals.retained_share(*_moved(then, np.append(np.full(80, 1.5), 0.0)))
    assert high > 1.2


def test_retained_share_of_many_movers_is_that_of_the_bootstrap():
    random = np.random.default_rng(3)
    then = random.choice([15.0, 30.0, 75.0], 2000)
    now = then * random.choice([0.0, 0.5, 1.0, 1.5], 2000, p=[0.05, 0.2, 0.5, 0.25])
    expected = intervals.cluster_bootstrap(now, then)
    assert np.allclose(intervals.retained_share(*_moved(then, now)), expected, atol=0.08 * np.ptp(expected))


@pytest.mark.parametrize("customers", [23, 100])
def test_retained_share_holds_where_few_leave(customers):
    random, hits, runs = np.random.default_rng(4), 0, 1500
    for _ in range(runs):
        then = random.choice([15.0, 30.0, 75.0], customers, p=[0.5, 0.4, 0.1])
        now = then * random.choice([0.0, 1.0, 1.2], customers, p=[0.04, 0.93, 0.03])
        low, high = intervals.retained_share(*_moved(then, now))
        hits += low <= 0.96 + 0.03 * 0.2 <= high
    assert 0.935 < hits / runs < 0.985  # a linearised ratio holds 0.6 to 0.9


def test_bootstrap_is_repeatable_and_depends_on_its_seed():
    x = np.arange(20.0)
    assert intervals.cluster_bootstrap(x, seed=1) == intervals.cluster_bootstrap(x, seed=1)
    assert intervals.cluster_bootstrap(x, seed=1) != intervals.cluster_bootstrap(x, seed=2)
    with pytest.raises(ParameterError, match="one numerator and one denominator"):
        intervals.cluster_bootstrap(x, [1.0])


def test_two_proportions_test_equals_chi_square_without_correction():
    from scipy.stats import chi2_contingency

    expected = chi2_contingency([[7, 27], [1, 33]], correction=False).pvalue
    assert intervals.two_proportions_p(7, 34, 1, 34) == pytest.approx(expected)
    assert intervals.two_proportions_p(0, 5, 0, 5) == 1
    assert np.isnan(intervals.two_proportions_p(0, 0, 1, 5))


@pytest.mark.parametrize("method", [intervals.clustered_mean, intervals.clustered_ratio])
def test_clusters_that_are_all_alike_give_no_interval(method):
    """Two answers of 6 say nothing of the spread: an interval from 6 to 6 would be a claim."""
    assert np.isnan(method(12, 2, 72, 2, 12, 2)).all()
    assert np.isnan(method(0.3, 3, 0.03, 3, 0.3, 3)).all()  # 0.1 has no exact square
    assert np.isfinite(method(13, 2, 85, 2, 13, 2)).all()


def test_a_single_detractor_lies_in_its_interval():
    low, high = intervals.net_score(-1, 1, 1, 1, 1, -1, 1)
    assert low == -1 < high
