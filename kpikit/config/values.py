"""The kinds of value that stand in kpikit.yaml: days, spans of time, SQL, names of tables."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from kpikit.config.expressions import check_expression, check_query
from kpikit.contracts import CONTRACTS
from kpikit.errors import listed, nearest
from kpikit.periods import MONTHS_PER_YEAR

SPAN = re.compile(r"\s*(\d{1,5})\s*(hour|day|week)s?\s*")


def wrong(expected: str, got: str, fix: str = "") -> PydanticCustomError:
    """Return the error of a value, in the three parts that every message has."""
    # the braces of a value must not be read as placeholders of the message
    return PydanticCustomError("kpikit", "{expected}", {"expected": expected, "got": got, "fix": fix})


def _as_day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise wrong("a date such as 2026-12-31", repr(value), "Write year-month-day.") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise wrong("a date such as 2026-12-31", repr(value), "Write year-month-day.")
    return value


def _as_span(value: object) -> object:
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, timedelta):
        return value
    if match is None:
        raise wrong("a time span such as '2 days' or '36 hours'", repr(value), "Write it like 2 days.")
    return timedelta(**{f"{match[2]}s": int(match[1])})


def _as_sql(value: object) -> object:
    if isinstance(value, bool):  # YAML's own true and false are SQL's too
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _in_lower_case(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def _checked(check: Any, what: str, fix: str) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            return str(check(text))
        except ValueError as error:
            raise wrong(what, str(error), fix) from None

    return AfterValidator(validate)


def _one_contract(name: str) -> str:
    if name not in CONTRACTS:
        hint = nearest(name, CONTRACTS)
        raise wrong(f"one of the tables {listed(CONTRACTS)}", repr(name), f"Did you mean {hint!r}?" if hint else "")
    return name


def _twelve(factors: tuple[float, ...]) -> tuple[float, ...]:
    if factors and (len(factors) != MONTHS_PER_YEAR or min(factors) <= 0):
        fix = "Write [0.8, 0.9, …], January first; 1.4 is 1.4 times the purchases of an average month."
        raise wrong("twelve factors, each above 0", f"{len(factors)}, the smallest {min(factors):g}", fix)
    return factors


Day = Annotated[date, BeforeValidator(_as_day)]
Span = Annotated[timedelta, BeforeValidator(_as_span)]
Expression = Annotated[
    str,
    BeforeValidator(_as_sql),
    _checked(check_expression, "one SQL expression or column name", "Write one DuckDB expression, without ';'."),
]
Query = Annotated[str, _checked(check_query, "one SELECT", "Write one SELECT, without ';'; kpikit only reads.")]
TableName = Annotated[str, AfterValidator(_one_contract)]
Rate = Annotated[float, Field(ge=0, le=1)]
MonthFactors = Annotated[tuple[float, ...], Field(strict=False), AfterValidator(_twelve)]
Weekday = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    BeforeValidator(_in_lower_case),
]
Days = Annotated[tuple[Day, ...], Field(strict=False)]
Words = Annotated[tuple[str, ...], Field(strict=False)]
