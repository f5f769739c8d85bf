"""Periods against pandas' calendar, as round trips, and at the days where calendars break."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit.errors import ParameterError
from kpikit.periods import DAYS_PER_UNIT, UNITS, WEEKDAYS, Period, Window, as_date, named_periods, named_window

EVERY = [Period.parse(text) for text in (*UNITS, *(f"week-{day}" for day in WEEKDAYS))]
ANY_DAY = st.dates(date(1900, 1, 1), date(2199, 12, 31))
PANDAS = {"day": "D", "month": "M", "quarter": "Q", "year": "Y"}


@pytest.mark.parametrize("period", EVERY, ids=str)
@given(day=ANY_DAY)
def test_every_day_lies_between_the_start_of_its_period_and_the_next(period, day):
    number = period.index(day)
    assert period.start(number) <= day < period.start(number + 1)
    assert period.index(period.start(number)) == number


@pytest.mark.parametrize("period", EVERY, ids=str)
@given(number=st.integers(-800, 900))
def test_start_then_index_comes_back(period, number):
    number = number + 1970 if period.unit == "year" else number + 23_640 if period.unit == "month" else number
    number = number + 7_880 if period.unit == "quarter" else number
    assert period.index(period.start(number)) == number


@pytest.mark.parametrize("period", EVERY, ids=str)
@given(day=ANY_DAY)
def test_starts_equal_pandas_periods(period, day):
    if period.unit == "week":
        last = WEEKDAYS[(WEEKDAYS.index(period.week_start) - 1) % 7][:3].upper()
        start = pd.Period(day, freq=f"W-{last}").start_time.date()
    else:
        start = pd.Period(day, freq=PANDAS[period.unit]).start_time.date()
    assert period.start(period.index(day)) == start


@given(st.sampled_from(EVERY), ANY_DAY)
def test_the_last_day_and_the_first_belong_to_neighbouring_periods(period, day):
    start = period.start(period.index(day))
    assert period.index(start - timedelta(days=1)) == period.index(start) - 1


def test_a_datetime_counts_as_its_day():
    assert Period("day").index(datetime(1970, 1, 2, 23, 59)) == 1


def test_twelve_months_are_one_year_and_weeks_are_seven_days():
    assert DAYS_PER_UNIT["month"] * 12 == DAYS_PER_UNIT["year"] == 365.25
    assert DAYS_PER_UNIT["week"] == 7 * DAYS_PER_UNIT["day"]


@pytest.mark.parametrize("text", [*UNITS, "week-sunday", "week-thursday"])
def test_parse_and_str_are_inverse(text):
    assert str(Period.parse(text)) == text
    assert Period.parse(Period.parse(text)) == Period.parse(text)


def test_week_monday_is_week():
    assert Period.parse("week-monday") == Period.parse("week")


@pytest.mark.parametrize(
    ("text", "hint"),
    [("months", "month"), ("week-sunnday", "week-sunday"), ("month-sunday", ""), ("", ""), ("fortnight", "")],
)
def test_unknown_periods_are_named(text, hint):
    with pytest.raises(ParameterError, match=f"^period: expected one of .*{hint}"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("day", "2026-10-01"),
        ("week", "2026-10-01"),
        ("week-sunday", "2026-10-01"),
        ("month", "2026-10"),
        ("quarter", "2026-Q4"),
        ("year", "2026"),
    ],
)
def test_labels_name_the_period_as_readers_do(text, label):
    assert Period.parse(text).label(date(2026, 10, 1)) == label


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2024, 2, 29), date(2024, 2, 29)),
        (datetime(2024, 2, 29), date(2024, 2, 29)),
        (pd.Timestamp("2024-02-29"), date(2024, 2, 29)),
        (" 2024-02-29 ", date(2024, 2, 29)),
        ("2024-02-29T00:00:00", date(2024, 2, 29)),
        ("1969-12-31", date(1969, 12, 31)),
    ],
)
def test_as_date_takes_days_however_written(value, day):
    found = as_date(value)
    assert found == day
    assert type(found) is date


@pytest.mark.parametrize(
    "value",
    [
        "30.09.2026",
        "2026-02-30",
        "yesterday",
        "",
        "2026-09-30T12:00",
        datetime(2026, 9, 30, 0, 0, 1),
        datetime(2026, 9, 30, tzinfo=UTC),
        pd.NaT,
        2026,
        None,
    ],
)
def test_as_date_refuses_what_is_not_one_local_day(value):
    with pytest.raises(ParameterError, match=r"^cutoff: expected .*; found "):
        as_date(value, name="cutoff")


def test_a_window_holds_its_start_and_not_its_end():
    window = Window(date(2024, 2, 1), date(2024, 3, 1))
    assert window.days == 29
    assert date(2024, 2, 1) in window
    assert date(2024, 2, 29) in window
    assert date(2024, 3, 1) not in window
    assert date(2024, 1, 31) not in window


@pytest.mark.parametrize("end", [date(2024, 2, 1), date(2024, 1, 31)])
def test_an_empty_or_backward_window_is_refused(end):
    with pytest.raises(ParameterError, match="ends after it starts"):
        Window(date(2024, 2, 1), end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026-12-31", date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_a_period_by_name_is_a_window(text, start, end):
    assert named_window(text) == Window(start, end)


@pytest.mark.parametrize(
    "text", ["", "26", "2026-Q5", "2026-Q0", "2026-Q", "2026-13", "2026-9", "September", "2026-02-30", "9999"]
)
def test_names_that_mean_no_period_are_refused(text):
    with pytest.raises(ParameterError, match=r"^period: expected a period such as 2026, "):
        named_window(text)


@pytest.mark.parametrize(
    ("first", "last"), [("2026-02", "2026-01"), ("2026-01", "2026-Q1"), ("2026", "2026-12"), ("2026-13", "2026-14")]
)
def test_periods_to_fill_in_are_of_one_length_and_in_order(first, last):
    with pytest.raises(ParameterError, match=r"two periods of one length|a period such as"):
        named_periods(first, last)


def test_periods_to_fill_in_are_named_one_by_one():
    assert named_periods("2024-Q4", "2025-Q2") == ["2024-Q4", "2025-Q1", "2025-Q2"]
    assert named_periods("2024-02-28", "2024-03-01") == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert named_periods("2024", "2024") == ["2024"]
