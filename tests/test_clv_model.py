"""Forecasts: columns, units, discounting, intervals that hold, and a model that survives its file."""

import json

import numpy as np
import pandas as pd
import pytest

from kpikit import clv, customers
from kpikit.datasets import cdnow
from kpikit.errors import ContractError, ParameterError

COLUMNS = ["customer_id", "p_alive", "expected_purchases", "expected_spend", "clv", "clv_low", "clv_high"]


@pytest.fixture(scope="module")
def cdnow_histories():
    return customers.histories(cdnow(sample=True), as_of="1997-10-01").to_pandas()


@pytest.fixture(scope="module")
def bg(cdnow_histories):
    return clv.fit(cdnow_histories, "bg_nbd")


def simulated(n=8000, weeks=60.0, ahead=40.0, seed=11):
    """Return histories and what came next of customers who follow BG/NBD and Gamma-Gamma exactly."""
    rng = np.random.default_rng(seed)
    T = rng.uniform(5, weeks, n)
    rate, leave = rng.gamma(0.5, 1 / 6.0, n), rng.beta(0.8, 2.5, n)
    spend_rate = rng.gamma(3.7, 1 / 15.4, n)
    rows = []
    for i in range(n):
        t, times, active = 0.0, [], True
        while active:
            t += rng.exponential(1 / rate[i])
            if t > T[i] + ahead:
                break
            times.append(t)
            active = rng.random() > leave[i]
        known, later = [t for t in times if t <= T[i]], [t for t in times if t > T[i]]
        spent = rng.gamma(6.25, 1 / spend_rate[i], len(times))
        mean = spent[: len(known)].mean() if known else np.nan
        rows.append((i, len(known), max(known, default=0.0), T[i], mean, len(later), spent[len(known) :].sum()))
    names = ["customer_id", "frequency", "recency", "T", "monetary_value", "purchases", "spend"]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture(scope="module")
def truth():
    return simulated()


def test_one_row_per_customer_in_the_order_given(bg, cdnow_histories):
    scores = bg.predict(horizon_days=365)
    assert list(scores.columns) == COLUMNS
    assert scores.customer_id.tolist() == cdnow_histories.customer_id.tolist()
    one = bg.predict(cdnow_histories.tail(1), horizon_days=365)
    assert one.clv.iloc[0] == pytest.approx(scores.clv.iloc[-1], rel=1e-9)


def test_clv_is_discounted_purchases_times_spend_times_margin(bg):
    full = bg.predict(horizon_days=365, annual_discount_rate=0.0)
    np.testing.assert_allclose(full.clv, full.expected_purchases * full.expected_spend, rtol=1e-12)
    share = bg.predict(horizon_days=365, annual_discount_rate=0.0, margin_fraction=0.25)
    np.testing.assert_allclose(share[["clv", "clv_high"]], full[["clv", "clv_high"]] * 0.25, rtol=1e-12)
    later = bg.predict(horizon_days=365, annual_discount_rate=0.10)
    ratio = later.clv / full.clv
    assert ratio.between(1 / 1.10, 1).all()  # all purchases lie within the year
    assert ratio.between(0.94, 0.97).all()  # and most before its middle


def test_the_discount_rate_is_annual_in_every_unit(bg, cdnow_histories):
    # CLVTools applies ln(1.1) per time unit: weekly data would lose 99 % of their value in a year
    days = cdnow_histories.assign(recency=cdnow_histories.recency * 7, T=cdnow_histories["T"] * 7)
    daily = clv.fit(days, "bg_nbd", unit="day").predict(horizon_days=365)
    np.testing.assert_allclose(daily.clv, bg.predict(horizon_days=365).clv, rtol=1e-5)


def test_horizon_zero_is_worth_nothing(bg):
    scores = bg.predict(horizon_days=0)
    assert (scores[["expected_purchases", "clv", "clv_low", "clv_high"]] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"annual_discount_rate": 10}, "annual_discount_rate: expected a rate from 0 to below 1; found 10.*as 0.10"),
        ({"annual_discount_rate": -0.1}, "annual_discount_rate"),
        ({"margin_fraction": 42}, "margin_fraction: expected a share above 0, at most 1; found 42.*as 0.42"),
        ({"margin_fraction": 0}, "margin_fraction"),
        ({"horizon_days": -1}, "horizon_days"),
        ({"horizon_days": float("nan")}, "horizon_days"),
        ({"horizon_days": float("inf")}, "horizon_days"),
    ],
)
def test_economics_that_cannot_be_meant_are_refused(bg, facts, message):
    with pytest.raises(ParameterError, match=message):
        bg.predict(**{"horizon_days": 30, **facts})


def test_bg_nbd_keeps_one_time_buyers_alive_and_says_so(bg, cdnow_histories):
    scores = bg.predict(horizon_days=90)
    assert (scores.p_alive[cdnow_histories.frequency == 0] == 1).all()
    assert "every one-time buyer has P(alive) = 1" in bg.caveat
    assert bg.caveat in bg.text
    assert clv.fit(cdnow_histories, "mbg_nbd").caveat == ""


def test_methods_speak_the_unit_of_the_fit(bg):
    assert bg.expected_purchases(2, 30.43, 38.86, 39) == pytest.approx(1.22591, rel=1e-4)
    assert bg.p_alive(26, 30.857143, 31) == pytest.approx(0.968854, rel=1e-4)
    assert bg.new_customer_purchases(52) == pytest.approx(1.444012, rel=1e-4)
    assert bg.probability_of_count(0, 39) == pytest.approx(0.574307, rel=1e-4)
    given = bg.probability_of_count(np.arange(200), 39, 2, 30.43, 38.86)
    assert (given * np.arange(200)).sum() == pytest.approx(1.22591, rel=1e-4)


def test_intervals_are_seeded(bg, cdnow_histories):
    again = clv.fit(cdnow_histories, "bg_nbd")
    pd.testing.assert_frame_equal(again.predict(horizon_days=365), bg.predict(horizon_days=365))
    other = clv.fit(cdnow_histories, "bg_nbd", seed=5).predict(horizon_days=365)
    assert (other.clv_high != bg.predict(horizon_days=365).clv_high).any()


def test_batches_only_bound_the_memory(bg, monkeypatch):
    whole = bg.predict(horizon_days=200)
    monkeypatch.setattr("kpikit.clv.formulas.CELLS", 5000)
    np.testing.assert_allclose(bg.predict(horizon_days=200).clv, whole.clv, rtol=1e-12)
    monkeypatch.setattr("kpikit.clv.simulation.CELLS", 40_000)
    small = bg.predict(horizon_days=200)
    assert small.clv_high.sum() == pytest.approx(whole.clv_high.sum(), rel=0.02)


def test_predictive_intervals_hold_what_they_promise(truth):
    found = clv.fit(truth, "bg_nbd")
    assert found.verdict == "sound"
    scores = found.predict(horizon_days=280, annual_discount_rate=0.0)
    inside = truth.spend.between(scores.clv_low, scores.clv_high)
    assert 0.94 < inside.mean() < 0.985  # 0 is discrete: an interval from 0 holds a little more than asked
    above = (truth.spend > scores.clv_high).mean()
    assert 0.015 < above < 0.035
    assert scores.clv.sum() == pytest.approx(truth.spend.sum(), rel=0.1)


def test_intervals_hold_on_both_sides_where_nobody_leaves():
    rng = np.random.default_rng(2)
    n, rate = 6000, np.random.default_rng(3).gamma(2.0, 1.0, 6000)
    T = rng.uniform(5, 15, n)
    known, later = rng.poisson(rate * T), rng.poisson(rate * 10.0)
    spend_rate = rng.gamma(4.0, 1 / 20.0, n)
    mean = rng.gamma(6.0 * np.maximum(known, 1)) / spend_rate / np.maximum(known, 1)
    spent = rng.gamma(6.0 * later) / spend_rate
    table = pd.DataFrame({"frequency": known, "recency": np.where(known > 0, T, 0.0), "T": T})
    found = clv.fit(table.assign(monetary_value=np.where(known > 0, mean, np.nan)), "nbd")
    scores = found.predict(horizon_days=70, annual_discount_rate=0.0)
    assert (scores.clv_low > 0).mean() > 0.8
    assert 0.015 < (spent < scores.clv_low).mean() < 0.035
    assert 0.015 < (spent > scores.clv_high).mean() < 0.035


def test_base_total_holds_what_came(truth):
    total = clv.base_total(clv.fit(truth, "bg_nbd"), horizon_days=280, annual_discount_rate=0.0)
    table = total.table.set_index("quantity")
    assert table.low["purchases"] < truth.purchases.sum() < table.high["purchases"]
    assert table.low["clv"] < truth.spend.sum() < table.high["clv"]
    assert (table.parameter_sd > 0).all()
    assert "not a common shock" in total.text


def test_simulated_process_noise_is_the_variance_of_the_counts(bg):
    k = np.arange(400)
    groups = pd.DataFrame({"frequency": [4.0], "recency": [25.0], "T": [30.0]})
    draws = bg.spread(groups, 273, money=False)
    probability = bg.probability_of_count(k, 39, 4, 25, 30)
    assert draws.mean[0] == pytest.approx((k * probability).sum(), rel=0.2)
    cumulative = np.cumsum(probability)
    assert abs(draws.high[0] - np.argmax(cumulative >= 0.975)) <= 2
    assert draws.low[0] == np.argmax(cumulative >= 0.025)


def test_a_model_survives_its_file(bg, cdnow_histories, tmp_path):
    path = bg.to_json(tmp_path / "model.json")
    loaded = clv.load(path)
    assert loaded == bg
    pd.testing.assert_frame_equal(
        loaded.predict(cdnow_histories, horizon_days=90), bg.predict(cdnow_histories, horizon_days=90)
    )
    text = path.read_text()
    assert "customer_id" not in text
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"]
    with pytest.raises(ParameterError, match="keeps no customers"):
        loaded.predict(horizon_days=90)


def test_a_model_without_data_survives_its_file(tmp_path):
    nobody = pd.DataFrame({"frequency": [0] * 9, "recency": [0.0] * 9, "T": [0.0] * 9})
    path = clv.fit(nobody).to_json(tmp_path / "model.json")
    assert "NaN" not in path.read_text()
    assert np.isnan(clv.load(path).log_likelihood)
    assert clv.load(path).text == clv.fit(nobody).text


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.json"
    with pytest.raises(ContractError, match="a model written by"):
        clv.load(path)
    for content in ("not json", "[]", "{}", json.dumps({"schema_version": 2}), json.dumps({"schema_version": 1})):
        path.write_text(content)
        with pytest.raises(ContractError, match="a model written by"):
            clv.load(path)


def test_the_fingerprint_is_of_the_histories(bg, cdnow_histories):
    assert clv.fit(cdnow_histories, "mbg_nbd").fingerprint == bg.fingerprint
    assert clv.fit(cdnow_histories.iloc[1:], "bg_nbd").fingerprint != bg.fingerprint


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_the_unit_is_read_from_the_histories(unit):
    table = customers.histories(cdnow(sample=True), as_of="1997-10-01", unit=unit).to_pandas()
    found = clv.fit(table, model="bg_nbd")
    assert found.unit == unit
    assert f"Ages are in {unit}s." in found.text
    assert found.predict(horizon_days=273).expected_purchases.sum() == pytest.approx(1653.41, rel=2e-4)


def test_rounded_or_simulated_ages_are_taken_for_weeks():
    ages = pd.DataFrame({"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86, 12.123]})
    assert clv.fit(ages).unit == "week"


def test_distinct_histories_get_what_depends_on_them_alone():
    everyone = customers.histories(cdnow(sample=True), as_of="1997-10-01")
    found = clv.fit(everyone, model="mbg_nbd")
    scores = found.predict(customers.distinct_histories(everyone), horizon_days=273)
    assert scores.columns.tolist() == ["frequency", "recency", "T", "p_alive", "expected_purchases"]
    joined = customers.join_scores(everyone, scores).to_pandas().set_index("customer_id").expected_purchases
    one_by_one = found.predict(everyone, horizon_days=273).set_index("customer_id").expected_purchases
    pd.testing.assert_series_equal(joined.sort_index(), one_by_one.sort_index())
