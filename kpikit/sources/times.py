"""Dates and times written as text: ISO first, then the one other format that every value fits."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from kpikit.errors import ContractError, listed
from kpikit.sources.engine import row, run, text
from kpikit.sources.mapping import Mapped
from kpikit.sources.reading import Raw

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

ISO = r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}.*)?"
ZONED = r".*\d{1,2}:\d{2}[\d:.]* ?(Z|[+-]\d{2}(:?\d{2})?)"
OFFSET = r"(:\d{2}[\d:.]*) *([+-]\d{2}):?(\d{2})?$"  # 14:46:28 -0500 becomes 14:46:28-05:00, which DuckDB reads
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS = (
    "%Y/%m/%d", "%Y.%m.%d",
    *(f"{first}{sign}{second}{sign}{year}" for sign in "/.-" for first, second in (("%d", "%m"), ("%m", "%d"))
      for year in ("%Y", "%y")),
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
COMPACT = {"%Y%m%d": 8, "%Y%m%d%H%M%S": 14}  # format: length; a number of another length is not a date
YEAR = r"(^|\D)\d{4}(\D|$)"
FORMATS = (*COMPACT, *(day + clock for day in DAYS for clock in CLOCKS))
SAMPLE = 2000
COUNTED = (  # numbers of these sizes, what they count, and the expression that reads them
    (r"[2-7]\d{4}(\.\d+)?", "days since 1899-12-30, as Excel counts",
     "TIMESTAMP '1899-12-30' + to_seconds(round(CAST({} AS DOUBLE) * 86400))"),
    (r"\d{9,10}(\.\d+)?", "seconds since 1970", "to_timestamp(CAST({} AS DOUBLE))"),
    (r"\d{12,13}", "milliseconds since 1970", "to_timestamp(CAST({} AS DOUBLE) / 1000)"),
)  # fmt: skip


def time(
    connection: Backend, item: Mapped, value: str, raw: Raw, table: str, timezone: str, as_of: date | None = None
) -> tuple[str, str, int]:
    """Return the SQL of a text column as local time, what was repaired (or nothing), and in how many rows.

    Where ``as_of`` is known, the values before it must say by themselves how they are read: what is dated later may not
    decide between day and month.

    Raises
    ------
    ContractError
        When values fit no format, fit two that mean different days, or mix times with and without a zone.
    """
    moment = _zoned(value)
    filled, iso, zoned = row(
        connection,
        f"SELECT count({value}), count(*) FILTER (regexp_full_match({value}, {text(ISO)}) AND "
        f"TRY_CAST({moment} AS TIMESTAMPTZ) IS NOT NULL), count(*) FILTER (regexp_full_match({value}, {text(ZONED)})) "
        f"FROM {raw.relation}",
    )
    if iso == filled and zoned == 0:
        return f"CAST({value} AS TIMESTAMP)", "", 0
    if iso == filled and zoned == filled:
        return f"timezone({text(timezone)}, CAST({moment} AS TIMESTAMPTZ))", "", 0
    if iso == filled:
        raise _mixed(connection, item, value, raw, table)
    fits = _fitting(connection, value, raw, filled)
    if not fits:
        raise _unreadable(connection, item, value, raw, table)
    chosen = fits[0]
    if len(fits) > 1 and _differ(connection, value, raw, fits):
        raise _ambiguous(connection, item, value, raw, table, fits)
    if as_of is not None:
        known = f"strptime({value}, {text(chosen)}) < TIMESTAMP '{as_of.isoformat()} 00:00:00'"
        fits = _fitting(connection, value, raw, None, known)
        if len(fits) > 1 and _differ(connection, value, raw, fits, known):
            raise _ambiguous(connection, item, value, raw, table, [chosen, *(form for form in fits if form != chosen)])
    return f"strptime({value}, {text(chosen)})", f"dates were read as {chosen}", filled


def _zoned(value: str) -> str:
    """Return the SQL of a text with its offset as DuckDB reads it; a text without one stays as it is."""
    filled = f"regexp_replace({value}, {text(OFFSET)}, '\\1\\2:\\3')"
    return f"regexp_replace({filled}, '([+-]\\d{{2}}):$', '\\1:00')"


def _fitting(connection: Backend, value: str, raw: Raw, filled: int | None, known: str = "TRUE") -> list[str]:
    """Return the formats that every known value fits; a sample sorts out most before the whole column is read."""
    rows = f"{raw.relation} WHERE {value} IS NOT NULL AND {known}"
    sample = f"(SELECT DISTINCT {value} AS v FROM {rows} LIMIT {SAMPLE})"
    tests = ", ".join(f"bool_and({_reads('v', form)})" for form in FORMATS)
    hopeful = [
        form for form, fits in zip(FORMATS, row(connection, f"SELECT {tests} FROM {sample}"), strict=True) if fits
    ]
    if not hopeful:
        return []
    tests = ", ".join(f"count(*) FILTER ({_reads(value, form)})" for form in hopeful)
    found, *counts = row(connection, f"SELECT count(*), {tests} FROM {rows}")
    return [form for form, count in zip(hopeful, counts, strict=True) if count == (found if filled is None else filled)]


def _reads(value: str, form: str) -> str:
    """Return the SQL that says whether a value fits a format; years must be written with as many digits as asked."""
    read = f"try_strptime({value}, {text(form)})"
    if form in COMPACT:
        return f"({read} IS NOT NULL AND length({value}) = {COMPACT[form]} AND year({read}) BETWEEN 1900 AND 2199)"
    four_digits = f"regexp_matches({value}, {text(YEAR)})"
    return f"({read} IS NOT NULL AND {four_digits if '%Y' in form else f'NOT {four_digits}'})"


def _differ(connection: Backend, value: str, raw: Raw, fits: list[str], known: str = "TRUE") -> bool:
    first = f"strptime({value}, {text(fits[0])})"
    others = " OR ".join(f"{first} <> strptime({value}, {text(form)})" for form in fits[1:])
    rows = f"{raw.relation} WHERE {known}"
    return bool(row(connection, f"SELECT coalesce(bool_or({others}), false) FROM {rows}")[0])


def _first(connection: Backend, value: str, raw: Raw, condition: str) -> tuple[str, str, int]:
    number, shown, found = run(
        connection,
        f"SELECT rowid, {value}, count(*) OVER () FROM {raw.relation} WHERE {value} IS NOT NULL AND {condition} "
        "ORDER BY rowid LIMIT 1",
    )[0]
    return raw.place(connection, number), shown, found


def _unreadable(connection: Backend, item: Mapped, value: str, raw: Raw, table: str) -> ContractError:
    """Return the error that shows the first value outside the format that most values fit."""
    tests = ", ".join(f"count(*) FILTER ({_reads(value, form)})" for form in FORMATS)
    iso = f"(regexp_full_match({value}, {text(ISO)}) AND TRY_CAST({_zoned(value)} AS TIMESTAMPTZ) IS NOT NULL)"
    counts = row(connection, f"SELECT count(*) FILTER ({iso}), {tests} FROM {raw.relation}")
    best = max(range(len(counts)), key=lambda position: counts[position])
    condition = f"NOT {iso if best == 0 else _reads(value, FORMATS[best - 1])}" if counts[best] else "TRUE"
    place, shown, found = _first(connection, value, raw, condition)
    tried = f"Tried ISO and {listed(FORMATS, 6)}. Correct these rows, or map the column: {_remedy(item, counts)}."
    if shown.casefold() == item.source.casefold():
        fix = "A header seems to stand among the rows: remove it."
    else:
        fix = _counted(connection, item, value, raw) or tried
    return ContractError(
        "a date or time such as 2026-09-30 14:05",
        got=f"{shown!r} in column {item.written} ({found:,} such {'row' if found == 1 else 'rows'})",
        fix=fix,
        where=f"{table}.{item.name}: {place}",
    )


def _counted(connection: Backend, item: Mapped, value: str, raw: Raw) -> str:
    """Return the expression for numbers that count time since a moment, when every value looks like one."""
    for pattern, what, sql in COUNTED:
        if row(connection, f"SELECT bool_and(regexp_full_match({value}, {text(pattern)})) FROM {raw.relation}")[0]:
            expression = json.dumps(sql.format(item.written), ensure_ascii=False)
            return f"They look like {what}. If they are, map {item.name}: {expression}"
    return ""


def _remedy(item: Mapped, counts: tuple[int, ...]) -> str:
    """Return an expression for most values: ``counts`` holds how many fit ISO, then each of the formats."""
    best = max(counts)
    if not best:
        return f"strptime({item.written}, '%d/%m/%Y')"
    if counts[0] == best:
        return f"try_cast({item.written} AS TIMESTAMP), which makes the others missing"
    fits = [form for form, count in zip(FORMATS, counts[1:], strict=True) if count == best]
    other = f" (or '{fits[1]}', which fits as many)" if len(fits) > 1 else ""
    return f"try_strptime({item.written}, '{fits[0]}'){other}, which makes the others missing"


def _ambiguous(connection: Backend, item: Mapped, value: str, raw: Raw, table: str, fits: list[str]) -> ContractError:
    differ = f"try_strptime({value}, {text(fits[0])}) <> try_strptime({value}, {text(fits[1])})"
    place, shown, _ = _first(connection, value, raw, differ)
    return ContractError(
        "dates that can be read in one way",
        got=f"{shown!r} in column {item.written}, which fits {listed(fits)}",
        fix=f"Say which one in kpikit.yaml: tables.{table}.columns.{item.name}: "
        + json.dumps(f"strptime({item.written}, '{fits[0]}')", ensure_ascii=False),
        where=f"{table}.{item.name}: {place}",
    )


def _mixed(connection: Backend, item: Mapped, value: str, raw: Raw, table: str) -> ContractError:
    place, shown, found = _first(connection, value, raw, f"NOT regexp_full_match({value}, {text(ZONED)})")
    return ContractError(
        "times that all have a time zone, or none",
        got=f"{shown!r} without one in column {item.written} ({found:,} such rows) among others with one",
        fix="Export them alike.",
        where=f"{table}.{item.name}: {place}",
    )
