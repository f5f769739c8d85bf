"""Where a table's rows come from: what a notebook passed, a file, a source, or a SELECT over sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from kpikit.config import Config
from kpikit.config import Table as Settings
from kpikit.errors import ConfigError, ContractError, listed, nearest
from kpikit.sources import copying, mapping, reading, servers
from kpikit.sources.engine import first_line, quoted, row, run, types
from kpikit.sources.reading import Raw
from kpikit.sources.servers import Server

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


def raw_rows(connection: Backend, name: str, config: Config, passed: Any, folder: Path) -> Raw:
    """Return a table's rows as they came, in a temporary table of the engine; an error when there are none."""
    relation = f"_raw_{name}"
    settings = config.tables.get(name, Settings())
    if passed is not None:
        raw = _from_memory(connection, relation, name, passed)
    elif settings.sql is not None:
        raw = _from_query(connection, relation, name, settings.sql, config, folder)
    elif settings.from_ is not None:
        raw = _from_place(connection, relation, name, settings.from_, config, folder)
    else:
        raise config.error("tables", name, expected="from: or sql:", got="neither", fix="Say where the rows are.")
    if row(connection, f"SELECT count(*) FROM {relation}")[0] == 0:
        got = "a header without rows" if raw.lines else "no rows"
        raise ContractError("at least one row", got=got, fix="Export the table again.", where=f"{name}: {raw.origin}")
    return raw


def _from_memory(connection: Backend, relation: str, name: str, table: Any) -> Raw:
    """Copy a DataFrame, an Ibis table or anything that speaks Arrow into the engine."""
    import duckdb
    import pandas as pd
    import pyarrow as pa

    if isinstance(table, ir.Table):
        content: Any = table.to_pyarrow()  # duckdb 2 lacks what ibis 12 streams batches with
    elif isinstance(table, pd.DataFrame):
        content = _arrow(name, table)
    elif hasattr(table, "__arrow_c_stream__"):
        content = pa.table(table)
    else:
        raise ContractError(
            "a DataFrame or an Ibis table", got=type(table).__name__, fix="Pass pandas.DataFrame(…).", where=name
        )
    try:
        connection.con.register("_passed", content)
        run(connection, f"CREATE TEMP TABLE {relation} AS SELECT * FROM _passed")
        connection.con.unregister("_passed")
    except duckdb.Error as error:
        raise ContractError("a table that DuckDB can read", got=first_line(error), where=name) from None
    return Raw(relation, f"the {name} passed")


def _arrow(name: str, frame: Any) -> Any:
    """Return a DataFrame without its index as Arrow; a column of mixed types becomes text, to be judged as such."""
    import pyarrow as pa

    names = [str(column) for column in frame.columns]
    if len(set(names)) < len(names):
        twice = sorted({column for column in names if names.count(column) > 1})
        raise ContractError("columns with different names", got=f"{listed(twice)} twice", where=name)
    arrays = []
    for position in range(len(names)):
        column = frame.iloc[:, position]
        try:
            arrays.append(pa.Array.from_pandas(column))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            arrays.append(pa.array([None if _missing(value) else str(value) for value in column], pa.string()))
    return pa.table(arrays, names=names)


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _from_place(connection: Backend, relation: str, name: str, place: str, config: Config, folder: Path) -> Raw:
    source, inside = source_of(place, config)
    keys = ("sources", source, "url") if source else ("tables", name, "from")
    where = config.where(*keys)
    url = config.sources[source].resolved() if source else place
    settings = config.tables.get(name, Settings())
    as_text = partial(mapping.read_as_text, name, settings)
    if servers.is_server(url):
        server = servers.connect(url, where)
        origin = f"{server.address} ({inside})"
        return _copied(connection, relation, server, server.query_of(inside), origin, folder, as_text)
    reading.refuse_servers(url, where)
    path = config.resolve(url.removeprefix("duckdb://"))
    as_database = url.startswith("duckdb://") or (path.suffix in reading.DATABASES and not path.is_dir())
    if as_database:
        return _from_database(connection, relation, path, inside, where, place)
    if inside:
        path = _file_in(path, inside, where)
    return reading.read_files(connection, relation, reading.files(path, where), as_text, folder, where)


def _copied(
    connection: Backend,
    relation: str,
    server: Server,
    query: str,
    origin: str,
    folder: Path,
    as_text: Callable[[list[str]], list[str]] = lambda columns: [],  # noqa: ARG005 - no ids are known
) -> Raw:
    try:
        return copying.copied(connection, relation, server, query, origin, folder, as_text)
    finally:
        server.close()


def source_of(place: str, config: Config) -> tuple[str, str]:
    """Return the source that ``from:`` names and the table inside it; empty when it is a path."""
    if place in config.sources:
        return place, ""
    if config.resolve(place).exists():
        return "", ""
    head, dot, rest = place.partition(".")
    return (head, rest) if dot and head in config.sources else ("", "")


def _file_in(folder: Path, table: str, where: str) -> Path:
    """Return the file of a folder source that holds a table: its name with any ending that can be read."""
    if not folder.is_dir():
        raise ConfigError(
            f"a folder, to look for {table} in it", got=str(folder), fix="Write from: with the source's name alone.",
            where=where,
        )  # fmt: skip
    endings = (*reading.TEXTS, *reading.PARQUET)
    found = next((folder / f"{table}{ending}" for ending in endings if (folder / f"{table}{ending}").is_file()), None)
    return found or (folder / table if (folder / table).exists() else folder / f"{table}.csv")


def _from_database(connection: Backend, relation: str, path: Path, table: str, where: str, place: str) -> Raw:
    alias = "_source"
    reading.attach(connection, alias, path, where)
    try:
        known = reading.database_tables(connection, alias)
        chosen = table or (known[0] if len(known) == 1 else "")
        if chosen not in known:
            hint = nearest(chosen, known)
            raise ConfigError(
                f"one of the tables {listed(known)} in {path.name}",
                got=repr(place),
                fix=f"Did you mean {hint!r}?" if hint else "Write from: SOURCE.TABLE.",
                where=where,
            )
        name = ".".join(quoted(part) for part in chosen.split(".", 1))
        return reading.read_query(connection, relation, f"SELECT * FROM {alias}.{name}", f"{path.name} ({chosen})")
    finally:
        run(connection, f"DETACH {alias}")  # a held file would keep its owner from writing


def _from_query(connection: Backend, relation: str, name: str, sql: str, config: Config, folder: Path) -> Raw:
    """Run a SELECT whose tables are ``source``, ``source.table`` or quoted paths of files."""
    for source, settings in config.sources.items():
        url = settings.resolved() if source in sql else ""
        query = servers.pushed(sql, source, "postgres") if servers.is_server(url) else None
        if query is not None:
            server = servers.connect(url, config.where("sources", source, "url"))
            ids = partial(mapping.read_as_text, name, config.tables[name])
            return _copied(connection, relation, server, query, config.where("tables", name, "sql"), folder, ids)
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    attached: dict[str, str] = {}
    inner = {common.alias_or_name for common in tree.find_all(exp.CTE)}
    try:
        for number, table in enumerate(list(tree.find_all(exp.Table))):
            head = table.catalog or table.db or table.name
            if not table.db and table.name in inner:
                continue  # a part of the SELECT itself
            if head in config.sources:
                _bind(connection, table, head, attached, f"_part_{name}_{number}", config, folder)
            elif not table.db and isinstance(table.this, exp.Identifier):
                path = config.resolve(table.name)
                if path.exists() or path.suffix:
                    _read_part(
                        connection, table, path, f"_part_{name}_{number}", folder, config.where("tables", name, "sql")
                    )
        return reading.read_query(connection, relation, tree.sql(dialect="duckdb"), config.where("tables", name, "sql"))
    finally:
        for alias in attached.values():
            run(connection, f"DETACH {alias}")


def _bind(
    connection: Backend,
    table: exp.Table,
    source: str,
    attached: dict[str, str],
    part: str,
    config: Config,
    folder: Path,
) -> None:
    """Point one table of the SELECT at an attached database, or at a file read for it."""
    where = config.where("sources", source, "url")
    url = config.sources[source].resolved()
    if servers.is_server(url):
        server = servers.connect(url, where)
        inside = f"{table.db}.{table.name}" if table.catalog else table.name
        _copied(connection, part, server, server.query_of(inside), f"{server.address} ({inside})", folder)
        _replace(table, part)
        return
    reading.refuse_servers(url, where)
    path = config.resolve(url.removeprefix("duckdb://"))
    if not url.startswith("duckdb://") and (path.is_dir() or path.suffix not in reading.DATABASES):
        inside = table.name if table.name != source or table.db else ""
        _read_part(connection, table, _file_in(path, inside, where) if inside else path, part, folder, where)
        return
    if source not in attached:
        attached[source] = f"_source_{len(attached)}"
        reading.attach(connection, attached[source], path, where)
    middle = table.db if table.catalog else "main"
    table.set("catalog", exp.to_identifier(attached[source]))
    table.set("db", exp.to_identifier(middle))


def _read_part(connection: Backend, table: exp.Table, path: Path, part: str, folder: Path, where: str) -> None:
    paths = reading.files(path, where)
    reading.read_files(connection, part, paths, lambda columns: _zero_led(connection, paths, columns, folder), folder)
    _replace(table, part)


def _replace(table: exp.Table, part: str) -> None:
    """Let one table of a SELECT mean a relation of the engine, under the name that the SELECT knows it by."""
    alias = table.alias or table.name.partition(".")[0]
    table.replace(exp.alias_(exp.Table(this=exp.to_identifier(part)), alias, table=True))


def _zero_led(connection: Backend, paths: list[Path], columns: list[str], folder: Path) -> list[str]:
    """Return the columns with values such as 00123: numbers to a reader of types, ids to everyone else."""
    relation = "_probe"
    reading.read_files(connection, relation, paths, lambda names: names, folder)
    names = [name for name in types(connection, f"SELECT * FROM {relation}") if name in columns]
    tests = ", ".join(f"coalesce(bool_or(regexp_full_match(trim({quoted(name)}), '0\\d+')), false)" for name in names)
    found = row(connection, f"SELECT {tests} FROM {relation}")
    run(connection, f"DROP TABLE {relation}")
    return [name for name, zeros in zip(names, found, strict=True) if zeros]
