"""Files, folders and DuckDB databases as raw rows in the engine, in their own order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import ConfigError, ContractError, DataUnreachableError, listed, nearest
from kpikit.sources import decoding
from kpikit.sources.engine import first_line, quoted, run, text

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

TEXTS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet", ".pq")
DATABASES = (".duckdb", ".ddb", ".db")
FILE_COLUMN = "_kpikit_file"
SIGNS = (",", ";", "\t", "|")
NOT_YET = ("postgres", "postgresql", "spark", "mysql", "sqlite", "snowflake", "bigquery", "mssql", "redshift")


@dataclass(frozen=True)
class Raw:
    """Rows as read: the relation that holds them, what to call it in a message, and whether its rows are lines."""

    relation: str
    origin: str
    lines: bool = False
    repairs: tuple[str, ...] = ()

    def place(self, connection: Backend, number: int) -> str:
        """Return ``sales.csv, line 7`` (or ``row 6``) for a row number that counts from 0."""
        columns = [name for name, *_ in run(connection, f"DESCRIBE {self.relation}")]
        if FILE_COLUMN in columns:
            name, first = run(
                connection,
                f"SELECT r.{FILE_COLUMN}, min(o.rowid) FROM {self.relation} r JOIN {self.relation} o "
                f"USING ({FILE_COLUMN}) WHERE r.rowid = {number} GROUP BY 1",
            )[0]
            return f"{Path(name).name}, {self._row(number - first)}"
        return f"{self.origin}, {self._row(number)}"

    def _row(self, number: int) -> str:
        return f"line {number + 2}" if self.lines else f"row {number + 1}"


def kind_of(path: Path) -> str:
    """Return ``text``, ``parquet``, ``duckdb`` or ``folder``; anything else is an error that lists what can be read."""
    name = path.name.casefold()
    if path.is_dir():
        return "folder"
    for kind, endings in (("text", TEXTS), ("parquet", PARQUET), ("duckdb", DATABASES)):
        if name.endswith(endings):
            return kind
    raise ConfigError(
        "a CSV, TSV, Parquet or DuckDB file, or a folder of them",
        got=path.name,
        fix="Export the table to one of these; an Excel sheet can be saved as CSV.",
    )


def refuse_servers(url: str, where: str) -> None:
    """Refuse the URL of an engine that this version does not read."""
    scheme = url.partition("://")[0].casefold()
    if "://" in url and scheme != "duckdb":
        raise ConfigError(
            "a file, a folder or duckdb://PATH",
            got=f"a {scheme}:// source, which is not yet in this version" if scheme in NOT_YET else f"{scheme}://",
            fix="Export the table to Parquet, or pass an Ibis table: kpikit.load(tables={'orders': table}).",
            where=where,
        )


def files(path: Path, where: str = "") -> list[Path]:
    """Return the files that a path, a glob or a folder means, in order of name; an error when there is none."""
    if any(sign in str(path) for sign in "*?["):
        anchor = Path(path.anchor or ".")
        found = sorted(anchor.glob(str(path.relative_to(anchor))))
    elif path.is_dir():
        found = sorted(item for item in path.iterdir() if item.name.casefold().endswith((*TEXTS, *PARQUET)))
    else:
        found = [path] if path.exists() else []
    if not found:
        raise _unreachable(path, where)
    return found


def _unreachable(path: Path, where: str) -> DataUnreachableError:
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    beside = sorted(item.name for item in folder.iterdir() if not item.name.startswith("."))
    hint = nearest(path.name, beside)
    return DataUnreachableError(
        f"the data file {path}",
        got=f"no such file; {folder} holds {listed(beside, 8)}",
        fix=f"Did you mean {hint}?" if hint else "Check the path: it is relative to kpikit.yaml.",
        where=where,
    )


def read_files(
    connection: Backend, relation: str, paths: list[Path], as_text: Callable[[list[str]], list[str]], folder: Path
) -> Raw:
    """Read text or Parquet files of one kind into ``relation``.

    ``as_text`` chooses, among the columns of a text file, those that must not be guessed (ids, dates);
    ``folder`` is where files in another encoding are rewritten.
    """
    kinds = {kind_of(path) for path in paths}
    if len(kinds) > 1:
        raise ConfigError("files of one kind", got=listed(path.name for path in paths), fix="Name one kind: *.csv")
    origin = paths[0].name if len(paths) == 1 else f"{paths[0].parent.name} ({len(paths)} files)"
    name_file = f", filename={text(FILE_COLUMN)}" if len(paths) > 1 else ""
    if kinds == {"parquet"}:
        listing = ", ".join(text(path) for path in paths)
        _create(connection, relation, f"read_parquet([{listing}], union_by_name=true{name_file})", origin)
        return Raw(relation, origin)
    repairs = []
    readable = []
    for path in paths:
        if path.stat().st_size == 0:
            raise ContractError("a header and rows", got="an empty file", fix="Export it again.", where=path.name)
        name = decoding.encoding(path)
        if name not in {"utf-8", "utf-8-sig"}:
            repairs.append(f"{path.name} was read as {name.replace('cp1252', 'Windows-1252 (Latin-1)')}, not UTF-8")
        readable.append(path if name in {"utf-8", "utf-8-sig"} else decoding.rewritten(path, name, folder))
    listing = ", ".join(text(path) for path in readable)
    dialect, columns = _dialect(connection, readable[0])
    forced = ", ".join(f"{text(name)}: 'VARCHAR'" for name in as_text(columns))
    options = f"{dialect}, header=true, sample_size=-1, union_by_name=true{name_file}"
    reader = f"read_csv([{listing}], {options}{f', types={{{forced}}}' if forced else ''})"
    _create(connection, relation, reader, origin)
    return Raw(relation, origin, lines=True, repairs=tuple(repairs))


def _dialect(connection: Backend, path: Path) -> tuple[str, list[str]]:
    """Return the options that a text file needs, and the names in its header."""
    import duckdb

    try:
        delimiter, quote, escape, skip, columns = run(
            connection,
            f"SELECT Delimiter, Quote, Escape, SkipRows, list_transform(Columns, lambda c: c.name) "
            f"FROM sniff_csv({text(path)}, header=true)",
        )[0]
    except duckdb.Error as error:
        raise ContractError("a table as delimited text", got=first_line(error), where=path.name) from None
    header = columns[0] if len(columns) == 1 else ""
    if any(sign in header for sign in SIGNS):  # some rows do not fit: with the header's sign, the reader names the line
        delimiter = max(SIGNS, key=header.count)
        columns = header.split(delimiter)
    signs = {"delim": delimiter, "quote": quote, "escape": escape}
    chosen = [f"{key}={text(sign)}" for key, sign in signs.items() if sign and sign != "(empty)"]
    return ", ".join([*chosen, f"skip={skip}"]), list(columns)


def _create(connection: Backend, relation: str, reader: str, origin: str) -> None:
    import duckdb

    try:
        run(connection, f"CREATE TEMP TABLE {relation} AS SELECT * FROM {reader}")
    except duckdb.IOException as error:
        raise DataUnreachableError("readable data", got=first_line(error), where=origin) from None
    except duckdb.Error as error:
        message = str(error)
        line = re.search(r"Line: (\d+)", message)
        where = f"{origin}, line {line[1]}" if line else origin
        got = next((part.strip() for part in message.splitlines()[1:] if part.strip()), "") if line else ""
        raise ContractError(
            "a Parquet file" if reader.startswith("read_parquet") else "rows that fit the header",
            got=got or first_line(error),
            fix="Export it again."
            if reader.startswith("read_parquet")
            else "Check the delimiter and the quotes there.",
            where=where,
        ) from None


def attach(connection: Backend, alias: str, path: Path, where: str = "") -> None:
    """Attach a DuckDB file read-only under ``alias``; say so clearly when another process holds it."""
    import duckdb

    if not path.exists():
        raise _unreachable(path, where)
    try:
        run(connection, f"ATTACH {text(path)} AS {quoted(alias)} (READ_ONLY)")
    except duckdb.Error as error:
        held = "lock" in str(error).casefold() or "already attached" in str(error) or "handle conflict" in str(error)
        raise DataUnreachableError(
            f"the DuckDB file {path.name} open for reading",
            got="another process holds it" if held else first_line(error),
            fix="Close the program that writes to it, or point kpikit.yaml at a copy."
            if held
            else "Check that it is a DuckDB file.",
            where=where,
        ) from None


def database_tables(connection: Backend, alias: str) -> list[str]:
    """Return the names of the tables and views in an attached database, with their schema unless it is ``main``."""
    rows = run(
        connection,
        f"SELECT table_schema, table_name FROM information_schema.tables "
        f"WHERE table_catalog = {text(alias)} ORDER BY 1, 2",
    )
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in rows]


def read_query(connection: Backend, relation: str, query: str, origin: str) -> Raw:
    """Read one SELECT over what is attached into ``relation``."""
    import duckdb

    try:
        run(connection, f"CREATE TEMP TABLE {relation} AS {query}")
    except duckdb.Error as error:
        raise ConfigError(
            "SQL that DuckDB can run", got=first_line(error), fix="Try it in DuckDB.", where=origin
        ) from None
    return Raw(relation, origin)
