"""Files, folders and DuckDB databases as raw rows in the engine, in their own order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kpikit.errors import ConfigError, ContractError, DataUnreachableError, KpikitError, listed, nearest
from kpikit.sources import decoding, layouts, signatures
from kpikit.sources.engine import first_line, quoted, run, text

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

TEXTS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet", ".pq")
DATABASES = (".duckdb", ".ddb", ".db")
FILE_COLUMN = "_kpikit_file"
T = TypeVar("T")
NOT_YET = ("mysql", "sqlite", "snowflake", "bigquery", "mssql", "redshift")


@dataclass(frozen=True)
class Raw:
    """Rows as read: the relation that holds them, what to call it in a message, and how its files are written.

    ``repairs`` are to be looked at, ``notes`` are worth a word. ``faulty`` holds the error for a column that no needed
    column may be read from. ``files`` maps a file as it was read to what the user calls it.
    """

    relation: str
    origin: str
    layout: layouts.Layout | None = None
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    faulty: Mapping[str, KpikitError] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> bool:
        """Whether the rows are lines of text."""
        return self.layout is not None

    def place(self, connection: Backend, number: int) -> str:
        """Return ``sales.csv, line 7`` (or ``row 6``) for a row number that counts from 0."""
        columns = [name for name, *_ in run(connection, f"DESCRIBE {self.relation}")]
        file, first = next(iter(self.files), ""), 0
        if FILE_COLUMN in columns:
            file, first = run(
                connection,
                f"SELECT r.{FILE_COLUMN}, min(o.rowid) FROM {self.relation} r JOIN {self.relation} o "
                f"USING ({FILE_COLUMN}) WHERE r.rowid = {number} GROUP BY 1",
            )[0]
        shown = self.files.get(file, Path(file).name or self.origin)
        if self.layout is None:
            return f"{shown}, row {number - first + 1}"
        return f"{shown}, line {self.layout.line(Path(file), number - first)}"


def kind_of(path: Path, where: str = "") -> str:
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
        where=where,
    )


def refuse_servers(url: str, where: str) -> None:
    """Refuse the URL of an engine that this version does not read."""
    scheme = url.partition("://")[0].casefold()
    if "://" in url and scheme != "duckdb":
        raise ConfigError(
            "a file, a folder, duckdb://PATH, postgres://… or spark://…",
            got=f"a {scheme}:// source, which is not yet in this version" if scheme in NOT_YET else f"{scheme}://",
            fix="Export the table to Parquet, or pass an Ibis table: kpikit.load(tables={'orders': table}).",
            where=where,
        )


def files(path: Path, where: str = "") -> list[Path]:
    """Return the files that a path, a glob or a folder means, in order of name; an error when there is none."""
    endings = (*TEXTS, *PARQUET)
    if any(sign in str(path) for sign in "*?["):
        anchor = Path(path.anchor or ".")
        found = sorted(anchor.glob(str(path.relative_to(anchor))))
    elif path.is_dir():
        found = sorted(item for item in path.iterdir() if item.name.casefold().endswith(endings) and item.is_file())
    else:
        found = [path] if path.exists() else []
    if not found:
        raise _unreachable(path, where)
    if odd := next((item for item in found if not item.is_file()), None):
        what = "a folder" if odd.is_dir() else "a pipe or device, which has no end that can be known"
        raise DataUnreachableError("a file", got=f"{odd.name}, {what}", fix="Save the table as a file.", where=where)
    return found


def _unreachable(path: Path, where: str) -> DataUnreachableError:
    """Return the error about a path at which there is nothing to read, with what lies nearby."""
    folder = path
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    beside = sorted(item.name for item in folder.iterdir() if not item.name.startswith("."))
    fix = "Check the path: it is relative to kpikit.yaml."
    if path.is_dir():
        expected = f"a CSV, TSV or Parquet file in the folder {path}"
        return DataUnreachableError(expected, got=listed(beside, 8), fix=fix, where=where)
    hint = nearest(path.name, beside)
    return DataUnreachableError(
        f"the data file {path}",
        got=f"no such file; {folder} holds {listed(beside, 8)}",
        fix=f"Did you mean {hint}?" if hint else fix,
        where=where,
    )


def read_files(
    connection: Backend,
    relation: str,
    paths: list[Path],
    as_text: Callable[[list[str]], list[str]],
    folder: Path,
    where: str = "",
) -> Raw:
    """Read text or Parquet files of one kind into ``relation``.

    ``as_text`` chooses, among the columns of a text file, those that must not be guessed (ids, dates);
    ``folder`` is where files in another encoding are rewritten, ``where`` the place in kpikit.yaml that names them.
    """
    kinds = {kind_of(path, where) for path in paths}
    if len(kinds) > 1:
        fix = f"Name one kind: {paths[0].parent.name}/*{paths[0].suffix}"
        raise ConfigError("files of one kind", got=listed(path.name for path in paths), fix=fix, where=where)
    origin = paths[0].name if len(paths) == 1 else f"{paths[0].parent.name} ({len(paths)} files)"
    name_file = f", filename={text(FILE_COLUMN)}" if len(paths) > 1 else ""
    if kinds == {"parquet"}:
        listing = ", ".join(text(path) for path in paths)
        _create(connection, relation, f"read_parquet([{listing}], union_by_name=true{name_file})", origin)
        odd = _compared_parquet(connection, listing) if len(paths) > 1 else layouts.Names()
        return Raw(relation, origin, repairs=odd.repairs, faulty=dict(odd.faulty))
    texts = [decoding.readable(path, folder) for path in paths]
    alone = len({path.name for path in paths}) == len(paths)
    names = [path.name if alone else f"{path.parent.name}/{path.name}" for path in paths]
    shown = {str(item.path): name for item, name in zip(texts, names, strict=True)}
    layout = layouts.layout(connection, texts[0].path, names[0])
    headers = {name: layout.header(Path(file)) for file, name in shown.items()}
    layouts.refuse_other_delimiters(headers, layout)
    forced = ", ".join(f"{text(name)}: 'VARCHAR'" for name in as_text(list(layout.columns)))
    options = f"{layout.options}, header=true, sample_size=-1, union_by_name=true{name_file}"
    listing = ", ".join(text(file) for file in shown)
    reader = f"read_csv([{listing}], {options}{f', types={{{forced}}}' if forced else ''})"
    plain = f"read_csv([{listing}], {options}, all_varchar=true)"  # where the guessed types do not hold further down
    _create(connection, relation, reader, origin, shown, plain)
    found = (layouts.judged(headers[names[0]], layout, names[0]), layouts.compared(headers))
    return Raw(
        relation,
        origin,
        layout,
        repairs=(*_each(item.repairs for item in texts), *_each(item.repairs for item in found)),
        notes=(*_each(item.notes for item in texts), *_each(item.notes for item in found)),
        faulty=dict(_each(item.faulty for item in found)),
        files=shown,
    )


def _each(parts: Iterable[Sequence[T]]) -> list[T]:
    return [item for part in parts for item in part]


def _compared_parquet(connection: Backend, listing: str) -> layouts.Names:
    rows = run(connection, f"SELECT file_name, list(name) FROM parquet_schema([{listing}]) GROUP BY 1 ORDER BY 1")
    return layouts.compared({Path(file).name: names[1:] for file, names in rows})  # the first is the schema itself


def _create(
    connection: Backend,
    relation: str,
    reader: str,
    origin: str,
    texts: Mapping[str, str] | None = None,
    second: str = "",
) -> None:
    """Run a reader; where it fails on a text file, find the line at fault, else try the ``second`` reader."""
    import duckdb

    try:
        run(connection, f"CREATE TEMP TABLE {relation} AS SELECT * FROM {reader}")
    except duckdb.IOException as error:
        raise DataUnreachableError(
            "readable data", got=first_line(error), fix="Check that the file is whole.", where=origin
        ) from None
    except duckdb.Error as error:
        if not texts:
            raise ContractError("a Parquet file", got=first_line(error), fix="Export it again.", where=origin) from None
        refusals = (layouts.misfit(Path(file), shown) for file, shown in texts.items())
        if refusal := next(filter(None, refusals), None):
            raise refusal from None
        if not second:
            raise layouts.unreadable(error, origin) from None
        _create(connection, relation, second, origin, texts)


def attach(connection: Backend, alias: str, path: Path, where: str = "") -> None:
    """Attach a DuckDB file read-only under ``alias``; say so clearly when another process holds it."""
    import duckdb

    if not path.exists():
        raise _unreachable(path, where)
    with path.open("rb") as file:
        other = signatures.recognised(file.read(64))
    if other:
        raise DataUnreachableError(f"the DuckDB file {path.name}", got=other[0], fix=other[1], where=where)
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
