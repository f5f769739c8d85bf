"""Goals: met, at risk, off target, and where the trend leads."""

from __future__ import annotations

import types
from datetime import date

import numpy as np
import pandas as pd
import pytest

from kpikit.config import Benchmark, Config, Goal, PerformanceIndicator
from kpikit.errors import ConfigError
from kpikit.metrics import card
from kpikit.periods import Period
from kpikit.scorecard.goals import Projection, Target, benchmarks, goal_period, goal_rows, judged, projection, targets

BY = date(2026, 12, 31)
AT_LEAST = Target("retention_rate", 0.60, is_at_least=True, by=BY, owner="Head of stores", baseline=0.50)
AT_MOST = Target("churn_rate", 0.40, is_at_least=False, by=BY)
FIRST = 2026 * 12  # January 2026


def history(*values: float, half: float = 0.01) -> pd.DataFrame:
    value = np.array(values)
    starts = pd.date_range("2026-01-01", periods=len(values), freq="MS")
    return pd.DataFrame(
        {
            "number": FIRST + np.arange(len(values)),
            "period": starts,
            "value": value,
            "low": value - half,
            "high": value + half,
        }
    )


def latest(value: float, low: float, high: float) -> types.SimpleNamespace:
    return types.SimpleNamespace(value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("target", "values", "chance", "status"),
    [
        (AT_LEAST, (0.61, 0.58, 0.64), np.nan, "on target"),
        (AT_LEAST, (0.60, 0.58, 0.62), np.nan, "on target"),
        (AT_LEAST, (0.59, 0.57, 0.61), np.nan, "at risk"),  # its interval reaches the goal
        (AT_LEAST, (0.55, 0.53, 0.57), 0.7, "at risk"),  # its trend leads there
        (AT_LEAST, (0.55, 0.53, 0.57), 0.3, "off target"),
        (AT_LEAST, (0.55, 0.53, 0.57), np.nan, "off target"),
        (AT_LEAST, (0.55, np.nan, np.nan), np.nan, "off target"),
        (AT_MOST, (0.39, 0.37, 0.41), np.nan, "on target"),
        (AT_MOST, (0.41, 0.39, 0.43), np.nan, "at risk"),
        (AT_MOST, (0.45, 0.43, 0.47), np.nan, "off target"),
    ],
)
def test_status(target, values, chance, status):
    assert judged(target, latest(*values), Projection(chance=chance), is_over=False) == status


def test_without_a_complete_period_the_status_is_unknown():
    assert judged(AT_LEAST, None, Projection(), is_over=False) == "unknown"


def test_when_the_date_is_over_a_near_miss_is_a_miss():
    assert judged(AT_LEAST, latest(0.59, 0.57, 0.61), Projection(), is_over=True) == "off target"


@pytest.mark.parametrize(("by", "month"), [(date(2026, 12, 31), 12), (date(2026, 12, 15), 11), (date(2026, 12, 1), 11)])
def test_a_goal_is_judged_on_the_last_month_that_is_over_by_its_date(by, month):
    assert goal_period(by, Period("month")) == FIRST + month - 1


@pytest.mark.parametrize(("newest", "status", "silent"), [(4, "on target", 0), (5, "unknown", 3), (8, "unknown", 6)])
def test_a_value_followed_by_more_than_two_silent_months_says_nothing_of_today(newest, status, silent):
    measured = {("retention_rate", "all"): history(0.52, 0.65)}  # January and February
    row = next(goal_rows([AT_LEAST], measured, Period("month"), {"retention_rate": FIRST + newest - 1}))
    assert (row["status"], row["silent"], row["value"]) == (status, silent, 0.65)


def test_a_goal_whose_date_is_over_is_not_foretold():
    """The date is 31 March; the last value is February's, and the calendar has gone on to May."""
    past = Target("retention_rate", 0.60, is_at_least=True, by=date(2026, 3, 31))
    row = next(goal_rows([past], {("retention_rate", "all"): history(*np.linspace(0.5, 0.58, 2))}, Period("month"),
                         {"retention_rate": FIRST + 4}))  # fmt: skip
    assert (row["is_over"], row["status"], row["on_the_way"], row["silent"]) == (True, "unknown", "unknown", 1)


def test_a_steady_rise_is_projected_to_the_date():
    found = projection(history(*np.linspace(0.50, 0.57, 8)), AT_LEAST, FIRST + 11)
    assert found.value == pytest.approx(0.61)
    assert found.on_the_way == "likely"


def test_the_prediction_interval_is_that_of_the_textbook():
    # y = 1, 2, 4, 4, 6, 7 in months 1 to 6; statsmodels' prediction for month 8 as an independent computation
    import statsmodels.api as sm

    y = np.array([1.0, 2.0, 4.0, 4.0, 6.0, 7.0])
    fit = sm.OLS(y, sm.add_constant(np.arange(6.0))).fit()
    expected = fit.get_prediction([[1.0, 7.0]]).summary_frame(alpha=0.05).iloc[0]
    found = projection(history(*y), Target("revenue", 5.0, is_at_least=True), FIRST + 7)
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected["mean"], expected["obs_ci_lower"], expected["obs_ci_upper"])
    )


def test_prediction_intervals_hold_95_percent():
    random, held = np.random.default_rng(6), 0
    for _ in range(1000):
        y = 10 + 0.5 * np.arange(13) + random.normal(size=13)
        found = projection(history(*y[:10]), Target("revenue", 5.0, is_at_least=True), FIRST + 12)
        held += found.low <= y[12] <= found.high
    assert held / 1000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("length", "ahead"), [(5, 1), (6, 7), (8, 0)])
def test_no_projection_from_too_few_months_or_too_far_ahead(length, ahead):
    found = projection(history(*np.linspace(0.5, 0.6, length)), AT_LEAST, FIRST + length - 1 + ahead)
    assert (np.isnan(found.chance), found.on_the_way) == (True, "unknown")


def test_a_row_says_how_much_of_the_way_is_done_and_what_is_lacking():
    rows = list(goal_rows([AT_LEAST, AT_MOST], {("retention_rate", "all"): history(0.52, 0.55)}, Period("month"), {}))
    assert (rows[0]["value"], rows[0]["beyond"], rows[0]["progress"]) == pytest.approx((0.55, -0.05, 0.5))
    assert (rows[0]["status"], rows[0]["lacks"]) == ("off target", "")
    assert (rows[1]["status"], rows[1]["lacks"]) == ("unknown", "an owner, a baseline")


def test_what_came_after_the_date_of_a_goal_does_not_count():
    early = Target("retention_rate", 0.60, is_at_least=True, by=date(2026, 2, 28))
    row = next(goal_rows([early], {("retention_rate", "all"): history(0.55, 0.61, 0.40)}, Period("month"), {}))
    assert (row["value"], row["status"], row["is_over"]) == (0.61, "on target", True)


def test_an_indicator_s_target_is_a_goal_without_a_date():
    indicator = PerformanceIndicator(id="on_time", title="On time", success="true", target=0.95, owner="Ann")
    found = targets(Config(performance_indicators=(indicator,)), card)
    assert found == [Target("on_time", 0.95, is_at_least=True, owner="Ann")]
    assert found[0].lacks == ("a date", "a baseline")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(goals=(Goal(kpi="retention_rate", at_least=60, by=BY),)), "a rate for retention_rate.*Write 0.6"),
        (Config(goals=(Goal(kpi="churn_rate", at_most=0.4, by=BY, baseline=45),)), "goals.0.baseline.*Write 0.45"),
        (Config(benchmarks=(Benchmark(kpi="retention_rate", value=57, source="s"),)), "benchmarks.0.value"),
    ],
)
def test_a_goal_on_the_wrong_scale_is_refused_with_the_right_number(config, message):
    with pytest.raises(ConfigError, match=message):
        (targets(config, card), benchmarks(config, card))


@pytest.mark.parametrize("value", [0.44, 144])
def test_a_net_score_is_in_points(value):
    with pytest.raises(ConfigError, match="points for nps, −100 to 100"):
        targets(Config(goals=(Goal(kpi="nps", at_least=value, by=BY),)), card)
