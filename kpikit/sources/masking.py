"""What was not known yet: rows dated at or after ``as_of`` are cut, values dated so are masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from kpikit.contracts import CONTRACTS
from kpikit.sources.engine import quoted, run
from kpikit.sources.mapping import Mapped

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

UNKNOWN = "at or after as_of"
MISSING_WORDS = {"customer_id": "no customer"}


def moment(day: date) -> str:
    """Return a day's midnight as SQL."""
    return f"TIMESTAMP '{day.isoformat()} 00:00:00'"


def before(moment: ir.Value, day: date) -> ir.BooleanValue:
    """Say which times lie before a day's midnight."""
    return moment.cast("timestamp") < ibis.literal(datetime.combine(day, time()))


def required(table: str, names: list[str]) -> list[tuple[str, str]]:
    """Return the columns without which a row is set aside, each with the reason's words."""
    contract = CONTRACTS[table]
    return [
        (
            column.name,
            MISSING_WORDS.get(column.name, "no date" if column.name == contract.time else f"no {column.name}"),
        )
        for column in contract.columns
        if column.needed
        and not column.known_at
        and column.name in names
        and (table, column.name) != ("orders", "amount")
    ]


def reasons(table: str, names: list[str], keep: str, priced: bool) -> str:
    """Return the SQL that gives a row's reason to be set aside, or null: the first that applies."""
    cases = [f"WHEN {keep} IS NOT TRUE THEN 'keep is false'"] if keep else []
    cases += [f"WHEN {quoted(name)} IS NULL THEN '{word}'" for name, word in required(table, names)]
    if priced:
        cases.append("WHEN unit_price <= 0 OR unit_price IS NULL THEN 'unit price not above 0'")
    return f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"


def masked(table: str, rows: ir.Table, name: str, as_of: date) -> ir.Value:
    """Return a typed column as it was known just before ``as_of``.

    The user's own times (no contract) are masked by themselves; a contract's times without ``known_at`` (a promise)
    may lie ahead.
    """
    value, column = rows[name], CONTRACTS[table].column(name)
    dated = value.type().is_timestamp() or value.type().is_date()
    known_at = column.known_at if column else (name if dated else "")
    if known_at not in rows.columns:
        return value
    return before(rows[known_at], as_of).ifelse(value, ibis.null(value.type()))


def known_later(table: str, raw: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return each time that says when values became known, with the raw columns that it hides, its own among them.

    ``raw`` holds kpikit's name → raw name of the columns that are mapped as they are.
    """
    later = {column.name: column.known_at for column in CONTRACTS[table].columns if column.known_at}
    hides = {time: [name for name, at in later.items() if at == time and name in raw] for time in later.values()}
    return [
        (time, list(dict.fromkeys([*(raw[name] for name in names), raw[time]])))
        for time, names in hides.items()
        if time in raw
    ]


def mask_raw(
    connection: Backend, table: str, relation: str, items: list[Mapped], typed: dict[str, str], as_of: date
) -> None:
    """Make raw values that were not known before ``as_of`` missing, so that no expression reads them.

    ``typed`` holds the SQL of each column over the raw rows. Only columns that are mapped as they are can be masked.
    """
    raw = {name: item.source for item in items if (name := item.name) and item.sql == quoted(item.source)}
    for known_at, sources in known_later(table, raw):
        values = ", ".join(f"{quoted(source)} = NULL" for source in sources)
        run(connection, f"UPDATE {relation} SET {values} WHERE {typed[known_at]} >= {moment(as_of)}")


def unmaskable(table: str, names: list[str]) -> list[tuple[str, str]]:
    """Return the columns that are known only later, and the time column that is missing to say when."""
    return [
        (column.name, column.known_at)
        for column in CONTRACTS[table].columns
        if column.name in names and column.known_at and column.known_at not in names
    ]
