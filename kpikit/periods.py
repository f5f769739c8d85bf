"""Time without a clock: days, periods and half-open windows. The only home of a calendar constant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kpikit.errors import ParameterError, one_of

SECONDS_PER_MINUTE, SECONDS_PER_HOUR, SECONDS_PER_DAY = 60, 3_600, 86_400
DAYS_PER_WEEK = 7
MONTHS_PER_YEAR = 12
MONTHS_PER_QUARTER = 3
MEAN_MONTH_DAYS = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # January first; a Julian year in all
DAYS_PER_YEAR = 365.25  # Julian year; months and weeks are derived from it, so that 12 months are one year
DAYS_PER_UNIT: dict[str, float] = {
    "day": 1.0,
    "week": float(DAYS_PER_WEEK),
    "month": DAYS_PER_YEAR / MONTHS_PER_YEAR,
    "year": DAYS_PER_YEAR,
}
UNITS = ("day", "week", "month", "quarter", "year")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EPOCH = date(1970, 1, 1)
LONGEST_CLOSING_DAYS = 7  # so many days without a row are taken as closed; more were not exported


def as_date(value: date | datetime | str | int, *, name: str = "as_of") -> date:
    """Return ``value`` as a local calendar date.

    Parameters
    ----------
    value
        A date, a datetime at midnight, a pandas Timestamp, or ISO text (``2026-09-30``).

    Raises
    ------
    ParameterError
        When the text is not an ISO date, or a time of day other than midnight is given.

    >>> as_date("2026-09-30")
    datetime.date(2026, 9, 30)
    """
    if isinstance(value, int) or type(value).__name__ == "datetime64":
        value = str(value)  # papermill reads 20260930 as a number
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ParameterError(
                "an ISO date such as 2026-09-30", got=repr(value), fix="Write year-month-day.", where=name
            ) from None
    if isinstance(value, datetime):
        if value.tzinfo is not None or (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
            raise ParameterError(
                "a local date (midnight, no time zone)",
                got=str(value),
                fix="Pass the first day that is not known, for example 2026-10-01 for data through September.",
                where=name,
            )
        return value.date()
    if isinstance(value, date):
        return value
    raise ParameterError("a date or ISO text", got=type(value).__name__, fix="Pass '2026-09-30'.", where=name)


@dataclass(frozen=True)
class Period:
    """A unit of the calendar: ``day``, ``week``, ``month``, ``quarter`` or ``year``.

    A week is written ``week`` when it starts on Monday and ``week-sunday`` (any weekday) when it does not.
    Periods are numbered: ``index`` maps a date to an integer, ``start`` maps it back, so that ages are differences.
    """

    unit: str
    week_start: str = "monday"

    @classmethod
    def parse(cls, text: str | Period) -> Period:
        """Return the period that ``text`` names.

        >>> Period.parse("week-sunday").start(Period.parse("week-sunday").index(date(2026, 1, 7)))
        datetime.date(2026, 1, 4)
        """
        if isinstance(text, Period):
            return text
        unit, _, day = str(text).partition("-")
        if unit == "week" and day:
            one_of("period", text, [f"week-{name}" for name in WEEKDAYS])
            return cls(unit, day)
        one_of("period", text, UNITS)
        return cls(unit)

    def __str__(self) -> str:
        return self.unit if self.week_start == "monday" else f"{self.unit}-{self.week_start}"

    @property
    def week_offset(self) -> int:
        """Days from 1970-01-01 (a Thursday) to the first week start on or after it, 0 to 6."""
        return (WEEKDAYS.index(self.week_start) - EPOCH.weekday()) % DAYS_PER_WEEK

    def index(self, day: date) -> int:
        """Return the number of the period that holds ``day``."""
        day = day.date() if isinstance(day, datetime) else day
        days = (day - EPOCH).days
        if self.unit == "day":
            return days
        if self.unit == "week":
            return (days - self.week_offset) // DAYS_PER_WEEK
        months = day.year * MONTHS_PER_YEAR + day.month - 1
        return {"month": months, "quarter": months // MONTHS_PER_QUARTER, "year": day.year}[self.unit]

    def start(self, index: int) -> date:
        """Return the first day of period number ``index``."""
        if self.unit == "day":
            return EPOCH + timedelta(days=index)
        if self.unit == "week":
            return EPOCH + timedelta(days=index * DAYS_PER_WEEK + self.week_offset)
        months = index * {"month": 1, "quarter": MONTHS_PER_QUARTER, "year": MONTHS_PER_YEAR}[self.unit]
        return date(months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1, 1)

    def label(self, day: date) -> str:
        """Return a reader's name of the period that starts on ``day``.

        >>> Period("quarter").label(date(2026, 7, 1)), Period("month").label(date(2026, 7, 1))
        ('2026-Q3', '2026-07')
        """
        if self.unit == "quarter":
            return f"{day.year}-Q{(day.month - 1) // MONTHS_PER_QUARTER + 1}"
        if self.unit == "year":
            return str(day.year)
        return f"{day:%Y-%m}" if self.unit == "month" else f"{day:%Y-%m-%d}"


@dataclass(frozen=True)
class Window:
    """A half-open span of local days: ``start`` is in it, ``end`` is not."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ParameterError(
                "a window that ends after it starts", got=f"{self.start} to {self.end}", fix="Swap or move the ends."
            )

    @property
    def days(self) -> int:
        """Number of days in the window."""
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


def named_window(text: str) -> Window:
    """Return the window that a period's name means: ``2026``, ``2026-Q3``, ``2026-09``, ``2026-09-14``.

    >>> named_window("2026-Q3")
    Window(start=datetime.date(2026, 7, 1), end=datetime.date(2026, 10, 1))
    """
    period, number = _named(text)
    return Window(period.start(number), period.start(number + 1))


def next_review(as_of: date, every: str) -> date:
    """Return the day of the next review: the first of the week, month, quarter or year after ``as_of``.

    >>> next_review(date(2026, 9, 17), "quarter")
    datetime.date(2026, 10, 1)
    """
    period = Period.parse(every)
    return period.start(period.index(as_of) + 1)


def named_periods(first: str, last: str) -> list[str]:
    """Return the names of all periods from one to another, both included.

    Raises
    ------
    ParameterError
        When a name means no period, the two are of different lengths, or the last is before the first.

    >>> named_periods("2025-11", "2026-02")
    ['2025-11', '2025-12', '2026-01', '2026-02']
    """
    (period, begins), (other, ends) = _named(first), _named(last)
    if period != other or ends < begins:
        raise ParameterError(
            "two periods of one length, the later one last", got=f"{first} to {last}",
            fix="Write both as 2026-01, or both as 2026-Q1.", where="from, to",
        )  # fmt: skip
    return [period.label(period.start(number)) for number in range(begins, ends + 1)]


def _named(text: str) -> tuple[Period, int]:
    """Return the unit and the number of the period that a name means."""
    text = str(text)  # papermill reads 2026 as a number
    try:
        if len(text) == 4:
            period, day = Period("year"), date(int(text), 1, 1)
        elif text[4:6].upper() == "-Q":
            period, day = Period("quarter"), date(int(text[:4]), MONTHS_PER_QUARTER * int(text[6:]) - 2, 1)
        elif len(text) == 7:
            period, day = Period("month"), date.fromisoformat(f"{text}-01")
        else:
            period, day = Period("day"), date.fromisoformat(text)
        period.start(period.index(day) + 1)
        return period, period.index(day)
    except (ValueError, OverflowError):  # not a date, or the calendar ends with it
        raise ParameterError(
            "a period such as 2026, 2026-Q3, 2026-09 or 2026-09-14", got=repr(text), fix="Write it so.", where="period"
        ) from None
