"""The month effect: found where three years show it, refused where one cannot, never learned from what came later."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.season import STRONG_AUTUMN, seasonal_orders
from kpikit import clv, customers, plots
from kpikit.clv.season import month_numbers
from kpikit.datasets import cdnow
from kpikit.errors import ParameterError

CUTOFF, END, DAYS = "2024-09-01", "2024-12-10", 100
FLAT = (1.0,) * 12


def known(orders, cutoff, end):
    split = customers.calibration_holdout(orders, calibration_end=cutoff, as_of=end).to_pandas()
    return split, customers.daily_purchases(orders, known_before=cutoff, as_of=cutoff).to_pandas()


@pytest.fixture(scope="module")
def three_years():
    orders = seasonal_orders(2500, "2021-09-01", END, born_until="2024-07-01", seed=4)
    split, daily = known(orders, CUTOFF, END)
    plain = clv.fits(split, ("bg_nbd",), as_of=CUTOFF)
    effect = clv.month_effect(plain["bg_nbd"], daily, as_of=CUTOFF, horizon_days=DAYS)
    return orders, split, daily, plain, effect, clv.in_season(plain, effect, as_of=CUTOFF)


def test_factors_are_rescaled_to_a_mean_of_one_over_the_days_of_a_year():
    season = clv.Season(tuple(7 * factor for factor in STRONG_AUTUMN))
    start = date(2001, 1, 1).toordinal()
    assert season.days(start, start + 4 * 365.25) == pytest.approx(4 * 365.25, rel=1e-3)
    assert season.factors[10] / season.factors[0] == pytest.approx(1.9 / 0.7)


def test_a_span_is_the_sum_of_its_days():
    season = clv.Season((1.0,) * 11 + (3.0,))
    last = date(2023, 11, 30).toordinal()
    november, december = season.factors[10], season.factors[11]
    assert season.days(last, last + 1) == pytest.approx(november)
    assert season.days(last, last + 3) == pytest.approx(november + 2 * december)
    assert season.days(last + 0.5, last + 1.5) == pytest.approx((november + december) / 2)
    assert month_numbers(np.array([last, last + 1, date(2024, 2, 29).toordinal()])).tolist() == [10, 11, 1]


def test_three_years_give_the_factors(three_years):
    effect = three_years[4]
    truth = np.array(clv.Season(STRONG_AUTUMN).factors)
    table = effect.table
    assert (effect.facts["verdict"], effect.facts["source"]) == ("estimated", "estimated")
    assert np.abs(table.factor / truth - 1).max() < 0.15
    assert ((table.low <= truth) & (truth <= table.high)).sum() >= 9  # of twelve 95 % intervals
    assert "November has" in effect.text
    assert "times the purchases of an average month" in effect.text


def test_the_forecast_loses_its_bias(three_years):
    _, _, _, plain, _, seasonal = three_years
    before, after = (clv.holdout(fits, horizon_days=DAYS, model="bg_nbd").table.iloc[0] for fits in (plain, seasonal))
    assert before.bias < -0.25  # autumn is ahead, and the plain forecast knows none
    assert abs(after.bias) < 0.10
    assert after.total_low <= after.total_actual <= after.total_high
    assert not before.total_low <= before.total_actual <= before.total_high
    assert after.interval_coverage > 0.94
    assert "Ages and horizons are counted in season time, by estimated factors." in seasonal["bg_nbd"].text


def test_what_is_expected_follows_the_calendar(three_years):
    orders, split, daily, plain, _, seasonal = three_years
    found = seasonal["bg_nbd"]
    each = found.predict(horizon_days=DAYS)
    row = split.iloc[7]
    alone = found.expected_purchases(row.frequency, row.recency, row["T"], DAYS / 7)
    assert each.expected_purchases[7] == pytest.approx(float(alone))
    came = customers.daily_purchases(orders, known_before=CUTOFF, as_of=END).to_pandas().set_index("day")
    came = came.repeat_purchases[pd.to_datetime(came.index) >= CUTOFF].groupby(lambda day: day.month).sum()
    off = {}
    for name, fits in (("seasonal", seasonal), ("plain", plain)):
        until = [fits["bg_nbd"].predict(horizon_days=days).expected_purchases.sum() for days in (0, 30, 61, 91)]
        off[name] = np.diff(until) / came[[9, 10, 11]] - 1
    assert (np.abs(off["seasonal"]) < 0.12).all()
    assert off["plain"][11] < -0.4  # it knows no November
    followed = [clv.tracking(one, daily, as_of=CUTOFF, until=CUTOFF).table for one in (plain["bg_nbd"], found)]
    missed = [np.abs(table.expected_step - table.actual_step).sum() for table in followed]
    assert missed[1] < 0.75 * missed[0]


def test_flat_factors_change_nothing(three_years):
    split, plain = three_years[1], three_years[3]
    flat = clv.fit(split, "bg_nbd", as_of=CUTOFF, season=FLAT)
    assert flat.params == pytest.approx(plain["bg_nbd"].params, rel=1e-6)
    pair = [one.predict(horizon_days=DAYS).expected_purchases for one in (flat, plain["bg_nbd"])]
    np.testing.assert_allclose(*pair, rtol=1e-6)


def test_nothing_after_the_cutoff_is_learned(three_years):
    orders, _, daily, plain, effect, _ = three_years
    later = customers.daily_purchases(orders, known_before=END, as_of=END).to_pandas()
    later = later[pd.to_datetime(later["day"]) >= CUTOFF].assign(repeat_purchases=10_000)
    again = clv.month_effect(plain["bg_nbd"], pd.concat([daily, later]), as_of=CUTOFF, horizon_days=DAYS)
    assert again.facts == effect.facts
    assert again.text == effect.text


def test_the_model_is_kept_with_its_season(three_years, tmp_path):
    split, found = three_years[1], three_years[5]["bg_nbd"]
    loaded = clv.load(found.to_json(tmp_path / "model.json"))
    assert loaded.season == found.season
    pair = [one.predict(split, horizon_days=DAYS).clv for one in (loaded, found)]
    np.testing.assert_allclose(*pair)


def test_one_year_cannot_tell_the_season():
    orders = seasonal_orders(1500, "2023-11-01", END, born_until="2024-08-01", seed=2)
    split, daily = known(orders, CUTOFF, END)
    plain = clv.fits(split, ("bg_nbd",), as_of=CUTOFF)
    effect = clv.month_effect(plain["bg_nbd"], daily, as_of=CUTOFF, horizon_days=DAYS)
    assert (effect.facts["factors"], effect.facts["verdict"]) == (None, "too short")
    assert effect.table[["factor", "low", "high"]].isna().all(axis=None)
    assert effect.table.purchases.isna().tolist() == [month in (8, 9) for month in range(12)]  # never seen is not 0
    shown = plots.month_table(effect)
    assert list(shown.table.columns) == ["month", "purchases", "expected"]
    assert "Expected without season" in shown.html
    assert "The history is 0.8 years long: one year cannot tell the season from growth" in effect.text
    assert "61 of the 100 days ahead lie in months never seen (September and October)" in effect.text
    assert "Spans of 100 days in the past came out between" in effect.text
    assert "a forecast may miss by as much, and by more" in effect.text
    assert clv.in_season(plain, effect, as_of=CUTOFF) is plain
    given = clv.month_effect(plain["bg_nbd"], daily, as_of=CUTOFF, given=STRONG_AUTUMN)
    assert given.facts["source"] == "given"
    seasonal = clv.in_season(plain, given, as_of=CUTOFF)
    bias = [clv.holdout(fits, horizon_days=DAYS, model="bg_nbd").table.bias[0] for fits in (plain, seasonal)]
    assert abs(bias[1]) < 0.15 < -bias[0]


def test_years_without_a_season_have_none():
    orders = seasonal_orders(1500, "2021-09-01", CUTOFF, factors=FLAT, seed=6)
    split, daily = known(orders, "2024-08-31", CUTOFF)
    effect = clv.month_effect(clv.fit(split, "bg_nbd"), daily, as_of="2024-08-31")
    assert (effect.facts["factors"], effect.facts["verdict"]) == (None, "no clear season")
    assert "No clear season" in effect.text


@pytest.mark.parametrize("factors", [(1.0,) * 11, (0.0,) + (1.0,) * 11, (-1.0,) + (1.0,) * 11, ("much",) * 12])
def test_factors_that_cannot_be(factors):
    with pytest.raises(ParameterError, match=r"season: expected twelve factors, each above 0.*Pass twelve numbers"):
        clv.Season(factors)


def test_what_a_season_needs(three_years):
    split, daily, seasonal = three_years[1], three_years[2], three_years[5]
    with pytest.raises(ParameterError, match=r"as_of: expected the day that the ages end at"):
        clv.fit(split, "bg_nbd", season=STRONG_AUTUMN)
    with pytest.raises(ParameterError, match=r"expected a model in calendar time.*Leave out season"):
        clv.fit(split.assign(recency=0, T=1, frequency=0), "sbg", unit="year", season=STRONG_AUTUMN, as_of=CUTOFF)
    with pytest.raises(ParameterError, match=r"without season or covariates; found a season already"):
        clv.month_effect(seasonal["bg_nbd"], daily, as_of=CUTOFF)
    with pytest.raises(ParameterError, match=r"without season or covariates; found a season"):
        clv.customer_equity(seasonal["bg_nbd"], split, opening_day="2024-06-01", closing_day=CUTOFF, horizon_days=90)


def test_too_little_to_forecast_has_no_season():
    first = customers.histories(cdnow(sample=True), as_of="1997-01-10").to_pandas()
    daily = customers.daily_purchases(cdnow(sample=True), known_before="1997-01-10", as_of="1997-01-10").to_pandas()
    effect = clv.month_effect(clv.fit(first, "bg_nbd"), daily, as_of="1997-01-10", horizon_days=90)
    assert effect.facts["factors"] is None
    assert "The past is not twice as long as the days ahead" in effect.text
