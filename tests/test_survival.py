"""Curves, limits and the log-rank test against statsmodels, R's published leukaemia figures, and the engine's curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shops import visits
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from kpikit import datasets, survival
from kpikit.errors import ContractError, ParameterError
from kpikit.handing import in_engine
from kpikit.metrics import retention
from kpikit.metrics.durations import kaplan_meier
from kpikit.survival.curves import share_by

# Freireich et al. (1963), remission of leukaemia in weeks; + is still in remission
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def cases(text: str, segment: str = "all") -> pd.DataFrame:
    words = text.split()
    frame = pd.DataFrame({"duration": [float(word.rstrip("+")) for word in words]})
    return frame.assign(observed=[not word.endswith("+") for word in words], segment=segment)


BOTH = pd.concat([cases(SIX_MP, "6-MP"), cases(PLACEBO, "placebo")], ignore_index=True)


def simulated(seed: int, n: int = 300, groups: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    segment = rng.integers(0, groups, n)
    event, followed = rng.exponential(20 + 8 * segment).round(1), rng.exponential(30, n).round(1)
    return pd.DataFrame(
        {"segment": segment.astype(str), "duration": np.minimum(event, followed), "observed": event <= followed}
    )


def test_the_log_rank_of_the_leukaemia_trial_as_published():
    # R: survdiff(Surv(time, status) ~ treat): chisq 16.8 on 1 df, 10.7 events expected on placebo
    result = survival.log_rank(BOTH)
    assert result.facts["chi_square"] == pytest.approx(16.793, abs=5e-4)
    table = result.table.set_index("segment")
    assert table.events.tolist() == [9, 21]
    assert table.expected.round(2).tolist() == [19.25, 10.75]
    assert result.facts["verdict"] == "they differ"
    assert "placebo soonest" in result.title
    assert "p < .001" in result.text


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_the_log_rank_is_that_of_statsmodels(groups):
    for seed in range(4):
        table = simulated(seed, groups=groups)
        chi_square, p_value = survdiff(table.duration, table.observed.astype(int), table.segment)
        facts = survival.log_rank(table).facts
        assert facts["chi_square"] == pytest.approx(chi_square, rel=1e-8)
        assert facts["p_value"] == pytest.approx(p_value, rel=1e-6)
        assert facts["degrees_of_freedom"] == groups - 1


def test_equal_groups_differ_some_five_times_in_a_hundred():
    rng, found = np.random.default_rng(5), 0
    for _ in range(40):
        table = pd.DataFrame({"duration": rng.exponential(10, 80).round(1), "observed": rng.random(80) < 0.7})
        found += survival.log_rank(table.assign(segment=np.arange(80) % 2)).facts["verdict"] == "they differ"
    assert found <= 6


def test_curves_and_limits_are_those_of_statsmodels():
    table = simulated(1, groups=1)
    ours = survival.curve(table).table
    theirs = SurvfuncRight(table.duration, table.observed.astype(int))
    steps = ours[ours.events > 0]
    np.testing.assert_allclose(steps.duration, theirs.surv_times)
    np.testing.assert_allclose(steps.survival, theirs.surv_prob, rtol=1e-10)
    np.testing.assert_allclose(steps.at_risk, theirs.n_risk)
    # statsmodels gives the error of the curve; the log(−log) limits follow from it
    z, s = 1.959963984540054, theirs.surv_prob[:-1]
    shift = z * theirs.surv_prob_se[:-1] / (s * -np.log(s))
    np.testing.assert_allclose(steps.low[:-1], s ** np.exp(shift), rtol=1e-8)
    np.testing.assert_allclose(steps.high[:-1], s ** np.exp(-shift), rtol=1e-8)


def test_the_6_mp_arm_with_its_limits_as_r_prints_them():
    # survfit(…, conf.type = "log-log"): at 23 weeks .448, .188 to .680; the median is 23
    result = survival.curve(cases(SIX_MP))
    row = result.table.set_index("duration").loc[23.0]
    assert row[["survival", "low", "high"]].round(3).tolist() == [0.448, 0.188, 0.680]
    assert result.facts["medians"] == {"all": 23.0}
    assert survival.curve(cases("1 2+ 3+ 4+")).facts["medians"] == {"all": None}


def test_the_engines_steps_and_counted_cases_give_the_same():
    table = simulated(2)
    whole = survival.curve(table).table
    engine = kaplan_meier(in_engine(table.assign(customer_id=None)), ["segment"])
    pd.testing.assert_frame_equal(survival.curve(engine).table, whole, check_dtype=False)
    counts = table.groupby(["segment", "duration", "observed"], as_index=False).size().rename(columns={"size": "n"})
    pd.testing.assert_frame_equal(survival.curve(counts).table, whole, check_dtype=False)
    assert survival.log_rank(engine).facts == pytest.approx(survival.log_rank(table).facts | {})


def test_the_coverage_of_the_limits_is_near_95_in_100():
    rng, held = np.random.default_rng(6), 0
    for _ in range(40):
        event, followed = rng.exponential(20, 120), rng.uniform(0, 60, 120)
        table = pd.DataFrame({"duration": np.minimum(event, followed), "observed": event <= followed})
        row = share_by(table, [20.0]).iloc[0]
        held += row.low <= 1 - np.exp(-1) <= row.high
    assert 34 <= held <= 40


def test_time_to_the_second_order_by_hand():
    # known to day 100: back after 10 and 50 days, not back after 90 and 20; half of those followed for 10 days or more
    bought = visits({"a": [0, 10], "b": [0, 50], "c": [10], "d": [80], "last": [0, 100]})
    times = retention.time_to_second_order(bought)
    table = survival.second_order(times, at_days=[10, 49, 50, 99]).table
    # at 10: 1 of 5; at 50: of three left one; 1 − 4/5 · 2/3; nobody but "last" is followed to 99
    assert table.share.round(6).tolist() == [0.2, 0.2, round(1 - 0.8 * 2 / 3, 6), round(1 - 0.8 * 2 / 3, 6)]
    assert table.at_risk.tolist() == [4, 3, 2, 1]


def test_what_nobody_was_followed_for_is_not_told():
    table = share_by(cases("1 2+ 3+"), [2, 30])
    assert table.share.iloc[0] == pytest.approx(1 / 3)
    assert np.isnan(table.share.iloc[1])
    assert share_by(cases("1 2 3"), [30]).share.iloc[0] == 1
    assert survival.second_order(cases("1+"), at_days=[30]).title == "Too early to tell who buys a second time"


def test_cdnows_second_order_is_its_count_where_all_are_followed():
    """Everybody's first 90 days are known by 1997-10: the curve is the share of customers, 687 of 2,357."""
    times = retention.time_to_second_order(datasets.cdnow(sample=True), as_of="1998-07-01")
    result = survival.second_order(times, at_days=[90])
    assert result.table.share.iloc[0] == pytest.approx(687 / 2357)
    assert result.title == "29 % of new customers buy again within 90 days"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (cases("1 2").drop(columns="observed"), r"columns \['observed'\]"),
        (cases("1 2").head(0), "durations of 0 or more; found no case"),
        (cases("1 2").assign(duration=-1.0), "2 below 0"),
    ],
)
def test_bad_cases_are_refused(frame, message):
    with pytest.raises(ContractError, match=message):
        survival.curve(frame)


def test_a_test_needs_groups_events_and_days():
    with pytest.raises(ContractError, match="two or more groups; found 1 group"):
        survival.log_rank(cases("1 2 3"))
    with pytest.raises(ContractError, match="at least one event"):
        survival.log_rank(cases("1+ 2+").assign(segment=["a", "b"]))
    with pytest.raises(ParameterError, match="numbers of days"):
        share_by(cases("1 2"), [])
