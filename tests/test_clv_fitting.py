"""Fitting: published optima, weights, units of time, verdicts, and what lifetimes may not leave behind."""

import functools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.special import betaln, gammaln

from kpikit import clv, customers
from kpikit.clv import fitting, histories, likelihood
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError
from kpikit.periods import DAYS_PER_UNIT

ONLINE_RETAIL = Path(__file__).parents[2] / "shared" / "data" / "online_retail.parquet"

# log-likelihood 1e-3 absolute, parameters 1e-3 relative; recomputed independently from the transactions
PUBLISHED = {
    "bg_nbd": ({"r": 0.2425945, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}, -9582.429),
    "mbg_nbd": ({"r": 0.524843, "alpha": 6.18308, "a": 0.89136, "b": 1.61400}, -9582.136),
}


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


@pytest.fixture(scope="module")
def online_retail():
    if not ONLINE_RETAIL.exists():
        pytest.skip(f"needs {ONLINE_RETAIL}")
    lines = pd.read_parquet(ONLINE_RETAIL)
    lines = lines[(lines.quantity > 0) & lines.customer_id.notna()]
    orders = pd.DataFrame(
        {
            "customer_id": lines.customer_id,
            "ordered_at": lines.invoice_date,
            "amount": lines.quantity * lines.unit_price.clip(lower=0),
        }
    )
    return functools.cache(lambda as_of, unit: customers.histories(orders, as_of=as_of, unit=unit).to_pandas())


def people(frequency, recency, T, monetary_value=None):
    table = pd.DataFrame({"frequency": frequency, "recency": recency, "T": T})
    table.insert(0, "customer_id", [f"c{i}" for i in range(len(table))])
    return table if monetary_value is None else table.assign(monetary_value=monetary_value)


def test_cdnow_is_the_published_sample(cdnow_histories):
    assert len(cdnow_histories) == 2357
    assert cdnow_histories.frequency.sum() == 2457
    assert cdnow_histories["T"].max() == 272 / 7


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_optimum(cdnow_histories, model):
    params, log_likelihood = PUBLISHED[model]
    found = clv.fit(cdnow_histories, model)
    assert found.verdict == "sound"
    assert found.fallback is None
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-3)
    assert found.aic == pytest.approx(8 - 2 * log_likelihood, abs=2e-3)
    for name, value in params.items():
        assert found.params[name] == pytest.approx(value, rel=1e-3)


def test_published_sum_over_customers(cdnow_histories):
    scores = clv.fit(cdnow_histories, "bg_nbd").predict(horizon_days=39 * 7)
    assert scores.expected_purchases.sum() == pytest.approx(1653.41, rel=1e-4)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "nbd"])
def test_gradient_is_the_slope(cdnow_histories, model):
    groups = histories.distinct(cdnow_histories)
    x, tx, T, n = (groups[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    objective = likelihood.purchase_objective(model, x, tx, T, n)
    point = np.log([0.3, 5.0, 0.7, 2.0])[: 2 if model == "nbd" else 4]
    off = check_grad(lambda p: objective(p)[0], lambda p: objective(p)[1], point, epsilon=1e-6)
    assert off < 0.02  # of a gradient in the hundreds


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "nbd"])
def test_likelihood_by_levels_is_the_sum_over_customers(cdnow_histories, model, monkeypatch):
    monkeypatch.setattr(likelihood, "ROWS", 100)
    x, tx, T = (cdnow_histories[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    r, alpha, a, b = 0.3, 5.0, 0.7, 2.0
    stays = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)
    if model != "nbd":
        chances = x + (model == "mbg_nbd")
        odds = np.where(chances > 0, a / (b + chances - 1), 0.0) * ((alpha + T) / (alpha + tx)) ** (r + x)
        stays = stays + betaln(a, b + chances) - betaln(a, b) + np.log1p(odds)
    point = np.log([r, alpha, a, b])[: 2 if model == "nbd" else 4]
    value, _ = likelihood.purchase_objective(model, x, tx, T, np.ones(len(x)))(point)
    assert value == pytest.approx(stays.sum(), rel=1e-12)


def test_the_optimum_is_where_the_slope_is_nothing(cdnow_histories):
    groups = histories.distinct(cdnow_histories)
    x, tx, T, n = (groups[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    objective = likelihood.purchase_objective("bg_nbd", x, tx, T, n)
    bounds = fitting.BOUNDS["bg_nbd"]
    points = []
    for start in ([0.3, 4.0, 0.8, 2.5], [1.0, 10.0, 0.2, 1.0]):
        found = likelihood.maximise(objective, np.log(start), bounds, n.sum())
        assert np.abs(objective(found.log_params)[1]).max() / n.sum() < 1e-12
        points.append(found.log_params)
    np.testing.assert_allclose(points[0], points[1], atol=1e-9)


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
def test_weighted_fit_equals_unweighted(cdnow_histories, model):
    groups = histories.distinct(cdnow_histories)
    assert len(groups) < len(cdnow_histories)
    each = cdnow_histories.assign(n_customers=1.0)
    weighted = fitting.fit_dropout(model, groups, fitting.fit_nbd(groups))
    unweighted = fitting.fit_dropout(model, each, fitting.fit_nbd(each))
    assert weighted.log_likelihood == pytest.approx(unweighted.log_likelihood, rel=1e-8)
    for name, value in unweighted.params.items():
        assert weighted.params[name] == pytest.approx(value, rel=1e-5)


def test_the_order_of_the_rows_changes_nothing(cdnow_histories):
    found = clv.fit(cdnow_histories)
    shuffled = clv.fit(cdnow_histories.sample(frac=1, random_state=3))
    assert shuffled == found


def test_an_ibis_table_gives_what_a_dataframe_gives(cdnow_histories):
    lazy = customers.histories(cdnow(sample=True), as_of="1997-10-01")
    found, same = clv.fit(cdnow_histories), clv.fit(lazy)
    assert same.params == pytest.approx(found.params, rel=1e-9)
    scores = same.predict(horizon_days=90).set_index("customer_id").sort_index()
    expected = found.predict(horizon_days=90).set_index("customer_id").sort_index()
    pd.testing.assert_frame_equal(scores, expected, rtol=1e-6)


def test_distinct_histories_with_counts_are_enough_to_fit(cdnow_histories):
    counted = customers.distinct_histories(cdnow_histories)
    found = clv.fit(counted, "mbg_nbd")
    assert found.n_customers == 2357
    assert found.log_likelihood == pytest.approx(-9582.136, abs=1e-3)
    with pytest.raises(ParameterError, match="pass the customers' histories"):
        found.predict(horizon_days=30)


def test_unit_of_time_moves_the_log_likelihood_by_the_jacobian_and_nothing_else(cdnow_histories):
    in_days = cdnow_histories.assign(recency=cdnow_histories.recency * 7, T=cdnow_histories["T"] * 7)
    week, day = clv.fit(cdnow_histories), clv.fit(in_days, unit="day")
    assert day.log_likelihood == pytest.approx(week.log_likelihood - 2457 * np.log(7), abs=1e-6)
    assert day.params["alpha"] == pytest.approx(week.params["alpha"] * 7, rel=1e-6)
    a, b = (found.predict(horizon_days=365) for found in (week, day))
    np.testing.assert_allclose(a.clv, b.clv, rtol=1e-6)  # the horizon and the discount rate are converted


@pytest.mark.parametrize("as_of", ["2011-12-10", "2011-09-01"])
@pytest.mark.parametrize("unit", ["day", "week", "month"])
@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
def test_online_retail_has_no_churn_signal_in_any_unit(online_retail, as_of, unit, model):
    found = clv.fit(online_retail(as_of, unit), model, unit=unit)
    assert found.verdict == "no churn signal"
    assert found.fallback == found.used == "nbd"
    assert set(found.params) == {"r", "alpha"}
    assert found.asked["model"] == model
    assert found.gain < 2
    assert found.predict(horizon_days=90).p_alive.isna().all()
    assert "lets nobody leave" in found.text
    shape = {"2011-12-10": 0.82745, "2011-09-01": 0.72268}[as_of]
    assert found.params["r"] == pytest.approx(shape, rel=1e-3)
    in_days = found.params["alpha"] * DAYS_PER_UNIT[unit]
    assert in_days == pytest.approx({"2011-12-10": 69.078, "2011-09-01": 65.966}[as_of], rel=1e-3)


def test_lifetimes_raising_is_not_seen(cdnow_histories, monkeypatch, capsys):
    monkeypatch.setattr(fitting, "lifetimes_start", lambda *_: None)
    found = clv.fit(cdnow_histories, "mbg_nbd")
    assert found.log_likelihood == pytest.approx(-9582.136, abs=1e-3)
    assert capsys.readouterr().out == ""


def test_lifetimes_leaves_no_trace():
    # in a process of its own: what lifetimes changes on its first import shows only there
    code = """
import sys, warnings
import pandas as pd
from kpikit import clv
def option():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.get_option("mode.chained_assignment")
history = {"frequency": range(60), "recency": range(60), "T": [90.0] * 60}
before, filters = option(), list(warnings.filters)
clv.fit(pd.DataFrame(history))
assert "lifetimes" in sys.modules
assert option() == before, option()
assert warnings.filters == filters
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_no_repeat_buyers_is_too_little_data():
    found = clv.fit(people([0] * 30, [0] * 30, np.arange(30) + 1.0))
    assert (found.verdict, found.used) == ("too little data", "nbd")
    assert "0 of 30 customers came back" in found.text
    scores = found.predict(horizon_days=70)
    assert scores.expected_purchases.between(0, 0.05).all()
    assert scores.clv.isna().all()
    assert found.spend is None


def test_one_customer():
    found = clv.fit(people([2], [10.0], [20.0], [25.0]))
    assert found.verdict == "too little data"
    scores = found.predict(horizon_days=70)
    assert np.isfinite(scores.expected_purchases).all()
    assert scores.expected_spend.iloc[0] == 25
    assert found.spend.verdict == "too little data"


def test_everyone_came_on_the_last_day():
    found = clv.fit(people([0] * 50, [0.0] * 50, [0.0] * 50))
    assert (found.verdict, found.fitted, found.used) == ("too little data", False, "none")
    scores = found.predict(horizon_days=70)
    assert len(scores) == 50
    assert scores.drop(columns="customer_id").isna().all(axis=None)
    assert "nothing is forecast" in found.text
    assert np.isnan(found.new_customer_purchases(10)).all()


def test_one_cohort_is_fitted(cdnow_histories):
    cohort = cdnow_histories[cdnow_histories["T"] == cdnow_histories["T"].max()]
    found = clv.fit(cohort.assign(T=39.0), "mbg_nbd")
    assert found.verdict in {"sound", "no churn signal", "too little data"}
    assert np.isfinite(found.predict(horizon_days=90).expected_purchases).all()


@pytest.mark.slow
def test_a_million_identical_customers():
    n = 1_000_000
    found = clv.fit(people(np.full(n, 3), np.full(n, 10.0), np.full(n, 20.0), np.full(n, 9.5)))
    assert found.verdict == "too little data"
    scores = found.predict(horizon_days=140)
    assert scores.expected_purchases.iloc[0] == pytest.approx(3.0, rel=0.3)
    assert scores.expected_spend.iloc[0] == 9.5


def test_frequency_of_five_thousand(cdnow_histories):
    heavy = people([5000, 5000], [38.0, 2.0], [38.0, 38.0], [12.0, 12.0])
    found = clv.fit(pd.concat([cdnow_histories, heavy], ignore_index=True), "mbg_nbd")
    scores = found.predict(horizon_days=365)
    assert np.isfinite(scores[["expected_purchases", "clv", "clv_low", "clv_high"]]).all(axis=None)
    assert scores.expected_purchases.iloc[-2] > 1000
    assert scores.p_alive.iloc[-1] < 1e-6


def test_negative_spend_and_all_refunds(cdnow_histories):
    refunds = cdnow_histories.assign(monetary_value=-cdnow_histories.monetary_value)
    found = clv.fit(refunds)
    assert found.verdict == "sound"
    assert found.spend is None
    assert "No spend is modelled" in found.text
    some = cdnow_histories.assign(monetary_value=cdnow_histories.monetary_value.where(cdnow_histories.index > 50, -5.0))
    mixed = clv.fit(some)
    assert mixed.spend.n_set_aside > 0
    assert (mixed.predict(horizon_days=365).clv >= 0).all()


def test_a_customer_counts_once(cdnow_histories):
    twice = pd.concat([cdnow_histories, cdnow_histories.head(3)])
    with pytest.raises(ContractError, match="one row per customer; found 3 rows"):
        clv.fit(cdnow_histories).predict(twice, horizon_days=30)


def test_refunds_leave_a_customer_at_the_mean_of_the_others(cdnow_histories):
    found = clv.fit(cdnow_histories)
    refunded = people([4, 4], [20.0, 20.0], [30.0, 30.0], [-8.0, found.spend.population_mean])
    scores = found.predict(refunded, horizon_days=365)
    assert scores.expected_spend.tolist() == pytest.approx([found.spend.population_mean] * 2)
    assert scores.clv_high[0] == pytest.approx(scores.clv_high[1])


@settings(max_examples=15, deadline=None)
@given(data=st.data(), model=st.sampled_from(["bg_nbd", "mbg_nbd", "nbd"]), n=st.integers(1, 80))
def test_whatever_the_customers_did_there_is_a_verdict_and_no_crash(data, model, n):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    T = rng.integers(0, data.draw(st.sampled_from([1, 3, 400])), n).astype(float)
    most = data.draw(st.sampled_from([1, 2, 40]))
    frequency = np.minimum(rng.integers(0, most + 1, n), T)
    recency = np.where(frequency > 0, np.maximum(frequency, np.floor(T * rng.random(n))), 0.0)
    spend = np.where(frequency > 0, data.draw(st.sampled_from([0.0, 5.0, -5.0])) + rng.normal(0, 3, n), np.nan)
    found = clv.fit(people(frequency, np.minimum(recency, T), T, spend), model, unit="day")
    assert found.verdict in {"sound", "no churn signal", "too little data"}
    assert found.text
    scores = found.predict(horizon_days=90)
    assert len(scores) == n
    if found.fitted:
        assert np.isfinite(scores.expected_purchases).all()
        assert (scores.expected_purchases >= 0).all()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (people([], [], []), "at least one customer; found no rows"),
        (people([1], [5.0], [4.0]), "recency between 0 and T"),
        (people([0], [2.0], [4.0]), "recency 0 where frequency is 0"),
        (people([1.5], [2.0], [4.0]), "whole frequencies"),
        (people([1], [np.nan], [4.0]), "a number in frequency, recency and T"),
        (pd.DataFrame({"customer_id": ["a"], "frequency": [1]}), r"columns \['recency', 'T'\]"),
    ],
)
def test_impossible_histories_are_refused(table, message):
    with pytest.raises(ContractError, match=message):
        clv.fit(table)


def test_unknown_names_are_refused(cdnow_histories):
    with pytest.raises(ParameterError, match="Did you mean 'bg_nbd'"):
        clv.fit(cdnow_histories, "bgnbd")
    with pytest.raises(ParameterError, match="unit: expected one of"):
        clv.fit(cdnow_histories, unit="fortnight")


def test_the_callers_table_is_not_changed(cdnow_histories):
    before = cdnow_histories.copy(deep=True)
    clv.fit(cdnow_histories).predict(horizon_days=30)
    pd.testing.assert_frame_equal(cdnow_histories, before)
