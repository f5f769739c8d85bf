"""Hours between two local moments: on the calendar, in real time of a zone, or while the business is open.

A moment is a whole number here: seconds since 1970-01-01 on the local clock. A *clock* maps it to seconds that have
passed since some fixed start, by arithmetic on its own row: the difference of two readings is a duration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from kpikit.errors import ConfigError, ParameterError, one_of
from kpikit.periods import DAYS_PER_WEEK, EPOCH, SECONDS_PER_DAY, SECONDS_PER_HOUR, WEEKDAYS
from kpikit.timeline import days, quotient, seconds_of_day, whole

FIRST_MONDAY = 4  # 1970-01-05, as a number of days
FIRST_YEAR_OF_ZONES, LAST_YEAR_OF_ZONES = 2000, 2040
KINDS = ("calendar", "business")
Schedule = Mapping[int, tuple[time, time]]


def local_seconds(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return whole seconds since 1970-01-01 of local timestamps, whatever zone the engine lives in."""
    return (days(moment) * SECONDS_PER_DAY + seconds_of_day(moment)).cast("int64")


def hours_between(
    start: ir.IntegerValue,
    end: ir.IntegerValue,
    *,
    hours: str = "calendar",
    schedule: Schedule | None = None,
    holidays: Iterable[date] = (),
    timezone: str = "",
    last_year: int = LAST_YEAR_OF_ZONES,
) -> ir.FloatingValue:
    """Return the hours from one moment to another, 0 where the end comes first.

    Parameters
    ----------
    start, end
        Local seconds, as :func:`local_seconds` gives them.
    hours
        ``calendar`` or ``business``: whether only the hours count in which the business is open.
    schedule
        Opening and closing time by weekday (Monday 0); a weekday that is not there is closed; closing at 00:00 is the
        end of the day. Only for business hours.
    holidays
        Days on which the business is closed. Only for business hours.
    timezone
        Name of the zone that the local times are of. Calendar hours are then those that really passed: a night in
        which clocks go forward has an hour less. Without it every day has 24. An hour that comes twice is read as its
        first. Business hours need no zone.
    last_year
        Changes of the zone's clocks are known from 2000 up to this year.

    Raises
    ------
    ParameterError
        When ``hours`` is not one of the two.
    ConfigError
        When business hours are asked for and no weekday is open.
    """
    one_of("hours", hours, KINDS)
    if hours == "business":
        week = checked(schedule)
        closed = sorted(set(holidays))
        passed = open_seconds(end, week, closed) - open_seconds(start, week, closed)
    elif timezone:
        passed = real_seconds(end, timezone, last_year) - real_seconds(start, timezone, last_year)
    else:
        passed = end - start
    return quotient(ibis.greatest(passed, ibis.literal(0, type="int64")), SECONDS_PER_HOUR)


def checked(schedule: Schedule | None) -> dict[int, tuple[int, int]]:
    """Return opening and closing by weekday as seconds of the day."""
    found: dict[int, tuple[int, int]] = {}
    for day, (opens, closes) in (schedule or {}).items():
        if day not in range(DAYS_PER_WEEK):
            raise ParameterError("a weekday from 0 (Monday) to 6", got=repr(day), where="schedule")
        first, last = _second_of_day(opens), _second_of_day(closes) or SECONDS_PER_DAY
        if last <= first:
            raise ConfigError(
                "opening hours that end after they begin", got=f"{WEEKDAYS[day]} {opens:%H:%M}-{closes:%H:%M}",
                fix="Split what crosses midnight into two days.", where="business.hours",
            )  # fmt: skip
        found[day] = (first, last)
    if not found:
        raise ConfigError(
            "opening hours on at least one weekday", got="a schedule without open hours",
            fix='Write them in kpikit.yaml, for example business: {hours: {mon-fri: "09:00-18:00"}}, or count '
            "calendar hours: kpis: {first_response_time: {hours: calendar}}.", where="business.hours",
        )  # fmt: skip
    return found


def _second_of_day(clock: time) -> int:
    return (clock.hour * 60 + clock.minute) * 60 + clock.second


def open_seconds(local: ir.IntegerValue, week: Mapping[int, tuple[int, int]], holidays: list[date]) -> ir.IntegerValue:
    """Return the seconds for which the business was open since Monday 1970-01-05: whole weeks, then the week's own.

    Holidays that are over are subtracted with their whole day; one that is running adds nothing.
    """
    day = whole(local, SECONDS_PER_DAY)
    clock = local - day * SECONDS_PER_DAY
    number = whole(day - FIRST_MONDAY, DAYS_PER_WEEK)
    weekday = day - FIRST_MONDAY - number * DAYS_PER_WEEK
    lengths = [_length(week, each) for each in range(DAYS_PER_WEEK)]
    before = _chosen(weekday, {each: sum(lengths[:each]) for each in range(DAYS_PER_WEEK)})
    today = _open_today(weekday, clock, week)
    lost = [((one - EPOCH).days, _length(week, one.weekday())) for one in holidays if one.weekday() in week]
    if not lost:
        return number * sum(lengths) + before + today
    so_far = [sum(length for _, length in lost[: place + 1]) for place in range(len(lost))]
    over = [(day > at, _whole(total)) for (at, _), total in zip(lost, so_far, strict=True)]
    today = day.isin([at for at, _ in lost]).ifelse(_whole(0), today)
    return number * sum(lengths) + before + today - ibis.cases(*reversed(over), else_=_whole(0))


def _length(week: Mapping[int, tuple[int, int]], weekday: int) -> int:
    opens, closes = week.get(weekday, (0, 0))
    return closes - opens


def _open_today(weekday: ir.IntegerValue, clock: ir.IntegerValue, week: Mapping[int, tuple[int, int]]) -> ir.Value:
    """Return the seconds for which the business has been open since midnight."""
    spans = [
        (weekday == day, ibis.greatest(ibis.least(clock, _whole(closes)) - opens, _whole(0)))
        for day, (opens, closes) in week.items()
    ]
    return ibis.cases(*spans, else_=_whole(0))


def _chosen(number: ir.IntegerValue, values: Mapping[int, int]) -> ir.IntegerValue:
    return ibis.cases(*((number == key, _whole(value)) for key, value in values.items()), else_=_whole(0))


def _whole(value: int) -> ir.IntegerScalar:
    return ibis.literal(value, type="int64")


def real_seconds(local: ir.IntegerValue, timezone: str, last_year: int = LAST_YEAR_OF_ZONES) -> ir.IntegerValue:
    """Return seconds since 1970-01-01 in UTC of moments on a zone's local clock."""
    first, changes = clock_changes(timezone, last_year)
    if not changes:
        return local - first
    branches = [(local >= since, _whole(offset)) for since, offset in reversed(changes)]
    return local - ibis.cases(*branches, else_=_whole(first))


@cache
def clock_changes(timezone: str, last_year: int = LAST_YEAR_OF_ZONES) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return a zone's first offset from UTC, and each change: local second from which it holds, offset in seconds."""
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise ParameterError("a time zone such as Europe/Lisbon", got=repr(timezone), where="timezone") from None

    def offset(second: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        shift = moment.astimezone(zone).utcoffset()
        return 0 if shift is None else int(shift.total_seconds())

    first, last = ((date(year, 1, 1) - EPOCH).days * SECONDS_PER_DAY for year in (FIRST_YEAR_OF_ZONES, last_year + 1))
    known, changes = offset(first), []
    start = known
    for day in range(first, last, SECONDS_PER_DAY):
        if (later := offset(day + SECONDS_PER_DAY)) != known:
            low, high = day, day + SECONDS_PER_DAY
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == known else (low, middle)
            changes.append((high + max(known, later), later))  # a missing hour and a repeated one are read as before it
            known = later
    return start, tuple(changes)
