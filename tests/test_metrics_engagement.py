"""Visits, their length and how often customers buy: hand-typed cases and traps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from shops import orders, three_months

from kpikit import compute
from kpikit.metrics import engagement

pytestmark = pytest.mark.usefixtures("engine")
AS_OF = "2024-03-01"


def visits(*rows: tuple[object, ...], as_of: str = AS_OF) -> pd.DataFrame:
    """Return visits from (visitor, time, seconds, channel)."""
    table = pd.DataFrame(rows, columns=["visitor_id", "started_at", "duration_s", "channel"])
    times = [pd.Timestamp(time) for time in table.started_at]
    return table.assign(started_at=times).astype(
        {"started_at": "datetime64[us]", "duration_s": "float64", "channel": "string"}
    )


five_visits = visits(
    ("v", "2024-01-01 09:00", 60, "web"),
    ("v", "2024-01-01 18:00", 120, "app"),  # the same day: two visits, one active day
    ("v", "2024-01-31 23:59", 180, "web"),
    ("w", "2024-01-15 10:00", None, "web"),
    ("w", "2024-02-02 10:00", 6000, None),
)


def of(table: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(table.numerator, table.denominator, strict=True))


def by_month(function, table=five_visits, **options) -> pd.DataFrame:
    return function(table, period="month", **{"as_of": AS_OF, **options}).to_pandas()


def test_five_visits_by_hand():
    assert by_month(engagement.active_visitors).numerator.tolist() == [2, 1]
    assert of(by_month(engagement.sessions_per_visitor)) == [(4, 2), (1, 1)]
    assert of(by_month(engagement.time_on_site)) == [(6.0, 3), (100.0, 1)]


def test_stickiness_is_mean_daily_over_monthly_visitors():
    """January: visitor v on 2 of 31 days, w on 1: daily active (2 + 1) / 31 on average, 2 in the month."""
    january, february = by_month(engagement.stickiness).itertuples()
    assert january.numerator / january.denominator == pytest.approx((3 / 31) / 2)
    assert february.numerator / february.denominator == pytest.approx(1 / 29)


def test_several_visits_on_a_day_are_one_active_day():
    table = visits(*(("v", f"2024-01-01 {hour:02d}:00", 60, "web") for hour in range(24)))
    row = engagement.stickiness(table, as_of="2024-01-03").to_pandas().iloc[0]
    assert (row.numerator, row.denominator) == (pytest.approx(0.5), 1)


def test_a_period_that_is_not_over_counts_its_known_days():
    table = visits(("v", "2024-01-01 09:00", 60, "web"), ("v", "2024-01-04 09:00", 60, "web"))
    row = by_month(engagement.stickiness, table, as_of="2024-01-05").iloc[0]
    assert row.numerator == pytest.approx(2 / 4)
    assert row.status == "partial"


def test_a_first_period_that_the_data_enter_halfway_counts_from_its_first_visit():
    table = visits(("v", "2024-01-22 09:00", 60, "web"))
    assert by_month(engagement.stickiness, table, as_of="2024-02-01").numerator.tolist() == [pytest.approx(1 / 10)]


def test_one_long_visit_moves_the_mean_and_not_the_median():
    short = [(f"v{n}", "2024-01-01 09:00", 60, "web") for n in range(9)]
    table = visits(*short, ("x", "2024-01-01 09:00", 60 * 991, "web"))
    values = compute({"sessions": table}, ["time_on_site", "time_on_site_median"]).set_index("kpi").value
    assert values["time_on_site"] == pytest.approx(100.0)
    assert values["time_on_site_median"] == pytest.approx(1.0)


def test_visits_of_unknown_length_are_no_visits_of_length_zero():
    table = visits(("v", "2024-01-01", 120, "web"), ("w", "2024-01-01", None, "web"))
    assert of(engagement.time_on_site(table, as_of=AS_OF).to_pandas()) == [(2.0, 1)]
    nothing = compute({"sessions": table.assign(duration_s=np.nan)}, ["time_on_site"])
    assert nothing.value.isna().all()


def test_median_by_hand_and_a_month_without_visits():
    table = visits(*((f"v{n}", "2024-01-05", 60 * n, "web") for n in (1, 2, 4, 8)), ("v", "2024-03-02", 60, "web"))
    shown = by_month(engagement.time_on_site_median, table, as_of="2024-03-20")
    assert shown.value.tolist() == pytest.approx([3.0, np.nan, 1.0], nan_ok=True)
    assert shown.status.tolist() == ["complete", "complete", "partial"]
    assert shown.n.tolist() == [4, 0, 1]


def test_interval_of_the_median_is_near_the_exact_one_of_order_statistics():
    """Independent computation: the binomial limits of the ranks (David and Nagaraja, Order Statistics, 2003)."""
    lengths = [round(60 * np.exp(np.sin(7.3 * n) * 1.4), 3) for n in range(101)]
    table = visits(*((f"v{n}", "2024-01-05", length, "web") for n, length in enumerate(lengths)))
    row = compute({"sessions": table}, ["time_on_site_median"]).iloc[0]
    ranks = np.sort(lengths) / 60
    low, high = (int(stats.binom.ppf(tail, 101, 0.5)) for tail in (0.025, 0.975))
    assert row.value == pytest.approx(ranks[50])
    near = 3  # ranks: log-log limits are not symmetric
    assert ranks[low - near] <= row.low <= ranks[low + near]
    assert ranks[high - near] <= row.high <= ranks[high + near]


def test_interval_of_visits_per_visitor_is_that_of_a_mean_over_visitors():
    """Independent computation: t interval of 1, 2, 3, 4, 5 visits, on the log scale."""
    rows = [(f"v{n}", f"2024-01-{day + 1:02d}", 60, "web") for n in range(1, 6) for day in range(n)]
    row = compute({"sessions": visits(*rows)}, ["sessions_per_visitor"]).iloc[0]
    half = stats.t.ppf(0.975, 4) * np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5) / 3
    assert (row.value, row.low, row.high) == pytest.approx((3, 3 * np.exp(-half), 3 * np.exp(half)))


def test_by_channel_a_visitor_counts_in_each():
    table = engagement.active_visitors(five_visits, by="channel", as_of=AS_OF).to_pandas().set_index("segment")
    assert table.numerator.to_dict() == {"app": 1, "unknown": 1, "web": 2}
    median = engagement.time_on_site_median(five_visits, by="channel", as_of=AS_OF).to_pandas().set_index("segment")
    assert median.value.to_dict() == {"app": 2.0, "unknown": 100.0, "web": 2.0}


def test_visits_of_nobody_known_are_left_out():
    table = visits(("v", "2024-01-01", 60, "web"), (None, "2024-01-01", 60, "web"))
    assert engagement.active_visitors(table, as_of=AS_OF).to_pandas().numerator.tolist() == [1]


def test_purchases_per_active_customer_by_hand():
    table = engagement.purchases_per_active_customer(three_months, period="month", as_of="2024-04-01").to_pandas()
    assert of(table) == [(2, 2), (3, 2), (2, 2)]


def test_who_only_gets_a_refund_is_not_active():
    bought = orders(("a", "2024-01-01", 1.0), ("a", "2024-01-02", 1.0), ("b", "2024-01-03", -1.0))
    assert of(engagement.purchases_per_active_customer(bought).to_pandas()) == [(2, 1)]


FUNCTIONS = ("active_visitors", "stickiness", "sessions_per_visitor", "time_on_site", "time_on_site_median")
one_visit = st.tuples(
    st.sampled_from("abc"),
    st.integers(0, 90 * 24).map(lambda hours: pd.Timestamp("2024-01-01") + pd.Timedelta(hours=hours)),
    st.none() | st.integers(0, 900),
    st.sampled_from(["web", None]),
)


@given(st.lists(one_visit, min_size=1, max_size=15), st.sampled_from(FUNCTIONS))
@settings(max_examples=15, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_nothing(rows, name):
    table, options = visits(*rows), {"period": "month", "as_of": AS_OF}
    cut = table[table.started_at < AS_OF]
    if cut.empty:
        return
    function = getattr(engagement, name)
    pd.testing.assert_frame_equal(function(table, **options).to_pandas(), function(cut, **options).to_pandas())
