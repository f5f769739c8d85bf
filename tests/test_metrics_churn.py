"""Churn of subscribers and churn by inactivity, by sets and with a grace: hand-typed cases and traps."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY, any_orders, orders, three_months, visits
from subscribers import any_spans, midnights, month_starts, spans

import kpikit
from kpikit.errors import ContractError, ParameterError
from kpikit.metrics import card, churn

pytestmark = pytest.mark.usefixtures("engine")

DAY = pd.Timedelta(days=1)

four_subscribers = spans(
    ("ann", "2024-01-10", None),
    ("bob", "2024-01-10", "2024-02-10"),
    ("bob", "2024-02-20", None),  # ten days between
    ("eve", "2024-02-05", "2024-03-01"),  # gone on the first day of March
    ("zoe", "2024-01-15", "2024-02-15"),
    ("zoe", "2024-04-01", None),  # back after six weeks
)


def kept(table, period="month", **options) -> pd.DataFrame:
    return churn.subscriber_retention(table, period=period, **options).to_pandas()


def lost(table, period="month", **options) -> pd.DataFrame:
    return churn.inactivity_churn(table, period=period, **options).to_pandas()


def february_of(table: pd.DataFrame) -> pd.DataFrame:
    return table[pd.to_datetime(table.period) == "2024-02-01"].set_index("segment")


def test_subscribers_by_hand():
    table = kept(four_subscribers, as_of="2024-05-20")
    assert table.period.dt.strftime("%Y-%m").tolist() == ["2024-02", "2024-03", "2024-04", "2024-05"]
    assert table.denominator.tolist() == [3, 3, 2, 3]  # ann, bob, zoe; ann, bob, eve; ann, bob; and zoe again
    assert table.numerator.tolist() == [2, 2, 2, 3]
    assert table.status.tolist() == ["complete", "complete", "complete", "partial"]


def test_retention_is_counted_by_sets_although_joiners_leave():
    """S = 100, 20 join, 10 of them leave, 5 of S leave: (E − N)/S says 85 %, the truth is 95 %."""
    start = [(f"s{i}", "2024-01-10", "2024-02-14" if i < 5 else None) for i in range(100)]
    joined = [(f"j{i}", "2024-02-03", "2024-02-20" if i < 10 else None) for i in range(20)]
    table = spans(*start, *joined)
    row = kept(table, as_of="2024-04-01").iloc[0]
    assert (row.numerator, row.denominator) == (95, 100)
    at_the_end = int(table.ended_at.isna().sum())
    assert (at_the_end - len(joined)) / len(start) == 0.85


def test_overlapping_spans_do_not_count_twice():
    table = spans(("a", "2024-01-05", "2024-03-20"), ("a", "2024-01-20", "2024-02-10"), ("b", "2024-01-05", None))
    months = kept(table, as_of="2024-05-01")
    assert months.denominator.tolist() == [2, 2, 1]
    assert months.numerator.tolist() == [2, 1, 1]


def test_a_short_span_inside_a_long_one_does_not_hide_the_grace_after_it():
    table = spans(
        ("a", "2024-01-05", "2024-02-26"), ("a", "2024-01-20", "2024-02-01"), ("a", "2024-03-05", None)
    )  # fmt: skip
    february = kept(table, as_of="2024-06-01").iloc[0]
    assert (february.numerator, february.denominator) == (1, 1)


@pytest.mark.parametrize(("back", "numerator"), [("2024-03-11", 1), ("2024-03-12", 0)])
def test_reactivation_inside_the_grace_is_not_churn(back, numerator):
    table = spans(("a", "2024-01-05", "2024-02-26"), ("a", back, None))  # the 11th is 14 days after the 26th
    february = kept(table, as_of="2024-06-01").iloc[0]
    assert (february.numerator, february.denominator) == (numerator, 1)


def test_without_a_grace_each_gap_over_the_end_of_a_month_is_churn():
    table = spans(("a", "2024-01-05", "2024-02-29"), ("a", "2024-03-02", None))
    assert kept(table, as_of="2024-06-01").numerator.iloc[0] == 1
    assert kept(table, as_of="2024-06-01", grace_days=0).numerator.iloc[0] == 0
    following = spans(("a", "2024-01-05", "2024-02-29 18:00"), ("a", "2024-02-29 18:00", None))
    assert kept(following, as_of="2024-06-01", grace_days=0).numerator.iloc[0] == 1


def test_who_left_and_is_back_by_the_end_of_the_period_is_kept():
    table = spans(("a", "2023-12-05", "2024-01-10"), ("a", "2024-03-20", None))
    quarter = kept(table, period="quarter", as_of="2024-06-01").iloc[0]
    assert (quarter.numerator, quarter.denominator) == (1, 1)
    assert kept(table, as_of="2024-06-01").numerator.tolist()[:2] == [0, 0]  # gone in January, nobody in February


def test_nobody_is_lost_before_the_grace_is_over():
    table = spans(("a", "2024-01-05", None), ("b", "2024-01-05", "2024-02-25"))
    early, late = kept(table, as_of="2024-03-10").iloc[0], kept(table, as_of="2024-03-11").iloc[0]
    assert (early.numerator, early.status) == (2, "partial")  # b may be back on the 10th
    assert (late.numerator, late.status) == (1, "partial")  # who leaves on the 29th may be back until the 14th
    assert kept(table, as_of="2024-03-15").status.tolist()[0] == "complete"


def test_the_first_instant_of_a_period_belongs_to_it():
    table = spans(("a", "2024-01-01", "2024-02-01"), ("b", "2024-02-01", None), ("c", "2024-01-31 23:59", None))
    months = kept(table, as_of="2024-04-01", grace_days=0)
    assert months.denominator.tolist() == [2, 2]  # a and c on the last day of January, then b and c
    assert months.numerator.tolist() == [1, 2]


def test_an_end_that_is_not_known_yet_is_a_running_span():
    table = spans(("a", "2024-01-05", "2024-04-01"), ("b", "2024-01-05", "2024-03-31"), ("c", "2024-04-01", None))
    months = kept(table, as_of="2024-04-01", grace_days=0)
    assert months.denominator.tolist() == [2, 2]
    assert months.numerator.tolist() == [2, 1]


def test_spans_without_a_customer_or_that_end_before_they_begin_are_left_out():
    table = spans(("a", "2024-01-05", None), (None, "2024-01-05", None), ("b", "2024-01-05", "2024-01-01"))
    assert kept(table, as_of="2024-03-01").denominator.tolist() == [1]


def test_a_change_of_plan_is_no_churn_and_two_plans_count_in_each():
    table = spans(
        ("a", "2024-01-05", "2024-02-10"), ("a", "2024-02-15", None), ("b", "2024-01-05", None),
        ("b", "2024-01-09", None), ("c", "2024-01-05", "2024-02-10"),
    ).assign(plan=["basic", "full", "basic", "full", None])  # fmt: skip
    february = february_of(kept(table, by="plan", as_of="2024-03-10"))
    assert february.denominator.to_dict() == {"basic": 2, "full": 1, "unknown": 1}
    assert february.numerator.to_dict() == {"basic": 2, "full": 1, "unknown": 0}


def test_a_gap_belongs_to_the_plan_before_it():
    table = spans(("a", "2024-01-05", "2024-01-28"), ("a", "2024-02-05", None)).assign(plan=["basic", "full"])
    february = february_of(kept(table, by="plan", as_of="2024-05-01"))
    assert february.denominator.to_dict() == {"basic": 1, "full": 0}


def test_without_a_period_they_are_undefined_rather_than_wrong():
    for table in (kept(four_subscribers, period=None), lost(three_months, period=None)):
        assert table.denominator.tolist() == [0]


def test_interval_is_wilsons_as_published():
    """18 of 20: R's binom package gives 0.6989663547715128 to 0.972133518786232."""
    table = spans(*((f"c{i}", "2024-01-05", "2024-02-10" if i < 2 else None) for i in range(20)))
    found = kpikit.compute(
        {"subscriptions": table}, ["subscriber_retention", "subscriber_churn"], period="month", as_of="2024-03-20"
    )
    row, left = found[found.period == "2024-02-01"].itertuples()
    assert (row.value, row.n, row.status) == (0.9, 20, "complete")
    assert (row.low, row.high) == pytest.approx((0.6989663547715128, 0.972133518786232), abs=1e-12)
    assert (left.low, left.high) == pytest.approx((1 - row.high, 1 - row.low), abs=1e-12)


def test_nobody_at_the_start_gives_a_missing_value():
    table = spans(("a", "2024-01-05", "2024-01-20"), ("b", "2024-03-05", None))
    found = kpikit.compute({"subscriptions": table}, ["subscriber_churn"], period="month", as_of="2024-05-16")
    assert found.denominator.tolist() == [0, 0, 1, 1]
    assert found.value.isna().tolist() == [True, True, False, False]
    assert found.low.isna().tolist() == [True, True, False, False]


def expected(there: dict[str, set[pd.Timestamp]], starts: list[pd.Timestamp]) -> list[tuple[int, int]]:
    """Return (kept, at the start) from each midnight to the next."""
    pairs = itertools.pairwise(starts)
    return [
        (sum(a in days and b in days for days in there.values()), sum(a in days for days in there.values()))
        for a, b in pairs
    ]


@given(any_spans())
@settings(max_examples=15, deadline=None)
def test_subscribers_are_those_counted_midnight_by_midnight(table):
    end = FIRST_DAY + 150 * DAY
    known = table[table.started_at < end]
    if known.empty:
        return
    there = {}
    for who, rows in known.groupby("customer_id"):
        covered = {
            day
            for row in rows.itertuples()
            for day in pd.date_range(row.started_at.ceil("D"), end if pd.isna(row.ended_at) else min(end, row.ended_at))
        }
        there[who] = midnights(covered, end, 14)
    starts = month_starts(known.started_at.min(), end)
    found, left = (
        function(table, period="month", as_of=f"{end:%Y-%m-%d}").to_pandas()
        for function in (churn.subscriber_retention, churn.subscriber_churn)
    )
    # a period that has lasted for less than the grace is not shown yet
    seen = found.status != "not_yet_observed"
    counts = list(zip(found.numerator[seen].astype(int), found.denominator[seen].astype(int), strict=True))
    assert counts == expected(there, starts)[: len(counts)]
    assert (found.numerator + left.numerator)[seen].tolist() == found.denominator[seen].tolist()


@given(any_spans(), any_spans())
@settings(max_examples=5, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_a_subscriber(table, other):
    as_of = FIRST_DAY + 80 * DAY
    known = table[table.started_at < as_of]
    if known.empty:
        return
    later = other.assign(started_at=other.started_at + 80 * DAY, ended_at=other.ended_at + 80 * DAY)
    masked = known.assign(ended_at=known.ended_at.where(known.ended_at < as_of))
    for by in (None, "plan"):
        before, after = (
            kept(rows, by=by, as_of="2024-03-21", grace_days=30) for rows in (masked, pd.concat([known, later]))
        )
        pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: churn.subscriber_churn(four_subscribers, grace_days=-1),
            ParameterError,
            "grace_days: .*0 days or more",
        ),
        (lambda: churn.inactivity_churn(three_months, grace_days=-1), ParameterError, "grace_days: .*0 days or more"),
        (lambda: churn.inactivity_churn(three_months, inactive_days=0), ParameterError, "1 day or more"),
        (lambda: churn.subscriber_churn(four_subscribers.drop(columns="ended_at")), ContractError, "ended_at"),
        (lambda: churn.subscriber_churn(four_subscribers, by="plan"), ContractError, "plan"),
    ],
)
def test_what_cannot_be_computed_says_why(call, error, message):
    with pytest.raises(error, match=message):
        call()


# churn by inactivity: silent for more than 30 days, 5 days of grace

silent = {"inactive_days": 30, "grace_days": 5}


def test_inactivity_by_hand():
    """Day 0 is 1 January 2024: February begins on day 31, March on 60, April on 91, May on 121."""
    bought = visits({"ann": [0, 25, 50, 75, 100], "bob": [10], "eve": [40], "zoe": [15, 70]})
    table = lost(bought, **silent, as_of="2024-05-15")
    assert table.period.dt.strftime("%Y-%m").tolist() == ["2024-02", "2024-03", "2024-04", "2024-05"]
    assert table.denominator.tolist() == [3, 2, 2, 1]  # ann, bob, zoe; ann, eve; ann, zoe; ann
    assert table.numerator.tolist() == [2, 1, 1, 0]  # bob and zoe; eve; zoe; ann may still be back on day 135, 15 May
    assert table.status.tolist() == ["complete", "complete", "complete", "partial"]


@pytest.mark.parametrize(("last", "active"), [(30, 1), (29, 0)])
def test_an_order_makes_a_customer_active_for_so_many_days(last, active):
    """On 1 March, day 60, the last order on day 30 is 30 days old: in time; on day 29 it is not."""
    march = lost(visits({"old": [0], "a": [last]}), **silent, as_of="2024-06-01").iloc[1]
    assert (march.period, march.denominator) == (pd.Timestamp("2024-03-01"), active)


@pytest.mark.parametrize(("back", "numerator"), [(64, 0), (65, 1)])
def test_a_return_within_the_grace_is_no_loss(back, numerator):
    """Active through day 59, the last of February: lost on 1 March, unless back by day 64."""
    bought = visits({"old": [0], "a": [29, back]})
    row = lost(bought, **silent, as_of="2024-07-01").iloc[0]
    assert (row.numerator, row.denominator) == (numerator, 1)


def test_customers_still_within_the_grace_are_not_lost_yet():
    bought = visits({"old": [0], "a": [29]})  # active through day 59, in grace until day 64, 5 March
    early, late = (lost(bought, **silent, as_of=day).iloc[0] for day in ("2024-03-05", "2024-03-06"))
    assert (early.numerator, early.status) == (0, "partial")
    assert (late.numerator, late.status) == (1, "complete")


def test_periods_in_which_nobody_seen_can_have_been_lost_are_left_out():
    bought = visits({"a": [0, 40, 80, 120, 160], "b": [5, 150]})
    assert lost(bought, as_of="2024-08-01").period.min() == pd.Timestamp(
        "2024-04-01"
    )  # 90 days after 1 January: day 91
    assert lost(bought, inactive_days=91, as_of="2024-08-01").period.min() == pd.Timestamp("2024-04-01")
    assert lost(bought, inactive_days=92, as_of="2024-08-01").period.min() == pd.Timestamp("2024-05-01")
    assert lost(bought, inactive_days=400, as_of="2024-08-01").empty


def test_a_refund_keeps_nobody_active():
    bought = orders(("old", "2024-01-01", 1.0), ("a", "2024-01-20", 9.0), ("a", "2024-02-25", -9.0))
    february = lost(bought, **silent, as_of="2024-05-01").iloc[0]
    assert (february.numerator, february.denominator) == (1, 1)


def test_the_segment_is_that_of_the_last_order_before_the_period():
    bought = visits({"a": [0, 20, 33], "b": [10, 12]}).assign(shop=["x", "y", "x", "x", None])
    february = february_of(lost(bought, by="shop", **silent, as_of="2024-04-20"))
    assert february.denominator.to_dict() == {"unknown": 1, "x": 0, "y": 1}
    assert february.numerator.to_dict() == {"unknown": 1, "x": 0, "y": 0}


def test_who_bought_in_two_segments_of_a_month_is_lost_once_so_that_segments_sum_to_all():
    bought = visits({"a": [0, 5, 20, 70], "b": [10, 12], "c": [3, 40]})
    bought = bought.assign(shop=["x", "y", "x", "x", "x", "y", "y", "x"])  # in January a and b are in both shops
    total = lost(bought, **silent, as_of="2024-05-20").set_index("period")
    split = lost(bought, by="shop", **silent, as_of="2024-05-20")
    for count in ("numerator", "denominator", "n"):
        assert split.groupby("period")[count].sum().tolist() == total[count].tolist()
    february = february_of(split)
    assert february.denominator.to_dict() == {"x": 1, "y": 2}  # last in January: a in x, b and c in y


def test_churn_is_another_name_and_the_card_holds_the_settings():
    bought = visits({"a": [0, 60, 120, 180, 205], "b": [10]})  # b is active through day 100, 10 April
    found = kpikit.compute({"orders": bought}, ["churn"], period="month", as_of="2024-07-26")
    assert set(found.kpi) == {"inactivity_churn"}
    assert found.value.tolist() == [0.5, 0, 0, 0]
    its = card("churn")
    assert its.settings == {"inactive_days": 90, "grace_days": 14}
    assert "more than 90 days" in its.question


@given(any_orders())
@settings(max_examples=15, deadline=None)
def test_the_inactive_are_those_counted_midnight_by_midnight(bought):
    end = FIRST_DAY + 150 * DAY
    known = bought[(bought.ordered_at < end) & (bought.amount >= 0)]
    if known.empty:
        return
    there = {}
    for who, rows in known.groupby("customer_id"):
        days = rows.ordered_at.dt.normalize()
        covered = {day + k * DAY for day in days for k in range(1, 31) if day + k * DAY <= end}
        there[who] = midnights(covered, end, 5)
    ready = known.ordered_at.min().normalize() + 29 * DAY
    table = lost(bought, **silent, as_of=f"{end:%Y-%m-%d}")
    left = [(start - stayed, start) for stayed, start in expected(there, month_starts(ready, end))]
    assert list(zip(table.numerator.astype(int), table.denominator.astype(int), strict=True)) == left


@given(any_orders(), any_orders())
@settings(max_examples=5, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_who_is_inactive(bought, other):
    as_of = FIRST_DAY + 80 * DAY
    known = bought[bought.ordered_at < as_of]
    if known.empty:
        return
    later = other.assign(ordered_at=other.ordered_at + 80 * DAY)
    before, after = (lost(rows, **silent, as_of="2024-03-21") for rows in (known, pd.concat([known, later])))
    pd.testing.assert_frame_equal(before, after)
