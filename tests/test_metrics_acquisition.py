"""Conversion, funnel and the cost of a new customer: hand-typed cases and traps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from shops import orders

from kpikit import intervals
from kpikit.errors import ContractError, ParameterError
from kpikit.kpis import with_interval
from kpikit.metrics import KPIS, acquisition, costs

pytestmark = pytest.mark.usefixtures("engine")


def times(values: list[str | None]) -> pd.Series:
    return pd.Series([pd.Timestamp(value) if value else pd.NaT for value in values], dtype="datetime64[us]")


def sessions(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    """Return visits from (visitor, start, conversion, channel)."""
    table = pd.DataFrame(rows, columns=["visitor_id", "started_at", "converted_at", "channel"])
    return table.assign(started_at=times(list(table.started_at)), converted_at=times(list(table.converted_at)))


def events(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return steps from (visitor, time, step)."""
    table = pd.DataFrame(rows, columns=["visitor_id", "happened_at", "step"])
    return table.assign(happened_at=times(list(table.happened_at)))


def spend(*rows: tuple[str, float, str | None, str]) -> pd.DataFrame:
    """Return spend from (day, amount, channel, kind)."""
    table = pd.DataFrame(rows, columns=["spent_on", "amount", "channel", "kind"])
    return table.assign(spent_on=times(list(table.spent_on)), channel=table.channel.astype(object))


visits = sessions(
    ("ann", "2024-01-01 09:00", None, "search"),
    ("ann", "2024-01-03 09:00", "2024-01-03 09:30", "email"),
    ("ann", "2024-01-05 09:00", None, "email"),
    ("bob", "2024-01-10 09:00", "2024-01-20 09:00", "search"),  # ten days later
    ("eve", "2024-01-31 23:00", "2024-02-07 08:00", "email"),  # on the last day of the window
    ("zoe", "2024-02-20 09:00", "2024-02-20 10:00", "search"),  # too young on 2024-02-25
)
journey = events(
    ("ann", "2024-01-01 09:00", "view"), ("ann", "2024-01-02 09:00", "cart"), ("ann", "2024-01-03 09:00", "buy"),
    ("bob", "2024-01-01 09:00", "view"), ("bob", "2024-01-20 09:00", "cart"),  # out of the window
    ("eve", "2024-01-02 09:00", "cart"), ("eve", "2024-01-03 09:00", "view"), ("eve", "2024-01-04 09:00", "buy"),
    ("zoe", "2024-01-05 09:00", "view"), ("zoe", "2024-01-05 10:00", "buy"),  # left a step out
    ("una", "2024-01-05 09:00", "view"), ("una", "2024-01-05 10:00", "buy"), ("una", "2024-01-05 11:00", "cart"),
    ("kim", "2024-01-30 09:00", "view"), ("kim", "2024-01-30 10:00", "cart"),  # too young on 2024-02-01
)  # fmt: skip
won = orders(
    ("ann", "2024-01-05", 10.0), ("bob", "2024-01-20", 10.0), ("ann", "2024-02-05", 10.0), ("eve", "2024-02-03", 5.0),
    ("zoe", "2024-01-25", 5.0),
).assign(channel=["web", "web", "web", "shop", "shop"])  # fmt: skip
people = pd.DataFrame({"customer_id": ["ann", "bob", "eve", "zoe"], "channel": ["search", "social", "search", None]})
spent = spend(
    ("2024-01-10", 100.0, "search", "media"), ("2024-01-15", 50.0, "social", "Media"),
    ("2024-02-10", 30.0, "search", "media"), ("2024-01-01", 60.0, None, "salaries"),
    ("2024-02-01", 30.0, None, "tools"),
)  # fmt: skip
KNOWN = {"as_of": "2024-03-01"}


def row(table) -> pd.Series:
    return table.to_pandas().iloc[0]


def counts(table) -> list[tuple[float, float]]:
    found = table.to_pandas()
    return [(round(float(x), 6), float(y)) for x, y in zip(found.numerator, found.denominator, strict=True)]


# conversion


def test_visitors_are_counted_and_not_sessions():
    one = visits[visits.visitor_id == "ann"]  # three sessions, one conversion: 100 % of visitors, 33 % of sessions
    found = row(acquisition.conversion_rate(one, as_of="2024-02-01"))
    assert (found.numerator, found.denominator, found.n) == (1, 1, 1)


def test_conversion_counts_within_the_window_and_waits_until_it_is_over():
    found = row(acquisition.conversion_rate(visits, as_of="2024-02-25"))
    assert (found.numerator, found.denominator) == (2, 3)  # ann and eve of ann, bob and eve; zoe is too young
    longer = row(acquisition.conversion_rate(visits, within_days=10, as_of="2024-03-15"))
    assert (longer.numerator, longer.denominator) == (4, 4)


def test_the_last_day_of_the_conversion_window_is_in_it():
    eve = visits[visits.visitor_id == "eve"]
    assert row(acquisition.conversion_rate(eve, within_days=7, as_of="2024-03-01")).numerator == 1
    assert row(acquisition.conversion_rate(eve, within_days=6, as_of="2024-03-01")).numerator == 0


def test_a_visitor_belongs_to_the_period_and_channel_of_the_first_session():
    found = acquisition.conversion_rate(visits, period="month", by="channel", as_of="2024-02-25").to_pandas()
    cells = found.set_index([found.period.astype(str).str[:7], "segment"])
    assert cells.loc[("2024-01", "search"), ["numerator", "denominator"]].tolist() == [1, 2]
    assert cells.loc[("2024-01", "email"), ["numerator", "denominator"]].tolist() == [1, 1]
    assert cells.loc[("2024-02", "search"), "denominator"] == 0
    assert found.status.tolist() == ["complete", "complete", "partial", "partial"]


def test_a_conversion_before_the_first_session_of_the_period_is_not_of_this_period():
    twice = sessions(
        ("a", "2024-01-31 09:00", "2024-01-31 10:00", "x"), ("a", "2024-02-01 09:00", None, "x")
    )  # fmt: skip
    assert counts(acquisition.conversion_rate(twice, period="month", as_of="2024-03-01")) == [(1, 1), (0, 1)]


def test_conversion_has_the_interval_of_wilson():
    eighteen = [(f"v{i}", "2024-01-01", "2024-01-02" if i < 18 else None, "x") for i in range(20)]
    table = with_interval(
        acquisition.conversion_rate(sessions(*eighteen), as_of="2024-02-01").to_pandas(), KPIS["conversion_rate"].card
    )
    # R's binom for 18 of 20
    assert table.iloc[0][["low", "high"]].tolist() == pytest.approx([0.6989663547715128, 0.972133518786232])


def test_nobody_old_enough_is_a_missing_value():
    found = acquisition.conversion_rate(visits.tail(1), as_of="2024-02-21").to_pandas()
    value = with_interval(found, KPIS["conversion_rate"].card).iloc[0]
    assert value.denominator == 0
    assert np.isnan([value.value, value.low, value.high]).all()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40)), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_no_conversion(later):
    more = [
        (f"v{i}", f"{pd.Timestamp('2024-02-10') + pd.Timedelta(days=a):%Y-%m-%d}",
         f"{pd.Timestamp('2024-02-10') + pd.Timedelta(days=a + b):%Y-%m-%d}", "x")
        for i, (a, b) in enumerate(later)
    ]  # fmt: skip
    late = visits.assign(converted_at=visits.converted_at.mask(visits.visitor_id == "bob", pd.Timestamp("2024-02-10")))
    unknown = late.assign(converted_at=late.converted_at.where(late.converted_at < "2024-02-10"))
    rate = acquisition.conversion_rate
    before, after = (
        rate(table, period="month", within_days=40, as_of="2024-02-10").to_pandas()
        for table in (unknown[unknown.started_at < "2024-02-10"], pd.concat([late, sessions(*more)]))
    )
    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("days", [0, -1])
def test_a_conversion_window_below_one_day_is_refused(days):
    with pytest.raises(ParameterError, match="1 day or more"):
        acquisition.conversion_rate(visits, within_days=days)
    with pytest.raises(ParameterError, match="1 day or more"):
        acquisition.funnel(journey, steps=["a", "b"], within_days=days)


def test_conversion_needs_the_moment_of_the_conversion():
    with pytest.raises(ContractError, match="converted_at"):
        acquisition.conversion_rate(visits.drop(columns="converted_at"))


# funnel


def test_funnel_by_hand():
    table = acquisition.funnel(journey, steps=["view", "cart", "buy"], as_of="2024-02-01").to_pandas()
    assert table.step.tolist() == ["view", "cart", "buy"]
    assert table.visitors.tolist() == [5, 2, 1]  # ann, bob, eve, zoe, una; ann, una; ann
    assert table.previous.tolist() == [5, 5, 2]
    assert table.entered.tolist() == [5, 5, 5]


def test_steps_count_in_their_order_only():
    eve = journey[journey.visitor_id == "eve"]  # cart, then view
    table = acquisition.funnel(eve, steps=["view", "cart"], as_of="2024-02-01").to_pandas()
    assert table.visitors.tolist() == [1, 0]


def test_a_step_left_out_ends_the_journey():
    zoe = journey[journey.visitor_id == "zoe"]
    table = acquisition.funnel(zoe, steps=["view", "cart", "buy"], as_of="2024-02-01").to_pandas()
    assert table.visitors.tolist() == [1, 0, 0]


def test_a_repeated_step_counts_once():
    twice = events(("a", "2024-01-01 09:00", "view"), ("a", "2024-01-01 10:00", "view"), ("a", "2024-01-02", "cart"),
                   ("a", "2024-01-02 11:00", "cart"))  # fmt: skip
    table = acquisition.funnel(twice, steps=["view", "cart"], as_of="2024-02-01").to_pandas()
    assert table.visitors.tolist() == [1, 1]


def test_funnel_by_period_shows_what_is_not_over():
    table = acquisition.funnel(journey, steps=["view", "cart"], period="month", as_of="2024-02-05").to_pandas()
    assert table.status.tolist() == ["partial"] * 2 + ["not_yet_observed"] * 2
    assert table.visitors.isna().tolist() == [False, False, True, True]
    done = acquisition.funnel(journey, steps=["view", "cart"], period="month", as_of="2024-02-20").to_pandas()
    assert done[done.status == "complete"].visitors.tolist() == [6, 3]


def test_funnel_by_segment_takes_the_segment_of_the_first_step():
    split = journey.assign(device=["phone", "desk"] + ["phone"] * (len(journey) - 2))
    table = acquisition.funnel(split, steps=["view", "cart"], by="device", as_of="2024-02-20").to_pandas()
    assert table[table.segment == "phone"].visitors.tolist() == [6, 3]


def test_funnel_without_events_is_empty_rather_than_an_error():
    table = acquisition.funnel({}, steps=["view", "cart"]).to_pandas()
    assert table.visitors.fillna(0).sum() == 0


def test_funnel_from_the_tables_by_name():
    table = acquisition.funnel({"events": journey}, steps=["view", "cart"], as_of="2024-02-20").to_pandas()
    assert table.visitors.tolist() == [6, 3]


@pytest.mark.parametrize("steps", [[], ["view"], ["view", "view"]])
def test_a_funnel_needs_two_different_steps(steps):
    with pytest.raises(ParameterError, match="two or more different steps"):
        acquisition.funnel(journey, steps=steps)


# cost of a new customer


def test_blended_cost_is_media_over_all_new_customers():
    assert counts(costs.cac(spent, won, period="month", **KNOWN)) == [(150, 3), (30, 1)]
    assert counts(costs.cac(spent, won, **KNOWN)) == [(180, 4)]


def test_fully_loaded_cost_has_salaries_and_tools():
    assert counts(costs.cac_fully_loaded(spent, won, period="month", **KNOWN)) == [(210, 3), (60, 1)]


def test_paid_cost_leaves_out_who_came_unpaid():
    assert counts(costs.cac_paid(spent, won, people, period="month", **KNOWN)) == [(150, 2), (30, 1)]


def test_a_customer_s_second_order_is_no_new_customer():
    found = row(costs.cac(spent, won, period="month", **KNOWN))
    assert (found.denominator, found.n) == (3, 3)


def test_spend_without_a_channel_is_shared_by_new_customers_alike():
    table = costs.cac_fully_loaded(spent, won, people, period="month", by="channel", **KNOWN).to_pandas()
    january = table[table.period.astype(str) < "2024-02"].set_index("segment")
    assert january.numerator.round(6).to_dict() == {"search": 120, "social": 70, "unknown": 20}  # 60 over three
    assert january.numerator.sum() == pytest.approx(210)


def test_the_channel_is_the_customer_s_own_where_it_is_known():
    own = costs.cac(spent, won, people, by="channel", **KNOWN).to_pandas().set_index("segment")
    assert own.denominator.to_dict() == {"search": 2, "social": 1, "unknown": 1}
    of_orders = costs.cac(spent, won, by="channel", **KNOWN).to_pandas().set_index("segment")
    assert of_orders.denominator.to_dict() == {"search": 0, "shop": 2, "social": 0, "web": 2}


def test_no_new_customers_give_a_missing_value_beside_the_spend():
    more = pd.concat([spent, spend(("2024-03-05", 40.0, "search", "media"))])
    table = with_interval(costs.cac(more, won, period="month", as_of="2024-04-01").to_pandas(), KPIS["cac"].card)
    march = table.iloc[-1]
    assert (march.numerator, march.denominator, march.n) == (40, 0, 0)  # spend is no customer
    assert np.isnan([march.value, march.low, march.high]).all()


def test_spend_on_a_channel_that_brought_nobody_counts_no_customer():
    table = costs.cac(spent, won, by="channel", **KNOWN).to_pandas().set_index("segment")
    assert table.n.to_dict() == {"search": 0, "shop": 2, "social": 0, "web": 2}


@pytest.mark.parametrize("period", [None, "month"])
def test_without_a_row_of_spend_or_of_orders_no_cost_is_said(period):
    assert len(costs.cac(spent.head(0)[["spent_on", "amount"]], won, period=period, **KNOWN).to_pandas()) == 0
    assert len(costs.cac(spent, won.head(0), period=period, **KNOWN).to_pandas()) == 0


@pytest.mark.parametrize(("lag", "expected"), [(0, [(150, 3), (30, 1)]), (1, [(150, 1)]), (2, [])])
def test_spend_may_work_months_later(lag, expected):
    assert counts(costs.cac(spent, won, lag_months=lag, period="month", **KNOWN)) == expected


def test_a_lag_keeps_the_end_of_a_month_in_the_next_month():
    last_day = spend(("2024-01-31", 70.0, "search", "media"), ("2024-01-01", 1.0, "search", "media"))
    assert counts(costs.cac(last_day, won, lag_months=1, period="month", as_of="2024-03-01")) == [(71, 1)]


def test_a_monthly_booking_is_spread_over_weeks_and_daily_ones_are_not():
    monthly = spend(("2024-01-01", 310.0, None, "salaries"), ("2024-01-03", 9.0, "search", "media"))
    table = costs.cac_fully_loaded(monthly, won, period="week", as_of="2024-01-29").to_pandas()
    assert table.numerator.round(6).tolist() == [79, 70, 70, 70]  # ten a day; the media in its own week


def test_customers_from_before_the_first_spend_are_in_no_count():
    late = spend(("2024-01-21", 60.0, "search", "media"))
    assert counts(costs.cac(late, won, as_of="2024-02-01")) == [(60, 1)]  # zoe


def test_spend_from_before_the_orders_is_in_no_count():
    early = spend(("2023-11-10", 500.0, "search", "media"), ("2024-01-10", 10.0, "search", "media"))
    assert counts(costs.cac(early, won, as_of="2024-02-01")) == [(10, 3)]


def test_without_as_of_the_earlier_end_counts_and_a_monthly_row_stands_for_its_month():
    by_month = spend(("2024-01-01", 30.0, "search", "media"))
    assert counts(costs.cac(by_month, won)) == [(30, 3)]  # eve's February is not known to spend
    by_day = spend(("2024-01-01", 10.0, "search", "media"), ("2024-01-22", 10.0, "search", "media"))
    assert counts(costs.cac(by_day, won)) == [(20, 2)]  # known up to the 22nd


def test_spend_of_no_kind_is_media():
    assert counts(costs.cac(spent.drop(columns="kind"), won, **KNOWN)) == [(270, 4)]
    assert counts(costs.cac(spent.assign(kind=[None, None, None, None, "media"]), won, **KNOWN)) == [(270, 4)]


def test_the_running_month_is_partial():
    assert costs.cac(spent, won, period="month", as_of="2024-02-15").to_pandas().status.tolist() == [
        "complete", "partial"
    ]  # fmt: skip


def test_cost_has_the_exact_poisson_interval_of_the_count():
    ten = orders(*[(f"c{i}", "2024-01-05", 1.0) for i in range(10)])
    paid = spend(("2024-01-02", 1000.0, "search", "media"))
    table = with_interval(costs.cac(paid, ten, as_of="2024-02-01").to_pandas(), KPIS["cac"].card).iloc[0]
    low, high = stats.chi2.ppf(0.025, 20) / 2, stats.chi2.ppf(0.975, 22) / 2  # Garwood 1936: 4.795 to 18.39
    assert (table.value, table.low, table.high) == pytest.approx((100, 1000 / high, 1000 / low))
    assert (table.low, table.high) == pytest.approx([float(end) for end in intervals.per_count(1000, 10)])
    assert table.n == 10


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 90)), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_no_cost(later):
    days = [f"{pd.Timestamp('2024-02-08') + pd.Timedelta(days=day):%Y-%m-%d}" for day, _ in later]
    more = orders(*[(f"n{i}", day, 5.0) for i, day in enumerate(days)]).assign(channel="web")
    paid = spend(*[(day, float(amount), "search", "media") for day, (_, amount) in zip(days, later, strict=True)])
    known = {"period": "month", "by": "channel", "as_of": "2024-02-08"}
    before = costs.cac_fully_loaded(spent[spent.spent_on < "2024-02-08"], won[won.ordered_at < "2024-02-08"], **known)
    after = costs.cac_fully_loaded(pd.concat([spent, paid]), pd.concat([won, more]), **known)
    pd.testing.assert_frame_equal(before.to_pandas(), after.to_pandas())


@pytest.mark.parametrize("lag", [-1, 13])
def test_a_lag_out_of_range_is_refused(lag):
    with pytest.raises(ParameterError, match="0 to 12 months"):
        costs.cac(spent, won, lag_months=lag)


def test_monthly_spend_by_hand():
    table = costs.monthly_spend({"spend": spent}, as_of="2024-03-01").to_pandas()
    assert table.media.tolist() == [100, 50, 0, 30, 0]
    assert table.overhead.tolist() == [0, 0, 60, 0, 30]
    assert pd.to_datetime(table.begins).unique().tolist() == [pd.Timestamp("2024-01-01")]
    assert pd.to_datetime(table.ends).unique().tolist() == [pd.Timestamp("2024-02-11")]


def test_monthly_spend_without_spend_has_no_rows():
    assert len(costs.monthly_spend({}).to_pandas()) == 0
