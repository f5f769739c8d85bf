"""Money in several currencies must not be summed: a column that names them is looked at before anything is."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

from kpikit.contracts import CONTRACTS, NUMBER
from kpikit.errors import ContractError
from kpikit.sources.data import rows_text
from kpikit.sources.engine import quoted, run
from kpikit.sources.mapping import Mapped
from kpikit.sources.masking import moment
from kpikit.sources.reading import Raw

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

NAMES = ("currency", "currencycode", "isocurrency", "ccy", "währung", "waehrung", "devise", "moneda", "valuta")
MONEY = ("amount", "monthly_amount")


def refuse_several(
    connection: Backend, table: str, relation: str, raw: Raw, items: tuple[Mapped, ...] | list[Mapped], as_of: date
) -> None:
    """Refuse the staged rows of a table with money in two or more currencies, unless the mapping converts them.

    Raises
    ------
    ContractError
        Names the currencies and how many rows each has, and the lines of kpikit.yaml that keep one or convert.
    """
    money = next((item for item in items if item.name in MONEY and item.column and item.column.kind == NUMBER), None)
    column = next((item for item in items if is_named(item.name) or is_named(item.source)), None)
    if money is None or column is None or converted(column.source, money.source):
        return
    time, names = CONTRACTS[table].time, [item.name for item in items]
    known = f" AND {quoted(time)} < {moment(as_of)}" if time in names else ""
    code = f"nullif(upper(trim(CAST({quoted(column.name)} AS VARCHAR))), '')"
    found = run(
        connection,
        f"SELECT {code}, count(*), min(_row) FROM {relation} WHERE _reason IS NULL{known} AND {code} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    if len(found) > 1:
        where = f"{table}: {raw.place(connection, found[1][2])}"
        counts = [(str(code), int(rows)) for code, rows, _ in found]
        raise several(counts, where, table, column.written, money.name, money.written)


def is_named(name: str) -> bool:
    """Say whether a column is called as one that names a currency."""
    return _plain(name) in NAMES


def converted(column: str, amount: str) -> bool:
    """Say whether the expression of an amount reads the column that names its currency."""
    return re.search(rf"\b{re.escape(column)}\b", amount) is not None


def several(
    found: list[tuple[str, int]], where: str, table: str, column: str, money: str, written: str
) -> ContractError:
    """Return the error for two or more currencies, the most frequent first, each with its number of rows."""
    usual, other = found[0][0], found[1][0]
    keep = json.dumps(f"upper({column}) = '{usual}'", ensure_ascii=False)
    rate = f"CASE upper({column}) WHEN '{other}' THEN RATE * {written} ELSE {written} END"
    convert = json.dumps(rate, ensure_ascii=False)
    shown = [f"{code} ({rows_text(rows)})" for code, rows in found[:4]]
    more = f" and {len(found) - 4:,} more" if len(found) > 4 else ""
    return ContractError(
        "amounts in one currency",
        got=f"{' and '.join(shown)}{more} in column {column}",
        fix=f"Keep one: tables.{table}.keep: {keep}, or convert: tables.{table}.columns.{money}: {convert}",
        where=where,
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
