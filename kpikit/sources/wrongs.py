"""The error about a value: what it is, in which column and line, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kpikit.errors import ContractError
from kpikit.sources.engine import quoted, run
from kpikit.sources.mapping import Mapped
from kpikit.sources.reading import Raw

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

Fix = str | Callable[[str], str]


def wrong(
    connection: Backend, raw: Raw, table: str, item: Mapped, expected: str, condition: str, fix: Fix = ""
) -> ContractError:
    """Return the error for the rows of a column that ``condition`` finds: the first value, its line, how many.

    ``fix`` says what to do; a function makes it from the value found.
    """
    rows = run(
        connection,
        f"SELECT rowid, CAST({item.sql} AS VARCHAR), count(*) OVER () FROM {raw.relation} WHERE {condition} "
        "ORDER BY rowid LIMIT 1",
    )
    number, value, found = rows[0]
    others = f" ({found:,} such rows)" if found > 1 else " (1 such row)"
    source = item.source if len(item.source) < 60 else item.name
    named = quoted(source) if not source.isidentifier() else source
    shown = repr(value if value is None or len(value) <= 80 else value[:79] + "…")
    return ContractError(
        expected,
        got=f"{shown} in column {named}{others}",
        fix=(fix(str(value)) if callable(fix) else fix)
        or "Correct these rows, or map the column with an SQL expression.",
        where=f"{table}.{item.name}: {raw.place(connection, number)}",
    )
