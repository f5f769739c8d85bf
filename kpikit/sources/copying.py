"""The rows of a PostgreSQL table or query, copied into DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpikit.errors import ConfigError, listed
from kpikit.sources.engine import first_line, quoted, run, text
from kpikit.sources.reading import Raw
from kpikit.sources.servers import Server

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

# What a column of PostgreSQL becomes in DuckDB, by its type's number; whatever else there is becomes text.
TYPES = {
    16: "BOOLEAN", 20: "BIGINT", 21: "BIGINT", 23: "BIGINT", 700: "DOUBLE", 701: "DOUBLE", 1082: "DATE", 1083: "TIME",
    1114: "TIMESTAMP", 1184: "TIMESTAMPTZ", 1700: "DOUBLE",
}  # fmt: skip
NUMERIC, LONGEST_WHOLE_NUMBER = 1700, 18


def copied(
    connection: Backend,
    relation: str,
    server: Server,
    query: str,
    origin: str,
    folder: Path,
    as_text: Callable[[list[str]], list[str]],
) -> Raw:
    """Copy the rows of one SELECT from PostgreSQL into ``relation``: through a file, so memory does not grow.

    ``as_text`` chooses the columns that are ids: a number there keeps each of its digits.
    """
    import duckdb
    import psycopg

    path = folder / f"{relation}.csv"
    try:
        with server.reachable(), server.backend.con.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({query}) AS rows LIMIT 0")
            columns = cursor.description or []
            _refuse_same_names([column.name for column in columns], origin)
            ids = set(as_text([column.name for column in columns]))
            exact = {column.name for column in columns if column.name in ids and column.type_code == NUMERIC}
            types = {column.name: "VARCHAR" if column.name in exact else _type(column) for column in columns}
            listing = ", ".join(f"trim_scale({quoted(name)})" if name in exact else quoted(name) for name in types)
            select = f"SELECT {listing} FROM ({query}) AS rows"
            with path.open("wb") as file, cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)") as rows:
                for chunk in rows:
                    file.write(chunk)
    except psycopg.Error as error:
        raise ConfigError(
            "SQL that PostgreSQL can run", got=first_line(error), fix="Try it in psql.", where=origin
        ) from None
    listing = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in types.items())
    reader = (
        f"read_csv({text(path)}, columns={{{listing}}}, header=false, delim=',', quote='\"', escape='\"', "
        "nullstr='', allow_quoted_nulls=false, auto_detect=false, new_line='\\n', max_line_size=67108864)"
    )
    try:
        run(connection, f"CREATE TEMP TABLE {quoted(relation)} AS SELECT * FROM {reader}")
    except duckdb.Error as error:
        raise ConfigError("rows that DuckDB can hold", got=first_line(error), where=origin) from None
    finally:
        path.unlink()
    return Raw(relation, origin)


def _refuse_same_names(names: list[str], origin: str) -> None:
    folded = [name.casefold() for name in names]
    twice = sorted({name for name in names if folded.count(name.casefold()) > 1})
    if twice:
        raise ConfigError(
            "columns with different names", got=listed(twice), fix="Name them in sql: SELECT … AS ….", where=origin
        )


def _type(column: Any) -> str:
    """Return the DuckDB type of a column; whole numbers of known length stay exact, as ids are often such."""
    if column.type_code == NUMERIC and column.precision and column.scale == 0:
        return "BIGINT" if column.precision <= LONGEST_WHOLE_NUMBER else "VARCHAR"
    return TYPES.get(column.type_code, "VARCHAR")
