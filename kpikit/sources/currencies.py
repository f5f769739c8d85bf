"""Money in several currencies must not be summed: a column that names them is looked at before anything is."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

from kpikit.contracts import CONTRACTS, NUMBER
from kpikit.errors import ContractError
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
    column = next((item for item in items if _plain(item.name) in NAMES or _plain(item.source) in NAMES), None)
    if money is None or column is None or re.search(rf"\b{re.escape(column.source)}\b", money.source):
        return
    time, names = CONTRACTS[table].time, [item.name for item in items]
    known = f" AND {quoted(time)} < {moment(as_of)}" if time in names else ""
    code = f"nullif(upper(trim(CAST({quoted(column.name)} AS VARCHAR))), '')"
    found = run(
        connection,
        f"SELECT {code}, count(*), min(_row) FROM {relation} WHERE _reason IS NULL{known} AND {code} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    if len(found) < 2:
        return
    usual, other = str(found[0][0]), str(found[1][0])
    keep = json.dumps(f"upper({column.written}) = '{usual}'", ensure_ascii=False)
    rate = json.dumps(
        f"CASE upper({column.written}) WHEN '{other}' THEN RATE * {money.written} ELSE {money.written} END",
        ensure_ascii=False,
    )
    shown = [f"{code} ({rows:,} {'row' if rows == 1 else 'rows'})" for code, rows, _ in found[:4]]
    more = f" and {len(found) - 4:,} more" if len(found) > 4 else ""
    raise ContractError(
        "amounts in one currency",
        got=f"{' and '.join(shown)}{more} in column {column.written}",
        fix=f"Keep one: tables.{table}.keep: {keep}, or convert: tables.{table}.columns.{money.name}: {rate}",
        where=f"{table}: {raw.place(connection, found[1][2])}",
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())
