"""Proof: forecasts against what came on CDNOW, and against what simple rules would have said."""

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers
from kpikit.clv import proof
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError

HORIZON = 273


@pytest.fixture(scope="module")
def split():
    return customers.calibration_holdout(
        cdnow(sample=True), calibration_end="1997-10-01", as_of="1998-07-01"
    ).to_pandas()


@pytest.fixture(scope="module")
def outcome(split):
    return clv.holdout(split, horizon_days=HORIZON, model="bg_nbd")


@pytest.fixture(scope="module")
def fitted(split):
    return clv.fits(split)


@pytest.fixture(scope="module")
def bg(fitted):
    return fitted["bg_nbd"]


def test_scores_of_cdnow(outcome):
    table = outcome.table.set_index("rule")
    assert list(table.index) == ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd", "own_rate", "mean_rate", "zero"]
    assert (table.total_actual == 1882).all()
    assert table.total_forecast["bg_nbd"] == pytest.approx(1653.41, rel=1e-4)
    assert table.bias["bg_nbd"] == pytest.approx(1653.41 / 1882 - 1, abs=1e-4)
    assert table.mae.round(3)[["bg_nbd", "zero"]].tolist() == [0.785, 0.798]
    assert table.total_high["bg_nbd"] < 1882  # without the common shock the base total misses its interval
    assert table.interval_coverage["mbg_nbd"] > 0.95


def test_text_says_who_wins_and_how_far_it_missed(outcome):
    assert "2,357 customers made 1,882 purchases in 273 days" in outcome.text
    assert "BG/NBD forecast 1,653, 12.1 % below what came" in outcome.text
    assert "did not hold" in outcome.text
    assert "Best by Poisson deviance is Pareto/NBD" in outcome.text
    assert "zero for all has 0.798 against 0.785" in outcome.text


def test_a_refuted_zero_is_infinitely_wrong(outcome):
    deviance = outcome.table.set_index("rule").poisson_deviance
    assert np.isinf(deviance[["zero", "own_rate"]]).all()
    assert np.isfinite(deviance[["bg_nbd", "mbg_nbd", "nbd", "mean_rate"]]).all()


def test_result_can_be_stored(outcome):
    payload = outcome.payload()
    assert payload["kind"] == "table"
    assert len(payload["table"]["rows"]) == 7


def test_spend_is_compared_where_it_is_given(outcome, split, bg):
    table = outcome.table.set_index("rule")
    assert table.spend_actual["bg_nbd"] == pytest.approx(split.holdout_spend.sum())
    assert table.spend_forecast["bg_nbd"] == pytest.approx(59931.6, rel=1e-3)
    without = clv.holdout([bg], split.drop(columns="holdout_spend"), horizon_days=HORIZON, model="bg_nbd")
    assert "spend_forecast" not in without.table.columns


def test_customers_born_in_the_holdout_are_counted_apart(split, fitted):
    counts = pd.DataFrame({"customer_id": [split.customer_id[0], "newborn"], "purchases": [3, 40]})
    found = clv.holdout(fitted, counts, horizon_days=HORIZON)
    assert found.facts["n_unknown_at_cutoff"] == 1
    assert (found.table.total_actual == 3).all()
    assert "1 customer who first bought later is not scored" in found.text


def test_scores_of_three_customers_by_hand():
    forecast, actual = np.array([1.0, 2.0, 0.5]), np.array([2.0, 2.0, 0.0])
    scores = proof._errors(forecast, actual)
    assert scores["mae"] == pytest.approx(0.5)
    assert scores["rmse"] == pytest.approx(np.sqrt(1.25 / 3))
    assert scores["bias"] == pytest.approx(3.5 / 4 - 1)
    assert scores["poisson_deviance"] == pytest.approx(2 * ((2 * np.log(2) - 1) + 0 + 0.5) / 3)
    assert scores["top_decile_capture"] == pytest.approx(0.5)


def test_capture_of_equal_forecasts_is_what_chance_captures():
    actual = np.zeros(100)
    actual[0] = 10
    assert proof._capture(np.ones(100), actual) == pytest.approx(
        0.10
    )  # not 1 and not 0, as the order of rows would say
    assert proof._capture(np.arange(100.0), actual) == 0


def test_naive_rules_by_hand():
    customers_ = pd.DataFrame({"frequency": [4.0, 0.0, 0.0], "T": [10.0, 10.0, 0.0]})
    rules = proof._naive(customers_, 5.0)
    np.testing.assert_allclose(rules["own_rate"], [2.0, 0.0, 1.0])  # without history, the mean
    np.testing.assert_allclose(rules["mean_rate"], [1.0, 1.0, 1.0])
    assert (rules["zero"] == 0).all()


def test_calibration_by_frequency(bg, split):
    found = clv.calibration_by_frequency(bg, split, horizon_days=HORIZON)
    table = found.table.set_index("group")
    assert list(table.index) == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert table.n_customers["0"] == 1411
    assert (table.n_customers * table.actual).sum() == pytest.approx(1882)
    assert (table.n_customers * table.predicted).sum() == pytest.approx(1653.41, rel=1e-4)
    assert table.predicted["0"] == pytest.approx(0.2251, abs=1e-4)
    assert ((table.low <= table.actual) & (table.actual <= table.high)).all()
    assert "6 of 8 groups" in found.text


def test_calibration_by_decile(bg, split):
    table = clv.calibration_by_decile(bg, split, horizon_days=HORIZON).table
    assert table.n_customers.sum() == 2357
    assert table.predicted.is_monotonic_increasing


def test_calibration_keeps_equal_forecasts_together():
    same = pd.DataFrame({"customer_id": range(60), "frequency": 0, "recency": 0.0, "T": 9.0})
    counts = pd.DataFrame({"customer_id": [1], "purchases": [1]})
    found = clv.calibration_by_decile(clv.fit(same), counts, horizon_days=30)
    assert found.table.n_customers.tolist() == [60]


def test_tracking_follows_the_cohort(bg, split):
    orders = cdnow(sample=True)
    days = orders.drop_duplicates(["customer_id", "ordered_at"])
    first = days.groupby("customer_id").ordered_at.min()
    daily = customers.daily_purchases(orders, known_before="1997-10-01", as_of="1998-07-01").to_pandas()
    found = clv.tracking(bg, daily, as_of="1997-10-01", until="1998-07-01")
    table = found.table
    assert len(table) == 78
    assert table.actual.iloc[-1] == 2457 + 1882
    assert table.loc[table.period == "calibration", "actual"].iloc[-1] == 2457
    assert table.expected.is_monotonic_increasing
    assert table.expected.iloc[-1] == pytest.approx(4161, rel=0.001)
    np.testing.assert_allclose(table.expected_step.sum(), table.expected.iloc[-1])
    age = (table.day.iloc[20] - first).dt.days.clip(lower=0) / 7
    assert table.expected.iloc[20] == pytest.approx(bg.new_customer_purchases(age.to_numpy()).sum())
    assert "4.1 % below" in found.text


def test_an_empty_holdout_is_said(fitted):
    none = pd.DataFrame({"customer_id": pd.Series([], dtype=str), "purchases": pd.Series([], dtype=float)})
    found = clv.holdout(fitted, none, horizon_days=HORIZON)
    assert "cannot be compared" in found.text
    assert found.table.bias.isna().all()


def test_too_little_data_is_scored_without_a_crash():
    few = pd.DataFrame({"customer_id": ["a", "b"], "frequency": [1, 0], "recency": [3.0, 0.0], "T": [9.0, 4.0]})
    counts = pd.DataFrame({"customer_id": ["a"], "purchases": [2]})
    found = clv.holdout(few, counts, horizon_days=30)
    assert found.table.set_index("rule").used["mbg_nbd"] == "nbd"
    today = few.assign(frequency=0, recency=0.0, T=0.0)
    assert "cannot be compared" in clv.holdout(today, counts, horizon_days=30).text


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (pd.DataFrame({"customer_id": ["a"]}), r"columns \['purchases'\]"),
        (pd.DataFrame({"customer_id": ["a", "a"], "purchases": [1, 2]}), "one row per customer"),
    ],
)
def test_an_outcome_that_cannot_be_read_is_refused(split, counts, message):
    with pytest.raises(ContractError, match=message):
        clv.holdout(split, counts, horizon_days=HORIZON)


def test_a_holdout_of_no_days_is_refused(split):
    with pytest.raises(ParameterError, match="horizon_days: expected more than 0 days"):
        clv.holdout(split, horizon_days=0)


def test_fits_are_taken_as_they_are(fitted, outcome, monkeypatch):
    found = fitted
    monkeypatch.setattr("kpikit.clv.fitter.judge", None)  # whoever fits again, fails
    again = clv.holdout(found, horizon_days=HORIZON, model="bg_nbd")
    pd.testing.assert_frame_equal(again.table, outcome.table)
    table = clv.compare(found, proof=again).table.set_index("model")
    assert table.holdout_bias["bg_nbd"] == pytest.approx(1653.41 / 1882 - 1, abs=1e-4)
    assert table.log_likelihood["pareto_nbd"] == pytest.approx(-9594.976, abs=1e-3)
    two = clv.holdout([found["nbd"], found["mbg_nbd"]], horizon_days=HORIZON)
    assert two.table.rule.tolist()[:2] == ["mbg_nbd", "nbd"]


def test_fits_that_do_not_belong_together_are_refused(split):
    found = clv.fits(split, ("nbd",))
    with pytest.raises(ParameterError, match="fits of the same histories"):
        clv.compare([found["nbd"], clv.fit(split.head(900), "mbg_nbd")])
    with pytest.raises(ParameterError, match="fits, or histories to fit"):
        clv.holdout([split], horizon_days=30)
    with pytest.raises(ParameterError, match="model: expected one of nbd"):
        found["sbg"]
    with pytest.raises(ParameterError, match="model: expected one of nbd"):
        clv.holdout(found, horizon_days=30, model="bg_nbd")
