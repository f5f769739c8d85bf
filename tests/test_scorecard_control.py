"""Control limits: how often they raise a false alarm, measured; and that they find what is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kpikit.scorecard.control import FALSE_ALARMS, FEWEST_PERIODS, control

LEVEL = 0.3


def months(random: np.random.Generator, shares: np.ndarray) -> pd.DataFrame:
    """Return shares counted in months with 200 to 2,000 customers each."""
    size = random.integers(200, 2000, len(shares))
    value = random.binomial(size, shares) / size
    first = 2024 * 12
    return pd.DataFrame(
        {
            "number": np.arange(first, first + len(shares)),
            "period": pd.date_range("2024-01-01", periods=len(shares), freq="MS"),
            "value": value,
            "error": np.sqrt(value * (1 - value) / size),
            "size": size.astype(float),
        }
    )


def rate_of_signals(shares_of, pages: int = 300, length: int = 24) -> float:
    random = np.random.default_rng(8)
    found = [control(months(random, shares_of(random, length)), unit="month").table.signal for _ in range(pages)]
    return float(np.mean([(one != "").mean() for one in found]))


def test_where_nothing_changes_no_more_periods_than_stated_lie_outside():
    assert rate_of_signals(lambda random, n: np.full(n, LEVEL)) <= FALSE_ALARMS + 0.001


def test_where_periods_vary_more_than_customers_explain_the_alarms_stay_rare():
    # Laney: without the adjustment some 19 % of these periods would lie outside
    rate = rate_of_signals(lambda random, n: np.clip(LEVEL + 0.03 * random.normal(size=n), 0.01, 0.99))
    assert rate <= 0.007, rate


def test_a_season_of_two_years_is_taken_out_and_raises_no_alarm():
    season = 0.1 * np.sin(np.arange(24) / 12 * 2 * np.pi)
    assert rate_of_signals(lambda random, n: LEVEL + season) <= FALSE_ALARMS + 0.001
    found = control(months(np.random.default_rng(1), LEVEL + season), unit="month")
    assert found.has_season


def test_a_season_needs_two_years():
    season = 0.1 * np.sin(np.arange(23) / 12 * 2 * np.pi)
    assert not control(months(np.random.default_rng(1), LEVEL + season), unit="month").has_season


def test_a_trend_is_taken_out():
    found = control(months(np.random.default_rng(1), LEVEL + 0.006 * np.arange(24)), unit="month")
    assert (found.has_trend, found.signal) == (True, "")


@pytest.mark.parametrize(("jump", "signal"), [(0.15, "high"), (-0.15, "low")])
def test_a_last_month_that_is_off_is_found(jump, signal):
    shares = np.full(24, LEVEL)
    shares[-1] += jump
    assert control(months(np.random.default_rng(4), shares), unit="month").signal == signal


def test_limits_are_wider_where_a_month_has_fewer_customers():
    table = months(np.random.default_rng(4), np.full(24, LEVEL))
    found = control(table, unit="month").table
    width = (found.high - found.low).to_numpy()
    assert width[table["size"].argmin()] > width[table["size"].argmax()]


def test_three_answers_that_agree_do_not_look_certain():
    table = months(np.random.default_rng(4), np.full(12, LEVEL))
    table.loc[0, ["value", "error", "size"]] = [1.0, 0.0, 3.0]
    found = control(table, unit="month", lowest=0.0, highest=1.0).table
    assert found.signal[0] == ""
    assert found.high.max() <= 1.0
    assert found.low.min() >= 0.0


@pytest.mark.parametrize("length", range(FEWEST_PERIODS))
def test_fewer_than_eight_periods_have_no_limits(length):
    found = control(months(np.random.default_rng(4), np.full(length, LEVEL)), unit="month")
    assert found.table.empty
    assert found.signal == ""


def test_values_without_an_error_have_no_limits():
    table = months(np.random.default_rng(4), np.full(12, LEVEL)).assign(error=np.nan)
    assert control(table, unit="month").table.empty
