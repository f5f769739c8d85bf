"""What customers' histories should not be, model by model: a verdict in words, a number that is finite, or an error."""

import warnings

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers
from kpikit.clv.models import CONTINUOUS
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError

TRUTH = {
    "bg_nbd": {"r": 0.55, "alpha": 10.6, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.55, "alpha": 6.2, "a": 0.9, "b": 1.6},
    "pareto_nbd": {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7},
}
DROPOUT = ["bg_nbd", "mbg_nbd", "pareto_nbd"]
SHOWN = ["expected_purchases", "expected_spend", "clv", "clv_low", "clv_high"]


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


def people(frequency, recency, T, monetary_value=np.nan):
    table = pd.DataFrame({"frequency": frequency, "recency": recency, "T": T, "monetary_value": monetary_value})
    return table.assign(customer_id=range(len(table)))


@pytest.mark.parametrize("model", CONTINUOUS)
def test_no_repeat_buyers(model):
    found = clv.fit(people(0, 0.0, np.arange(30) + 1.0), model)
    assert (found.verdict, found.used) == ("too little data", "nbd")
    assert "0 of 30 customers came back" in found.text
    assert found.predict(horizon_days=70).expected_purchases.between(0, 0.05).all()
    assert (
        "Wait for more data" in clv.actions(found, found.predict(horizon_days=70), found.source, None).table.action[0]
    )


@pytest.mark.parametrize("model", CONTINUOUS)
def test_everybody_came_today(model):
    found = clv.fit(people([0] * 40, 0.0, 0.0), model)
    assert not found.fitted
    assert "No time has passed since the first purchases, so nothing is forecast." in found.text
    assert found.predict(horizon_days=30).expected_purchases.isna().all()
    assert np.isnan(found.residual_purchases(0, 0, 0))
    assert np.isnan(found.probability_of_purchase(5, 0, 0, 0))
    assert np.isnan(found.p_alive(0, 0, 0, later=3))


@pytest.mark.parametrize("model", DROPOUT)
def test_one_cohort_whose_age_is_the_same(model):
    cohort = clv.simulate(model, TRUTH[model], np.full(3000, 26.0), seed=2)
    cohort = cohort.assign(monetary_value=np.where(cohort.frequency > 0, 10.0 + cohort.customer_id % 7, np.nan))
    found = clv.fit(cohort, model)
    assert found.verdict in {"sound", "no churn signal"}
    scores = found.predict(horizon_days=90)
    assert np.isfinite(scores[SHOWN]).all(axis=None)
    # what is expected of a new customer in 26 weeks is what this cohort did in them
    assert found.new_customer_purchases(26) == pytest.approx(cohort.frequency.mean(), rel=0.03)


@pytest.mark.parametrize("model", CONTINUOUS)
def test_spend_that_is_all_negative_is_left_out(cdnow_histories, model):
    found = clv.fit(cdnow_histories.assign(monetary_value=-cdnow_histories.monetary_value), model)
    assert found.verdict == "sound"
    assert "No spend is modelled" in found.text
    scores = found.predict(horizon_days=90)
    assert np.isfinite(scores.expected_purchases).all()
    assert scores.clv.isna().all()


@pytest.mark.parametrize("model", DROPOUT)
def test_a_customer_of_five_thousand_purchases(cdnow_histories, model):
    heavy = people([5000, 5000], [38.0, 2.0], 38.0, 12.0).assign(customer_id=["daily", "gone"])
    found = clv.fit(pd.concat([cdnow_histories, heavy], ignore_index=True), model)
    scores = found.predict(horizon_days=365)
    assert np.isfinite(scores[SHOWN]).all(axis=None)
    assert scores.expected_purchases.iloc[-2] > 1000
    assert scores.p_alive.iloc[-1] < 1e-6


@pytest.mark.parametrize(("model", "n"), [*((model, 100_000) for model in CONTINUOUS), ("mbg_nbd", 1_000_000)])
def test_many_identical_customers_are_one_history(model, n):
    found = clv.fit(people(np.full(n, 3), 10.0, 20.0, 9.5), model)
    assert found.verdict == "too little data"
    assert f"{n:,} of {n:,} customers came back" in found.text
    scores = found.predict(horizon_days=140)
    assert scores.expected_purchases.iloc[0] == pytest.approx(3.0, rel=0.3)
    assert scores.expected_spend.iloc[0] == 9.5


@pytest.mark.parametrize("model", CONTINUOUS)
def test_no_days_ahead(cdnow_histories, model):
    found = clv.fit(cdnow_histories, model)
    scores = found.predict(horizon_days=0)
    assert (scores[["expected_purchases", "clv", "clv_low", "clv_high"]] == 0).all(axis=None)
    assert found.probability_of_purchase(0, 2, 20, 30) == 0
    total = clv.base_total(found, horizon_days=0).table
    assert (total[["expected", "low", "high"]] == 0).all(axis=None)
    assert (clv.base_total(found, horizon_days=0, shock=clv.Shock(0.2, 4.0, 5, 30.0)).table.high == 0).all()


def test_ten_for_ten_percent_is_refused_and_sixty_percent_is_doubted(cdnow_histories):
    found = clv.fit(cdnow_histories, "nbd")
    for rate in (10, 1.0, -0.1, float("nan")):
        with pytest.raises(ParameterError, match=r"annual_discount_rate: expected a rate.*Write 10 % a year as 0\.10"):
            found.predict(horizon_days=90, annual_discount_rate=rate)
        with pytest.raises(ParameterError, match=r"annual_discount_rate: expected a rate above 0"):
            found.residual_purchases(2, 20, 30, annual_discount_rate=rate)
    with pytest.raises(ParameterError, match=r"for undiscounted purchases pass a horizon"):
        found.residual_purchases(2, 20, 30, annual_discount_rate=0.0)
    with pytest.warns(UserWarning, match=r"0\.6 means 60 % a year: write 10 % as 0\.10"):
        found.predict(horizon_days=90, annual_discount_rate=0.6)
    with pytest.warns(UserWarning, match=r"means 60 % a year"):
        found.residual_purchases(2, 20, 30, annual_discount_rate=0.6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.predict(horizon_days=90, annual_discount_rate=0.25)


def test_the_residual_is_annual_in_every_unit(cdnow_histories):
    week = clv.fit(cdnow_histories, "mbg_nbd")
    days = clv.fit(cdnow_histories.assign(recency=cdnow_histories.recency * 7, T=cdnow_histories["T"] * 7), "mbg_nbd",
                   unit="day")  # fmt: skip
    assert days.residual_purchases(2, 140, 210) == pytest.approx(week.residual_purchases(2, 20, 30), rel=1e-6)
    year = week.predict(people([2], [20.0], [30.0], 10.0), horizon_days=365.25 * 150)
    discounted = year.clv[0] / year.expected_spend[0]
    assert discounted == pytest.approx(float(week.residual_purchases(2, 20, 30)), rel=1e-3)


@pytest.mark.parametrize("days", [["1997-01-05"] * 30, ["1997-01-05"] * 15 + ["1997-01-20"] * 15])
def test_of_customers_who_never_came_back_no_season_and_no_shock_is_made(days):
    orders = pd.DataFrame({"customer_id": range(30), "ordered_at": pd.to_datetime(days), "amount": 9.0})
    histories = customers.histories(orders, as_of="1997-02-01").to_pandas()
    daily = customers.daily_purchases(orders, known_before="1997-02-01", as_of="1997-02-01").to_pandas()
    plain = clv.fits(histories)
    effect = clv.month_effect(plain["mbg_nbd"], daily, as_of="1997-02-01", horizon_days=90)
    assert effect.facts["factors"] is None
    assert "The history is 0.1 years long" in effect.text
    assert clv.in_season(plain, effect, as_of="1997-02-01") is plain
    with pytest.raises(ContractError, match="first purchases before until"):
        clv.month_effect(plain["mbg_nbd"], daily, as_of="1996-01-01")
