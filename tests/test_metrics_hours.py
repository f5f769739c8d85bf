"""Hours between two moments: on the calendar, through a change of clocks, and while the business is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import ConfigError, ParameterError
from kpikit.handing import in_engine
from kpikit.metrics.hours import clock_changes, hours_between, local_seconds

pytestmark = pytest.mark.usefixtures("engine")

NINE_TO_SIX = dict.fromkeys(range(5), (time(9), time(18)))
CHRISTMAS = (date(2025, 12, 25), date(2025, 12, 26), date(2025, 12, 27))  # Thursday, Friday, Saturday


def hours(*spans: tuple[str, str], **options) -> list[float]:
    frame = pd.DataFrame(spans, columns=["start", "end"]).map(pd.Timestamp).astype("datetime64[us]")
    frame["place"] = range(len(frame))
    table = in_engine(frame)
    value = hours_between(local_seconds(table.start), local_seconds(table.end), **options)
    return table.select("place", value=value).order_by("place").to_pandas().value.tolist()


def business(start: str, end: str, **options) -> float:
    return hours((start, end), hours="business", **{"schedule": NINE_TO_SIX, **options})[0]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-09-14 10:00", "2026-09-14 12:30", 2.5),  # a Monday
        ("2026-09-14 07:00", "2026-09-14 10:00", 1.0),  # before it opens
        ("2026-09-14 17:00", "2026-09-14 23:00", 1.0),  # after it has closed
        ("2026-09-14 19:00", "2026-09-15 08:59", 0.0),  # through the night
        ("2026-09-18 17:00", "2026-09-21 10:00", 2.0),  # Friday to Monday
        ("2026-09-19 00:00", "2026-09-20 23:59", 0.0),  # a weekend
        ("2026-09-14 09:00", "2026-10-05 09:00", 3 * 45.0),  # three weeks
        ("2026-09-16 12:00", "2026-09-29 15:00", 6 + 2 * 9 + 45 + 9 + 6),
        ("1969-12-31 17:00", "1970-01-01 10:00", 2.0),  # before the count begins
    ],
)
def test_business_hours_by_hand(start, end, expected):
    assert business(start, end) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-12-24 17:00", "2025-12-29 10:00", 2.0),  # Christmas Eve to Monday
        ("2025-12-25 10:00", "2025-12-25 12:00", 0.0),  # on a holiday
        ("2025-12-25 10:00", "2025-12-29 11:00", 2.0),  # from a holiday
        ("2025-12-24 10:00", "2025-12-26 12:00", 8.0),  # to a holiday
        ("2025-12-22 09:00", "2026-01-05 09:00", 90.0 - 18.0),  # the third was a Saturday: closed anyway
    ],
)
def test_holidays_are_closed(start, end, expected):
    assert business(start, end, holidays=CHRISTMAS) == expected


def test_each_weekday_has_its_own_hours_and_midnight_ends_a_day():
    schedule = {0: (time(8, 30), time(12)), 5: (time(20), time(0))}
    assert business("2026-09-14 00:00", "2026-09-21 00:00", schedule=schedule) == 3.5 + 4
    assert business("2026-09-19 22:00", "2026-09-20 10:00", schedule=schedule) == 2


def test_business_hours_are_those_counted_minute_by_minute():
    """Independent computation: open minutes, one after the other."""
    rng = np.random.default_rng(6)
    schedule = {
        0: (time(9), time(17, 30)),
        2: (time(0), time(0)),
        3: (time(7, 15), time(7, 16)),
        6: (time(12), time(22)),
    }
    begin = datetime(2025, 12, 15)
    minutes = [begin + timedelta(minutes=i) for i in range(21 * 24 * 60)]

    def is_open(moment: datetime) -> bool:
        opens, closes = schedule.get(moment.weekday(), (time(0), time(0, 0, 0)))
        until = time.max if closes == time(0) else closes
        return moment.weekday() in schedule and moment.date() not in CHRISTMAS and opens <= moment.time() < until

    total = np.concatenate([[0], np.cumsum([is_open(moment) for moment in minutes])])
    spans = [sorted(rng.integers(0, len(minutes), 2)) for _ in range(40)]
    counted = [(total[b] - total[a]) / 60 for a, b in spans]
    texts = [(str(minutes[a]), str(minutes[b])) for a, b in spans]
    assert hours(*texts, hours="business", schedule=schedule, holidays=CHRISTMAS) == pytest.approx(counted)


def test_calendar_hours_count_every_day_as_24():
    assert hours(("2026-03-28 12:00", "2026-03-29 12:00"), ("2026-09-14 10:00", "2026-09-14 10:00:36")) == [24, 0.01]


def test_an_answer_dated_before_its_question_is_at_once():
    assert hours(("2026-09-14 10:00", "2026-09-14 09:00")) == [0]


def test_a_night_in_which_clocks_change_has_23_or_25_hours():
    days = [("2026-03-28 12:00", "2026-03-29 12:00"), ("2025-10-25 12:00", "2025-10-26 12:00")]
    assert hours(*days, timezone="Europe/Lisbon") == [23, 25]
    assert hours(*days, timezone="Asia/Tokyo") == [24, 24]
    assert hours(*days, timezone="UTC") == [24, 24]


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_real_time_is_that_of_the_zone(zone):
    """Independent computation: zoneinfo's own offsets, moment by moment."""
    rng = np.random.default_rng(7)
    starts = [datetime(2015, 1, 1) + timedelta(minutes=int(m)) for m in rng.integers(0, 11 * 365 * 1440, 60)]
    ends = [start + timedelta(minutes=int(m)) for start, m in zip(starts, rng.integers(0, 400 * 1440, 60), strict=True)]

    def instant(moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    counted = [(instant(b) - instant(a)).total_seconds() / 3600 for a, b in zip(starts, ends, strict=True)]
    texts = [(str(a), str(b)) for a, b in zip(starts, ends, strict=True)]
    assert hours(*texts, timezone=zone) == pytest.approx(counted)


def test_changes_of_a_zone_hold_from_after_the_missing_and_the_repeated_hour():
    _, changes = clock_changes("Europe/Lisbon", 2026)
    last = [(datetime(1970, 1, 1) + timedelta(seconds=since), offset) for since, offset in changes[-2:]]
    assert last == [(datetime(2026, 3, 29, 2), 3600), (datetime(2026, 10, 25, 2), 0)]


@pytest.mark.parametrize("schedule", [None, {}])
def test_a_schedule_without_open_hours_is_an_error_that_says_what_to_write(schedule):
    with pytest.raises(ConfigError, match=r"without open hours.*mon-fri") as error:
        business("2026-09-14 10:00", "2026-09-14 12:00", schedule=schedule)
    assert error.value.where == "business.hours"


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ConfigError, {"schedule": {0: (time(18), time(2))}}),
        (ParameterError, {"schedule": {7: (time(9), time(10))}}),
        (ParameterError, {"hours": "busines", "schedule": NINE_TO_SIX}),
        (ParameterError, {"hours": "calendar", "timezone": "Europe/Lisboa"}),
    ],
)
def test_wrong_settings_are_refused(error, options):
    with pytest.raises(error):
        hours(("2026-09-14 10:00", "2026-09-14 12:00"), **{"hours": "business", **options})
