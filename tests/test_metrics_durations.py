"""Kaplan–Meier in the engine: R's published 6-MP arm, statsmodels, ties on a level, repeated customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from kpikit.errors import ParameterError
from kpikit.handing import in_engine
from kpikit.metrics.durations import kaplan_meier, quantiles

pytestmark = pytest.mark.usefixtures("engine")

# Freireich et al. (1963), remission of leukaemia in weeks, 6-MP arm; survival as R's survfit prints it
SIX_MP = (
    6,
    6,
    6,
    "6+",
    7,
    "9+",
    10,
    "10+",
    "11+",
    13,
    16,
    "17+",
    "19+",
    "20+",
    22,
    23,
    "25+",
    "32+",
    "32+",
    "34+",
    "35+",
)
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def cases(*durations: float | str, customers: list[str | None] | None = None, key: str = "all") -> pd.DataFrame:
    """Return cases from durations, ``"6+"`` for one that still waits after 6."""
    texts = [str(one) for one in durations]
    return pd.DataFrame(
        {
            "duration": [float(text.rstrip("+")) for text in texts],
            "observed": [not text.endswith("+") for text in texts],
            "customer_id": customers or [f"c{i}" for i in range(len(texts))],
            "key": key,
        }
    )


def curve(table: pd.DataFrame) -> pd.DataFrame:
    return kaplan_meier(in_engine(table), ["key"]).order_by("key", "duration").to_pandas()


def quantile(table: pd.DataFrame, q: float = 0.5) -> pd.Series:
    return quantiles(in_engine(table), ["key"], q).to_pandas().iloc[0]


def found(row: pd.Series) -> list[float | None]:
    return [None if pd.isna(row[name]) else pytest.approx(row[name], abs=1e-9) for name in ("value", "low", "high")]


def test_the_6_mp_arm_as_r_publishes_it():
    table = curve(cases(*SIX_MP))
    steps = table[table.events > 0].set_index("duration").survival.round(3)
    assert steps.to_dict() == PUBLISHED
    assert table[table.duration == 6][["at_risk", "events"]].iloc[0].tolist() == [21, 3]


def test_the_6_mp_median_is_23_from_13_and_its_upper_limit_cannot_be_estimated():
    row = quantile(cases(*SIX_MP))
    assert found(row) == [23, 13, None]
    assert row[["cases", "events", "customers", "design_effect"]].tolist() == [21, 9, 21, 1]


@pytest.mark.parametrize("q", [0.1, 0.5, 0.75, 0.9])
def test_values_and_limits_are_those_of_statsmodels(q):
    tables = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        waited, left = rng.exponential(10, 61).round(2), rng.exponential(25, 61).round(2)
        table = cases(*waited, key=str(seed))
        tables.append(table.assign(duration=np.minimum(waited, left), observed=waited <= left))
    ours = quantiles(in_engine(pd.concat(tables)), ["key"], q).order_by("key").to_pandas()
    for table, (_, row) in zip(tables, ours.iterrows(), strict=True):
        theirs = SurvfuncRight(table.duration, table.observed.astype(int))
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = theirs.quantile_ci(q)
        # at the last event, where nobody is left, the curve has no limits: R gives none, statsmodels that event
        ends = high == table.duration.max()
        expected = [theirs.quantile(q), low, np.nan if ends else high]
        assert found(row) == [None if not np.isfinite(one) else one for one in expected]


def test_unanswered_cases_are_censored_and_not_dropped():
    answered, waiting = [1, 2, 3, 4], ["5+"] * 4
    assert quantile(cases(*answered)).value == 2.5
    assert pd.isna(quantile(cases(*answered, *waiting), 0.6).value)  # dropped, it would be 2.5 too
    assert quantile(cases(*answered, *waiting)).value == 4


def test_what_the_curve_does_not_reach_is_missing_rather_than_the_longest_wait():
    assert found(quantile(cases("1", "2+", "3+", "4+"))) == [None, 1, None]
    assert found(quantile(cases("1+", "2+"))) == [None, None, None]


def test_without_censoring_the_median_is_the_usual_one():
    assert quantile(cases(1, 2, 3, 4)).value == 2.5
    assert quantile(cases(1, 2, 30)).value == 2


def test_a_curve_on_the_level_is_seen_although_logarithms_are_added():
    """With n cases of 1 … n exactly a tenth is left after 0.9 n, whatever rounding says."""
    sizes = (10, 20, 30, 70, 110, 170, 230)
    tables = [cases(*range(1, n + 1), key=f"{n:03d}") for n in sizes]
    found = quantiles(in_engine(pd.concat(tables)), ["key"], 0.9).order_by("key").to_pandas()
    assert found.value.tolist() == [0.9 * n + 0.5 for n in sizes]


def test_nobody_is_left_at_the_end():
    table = curve(cases(1, 2, 2))
    assert table.survival.round(12).tolist() == [round(2 / 3, 12), 0]
    assert table.greenwood.isna().tolist() == [False, True]


def test_keys_are_kept_apart_and_unknown_durations_left_out():
    both = pd.concat([cases(1, 2, 3), cases(10, 20, 30, key="other"), cases(5, key="other").assign(duration=np.nan)])
    table = quantiles(in_engine(both), ["key"], 0.5).order_by("key").to_pandas()
    assert table.value.tolist() == [2, 20]
    assert table["cases"].tolist() == [3, 3]


def test_repeated_customers_widen_the_limits():
    """Each case twice, by the same customer: as many customers, twice the cases, no more knowledge."""
    rng = np.random.default_rng(3)
    waited = rng.exponential(10, 41).round(3)
    once, twice = cases(*waited), cases(*waited, *(waited + 1e-6), customers=[f"c{i}" for i in range(41)] * 2)
    one, two = quantile(once), quantile(twice)
    assert two.design_effect == pytest.approx(2 * 41 / 40, rel=0.03)
    assert (two.low, two.high) == (pytest.approx(one.low, abs=1e-5), pytest.approx(one.high, abs=1e-5))
    alone = quantile(twice.assign(customer_id=["c0", *[None] * 81]))
    assert alone.design_effect == 1
    assert (alone.low > two.low) & (alone.high < two.high)


def test_design_effect_is_that_of_the_share_who_wait_longer():
    """Independent computation: variance of that share over whole customers, divided by the binomial one."""
    rng = np.random.default_rng(4)
    who = [f"c{i}" for i in rng.integers(0, 25, 80)]
    own = {name: rng.exponential(8) for name in who}
    waited = np.array([own[name] + rng.exponential(2) for name in who])
    table = cases(*waited, customers=who)
    longer = (waited > np.sort(waited)[39]).astype(float)  # the step at which the curve comes to one half
    sums = pd.Series(longer - longer.mean()).groupby(who).sum()
    k = len(sums)
    expected = (sums**2).sum() * k / (k - 1) / (80 * longer.mean() * (1 - longer.mean()))
    row = quantile(table)
    assert row.customers == k
    assert row.design_effect == pytest.approx(expected, rel=1e-9)


def test_cases_of_nobody_known_are_clusters_of_their_own():
    row = quantile(cases(1, 2, 3, 4, 5, customers=["a", "a", None, None, None]))
    assert row.customers == 4


def test_a_single_customer_gives_no_limits():
    assert found(quantile(cases(1, 2, 3, customers=["a", "a", "a"]))) == [2, None, None]


@pytest.mark.parametrize("q", [0, 1, -0.5, 50])
def test_a_quantile_is_a_share(q):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        quantiles(in_engine(cases(1, 2)), ["key"], q)


def test_any_waits_in_any_order_have_their_median_within_its_limits():
    """Independent computation: numpy's median of forty lists of whole minutes, with ties."""
    rng = np.random.default_rng(9)
    lists = [rng.integers(0, int(rng.integers(2, 500)), int(rng.integers(1, 30))) for _ in range(40)]
    both = pd.concat([cases(*minutes, key=f"{place:02d}") for place, minutes in enumerate(lists)])
    one, two = (
        quantiles(in_engine(table), ["key"], 0.5).order_by("key").to_pandas()
        for table in (both, both.sample(frac=1, random_state=1))
    )
    assert one.value.tolist() == two.value.tolist() == [np.median(minutes) for minutes in lists]
    assert not (one.low > one.value).any()
    assert not (one.high < one.value).any()
