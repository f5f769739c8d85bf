"""The engine's calendar against the package's: the same number for every day, on both sides of 1970."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest
from shops import orders, three_months

from kpikit import timeline
from kpikit.contracts import as_table
from kpikit.handing import in_engine
from kpikit.periods import UNITS, WEEKDAYS, Period

EVERY = [*UNITS, *(f"week-{day}" for day in WEEKDAYS)]
TURNS = ["1899-12-31", "1904-02-29", "1968-12-31", "1969-12-28", "1969-12-31", "1970-01-01", "1970-01-05", "1999-12-31",
         "2000-02-29", "2023-12-31", "2024-02-29", "2024-12-30", "2025-01-01", "2026-11-30", "2100-02-28"]  # fmt: skip
DAYS = [date.fromisoformat(text) + timedelta(days=step) for text in TURNS for step in (-1, 0, 1)]
MOMENTS = in_engine(
    pd.DataFrame({"day": DAYS, "at": [pd.Timestamp(day) + pd.Timedelta("23:59:59") for day in DAYS]}).astype(
        {"at": "datetime64[us]"}
    )
)

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("period", EVERY)
def test_the_engine_numbers_periods_as_python_does(period):
    of_time, of_day = timeline.period_index(MOMENTS.at, period), timeline.period_index(MOMENTS.day.cast("date"), period)
    table = MOMENTS.select("day", of_time=of_time, of_day=of_day).to_pandas()
    expected = {day: Period.parse(period).index(day) for day in DAYS}
    found = [(pd.Timestamp(row.day).date(), row.of_time, row.of_day) for row in table.itertuples()]
    assert len(found) == len(DAYS)
    assert all(by_time == by_day == expected[day] for day, by_time, by_day in found)


@pytest.mark.parametrize("period", EVERY)
def test_the_engine_starts_periods_as_python_does(period):
    number = timeline.period_index(MOMENTS.at, period)
    table = MOMENTS.select("day", number=number, start=timeline.period_start(number, period)).to_pandas()
    unit = Period.parse(period)
    assert [pd.Timestamp(value).date() for value in table.start] == [unit.start(int(n)) for n in table.number]


def test_days_are_counted_from_1970_whatever_the_hour():
    table = MOMENTS.select("day", number=timeline.days(MOMENTS.at)).to_pandas()
    assert [int(n) for n in table.number] == [(pd.Timestamp(day).date() - date(1970, 1, 1)).days for day in table.day]


def test_end_of_data_is_the_day_after_the_newest_row():
    table = as_table("orders", three_months)
    assert pd.Timestamp(timeline.end_of_data(table).to_pandas()) == pd.Timestamp("2024-04-01")
    assert pd.Timestamp(timeline.end_of_data(table, "2024-02-01").to_pandas()) == pd.Timestamp("2024-02-01")


def test_before_excludes_the_first_instant_of_the_day():
    moments = in_engine(pd.DataFrame({"at": [pd.Timestamp("2024-01-31 23:59:59.999999"), pd.Timestamp("2024-02-01")]}))
    for day in (date(2024, 2, 1), ibis.date("2024-02-01")):
        kept = moments.filter(timeline.before(moments.at, day)).to_pandas()
        assert kept["at"].tolist() == [pd.Timestamp("2024-01-31 23:59:59.999999")]


def test_refunds_move_money_and_are_no_activity_and_zero_is_an_order():
    table = as_table("orders", orders(("a", "2024-01-01", 5.0), ("a", "2024-01-02", -5.0), ("b", "2024-01-03", 0.0)))
    assert timeline.marked(table).order_by("ordered_at").to_pandas().is_activity.tolist() == [True, False, True]
    assert len(timeline.activity(table).to_pandas()) == 2


def test_a_refund_flag_beats_a_positive_amount_and_a_missing_flag_is_no_refund():
    frame = orders(("a", "2024-01-01", 5.0), ("b", "2024-01-02", 5.0), ("c", "2024-01-03", -1.0))
    table = as_table("orders", frame.assign(is_refund=pd.array([True, None, None], dtype="boolean")))
    assert timeline.activity(table).to_pandas().customer_id.tolist() == ["b"]


def test_a_missing_amount_is_no_activity():
    table = as_table("orders", orders(("a", "2024-01-01", float("nan")), ("b", "2024-01-02", 1.0)).convert_dtypes())
    assert timeline.activity(table).to_pandas().customer_id.tolist() == ["b"]


def test_the_loader_s_mark_stands():
    table = as_table(
        "orders", orders(("a", "2024-01-01", 5.0), ("b", "2024-01-02", -5.0)).assign(is_activity=[False, True])
    )
    assert timeline.activity(table).to_pandas().customer_id.tolist() == ["b"]


def test_orders_without_customer_or_time_or_after_as_of_are_not_known():
    frame = orders(("a", "2024-01-01", 1.0), ("b", "2024-02-01", 1.0), (None, "2024-01-01", 1.0), ("d", "NaT", 1.0))
    table = as_table("orders", frame)
    assert sorted(timeline.marked(table).to_pandas().customer_id) == ["a", "b"]
    assert timeline.marked(table, "2024-02-01").to_pandas().customer_id.tolist() == ["a"]


def test_a_missing_segment_is_unknown_and_numbers_become_text():
    table = in_engine(pd.DataFrame({"shop": ["north", None], "floor": [1, 2]}))
    shown = table.select(shop=timeline.segment_of(table, "shop"), floor=timeline.segment_of(table, "floor")).to_pandas()
    assert sorted(shown["shop"]) == ["north", "unknown"]
    assert sorted(shown["floor"]) == ["1", "2"]
