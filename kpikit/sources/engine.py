"""The DuckDB connection that everything is loaded into, and how its SQL is written and run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ibis

from kpikit.errors import ConfigError, MachineError

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

SETTINGS = {
    "KPIKIT_MEMORY_LIMIT": "memory_limit",
    "KPIKIT_THREADS": "threads",
    "KPIKIT_TEMP_DIRECTORY": "temp_directory",
}


def connect(*, keeps_order: bool = True) -> Backend:
    """Return a new in-memory DuckDB that downloads nothing, within the limits that the environment sets.

    Where rows need not keep the order in which they were read or made, it takes less memory.
    """
    import duckdb

    limits: dict[str, Any] = {key: os.environ[name] for name, key in SETTINGS.items() if os.environ.get(name)}
    try:
        connection = ibis.duckdb.connect(
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=keeps_order,
            **limits,
        )
    except (duckdb.Error, ValueError) as error:
        names = ", ".join(f"{name}={os.environ[name]}" for name, key in SETTINGS.items() if key in limits)
        raise ConfigError(
            "limits that DuckDB accepts (KPIKIT_MEMORY_LIMIT=4GB, KPIKIT_THREADS=2)",
            got=f"{names}: {first_line(error)}",
            fix="Set it to a size such as 4GB, or a whole number of threads from 1, or leave it unset.",
            where="environment",
        ) from None
    return connection


def quoted(name: str) -> str:
    """Return an SQL identifier.

    >>> quoted('price "net" in EUR')
    '"price ""net"" in EUR"'
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: object) -> str:
    """Return an SQL string literal.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def run(connection: Backend, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows; running out of memory or disk is the machine's error."""
    with enough_room():
        return connection.raw_sql(sql).fetchall()  # type: ignore[no-any-return]  # ibis has no types


@contextmanager
def enough_room() -> Iterator[None]:
    """Turn running out of memory or disk into the machine's error."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MachineError(
            "enough memory or disk to load the tables",
            got=first_line(error),
            fix="Raise KPIKIT_MEMORY_LIMIT, or set KPIKIT_TEMP_DIRECTORY to a disk with room.",
        ) from None


def row(connection: Backend, sql: str) -> tuple[Any, ...]:
    """Run a query that has one row, and return it."""
    return run(connection, sql)[0]


def types(connection: Backend, query: str) -> dict[str, str]:
    """Return the column names of a query with their DuckDB types."""
    return {name: kind for name, kind, *_ in run(connection, f"DESCRIBE {query}")}


def first_line(error: BaseException) -> str:
    """Return the first line of an engine's message, without its class."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0].split("Error: ", 1)[-1][:300]
